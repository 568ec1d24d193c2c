package conversation

import (
	"strconv"
	"strings"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// maxPeople is more than any house sleeps: what is above is no number of guests.
const maxPeople = 99

// Stay is what is asked of a cabin: its nights, and the guests as they count there.
func (c *Cabin) Stay(a Act) booking.Stay {
	stay := a.Stay
	if c.BabiesCount {
		stay.Guests += a.Babies
	}
	return stay
}

// nights is the stay's, if both dates are known.
func (w Wanted) nights() civil.Nights { return civil.Nights{From: w.CheckIn, To: w.CheckOut} }

// whole reports whether a cabin can be asked for it.
func (w Wanted) whole() bool { return w.nights().Valid() && w.Guests > 0 }

// stay is w as an act has it.
func (w Wanted) stay() booking.Stay { return booking.Stay{Nights: w.nights(), Guests: w.Guests} }

// dated reports whether a text says something of when.
func dated(m understanding.Meaning) bool {
	return !m.CheckIn.IsZero() || !m.CheckOut.IsZero() || m.Nights > 0 || m.MoreNights != 0 || m.Ask != ""
}

// counted reports whether a text says how many come.
func counted(m understanding.Meaning) bool {
	return m.Guests != nil || m.Adults != nil || m.Children != nil || m.Babies != nil
}

// says reports whether a text says something of a stay.
func says(m understanding.Meaning) bool {
	return dated(m) || counted(m) || m.Pets != nil || m.Cabin != "" || m.Other
}

// hasStay reports whether what the text says of a stay is of one that is wanted, and not of one that exists.
func (t *talk) hasStay() bool {
	switch t.m.Intent {
	case understanding.Paid, understanding.Pay, understanding.MyReservations, understanding.Cancel, understanding.Human, understanding.Thanks:
		return false
	}
	return says(t.m)
}

// merge takes over what a text says of the stay that is wanted. What it does not say stays as it was.
func (t *talk) merge() {
	t.anew()
	if !t.month.IsZero() {
		t.Wanted.inMonth(t.month)
	}
	t.Wanted.party(t.m)
	t.Wanted.dates(t.m)
	if t.m.Other {
		t.Wanted.Cabin = t.other()
	}
	if id := t.cabinNamed(t.m.Cabin); id != 0 {
		t.Wanted.Cabin = id
	}
}

// anew begins another stay for the same guests, where the one that was wanted is booked already.
func (t *talk) anew() {
	w := t.Wanted
	if w.Held == "" {
		return
	}
	t.Step, t.Shown, t.Offered = Idle, Shown{}, nil
	t.Wanted = Wanted{Guests: w.Guests, Adults: w.Adults, Children: w.Children, Babies: w.Babies, Pets: w.Pets}
}

func (w *Wanted) party(m understanding.Meaning) {
	set := func(to *int, said *int) {
		if said != nil && *said >= 0 && *said <= maxPeople {
			*to = *said
		}
	}
	set(&w.Adults, m.Adults)
	set(&w.Children, m.Children)
	set(&w.Babies, m.Babies)
	set(&w.Pets, m.Pets)
	switch {
	case m.Guests != nil:
		set(&w.Guests, m.Guests)
	case m.Adults != nil:
		w.Guests = min(w.Adults+w.Children, maxPeople)
	}
}

func (w *Wanted) dates(m understanding.Meaning) {
	in, out, nights := m.CheckIn, m.CheckOut, min(m.Nights, booking.Horizon)
	before := w.nights()
	if !in.IsZero() {
		w.Month = civil.Date{}
	}
	switch {
	case !in.IsZero() && !out.IsZero():
		w.CheckIn, w.CheckOut, w.Nights = in, out, 0
	case !in.IsZero():
		if nights == 0 {
			nights = w.keeps(in)
		}
		w.CheckIn, w.CheckOut = in, civil.Date{}
		if nights > 0 {
			w.CheckOut, w.Nights = in.AddDays(nights), 0
		}
	case !out.IsZero():
		w.CheckOut = out
		if w.CheckIn.IsZero() && w.Nights > 0 {
			w.CheckIn, w.Nights = out.AddDays(-w.Nights), 0
		}
	case nights > 0 && !w.CheckIn.IsZero():
		w.CheckOut, w.Nights = w.CheckIn.AddDays(nights), 0
	case nights > 0:
		w.Nights = nights
	case m.MoreNights != 0 && before.Valid():
		w.CheckOut = before.From.AddDays(min(max(before.Len()+m.MoreNights, 1), booking.Horizon))
	}
	if !w.CheckIn.IsZero() && !w.CheckOut.IsZero() && !w.nights().Valid() {
		w.CheckOut = civil.Date{} // one of them was said of another stay
	}
}

// keeps is how many nights a stay has that now begins on another day: "mejor desde el 4" comes a day later and leaves as he
// would have, "mejor el 20" is as long as it was.
func (w *Wanted) keeps(in civil.Date) int {
	before := w.nights()
	if !before.Valid() {
		return w.Nights
	}
	if shift := in.Sub(before.From); shift >= -2 && shift <= 2 && in.Before(before.To) {
		return before.To.Sub(in)
	}
	return before.Len()
}

// other is the cabin that is not the one talked about, or 0 where there are several of them.
func (t *talk) other() int64 {
	now := t.Wanted.Cabin
	if now == 0 {
		now = t.Shown.Cabin
	}
	var others []int64
	for _, id := range t.Offered {
		if id != now {
			others = append(others, id)
		}
	}
	if len(others) == 0 && len(t.facts.Cabins) == 2 {
		for _, c := range t.facts.Cabins {
			if c.ID != now {
				others = append(others, c.ID)
			}
		}
	}
	if len(others) != 1 {
		return 0
	}
	return others[0]
}

// cabinNamed is the cabin that goes by a name, or by a number: of the place where it was shown, else of its own.
func (t *talk) cabinNamed(name string) int64 {
	if id, ok := strings.CutPrefix(name, named); ok {
		n, _ := strconv.ParseInt(id, 10, 64) // it is one of ours
		return n
	}
	n, err := strconv.Atoi(name)
	switch {
	case err != nil || n < 1:
		return 0
	case t.Step == AskedCabin && !strings.Contains(plain(t.event.Text), "caban") && n <= len(t.Offered):
		return t.Offered[n-1]
	case t.cabin(int64(n)) != nil:
		return int64(n)
	case n <= len(t.facts.Cabins):
		return t.facts.Cabins[n-1].ID
	}
	return 0
}

// cabin is nil for one that there is not, or no longer.
func (t *talk) cabin(id int64) *Cabin {
	for i := range t.facts.Cabins {
		if t.facts.Cabins[i].ID == id {
			return &t.facts.Cabins[i]
		}
	}
	return nil
}

// cabinName is as it is called in a sentence.
func (t *talk) cabinName(id int64) string {
	if c := t.cabin(id); c != nil && safe(c.Name, maxName) != "" {
		return safe(c.Name, maxName)
	}
	return t.w.Cabin
}

// ordinal is the place that a text names, from 1, or 0.
func ordinal(text string) int {
	for word := range strings.FieldsSeq(plain(text)) {
		switch word {
		case "1", "primera", "primero", "primer", "primeira", "primeiro", "first":
			return 1
		case "2", "segunda", "segundo", "second":
			return 2
		case "3", "tercera", "tercero", "tercer", "terceira", "terceiro", "third":
			return 3
		case "4", "cuarta", "cuarto", "quarta", "quarto", "fourth":
			return 4
		}
	}
	return 0
}

func (t *talk) capacity(id int64) int {
	if c := t.cabin(id); c != nil {
		return c.Capacity
	}
	return 0
}

// heardAs repeats what was understood of a voice note, so that nobody has to trust that it was heard well.
func (t *talk) heardAs() {
	if !t.Doing.Heard {
		return
	}
	var parts []string
	if dated(t.m) && t.Wanted.nights().Valid() {
		parts = append(parts, t.brief(t.Wanted.nights()))
	} else if dated(t.m) && !t.Wanted.CheckIn.IsZero() {
		parts = append(parts, t.date(t.Wanted.CheckIn))
	}
	if counted(t.m) || t.m.Pets != nil {
		parts = append(parts, t.party(t.Wanted))
	}
	if t.m.Cabin != "" && t.Wanted.Cabin != 0 {
		parts = append(parts, t.cabinName(t.Wanted.Cabin))
	}
	if name := personName(t.m.Name); name != "" {
		parts = append(parts, name)
	}
	what := strings.Join(parts, ", ")
	if what == "" {
		what = "«" + chat.Cut(safe(unlinked(t.event.Text), maxOwners), 80) + "»"
	}
	t.lead(fill(t.w.Heard, "what", what))
}
