package understanding

import "strings"

// cabin finds which one is talked about: by a name that its owner gave it, or by its number. "Cabaña 4 personas" has none, and
// "2 cabañas" is how many.
func (r *reader) cabin() {
	for i := range r.tokens {
		if r.namedCabin(i) {
			return
		}
	}
	for i := range r.tokens {
		if end, name := r.numbered(i); name != "" {
			r.meaning.Cabin = name
			r.take(i, end, asCabin)
			return
		}
	}
	for i := range r.tokens {
		if t := &r.tokens[i]; t.is(otherRole) && (r.at(i+1).is(cabinRole) || r.says(i+1, "opcion") || r.says(i-1, "la") && (r.at(i+1).kind != aWord || r.Asked == AskedCabin)) {
			r.meaning.Other = true
		}
	}
}

// namedCabin compares names word by word, with their typos mended: all of a name as it is written, or those of its words that
// tell it apart, whatever articles are between them and in whichever language: "cabana do lago", "the lake one".
func (r *reader) namedCabin(i int) bool {
	for _, c := range r.Cabins {
		for _, name := range c.Names {
			words := scan(name)
			end, ok := r.sameWords(i, words, false)
			if !ok {
				if own := telling(words); len(own) > 0 {
					end, ok = r.sameWords(i, own, true)
					ok = ok && (len(own) > 1 || r.singled(i, end))
				}
			}
			if ok {
				r.take(i, end, asCabin)
				if r.unwanted(i, end) {
					return false
				}
				r.meaning.Cabin = c.ID
				return true
			}
		}
	}
	return false
}

// unwanted reports whether a cabin is named as the one that is not meant: "la grande no, la otra", "no quiero la grande".
func (r *reader) unwanted(from, to int) bool {
	if r.at(to).is(noRole) && r.ends(to+1) {
		return true
	}
	k := from - 1
	for linking(r.at(k).text) || r.at(k).is(cabinRole) {
		k--
	}
	if t := r.at(k).text; wishing(t) || t == "era" || t == "es" {
		k--
	}
	t := r.at(k)
	return t.is(noRole) && (t.text != "no" || r.tongue != inPortuguese) && !r.questioned(from)
}

// sameWords reports whether the words of a name are at i, perhaps with articles between them, and returns the token after them.
func (r *reader) sameWords(i int, words []token, loose bool) (end int, ok bool) {
	if len(words) == 0 || len(words) == 1 && (words[0].kind != aWord || len(words[0].text) < 3) {
		return 0, false
	}
	for n, w := range words {
		for n > 0 && loose && linking(r.at(i).text) {
			i++
		}
		t := r.at(i)
		a, b := t.text, w.text
		if loose {
			a, b = gloss(a), gloss(b)
		}
		if t.kind != w.kind || a != b && (len(b) < 5 || t.word != nil && t.word.spelling == a || !oneSlip(a, b)) {
			return 0, false
		}
		i++
	}
	return i, true
}

// telling returns the words of a name that tell it from others: "lago" of "Cabaña del Lago". A name of such words only, as
// "Cabaña 2" or "La Casita", has none.
func telling(words []token) []token {
	var own []token
	for _, w := range words {
		if w.kind == aWord && len(w.text) >= 3 && !linking(w.text) && !generic(w.text) {
			own = append(own, w)
		} else if w.kind == aNumber {
			return nil
		}
	}
	if len(own) == len(words) && len(own) > 1 {
		return nil // compared already
	}
	return own
}

// singled reports whether a single word is said of a cabin, if it is one that says other things as well: "la del lago", "cabana
// do lago", "the lake one", but not "a cuánto está del lago".
func (r *reader) singled(from, to int) bool {
	if t := r.at(from); t.word == nil || t.mended {
		return true // a word of the name alone: "el nogal"
	}
	if r.says(to, "one") || r.at(to).is(cabinRole) {
		return true
	}
	k := from - 1
	if r.says(k, "la") && (wishing(r.at(k-1).text) || describing(r.at(from).text) && (r.ends(to) || said(r.at(to).text))) {
		return true // "quiero la montaña", "la grande", "la grande está libre?"
	}
	if r.says(k-1, "de", "la") {
		k -= 2 // "la de la montaña"
		return r.at(k).is(cabinRole) || r.says(k, "la")
	}
	for linking(r.at(k).text) && r.at(k).text != "la" && r.at(k).text != "a" {
		k--
	}
	return r.at(k).is(cabinRole) || r.says(k, "la") && k < from-1
}

// describing reports whether a word is an adjective that a cabin is called by, so that "la" before it stands for one.
func describing(text string) bool {
	switch text {
	case "grande", "chica", "azul", "roja", "verde", "blanca", "amarilla", "negra", "nueva", "vieja":
		return true
	}
	return false
}

// wishing reports whether a verb says which cabin is wanted.
func wishing(text string) bool {
	switch text {
	case "quiero", "queremos", "quisiera", "quisieramos", "prefiero", "preferimos", "want", "quero", "queria", "reservar", "reservo", "elijo":
		return true
	}
	return false
}

// said reports whether a word goes on from what a sentence is about: "la grande está libre?".
func said(text string) bool {
	switch text {
	case "esta", "tiene", "es", "sale", "cuesta", "queda", "para", "por", "del", "con", "tendra", "no":
		return true
	}
	return false
}

func linking(text string) bool {
	switch text {
	case "el", "la", "los", "las", "de", "del", "do", "da", "dos", "das", "o", "a", "the", "of", "y", "e", "al", "en", "d":
		return true
	}
	return false
}

func generic(text string) bool {
	w := tables().words[text]
	return w != nil && w.roles&(cabinRole|stayRole) != 0 || text == "casa" || text == "cabanas" || text == "complejo" || text == "house"
}

// gloss is the Spanish of what cabins are called after.
func gloss(text string) string {
	switch text {
	case "lake":
		return "lago"
	case "river":
		return "rio"
	case "forest", "woods", "floresta":
		return "bosque"
	case "mountain", "montanha":
		return "montana"
	case "sun":
		return "sol"
	case "moon", "lua":
		return "luna"
	case "sea":
		return "mar"
	case "stone", "pedra":
		return "piedra"
	case "star", "estrela":
		return "estrella"
	case "big", "large":
		return "grande"
	case "small", "little", "pequena":
		return "chica"
	case "blue":
		return "azul"
	case "red", "vermelha":
		return "roja"
	case "green":
		return "verde"
	case "white", "branca":
		return "blanca"
	case "pine", "pinheiro":
		return "pino"
	case "stream", "creek", "riacho":
		return "arroyo"
	case "valley", "vale":
		return "valle"
	}
	return text
}

// numbered: "cabaña 2", "cab. nro 3", "la dos", "la segunda cabaña", "la cabaña n° 1".
func (r *reader) numbered(i int) (end int, name string) {
	t := r.at(i)
	k := i + 1
	switch {
	case t.is(cabinRole):
		for r.at(k).is(numberRole) || r.at(k).mark('.') || r.at(k).mark('#') || r.at(k).mark(':') || r.at(k).text == "la" {
			k++
		}
	case t.word != nil && t.word.ordinal > 0 && r.at(k).is(cabinRole):
		return k + 1, digit(int(t.word.ordinal))
	case r.articleOfCabin(i):
		if r.at(k).is(numberRole) {
			k++
		}
	case r.Asked == AskedCabin && t.word != nil && t.word.ordinal > 0 && t.number == 0:
		return k, digit(int(t.word.ordinal))
	case r.Asked == AskedCabin && t.number > 0 && len(r.tokens) <= 3:
		k = i
	default:
		return 0, ""
	}
	n, ok := r.number(k)
	if !ok || n > 20 || vague(r.at(k)) && r.at(k).kind == aWord || r.counted(k+1) {
		return 0, ""
	}
	return k + 1, digit(n)
}

// articleOfCabin: "la 2", but not "a la 1", which is an hour.
func (r *reader) articleOfCabin(i int) bool {
	t, before := r.at(i), r.at(i-1)
	return (t.text == "la" || t.text == "a" && r.tongue == inPortuguese && r.at(i+1).kind == aWord) && before.text != "a" && before.text != "de" && !before.is(inRole&^forRole) || t.text == "la" && before.text == "en"
}

// counted reports whether what follows a number makes it something else than a cabin's.
func (r *reader) counted(i int) bool {
	t := r.at(i)
	joined := !t.gap && (t.mark('/') || t.mark('-') || t.mark('.') && r.at(i+1).kind == aNumber && !r.at(i+1).gap || t.mark(':'))
	return joined || t.is(countedRole|dayRole|fortnightRole) || r.monthAt(i) != 0 || r.ordinalEnding(i) || t.is(orRole|toRole) && t.text != "del" && r.at(i+1).number > 0 && r.at(i+2).is(countedRole)
}

func digit(n int) string {
	const digits = "0123456789"
	if n < 10 {
		return digits[n : n+1]
	}
	return strings.Join([]string{digits[n/10 : n/10+1], digits[n%10 : n%10+1]}, "")
}
