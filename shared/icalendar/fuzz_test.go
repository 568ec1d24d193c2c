package icalendar_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/eevans-d/sist-cabanas/shared/icalendar"
)

func FuzzRead(f *testing.F) {
	o := patagonia(f)
	event := eventOf("DTSTART;VALUE=DATE:20261204", "DTEND;VALUE=DATE:20261207", "SUMMARY:Reserved")
	for _, text := range []string{
		"", "\ufeff", "<html>", "BEGIN:VCALENDAR", calendarOf(event), strings.ReplaceAll(calendarOf(event, event), "\n", "\r\n"),
		calendarOf(eventOf("DTSTART;TZID=\"(UTC-05:00) Bogota, Lima\":20261204T150000", "DURATION:P2DT3H", "DESCRIPTION:a\\nb\n  c\xe9")),
		calendarOf("BEGIN:VTIMEZONE\nTZID:X\nBEGIN:DAYLIGHT\nDTSTART:16010101T020000\nTZOFFSETFROM:-0400\nTZOFFSETTO:-0300\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nRDATE:20270101T000000\nEND:DAYLIGHT\nEND:VTIMEZONE",
			eventOf("DTSTART;TZID=X:20261204T150000", "DTEND;TZID=Asia/Tokyo:20261206T100000", "RRULE:FREQ=WEEKLY;BYDAY=MO,FR;UNTIL=20270301T000000Z;WKST=SU", "EXDATE;TZID=X:20261207T150000"),
			eventOf("RECURRENCE-ID;TZID=X:20261211T150000", "DTSTART:20261212T150000Z", "SEQUENCE:1", "STATUS:CANCELLED")),
		calendarOf(eventOf("DTSTART:19000102", "RRULE:FREQ=YEARLY;BYWEEKNO=1,-1;BYDAY=MO,-1SU;BYYEARDAY=1,-1;BYSETPOS=1,-1;COUNT=9;INTERVAL=3", "RDATE;VALUE=PERIOD:20261204T000000Z/PT5H")),
		calendarOf(eventOf("DTSTART:20240229", "RRULE:FREQ=MONTHLY;BYMONTHDAY=-1,31;BYMONTH=2,12;BYHOUR=1,23")),
		calendarOf("BEGIN:VEVENT\nBEGIN:VALARM\nEND:VEVENT\nBEGIN:VEVENT\nEND:VTODO", event) + calendarOf(event) + "END:VEVENT",
		"\xff\xfeB\x00E\x00G\x00I\x00N\x00", "\xfe\xff\x00B\xd8\x3c", "BEGIN:VCALENDAR\rEND:VCALENDAR\r",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := icalendar.Read(text, o)
		if err != nil {
			if len(c.Events)+len(c.Skipped) > 0 {
				t.Fatalf("%v, and yet %+v", err, c)
			}
			return
		}
		if ended := bytes.Contains(bytes.ToUpper(text), []byte("END")) || bytes.Contains(bytes.ToUpper(text), []byte("E\x00N")); !ended && !bytes.ContainsAny(text, "\n\r") {
			t.Fatal("a calendar without an end")
		}
		if len(c.Events) > icalendar.MaxEvents {
			t.Fatalf("%d events", len(c.Events))
		}
		lines := bytes.Count(text, []byte("\n")) + bytes.Count(text, []byte("\r")) + 1
		names := make(map[string]bool, len(c.Events))
		for _, e := range c.Events {
			if !e.Nights.Valid() || e.UID == "" || names[e.UID] || len(e.UID) > 300 || e.Line < 1 || e.Line > lines ||
				!utf8.ValidString(e.UID+e.Summary+e.Description+e.Status) || strings.ContainsRune(e.UID+e.Summary+e.Description, 0) {
				t.Fatalf("%+v", e)
			}
			names[e.UID] = true
		}
		for _, s := range c.Skipped {
			if s.Line < 1 || s.Line > lines || s.Reason == "" || !utf8.ValidString(s.UID) {
				t.Fatalf("%+v", s)
			}
		}
	})
}
