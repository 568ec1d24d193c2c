package calendar

import (
	"cmp"
	"slices"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// verdict is what is to be done after a good fetch, event by event.
type verdict struct {
	*matching
	facts    Facts
	since    time.Time // since when the feed is in quarantine; zero = it is not
	believed bool      // the quarantine has just ended because its time was up: what is missing is gone
	frozen   bool      // nothing is freed: an event that could not be read may be any
	nights   stretches // that are listed
}

// held is what is held from now on.
func (v *verdict) held() []Held {
	all := make([]civil.Nights, 0, len(v.listed))
	for _, l := range v.listed {
		all = append(all, l.Nights)
	}
	v.nights = merge(all)
	next := make([]Held, 0, len(v.matching.held)+8)
	for i, h := range v.matching.held {
		switch v.fates[i] {
		case vanished:
			if h, still := v.absent(h); still {
				next = append(next, h)
			}
		case same, moved:
			if left, some := v.left(h); some {
				next = append(next, left)
			}
			next = append(next, v.listedAs(h, v.listed[v.as[i]]))
		}
	}
	for j, l := range v.listed {
		if !v.used[j] {
			next = append(next, Held{Listed: l, Since: v.facts.Now})
		}
	}
	return next
}

// listedAs is what a held event is now. It is a new one as far as Since goes if it closes other nights from today on, or is
// something else: a guest's stay in place of a closure.
func (v *verdict) listedAs(h Held, l Listed) Held {
	if !sameAhead(h.Nights, l.Nights, v.facts.Today) || h.Kind != l.Kind || h.Sure != l.Sure {
		h.Since, h.Echo, h.EchoEnd = v.facts.Now, false, time.Time{}
	}
	h.Listed, h.Gone, h.Misses = l, false, 0
	return h
}

// absent is what a held event is now that the feed does not list it, if it is held any longer.
func (v *verdict) absent(h Held) (Held, bool) {
	today := v.facts.Today
	missed := h
	missed.Gone = true
	switch ended := !h.Nights.To.After(today); {
	case ended: // a platform drops what is past; that is no cancellation
		return h, !h.Gone && !longPast(h.Nights, today)
	case h.Echo: // it closes nothing
		return h, false
	case v.frozen:
		return missed, true
	case !v.since.IsZero() && !(v.replaced(h, today) && h.isSeason(v.lost(h))):
		return missed, true
	case v.believed && h.Gone, v.replaced(h, today):
		return h, false
	}
	missed.Misses++
	return missed, missed.Misses < enough
}

// left is what stays behind of a stay that is moved while its feed is in quarantine: the old nights, as an event of its own.
// The move itself may be part of what is wrong. But a closure that is opened is believed even then, see loss.reason.
func (v *verdict) left(h Held) (Held, bool) {
	if v.since.IsZero() || h.Echo {
		return h, false
	}
	if lost := v.lost(h); len(lost) == 0 || h.isSeason(lost) {
		return h, false
	}
	h.ID, h.Gone, h.Misses = 0, true, 0
	return h, true
}

// lost is what the feed no longer lists of an event's nights, as far as anybody could book them.
func (v *verdict) lost(h Held) stretches {
	ahead := span(h.Nights, v.facts.Today, v.facts.Today.AddDays(far))
	if !ahead.Valid() {
		return nil
	}
	return stretches{ahead}.minus(v.nights.touching(ahead))
}

func longPast(n civil.Nights, today civil.Date) bool { return !n.To.After(today.AddDays(-keepDays)) }

// outside reports whether nights are of no use to anybody: over for long, or after all that can be booked. Feeds list closures
// of decades, one by one.
func outside(n civil.Nights, today civil.Date) bool {
	return longPast(n, today) || n.From.After(today.AddDays(far))
}

// sameAhead reports whether two stretches are the same from a day on, or but for that night.
func sameAhead(a, b civil.Nights, today civil.Date) bool {
	if a.To != b.To || !a.To.After(today) {
		return a == b
	}
	a, b = from(a, today), from(b, today)
	return a == b || a.From == today && b.From == today.AddDays(1)
}

// thin bounds how many events are held that the feed does not list: whatever a feed makes up, a state does not grow for ever.
// What goes first closes nothing that others do not close as well, and then what ends last: nobody can book it yet.
func thin(held []Held, today civil.Date) []Held {
	gone := 0
	for _, h := range held {
		if h.Gone {
			gone++
		}
	}
	if gone <= maxGone {
		return held
	}
	slices.SortStableFunc(held, func(a, b Held) int {
		return cmp.Or(a.Nights.From.Compare(b.Nights.From), b.Nights.To.Compare(a.Nights.To), byUID(a.Listed, b.Listed))
	})
	covered := today
	room := maxGone
	return slices.DeleteFunc(held, func(h Held) bool {
		redundant := h.Gone && !h.Nights.To.After(covered)
		if !h.Echo && !redundant && h.Nights.To.After(covered) {
			covered = h.Nights.To
		}
		if h.Gone && !redundant {
			room--
		}
		return redundant || h.Gone && room < 0
	})
}
