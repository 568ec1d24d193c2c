package understanding_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

func day(t *testing.T, text string) civil.Date {
	t.Helper()
	d, err := civil.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestEasterIsWhereTheChurchHasIt(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2028-04-16", "2029-04-01", "2030-04-21", "2038-04-25", "2285-03-22"} {
		want := day(t, text)
		year, _, _ := want.YMD()
		if got := understanding.Easter(year); got != want {
			t.Errorf("Easter of %d is %s; want %s", year, got, want)
		}
	}
}

// TestTheHolidaysOf2026AreThoseThatWereDecreed compares with the calendar of the Ministry of the Interior.
func TestTheHolidaysOf2026AreThoseThatWereDecreed(t *testing.T) {
	t.Parallel()
	off := map[string]bool{}
	for _, text := range []string{
		"2026-01-01", "2026-02-16", "2026-02-17", "2026-03-23", "2026-03-24", "2026-04-02", "2026-04-03", "2026-05-01", "2026-05-25",
		"2026-06-15", "2026-07-09", "2026-07-10", "2026-08-17", "2026-10-12", "2026-11-23", "2026-12-07", "2026-12-08", "2026-12-25",
	} {
		off[text] = true
	}
	h := understanding.Argentina()
	for d := day(t, "2026-01-01"); d.Before(day(t, "2027-01-01")); d = d.AddDays(1) {
		if w := d.Weekday(); w == time.Saturday || w == time.Sunday {
			continue
		}
		if h.Off(d) != off[d.String()] {
			t.Errorf("%s, a %s: off is %t", d, d.Weekday(), h.Off(d))
		}
	}
}

func TestTheOwnersHolidaysCount(t *testing.T) {
	t.Parallel()
	h := understanding.Argentina()
	h.Bridges = append(h.Bridges, day(t, "2027-05-24"))  // beside 25 May, a Tuesday
	h.Moved[day(t, "2027-11-20")] = day(t, "2027-11-22") // a Saturday, moved to Monday
	for today, want := range map[string]string{"2027-05-03": "2027-05-21 2027-05-25", "2027-11-01": "2027-11-19 2027-11-22"} {
		m := understanding.Read("finde largo", understanding.Context{Today: day(t, today), Holidays: h})
		if got := m.CheckIn.String() + " " + m.CheckOut.String(); got != want {
			t.Errorf("the long weekend after %s is %s; want %s", today, got, want)
		}
	}
	if m := understanding.Read("finde largo", understanding.Context{Today: day(t, "2027-05-03")}); m.CheckIn.String() != "2027-06-18" {
		t.Errorf("without the owner's bridge the next long weekend begins on %s", m.CheckIn)
	}
}

func TestAWeekendIsTheOneThatRunsOrTheNext(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		today := monday.AddDays(rapid.IntRange(0, 3000).Draw(t, "days"))
		for _, text := range []string{"este finde", "el próximo finde", "finde"} {
			m := understanding.Read(text, understanding.Context{Today: today})
			if m.CheckIn.Before(today) || m.CheckIn.Sub(today) > 7 || m.CheckOut.Weekday() != time.Sunday {
				t.Fatalf("%s on %s is %s to %s", text, today, m.CheckIn, m.CheckOut)
			}
			if m.Nights != 2 && !(today.Weekday() == time.Saturday && m.CheckIn == today) {
				t.Fatalf("%s on %s has %d nights", text, today, m.Nights)
			}
		}
		m := understanding.Read("finde largo", understanding.Context{Today: today})
		if m.CheckIn.Before(today) || m.Nights < 1 || m.Nights > 6 {
			t.Fatalf("the long weekend after %s is %s to %s", today, m.CheckIn, m.CheckOut)
		}
	})
}
