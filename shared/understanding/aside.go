package understanding

// aside reports whether a negation found at token i is in a clause about something else: "un perro que no molesta para nada".
func (r *reader) aside(i int) bool {
	for k := i; k >= i-4; k-- {
		if t := r.at(k); t.kind == aMark || t.clause != r.at(i).clause {
			return false
		} else if t.is(noRole) && t.text != "ni" && r.qualifies(k) {
			return true
		}
	}
	return false
}

// qualifies reports whether the negation at i belongs to a relative clause: "un perro que no ladra", "a dog that doesn't bark".
// "Creo que no" and "que no, gracias" are answers.
func (r *reader) qualifies(i int) bool {
	if r.ends(i + 1) {
		return false
	}
	switch that := r.at(i - 1); that.text {
	case "que", "that", "which", "who":
	default:
		return false
	}
	noun := r.at(i - 2)
	if noun.kind != aWord || noun.clause != r.at(i).clause {
		return noun.kind == aMark && noun.mark(',') && r.at(i-3).is(petRole|petsRole|personRoles)
	}
	if noun.is(petRole|petsRole|personRoles) || r.at(i-3).is(petRole|petsRole) {
		return true
	}
	for k := i - 3; k >= i-5; k-- {
		switch r.at(k).text {
		case "un", "una", "unos", "unas", "el", "la", "los", "las", "mi", "mis", "um", "uma", "o", "a", "the", "my", "nuestro", "nuestra":
			return !noun.is(noRole)
		}
	}
	return false
}

// there reads "ay" and "ai", as "hay" and "ahí" are often written: "ay wifi?", "ai te mandé el comprobante".
func (r *reader) there() {
	if r.tongue == inPortuguese {
		return
	}
	for i := range r.tokens {
		t := &r.tokens[i]
		if t.text != "ay" && t.text != "ai" || r.ends(i+1) || r.at(i-1).text == "e" {
			continue
		}
		meant := "hay"
		switch r.at(i + 1).text {
		case "te", "le", "les", "va", "lo", "mando", "mande", "esta", "transferi", "deposite":
			if t.text == "ay" {
				continue
			}
			meant = "ahi"
		case "no", "si", "perdon", "gracias", "dios", "bueno", "disculpa", "sorry", "me", "ay", "ya", "hola", "dale":
			continue
		case "que":
			if t.text == "ay" && !r.questioned(i+1) {
				continue // "ay qué lindo"
			}
		}
		if w := r.lexicon.words[meant]; w != nil {
			t.word, t.text, t.mended = w, w.spelling, true
		}
	}
}

// subject reports whether the words before a verb are an article and a thing, with which the clause begins: "la pérgola es ...".
func (r *reader) subject(verb int) bool {
	switch r.at(verb - 2).text {
	case "la", "el", "los", "las":
		return r.at(verb-1).kind == aWord && r.begins(verb-2)
	}
	return false
}

// staple reports whether what is asked for is such as a place to stay may sell: ice, drinks, bread; other shops sell other things.
func (r *reader) staple(i int) bool {
	for k := i; k < i+4 && !r.ends(k); k++ {
		switch r.at(k).text {
		case "hielo", "carbon", "lena", "agua", "bebida", "bebidas", "comida", "comidas", "pan", "cerveza", "cervezas", "vino", "vinos", "gaseosa", "gaseosas",
			"dulces", "artesanias", "carne", "carnada", "huevos", "verduras", "fruta", "miel", "repelente", "algo", "cosas", "gas", "garrafas", "mercaderia":
			return true
		}
	}
	return false
}

// asksForThing reports whether what sounds like a question for room asks for a thing in it: "hay wifi en las cabañas?".
func (r *reader) asksForThing(h hit) bool {
	if h.weight < sureWeight-2 || r.dated() || r.meaning.Guests != nil {
		return false
	}
	for _, q := range r.hits {
		if q.topic != "" && q.at == h.at+1 && q.end < h.end-1 {
			return r.at(q.end).is(inRole) || r.at(q.end).text == "la" || r.at(q.end).text == "las"
		}
	}
	return false
}
