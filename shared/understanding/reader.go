package understanding

import "github.com/eevans-d/sist-cabanas/shared/civil"

// reader is one text while it is read.
type reader struct {
	Context
	lexicon *lexicon
	text    string
	tokens  []token
	tongue  tongue
	meaning Meaning

	animals []animal
	items   []item // the dates and lengths of stay that were found, in order
	hits    []hit  // the cues that were found, in order

	month, year int // said on their own, for the days of other places: "en enero, del 3 al 8"
}

// none stands before the first token and after the last.
var none = token{}

// at returns a token, or an empty one outside of the text.
func (r *reader) at(i int) *token {
	if i < 0 || i >= len(r.tokens) {
		empty := none
		return &empty
	}
	return &r.tokens[i]
}

// Read says what a text means. It never fails: what it does not understand is Unknown. It never takes long: a text is read
// to its 4,096th byte.
func Read(text string, c Context) Meaning {
	r := reader{Context: c, lexicon: tables(), text: text, tokens: scan(text)}
	if r.Today.IsZero() {
		r.Today = civil.New(1970, 1, 1)
	}
	r.spell()
	r.hear()
	r.there()
	r.contact()
	r.mask()
	r.cabin()
	r.dates()
	r.party()
	r.answers()
	r.names()
	if !r.onlyName() {
		r.listen()
	}
	r.decide()
	return r.meaning
}

// spell looks every word up, and makes one number of "treinta y uno".
func (r *reader) spell() {
	kept := r.tokens[:0]
	for i := range r.tokens {
		t := r.tokens[i]
		if t.kind == aWord {
			t.word = r.lexicon.find(t.text)
			if t.word != nil {
				t.number = int(t.word.number)
				t.mended = t.text != t.word.spelling
				t.text = t.word.spelling
			}
		}
		if n := len(kept); t.kind == aWord && t.between(1, 9) && n >= 2 && kept[n-1].is(andRole) {
			if tens := &kept[n-2]; tens.kind == aWord && (tens.number == 20 || tens.number == 30) {
				tens.number += t.number
				tens.end = t.end
				kept = kept[:n-1]
				continue
			}
		}
		kept = append(kept, t)
	}
	r.tokens = kept
}

// take marks the tokens of a stretch as read.
func (r *reader) take(from, to int, as use) {
	for i := max(from, 0); i < to && i < len(r.tokens); i++ {
		r.tokens[i].use = as
	}
}

// is reports what at(i).is would, for a token that has not been read as something else.
func (r *reader) is(i int, role role) bool {
	t := r.at(i)
	return t.is(role) && t.use == unread
}

// says reports whether the tokens from i on are these words.
func (r *reader) says(i int, words ...string) bool {
	for k, w := range words {
		if r.at(i+k).text != w {
			return false
		}
	}
	return true
}

// vague reports whether a number is an article as well: "una cabaña", "a dog".
func vague(t *token) bool {
	return t.kind == aWord && t.number == 1 && t.text != "one" && t.text != "uno"
}

// number returns the number at i, if it is one that may count something. An English article counts in English only: "a" and
// "an" are other words in Spanish, as is "once" in English.
func (r *reader) number(i int) (int, bool) {
	t := r.at(i)
	if !t.counts() || t.digits > 4 {
		return 0, false
	}
	english := r.tongue == inEnglish
	if (t.text == "a" || t.text == "an") && !english || t.text == "once" && english {
		return 0, false
	}
	return t.number, true
}
