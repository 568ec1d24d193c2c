package calendar

import (
	"cmp"
	"slices"

	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// fate is what a feed says of an event that we hold.
type fate uint8

const (
	vanished fate = iota // it is not listed
	same                 // it is listed, for these nights; maybe under another UID
	moved                // its UID is listed, for other nights
)

// matching is what a feed lists, held against what we hold.
type matching struct {
	held   []Held
	listed []Listed // see tidy
	fates  []fate   // of each held event
	as     []int    // which listed event each held one is now; -1 = none
	used   []bool   // which listed events are held already
	fresh  stretches
}

// match finds for each held event what it is now. First by UID and nights. Then by nights: Booking.com makes its UIDs of the
// room and the start, and others make new ones at every fetch, so a new UID for the same nights is the same event. Then by
// UID: a stay that was moved. Last come running events that have lost the nights that are over.
func match(held []Held, listed []Listed, today civil.Date) *matching {
	m := &matching{
		held: held, listed: listed,
		fates: make([]fate, len(held)), as: make([]int, len(held)), used: make([]bool, len(listed)),
	}
	for i := range m.as {
		m.as[i] = -1
	}
	m.pair(same, func(l Listed, _ bool) (key, bool) { return l.key(), true })
	m.pair(same, func(l Listed, _ bool) (key, bool) { return key{nights: l.Nights}, true })
	m.pair(moved, func(l Listed, _ bool) (key, bool) { return key{uid: l.UID}, l.UID != "" })
	m.pair(same, func(l Listed, listed bool) (key, bool) {
		running := !l.Nights.From.After(today)
		if listed { // a platform's midnight may come before the cabin's
			running = l.Nights.From == today || l.Nights.From == today.AddDays(1)
		}
		return key{string(l.Kind), civil.Nights{To: l.Nights.To}}, running
	})
	m.fresh = m.freshNights()
	return m
}

// pair matches events that have the same key and no match yet, in the order of their nights. The key's second result says
// whether an event can be matched in this way at all.
func (m *matching) pair(as fate, keyOf func(l Listed, listed bool) (key, bool)) {
	left := map[key][]int{}
	for j, l := range m.listed {
		if m.used[j] {
			continue
		}
		if k, ok := keyOf(l, true); ok {
			left[k] = append(left[k], j)
		}
	}
	if len(left) == 0 {
		return
	}
	for _, i := range m.unmatched() {
		k, ok := keyOf(m.held[i].Listed, false)
		if rest := left[k]; ok && len(rest) > 0 {
			m.fates[i], m.as[i], m.used[rest[0]] = as, rest[0], true
			left[k] = rest[1:]
		}
	}
}

// unmatched returns the held events without a match. What was listed last time comes first: what is only held back gets what
// is left.
func (m *matching) unmatched() []int {
	var order []int
	for i := range m.held {
		if m.as[i] < 0 {
			order = append(order, i)
		}
	}
	gone := func(i int) int {
		if m.held[i].Gone {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(gone(a)-gone(b), byUID(m.held[a].Listed, m.held[b].Listed))
	})
	return order
}

// freshNights are the nights of what is listed for the first time, or moved. What vanishes below them was replaced by them.
func (m *matching) freshNights() stretches {
	var fresh []civil.Nights
	for j, l := range m.listed {
		if !m.used[j] {
			fresh = append(fresh, l.Nights)
		}
	}
	for i, j := range m.as {
		if m.fates[i] == moved {
			fresh = append(fresh, m.listed[j].Nights)
		}
	}
	return merge(fresh)
}

// replaced reports whether a vanished event's nights have been taken over by another. Merely to overlap one that has been there
// all along is not enough: some feeds list a stay twice.
func (m *matching) replaced(h Held, today civil.Date) bool {
	return m.fresh.overlap(from(h.Nights, today))
}

// key is what tells one listed event from another. A UID alone does not, whatever RFC 5545 §3.8.4.7 says: there are feeds that
// have one twice.
type key struct {
	uid    string
	nights civil.Nights
}

func (l Listed) key() key { return key{l.UID, l.Nights} }

// tidy puts what a feed lists in an order of its own, so that the feed's does not matter, and takes out what is listed twice,
// and what ended longer ago than we keep it.
func tidy(listed []Listed, today civil.Date) []Listed {
	kept := make([]Listed, 0, len(listed))
	for _, l := range listed {
		if l.Nights.Valid() && !longPast(l.Nights, today) {
			kept = append(kept, l)
		}
	}
	slices.SortFunc(kept, byUID)
	return slices.CompactFunc(kept, func(a, b Listed) bool { return a.key() == b.key() })
}

// byUID sorts by UID and nights. Of two that are else alike what is more surely sold comes first, and is the one that
// CompactFunc keeps.
func byUID(a, b Listed) int {
	return cmp.Or(cmp.Compare(a.UID, b.UID), byNights(a.Nights, b.Nights), b.rank()-a.rank())
}

func (l Listed) rank() int {
	switch {
	case l.Sure:
		return 2
	case l.Kind == Reserved:
		return 1
	}
	return 0
}
