package icalendar

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// maxInstances is how many of one event are listed.
const maxInstances = 1_000

// key names an instance within its event: by its instant, or by a date.
type key struct {
	of keyKind
	n  int64
}

type keyKind uint8

const (
	byInstant keyKind = iota
	byDate
	byDateOfTime // the date, by its own clock, of something that has a time
)

// resolution is what is needed to turn drafts into events.
type resolution struct {
	*reader
	masters map[string]int   // by UID: the draft that counts
	moved   map[string][]int // by UID: the drafts with a RECURRENCE-ID
	names   map[string]bool  // of instances
	room    int              // for instances, in the whole text

	nameless map[civil.Nights]int // how many events without a name have these nights
}

// resolve makes the events of the drafts.
func (r *reader) resolve() {
	w := window{dayOfCivil(r.options.From), dayOfCivil(r.options.Until)}
	if r.options.From.IsZero() || r.options.Until.IsZero() {
		w = window{}
	}
	r.zones.resolve(w, &r.budget)
	s := resolution{reader: r, masters: make(map[string]int, len(r.drafts)), moved: make(map[string][]int), nameless: make(map[civil.Nights]int)}
	s.sort()
	s.room = MaxEvents
	for i := range r.drafts {
		if !r.drafts[i].recurs() {
			s.room--
		}
	}
	r.out.Events = make([]Event, 0, len(s.masters))
	for i := range r.drafts {
		d := &r.drafts[i]
		at, isThere := s.masters[d.uid]
		switch {
		case isThere && at == i:
			s.master(d, w)
		case !isThere && d.instance.clock != none:
			s.orphans(d.uid)
		}
	}
	slices.SortStableFunc(r.out.Skipped, func(a, b Skipped) int { return cmp.Compare(a.Line, b.Line) })
}

// sort finds of each UID the draft that counts and those that move an instance. What has no nights is skipped first, so
// that it does not stand in the way of an earlier revision that has.
func (s *resolution) sort() {
	for i := range s.drafts {
		d := &s.drafts[i]
		length, reason := s.length(d)
		nights := s.nights(d.start, length)
		if reason == "" && !nights.Valid() {
			reason = "has no nights"
		}
		if reason != "" {
			s.skip(d.line, d.uid, reason)
			d.instance, d.uid = stamp{}, "\x00" // which no UID is, so that nothing finds it
			continue
		}
		d.duration = length
		if d.uid == "" {
			d.uid = s.unnamed(nights)
		}
		if d.instance.clock != none {
			s.moved[d.uid] = append(s.moved[d.uid], i)
			continue
		}
		if before, ok := s.masters[d.uid]; ok && s.isAnother(d, &s.drafts[before]) {
			d.uid += "/" + nights.From.String()
		}
		if before, ok := s.masters[d.uid]; !ok || d.sequence >= s.drafts[before].sequence {
			s.masters[d.uid] = i
		}
	}
}

// isAnother reports whether two of one UID are two events, and not an event and its revision: a revision has another SEQUENCE
// (RFC 5545 §3.8.7.4), or the same nights. Home-made feeds give every stay the same UID, and each of them is a guest who comes.
func (s *resolution) isAnother(d, before *draft) bool {
	return d.sequence == before.sequence && !d.recurs() && !before.recurs() && s.nights(d.start, d.duration) != s.nights(before.start, before.duration)
}

// unnamed is a name for an event that has none. It is the same whenever the calendar is read, as long as no other without a
// name has the same nights; one that has is no revision of it.
func (s *resolution) unnamed(nights civil.Nights) string {
	name := nights.From.String() + "/" + nights.To.String()
	s.nameless[nights]++
	if n := s.nameless[nights]; n > 1 {
		name += "/" + strconv.Itoa(n)
	}
	return name
}

// length is how long an event lasts, or why it cannot be told (RFC 5545 §3.6.1).
func (s *resolution) length(d *draft) (span, string) {
	start, end := d.start, d.end
	const backwards = "ends before it begins"
	switch {
	case end.clock == none && !d.duration.known:
		return span{known: true}, ""
	case end.clock == none:
		return d.duration, ""
	case end.clock == start.clock:
		if end.wall() < start.wall() {
			return span{}, backwards
		}
		return span{wall: end.wall() - start.wall(), known: true}, ""
	case start.isTimed() && end.isTimed():
		seconds := s.zones.instant(end) - s.zones.instant(start)
		if seconds < 0 {
			return span{}, backwards
		}
		return span{exact: seconds, known: true}, ""
	case end.isTimed(): // from a date to a time
		end = stamp{day: int32(s.zones.night(s.zones.instant(end))), clock: allDay}
	}
	if end.day < start.day {
		return span{}, backwards
	}
	return span{wall: int64(end.day-start.day) * daySeconds, whole: true, known: true}, ""
}

// nights are those of something that begins at a time and lasts so long: where the cabin is, from the date of the beginning
// to that of the end, and at least one.
func (s *resolution) nights(start stamp, length span) civil.Nights {
	if !start.isTimed() {
		days := -wholeDays(-(length.wall + length.exact))
		return civil.Nights{From: civilOf(int(start.day)), To: civilOf(int(start.day) + int(max(days, 1)))}
	}
	instant := s.zones.instant(start)
	from := s.zones.night(instant)
	var to int
	switch {
	case length.whole:
		to = int(start.day) + int(length.wall/daySeconds)
	case length.wall == 0:
		to = s.zones.night(instant + length.exact)
	default:
		to = s.zones.night(s.zones.instant(start.at(start.wall()+length.wall)) + length.exact)
	}
	return civil.Nights{From: civilOf(from), To: civilOf(max(to, from+1))}
}

// recurs reports whether a draft says that it does; exceptions alone do not.
func (d *draft) recurs() bool {
	c := d.recurrence
	return c != nil && (len(c.rules)+len(c.dates) > 0 || c.fault != "")
}

// event is a draft's with a name and nights of its own.
func (d *draft) event(uid string, nights civil.Nights) Event {
	return Event{
		UID: uid, Nights: nights, Summary: d.summary, Description: d.description, Status: d.status,
		Transparent: d.transparent, Sequence: d.sequence, Line: d.line,
	}
}

// master lists an event that is no instance of another, or its instances.
func (s *resolution) master(d *draft, w window) {
	moved := s.moved[d.uid]
	if !d.recurs() {
		replaced := false
		for _, i := range moved {
			replaced = replaced || s.isSame(s.drafts[i].instance, d.start)
		}
		if !replaced {
			s.out.Events = append(s.out.Events, d.event(d.uid, s.nights(d.start, d.duration)))
		}
		if len(moved) > 0 {
			s.orphans(d.uid)
		}
		return
	}
	s.instances(d, w)
	delete(s.moved, d.uid)
}

// orphans lists the moved instances of an event that does not recur or is not there.
func (s *resolution) orphans(uid string) {
	for _, i := range s.latest(s.moved[uid]) {
		d := &s.drafts[i]
		s.add(d, d.instance, s.nights(d.start, d.duration))
	}
	delete(s.moved, uid)
}

// latest leaves of several drafts for one instance the one of the highest SEQUENCE, the last such.
func (s *resolution) latest(moved []int) []int {
	if len(moved) < 2 {
		return moved
	}
	best := make(map[key]int, len(moved))
	for _, i := range moved {
		k := s.keys(s.drafts[i].instance)[0]
		if before, ok := best[k]; !ok || s.drafts[i].sequence >= s.drafts[before].sequence {
			best[k] = i
		}
	}
	return slices.DeleteFunc(slices.Clone(moved), func(i int) bool { return best[s.keys(s.drafts[i].instance)[0]] != i })
}

// keys are those under which an instance can be meant: what has a time is also found by its date.
func (s *resolution) keys(at stamp) [2]key {
	if !at.isTimed() {
		return [2]key{{byDate, int64(at.day)}, {byDateOfTime, int64(at.day)}}
	}
	return [2]key{{byInstant, s.zones.instant(at)}, {byDateOfTime, int64(at.day)}}
}

// isSame reports whether a RECURRENCE-ID or EXDATE means the instance at a time.
func (s *resolution) isSame(named, at stamp) bool {
	if named.isTimed() && at.isTimed() {
		return s.zones.instant(named) == s.zones.instant(at)
	}
	return named.day == at.day
}

// add lists an instance under a name of its own.
func (s *resolution) add(d *draft, at stamp, nights civil.Nights) {
	date := d.uid + "/" + civilOf(int(at.day)).String()
	for _, further := range [...]string{"", "/" + strconv.Itoa(int(at.second)), "/line " + strconv.Itoa(d.line)} {
		name := date + further
		if _, isMaster := s.masters[name]; isMaster || s.names[name] {
			continue
		}
		if s.names == nil {
			s.names = make(map[string]bool)
		}
		s.names[name] = true
		s.out.Events = append(s.out.Events, d.event(name, nights))
		return
	}
	s.skip(d.line, d.uid, "has an instance of the same name as another")
}
