package notice_test

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/notice"
)

// unfold is the content lines of a calendar, RFC 5545 §3.1, after a look at how they are folded.
func unfold(t rapid.TB, text []byte) []string {
	if !bytes.HasSuffix(text, []byte("END:VCALENDAR\r\n")) || bytes.Count(text, []byte("\n")) != bytes.Count(text, []byte("\r\n")) {
		t.Fatalf("lines do not end as they should:\n%q", text)
	}
	for line := range strings.SplitSeq(string(text), "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) {
			t.Fatalf("a line of %d octets: %q", len(line), line)
		}
	}
	whole := strings.ReplaceAll(string(text), "\r\n ", "")
	return strings.Split(strings.TrimSuffix(whole, "\r\n"), "\r\n")
}

func has(t *testing.T, text []byte, want ...string) {
	t.Helper()
	lines := "\n" + strings.Join(unfold(t, text), "\n") + "\n"
	for _, line := range want {
		if !strings.Contains(lines, "\n"+line+"\n") {
			t.Errorf("there is no line %q in:\n%s", line, lines)
		}
	}
}

func TestAStayGoesFromArrivalToDeparture(t *testing.T) {
	t.Parallel()
	got := notice.StayICS(es, notice.Event{Facts: everything(), Host: "c.example", Sequence: 2})
	has(t, got, "BEGIN:VCALENDAR", "VERSION:2.0", "METHOD:PUBLISH", "UID:stay-ABC123@c.example", "DTSTAMP:20261124T130000Z", "SEQUENCE:2",
		"DTSTART:20261204T170000Z", "DTEND:20261207T130000Z", "SUMMARY:El Refugio", `LOCATION:Ruta 40\, km 2031`, "STATUS:CONFIRMED",
		`DESCRIPTION:Reserva ABC123\nEntrada desde las 14 h\nSalida hasta las 10 h\n2 personas\nContacto: +5492944111111`)
	if bytes.Contains(got, []byte("t=a")) || bytes.Contains(got, []byte("Pérez")) {
		t.Errorf("what a shared calendar must not show:\n%s", got)
	}
}

func TestAStayWithoutHoursIsOfWholeDays(t *testing.T) {
	t.Parallel()
	f := everything()
	f.CheckIn = 0
	has(t, notice.StayICS(es, notice.Event{Facts: f, Host: "c.example"}), "DTSTART;VALUE=DATE:20261204", "DTEND;VALUE=DATE:20261208")
}

func TestACancelledStayIsTakenOutByItsUID(t *testing.T) {
	t.Parallel()
	before := unfold(t, notice.StayICS(es, notice.Event{Facts: everything(), Host: "c.example"}))
	after := unfold(t, notice.StayICS(es, notice.Event{Facts: everything(), Host: "c.example", Cancelled: true, Sequence: 1}))
	if before[6] != after[6] || !strings.HasPrefix(before[6], "UID:") {
		t.Errorf("%q became %q", before[6], after[6])
	}
	if !strings.Contains(strings.Join(after, "\n"), "\nSTATUS:CANCELLED\n") {
		t.Errorf("got %q", after)
	}
}

// TestHoursAreThoseOfTheDay: in Rome the clocks go back on 25 October 2026, between arrival and departure.
func TestHoursAreThoseOfTheDay(t *testing.T) {
	t.Parallel()
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	f := everything()
	f.Zone = rome
	f.Stay.Nights.From, f.Stay.Nights.To = f.Stay.Nights.From.AddDays(-41), f.Stay.Nights.From.AddDays(-40)
	has(t, notice.StayICS(es, notice.Event{Facts: f}), "DTSTART:20261024T120000Z", "DTEND:20261025T090000Z")
}

func TestWhateverIsTypedTheCalendarStaysWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := everything()
		f.Cabin, f.Place = rapid.String().Draw(t, "cabin"), rapid.String().Draw(t, "place")
		f.HostPhone, f.Code = rapid.String().Draw(t, "phone"), rapid.String().Draw(t, "code")
		text := notice.StayICS(es, notice.Event{Facts: f, Host: rapid.String().Draw(t, "host")})
		lines := unfold(t, text)
		names := []string{"BEGIN", "VERSION", "PRODID", "CALSCALE", "METHOD", "BEGIN", "UID", "DTSTAMP", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY", "LOCATION", "DESCRIPTION", "STATUS", "TRANSP", "END", "END"}
		for _, line := range lines {
			name, _, _ := strings.Cut(line, ":")
			for len(names) > 0 && names[0] != name && names[0] == "LOCATION" {
				names = names[1:] // without a place
			}
			if len(names) == 0 || names[0] != name {
				t.Fatalf("a line of somebody else's: %q in\n%s", line, text)
			}
			names = names[1:]
		}
	})
}

func FuzzTheCalendarOfAStay(f *testing.F) {
	f.Add("El Refugio", "Ruta 40; km 2031, \\ñandú")
	f.Add("a\r\nEND:VCALENDAR", strings.Repeat("á", 100))
	f.Fuzz(func(t *testing.T, cabin, place string) {
		facts := everything()
		facts.Cabin, facts.Place = cabin, place
		if lines := unfold(t, notice.StayICS(es, notice.Event{Facts: facts, Host: "c.example"})); len(lines) > 18 {
			t.Errorf("%d lines: %q", len(lines), lines)
		}
	})
}
