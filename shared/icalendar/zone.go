package icalendar

import (
	"bytes"
	"cmp"
	"slices"
	"sort"
	"strings"
	"time"
)

// maxZones is how many zones one text may name; the rest count as unknown. Each costs a look at the tz database.
const maxZones = 200

// zones are the clocks that a text names.
type zones struct {
	own      *time.Location // the cabin's
	names    []string       // by clock, from named on
	clocks   map[string]clock
	defined  map[string]*definition // VTIMEZONE by TZID
	resolved []ticking              // by clock, from named on
}

// definition is a VTIMEZONE (RFC 5545 §3.6.5).
type definition struct {
	location   string // X-LIC-LOCATION: its name in the tz database
	observance []observance
}

// observance is when the clocks of a zone change to an offset, for the first time and then by rules.
type observance struct {
	start    stamp
	from, to int // seconds east of Greenwich
	hasTo    bool
	rules    []rule
	dates    []stamp
}

// ticking is a zone that is known: one of the tz database, or shifts of a VTIMEZONE.
type ticking struct {
	place  *time.Location // nil = the shifts count
	before int            // the offset before the first shift
	shifts []shift        // by time
}

// shift is a change of the clocks.
type shift struct {
	wall   int64 // when, by the clocks until then
	offset int   // seconds east of Greenwich from then on
}

// clock returns the number of a zone by its TZID.
func (z *zones) clock(tzid []byte) clock {
	if len(tzid) == 0 {
		return floating
	}
	if c, ok := z.clocks[string(tzid)]; ok {
		return c
	}
	if len(z.names) >= maxZones || len(tzid) > 200 {
		return floating
	}
	c := named + clock(len(z.names))
	z.names = append(z.names, string(tzid))
	z.clocks[string(tzid)] = c
	return c
}

// define notes a VTIMEZONE; the first of a name counts.
func (z *zones) define(tzid string, d *definition) {
	if _, ok := z.defined[tzid]; !ok && len(z.defined) < maxZones {
		z.defined[tzid] = d
	}
}

// resolve finds out what clocks the names stand for, once the whole text is known: VTIMEZONE may stand behind what uses it.
func (z *zones) resolve(w window, budget *int) {
	for _, name := range z.names {
		z.resolved = append(z.resolved, z.find(name, w, budget))
	}
}

// find prefers the tz database, since a VTIMEZONE may be cut to the years that its author thought of. An unknown zone is
// taken for the cabin's: a calendar of a cabin that names a zone badly most likely means that.
func (z *zones) find(tzid string, w window, budget *int) ticking {
	if place := byName(tzid); place != nil {
		return ticking{place: place}
	}
	if d := z.defined[tzid]; d != nil {
		if place := byName(d.location); place != nil {
			return ticking{place: place}
		}
		if t, ok := d.tick(w, budget); ok {
			return t
		}
	}
	if offset, ok := byOffset(tzid); ok {
		return ticking{place: time.FixedZone("", offset)}
	}
	return ticking{place: z.own}
}

// byName looks a TZID up in the tz database, as it is, as Windows or Outlook would name it, or behind a vendor's prefix
// (/mozilla.org/20050126_1/Europe/Berlin).
func byName(tzid string) *time.Location {
	tzid = strings.TrimSpace(tzid)
	switch strings.ToUpper(tzid) {
	case "", "LOCAL": // what time.LoadLocation takes for zones of this machine
		return nil
	case "Z", "UTC", "GMT", "ZULU", "TZONE://MICROSOFT/UTC":
		return time.UTC
	}
	name := tzid
	if _, city, ok := strings.Cut(tzid, ") "); ok && tzid[0] == '(' {
		name = city
	}
	if _, found, ok := strings.Cut(windowsZones, "\n"+strings.ToLower(name)+"\t"); ok && !strings.ContainsAny(name, "\n\t") {
		tzid, _, _ = strings.Cut(found, "\n")
	}
	for range 8 { // parts of a name
		if place, err := time.LoadLocation(tzid); err == nil && tzid != "" && tzid != "Local" {
			return place
		}
		_, behind, ok := strings.Cut(tzid, "/")
		if !ok {
			break
		}
		tzid = behind
	}
	return nil
}

// byOffset reads the offset that a name holds: UTC+01, (GMT -03:00), (UTC-05:00) Bogota, Lima, Quito.
func byOffset(tzid string) (seconds int, ok bool) {
	name := strings.ToUpper(strings.TrimLeft(tzid, "( "))
	if !strings.HasPrefix(name, "UTC") && !strings.HasPrefix(name, "GMT") {
		return 0, false
	}
	s := scanner{text: []byte(strings.TrimLeft(name[3:], " "))}
	if s.peek() == ')' {
		return 0, true
	}
	if c := s.peek(); len(s.text) > 1 && (c == '+' || c == '-') && (len(s.text) == 2 || !isDigit(s.text[2])) {
		s.text = slices.Insert(slices.Clone(s.text), 1, '0') // GMT-3
	}
	seconds, ok = s.offset()
	return seconds, ok && !s.failed
}

// tick works out the shifts of a VTIMEZONE: each observance's first, and those by rule around the window.
func (d *definition) tick(w window, budget *int) (ticking, bool) {
	var t ticking
	const year = 366
	w = window{from: w.from - 2*year, until: w.until + 2*year}
	earliest := int64(0)
	for _, o := range d.observance {
		if !o.hasTo || o.start.clock == none {
			continue
		}
		add := func(s stamp) bool {
			t.shifts = append(t.shifts, shift{wall: s.wall(), offset: o.to})
			return len(t.shifts) < 2_000
		}
		if len(t.shifts) == 0 || o.start.wall() < earliest {
			earliest, t.before = o.start.wall(), o.from
		}
		add(o.start)
		for _, s := range o.dates {
			if !add(s) {
				break
			}
		}
		for i := range o.rules {
			end := o.rules[i].ending(o.start, func(s stamp) int64 { return s.wall() - int64(o.from) })
			if err := o.rules[i].expand(o.start, w, end, budget, add); err != nil {
				break
			}
		}
	}
	slices.SortStableFunc(t.shifts, func(a, b shift) int { return cmp.Compare(a.wall, b.wall) })
	return t, len(t.shifts) > 0
}

// instant returns the time of a stamp that is no date, in seconds since 1970-01-01 UTC.
func (z *zones) instant(s stamp) int64 {
	switch {
	case s.clock == utc:
		return s.wall()
	case s.clock < named:
		return unix(s, z.own)
	}
	t := &z.resolved[s.clock-named]
	if t.place != nil {
		return unix(s, t.place)
	}
	wall, offset := s.wall(), t.before
	if i := sort.Search(len(t.shifts), func(i int) bool { return t.shifts[i].wall > wall }); i > 0 {
		offset = t.shifts[i-1].offset
	}
	return wall - int64(offset)
}

func unix(s stamp, place *time.Location) int64 {
	return time.Date(1970, time.January, 1+int(s.day), 0, 0, int(s.second), 0, place).Unix()
}

// night is the date on which something begins or ends where the cabin is, in days since 1970-01-01.
func (z *zones) night(instant int64) int {
	_, offset := time.Unix(instant, 0).In(z.own).Zone()
	return int(wholeDays(instant + int64(offset)))
}

// stamp reads the value of a property as a DATE or DATE-TIME.
func (z *zones) stamp(p property) (stamp, bool) {
	s, ok := parseStamp(p.value)
	if !ok {
		// A zone without quotes may hold colons: TZID=(UTC-05:00) Bogota, Lima, Quito:20261204T150000
		colon := bytes.LastIndexByte(p.rest, ':')
		if colon < 0 {
			return stamp{}, false
		}
		p.params = p.rest[:colon]
		if s, ok = parseStamp(p.rest[colon+1:]); !ok {
			return stamp{}, false
		}
	}
	return z.place(s, p.params), true
}

// place gives a stamp its clock.
func (z *zones) place(s stamp, params []byte) stamp {
	switch {
	case s.clock == allDay:
	case bytes.EqualFold(param(params, "VALUE"), []byte("DATE")):
		// Midnight of some clock, meant as a date: the date as it stands there.
		s.clock, s.second = allDay, 0
	case s.clock == floating:
		s.clock = z.clock(param(params, "TZID"))
	}
	return s
}
