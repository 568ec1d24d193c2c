package calendar

import (
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
)

const (
	// near and far are the days from today within which losses are weighed, each by itself: on Booking.com, where a closure of
	// more than a year looks like a stay, the loss of all that is near would else be small. Nights beyond far are not on sale.
	near, far = 180, 550
	// least is how many nights have to be lost at once to be suspicious.
	least = 3
	// long is how many nights a single stay has to have, more than a week, for its loss to be suspicious while others are still
	// listed: that one stay is cancelled happens every day, even if it was most of a small calendar.
	long = 8
	// season is how many nights no guest stays: what loses more of them at once is a closure that its host opens.
	season = 60
	// many is how many events do not lose nights at once by the ways of trade alone.
	many = 3
	// healed is which part of the nights, as one in so many, may be missing still when a loss is over. A loss of half that has
	// healed by four fifths leaves a tenth.
	healed = 10
)

// Why a feed is in quarantine. What is lost decides how long it may take to come back, and Believe asks for it, so the
// sentence is more than a text: one that is none of these is that of a text which is no calendar.
const (
	lostAll     = "The calendar lists nothing any more, although it closed nights until now."
	lostMost    = "The calendar has lost most of its nights at once."
	lostSeason  = "The calendar has lost most of its nights at once, with a closure of weeks."
	lostBlocked = "The calendar lists nothing any more, although its host had closed nights."
)

func isLoss(reason string) bool { return quarantine(reason, 1) > 0 }

// quarantine is how long one may last for a reason; 0 = time alone does not end it. Where many stays vanish, or all, it has the
// whole of the patience. A single closure of weeks that vanishes is rather one that its host has opened, and a calendar that never
// showed a stay is rather one that is open now; to hold them in vain costs more nights than anything else.
func quarantine(reason string, patience time.Duration) time.Duration {
	switch reason {
	case lostAll, lostMost:
		return patience
	case lostSeason:
		return max(patience/2, 1)
	case lostBlocked:
		return max(patience/3, 1)
	}
	return 0
}

// leave decides on the quarantine after a good fetch: since when it lasts and why, zero if there is none, and whether what is
// missing is believed at once.
//
// It begins with a loss of most of the future. It ends without more ado when the nights are back, and with belief when its time
// is up. A further loss in it, of most of what was still listed, has a time of its own.
func (s State) leave(m *matching, at Facts, frozen bool) (since time.Time, reason string, believed bool) {
	// What was missing before has been weighed before.
	fresh := m.weigh(at, func(h Held) bool { return !h.Gone }).reason()
	since, reason = s.QuarantinedAt, s.QuarantineReason
	if !isLoss(reason) { // there was none, or one for the sake of a text, and this is the first good one since
		since, reason = time.Time{}, fresh
		if fresh != "" {
			since = at.Now
		}
		return since, reason, false
	}
	lost := m.weigh(at, func(h Held) bool { return h.Since.Before(since) })
	if quarantine(lost.reason(), at.patience()) > quarantine(reason, at.patience()) {
		reason = lost.reason()
	}
	switch {
	case lost.over():
		return time.Time{}, "", false
	case fresh != "":
		return at.Now, fresh, false
	case at.Now.Sub(since) < quarantine(reason, at.patience()) || frozen:
		return since, reason, false
	}
	return time.Time{}, "", true
}

// loss is what a fetch has lost of the future.
type loss struct {
	known       stretches // nights that were held as sold, without those of opened closures
	missing     stretches // those of them that the feed lists no more, because their event vanished
	closures    stretches // those of the missing that may have been a closure
	changed     stretches // those of the known that it lists no more, because their event was moved or replaced
	events      int       // how many events were sold
	losers      int       // how many of them lost nights in either way
	silent, any bool      // nothing is listed of the future; something was held of it, tonight left aside
	sells       bool      // something is listed as sold in the future
	today       civil.Date
}

// weigh compares what is held, as far as it counts, with what is listed. Only nights of what may be sold count: what an owner
// or a platform has closed comes and goes.
func (m *matching) weigh(at Facts, counts func(Held) bool) loss {
	l := loss{today: at.Today}
	listed := l.look(m.listed)
	var known, missing, closures, changed, opened []civil.Nights
	for i, h := range m.held {
		ahead := span(h.Nights, at.Today, at.Today.AddDays(far))
		if h.Echo || !ahead.Valid() || !counts(h) {
			continue
		}
		l.any = l.any || ahead.To.After(at.Today.AddDays(1))
		if h.Kind != Reserved {
			continue
		}
		l.events++
		known = append(known, ahead)
		if m.fates[i] == same {
			continue
		}
		lost := stretches{ahead}.minus(listed.touching(ahead))
		switch explained := m.fates[i] == moved || m.replaced(h, at.Today); {
		case len(lost) == 0:
			continue
		case explained && h.isSeason(lost):
			opened = append(opened, lost...)
			continue
		case explained:
			changed = append(changed, lost...)
		case h.Sure:
			missing = append(missing, lost...)
		default:
			missing, closures = append(missing, lost...), append(closures, lost...)
		}
		l.losers++
	}
	l.missing, l.closures, l.changed = merge(missing), merge(closures), merge(changed)
	l.known = merge(known).minus(merge(opened))
	return l
}

// look returns the nights that are listed as sold.
func (l *loss) look(listed []Listed) stretches {
	var sold []civil.Nights
	l.silent = true
	for _, e := range listed {
		ahead := from(e.Nights, l.today)
		l.silent = l.silent && !ahead.Valid()
		if e.Kind == Reserved && ahead.Valid() {
			sold = append(sold, ahead)
		}
	}
	l.sells = len(sold) > 0
	return merge(sold)
}

// isSeason reports whether an event that was moved or replaced has lost so many nights that it was a closure, now opened.
func (h Held) isSeason(lost stretches) bool {
	return !h.Sure && len(lost) > 0 && lost.before(lost[len(lost)-1].To) > season
}

// reason judges a loss: "" if there is nothing suspicious about it.
//
// It counts nights and not events, for one long stay may be most of a calendar. Nights that events lose because they are moved or
// replaced are lost as well, but that is what a change looks like, and one closure of more than a year that is replaced by short
// ones is a season that is opened. Many that change to less at the same time are a feed that is wrong: one that is a day late.
func (l loss) reason() string {
	mass := l.mass(near) || l.mass(far)
	switch {
	case l.silent && l.any && l.events == 0:
		return lostBlocked
	case l.silent && l.any:
		return lostAll
	case !mass || !l.beyondTonight():
		return ""
	case l.losers == 1 && l.sells && l.closures.before(l.today.AddDays(near)) > season:
		return lostSeason
	}
	return lostMost
}

func (l loss) mass(days int) bool {
	end := l.today.AddDays(days)
	missing, changed, known := l.missing.before(end), l.changed.before(end), l.known.before(end)
	lost := missing + changed
	needed := least
	if l.losers < 2 && l.sells {
		needed = long
	}
	return lost >= needed && 2*lost >= known && (missing >= changed || l.losers >= many)
}

// beyondTonight reports whether more than tonight was lost: a platform's midnight may come before the cabin's.
func (l loss) beyondTonight() bool {
	for _, lost := range []stretches{l.missing, l.changed} {
		if len(lost) > 0 && lost[len(lost)-1].To.After(l.today.AddDays(1)) {
			return true
		}
	}
	return false
}

// over reports whether a loss has healed.
func (l loss) over() bool {
	if l.silent && l.any {
		return false
	}
	for _, days := range []int{near, far} {
		end := l.today.AddDays(days)
		if lost := l.missing.before(end) + l.changed.before(end); lost*healed > l.known.before(end) {
			return false
		}
	}
	return true
}
