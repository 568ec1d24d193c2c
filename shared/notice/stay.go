package notice

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// Event is what of a stay stands in its guest's calendar.
type Event struct {
	Facts
	Host      string // this service's, which makes the event's UID ours: "cabanas.example"
	Cancelled bool
	Sequence  int // higher with every change of the stay, so that a newer file wins
}

// StayICS is the stay as an iCalendar file (RFC 5545) for the guest: one event, published rather than sent as an invitation
// (RFC 5546 §3.2.1), so that nobody is asked to accept it.
//
// Where the hours of arrival and departure are known it goes from the one to the other, in UTC: calendars draw that across
// all its days, show the hours to whoever opens it, and remind of the arrival rather than of midnight; a VTIMEZONE, which
// clients read each in its own way, is not needed for instants. Without hours it is of whole days, up to and including that
// of departure (DTEND is exclusive), since a guest who travels home is not free yet.
//
// It holds no link to the guest's page: people share their calendars, and the link opens the reservation.
func StayICS(lang Language, e Event) []byte {
	v := view(lang, e.Facts)
	var w folder
	w.lines("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Cabanas//Stay//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH", "BEGIN:VEVENT")
	w.line("UID", "stay-"+token(e.Code)+"@"+token(e.Host))
	w.line("DTSTAMP", instant(e.Now))
	w.line("SEQUENCE", strconv.Itoa(max(e.Sequence, 0)))
	w.when(e.Facts)
	w.line("SUMMARY", escape(v.Cabin))
	w.line("LOCATION", escape(v.Place))
	w.line("DESCRIPTION", escape(say(lang.manner().event, v)))
	status := "CONFIRMED"
	if e.Cancelled {
		status = "CANCELLED"
	}
	w.lines("STATUS:"+status, "TRANSP:OPAQUE", "END:VEVENT", "END:VCALENDAR")
	return w.b
}

// when writes the beginning and the end; nothing for a stay without nights.
func (w *folder) when(f Facts) {
	nights := f.Stay.Nights
	switch {
	case !nights.Valid():
	case f.CheckIn > 0 && f.CheckOut > 0:
		w.line("DTSTART", instant(at(nights.From, f.CheckIn, f.Zone)))
		w.line("DTEND", instant(at(nights.To, f.CheckOut, f.Zone)))
	default:
		w.line("DTSTART;VALUE=DATE", basic(nights.From))
		w.line("DTEND;VALUE=DATE", basic(nights.To.AddDays(1)))
	}
}

// at is when the clocks of a zone show a time of day; they may have been changed since midnight.
func at(d civil.Date, sinceMidnight time.Duration, zone *time.Location) time.Time {
	year, month, day := d.YMD()
	return time.Date(year, month, day, 0, int(sinceMidnight/time.Minute), 0, 0, zoneOf(zone))
}

func instant(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

func basic(d civil.Date) string { return strings.ReplaceAll(d.String(), "-", "") }

// token is what may stand in a UID without any ado.
func token(s string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '.' || r == '-') {
			return r
		}
		return -1
	}, s)
}

// escape writes a TEXT value, RFC 5545 §3.3.11.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`).Replace(s)
}

// folder writes lines of at most 75 octets, RFC 5545 §3.1, and never breaks a character.
type folder struct{ b []byte }

const foldAt = 75

func (w *folder) lines(whole ...string) {
	for _, line := range whole {
		w.b = append(w.b, line+"\r\n"...)
	}
}

func (w *folder) line(name, value string) {
	if value == "" {
		return
	}
	room := foldAt
	for _, r := range name + ":" + value {
		if size := utf8.RuneLen(r); size > room {
			w.b = append(w.b, "\r\n "...)
			room = foldAt - 1 // the space counts
		}
		w.b = utf8.AppendRune(w.b, r)
		room -= utf8.RuneLen(r)
	}
	w.b = append(w.b, "\r\n"...)
}
