package understanding

import (
	"strings"
	"unicode"
)

// codeLength is that of a reservation's code, as package booking makes them: Crockford's base32, no I, L, O, U.
const codeLength = 6

// contact finds an e-mail address and a reservation's code, so that their digits count nothing.
func (r *reader) contact() {
	for i := range r.tokens {
		if r.tokens[i].mark('@') {
			r.email(i)
		}
	}
	for i := 0; i < len(r.tokens); {
		end := i + 1
		for r.tokens[i].kind != aMark && end < len(r.tokens) && !r.tokens[end].gap && r.tokens[end].kind != aMark {
			end++
		}
		if r.tokens[i].kind != aMark && r.meaning.Code == "" {
			r.code(i, end)
		}
		i = end
	}
}

func (r *reader) email(at int) {
	from, to := at, at+1
	for from > 0 && !r.tokens[from].gap {
		from--
	}
	for to < len(r.tokens) && !r.tokens[to].gap {
		to++
	}
	for to > at+1 && r.tokens[to-1].kind == aMark {
		to--
	}
	address := r.text[r.tokens[from].start:r.tokens[to-1].end]
	_, domain, _ := strings.Cut(address, "@")
	if from == at || !strings.Contains(strings.Trim(domain, "."), ".") || strings.Count(address, "@") != 1 || len(address) > 254 {
		return
	}
	r.meaning.Email = address
	r.take(from, to, asJunk)
}

// code: six letters and digits together, as "H7K2PQ" and "cab-7k3qx9"; letters or digits alone where they are called a code.
func (r *reader) code(from, end int) {
	written := r.text[r.tokens[from].start:r.tokens[end-1].end]
	if len(written) != codeLength {
		return
	}
	called := false
	for k := from - 1; k >= from-3; k-- {
		switch t := r.at(k); {
		case t.text == "codigo" || t.text == "cod" || t.text == "code" || t.is(stayRole):
			called = true
		}
	}
	code, letters, digits := make([]byte, 0, codeLength), 0, 0
	for i := range len(written) {
		c := written[i]
		switch {
		case c >= 'a' && c <= 'z':
			c -= 'a' - 'A'
			letters++
		case c >= 'A' && c <= 'Z':
			letters++
		case c >= '0' && c <= '9':
			digits++
		default:
			return
		}
		switch c {
		case 'O':
			c = '0'
		case 'I', 'L':
			c = '1'
		case 'U':
			return
		}
		code = append(code, c)
	}
	upper := written == strings.ToUpper(written)
	if end-from <= 2 && (r.known(from) || r.known(end-1)) {
		return // "15hs30", "10ENERO": a number and a word
	}
	if letters > 0 && digits > 0 || called && upper && digits+letters == codeLength && (digits > 0 || r.tokens[from].word == nil) {
		r.meaning.Code = string(code)
		r.take(from, end, asJunk)
	}
}

// known reports whether a word of a table is at i.
func (r *reader) known(i int) bool {
	t := r.at(i)
	return t.kind == aWord && t.word != nil && t.word.spelling == t.text && len(t.text) > 1
}

// names: "soy Ana Pérez", "me llamo Ana", "a nombre de Ana Pérez"; and the whole text where the name was asked.
func (r *reader) names() {
	for i := range r.tokens {
		switch {
		case (r.says(i, "soy") || r.says(i, "llamo") || r.says(i, "sou") || r.says(i, "im") || r.says(i, "chamo")) && r.tokens[i].kind == aWord:
			r.name(i+1, true)
		case r.says(i, "nombre", "de"), r.says(i, "nome", "de"), r.says(i, "name", "of"), r.says(i, "nombre", "es"), r.says(i, "name", "is"), r.says(i, "nome", "e"):
			r.name(i+2, false)
		case r.says(i, "nombre", ":"):
			r.name(i+2, false)
		}
		if r.meaning.Name != "" {
			return
		}
	}
	if r.Asked == AskedName && len(r.tokens) <= 6 && len(r.items) == 0 && r.meaning.Guests == nil {
		r.name(0, false)
	}
}

// name takes up to four words from i on, unless they are words of a table, which are rather a trade or a place: "soy de Rosario".
func (r *reader) name(i int, capital bool) {
	end := i
	for end < len(r.tokens) && end < i+5 && r.tokens[end].kind == aWord && r.tokens[end].use == unread && (end == i || r.tokens[end].clause == r.tokens[i].clause) {
		t := &r.tokens[end]
		first := []rune(r.text[t.start:t.end])[0]
		linking := t.text == "de" || t.text == "la" || t.text == "del" || t.text == "da" || t.text == "los"
		if linking && (end == i || t.text == "de" && !r.at(end+1).is(theRole) && r.at(end+1).text != "la") {
			break // "soy Carla de Rosario"
		}
		if !unicode.IsUpper(first) && (capital || t.word != nil && t.word.roles != 0) && !linking {
			break
		}
		end++
	}
	for end > i && r.tokens[end-1].is(ofRole|theRole) {
		end--
	}
	if end == i || end-i > 4 {
		return
	}
	if t := &r.tokens[i]; t.is(meRole|aloneRole|noRole|todayRole|forRole|areRole) || t.is(adultRole) || r.said(i) {
		return
	}
	r.meaning.Name = r.text[r.tokens[i].start:r.tokens[end-1].end]
}

// said reports whether the first word of what may be a name is rather an answer: "sí", "dale", "no".
func (r *reader) said(i int) bool {
	switch r.at(i).text {
	case "si", "dale", "ok", "no", "hola", "gracias", "bueno", "listo", "cuanto", "que", "quien", "para", "quiero", "como":
		return true
	}
	return false
}

// onlyName reports whether a text is the name that was asked for, and nothing else: "Norma Prado" asks for no rules.
func (r *reader) onlyName() bool {
	return r.Asked == AskedName && r.meaning.Name != "" && len(r.tokens) > 0 && len(r.meaning.Name) == r.tokens[len(r.tokens)-1].end-r.tokens[0].start
}
