package calendar

import (
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// Facts is what a step of the mirror has to know besides what the feed said.
type Facts struct {
	Now      time.Time
	Today    civil.Date    // where the cabin is
	Ours     []Ours        // what the channel can read of us
	LastRead time.Time     // when it last did; zero = never
	Patience time.Duration // of a quarantine; 0 = DefaultPatience
}

const (
	// DefaultPatience is how long a quarantine waits for what was lost to come back. The two outages that could be measured in
	// some forty thousand fetches lasted about one hour and two.
	DefaultPatience = 6 * time.Hour
	// keepDays is how long an event is held after its last night, so that the calendar shows who was there.
	keepDays = 30
	// enough is after how many good fetches in a row without it a vanished event is believed to be gone. Flickers of less than
	// an hour do happen.
	enough = 2
	// maxGone is how many events are held at most that the feed does not list; see thin.
	maxGone = 20_000
)

func (f Facts) patience() time.Duration {
	if f.Patience <= 0 {
		return DefaultPatience
	}
	return f.Patience
}

// Step is what is held after a fetch; s is not modified. What the feed lists is held at once, with its present nights: a stay that
// was moved frees its old nights in the same step. What it lists no more is held until the second good fetch without it, or
// freed at once if another event has taken over its nights, as Booking.com does when it merges neighbours.
//
// When most of the future vanishes, or the text is none that can be believed, the feed goes into quarantine: what it lists is
// held as ever, and nothing is freed. See loss.reason for when, and State.leave for how it ends.
func (s State) Step(f Fetched, at Facts) State {
	switch {
	case f.Broken != "":
		return s.distrust(f, at)
	case f.Glance && f.Unchanged:
		return s
	}
	m := match(s.Held, s.said(f, at), at.Today)
	if f.Glance {
		return s.glance(m, at)
	}
	next := s
	next.UnreadableSince = s.unreadable(f, at)
	r := verdict{matching: m, facts: at, frozen: at.Now.Sub(next.UnreadableSince) < at.patience() && !next.UnreadableSince.IsZero()}
	next.QuarantinedAt, next.QuarantineReason, r.believed = s.leave(m, at, r.frozen)
	r.since = next.QuarantinedAt
	next.Held = thin(r.held(), at.Today)
	recognise(next.Held, at)
	return next
}

// Believe is the owner's word that what a feed in quarantine does not list is gone. A quarantine for the sake of a text that is
// no calendar ends and frees nothing: such a text says nothing about what is gone.
func (s State) Believe(Facts) State {
	if s.QuarantinedAt.IsZero() {
		return s
	}
	next := s
	next.QuarantinedAt, next.QuarantineReason, next.Held = time.Time{}, "", nil
	for _, h := range s.Held {
		// What only a glance has seen is not among what the latest good fetch was asked about.
		glimpsed := h.Misses == 0 && !h.Since.Before(s.QuarantinedAt)
		if !h.Gone || glimpsed || !isLoss(s.QuarantineReason) {
			next.Held = append(next.Held, h)
		}
	}
	return next
}

// Pending reports whether the next fetch has to be stepped even if it lists what the last one did: something is held that the
// feed does not list, or closes nothing although it does, or the feed is in quarantine.
func (s State) Pending() bool {
	for _, h := range s.Held {
		if h.Gone || h.Echo {
			return true
		}
	}
	return !s.QuarantinedAt.IsZero()
}

// Closed is the nights that the feed closes from a day on, merged and in order.
func (s State) Closed(today civil.Date) []civil.Nights {
	var closed []civil.Nights
	for _, h := range s.Held {
		if !h.Echo {
			closed = append(closed, from(h.Nights, today))
		}
	}
	return merge(closed)
}

// distrust is what is held after a text that cannot be believed: what was held before. The quarantine that it begins never ends
// by time alone, for there is nothing to believe.
func (s State) distrust(f Fetched, at Facts) State {
	ahead := s.Closed(at.Today)
	if f.Glance || len(ahead) == 0 || isLoss(s.QuarantineReason) {
		return s
	}
	if s.QuarantinedAt.IsZero() {
		s.QuarantinedAt = at.Now
	}
	s.QuarantineReason = f.Broken
	return s
}

// said is what the feed lists, tidied. An event that cannot be read, but has the UID of one that we hold, is still listed.
func (s State) said(f Fetched, at Facts) []Listed {
	unreadable := make(map[string]bool, len(f.Unreadable))
	for _, uid := range f.Unreadable {
		unreadable[uid] = uid != ""
	}
	listed := f.Listed
	if f.Unchanged || len(unreadable) > 0 {
		listed = append([]Listed(nil), f.Listed...)
		if f.Unchanged {
			listed = nil
		}
		for _, h := range s.Held {
			if f.Unchanged && !h.Gone || unreadable[h.UID] || unreadable[series(h.UID)] {
				listed = append(listed, h.Listed)
			}
		}
	}
	return tidy(listed, at.Today)
}

// unreadable is since when good fetches have had an event that could not be read and may be any of those that we hold. Nothing
// is freed for its sake, but not for ever: there are events that nobody can read and nobody will mend.
func (s State) unreadable(f Fetched, at Facts) time.Time {
	if f.Unchanged {
		return s.UnreadableSince
	}
	held := make(map[string]bool, len(s.Held))
	for _, h := range s.Held {
		held[h.UID], held[series(h.UID)] = true, true
	}
	for _, uid := range f.Unreadable {
		if uid == "" || !held[uid] {
			if s.UnreadableSince.IsZero() {
				return at.Now
			}
			return s.UnreadableSince
		}
	}
	return time.Time{}
}

// glance is what is held after a look in between: what it lists that was not held, besides all that was.
func (s State) glance(m *matching, at Facts) State {
	next := s
	next.Held = nil
	for i, h := range s.Held {
		switch m.fates[i] {
		case same:
			h.Misses = 0 // it is not missing from two good fetches in a row
		case moved:
			// The row goes with the stay; the nights that it leaves stay behind until a real fetch frees them.
			left := h
			left.ID = 0
			next.Held = append(next.Held, left)
			h = Held{ID: h.ID, Listed: m.listed[m.as[i]], Since: at.Now, Gone: true}
		}
		next.Held = append(next.Held, h)
	}
	for j, l := range m.listed {
		if !m.used[j] {
			// Gone, since the latest real fetch did not list it: the next one is compared whole, see Pending.
			next.Held = append(next.Held, Held{Listed: l, Since: at.Now, Gone: true})
		}
	}
	recognise(next.Held, at)
	return next
}
