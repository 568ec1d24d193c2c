package icalendar

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// draft is an event as its lines say it, before it is known what its zones mean.
type draft struct {
	uid, summary, description, status string
	start, end, instance              stamp
	duration                          span
	transparent                       bool
	sequence, line                    int
	recurrence                        *recurrence // nil for nearly all
	fault                             string      // why it is skipped; "" = it is not
}

// recurrence is what makes an event recur.
type recurrence struct {
	rules  []rule
	dates  []occasion
	except []stamp
	fault  string // why it is not followed to its end
}

// occasion is one time at which an event happens.
type occasion struct {
	start  stamp
	length span
}

const (
	maxDepth     = 32     // of components in each other
	maxRules     = 4      // of one event, or one observance of a zone
	maxDates     = 10_000 // of one event, besides its rules; as many exceptions
	maxTexts     = 300    // bytes of a short text
	maxLongTexts = 2_000  // bytes of a long one
	bytesOfEvent = 200    // events are hardly ever shorter
)

// kind is what a component is to this reader.
type kind uint8

const (
	other kind = iota
	aCalendar
	anEvent
	aZone
	anObservance
)

// component is one that has begun and not ended.
type component struct {
	name string
	kind kind
}

type reader struct {
	options Options
	lines   lines
	name    [16]byte
	zones   zones
	budget  int

	open     []component
	isBegun  bool // a calendar has
	events   int  // that have begun, or ended without
	inEvent  bool // one is open, maybe with other components in it
	draft    draft
	strayUID string // of lines that look like those of an event and stand in none
	zoneName string
	zone     *definition
	drafts   []draft
	out      Calendar
}

func newReader(text []byte, o Options) *reader {
	return &reader{
		options: o, lines: newLines(bytes.TrimLeft(text, blank)), budget: effort,
		zones:  zones{own: o.Zone, clocks: make(map[string]clock), defined: make(map[string]*definition)},
		drafts: make([]draft, 0, min(len(text)/bytesOfEvent, MaxEvents)),
	}
}

// read goes through the lines. Whether a text is whole is told by its components: each BEGIN:VCALENDAR has its END, and
// nothing that looks like a calendar comes after. Other text behind the end is no harm: some servers put remarks there.
func (r *reader) read() error {
	isCut := false
	for {
		l, ok := r.lines.next()
		if !ok {
			break
		}
		p := split(l.text, &r.name)
		isCut = false
		switch {
		case string(p.name) == "BEGIN" && !p.broken:
			if err := r.begin(componentName(p.value), l.number); err != nil {
				return err
			}
		case string(p.name) == "END" && !p.broken:
			r.end(componentName(p.value), l.number)
		case len(r.open) == 0:
			isCut = len(bytes.Trim(l.text, blank)) > 0 && isCutOff(l.text, "BEGIN:VCALENDAR")
		default:
			r.property(p, l)
		}
		if r.events > MaxEvents {
			return ErrTooManyEvents
		}
	}
	switch {
	case !r.isBegun:
		return ErrNotACalendar
	case len(r.open) > 0 || isCut:
		return ErrTruncated
	}
	return nil
}

// componentName is the name in a BEGIN or END, without an allocation for those that come by the thousand.
func componentName(value []byte) string {
	value = bytes.Trim(value, blank)
	for _, name := range [...]string{"VEVENT", "VALARM"} {
		if len(value) == len(name) && bytes.EqualFold(value, []byte(name)) {
			return name
		}
	}
	return strings.ToUpper(string(value[:min(len(value), 64)]))
}

func (r *reader) begin(name string, number int) error {
	if len(r.open) == 0 && name != "VCALENDAR" {
		if name == "VEVENT" || isCutOff([]byte(name), "VCALENDAR") {
			return ErrTruncated
		}
		return nil
	}
	c := component{name: name}
	switch name {
	case "VCALENDAR":
		if len(r.open) > 0 {
			return ErrTruncated.WithDetail("A calendar begins in line " + strconv.Itoa(number) + " before the one above it has ended, so nothing of it can be trusted.")
		}
		c.kind, r.isBegun = aCalendar, true
	case "VEVENT":
		c.kind = anEvent
		if r.inEvent {
			r.closeEvent("is not closed by END:VEVENT", slices.IndexFunc(r.open, isEvent))
		}
		r.events++
		r.inEvent, r.draft = true, draft{line: number}
	case "VTIMEZONE":
		c.kind = aZone
		r.zone, r.zoneName = new(definition), ""
	case "STANDARD", "DAYLIGHT":
		if r.zone != nil && r.open[len(r.open)-1].kind == aZone && len(r.zone.observance) < 100 {
			c.kind = anObservance
			r.zone.observance = append(r.zone.observance, observance{})
		}
	}
	if len(r.open) >= maxDepth {
		return ErrNotACalendar.WithDetail("Line " + strconv.Itoa(number) + " of the calendar is nested too deeply.")
	}
	r.open = append(r.open, c)
	return nil
}

func isEvent(c component) bool { return c.kind == anEvent }

// end closes the component and all in it that were left open.
func (r *reader) end(name string, number int) {
	at := len(r.open) - 1
	for at >= 0 && r.open[at].name != name {
		at--
	}
	if at < 0 {
		if name == "VEVENT" && len(r.open) > 0 {
			r.events++
			r.skip(number, r.strayUID, "is closed by END:VEVENT and never begins")
			r.strayUID = ""
		}
		return
	}
	closed := r.open[at]
	if r.inEvent {
		switch event := slices.IndexFunc(r.open, isEvent); {
		case event == at:
			r.closeEvent("", at)
		case event > at:
			r.closeEvent("is not closed by END:VEVENT", event)
		}
	}
	if closed.kind == aZone && r.zone != nil {
		r.zones.define(r.zoneName, r.zone)
		r.zone = nil
	}
	r.open = r.open[:at]
}

// closeEvent ends the open event, which is at a place among the open components.
func (r *reader) closeEvent(fault string, at int) {
	d := &r.draft
	r.open, r.inEvent = r.open[:at], false
	if d.fault == "" {
		d.fault = fault
	}
	if d.fault == "" && d.start.clock == none {
		d.fault = "has no DTSTART"
	}
	if d.fault != "" {
		r.skip(d.line, d.uid, d.fault)
		return
	}
	r.drafts = append(r.drafts, *d)
}

func (r *reader) skip(number int, uid, reason string) {
	r.out.Skipped = append(r.out.Skipped, Skipped{Line: number, UID: uid, Reason: reason})
}

// property takes a line that is neither BEGIN nor END.
func (r *reader) property(p property, l line) {
	switch in := r.open[len(r.open)-1]; in.kind {
	case aCalendar:
		r.calendarProperty(p)
	case anEvent:
		if p.broken {
			r.brokenLine(p)
			return
		}
		if reason := r.eventProperty(p, l.long); reason != "" && r.draft.fault == "" {
			r.draft.fault = reason + " in line " + strconv.Itoa(l.number)
		}
	case aZone:
		if !p.broken {
			r.zoneProperty(p)
		}
	case anObservance:
		if !p.broken {
			r.observanceProperty(p)
		}
	case other:
	}
}

func (r *reader) calendarProperty(p property) {
	switch string(p.name) {
	case "PRODID":
		if r.out.ProdID == "" {
			r.out.ProdID = decodeText(p.value, maxTexts)
		}
	case "X-WR-CALNAME":
		if r.out.Name == "" {
			r.out.Name = decodeText(p.value, maxTexts)
		}
	case "UID":
		r.strayUID = identity(p.value)
	}
}

// brokenLine takes a line of an event without a colon. Most are the rest of a text that was broken by hand, but where it
// says when the event is, the event cannot be read.
func (r *reader) brokenLine(p property) {
	switch string(p.name) {
	case "DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "RRULE", "RDATE":
		rest := bytes.TrimLeft(p.rest, " \t=")
		if len(rest) == 0 || rest[0] == ';' || isDigit(rest[0]) {
			r.draft.fault = "has a " + string(p.name) + " without a colon"
		}
	}
}

func (r *reader) zoneProperty(p property) {
	switch string(p.name) {
	case "TZID":
		r.zoneName = strings.Trim(decodeText(p.value, maxTexts), "\"\\ \t") // as param reads it
	case "X-LIC-LOCATION":
		r.zone.location = decodeText(p.value, maxTexts)
	}
}

func (r *reader) observanceProperty(p property) {
	o := &r.zone.observance[len(r.zone.observance)-1]
	switch string(p.name) {
	case "DTSTART":
		o.start, _ = parseStamp(p.value)
	case "TZOFFSETFROM":
		s := scanner{text: bytes.TrimSpace(p.value)}
		o.from, _ = s.offset()
	case "TZOFFSETTO":
		s := scanner{text: bytes.TrimSpace(p.value)}
		o.to, o.hasTo = s.offset()
	case "RRULE":
		if rule, err := parseRule(p.value); err == nil && len(o.rules) < maxRules {
			o.rules = append(o.rules, rule)
		}
	case "RDATE":
		for text := range bytes.SplitSeq(p.value, []byte(",")) {
			if s, ok := parseStamp(text); ok && len(o.dates) < 500 {
				o.dates = append(o.dates, s)
			}
		}
	}
}
