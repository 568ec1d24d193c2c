// Package icalendar reads and writes calendars as RFC 5545 has them, as far as nights go. What is no whole calendar is an
// error; in a whole one, an event that cannot be read is reported and never loses the others. Where a text can be taken in
// two ways, the one that closes more nights is taken: a night too many costs a sale, a night too few a guest's holiday.
package icalendar

import (
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// What a text may hold at most: bytes, and events. Recurrences are expanded to MaxEvents in all, too.
const (
	MaxBytes  = 10 << 20
	MaxEvents = 50_000
)

// Why a text is no calendar that can be believed. Nothing of it counts then.
var (
	ErrEmpty         = fault.New(fault.Invalid, "calendar_empty_body", "There is no text at all where a calendar should be.")
	ErrNotACalendar  = fault.New(fault.Invalid, "not_a_calendar", "This is not a calendar: a calendar begins with BEGIN:VCALENDAR.")
	ErrTruncated     = fault.New(fault.Invalid, "calendar_truncated", "The calendar breaks off before its end, so nothing of it can be trusted.")
	ErrTooLarge      = fault.New(fault.Invalid, "calendar_too_large", "The calendar is larger than 10 MiB.")
	ErrTooManyEvents = fault.New(fault.Invalid, "calendar_too_many_events", "The calendar has more than 50,000 events.")
)

// Options are what the nights of a calendar depend on, besides its text.
type Options struct {
	// Zone is the cabin's: nights are taken in it, and times are of it that name no zone or one that nobody knows. nil = UTC.
	Zone *time.Location
	// From and Until bound recurrences: the instances that have a night from From to the one before Until are listed, and of
	// each event 1,000 at most. What does not recur is listed whenever it is.
	From, Until civil.Date
}

// Event is a stretch of nights that a calendar lists: an event that does not recur, or one instance of one that does.
type Event struct {
	// UID is unique in a Calendar. An instance has the event's, "/" and the date that its RECURRENCE-ID has or would have
	// (uid/2026-12-04), which stays when the instance is moved. An event without a UID is named after its nights.
	UID string
	// Nights are Valid, and maybe very many: a closure may last until the year 9999.
	Nights      civil.Nights
	Summary     string // at most about 300 bytes
	Description string // at most about 2,000 bytes
	Status      string // CONFIRMED, TENTATIVE, CANCELLED, …: upper case; "" = none
	Transparent bool   // its time counts as free
	Sequence    int    // of its revision
	Line        int    // at which it begins, from 1
}

// Skipped is an event that could not be read, or not to its end: of one whose recurrence could not be followed, the
// instances that were found are among the Events.
type Skipped struct {
	Line   int    // at which it begins, from 1
	UID    string // "" where it could not be read
	Reason string // a sentence without its full stop that goes on from "the event": "has no DTSTART"
}

// Calendar is what a text lists.
type Calendar struct {
	// Events are in the order of the text. Of several with one UID only the one of the highest SEQUENCE is here, the last
	// such; instances stand where their event does, moved ones moved, cancelled ones left out.
	Events       []Event
	Skipped      []Skipped
	ProdID, Name string // PRODID and X-WR-CALNAME of the first calendar in the text that has them
}

// Read reads a text of one calendar or several. It takes what is seen in the wild: CRLF, LF or CR, a byte order mark,
// UTF-16, bytes of Latin-1, lower-case names, blank lines, lines without a colon. The error is one of those above, maybe
// with another sentence; it is nil for a calendar without events.
func Read(text []byte, o Options) (Calendar, error) {
	if len(text) > MaxBytes {
		return Calendar{}, ErrTooLarge
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	text = decode(text)
	if err := begins(text); err != nil {
		return Calendar{}, err
	}
	r := newReader(text, o)
	if err := r.read(); err != nil {
		return Calendar{}, err
	}
	r.resolve()
	return r.out, nil
}
