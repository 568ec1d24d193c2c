package icalendar

import (
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// Entry is a stretch of nights to be written as an event.
type Entry struct {
	UID      string
	Nights   civil.Nights // an entry without a night is left out
	Summary  string
	Changed  time.Time // DTSTAMP and LAST-MODIFIED, in whole seconds; the zero time is written as 1970
	Sequence int       // of the revision, from 0
}

// foldAt is the length of a line at which it is folded, in octets without the line break (RFC 5545 §3.1).
const foldAt = 75

// Append appends a whole calendar to b: the entries in their order, as events of whole days (RFC 5545 §3.6.1, DTEND
// exclusive) with the METHOD:PUBLISH of a feed. The name is what others show it by. Equal entries give equal bytes. What
// controls anything is left out of texts, and what is not UTF-8 is replaced.
func Append(b []byte, name string, entries []Entry) []byte {
	b = append(b, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Cabanas//Calendar 1.0//ES\r\nCALSCALE:GREGORIAN\r\nMETHOD:PUBLISH\r\n"...)
	b = appendText(b, "X-WR-CALNAME:", name)
	for i := range entries {
		if entries[i].Nights.Valid() {
			b = entries[i].append(b)
		}
	}
	return append(b, "END:VCALENDAR\r\n"...)
}

func (e *Entry) append(b []byte) []byte {
	b = append(b, "BEGIN:VEVENT\r\n"...)
	b = appendText(b, "UID:", e.UID)
	b = appendTime(append(b, "DTSTAMP:"...), e.Changed)
	b = appendTime(append(b, "LAST-MODIFIED:"...), e.Changed)
	b = strconv.AppendInt(append(b, "SEQUENCE:"...), int64(max(e.Sequence, 0)), 10)
	b = appendDate(append(b, "\r\nDTSTART;VALUE=DATE:"...), e.Nights.From)
	b = appendDate(append(b, "\r\nDTEND;VALUE=DATE:"...), e.Nights.To)
	b = appendText(append(b, "\r\n"...), "SUMMARY:", e.Summary)
	return append(b, "TRANSP:OPAQUE\r\nSTATUS:CONFIRMED\r\nEND:VEVENT\r\n"...)
}

// appendText appends a property of type TEXT, escaped (RFC 5545 §3.3.11) and folded between characters. An escape may be
// split by a fold: unfolding comes first.
func appendText(b []byte, property, text string) []byte {
	b = append(b, property...)
	begin := len(b) - len(property)
	for i, c := range text {
		escaped := escape(c, text[i:])
		if escaped == "" && !isWritten(c) {
			continue
		}
		if len(b)+max(len(escaped), utf8.RuneLen(c))-begin > foldAt {
			b = append(b, '\r', '\n', ' ')
			begin = len(b) - 1
		}
		if escaped != "" {
			b = append(b, escaped...)
		} else {
			b = utf8.AppendRune(b, c)
		}
	}
	return append(b, '\r', '\n')
}

// escape is what stands for a character, or nothing if it may stand for itself or not at all. A carriage return counts as
// a line break unless one follows.
func escape(c rune, text string) string {
	switch c {
	case '\\':
		return `\\`
	case ';':
		return `\;`
	case ',':
		return `\,`
	case '\n', '\u2028', '\u2029', '\u0085':
		return `\n`
	case '\r':
		if len(text) == 1 || text[1] != '\n' {
			return `\n`
		}
	case '\t':
		return " "
	}
	return ""
}

func appendDate(b []byte, d civil.Date) []byte {
	year, month, day := d.YMD()
	return append(b,
		byte('0'+year/1000), byte('0'+year/100%10), byte('0'+year/10%10), byte('0'+year%10),
		byte('0'+month/10), byte('0'+month%10), byte('0'+day/10), byte('0'+day%10))
}

func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		t = time.Unix(0, 0)
	}
	return t.UTC().AppendFormat(b, "20060102T150405Z\r\n")
}
