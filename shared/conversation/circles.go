package conversation

import (
	"hash/fnv"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Who talks in circles is taken for a machine, and not answered for a while.
const (
	loopSilence = time.Hour
	sameWithin  = time.Hour // the same text so many times within
	sameOften   = 3
	fastWithin  = 5 * time.Minute // more than so many messages within
	fastOften   = 20
	remembered  = fastOften + 4
	// A short answer, as "sí" or "4", may be right several times in a row, and a longer one may be said again after others.
	shortAnswer, shortOften, longText = 4, 5, 12
)

// loops notes what was written and reports whether it goes in circles.
func (t *talk) loops() bool {
	if t.event.Kind == Opened {
		return false
	}
	recent := slices.DeleteFunc(slices.Clone(t.Recent), func(r Recent) bool { return t.now.Sub(r.At) > sameWithin })
	looping := false
	for _, text := range t.texts() {
		said := plain(text)
		r := Recent{At: t.now, Digest: digest(said)}
		recent = append(recent, r)
		looping = looping || repeated(recent, said)
	}
	if len(recent) > remembered {
		recent = recent[len(recent)-remembered:]
	}
	t.Recent = recent
	return looping || tooFast(recent, t.now)
}

// texts is each message of a burst; of what has no text there is one that equals no other.
func (t *talk) texts() []string {
	if t.event.Text == "" || t.event.Choice != "" {
		return make([]string, max(t.event.Burst, 1))
	}
	var texts []string
	for line := range strings.Lines(t.event.Text) {
		if line = strings.TrimSpace(line); line != "" {
			texts = append(texts, line)
		}
	}
	if t.event.Burst < 2 {
		texts = []string{t.event.Text} // one message of several lines
	}
	return texts[:min(len(texts), remembered)]
}

// repeated reports whether the last text was said too often: in a row, or a long one among the last ten.
func repeated(recent []Recent, said string) bool {
	last := recent[len(recent)-1].Digest
	if last == 0 {
		return false
	}
	often, length := sameOften, utf8.RuneCountInString(said)
	if length < shortAnswer {
		often = shortOften
	}
	row := 0
	for i := len(recent) - 1; i >= 0 && recent[i].Digest == last; i-- {
		row++
	}
	total := 0
	for _, r := range recent[max(len(recent)-10, 0):] {
		if r.Digest == last {
			total++
		}
	}
	return row >= often || length >= longText && total >= often
}

func tooFast(recent []Recent, now time.Time) bool {
	n := 0
	for _, r := range recent {
		if now.Sub(r.At) <= fastWithin {
			n++
		}
	}
	return n > fastOften
}

// digest tells texts apart; 0 is that of none.
func digest(said string) uint64 {
	if said == "" {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(said)) // it cannot fail
	return max(h.Sum64(), 1)
}

// plain is a text without what people change from one time to the next: capitals, accents, signs, blanks, letters drawn out.
func plain(text string) string {
	var b strings.Builder
	var before rune
	for _, r := range strings.ToLower(text) {
		switch r {
		case 'á', 'à', 'ã', 'â':
			r = 'a'
		case 'é', 'ê':
			r = 'e'
		case 'í':
			r = 'i'
		case 'ó', 'õ', 'ô':
			r = 'o'
		case 'ú', 'ü':
			r = 'u'
		case 'ç':
			r = 'c'
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			r = ' '
		}
		if r == before && !unicode.IsDigit(r) {
			continue
		}
		b.WriteRune(r)
		before = r
	}
	return strings.TrimSpace(b.String())
}
