package understanding

import (
	"unicode"
	"unicode/utf8"
)

// longest is how much of a text is read, in bytes: WhatsApp's own limit is 4,096 characters, and nobody says when he comes
// after the first thousand.
const longest = 4096

// mostTokens is how many of its words are read; a voice note of two minutes has half as many.
const mostTokens = 800

// kind is what a token is made of.
type kind uint8

const (
	aWord kind = iota + 1
	aNumber
	aMark // one character that is neither
)

// use is what a token was read as; one is read once.
type use uint8

const (
	unread  use = iota
	asJunk      // a number that counts nothing of ours: a price, a telephone, an hour, an age
	asDate      // or a length of stay
	asParty     // or pets
	asCabin
)

// token is a word, a number or a mark of a text, as it is compared: in lower case, without accents.
type token struct {
	text   string
	word   *word // nil: it is in no table
	number int   // its value; 0 for what is none
	kind   kind
	digits uint8 // 0 for a number in words
	use    use
	gap    bool // white space comes before it
	mended bool // it was written otherwise
	clause uint16
	start  int // in the text as it was written
	end    int
}

func (t *token) is(r role) bool         { return t.word != nil && t.word.roles&r != 0 }
func (t *token) mark(b byte) bool       { return t.kind == aMark && len(t.text) == 1 && t.text[0] == b }
func (t *token) counts() bool           { return t.number > 0 && t.use == unread }
func (t *token) between(a, b int) bool  { return t.number >= a && t.number <= b }
func (t *token) says(words string) bool { return t.text == words }

// scanner cuts a text into tokens in one pass; folded is what it has written so far.
type scanner struct {
	text   string
	folded []byte
	tokens []token
	begins []int32 // of each token in folded
	gap    bool
	run    int // how many times the last letter was repeated
	clause uint16
}

// scan cuts text into tokens. All their texts are parts of one string.
func scan(text string) []token {
	if len(text) > longest {
		text = text[:longest]
	}
	s := scanner{text: text, folded: make([]byte, 0, len(text)+8), tokens: make([]token, 0, len(text)/4+4), begins: make([]int32, 0, len(text)/4+4), gap: true}
	for i, r := range text {
		if len(s.tokens) >= mostTokens {
			break
		}
		s.rune(i, r)
	}
	whole := string(s.folded)
	for i := range s.tokens {
		end := len(whole)
		if i+1 < len(s.tokens) {
			end = int(s.begins[i+1])
		}
		s.tokens[i].text = whole[s.begins[i]:end]
	}
	return s.tokens
}

func (s *scanner) rune(at int, r rune) {
	switch {
	case r >= 'a' && r <= 'z':
		s.letters(at, 1, byte(r))
	case r >= 'A' && r <= 'Z':
		s.letters(at, 1, byte(r)+'a'-'A')
	case r >= '0' && r <= '9':
		s.digit(at, byte(r))
	case r == ' ' || r == '\t' || r == '\r':
		s.gap = true
	case r == '\n':
		s.gap = true
		s.clause++
	case r < utf8.RuneSelf:
		s.ascii(at, byte(r))
	default:
		s.foreign(at, r)
	}
}

func (s *scanner) ascii(at int, b byte) {
	switch b {
	case '\'', '`':
		// "we're", "d'água": one word
	case '*', '_', '~', '"':
		s.gap = true // how WhatsApp makes letters bold
	default:
		s.add(at, 1, aMark)
		s.folded = append(s.folded, b)
		if b == '.' || b == '?' || b == '!' || b == ';' {
			s.clause++
		}
	}
}

// foreign reads what is beyond ASCII: letters with their accents taken off, digits of any width, and signs.
func (s *scanner) foreign(at int, r rune) {
	size := utf8.RuneLen(r)
	if base, ok := unaccented(r); ok {
		for i := range len(base) {
			s.letters(at, size, base[i])
		}
		return
	}
	switch {
	case r == 'º' || r == 'ª' || r == '°':
		s.letters(at, size, 'r')
		s.letters(at, size, 'o')
	case r >= '０' && r <= '９':
		s.digit(at, byte(r-'０'+'0'))
	case r == '–' || r == '—' || r == '‑':
		s.add(at, 1, aMark)
		s.folded = append(s.folded, '-')
	case r == '¿' || r == '¡':
		s.gap = true
		s.clause++
	case unicode.IsSpace(r) || r == '“' || r == '”' || r == '«' || r == '»' || r == '\u200b':
		s.gap = true
	case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r) || r == '’' || r == '´' || r == '‘' || unicode.Is(unicode.Sk, r):
		// an accent on its own, a joiner, the colour of a thumb
	case unicode.IsLetter(r):
		s.add(at, 1, aMark)
		s.folded = utf8.AppendRune(s.folded, unicode.ToLower(r))
	default:
		s.add(at, size, aMark)
		s.folded = utf8.AppendRune(s.folded, r)
	}
}

// letters adds a letter to the word that is being read. Of a letter written three times or more one is left: "holaaaa".
func (s *scanner) letters(at, size int, b byte) {
	n := len(s.folded)
	if !s.continues(aWord) {
		s.add(at, size, aWord)
		s.run = 0
	} else if n > 0 && s.folded[n-1] == b {
		s.run++
		if s.run >= 2 {
			if s.run == 2 {
				s.folded = s.folded[:n-1]
			}
			s.tokens[len(s.tokens)-1].end = at + size
			return
		}
	} else {
		s.run = 0
	}
	s.folded = append(s.folded, b)
	s.tokens[len(s.tokens)-1].end = at + size
}

func (s *scanner) digit(at int, b byte) {
	if !s.continues(aNumber) {
		s.add(at, 1, aNumber)
	}
	t := &s.tokens[len(s.tokens)-1]
	t.number = min(t.number*10+int(b-'0'), 1_000_000_000)
	t.digits = min(t.digits+1, 200)
	t.end = at + 1
	s.folded = append(s.folded, b)
}

func (s *scanner) continues(k kind) bool {
	return !s.gap && len(s.tokens) > 0 && s.tokens[len(s.tokens)-1].kind == k
}

func (s *scanner) add(at, size int, k kind) {
	s.begins = append(s.begins, int32(len(s.folded)))
	s.tokens = append(s.tokens, token{kind: k, gap: s.gap, clause: s.clause, start: at, end: at + size})
	s.gap = false
}

// unaccented is the ASCII letters that a letter of the three languages, or of a guest's name, is compared as.
func unaccented(r rune) (string, bool) {
	switch r {
	case 'á', 'à', 'ä', 'â', 'ã', 'å', 'Á', 'À', 'Ä', 'Â', 'Ã', 'Å':
		return "a", true
	case 'é', 'è', 'ë', 'ê', 'É', 'È', 'Ë', 'Ê':
		return "e", true
	case 'í', 'ì', 'ï', 'î', 'Í', 'Ì', 'Ï', 'Î':
		return "i", true
	case 'ó', 'ò', 'ö', 'ô', 'õ', 'ø', 'Ó', 'Ò', 'Ö', 'Ô', 'Õ', 'Ø':
		return "o", true
	case 'ú', 'ù', 'ü', 'û', 'Ú', 'Ù', 'Ü', 'Û':
		return "u", true
	case 'ñ', 'Ñ':
		return "n", true
	case 'ç', 'Ç':
		return "c", true
	case 'ý', 'ÿ', 'Ý':
		return "y", true
	case 'ß':
		return "ss", true
	default:
		return "", false
	}
}
