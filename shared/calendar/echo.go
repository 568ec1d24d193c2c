package calendar

import (
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// echoLasts is how long an echo may outlive what it is the echo of. Channels read us every 30 minutes to 4 hours; one that shows
// the nights for longer means them.
const echoLasts = 6 * time.Hour

// recognise marks which of the held events are our own nights coming back: the channel has read them in our feed, closed them in
// its own calendar, and lists them to us. As blocks they would live for ever, since each side closes them for the other's sake.
//
// An event is an echo if it has exactly the nights of a stretch of ours, or of several that touch, each of which the channel had
// read before the event appeared. What was there before ours is a stay that ours collides with, and so is what shares only
// some nights with ours: both are conflicts for people. What is surely a guest's stay is never an echo. Booking.com does not
// tell stays from closures, so what it lists can be one.
//
// When what it repeats ends, an echo goes on as one until the channel has had time to read us again. If it is still listed
// then, it closes its nights like any other; if it vanishes before, it just goes.
func recognise(held []Held, at Facts) {
	ours := make(map[civil.Date][]Ours, len(at.Ours))
	for _, o := range at.Ours {
		o.Nights = from(o.Nights, at.Today)
		if o.Nights.Valid() {
			ours[o.Nights.From] = append(ours[o.Nights.From], o)
		}
	}
	for i := range held {
		h := &held[i]
		switch ahead := from(h.Nights, at.Today); {
		case h.Sure || !ahead.Valid():
			h.Echo, h.EchoEnd = false, time.Time{}
		case !h.Echo:
			h.Echo = !at.LastRead.After(h.Since) && repeats(ahead, ours, at, func(o Ours) bool { return o.Since.Before(at.LastRead) })
		case repeats(ahead, ours, at, func(Ours) bool { return true }):
			h.EchoEnd = time.Time{}
		case h.EchoEnd.IsZero():
			h.EchoEnd = at.Now.Add(echoLasts)
		case !at.Now.Before(h.EchoEnd):
			h.Echo, h.EchoEnd = false, time.Time{}
		}
	}
}

// repeats reports whether nights are exactly those of one of ours, or of several that touch, of those that count.
func repeats(n civil.Nights, ours map[civil.Date][]Ours, at Facts, counts func(Ours) bool) bool {
	reached := map[civil.Date]bool{}
	next := []civil.Date{n.From}
	if n.From == at.Today.AddDays(1) {
		next = append(next, at.Today) // the channel's midnight came before ours, and has taken tonight away
	}
	for len(next) > 0 {
		d := next[len(next)-1]
		next = next[:len(next)-1]
		for _, o := range ours[d] {
			if to := o.Nights.To; counts(o) && !to.After(n.To) && !reached[to] {
				reached[to] = true
				next = append(next, to)
			}
		}
	}
	return reached[n.To]
}
