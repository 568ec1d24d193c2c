package command

import (
	"regexp"
	"slices"
	"strings"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// leads are words that lead to a reason.
const leads set = " por porque para motivo xq x pq causa debido razon ya que es "

const (
	// maxNote is how much of why nights are closed is kept; it has to fit into the id of a button, too.
	maxNote = 100
	// maxDated is how many words dates are looked for in.
	maxDated = 24
)

// calendar reads cabin, dates and whatever else is said of nights.
func (r *reader) calendar(at int) Command {
	cmd := Command{Verb: r.said}
	var words []word
	for n, w := range r.words {
		if n != at && (n > at || !polite.has(w.text)) {
			words = append(words, w)
		}
	}
	if r.said == Agenda {
		words = r.words
	} else {
		words = r.cabin(&cmd, words)
	}
	words = words[:min(len(words), maxDated)]
	m, from, to, begun := r.when(words)
	cmd.Ask = m.Ask
	cmd.Nights = nightsOf(m.Dates)
	for _, d := range m.Readings {
		cmd.Readings = append(cmd.Readings, nightsOf(d))
	}
	if begun && (r.said == Block || r.said == Free) {
		cmd.Begun, cmd.Nights = m.CheckIn, civil.Nights{From: r.Today, To: ends(m)}
	}
	if other, ok := r.otherYear(words, m); ok {
		cmd.Ask, cmd.Readings = OtherYear, []civil.Nights{other, cmd.Nights}
	}
	switch r.said {
	case Free:
		if whole := r.dates(words); whole.Guests != nil {
			cmd.Guests = *whole.Guests
		}
	case Block:
		if m.Ask == "" || m.Ask == understanding.AmbiguousDate { // where a date is wrong it is not known where it ends
			cmd.Text = r.note(words[:from], words[to:])
		}
	case Agenda:
		if cmd.Ask == "" && cmd.Nights.From.IsZero() {
			cmd.Nights.From = r.Today
			if slices.ContainsFunc(r.words, func(w word) bool { return near(w.text, "manana") }) {
				cmd.Nights.From = r.Today.AddDays(1)
			}
		}
	}
	return cmd
}

// dates reads words as what somebody says who was asked for dates.
func (r *reader) dates(words []word) understanding.Meaning {
	text := spread.ReplaceAllString(r.written(words), "$1 al $2")
	return understanding.Read(text, understanding.Context{Today: r.Today, Holidays: r.Holidays, Asked: understanding.AskedDates})
}

// spread is "3-5/1", which is from the 3rd to the 5th of January, and no date of three numbers.
var spread = regexp.MustCompile(`\b(\d{1,2})\s*[-–]\s*(\d{1,2}/\d{1,2})\b`)

// window finds the fewest words that say when, so that what else is said is no part of it: words[from:to]. What is said after
// whole dates does not change them, unless it goes on with them: "del 3 al 5 de enero".
func (r *reader) window(words []word) (m understanding.Meaning, from, to int) {
	m, to = r.dates(words), len(words)
	if !whole(m) {
		for k := len(words) - 1; k > 0; k-- {
			if shorter := r.dates(words[:k]); whole(shorter) {
				m, to = shorter, k
				break
			}
		}
	}
	if m.CheckIn.IsZero() && m.CheckOut.IsZero() && m.Ask == "" {
		return m, 0, 0
	}
	for to > 0 && same(r.dates(words[:to-1]), m) {
		to--
	}
	for from < to && same(r.dates(words[from+1:to]), m) {
		from++
	}
	return m, from, to
}

func whole(m understanding.Meaning) bool {
	return m.Ask == "" && !m.CheckIn.IsZero() && !m.CheckOut.IsZero()
}

func same(a, b understanding.Meaning) bool { return a.Dates == b.Dates && a.Ask == b.Ask }

// nightsOf is what was said as nights: without an end it is a day.
func nightsOf(d understanding.Dates) civil.Nights {
	n := civil.Nights{From: d.CheckIn, To: d.CheckOut}
	if !n.From.IsZero() && n.To.IsZero() && d.Nights > 0 {
		n.To = n.From.AddDays(d.Nights)
	}
	return n
}

// note is why nights are closed: what is left of the text.
func (r *reader) note(before, after []word) string {
	text := func(words []word) string {
		for len(words) > 0 && (leads.has(words[0].text) || between.has(words[0].text)) {
			words = words[1:]
		}
		for len(words) > 0 && (leads.has(words[len(words)-1].text) || between.has(words[len(words)-1].text)) {
			words = words[:len(words)-1]
		}
		return r.written(words)
	}
	said := text(after)
	if said == "" {
		said = text(before)
	}
	return chat.Cut(strings.Join(strings.Fields(strings.Trim(said, " \t\n,:;.-–—()\"'")), " "), maxNote)
}

// between is what stands between the parts of a command and belongs to none.
const between set = " de del desde el la los las en a al entre y hasta esta este cabana cabanas fecha fechas dia dias noche noches favor "
