package understanding

import "strings"

// tongueTable holds words that are of one language, or of two, and not of the others. Words that they share, as "para" and
// "hotel" and "no", tell nothing; nor does "dos", which is "of the" and "two".
var tongueTable = []struct {
	tongue tongue
	words  string
}{
	{inSpanish, `
		abuela aca adultos ahi ahora al algo alguien algunas algunos alias alla alquilan ante antes asi aun ay barbaro buen buenas
		bueno buenos cabanas cambiar chicas che chicos cochera comprobante con consulta contra cual cuando cuanta cuantas cuanto cuantos
		cuenta cuesta dale decime deja del desayuno desde despues diciembre dije dijo direccion disponibilidad disponible donde
		dueno durante efectivo el ella ellas ellos en enero entonces entramos erais eran eras eres es esa esas ese eso esos estaba
		estabais estabamos estaban estabas estad estada estadas estado estados estais estan estando estar estara estaran estaras
		estare estareis estaremos estaria estariais estariamos estarian estarias esteis estemos esten esto estos estoy estuve
		estuviera estuvierais estuvieramos estuvieran estuvieras estuvieron estuviese estuvieseis estuviesemos estuviesen
		estuvieses estuvimos estuviste estuvisteis estuvo febrero fecha fechas finde fuera fuerais fueramos fueran fueras fueron
		fuese fueseis fuesemos fuesen fueses fuimos fuiste fuisteis gracias habeis habia habiais habiamos habian habias habida
		habidas habido habidos habiendo hablar habra habran habras habre habreis habremos habria habriais habriamos habrian habrias
		haceme hacen hacer hago han has hasta hay haya hayais hayamos hayan hayas he hemos hermana hermanas hermano hermanos hice hicimos hijo hijos hola hoy
		hube hubiera hubierais hubieramos hubieran hubieras hubieron hubiese hubieseis hubiesemos hubiesen hubieses hubimos hubiste
		hubisteis hubo invierno iriamos jaja joya jueves julio junio la las le lejos les listo llegamos llegariamos llego llegue lo
		los lunes manana mandame martes marzo matrimonio matrimonios mayo mejor mi mia mias miercoles mio mios mis muchas muchisimas mucho muchos mujer
		muy nada nadie necesitamos necesito nena nenes ni ninguna ninguno noche noches nomas nop nosotras nosotros novia noviembre
		novio nuestra nuestras nuestro nuestros obvio octubre otra otras otro otros padres pago pague parejas parrilla pasame
		perdon pero perrito perro perros persona personas pileta plata poco precio pude puede pueden puedo puse queda quedan quede
		quedo queriamos quien quienes quiere quieren quiero quincena quise quisiera quisieramos recien ruta sabanas sale salen
		salia seais seamos sean seas sena senia senora sentid sentida sentidas sentido sentidos sep septiembre ser seran seras sere
		sereis seriais serian serias si siente sii sin sintiendo sip sois son soy su sus suya suyas suyo suyos tambien tampoco
		tanto tarjeta tendra tendran tendras tendre tendreis tendremos tendria tendriais tendriamos tendrian tendrias tened teneis
		tenemos tenes tenga tengais tengamos tengan tengas tengo tenia teniais teniamos tenian tenias tenida tenidas tenido tenidos
		teniendo ti tiene tienen tienes toallas todavia todo todos transferencia tus tuve tuviera tuvierais tuvieramos tuvieran
		tuvieras tuvieron tuviese tuvieseis tuviesemos tuviesen tuvieses tuvimos tuviste tuvisteis tuvo tuya tuyas tuyo tuyos
		ubicacion un una uno unos usted ustedes va valen venir verano viejos viernes vine vosostras vosostros voy vuestra vuestras
		vuestro vuestros y ya yo`},
	{inPortuguese, `
		acrescentar acrescenta adicionar cheguei comprei esqueci fechei gostei
		abraco abracos acabei aceita aceitam agora ainda ajuda alguem alterar alugam alugar aluguel amanha ao aos aquecimento aquela
		aquelas aquele aqueles aqui aquilo ate atendente beijo beleza bem berco bjs blz boa boleto bom brigada brigadao brigado
		acontece cachorrinho cachorro cachorros cafe cancela cancelamento cancelamentos cartao casais casal chale chave chegamos chegar churrasqueira clique com
		combinado comigo comprovante consegue consigo conversar crianca criancas custa da dao das deixa deixar deixe dela delas
		dele deles depois depositei desistir desmarcar dessa desse dezembro diaria diarias dinheiro disponibilidade disponivel do
		dois dono duas dum eai ei ela elas ele eles em enviei essa essas esse esses estacionamento estao estava estavam
		estavamos esteja estejam estejamos esteve estive estivemos estiver estivera estiveram estiveramos estiverem estivermos
		estivesse estivessem estivessemos estou eu faco falar faz fazem fazer fechado feito ferias fevereiro fica ficamos ficar
		filha filho filhos fim fiz fogao foi fomos fora foram foramos forem formos fosse fossem fossemos ganhe garagem gatinho
		geladeira gente gostaria haja hajam hajamos hao havemos havia hei hoje houve houvemos houver houvera houveram houveramos
		houverao houverei houverem houveremos houveria houveriam houveriamos houvermos houvesse houvessem houvessemos infelizmente
		irma irmao isso isto ja janeiro julho junho lareira legal lencois leva levar leve lhe lhes liga ligar ligue livre livres
		logo mae maio mais mandei manha marco melhor mesmo meu meus mim minha minhas mudar mudou muito mulher na namorada namorado namorados
		nao nas natal nem nessa nesse ninguem noite noites nossa nossas nosso nossos nova novembro novo num numa obrigada obrigado
		oi ola onde ontem orcamento os otimo ou outra outro outubro pagamento paguei pai parcelado parcelas passa passar passe pela
		pelas pelo pelos pernoite pessoa pessoas piscina pode podem posso pousada pra pras precisamos preciso preco pro procurando
		procuro pros quais qual quando quantas quanto quantos quarto quem quero remarca remarcar reservei reveillon robo saem sai
		saimos sair sao segue seja sejam sejamos sem serao serei seriam servem setembro seu seus sexta sim sou sua suas tambem tb
		tbm tchau tem temos tenha tenham tenhamos tenho tera terao terca terei teremos teria teriam teriamos teu teus teve tinha
		tinham tinhamos tive tivemos tiver tivera tiveram tiveramos tiverem tivermos tivesse tivessem tivessemos toalhas trocar tua
		tuas tudo um uma vaga vagas vai valeu vao vc vcs verdade viemos vlw voce voces vou`},
	{inEnglish, `
		about above absolutely account actually adults after afternoon again against agent all allowed already and another any
		anything april are around at august availability available awesome baby bank be because been before being below between
		book both boyfriend breakfast bring but buy by bye cabin cabins call can cancel cant card cards cash cat change cheap
		cheers child children coming cool correct cost cottage could couldnt couple couples course credit date dates day days
		december deposit details did didnt discount does doesnt dog dogs doing don dont down during each eight else evening family
		far february few fine first five followers for four free friday friends from further get girlfriend give good goodbye got
		great guests had have having heating hello her here hers herself hey heya hi him himself his hiya hope hoping house how
		howdy hows human husband i id if ill im included instead instructions insurance into is it its itself ive january joke july
		june just kids kitchen last left less lets like linen located looking lovely make manager march may meant might mistake
		monday money month more morning most move much must my myself near need needed next night nights nine nope nor not november
		now october of off on only open openings or other our ours ourselves over own owner paid partner pay payment people perfect
		person pets phone place please price rate rates rather receive received refund reservation reservations reserve right room
		rooms same saturday second sell send sent september seven she sheets should show six so some sorry sounds space speak stay
		still such sunday sure take talk tell than thank thanks that thats the their theirs them themselves then there theres these
		they this those three through thursday thx till time to today tomorrow tonight too towels travellers tuesday two ty under
		until up vacancy very wait waiting want wanted was we wed wednesday week weekend well were weve what whats when where which
		while who whom why wife will wire with wont would wouldnt wrong yeah yep yes you your youre yours yourself yourselves yup`},
}

// hear decides in which language a text is: that of which it has most words. Spanish where none leads.
func (r *reader) hear() {
	var spanish, portuguese, english int
	for i := range r.tokens {
		t := &r.tokens[i]
		if t.word == nil || t.word.speaks == 0 {
			continue
		}
		s := t.word.speaks
		weight := 2
		if s&(s-1) != 0 {
			weight = 1 // of two languages, it tells less
		}
		if s&inSpanish != 0 {
			spanish += weight
		}
		if s&inPortuguese != 0 {
			portuguese += weight
		}
		if s&inEnglish != 0 {
			english += weight
		}
	}
	portuguese += r.tildes()
	switch {
	case portuguese > spanish && portuguese >= english:
		r.tongue, r.meaning.Language = inPortuguese, Portuguese
	case english > spanish && english > portuguese:
		r.tongue, r.meaning.Language = inEnglish, English
	default:
		r.tongue, r.meaning.Language = inSpanish, Spanish
	}
}

// wordAt returns what there is, in lower case, of the word that goes on at byte i of the text.
func (r *reader) wordAt(i int) string {
	from := i
	for from > 0 && (r.text[from-1]|0x20 >= 'a' && r.text[from-1]|0x20 <= 'z' || r.text[from-1] >= 0x80) {
		from--
	}
	return strings.ToLower(r.text[from:i])
}

// tildes counts the letters that only Portuguese has: ã, õ, ç, ê, and the á of olá.
func (r *reader) tildes() int {
	n := 0
	for i, c := range r.text {
		switch c {
		case 'ã', 'õ', 'ç', 'ê', 'â', 'ô', 'Ã', 'Õ', 'Ç':
			n += 3
		case 'é':
			if i > 0 && i+3 < len(r.text) && r.text[i-1] == ' ' && r.text[i+2] == ' ' {
				n += 3
			}
		case 'á':
			if start := r.wordAt(i); start == "ol" || start == "j" || start == "l" || start == "est" && i+3 < len(r.text) && r.text[i+2:i+3] == "o" {
				n += 3
			}
		}
		if i > longest {
			break
		}
	}
	return n
}
