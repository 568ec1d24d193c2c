package calendar

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/icalendar"
)

// Own is how the events of a cabin are named in the feeds that other sites read. The cabin is part of the name, because two
// cabins of one owner may read each other, as a house and its rooms do: what one sells closes nights of the other, and only
// what comes back to the cabin that it is from closes nothing.
type Own struct {
	CabinID int64
	Host    string // of this service
}

// UID is the name of an event that has an opaque one of its own.
func (o Own) UID(opaque string) string { return opaque + o.ending() }

// Name is what an entry is called. What came from another cabin of ours keeps its name for ever: however cabins read each other,
// it is recognised where it is from, instead of going round as a new event each time.
func (o Own) Name(e Entry) string {
	if e.Origin != "" && strings.EqualFold(domain(e.Origin), o.Host) {
		return e.Origin
	}
	return o.UID(e.UID)
}

func (o Own) ending() string { return "." + strconv.FormatInt(o.CabinID, 10) + "@" + o.Host }

func (o Own) has(uid string) bool {
	return o.Host != "" && strings.HasSuffix(strings.ToLower(series(uid)), strings.ToLower(o.ending()))
}

// Read reads a feed's text as that of a source ("airbnb", "booking", …), in the cabin's zone. It never fails: a text that is no
// calendar is Fetched.Broken. With it come the events that could not be read.
//
// Not listed is what closes nothing: what is cancelled, what counts as free, what ended more than 30 days ago or begins after
// everything that can be booked, and the cabin's own events coming back as they left us. Of an event's texts nothing is kept.
func Read(text []byte, source string, zone *time.Location, today civil.Date, own Own) (Fetched, []icalendar.Skipped) {
	read, err := icalendar.Read(text, icalendar.Options{Zone: zone, From: today.AddDays(-keepDays), Until: today.AddDays(far)})
	if err != nil {
		return Fetched{Broken: sentence(err)}, nil
	}
	f := Fetched{Listed: make([]Listed, 0, len(read.Events))}
	for _, e := range read.Events {
		if e.Status == "CANCELLED" || e.Transparent || outside(e.Nights, today) || own.has(e.UID) {
			continue
		}
		kind, sure := classify(e, familyOf(domain(e.UID), read.ProdID, source))
		f.Listed = append(f.Listed, Listed{UID: e.UID, Nights: e.Nights, Kind: kind, Sure: sure})
	}
	for _, s := range read.Skipped {
		if !own.has(s.UID) {
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
