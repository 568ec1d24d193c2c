package understanding

import (
	"slices"
	"strings"
)

// decide picks the intent: that of the heaviest cue, and of equals the first. Without a cue, dates or guests alone ask whether
// there is room.
func (r *reader) decide() {
	r.weigh()
	dates, ask := r.settle()
	best := r.best(r.dated())
	m := &r.meaning
	m.Intent = best.intent
	m.Also = r.also(best)
	for _, h := range r.hits {
		if h.topic != "" && (h.weight >= nounWeight || h == best) && !slices.Contains(m.Topics, h.topic) {
			m.Topics = append(m.Topics, h.topic)
		}
	}
	r.petsInQuestions()
	if best.intent == Human && m.Guests != nil && *m.Guests == 1 {
		m.Guests = nil // "me pasás con una persona?"
	}
	r.flags()
	if r.noRequest(best) {
		m.Readings = nil
		return
	}
	if ask != AmbiguousDate {
		m.Readings = nil
	}
	if best.intent == Pay && r.payday() {
		dates = Dates{} // "te hago la transferencia hoy"
	}
	if best.intent == Services && dates.CheckIn.IsZero() {
		dates = Dates{} // "hasta qué hora nos podemos quedar el domingo?"
	}
	m.Dates, m.Ask = dates, ask
}

// payday reports whether the only date is a day near by, as one on which something is paid is.
func (r *reader) payday() bool {
	for _, it := range r.items {
		if it.sort != aDay || !it.from.noon && (it.from.weekday == 0 || it.from.day != 0) {
			return false
		}
	}
	return len(r.items) > 0
}

// weigh drops cues that were denied, and topics that were only named in passing.
func (r *reader) weigh() {
	party := r.meaning.Guests != nil || r.meaning.Pets != nil || len(r.items) > 0
	kept := r.hits[:0]
	for _, h := range r.hits {
		switch {
		case h.intent == Availability && r.asksForThing(h), h.intent == No && r.aside(h.at), h.intent == Availability && r.partOfQuestion(h), h.intent == Change && r.tongue == inPortuguese && r.says(h.at, "no"):
			continue
		case h.topic != "" && h.weight == nounWeight && !party && r.at(h.at-1).is(withRole) && !r.dated() && !r.prices():
			h.weight = sureWeight // "tienen cabaña con jacuzzi?"
		case h.topic != "" && h.weight == nounWeight && r.thanked(h):
			h.weight = 1 // "gracias por la info"
		case h.topic != "" && h.weight == nounWeight && party && !r.asked(h):
			h.weight = saidWeight
		case h.topic == TopicCapacity && h.weight == fitting && r.dated(),
			h.intent == Change && h.weight == correction && r.requested(h.at):
			continue
		case h.intent == Book && (r.says(h.at-2, "antes", "de") || r.says(h.end-2, "antes", "de") || r.says(h.end-3, "antes", "de")):
			continue // "una pregunta antes de reservar"
		case h.intent == Book && r.over(h):
			h.intent = MyReservations // "reservé hace un mes"
		case h.intent == Change && r.supposed(h.at), h.topic == TopicCancellation && r.agrees(h.at):
			continue
		case r.denied(h):
			h.intent, h.weight = No, 40
		}
		kept = append(kept, h)
	}
	r.hits = kept
}

// requested reports whether something was asked for before token at: "para mañana, tenés? perdón, para el jueves" is one request.
func (r *reader) requested(at int) bool {
	for _, h := range r.hits {
		if h.at < at && h.weight >= 55 && (h.intent == Availability || h.intent == Price || h.intent == Book) {
			return true
		}
	}
	return false
}

// prices reports whether a text asks what something costs.
func (r *reader) prices() bool {
	return slices.ContainsFunc(r.hits, func(h hit) bool { return h.intent == Price })
}

// over reports whether a booking is one that was made: "reservé", "reservó". The accent tells it from "que reserve" and "la reservo".
func (r *reader) over(h hit) bool {
	for i := h.at; i < h.end; i++ {
		t := r.at(i)
		if t.text == "reserve" && r.tongue != inEnglish {
			return !r.says(i-1, "que")
		}
		if t.text == "reservo" && strings.HasSuffix(r.text[t.start:t.end], "ó") {
			return true
		}
	}
	return false
}

// agrees reports whether what sounds like a condition, or a question, is none: "sí, cancelo", "si cancelá", "no puedo cancelar".
func (r *reader) agrees(at int) bool {
	t := r.at(at)
	if t.text == "si" {
		verb := r.at(at + 1)
		return verb.mark(',') || strings.HasSuffix(strings.ToLower(r.text[t.start:t.end]), "í") ||
			strings.HasSuffix(r.text[verb.start:verb.end], "á") || r.begins(at) && r.onlyThat(at+2)
	}
	return r.at(at-1).is(noRole) && t.is(cannotRole) && !r.questioned(at+1)
}

// onlyThat reports whether nothing but "nomás" or "por favor" goes on at i, and no question mark.
func (r *reader) onlyThat(i int) bool {
	for ; !r.ends(i); i++ {
		switch r.at(i).text {
		case "nomas", "no", "mas", "dale", "por", "favor", "porfa", "please", "todo", "ya", "gracias", "la", "mi", "reserva":
		default:
			return false
		}
	}
	return !r.questioned(i)
}

// supposed reports whether what follows at is only what a price depends on: "cuánto sería si nos quedamos una noche más?".
func (r *reader) supposed(at int) bool {
	for _, h := range r.hits {
		for i := h.end; h.intent == Price && i < at; i++ {
			if r.says(i, "si") || r.says(i, "if") || r.says(i, "se") && r.tongue == inPortuguese {
				return true
			}
		}
	}
	return false
}

// thanked reports whether a thing is only what a text gives thanks for.
func (r *reader) thanked(h hit) bool {
	for i := max(h.at-4, 0); i < h.at; i++ {
		if t := r.at(i).text; t == "gracias" || t == "obrigado" || t == "obrigada" || t == "thanks" || t == "thank" {
			return !r.questioned(h.end) && r.at(i).clause == r.at(h.at).clause && !r.asked(h)
		}
	}
	return false
}

// partOfQuestion reports whether what sounds like a question for room is the rest of another: "a qué hora hay que dejar la cabaña".
func (r *reader) partOfQuestion(h hit) bool {
	for _, q := range r.hits {
		if q.topic != "" && q.weight >= questionWeight && q.at < h.at && q.end > h.at {
			return true
		}
	}
	return false
}

// asked reports whether a thing is asked about: its clause ends in a question mark, or begins with a verb that asks.
func (r *reader) asked(h hit) bool {
	for i := h.end; i < len(r.tokens); i++ {
		if r.tokens[i].mark('?') {
			return true
		}
		if r.tokens[i].kind == aMark && !r.tokens[i].mark(',') {
			break
		}
	}
	for i := h.at - 1; i >= 0 && i >= h.at-4; i-- {
		switch r.tokens[i].text {
		case "tiene", "tienen", "tenes", "incluye", "incluyen", "hay", "aceptan", "cuenta", "cuentan", "dan", "tem", "puede", "trae", "is", "have", "inclui", "pasas", "pasame", "mandas", "mandame", "ver":
			return true
		}
	}
	return false
}

// denied: "no quiero cancelar", "no necesito hablar con nadie". A question may begin with no: "no tenés lugar?".
func (r *reader) denied(h hit) bool {
	switch h.intent {
	case Cancel, Book, Pay, Paid, Human, Price:
	default:
		return false
	}
	if h.weight == 81 || r.at(h.at).is(noRole) {
		return false
	}
	for i := h.at - 1; i >= 0 && i >= h.at-3; i-- {
		t := r.at(i)
		if t.kind == aMark || t.clause != r.at(h.at).clause {
			return false
		}
		if t.is(noRole) && r.qualifies(i) {
			return false
		}
		if t.is(noRole) && (h.intent == Price || h.intent == Book) && r.questioned(h.end) {
			return false // "no me hacés precio?"
		}
		if t.is(noRole) && t.text != "ni" && !(r.tongue == inPortuguese && t.text == "no") {
			return !r.at(i+1).says("me") || h.intent == Price
		}
	}
	return false
}

// questioned reports whether the clause that goes on at i ends in a question mark.
func (r *reader) questioned(i int) bool {
	for ; i < len(r.tokens) && r.tokens[i].clause == r.at(i-1).clause; i++ {
		if r.tokens[i].mark('?') {
			return true
		}
	}
	return r.at(i).mark('?')
}

// implied is the weight of dates or guests without a word on what they are for.
const implied = 45

func (r *reader) best(dated bool) hit {
	best := hit{intent: Unknown}
	for _, h := range r.hits {
		if h.weight > best.weight || h.weight == best.weight && h.at < best.at {
			best = h
		}
	}
	if best.weight < implied && (dated && !r.idle() || r.partyAlone()) {
		best = hit{intent: Availability, weight: implied}
	}
	if best.weight < implied {
		best = r.answer(best)
	}
	return best
}

// dated reports whether a text says anything of when it would be, if only "a fin de mes".
func (r *reader) dated() bool {
	for _, it := range r.items {
		if !it.refused && !it.existing && !it.errand && (it.sort != aMonth || len(r.tokens) <= 3) {
			return true
		}
	}
	return false
}

// idle reports whether the only date is a "hoy" or "mañana" inside of a longer text that asks for nothing.
func (r *reader) idle() bool {
	live, noon := 0, 0
	for _, it := range r.items {
		if it.refused || it.existing || it.errand || it.sort == aMonth {
			continue
		}
		live++
		if it.sort == aDay && it.from.noon && !r.at(it.at-1).is(forRole|fromRole) && len(r.tokens) > 4 {
			noon++
		}
	}
	return live > 0 && live == noon && r.meaning.Guests == nil
}

// partyAlone reports whether a text says who comes, or which cabin, or for how long.
func (r *reader) partyAlone() bool {
	m := &r.meaning
	return m.Guests != nil || m.Pets != nil || m.Children != nil || m.Babies != nil || m.Cabin != "" || m.Other || m.MoreNights != 0
}

// answer reads signs, and what is short and follows a question.
func (r *reader) answer(best hit) hit {
	if best.weight > 0 {
		return best
	}
	if r.meaning.Code != "" {
		return hit{intent: MyReservations, weight: 1}
	}
	refused := false
	for _, it := range r.items {
		refused = refused || it.refused
	}
	if refused {
		return hit{intent: No, weight: 1}
	}
	if r.enquires() {
		return hit{intent: Services, weight: 1}
	}
	for i := range r.tokens {
		switch r.tokens[i].text {
		case "$":
			return hit{intent: Price, weight: 1}
		case "👍", "👌", "✅", "🙌", "✔", "🆗", "💪", "💯":
			return hit{intent: Yes, weight: 1}
		case "👎", "❌", "🚫", "✖", "⛔":
			return hit{intent: No, weight: 1}
		case "🙏", "🤗", "😘", "❤":
			return hit{intent: Thanks, weight: 1}
		case "👋":
			return hit{intent: Greeting, weight: 1}
		}
	}
	return best
}

// enquires reports whether a text asks for a thing that is in no table: "tienen hielo?", "se puede cargar el auto?", "está
// cercado?".
func (r *reader) enquires() bool {
	question := false
	for i := range r.tokens {
		question = question || r.tokens[i].mark('?')
	}
	for i := range r.tokens {
		switch t := &r.tokens[i]; t.text {
		case "tienen", "tenes", "tiene", "tienes", "hay", "incluye", "incluyen", "trae", "traen", "ofrecen", "cuentan", "cuenta", "tem", "aceptan", "permiten", "prestan", "poseen":
			if (question || r.begins(i)) && !r.ends(i+1) {
				return true
			}
		case "venden", "vendes":
			if (question || r.begins(i)) && r.staple(i+1) {
				return true
			}
		case "es", "son":
			if question && r.subject(i) && !r.ends(i+1) {
				return true
			}
		case "puedo", "podemos", "puede", "esta", "estan", "is", "are", "does", "do", "can", "posso", "podriamos", "viene", "vienen", "funciona", "anda", "usan", "hacen", "dan", "sirven":
			if question && (r.begins(i) || r.at(i-1).text == "se" || r.at(i-1).is(andRole) || r.at(i-1).text == "la" || r.at(i-1).text == "el" || r.subject(i)) && !r.ends(i+1) {
				return true
			}
		}
	}
	return false
}

// onlyAsked reports whether what sounds like a cancellation is part of a question about one: "cómo es la cancelación si no puedo ir?".
func (r *reader) onlyAsked(h hit) bool {
	return slices.ContainsFunc(r.hits, func(q hit) bool {
		return q.topic == TopicCancellation && (h.at >= q.at && h.at < q.end || r.at(h.at).is(noRole))
	})
}

// also lists what else was asked for, in order.
func (r *reader) also(best hit) []Intent {
	var more []Intent
	for _, h := range r.hits {
		if h.weight < nounWeight || h.intent == best.intent || slices.Contains(more, h.intent) || h.intent == Cancel && r.onlyAsked(h) {
			continue
		}
		if best.intent == Availability || best.intent == Price || best.intent == Book || best.intent == Services || best.intent == Change {
			more = append(more, h.intent)
		}
	}
	return more
}

// noRequest reports whether the dates of a text are not those of a stay that is wanted.
func (r *reader) noRequest(best hit) bool {
	switch best.intent {
	case Paid, MyReservations, Cancel, Unknown, No, Human, Thanks, Greeting, Yes:
		return true
	case Pay, Services, Price:
		for _, h := range r.hits {
			if h.intent == MyReservations {
				return true
			}
		}
	}
	return false
}

// flags are what a conversation wants to know besides.
func (r *reader) flags() {
	m := &r.meaning
	for i := range r.tokens {
		switch r.tokens[i].text {
		case "foto", "fotos", "fotitos", "imagenes", "imagen", "video", "videos", "pictures", "photos", "photo", "pics", "descripcion", "galeria":
			m.Photos = true
		case "menu", "inicio", "olvidate", "reiniciar", "reset":
			m.Restart = true
		case "empecemos", "empezar", "empezamos", "arranquemos", "arrancar", "comecar", "start":
			m.Restart = m.Restart || r.says(i+1, "de", "nuevo") || r.says(i+1, "de", "cero") || r.says(i+1, "otra", "vez") || r.says(i+1, "over")
		}
	}
}
