package conversation

import (
	"slices"
	"strings"

	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// notSaid takes back what a text has been read as and surely does not say, in the light of what is talked about.
func (t *talk) notSaid() {
	m := &t.m
	switch text := t.event.Text; {
	case m.Intent == understanding.Cancel && t.Step != AskedCancel && supposes(text):
		m.Intent = understanding.Services
		if !slices.Contains(m.Topics, understanding.TopicCancellation) {
			m.Topics = append(slices.Clone(m.Topics), understanding.TopicCancellation)
		}
	case m.Intent == understanding.Thanks && !thanked(text) && !postpones(text) && has(text, "hola", "buenas", "buenos", "buen", "oi", "hi", "hello"):
		m.Intent = understanding.Greeting
	case m.Intent == understanding.Price && slices.Contains(m.Topics, understanding.TopicCancellation):
		m.Intent = understanding.Services // how much goes back
	case m.Intent == understanding.Services && slices.Contains(m.Also, understanding.Cancel) && !asks(text):
		m.Intent = understanding.Cancel
	case t.Step == AskedPay && m.Intent == understanding.Services && has(text, "tiempo", "plazo", "vence", "prazo", "cuando") && has(text, "pagar", "pago", "pagarla", "transferir", "seña", "señar", "sena", "guardas", "guardan", "tengo"):
		m.Intent, m.Topics = understanding.Pay, nil
	case t.Step == AskedPay && m.Intent == understanding.Availability && m.CheckOut.IsZero() && has(text, "banco", "pago", "pagar", "transfiero", "deposito", "cobro", "sueldo", "plata", "bank", "pay"):
		m.Intent, m.Dates = understanding.Thanks, understanding.Dates{} // when he pays
	case m.Intent == understanding.Services && len(m.Topics) == 1 && m.Topics[0] == understanding.TopicServices && !says(*m) && !m.Photos &&
		(has(text, "info", "consulta", "consultar") || strings.Contains(plain(text), "informa")):
		m.Intent, m.Topics = understanding.Greeting, nil
	case m.Intent == understanding.Book && postpones(text) && !says(*m):
		m.Intent = understanding.Thanks
	case drops(text) && !says(*m) && m.Intent != understanding.Cancel:
		m.Intent = understanding.No
	}
}

// asks reports whether a text is a question, with or without its mark.
func asks(text string) bool {
	return strings.ContainsRune(text, '?') || has(text, "que", "como", "cuanto", "cuando", "cual", "politica", "quanto", "quando", "qual", "what", "how", "when")
}

// supposes reports whether a text only asks what would be: "¿qué pasa si cancelo?"
func supposes(text string) bool {
	return has(text, "si", "se", "if") && (strings.ContainsRune(text, '?') || has(text, "que", "cuanto", "cuando", "quanto", "what"))
}

func thanked(text string) bool {
	return slices.ContainsFunc(strings.Fields(plain(text)), func(word string) bool {
		return slices.ContainsFunc([]string{"gracias", "grasias", "agradec", "obrigad", "thank", "thx", "chau", "chao", "adios", "bye", "tchau", "saludos"}, func(start string) bool {
			return strings.HasPrefix(word, start)
		})
	})
}

// postpones reports whether a guest wants to think it over.
func postpones(text string) bool {
	said := " " + plain(text) + " "
	return slices.ContainsFunc([]string{
		" te aviso", " les aviso", " le aviso", " aviso luego", " te digo", " lo pienso", " pensarlo", " lo charlo", " lo hablo", " lo consulto", " consultarlo",
		" te confirmo", " les confirmo", " lo vemos", " lo vamos a ver", " let you know", " think about", " think it over", " get back to you",
		" vou pensar", " vou ver", " aviso voce", " te aviso", " ja te falo", " depois falo", " depois eu", " retorno",
	}, func(part string) bool { return strings.Contains(said, part) })
}

// drops reports whether a guest lets go of what he has begun.
func drops(text string) bool {
	said := " " + plain(text) + " "
	return slices.ContainsFunc([]string{
		" never mind ", " nevermind ", " forget it ", " no importa ", " olvidate ", " olvidalo ", " me arepenti ", " me equivoque ", " deja nomas ", " dejalo asi ",
		" deixa pra la ", " deixa para la ", " esquece ", " numero equivocado ", " wrong number ",
	}, func(part string) bool { return strings.Contains(said, part) })
}

// apologises reports whether a text does nothing else.
func apologises(text string) bool {
	return slices.Contains([]string{"perdon", "perdona", "perdone", "disculpa", "disculpe", "disculpame", "desculpa", "desculpe", "sory", "ups", "uy"}, plain(text))
}

// later is said to who thinks it over.
func (t *talk) later() {
	t.understood()
	switch {
	case t.Step == AskedPay:
		t.say(t.w.LaterHeld)
	case t.Wanted.whole() && t.Wanted.Held == "":
		t.say(t.w.Later)
	default:
		t.say(t.w.Fine)
	}
}

// moreChildren counts those who come besides the others: "y si vamos con 2 chicos más?"
func (t *talk) moreChildren() {
	m, w := &t.m, t.Wanted
	if m.Children == nil || m.Guests != nil || m.Adults != nil || w.Guests == 0 {
		return
	}
	guests := w.Guests
	switch {
	case w.Adults > 0:
		guests = w.Adults + *m.Children
	case has(t.event.Text, "mas", "ademas", "agregamos", "sumamos", "tambien", "mais", "tambem", "more", "plus", "also"):
		guests += *m.Children
	}
	if guests <= maxPeople {
		m.Guests = &guests
	}
}

func confirms(text string) bool {
	return slices.ContainsFunc(strings.Fields(plain(text)), func(word string) bool { return strings.HasPrefix(word, "confirm") })
}

// ofPayment does what is said where a payment is awaited, in words that are hardly a sentence. It reports whether it was any of
// that.
func (t *talk) ofPayment() bool {
	text := t.event.Text
	switch {
	case t.Step != AskedPay:
		return false
	case byTransfer(text), ofAccount(text):
		t.understood()
		t.mine(Transfer)
	case has(text, "link", "enlace", "boton", "botao", "pagar", "pago", "pay", "tiempo", "plazo", "vence", "prazo"):
		t.understood()
		t.mine(toPay)
	case has(text, "listo", "pronto", "ya", "mande", "envie", "paid", "done", "llego", "chegou", "feito", "ahora", "agora", "now", "novedades"), confirms(text):
		t.understood()
		t.mine(LookPaid)
	default:
		return false
	}
	return true
}
