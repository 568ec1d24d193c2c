package command

import "strings"

// Words that say nothing of what is wanted.
const (
	polite set = " hola holaa buenas buenos buen bueno buena dia dias tardes noches che por favor porfa porfis please bot sistema ey ei dale me te " +
		"puede podes podrias podria podemos quiero quisiera necesito tengo hay que queria a ver ahora ya ok okey y e entonces listo necesitamos vos ahi " +
		"deci decime mostra mostrame muestrame manda mandame pasame contame dame "
	// ofWho stands between a verb and a code.
	ofWho set = " a al de del la el lo los las le les que reserva codigo cod cliente huesped nro numero n no° con para por transferencia transfe transfer " +
		"sena deposito pago plata comprobante conversacion chat charla bot al el "
	// negation before a verb turns it round, and that is nothing anybody is to guess about.
	negation set = " no nunca jamas tampoco todavia sin ni "
)

// stem is how the forms of a verb begin.
type stem struct {
	begins string
	verb   Verb
}

// stems are tried in order.
func stems() []stem {
	return []stem{
		{"desbloq", Unblock},
		{"desblok", Unblock},
		{"desbloc", Unblock},
		{"desvloq", Unblock},
		{"liber", Unblock},
		{"reabr", Unblock},
		{"unblock", Unblock},
		{"bloque", Block},
		{"bloqe", Block},
		{"blokea", Block},
		{"bloke", Block},
		{"bloq", Block},
		{"vloque", Block},
		{"block", Block},
		{"aprob", Approve},
		{"aprov", Approve},
		{"aprueb", Approve},
		{"apruev", Approve},
		{"confirm", Approve},
		{"acept", Approve},
		{"autoriz", Approve},
		{"rechaz", Reject},
		{"rechas", Reject},
		{"rechac", Reject},
		{"cancel", Reject},
		{"canzel", Reject},
		{"deneg", Reject},
		{"respond", Answer},
		{"contest", Answer},
		{"devolv", Resume},
		{"devuelv", Resume},
		{"reanud", Resume},
		{"disponib", Free},
		{"ayud", Help},
	}
}

// exact are words that are verbs only as they stand.
func exact(text string) Verb {
	switch {
	case set(" cerrar cerra cerrame cerremos cierro cierra clausurar ").has(text):
		return Block
	case set(" abrir abri abrime abro abramos ").has(text):
		return Unblock
	case set(" resp rta decile avisale escribile mandale responde respondele contestale ").has(text):
		return Answer
	case set(" bot robot activar activa ").has(text):
		return Resume
	case set(" reserva res ficha detalle datos ver info ").has(text):
		return Show
	case set(" libre libres lugar lugares dispo vacante vacantes vacia vacias ").has(text):
		return Free
	case set(" ayuda help menu comandos comando opciones instrucciones aiuda ").has(text):
		return Help
	default:
		return None
	}
}

// slips are the words that a slip of the finger is forgiven in.
const slips = "bloquear bloquea desbloquear desbloquea liberar aprobar aprueba rechazar rechaza responder responde contestar confirmar aceptar cancelar " +
	"libre libres disponible ayuda reserva"

// verbOf is the verb that a word is; firm means that it is a form of a verb rather than a word that may stand in any sentence.
func verbOf(text string) (verb Verb, firm bool) {
	if v := exact(text); v != None {
		return v, v == Block || v == Unblock
	}
	for _, s := range stems() {
		if strings.HasPrefix(text, s.begins) {
			return s.verb, s.verb != Free && s.verb != Help
		}
	}
	for meant := range strings.FieldsSeq(slips) {
		if near(text, meant) {
			v, firm := verbOf(meant)
			return v, firm
		}
	}
	return None, false
}

// verb finds what is wanted, and the word that says so. The verb comes first, whatever courtesies come before it; one that cannot
// be anything else may come later. Whoever says no to it does not want it.
func (r *reader) verb() (verb Verb, at int) {
	first := 0
	for polite.has(r.at(first).text) && !r.resumes(first) {
		first++
	}
	switch {
	case len(r.words) == 0:
		return None, 0
	case first >= len(r.words):
		return r.chatter(), 0
	}
	if v, _ := verbOf(r.at(first).text); v != None {
		return r.settled(v, first)
	}
	if v, at := r.later(first); v != None {
		return v, at
	}
	switch {
	case r.bare(first):
		return Show, first
	case r.isAgenda(r.words):
		return Agenda, 0
	default:
		return r.chatter(), 0
	}
}

// later looks for a verb that does not come first.
func (r *reader) later(first int) (Verb, int) {
	denied := negation.has(r.at(first).text)
	for i := first + 1; i < len(r.words) && i <= first+maxLook; i++ {
		v, firm := verbOf(r.words[i].text)
		switch {
		case v == None || v == Answer || !firm && v != Free:
		case (v == Approve || v == Reject || v == Resume) && !r.plain():
			// "se canceló la luz"
		case denied:
			return None, i
		default:
			return r.settled(v, i)
		}
		denied = denied || negation.has(r.words[i].text)
	}
	if !denied && r.received() {
		return Approve, first - 1
	}
	return None, 0
}

// settled looks at what a word means together with those behind it.
func (r *reader) settled(v Verb, at int) (Verb, int) {
	next := r.at(at + 1).text
	switch {
	case v == Show && set(" libre libres lugar ").has(next):
		return Free, at + 1
	case v == Show && at+1 < len(r.words) && r.isAgenda(r.words[at+1:]):
		return Agenda, at
	case v == Resume && strings.HasPrefix(r.at(at).text, "activ") && next != "bot" && next != "el":
		return None, at
	}
	return v, at
}

// resumes reports whether the word "bot" gives somebody back to it, rather than addresses it.
func (r *reader) resumes(i int) bool {
	if r.at(i).text != "bot" {
		return false
	}
	if len(r.words) == i+1 && i == 0 {
		return true
	}
	who, _ := r.who(r.skip(i+1, ofWho))
	if who.IsZero() {
		return false
	}
	v, _ := verbOf(r.at(i + 1).text)
	return v == None || ofWho.has(r.at(i+1).text)
}

// received is how people say that money has come: "llegó la transferencia de K7M2QX".
func (r *reader) received() bool {
	const (
		came  set = " llego recibi recibimos entro acreditada acreditado acredito cobre ingreso cayo "
		money set = " transferencia transfe transfer plata pago sena deposito dinero guita efectivo "
	)
	has := func(s set) bool {
		for _, w := range r.words[:min(len(r.words), maxLook+2)] {
			if s.has(w.text) {
				return true
			}
		}
		return false
	}
	return has(came) && has(money)
}

// colloquial reports whether a yes was guessed from what people say, and not said: "Ana confirmó K7M2QX".
func (r *reader) colloquial(at int) bool {
	first := r.skip(0, polite)
	v, _ := verbOf(r.at(at).text)
	return r.said == Approve && (v != Approve || at > first)
}

// plain reports whether somebody is named whom nobody can take for a word of prose.
func (r *reader) plain() bool {
	for i := range r.words {
		if who, _ := r.who(i); !who.IsZero() && (who.Code == "" || r.words[i].digits()) {
			return true
		}
	}
	return false
}

// bare reports whether the text is a code and nothing else.
func (r *reader) bare(i int) bool {
	who, next := r.who(i)
	return who.Code != "" && next >= len(r.words) && r.plainer(i)
}

// chatter is what is no command and may still be understood.
func (r *reader) chatter() Verb {
	const (
		yes    set = " si sii sip sisi dale ok okey oka listo bueno claro obvio confirmo confirmado "
		no     set = " no nop nono noo deja dejalo nada "
		thanks set = " gracias grax gracia genial buenisimo perfecto joya barbaro excelente chau saludos abrazo "
		more   set = " gracias mil muchas muchisimas por todo che bot hola buen dia "
	)
	all := func(first set) bool {
		for _, w := range r.words {
			if !first.has(w.text) && !more.has(w.text) && !polite.has(w.text) {
				return false
			}
		}
		return true
	}
	switch {
	case len(r.words) > 6:
		return None
	case all(thanks) && r.any(thanks):
		return Courtesy
	case all(yes) && r.any(yes):
		return Agree
	case all(no) && r.any(no):
		return Decline
	default:
		return None
	}
}

func (r *reader) any(s set) bool {
	for _, w := range r.words {
		if s.has(w.text) {
			return true
		}
	}
	return false
}

// isAgenda reports whether nothing but a day is said, in whatever words people ask what it brings.
func (r *reader) isAgenda(words []word) bool {
	const (
		asks set = " agenda resumen parte movimiento movimientos llegada llegadas salida salidas entrada entradas ingreso ingresos arribos checkin checkout check in out " +
			"quien quienes llega llegan sale salen viene vienen esta estan entra entran va van novedades pendientes novedad "
		when set = " hoy oy hoi hy manana mañana mnana maniana manan mañna pasado el la los de del para al este esta proximo que dia fecha hasta lunes martes miercoles jueves viernes sabado domingo " +
			"enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre "
	)
	if len(words) > maxLook || len(words) == 1 && strings.Trim(words[0].text, "0123456789") == "" {
		return false
	}
	said := false
	for _, w := range words {
		date := strings.Trim(w.text, "0123456789/-.") == ""
		if !polite.has(w.text) && !asks.has(w.text) && !when.has(w.text) && !date && !near(w.text, "manana") {
			return false
		}
		said = said || asks.has(w.text) && !polite.has(w.text) || near(w.text, "manana")
	}
	return said || !r.dates(words).CheckIn.IsZero()
}
