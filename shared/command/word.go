package command

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxWords is how many words of a text are looked at, and longest how many bytes of it: commands are short.
	maxWords = 60
	longest  = 1200
)

// word is one of a text: as it is compared, in lower case, without accents and what stands around it, and where it was.
type word struct {
	text    string
	raw     string // with capitals and accents, without what stands around it
	at, end int    // in the text
	gap     int    // where in the text the word before it ended
}

// scan cuts the beginning of a text into words.
func scan(text string) []word {
	s := scanner{text: text, start: -1}
	for i, r := range text {
		switch {
		case i >= longest:
			s.end(i)
			return s.words
		case unicode.IsSpace(r):
			s.end(i)
		case s.start < 0:
			s.start = i
		case strings.ContainsRune(":;,", r) && startsWord(text[i+1:]):
			s.end(i + 1) // "K7M2QX:hola"
		}
	}
	s.end(len(text))
	return s.words
}

type scanner struct {
	text  string
	words []word
	start int // of the word that is being read; -1 = of none
	last  int // where the last one ended
}

func (s *scanner) end(at int) {
	if s.start < 0 || len(s.words) == maxWords {
		return
	}
	w := word{at: s.start, end: at, gap: s.last}
	s.start = -1
	w.raw = strings.TrimFunc(s.text[w.at:at], func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) && !strings.ContainsRune("+#$", r)
	})
	if w.text = fold(w.raw); w.text != "" {
		s.words, s.last = append(s.words, w), at
	}
}

func startsWord(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return unicode.IsLetter(r)
}

// fold is a text in lower case and without accents.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		r = unicode.ToLower(r)
		switch r {
		case 'á', 'à', 'ä', 'â', 'ã':
			return 'a'
		case 'é', 'è', 'ë', 'ê':
			return 'e'
		case 'í', 'ì', 'ï', 'î':
			return 'i'
		case 'ó', 'ò', 'ö', 'ô', 'õ':
			return 'o'
		case 'ú', 'ù', 'ü', 'û':
			return 'u'
		case 'ñ':
			return 'n'
		case 'ç':
			return 'c'
		}
		if unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError {
			return -1 // an accent on its own, a joiner, the colour of a thumb
		}
		return r
	}, text)
}

// digits reports whether there is one in it, which no word of prose has.
func (w word) digits() bool { return strings.ContainsFunc(w.text, unicode.IsDigit) }

// shouted reports whether it is all in capitals.
func (w word) shouted() bool {
	return w.raw == strings.ToUpper(w.raw) && w.raw != strings.ToLower(w.raw)
}

// at is a word, or an empty one outside of the text.
func (r *reader) at(i int) word {
	if i < 0 || i >= len(r.words) {
		return word{}
	}
	return r.words[i]
}

// skip returns the first place from i on that has none of these words.
func (r *reader) skip(i int, these set) int {
	for these.has(r.at(i).text) {
		i++
	}
	return i
}

// rest is the text from word i on, as it was written.
func (r *reader) rest(i int) string {
	if i == 0 {
		return strings.TrimSpace(r.text)
	}
	end := r.at(i - 1).end
	if i > len(r.words) || end == 0 {
		return ""
	}
	return strings.TrimSpace(strings.TrimLeft(r.text[end:], " \t,:;.-–—"))
}

// written is words as they were written, with what stood between them.
func (r *reader) written(words []word) string {
	var b strings.Builder
	for n, w := range words {
		if n > 0 {
			b.WriteString(r.text[w.gap:w.at])
		}
		b.WriteString(r.text[w.at:w.end])
	}
	return b.String()
}

// set is some words, with a blank before and after each.
type set string

func (s set) has(text string) bool { return text != "" && strings.Contains(string(s), " "+text+" ") }

// near reports whether text is meant to be a word: one letter changed, left out, added, or two that change places. Of a short word
// that would be another word.
func near(text, meant string) bool {
	if len(text) < 5 || len(meant) < 5 || text[0] != meant[0] && text[1:] != meant[1:] {
		return false
	}
	for text != "" && meant != "" && text[0] == meant[0] {
		text, meant = text[1:], meant[1:]
	}
	for text != "" && meant != "" && text[len(text)-1] == meant[len(meant)-1] {
		text, meant = text[:len(text)-1], meant[:len(meant)-1]
	}
	return len(text)+len(meant) <= 1 || len(text) == 1 && len(meant) == 1 ||
		len(text) == 2 && len(meant) == 2 && text[0] == meant[1] && text[1] == meant[0]
}
