package icalendar_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the machine may have no zones of its own
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/icalendar"
)

func day(tb testing.TB, text string) civil.Date {
	tb.Helper()
	d, err := civil.Parse(text)
	if err != nil {
		tb.Fatalf("Parse(%q): %v", text, err)
	}
	return d
}

func zone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatal(err)
	}
	return z
}

// patagonia are the options of a cabin in Argentina, whose clocks are three hours behind UTC.
func patagonia(tb testing.TB) icalendar.Options {
	tb.Helper()
	return icalendar.Options{
		Zone: zone(tb, "America/Argentina/Buenos_Aires"),
		From: day(tb, "2026-11-01"), Until: day(tb, "2028-06-01"),
	}
}

// calendarOf is a calendar of components or other lines.
func calendarOf(lines ...string) string {
	return "BEGIN:VCALENDAR\nVERSION:2.0\n" + strings.Join(lines, "\n") + "\nEND:VCALENDAR\n"
}

// eventOf is an event of such lines, named "e" if they do not name it.
func eventOf(lines ...string) string {
	if !strings.HasPrefix(lines[0], "UID:") {
		lines = append([]string{"UID:e"}, lines...)
	}
	return "BEGIN:VEVENT\n" + strings.Join(lines, "\n") + "\nEND:VEVENT"
}

func read(tb testing.TB, text string) icalendar.Calendar {
	tb.Helper()
	c, err := icalendar.Read([]byte(text), patagonia(tb))
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// listed writes the events of a calendar down, one a line: the UID, the first night and the day of departure.
func listed(c icalendar.Calendar) string {
	var lines []string
	for _, e := range c.Events {
		lines = append(lines, e.UID+" "+e.Nights.From.String()+" "+e.Nights.To.String())
	}
	return strings.Join(lines, "\n")
}

// expectEvents complains unless a text lists just those events, and nothing is skipped.
func expectEvents(t *testing.T, text string, want ...string) {
	t.Helper()
	c := read(t, text)
	if diff := cmp.Diff(strings.Join(want, "\n"), listed(c)); diff != "" || len(c.Skipped) > 0 {
		t.Errorf("skipped %v, listed (-want +got):\n%s", c.Skipped, diff)
	}
}

func TestAnEventIsReadWithAllThatMatters(t *testing.T) {
	t.Parallel()
	got := read(t, strings.ReplaceAll(`BEGIN:VCALENDAR
PRODID:-//Cabins Inc//Hosting Calendar 1.0//EN
CALSCALE:GREGORIAN
VERSION:2.0
X-WR-CALNAME:Cabaña\, la grande
BEGIN:VEVENT
DTSTAMP:20260822T073326Z
DTSTART;VALUE=DATE:20261204
DTEND;VALUE=DATE:20261207
SUMMARY:Reserved
UID:1418fb94e984-0a@example.com
DESCRIPTION:Reservation URL: https://www.example.com/hosting/reservations/de
  tails/HM1\nPhone Number (Last 4 Digits): 1234
SEQUENCE:3
STATUS:confirmed
TRANSP:TRANSPARENT
END:VEVENT
END:VCALENDAR
`, "\n", "\r\n"))
	want := icalendar.Calendar{
		ProdID: "-//Cabins Inc//Hosting Calendar 1.0//EN", Name: "Cabaña, la grande",
		Events: []icalendar.Event{{
			UID: "1418fb94e984-0a@example.com", Nights: civil.Nights{From: day(t, "2026-12-04"), To: day(t, "2026-12-07")},
			Summary: "Reserved", Status: "CONFIRMED", Transparent: true, Sequence: 3, Line: 6,
			Description: "Reservation URL: https://www.example.com/hosting/reservations/de tails/HM1\nPhone Number (Last 4 Digits): 1234",
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNightsAreThoseOfTheCabin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, lines, from, to string }{
		{"a whole day", "DTSTART;VALUE=DATE:20261204", "2026-12-04", "2026-12-05"},
		{"whole days, the last not one of them", "DTSTART;VALUE=DATE:20261204\nDTEND;VALUE=DATE:20261207", "2026-12-04", "2026-12-07"},
		{"a day that ends where it begins", "DTSTART;VALUE=DATE:20261204\nDTEND;VALUE=DATE:20261204", "2026-12-04", "2026-12-05"},
		{"a date that does not say that it is one", "DTSTART:20261204\nDTEND:20261207", "2026-12-04", "2026-12-07"},
		{"the end before the beginning in the text", "DTEND;VALUE=DATE:20261207\nDTSTART;VALUE=DATE:20261204", "2026-12-04", "2026-12-07"},
		{"lower case", "dtstart;value=date:20261204\ndtend;value=date:20261207", "2026-12-04", "2026-12-07"},
		{"blanks around", "DTSTART;VALUE=DATE: 20261204 \nDTEND;VALUE=DATE:20261207\t", "2026-12-04", "2026-12-07"},
		{"the punctuation of ISO 8601", "DTSTART:2026-12-04\nDTEND:2026-12-07T10:00:00-03:00", "2026-12-04", "2026-12-07"},
		{"a date with a time of no meaning", "DTSTART;VALUE=DATE:20261204T000000Z\nDTEND;VALUE=DATE:20261207T000000Z", "2026-12-04", "2026-12-07"},
		{"a date with a Z", "DTSTART:20261204Z\nDTEND:20261207Z", "2026-12-04", "2026-12-07"},
		{"a date with a zone", "DTSTART;TZID=Asia/Tokyo;VALUE=DATE:20261204\nDTEND;VALUE=DATE;TZID=Asia/Tokyo:20261207", "2026-12-04", "2026-12-07"},
		{"days", "DTSTART;VALUE=DATE:20261204\nDURATION:P3D", "2026-12-04", "2026-12-07"},
		{"weeks", "DTSTART;VALUE=DATE:20261204\nDURATION:P1W", "2026-12-04", "2026-12-11"},
		{"a day and a bit", "DTSTART;VALUE=DATE:20261204\nDURATION:P1DT1H", "2026-12-04", "2026-12-06"},
		{"hours", "DTSTART;VALUE=DATE:20261204\nDURATION:PT24H", "2026-12-04", "2026-12-05"},
		{"no time at all", "DTSTART;VALUE=DATE:20261204\nDURATION:PT0S", "2026-12-04", "2026-12-05"},
		{"times of a stay", "DTSTART:20261204T150000\nDTEND:20261207T110000", "2026-12-04", "2026-12-07"},
		{"a time without an end", "DTSTART:20261204T150000", "2026-12-04", "2026-12-05"},
		{"an afternoon", "DTSTART:20261204T150000\nDTEND:20261204T160000", "2026-12-04", "2026-12-05"},
		{"from midnight to midnight", "DTSTART:20261204T000000\nDTEND:20261206T000000", "2026-12-04", "2026-12-06"},
		{"until the last minute of a day", "DTSTART:20261204T000000\nDTEND:20261204T235959", "2026-12-04", "2026-12-05"},
		{"a night", "DTSTART:20261204T230000\nDTEND:20261205T070000", "2026-12-04", "2026-12-05"},
		{"UTC", "DTSTART:20261205T013000Z\nDTEND:20261207T140000Z", "2026-12-04", "2026-12-07"},
		{"UTC, the evening before here", "DTSTART:20261205T025959Z\nDTEND:20261206T025959Z", "2026-12-04", "2026-12-05"},
		{"UTC, midnight here", "DTSTART:20261205T030000Z\nDTEND:20261206T030000Z", "2026-12-05", "2026-12-06"},
		{"a zone west of here", "DTSTART;TZID=America/Los_Angeles:20261204T230000\nDTEND;TZID=America/Los_Angeles:20261206T230000", "2026-12-05", "2026-12-07"},
		{"a zone east of here", "DTSTART;TZID=Asia/Tokyo:20261204T010000\nDTEND;TZID=Asia/Tokyo:20261206T010000", "2026-12-03", "2026-12-05"},
		{"two zones", "DTSTART;TZID=Asia/Tokyo:20261204T010000\nDTEND;TZID=America/Los_Angeles:20261206T230000", "2026-12-03", "2026-12-07"},
		{"a time and days", "DTSTART:20261204T150000\nDURATION:P2DT20H", "2026-12-04", "2026-12-07"},
		{"a time and a date", "DTSTART:20261204T150000\nDTEND;VALUE=DATE:20261207", "2026-12-04", "2026-12-07"},
		{"a date and a time", "DTSTART;VALUE=DATE:20261204\nDTEND:20261207T020000Z", "2026-12-04", "2026-12-06"},
		{"an offset", "DTSTART:20261204T233000-0500\nDTEND:20261206T100000+0100", "2026-12-05", "2026-12-06"},
		{"hour 24", "DTSTART:20261204T240000\nDTEND:20261206T240000", "2026-12-05", "2026-12-07"},
		{"a leap second", "DTSTART:20261204T235960", "2026-12-05", "2026-12-06"},
		{"without seconds", "DTSTART:20261204T1500\nDTEND:20261206T1000", "2026-12-04", "2026-12-06"},
		{"both an end and a duration", "DTSTART;VALUE=DATE:20261204\nDTEND;VALUE=DATE:20261207\nDURATION:P1D", "2026-12-04", "2026-12-07"},
		{"a leap day", "DTSTART;VALUE=DATE:20280229", "2028-02-29", "2028-03-01"},
		{"long past", "DTSTART;VALUE=DATE:19990101\nDTEND;VALUE=DATE:19990103", "1999-01-01", "1999-01-03"},
		{"for ever", "DTSTART;VALUE=DATE:20261204\nDTEND;VALUE=DATE:99991230", "2026-12-04", "9999-12-30"},
		{"an alarm in it, with times of its own", "BEGIN:VALARM\nDTSTART:20200101T000000Z\nDURATION:P9D\nUID:alarm\nEND:VALARM\nDTSTART;VALUE=DATE:20261204", "2026-12-04", "2026-12-05"},
		{"an alarm that is not closed", "DTSTART;VALUE=DATE:20261204\nBEGIN:VALARM\nDURATION:P9D", "2026-12-04", "2026-12-05"},
		{"lines that were broken by hand", "DESCRIPTION:Call them\nDuration of the stay unknown\nthey come late: 22 h\nDTSTART;VALUE=DATE:20261204", "2026-12-04", "2026-12-05"},
		{"a quoted parameter with all that parts a line", "DTSTART;X-NOTE=\"a:b;c,d\";VALUE=DATE:20261204", "2026-12-04", "2026-12-05"},
		{"a property that is there twice", "DTSTART;VALUE=DATE:20261204\nDTSTART;VALUE=DATE:20261220", "2026-12-04", "2026-12-05"},
		{"a bad DTSTAMP", "DTSTAMP:yesterday\nDTSTART;VALUE=DATE:20261204", "2026-12-04", "2026-12-05"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			expectEvents(t, calendarOf(eventOf(c.lines)), "e "+c.from+" "+c.to)
		})
	}
}

func TestABadEventIsReportedWithItsLineAndLosesNoOther(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, lines, reason string }{
		{"without a beginning", "SUMMARY:x", "has no DTSTART"},
		{"with an empty one", "DTSTART:", "has a DTSTART that is no date, in line 9"},
		{"a month that nobody has", "DTSTART;VALUE=DATE:20281345", "has a DTSTART that is no date, in line 9"},
		{"a day that no calendar has", "DTSTART;VALUE=DATE:20260230", "has a DTSTART that is no date, in line 9"},
		{"the year 0", "DTSTART;VALUE=DATE:00000101", "has a DTSTART that is no date, in line 9"},
		{"before any date there is", "DTSTART;VALUE=DATE:18991231", "has a DTSTART that is no date, in line 9"},
		{"the last day of all", "DTSTART;VALUE=DATE:99991231", "has a DTSTART that is no date, in line 9"},
		{"an hour that nobody has", "DTSTART:20261204T250000", "has a DTSTART that is no date, in line 9"},
		{"more than a time", "DTSTART:20261204T150000Zulu", "has a DTSTART that is no date, in line 9"},
		{"words", "DTSTART:next year", "has a DTSTART that is no date, in line 9"},
		{"a bad end", "DTSTART:20261204\nDTEND:20261304", "has a DTEND that is no date, in line 10"},
		{"backwards", "DTSTART:20261204\nDTEND:20261203", "ends before it begins"},
		{"backwards in time", "DTSTART:20261204T150000Z\nDTEND:20261204T145959Z", "ends before it begins"},
		{"backwards over two zones", "DTSTART:20261204T150000Z\nDTEND;TZID=Asia/Tokyo:20261204T150000", "ends before it begins"},
		{"backwards from a time to a date", "DTSTART:20261204T150000Z\nDTEND;VALUE=DATE:20261203", "ends before it begins"},
		{"a bad duration", "DTSTART:20261204\nDURATION:3 days", "has a DURATION that cannot be read, in line 10"},
		{"a negative duration", "DTSTART:20261204\nDURATION:-P1D", "has a DURATION that cannot be read, in line 10"},
		{"an empty duration", "DTSTART:20261204\nDURATION:P", "has a DURATION that cannot be read, in line 10"},
		{"an endless duration", "DTSTART:20261204\nDURATION:P9999999999D", "has a DURATION that cannot be read, in line 10"},
		{"a beginning without a colon", "DTSTART;VALUE=DATE 20261204", "has a DTSTART without a colon"},
		{"an end without a colon", "DTSTART:20261204\nDTEND 20261207", "has a DTEND without a colon"},
		{"a recurrence-id that is none", "DTSTART:20261204\nRECURRENCE-ID:first", "has a RECURRENCE-ID that is no date, in line 10"},
		{"a line without end", "DTSTART:20261204" + strings.Repeat(" ", 300<<10), "has a line that is too long to be read, in line 9"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			good := func(uid string) string { return eventOf("UID:"+uid, "DTSTART;VALUE=DATE:20270101") }
			got := read(t, calendarOf(good("a"), eventOf("UID:bad", c.lines), good("b")))
			if want := "a 2027-01-01 2027-01-02\nb 2027-01-01 2027-01-02"; listed(got) != want {
				t.Errorf("listed\n%s", listed(got))
			}
			want := []icalendar.Skipped{{Line: 7, UID: "bad", Reason: c.reason}}
			if diff := cmp.Diff(want, got.Skipped); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEventsWhoseBordersAreBrokenAreReported(t *testing.T) {
	t.Parallel()
	const good = "BEGIN:VEVENT\nUID:good\nDTSTART:20261204\nEND:VEVENT"
	for _, c := range []struct {
		name, text string
		skipped    icalendar.Skipped
	}{
		{"without an end, another follows", calendarOf("BEGIN:VEVENT\nUID:bad\nDTSTART:20261204", good), icalendar.Skipped{Line: 3, UID: "bad", Reason: "is not closed by END:VEVENT"}},
		{"without an end, the last", calendarOf(good, "BEGIN:VEVENT\nUID:bad\nDTSTART:20261204"), icalendar.Skipped{Line: 7, UID: "bad", Reason: "is not closed by END:VEVENT"}},
		{"with the end of another component", calendarOf("BEGIN:VEVENT\nUID:bad\nEND:VTODO", good), icalendar.Skipped{Line: 3, UID: "bad", Reason: "is not closed by END:VEVENT"}},
		{"without a beginning", calendarOf("BEGIN VEVENT\nUID:bad\nDTSTART:20261204\nEND:VEVENT", good), icalendar.Skipped{Line: 6, UID: "bad", Reason: "is closed by END:VEVENT and never begins"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := read(t, c.text)
			if listed(got) != "good 2026-12-04 2026-12-05" {
				t.Errorf("listed %q", listed(got))
			}
			if diff := cmp.Diff([]icalendar.Skipped{c.skipped}, got.Skipped); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestATextIsReadHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	const text = "BEGIN:VCALENDAR\nVERSION:2.0\nX-WR-CALNAME:Cabaña\nBEGIN:VEVENT\nUID:e\nDTSTART;VALUE=DATE:20261204\n" +
		"SUMMARY:Peñ\n a y 🏡\nEND:VEVENT\nEND:VCALENDAR\n"
	wide := func(b []byte, put func([]byte, uint16) []byte) string {
		for _, unit := range utf16.Encode([]rune(text)) {
			b = put(b, unit)
		}
		return string(b)
	}
	for _, c := range []struct{ name, text string }{
		{"LF", text},
		{"CRLF", strings.ReplaceAll(text, "\n", "\r\n")},
		{"CR", strings.ReplaceAll(text, "\n", "\r")},
		{"CR CR LF", strings.ReplaceAll(text, "\n", "\r\r\n")},
		{"a mixture", strings.Replace(strings.Replace(text, "\n", "\r\n", 3), "\r\n", "\r", 1)},
		{"blank lines", strings.ReplaceAll(text, "\n", "\n\n")},
		{"a byte order mark", "\ufeff" + text},
		{"a byte order mark and blank lines", "\ufeff\r\n \r\n" + text},
		{"no line break at the end", strings.TrimSpace(text)},
		{"blanks behind", text + " \r\n\t\r\n\x00"},
		{"a remark behind", text + "<!-- served in 0.1 s -->\n"},
		{"lower-case components", strings.ReplaceAll(strings.ReplaceAll(text, "BEGIN:V", "begin:v"), "END:V", "End:v")},
		{"blanks at the end of lines", strings.ReplaceAll(text, "VEVENT\n", "VEVENT \t\n")},
		{"folded in a character", strings.Replace(text, "🏡", "\xf0\x9f\n \x8f\n\t\xa1", 1)},
		{"UTF-16, little end first", wide([]byte("\xff\xfe"), func(b []byte, u uint16) []byte { return append(b, byte(u), byte(u>>8)) })},
		{"UTF-16, big end first", wide([]byte("\xfe\xff"), func(b []byte, u uint16) []byte { return append(b, byte(u>>8), byte(u)) })},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := read(t, c.text)
			if listed(got) != "e 2026-12-04 2026-12-05" || got.Name != "Cabaña" || got.Events[0].Summary != "Peña y 🏡" || len(got.Skipped) > 0 {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestTextsAreDecoded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, value, want string }{
		{"escapes", `a\nb\Nc\,d\;e\\f\"g\`, "a\nb\nc,d;e\\f\"g\\"},
		{"Latin-1", "Caba\xf1a de Jos\xe9", "Cabaña de José"},
		{"Latin-1 and UTF-8", "Peña \xf1", "Peña ñ"},
		{"control characters", "a\x00b\x07c\x7fd\u0085e\tf", "abcde\tf"},
		{"blanks around", "  a ", "a"},
		{"an escape before a letter that is none of ASCII", `a\ñ`, `a\ñ`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := read(t, calendarOf(eventOf("DTSTART:20261204", "DESCRIPTION:"+c.value)))
			if got.Events[0].Description != c.want {
				t.Errorf("%q", got.Events[0].Description)
			}
		})
	}
}

func TestLongTextsAreCutAndLoseNoNights(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 1<<20)
	var folded strings.Builder
	for range 20_000 {
		folded.WriteString(strings.Repeat("x", 70) + "\r\n ")
	}
	got := read(t, calendarOf(eventOf("DTSTART:20261204", "SUMMARY:"+long, "DESCRIPTION:"+folded.String(), "ATTACH:"+long, "DTEND:20261207")))
	if listed(got) != "e 2026-12-04 2026-12-07" || len(got.Skipped) > 0 {
		t.Fatalf("%q, %v", listed(got), got.Skipped)
	}
	if e := got.Events[0]; len(e.Summary) != 300 || len(e.Description) != 2000 {
		t.Errorf("%d and %d bytes", len(e.Summary), len(e.Description))
	}
}

func TestAUIDIsKeptShortAndStaysUnique(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ñ", 5_000)
	c := read(t, calendarOf(
		eventOf("UID:"+long+"1", "DTSTART:20261204"), eventOf("UID:"+long+"2", "DTSTART:20261204"),
		eventOf("UID: a\x00b ", "DTSTART:20261204"), eventOf("UID:"+strings.Repeat("a", 230), "DTSTART:20261204"),
	))
	if len(c.Events) != 4 || c.Events[0].UID == c.Events[1].UID || c.Events[2].UID != "ab" || c.Events[3].UID != strings.Repeat("a", 230) {
		t.Fatalf("%s", listed(c))
	}
	for _, e := range c.Events {
		if len(e.UID) > 230 {
			t.Errorf("%d bytes", len(e.UID))
		}
	}
}

func TestAnEventWithoutAUIDIsNamedAfterItsNights(t *testing.T) {
	t.Parallel()
	c := read(t, "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261204\nDTEND:20261207\nEND:VEVENT\n"+
		"BEGIN:VEVENT\nDTSTART:20261220\nUID:\nEND:VEVENT\n"+
		"BEGIN:VEVENT\nDTSTART:20261204\nDTEND:20261207\nSTATUS:CANCELLED\nEND:VEVENT\nEND:VCALENDAR")
	want := "2026-12-04/2026-12-07 2026-12-04 2026-12-07\n2026-12-20/2026-12-21 2026-12-20 2026-12-21\n2026-12-04/2026-12-07/2 2026-12-04 2026-12-07"
	if listed(c) != want || c.Events[0].Status != "" {
		t.Errorf("%s", listed(c))
	}
}

func TestSeveralCalendarsInOneTextAreRead(t *testing.T) {
	t.Parallel()
	expectEvents(t, calendarOf(eventOf("UID:a", "DTSTART:20261204"))+"\n"+calendarOf()+calendarOf(eventOf("UID:b", "DTSTART:20261205")),
		"a 2026-12-04 2026-12-05", "b 2026-12-05 2026-12-06")
}

func TestOtherComponentsAreNoEvents(t *testing.T) {
	t.Parallel()
	expectEvents(t, calendarOf("BEGIN:VTODO\nUID:t\nDTSTART:20261204\nEND:VTODO", "BEGIN:VFREEBUSY\nDTSTART:20261204\nEND:VFREEBUSY",
		"BEGIN:X-COMPONENT\nBEGIN:X-INNER\nEND:X-INNER\nEND:X-COMPONENT", eventOf("DTSTART:20261204")), "e 2026-12-04 2026-12-05")
}

func TestACancelledOrTransparentEventIsReportedAsSuch(t *testing.T) {
	t.Parallel()
	c := read(t, calendarOf(eventOf("UID:a", "DTSTART:20261204", "STATUS: cancelled"), eventOf("UID:b", "DTSTART:20261204", "TRANSP:transparent"), eventOf("UID:c", "DTSTART:20261204", "TRANSP:OPAQUE")))
	if a, b, last := c.Events[0], c.Events[1], c.Events[2]; a.Status != "CANCELLED" || a.Transparent || !b.Transparent || b.Status != "" || last.Transparent {
		t.Errorf("%+v", c.Events)
	}
}

func TestACalendarWithoutEventsIsOne(t *testing.T) {
	t.Parallel()
	if c := read(t, calendarOf("PRODID:x")); len(c.Events) > 0 || c.ProdID != "x" {
		t.Errorf("%+v", c)
	}
}

func TestWhatIsNoWholeCalendarIsAnError(t *testing.T) {
	t.Parallel()
	good := calendarOf(eventOf("DTSTART:20261204"))
	var many strings.Builder
	for i := range icalendar.MaxEvents + 1 {
		fmt.Fprintf(&many, "BEGIN:VEVENT\nUID:%d\nDTSTART:20261204\nEND:VEVENT\n", i)
	}
	for _, c := range []struct {
		name, text string
		want       error
	}{
		{"nothing", "", icalendar.ErrEmpty},
		{"a byte order mark", "\ufeff", icalendar.ErrEmpty},
		{"blanks", " \r\n\t\n\x00", icalendar.ErrEmpty},
		{"a web page", "<!DOCTYPE html><html><body>BEGIN:VCALENDAR</body></html>", icalendar.ErrNotACalendar},
		{"a web page around a calendar", "<html>\n" + good + "</html>", icalendar.ErrNotACalendar},
		{"an error in JSON", `{"code":500,"message":"oops"}`, icalendar.ErrNotACalendar},
		{"words", "Calendar not found", icalendar.ErrNotACalendar},
		{"an event alone", "BEGIN:VEVENT\nEND:VEVENT\n", icalendar.ErrNotACalendar},
		{"a component of a longer name", "BEGIN:VCALENDARS\nEND:VCALENDARS\n", icalendar.ErrNotACalendar},
		{"more in the first line", "BEGIN:VCALENDAR VERSION:2.0\nEND:VCALENDAR\n", icalendar.ErrNotACalendar},
		{"the first line folded with the second", "BEGIN:VCALENDAR\n VERSION:2.0\nEND:VCALENDAR\n", icalendar.ErrNotACalendar},
		{"no end", "BEGIN:VCALENDAR\nVERSION:2.0\n", icalendar.ErrTruncated},
		{"an error behind an unfinished calendar", "BEGIN:VCALENDAR\n" + eventOf("DTSTART:20261204") + "\n<b>Fatal error</b>", icalendar.ErrTruncated},
		{"the end of something else", "BEGIN:VCALENDAR\nEND:VCALENDARS\n", icalendar.ErrTruncated},
		{"an unfinished calendar, then a whole one", "BEGIN:VCALENDAR\n" + eventOf("DTSTART:20261204") + "\n" + good, icalendar.ErrTruncated},
		{"a whole calendar, then an unfinished one", good + "BEGIN:VCALENDAR\n", icalendar.ErrTruncated},
		{"a whole calendar, then the beginning of another's first line", good + "BEGIN:VCAL", icalendar.ErrTruncated},
		{"an event behind the end", good + eventOf("DTSTART:20261205"), icalendar.ErrTruncated},
		{"nested without end", "BEGIN:VCALENDAR\n" + strings.Repeat("BEGIN:X\n", 1_000) + strings.Repeat("END:X\n", 1_000) + "END:VCALENDAR", icalendar.ErrNotACalendar},
		{"too many bytes", good + strings.Repeat("\n", icalendar.MaxBytes), icalendar.ErrTooLarge},
		{"too many events", calendarOf(many.String()), icalendar.ErrTooManyEvents},
		{"too many ends of events", calendarOf(strings.Repeat("END:VEVENT\n", icalendar.MaxEvents+1)), icalendar.ErrTooManyEvents},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := icalendar.Read([]byte(c.text), patagonia(t))
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if len(got.Events)+len(got.Skipped) > 0 {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestACalendarCutAnywhereIsAnError(t *testing.T) {
	t.Parallel()
	whole := strings.ReplaceAll(calendarOf("BEGIN:VTIMEZONE\nTZID:X\nBEGIN:STANDARD\nTZOFFSETTO:-0300\nDTSTART:19700101T000000\nEND:STANDARD\nEND:VTIMEZONE",
		eventOf("UID:a", "DTSTART;VALUE=DATE:20261204", "SUMMARY:one"), eventOf("UID:b", "DTSTART;TZID=X:20261204T150000", "DESCRIPTION:two\n  more", "BEGIN:VALARM\nEND:VALARM")), "\n", "\r\n")
	text := strings.TrimSpace(whole)
	for _, second := range []string{"", whole} {
		for i := range len(text) {
			if _, err := icalendar.Read([]byte(second+text[:i]), patagonia(t)); err == nil && (second == "" || i > 0) {
				t.Fatalf("a calendar that ends with %q is believed", text[max(0, i-20):i])
			}
		}
	}
	if c := read(t, text); len(c.Events) != 2 {
		t.Errorf("%+v", c)
	}
}
