package icalendar

import (
	"bytes"
	"strconv"
	"strings"
)

// eventProperty takes a line of an event, and says why the event cannot be read if it cannot. Of a property that may stand
// but once, the first counts. A text may be longer than a line that is kept; a date may not.
func (r *reader) eventProperty(p property, isLong bool) (fault string) {
	d := &r.draft
	switch string(p.name) {
	case "SUMMARY":
		if d.summary == "" {
			d.summary = r.again(decodeText(p.value, maxTexts), func(d *draft) string { return d.summary })
		}
	case "DESCRIPTION":
		if d.description == "" {
			d.description = decodeText(p.value, maxLongTexts)
		}
	case "STATUS":
		d.status = r.again(strings.ToUpper(decodeText(p.value, 40)), func(d *draft) string { return d.status })
	case "TRANSP":
		d.transparent = bytes.EqualFold(bytes.TrimSpace(p.value), []byte("TRANSPARENT"))
	case "SEQUENCE":
		if n, err := strconv.Atoi(string(bytes.TrimSpace(p.value))); err == nil {
			d.sequence = n
		}
	case "UID", "DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "RRULE", "RDATE", "EXDATE":
		if isLong {
			return "has a line that is too long to be read,"
		}
		return r.timing(p)
	}
	return ""
}

// again returns a text in the memory of the previous event's where it is the same, as it mostly is.
func (r *reader) again(text string, of func(*draft) string) string {
	if len(r.drafts) > 0 {
		if before := of(&r.drafts[len(r.drafts)-1]); before == text {
			return before
		}
	}
	return text
}

// timing takes a line that says which event it is and when.
func (r *reader) timing(p property) (fault string) {
	d := &r.draft
	switch string(p.name) {
	case "UID":
		if d.uid == "" {
			d.uid = identity(p.value)
		}
	case "DTSTART":
		return r.date(p, &d.start, "has a DTSTART that is no date,")
	case "DTEND":
		return r.date(p, &d.end, "has a DTEND that is no date,")
	case "RECURRENCE-ID":
		if param(p.params, "RANGE") != nil && d.instance.clock == none && d.fault == "" {
			r.skip(d.line, d.uid, "moves all instances that follow, which cannot be read: only the first one is moved")
		}
		return r.date(p, &d.instance, "has a RECURRENCE-ID that is no date,")
	case "DURATION":
		var ok bool
		if d.duration, ok = parseDuration(p.value); !ok {
			return "has a DURATION that cannot be read,"
		}
	default:
		if d.recurrence == nil {
			d.recurrence = new(recurrence)
		}
		r.recurrenceProperty(p, d.recurrence)
	}
	return ""
}

// date reads a date or time into a place that is still empty.
func (r *reader) date(p property, s *stamp, otherwise string) (fault string) {
	read, ok := r.zones.stamp(p)
	// Nights are counted from 1900 to 9999.
	if !ok || !isNight(int(read.day)) {
		return otherwise
	}
	if s.clock == none {
		*s = read
	}
	return ""
}

func isNight(day int) bool { return day > dayOf(1900, 1, 1) && day < dayOf(9999, 12, 31) }

func (r *reader) recurrenceProperty(p property, c *recurrence) {
	switch string(p.name) {
	case "RRULE":
		rule, err := parseRule(p.value)
		if err == nil && len(c.rules) == maxRules {
			err = errRule
		}
		if err != nil {
			c.fault = err.Error()
			return
		}
		c.rules = append(c.rules, rule)
	case "RDATE":
		for text := range bytes.SplitSeq(p.value, []byte(",")) {
			if !r.addDate(c, p, text) {
				c.fault = "has an RDATE that is no date, or too many"
			}
		}
	case "EXDATE":
		for text := range bytes.SplitSeq(p.value, []byte(",")) {
			// One that cannot be read takes nothing away: better a night too many.
			if s, ok := parseStamp(text); ok && len(c.except) < maxDates {
				c.except = append(c.except, r.zones.place(s, p.params))
			}
		}
	}
}

// addDate reads a date, time or period of an RDATE (RFC 5545 §3.8.5.2).
func (r *reader) addDate(c *recurrence, p property, text []byte) bool {
	from, to, isPeriod := bytes.Cut(text, []byte("/"))
	if len(bytes.TrimSpace(text)) == 0 {
		return true
	}
	start, ok := parseStamp(from)
	if !ok || !isNight(int(start.day)) || len(c.dates) == maxDates {
		return false
	}
	o := occasion{start: r.zones.place(start, p.params)}
	if isPeriod {
		if o.length, ok = parseDuration(to); !ok {
			end, ok := parseStamp(to)
			if !ok || !isNight(int(end.day)) {
				return false
			}
			end = r.zones.place(end, p.params)
			if end.clock != o.start.clock || end.wall() < o.start.wall() {
				return false
			}
			o.length = span{wall: end.wall() - o.start.wall(), known: true}
		}
	}
	c.dates = append(c.dates, o)
	return true
}
