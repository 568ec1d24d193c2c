package understanding

import "strings"

// circumstances looks at what stands around an item: whether it is the beginning or the end, or no request at all.
func (r *reader) circumstances(n int) {
	it := &r.items[n]
	since := 0
	if n > 0 {
		since = r.items[n-1].end
	}
	until := len(r.tokens)
	if n+1 < len(r.items) {
		until = r.items[n+1].at
	}
	r.bounds(it, since)
	it.or = n > 0 && r.alternative(since, it.at)
	it.refused = r.refusedBefore(it, since) || r.refusedAfter(it, until)
	it.refused = it.refused || n+1 < len(r.items) && r.isTaken(it.end, until)
	it.existing = r.ofExisting(it, since)
	it.errand = it.sort == aDay && r.onErrand(it, since, until)
}

// bounds finds "llegamos" and "nos vamos" before a day, and "desde" and "hasta" right at it.
func (r *reader) bounds(it *item, since int) {
	if it.sort != aDay {
		return
	}
	for i := it.at - 1; i >= since && i >= it.at-5; i-- {
		t := r.at(i)
		if t.kind == aMark && !t.mark(':') && !t.mark('-') && !t.mark(',') {
			break
		}
		switch {
		case t.text == "out" || t.is(leaveRole) && (!t.is(arriveRole) || r.leaving(i, since)):
			it.leaves = true
			return
		case t.is(untilRole), r.says(i, "al") && i == it.at-1 && since > 0:
			it.leaves = true
			return
		case t.is(arriveRole), t.is(fromRole) && t.text != "do" && t.text != "entre":
			it.arrives = true
			return
		}
	}
	first := r.at(it.at)
	it.arrives = first.is(fromRole) && first.text != "entre" && first.text != "del"
	it.leaves = since > 0 && (first.text == "al" || first.text == "ao" || first.is(untilRole))
}

// leaving tells "nos vamos el 9" from "vamos el 9", and "salimos el 9" after an arrival from a departure from home.
func (r *reader) leaving(i, since int) bool {
	if before := r.at(i - 1); before.text == "nos" || before.text == "me" {
		return true
	}
	t := r.at(i)
	return since > 0 && t.text != "vamos" && t.text != "voy" && t.text != "iriamos" && t.text != "iria"
}

// alternative reports whether "o" stands between two items, with little else.
func (r *reader) alternative(from, to int) bool {
	if to-from > 4 {
		return false
	}
	for i := from; i <= to && i < len(r.tokens); i++ {
		if t := r.at(i); t.is(orRole) && (t.text != "o" || r.tongue != inPortuguese) {
			return true
		}
	}
	return false
}

// refusedBefore: "no puedo del 5 al 8", "no el 5", "en vez del 9"; but "no, mejor del 5" and "no tenés nada del 5?" refuse
// nothing.
func (r *reader) refusedBefore(it *item, since int) bool {
	verb := false
	for i := it.at - 1; i >= since && i >= it.at-6; i-- {
		t := r.at(i)
		switch {
		case t.is(noRole) && t.text != "ni" || t.text == "ni":
			if r.qualifies(i) {
				return false
			}
			if r.tongue == inPortuguese && t.text == "no" {
				return false
			}
			return verb || i == it.at-1 || r.at(i+1).is(theRole|ofRole|fromRole|forRole|inRole) && i >= it.at-3
		case t.is(insteadRole) && r.at(i-1).is(inRole), t.text == "instead":
			return i >= it.at-2
		case t.is(cannotRole):
			verb = true
		case t.kind == aMark:
			return false
		case t.kind == aNumber, !t.is(theRole|ofRole|fromRole|forRole|inRole|toRole|thisRole|meRole|myRole|withRole) && !r.pronoun(i):
			return false
		}
	}
	return false
}

func (r *reader) pronoun(i int) bool {
	if t := r.at(i).text; len(t) > 3 && (strings.HasSuffix(t, "ar") || strings.HasSuffix(t, "er") || strings.HasSuffix(t, "ir")) {
		return true // "no quiero reservar nada"
	}
	switch r.at(i).text {
	case "me", "nos", "te", "le", "les", "se", "lo", "la", "va", "bien", "nada", "am", "i", "we", "m", "on", "quedarnos", "quedarme", "viajar":
		return true
	}
	return false
}

// refusedAfter: "el 15 no", "del 10 al 12 no puedo", "el 2 ya no me sirve".
func (r *reader) refusedAfter(it *item, until int) bool {
	i := it.end
	for n := 0; n < 2 && (r.says(i, "ya") || r.says(i, "tampoco") || r.at(i).mark(',') && r.at(i+1).is(noRole) && r.at(i+2).is(cannotRole)); n++ {
		i++
	}
	if !r.at(i).is(noRole) || i >= until || r.at(i).text == "no" && r.tongue == inPortuguese {
		return r.says(it.end, "tampoco")
	}
	i++
	for r.pronoun(i) && r.at(i).text != "va" {
		i++
	}
	t := r.at(i)
	return t.kind != aWord || t.is(cannotRole) || t.text == "gracias" || i >= until && t.use == asDate
}

// isTaken: "vi que el 24 está ocupado, y el 26?".
func (r *reader) isTaken(i, until int) bool {
	switch r.at(i).text {
	case "esta", "estaba", "estan", "figura", "sale", "aparece", "is", "ya":
	default:
		return false
	}
	for k := i + 1; k <= i+2 && k < until; k++ {
		switch r.at(k).text {
		case "ocupado", "ocupada", "ocupados", "lleno", "llena", "completo", "tomado", "tomada", "reservado", "taken", "full", "booked", "cheio", "lotado":
			return !r.at(k + 1).mark('?')
		}
	}
	return false
}

// ofExisting: "mi reserva del 5 al 8", "reservamos del 28/12 al 2/1", "tengo reservado del 9".
func (r *reader) ofExisting(it *item, since int) bool {
	moves := r.moves()
	for i := it.at - 1; i >= since && i >= it.at-4; i-- {
		t := r.at(i)
		if reserved := r.at(i - 1).text; t.kind == aMark || moves && t.is(toRole|forRole) && reserved != "reservado" && reserved != "reservada" {
			return false // "cambiar mi reserva para el 15"
		}
		if t.is(stayRole) {
			before := r.at(i - 1)
			return before.is(myRole) || before.text == "tu" || (before.text == "la" || before.text == "una") && r.held(i-2) || r.held(i-1)
		}
		if t.text == "reserve" && r.tongue == inEnglish {
			continue
		}
		switch t.text {
		case "reservamos", "reservado", "reservada", "reserve", "señe":
			return true
		}
	}
	return false
}

// held: "tengo la", "tenemos una", "pagar la" before a reservation.
func (r *reader) held(i int) bool {
	switch r.at(i).text {
	case "tengo", "tenemos", "tenia", "pagar", "pago", "pague", "senar", "abonar", "cancelar", "anular", "cancela", "cancelame", "cambiar", "por", "hice", "hicimos", "cancelo", "modificar", "mover", "pasar", "de", "ver":
		return true
	}
	return false
}

// onErrand: "mañana te confirmo", "el lunes te transfiero".
func (r *reader) onErrand(it *item, since, until int) bool {
	for i := it.end; i < until && i <= it.end+4; i++ {
		t := r.at(i)
		if t.kind == aMark || t.is(andRole) {
			break
		}
		if t.is(errandRole) && t.text != "paso" && t.text != "call" && t.text != "mando" {
			return true
		}
	}
	for i := it.at - 1; i >= since && i >= it.at-3; i-- {
		t := r.at(i)
		if t.kind == aMark || t.is(forRole|fromRole) && i < it.at-1 {
			break
		}
		if t.is(errandRole) {
			return !r.at(it.at - 1).is(forRole)
		}
	}
	return false
}
