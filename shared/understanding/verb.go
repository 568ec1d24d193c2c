package understanding

import "strings"

// conjugate returns the forms in which a regular verb asks or offers something: the infinitive, the gerund, the present without
// its third person, which is a noun too often ("reserva"), the future, the conditional, the subjunctive and the orders made of
// it. What is over ("reservé") is another matter, and is in the tables word by word.
func conjugate(infinitive string) []string {
	n := len(infinitive) - 2
	stem, vowel := infinitive[:n], infinitive[n]
	forms := []string{infinitive}
	for _, ending := range [...]string{"ia", "ias", "iamos", "ian", "a", "as", "an", "emos"} {
		forms = append(forms, infinitive+ending) // reservaría, reservará
	}
	open := "a" // of the subjunctive
	soft := stem
	if vowel == 'a' {
		open, soft = "e", softened(stem)
		forms = append(forms, stem+"o", stem+"as", stem+"amos", stem+"an", stem+"ando")
	} else {
		forms = append(forms, stem+"o", stem+"es", stem+string(vowel)+"mos", stem+"en", stem+"iendo", stem+"is")
	}
	return append(forms, soft+open+"s", soft+open+"mos", soft+open+"n")
}

// softened is a stem as it is written before an e: busc- is busqu-, pag- is pagu-, organiz- is organic-.
func softened(stem string) string {
	switch n := len(stem) - 1; stem[n] {
	case 'c':
		return stem[:n] + "qu"
	case 'g':
		return stem + "u"
	case 'z':
		return stem[:n] + "c"
	default:
		return stem
	}
}

// clitics are the pronouns that are written as one word with a verb, the longest first.
var clitics = [...]string{
	"noslas", "noslos", "selas", "selos", "melas", "melos", "telas", "telos", "nosla", "noslo", "sela", "selo", "mela", "melo", "tela", "telo",
	"nos", "las", "los", "les", "me", "te", "se", "la", "lo", "le",
}

// stem returns the entry that a word is made of: "reservánosla" of reservar, "perritos" of perro, "huequito" of hueco. It is
// asked for what is in no table.
func (l *lexicon) stem(text string) *word {
	if len(text) < 5 || len(text) > 20 {
		return nil
	}
	for _, pronoun := range clitics {
		if base, ok := strings.CutSuffix(text, pronoun); ok && len(base) >= 3 {
			if w := l.ordered(base); w != nil {
				return w
			}
		}
	}
	return l.little(text)
}

// ordered returns the verb of an order, or of an infinitive, without its pronouns: reserva-me, haga-nos, reserven-la, pagar-te.
func (l *lexicon) ordered(base string) *word {
	last := base[len(base)-1]
	if strings.HasSuffix(base, "mos") {
		return l.known(base)
	}
	if strings.HasSuffix(base, "mo") {
		return l.known(base + "s") // hagámonos
	}
	if last == 'r' {
		return l.known(base)
	}
	if last == 'n' {
		base = base[:len(base)-1]
		last = base[len(base)-1]
	}
	root := base[:len(base)-1]
	if len(root) < 2 {
		return nil
	}
	var endings string
	switch last {
	case 'a':
		endings = "aei" // reserva, of -ar; venda, of -er
	case 'e':
		endings = "ea"
		root = strings.TrimSuffix(root, "u")
	case 'i':
		endings = "i"
	default:
		return nil
	}
	for i := range len(endings) {
		if w := l.known(root + endings[i:i+1] + "r"); w != nil {
			return w
		}
	}
	return nil
}

// little returns what a diminutive, a superlative or a plural is made of.
func (l *lexicon) little(text string) *word {
	body, plural := strings.CutSuffix(text, "s")
	for _, ending := range [...]string{"ecit", "cit", "it", "isim"} {
		for _, gender := range [...]string{"o", "a"} {
			root, ok := strings.CutSuffix(body, ending+gender)
			if !ok || len(root) < 3 {
				continue
			}
			if hard, found := strings.CutSuffix(root, "qu"); found {
				root = hard + "c"
			}
			for _, final := range [...]string{gender, "", "e", "o", "a"} {
				if plural {
					if w := l.known(root + final + "s"); w != nil {
						return w
					}
				}
				if w := l.known(root + final); w != nil {
					return w
				}
			}
		}
	}
	if plural {
		if w := l.known(body); w != nil && len(body) > 4 {
			return w
		}
		return l.known(strings.TrimSuffix(body, "e"))
	}
	return nil
}

// known returns the entry of a keyword; nil if there is none.
func (l *lexicon) known(text string) *word {
	if w := l.words[text]; w != nil && (w.keyword || w.form) {
		return w
	}
	return nil
}
