package icalendar_test

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"
	"github.com/emersion/go-ical"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/icalendar"
)

func entries(tb testing.TB) []icalendar.Entry {
	tb.Helper()
	return []icalendar.Entry{
		{
			UID: "5d0c@cabins.example", Nights: civil.Nights{From: day(tb, "2026-12-04"), To: day(tb, "2026-12-07")}, Summary: "Reservado",
			Changed: time.Date(2026, time.November, 20, 9, 5, 0, 7, time.FixedZone("", -3*3600)), Sequence: 2,
		},
		{UID: "nothing", Nights: civil.Nights{From: day(tb, "2026-12-04"), To: day(tb, "2026-12-04")}},
		{
			UID: "77aa@cabins.example", Nights: civil.Nights{From: day(tb, "2026-12-31"), To: day(tb, "2027-01-01")},
			Summary: "Bloqueado, por ahora; señal: \\o/\r\nhasta que el techo de la cabaña de atrás esté como nuevo otra vez\x07",
		},
	}
}

func TestACalendarIsWrittenByTheBook(t *testing.T) {
	t.Parallel()
	want := strings.ReplaceAll(`BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Cabanas//Calendar 1.0//ES
CALSCALE:GREGORIAN
METHOD:PUBLISH
X-WR-CALNAME:Cabaña del río
BEGIN:VEVENT
UID:5d0c@cabins.example
DTSTAMP:20261120T120500Z
LAST-MODIFIED:20261120T120500Z
SEQUENCE:2
DTSTART;VALUE=DATE:20261204
DTEND;VALUE=DATE:20261207
SUMMARY:Reservado
TRANSP:OPAQUE
STATUS:CONFIRMED
END:VEVENT
BEGIN:VEVENT
UID:77aa@cabins.example
DTSTAMP:19700101T000000Z
LAST-MODIFIED:19700101T000000Z
SEQUENCE:0
DTSTART;VALUE=DATE:20261231
DTEND;VALUE=DATE:20270101
SUMMARY:Bloqueado\, por ahora\; señal: \\o/\nhasta que el techo de la caba
 ña de atrás esté como nuevo otra vez
TRANSP:OPAQUE
STATUS:CONFIRMED
END:VEVENT
END:VCALENDAR
`, "\n", "\r\n")
	got := string(icalendar.Append([]byte("before"), "Cabaña del río", entries(t)))
	if diff := cmp.Diff("before"+want, got); diff != "" {
		t.Error(diff)
	}
}

// TestNoLineIsLongerThanItMayBe shifts a character of each width over the place where the line is folded.
func TestNoLineIsLongerThanItMayBe(t *testing.T) {
	t.Parallel()
	for _, c := range []string{"x", "ñ", "€", "🏡", ",", "\n"} {
		for n := 50; n < 90; n++ {
			summary := strings.Repeat("x", n) + strings.Repeat(c, 3) + strings.Repeat("y", 100)
			e := entries(t)[:1]
			e[0].Summary = summary
			text := icalendar.Append(nil, strings.Repeat(c, n), e)
			for line := range bytes.SplitSeq(text, []byte("\r\n")) {
				if len(line) > 75 || !utf8.Valid(line) {
					t.Fatalf("%d octets: %q", len(line), line)
				}
			}
			if got := read(t, string(text)); got.Events[0].Summary != summary {
				t.Fatalf("%q came back as %q", summary, got.Events[0].Summary)
			}
		}
	}
}

func TestWhatIsNotTextDoesNoHarm(t *testing.T) {
	t.Parallel()
	e := entries(t)[:1]
	e[0].Summary, e[0].Sequence = "a\x00\x1b\xffb\tc\rd\u0085e\u2028f", -1
	got := read(t, string(icalendar.Append(nil, "\x00", e)))
	if s := got.Events[0]; s.Summary != "a\ufffdb c\nd\ne\nf" || s.Sequence != 0 || got.Name != "" {
		t.Errorf("%q, %+v", s.Summary, got)
	}
}

// anyText is text as a person or an attacker may write it, with what the writer changes taken out: control characters, and
// blanks at its ends.
func anyText(t *rapid.T, label string, longest int) string {
	return strings.TrimSpace(rapid.StringOfN(rapid.OneOf(
		rapid.RuneFrom([]rune("abc ,;:\\\n\"ñ€🏡BEGIN=ÿ\u00a0")), rapid.Rune().Filter(func(c rune) bool {
			return c >= ' ' && c != 0x7F && (c < 0x80 || c > 0x9F) && c != '\u2028' && c != '\u2029' && c != utf8.RuneError
		}),
	), 0, longest, -1).Draw(t, label))
}

func anyEntries(t *rapid.T) []icalendar.Entry {
	list := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) icalendar.Entry {
		from := civil.New(1901, 1, 1).AddDays(rapid.IntRange(0, 2_900_000).Draw(t, "from"))
		return icalendar.Entry{
			UID:     rapid.StringMatching(`[a-f0-9;,]{1,90}@cabins\.example`).Draw(t, "uid"),
			Nights:  civil.Nights{From: from, To: from.AddDays(rapid.IntRange(1, 700).Draw(t, "nights"))},
			Summary: anyText(t, "summary", 70), Sequence: rapid.IntRange(0, 1_000_000).Draw(t, "sequence"),
			Changed: time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "changed"), 0),
		}
	}), 0, 8).Draw(t, "entries")
	seen := make(map[string]bool)
	var unique []icalendar.Entry
	for _, e := range list {
		if !seen[e.UID] {
			unique = append(unique, e)
		}
		seen[e.UID] = true
	}
	return unique
}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	t.Parallel()
	o := patagonia(t)
	rapid.Check(t, func(t *rapid.T) {
		list, name := anyEntries(t), anyText(t, "name", 60)
		text := icalendar.Append(nil, name, list)
		if again := icalendar.Append(nil, name, list); !bytes.Equal(again, text) {
			t.Fatal("written twice, it differs")
		}
		got, err := icalendar.Read(text, o)
		if err != nil || len(got.Skipped) > 0 || got.Name != name || len(got.Events) != len(list) {
			t.Fatalf("%v, %+v", err, got)
		}
		for i, e := range list {
			g := got.Events[i]
			if g.UID != e.UID || g.Nights != e.Nights || g.Summary != e.Summary || g.Sequence != e.Sequence || g.Status != "CONFIRMED" || g.Transparent {
				t.Fatalf("%+v came back as %+v", e, g)
			}
		}
	})
}

// TestOtherParsersReadWhatIsWritten asks two that others have written.
func TestOtherParsersReadWhatIsWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list := anyEntries(t)
		text := icalendar.Append(nil, anyText(t, "name", 60), list)
		first, err := ics.ParseCalendar(bytes.NewReader(text))
		if err != nil || len(first.Events()) != len(list) {
			t.Fatalf("golang-ical: %v\n%s", err, text)
		}
		second, err := ical.NewDecoder(bytes.NewReader(text)).Decode()
		if err != nil || len(second.Events()) != len(list) {
			t.Fatalf("go-ical: %v\n%s", err, text)
		}
		for i, e := range list {
			from, to := e.Nights.From.Time(time.UTC), e.Nights.To.Time(time.UTC)
			a, b := first.Events()[i], second.Events()[i]
			start, err := a.GetAllDayStartAt()
			end, endErr := a.GetAllDayEndAt()
			if err != nil || endErr != nil || civil.Of(start, start.Location()) != e.Nights.From || civil.Of(end, end.Location()) != e.Nights.To || a.Id() != e.UID {
				t.Fatalf("golang-ical reads %+v as %s, %s to %s (%v, %v)", e, a.Id(), start, end, err, endErr)
			}
			start, err = b.DateTimeStart(time.UTC)
			end, endErr = b.DateTimeEnd(time.UTC)
			uid, uidErr := b.Props.Text(ical.PropUID)
			summary, summaryErr := b.Props.Text(ical.PropSummary)
			if err != nil || endErr != nil || uidErr != nil || summaryErr != nil || !start.Equal(from) || !end.Equal(to) || uid != e.UID || summary != e.Summary {
				t.Fatalf("go-ical reads %+v as %s %q, %s to %s (%v, %v)", e, uid, summary, start, end, err, endErr)
			}
		}
	})
}
