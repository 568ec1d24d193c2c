package calendar

import (
	"errors"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/icalendar"
)

// Read reads a feed's text as that of a source ("airbnb", "booking", …), in the cabin's zone. It never fails: a text that is no
// calendar is Fetched.Broken. With it come the events that could not be read.
//
// Not listed is what closes nothing: what is cancelled, what counts as free, what ended more than 30 days ago, and our own
// events coming back as they left us, with a UID of host. Of an event's texts nothing is kept.
func Read(text []byte, source string, zone *time.Location, today civil.Date, host string) (Fetched, []icalendar.Skipped) {
	read, err := icalendar.Read(text, icalendar.Options{Zone: zone, From: today.AddDays(-keepDays), Until: today.AddDays(far)})
	if err != nil {
		return Fetched{Broken: sentence(err)}, nil
	}
	f := Fetched{Listed: make([]Listed, 0, len(read.Events))}
	for _, e := range read.Events {
		if e.Status == "CANCELLED" || e.Transparent || longPast(e.Nights, today) || isOurs(e.UID, host) {
			continue
		}
		kind, sure := classify(e, familyOf(domain(e.UID), read.ProdID, source))
		f.Listed = append(f.Listed, Listed{UID: e.UID, Nights: e.Nights, Kind: kind, Sure: sure})
	}
	for _, s := range read.Skipped {
		if !isOurs(s.UID, host) {
			f.Unreadable = append(f.Unreadable, s.UID)
		}
	}
	return f, read.Skipped
}

func sentence(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Detail
	}
	return "This is not a calendar."
}

// series is the UID that all instances of an event have in common: icalendar names them uid/date.
func series(uid string) string {
	if i := strings.LastIndexByte(uid, '/'); i >= 0 {
		return uid[:i]
	}
	return uid
}

// domain is what stands after the @ of a UID, "" if nothing does.
func domain(uid string) string {
	if i := strings.LastIndexByte(series(uid), '@'); i >= 0 {
		return series(uid)[i+1:]
	}
	return ""
}

func isOurs(uid, host string) bool { return host != "" && strings.EqualFold(domain(uid), host) }
