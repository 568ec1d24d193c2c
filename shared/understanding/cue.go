package understanding

import (
	"slices"
	"strings"
)

// cue is a turn of phrase that tells what a text wants. Its pattern is written as words, with
//
//	a|b   either
//	@name one of a class
//	~ver  any form of a verb, as conjugate has them
//	?a    that may be left out
//	*     up to three words of any kind
//	^ $   the beginning and the end of a clause
//	<d>   a date or a length of stay, <p> a party, <c> a cabin, # any number
type cue struct {
	intent  Intent
	topic   Topic
	weight  uint8
	pattern []element
}

type element struct {
	ids      []uint16
	signs    string // of what is no word: * ^ $ d p c #
	optional bool
}

// hit is a cue found in a text.
type hit struct {
	intent  Intent
	topic   Topic
	weight  uint8
	at, end int
}

// compile makes cues of the tables, and notes with every word which cues begin with it.
func (l *lexicon) compile() {
	classes := make(map[string][]uint16, len(classTable))
	for _, c := range classTable {
		classes["@"+c.name] = l.ids(strings.Fields(c.words))
	}
	for _, row := range roleTable {
		if row.role == petRole || row.role == petsRole {
			classes["@pet"] = append(classes["@pet"], l.ids(strings.Fields(row.words))...)
		}
	}
	l.cues, l.starts = make([]cue, 0, 2048), make([][]uint16, 0, 4096)
	l.openers = classes["@opener"]
	for _, row := range cueTable {
		l.cuesOf(row.patterns, cue{intent: row.intent, weight: row.weight}, classes)
	}
	for _, row := range firmTable {
		l.cuesOf(row.patterns, cue{intent: Services, topic: row.topic, weight: row.weight}, classes)
	}
	for _, row := range topicTable {
		l.cuesOf(row.nouns, cue{intent: Services, topic: row.topic, weight: nounWeight}, classes)
		l.cuesOf(row.questions, cue{intent: Services, topic: row.topic, weight: questionWeight}, classes)
		l.cuesOf(row.surely, cue{intent: Services, topic: row.topic, weight: sureWeight}, classes)
	}
}

func (l *lexicon) ids(words []string) []uint16 {
	ids := make([]uint16, 0, len(words))
	for _, text := range words {
		ids = l.idsOf(ids, text)
	}
	return ids
}

// idsOf appends the id of a word, or those of the forms of "~verb".
func (l *lexicon) idsOf(ids []uint16, text string) []uint16 {
	if verb, ok := strings.CutPrefix(text, "~"); ok {
		for _, form := range conjugate(verb)[1:] {
			w := l.word(form)
			w.form = true
			ids = append(ids, w.id)
		}
		text = verb
	}
	w := l.word(text)
	w.keyword = true
	return append(ids, w.id)
}

func (l *lexicon) cuesOf(patterns string, c cue, classes map[string][]uint16) {
	for text := range strings.SplitSeq(patterns, ";") {
		c.pattern = make([]element, 0, 4)
		for part := range strings.FieldsSeq(text) {
			c.pattern = append(c.pattern, l.element(part, classes))
		}
		if len(c.pattern) == 0 {
			continue
		}
		n := uint16(len(l.cues))
		l.cues = append(l.cues, c)
		l.enter(c.pattern, n)
	}
}

// enter notes with which words a cue may begin.
func (l *lexicon) enter(pattern []element, cue uint16) {
	for _, e := range pattern {
		switch {
		case e.signs == "^":
			continue
		case e.signs != "":
			l.signed = append(l.signed, cue)
		}
		for _, id := range e.ids {
			l.begin(id, cue)
		}
		if !e.optional {
			return
		}
	}
}

// begin notes that a cue begins with a word.
func (l *lexicon) begin(id, cue uint16) {
	if missing := int(id) + 1 - len(l.starts); missing > 0 {
		l.starts = append(l.starts, make([][]uint16, missing)...)
	}
	l.starts[id] = append(l.starts[id], cue)
}

func (l *lexicon) element(part string, classes map[string][]uint16) element {
	var e element
	if n := strings.Count(part, "|"); n > 0 {
		e.ids = make([]uint16, 0, n+1)
	}
	if part[0] == '?' {
		e.optional = true
		part = part[1:]
	}
	for word := range strings.SplitSeq(part, "|") {
		switch word {
		case "*", "^", "$", "#":
			e.signs += word
		case "<d>", "<p>", "<c>":
			e.signs += word[1:2]
		default:
			if ids, ok := classes[word]; ok {
				e.ids = append(e.ids, ids...)
			} else {
				e.ids = l.idsOf(e.ids, word)
			}
		}
	}
	return e
}

// mostHits is how many cues are listened to.
const mostHits = 256

// listen finds the cues.
func (r *reader) listen() {
	r.hits = make([]hit, 0, 16)
	for i := range r.tokens {
		if len(r.hits) >= mostHits {
			return
		}
		t := &r.tokens[i]
		if t.use == asJunk && t.kind == aWord {
			continue
		}
		if t.use >= asDate && r.at(i-1).use != t.use {
			r.try(r.lexicon.signed, i)
		}
		if t.word != nil && int(t.word.id) < len(r.lexicon.starts) {
			r.try(r.lexicon.starts[t.word.id], i)
		}
	}
}

func (r *reader) try(cues []uint16, i int) {
	for _, n := range cues {
		c := &r.lexicon.cues[n]
		if c.topic != "" && r.tokens[i].use == asCabin {
			continue // "la Cabaña del Lago" asks for no lake
		}
		if end, ok := r.match(c.pattern, i, i); ok && (c.intent != Unknown || !r.tokens[i].mended) {
			r.hits = append(r.hits, hit{intent: c.intent, topic: c.topic, weight: c.weight, at: i, end: end})
		}
	}
}

// match follows a pattern from token i on; first is where it began.
func (r *reader) match(pattern []element, i, first int) (end int, ok bool) {
	for n, e := range pattern {
		if e.signs == "*" {
			for skip := range 4 {
				if end, ok := r.match(pattern[n+1:], i+skip, first); ok {
					return end, true
				}
				if !r.inside(i+skip, first) {
					break
				}
			}
			return 0, false
		}
		if after, ok := r.step(e, i, first); ok {
			i = after
		} else if !e.optional {
			return 0, false
		}
	}
	return i, true
}

// step reads one element at token i.
func (r *reader) step(e element, i, first int) (after int, ok bool) {
	if i > first && r.at(i).mark(',') && e.signs != "$" && (r.at(i-1).is(noRole) || r.one(r.lexicon.openers, i-1)) {
		i++
	}
	if i > first && r.tongue == inEnglish && r.says(i, "to") && !r.one(e.ids, i) {
		i++ // "want to pay"
	}
	if i > first && r.at(i).mark('-') && !r.at(i).gap && !r.at(i+1).gap && r.at(i+1).kind == aWord {
		i++ // "check-out"
	}
	for k := range len(e.signs) {
		if after, ok := r.stands(e.signs[k], i); ok {
			return after, true
		}
	}
	if len(e.ids) > 0 && r.inside(i, first) && r.one(e.ids, i) {
		return i + 1, true
	}
	return i, false
}

func (r *reader) inside(i, first int) bool {
	return i < len(r.tokens) && r.tokens[i].clause == r.tokens[first].clause
}

func (r *reader) one(ids []uint16, i int) bool {
	w := r.at(i).word
	if w == nil {
		return false
	}
	return slices.Contains(ids, w.id)
}

// stands reports whether what a sign stands for is at i, and returns the token after it.
func (r *reader) stands(sign byte, i int) (end int, ok bool) {
	var wanted use
	switch sign {
	case '^':
		return i, r.begins(i)
	case '$':
		return i, r.ends(i)
	case 'd':
		wanted = asDate
	case 'p':
		wanted = asParty
	case 'c':
		wanted = asCabin
	default:
		return i + 1, r.at(i).number > 0
	}
	for r.at(i).use == wanted && i < len(r.tokens) {
		i, ok = i+1, true
	}
	return i, ok
}

// begins reports whether a clause begins at i: after a mark, or after a greeting.
func (r *reader) begins(i int) bool {
	before := r.at(i - 1)
	return i == 0 || before.kind == aMark || before.clause != r.at(i).clause || r.one(r.lexicon.openers, i-1)
}

func (r *reader) ends(i int) bool {
	return i >= len(r.tokens) || r.at(i).kind == aMark || r.at(i).clause != r.at(i-1).clause
}
