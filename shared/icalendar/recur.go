package icalendar

import (
	"cmp"
	"slices"
	"strconv"
)

// recurring is an event whose instances are being listed.
type recurring struct {
	*resolution
	draft  *draft
	window window
	except map[key]bool
	moved  map[key]int // the drafts that stand in for an instance
	found  []occasion
	fault  string
}

const noRoom = "recurs more often than there is room for in one calendar"

// instances lists the instances of a recurring event that have a night in the window.
func (s *resolution) instances(d *draft, w window) {
	if s.room == 0 {
		s.skip(d.line, d.uid, noRoom)
		return
	}
	c := recurring{resolution: s, draft: d, window: w, except: make(map[key]bool), fault: d.recurrence.fault}
	for _, at := range d.recurrence.except {
		for _, k := range s.keys(at) {
			c.except[k] = true
		}
	}
	moved := s.latest(s.moved[d.uid])
	c.moved = make(map[key]int, len(moved))
	for _, i := range moved {
		for _, k := range s.keys(s.drafts[i].instance) {
			c.moved[k] = i
		}
	}
	c.collect()
	used := make(map[int]bool, len(moved))
	for _, o := range c.found {
		if i, ok := means(s, c.moved, o.start); ok {
			if !used[i] {
				used[i] = true
				c.list(&s.drafts[i], o.start, s.drafts[i].start, s.drafts[i].duration)
			}
			continue
		}
		c.list(d, o.start, o.start, o.length)
	}
	// What was moved from outside the window, or from a date that the rule does not have.
	for _, i := range moved {
		if !used[i] {
			c.list(&s.drafts[i], s.drafts[i].instance, s.drafts[i].start, s.drafts[i].duration)
		}
	}
	if c.fault != "" {
		s.skip(d.line, d.uid, c.fault)
	}
}

// means finds what names the instance at a time: the time or, more roughly, its date.
func means[T any](s *resolution, named map[key]T, at stamp) (value T, ok bool) {
	if len(named) == 0 {
		return value, false
	}
	if at.isTimed() {
		if value, ok = named[key{byInstant, s.zones.instant(at)}]; ok {
			return value, true
		}
	} else if value, ok = named[key{byDateOfTime, int64(at.day)}]; ok {
		return value, true
	}
	value, ok = named[key{byDate, int64(at.day)}]
	return value, ok
}

// collect finds the occasions in the window, in order, but those that are excepted.
func (c *recurring) collect() {
	d, w := c.draft, c.window
	if w.isEmpty() {
		return
	}
	c.visit(occasion{start: d.start, length: d.duration})
	for _, o := range d.recurrence.dates {
		if !o.length.known {
			o.length = d.duration
		}
		c.visit(o)
	}
	// An instance that begins before the window may last into it; and no two clocks are further apart than two days.
	w.from -= int(-wholeDays(-(d.duration.wall + d.duration.exact))) + 2
	w.until += 2
	for i := range d.recurrence.rules {
		rule := &d.recurrence.rules[i]
		end := rule.ending(d.start, c.zones.instant)
		err := rule.expand(d.start, w, end, &c.budget, func(s stamp) bool {
			return c.visit(occasion{start: s, length: d.duration})
		})
		if err != nil {
			c.fault = err.Error()
		}
	}
	order := func(a, b occasion) int { return cmp.Compare(c.keys(a.start)[0].n, c.keys(b.start)[0].n) }
	slices.SortStableFunc(c.found, order)
	c.found = slices.CompactFunc(c.found, func(a, b occasion) bool { return c.keys(a.start)[0] == c.keys(b.start)[0] })
}

// visit keeps an occasion that is in the window, and says whether there is room for more.
func (c *recurring) visit(o occasion) bool {
	c.budget -= 8
	if _, ok := means(c.resolution, c.moved, o.start); !ok {
		if !c.window.has(c.nights(o.start, o.length)) {
			return true
		}
		if _, ok := means(c.resolution, c.except, o.start); ok {
			return true
		}
	}
	if len(c.found) == maxInstances {
		c.fault = "recurs more than " + strconv.Itoa(maxInstances) + " times in the time that is looked at"
		return false
	}
	c.found = append(c.found, o)
	return true
}

// list lists an instance, or what stands in for it, if that is in the window and not cancelled.
func (c *recurring) list(d *draft, at, start stamp, length span) {
	nights := c.nights(start, length)
	switch {
	case !c.window.has(nights):
	case d != c.draft && d.status == "CANCELLED":
	case c.room == 0:
		c.fault = noRoom
	default:
		c.room--
		c.add(d, at, nights)
	}
}
