package booking_test

import (
	"testing"
	"time"
	_ "time/tzdata" // the machine may have no zones of its own

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

// day reads a date that a test writes down.
func day(tb testing.TB, text string) civil.Date {
	tb.Helper()
	d, err := civil.Parse(text)
	if err != nil {
		tb.Fatalf("Parse(%q): %v", text, err)
	}
	return d
}

func nights(tb testing.TB, from, to string) civil.Nights {
	tb.Helper()
	return civil.Nights{From: day(tb, from), To: day(tb, to)}
}

func zone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatal(err)
	}
	return z
}

// cabin is one with round numbers: 10 000 a night, a fifth more at the weekend, for four.
func cabin(tb testing.TB) *booking.Accommodation {
	tb.Helper()
	return &booking.Accommodation{
		ID:                1,
		Capacity:          4,
		Currency:          "ARS",
		BasePrice:         1_000_000,
		WeekendMultiplier: 120,
		WeekendNights:     booking.DefaultWeekend,
		DepositPercent:    30,
		MinNights:         1,
		MaxNights:         60,
		Zone:              zone(tb, "America/Argentina/Buenos_Aires"),
		Policy:            booking.PolicyFlexible,
	}
}

func TestTodayIsTheCabinsDate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, now, zone, want string }{
		{"01:00 UTC is still yesterday in Buenos Aires", "2026-12-04T01:00:00Z", "America/Argentina/Buenos_Aires", "2026-12-03"},
		{"03:00 UTC is midnight there", "2026-12-04T03:00:00Z", "America/Argentina/Buenos_Aires", "2026-12-04"},
		{"the server may stand anywhere", "2026-12-04T10:00:00+09:00", "America/Argentina/Buenos_Aires", "2026-12-03"},
		{"the year turns late", "2027-01-01T02:59:59Z", "America/Argentina/Buenos_Aires", "2026-12-31"},
		{"summer in Santiago", "2026-12-04T02:59:59Z", "America/Santiago", "2026-12-03"},
		{"winter in Santiago", "2026-06-04T03:59:59Z", "America/Santiago", "2026-06-03"},
		{"winter in Santiago, a second later", "2026-06-04T04:00:00Z", "America/Santiago", "2026-06-04"},
		{"it is already tomorrow in Auckland", "2026-12-04T12:00:00Z", "Pacific/Auckland", "2026-12-05"},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		a := cabin(t)
		a.Zone = zone(t, c.zone)
		if got := a.Today(now).String(); got != c.want {
			t.Errorf("%s: today is %s, want %s", c.name, got, c.want)
		}
	}
}

func TestWeekdaysAreReadFromISONumbers(t *testing.T) {
	t.Parallel()
	for iso := range int16(7) {
		day := time.Weekday((iso + 1) % 7) // ISO 1 is Monday, 7 is Sunday
		set := booking.WeekdaysFromISO([]int16{iso + 1})
		for other := time.Sunday; other <= time.Saturday; other++ {
			if set.Has(other) != (other == day) {
				t.Errorf("ISO day %d: has %s %t", iso+1, other, set.Has(other))
			}
		}
	}
	if got := booking.WeekdaysFromISO([]int16{5, 6}); got != booking.DefaultWeekend {
		t.Errorf("5 and 6 are %b, not the default weekend", got)
	}
	if got := booking.WeekdaysFromISO([]int16{0, 8, -1, 15, 32767, -32768}); got != 0 {
		t.Errorf("numbers that are no days are %b", got)
	}
	if got := booking.WeekdaysFromISO(nil); got != 0 {
		t.Errorf("no days are %b", got)
	}
}

func TestTheWeekendIsTheNightsOfFridayAndSaturdayUnlessTheCabinSaysOtherwise(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		weekend booking.Weekdays
		want    string // Monday to Sunday of the week of 30 November 2026
	}{
		{"as the trade does", booking.DefaultWeekend, "....WW."},
		{"Sundays too", booking.WeekdaysFromISO([]int16{5, 6, 7}), "....WWW"},
		{"Mondays only", booking.WeekdaysFromISO([]int16{1}), "W......"},
		{"never", 0, "......."},
		{"always", booking.WeekdaysFromISO([]int16{1, 2, 3, 4, 5, 6, 7}), "WWWWWWW"},
	} {
		a := cabin(t)
		a.WeekendNights = c.weekend
		for i, want := range c.want {
			n := a.Night(day(t, "2026-11-30").AddDays(i))
			price := money.Cents(1_000_000)
			if want == 'W' {
				price = 1_200_000
			}
			if n.Weekend != (want == 'W') || n.Price != price {
				t.Errorf("%s: the night of %s costs %s, weekend %t", c.name, n.Date.Weekday(), n.Price, n.Weekend)
			}
		}
	}
}

func TestTheShortestSeasonWinsAndThenTheNewest(t *testing.T) {
	t.Parallel()
	a := cabin(t)
	a.WeekendNights, a.MinNights = 0, 2
	a.Rates = []booking.Rate{
		{ID: 4, Name: "Christmas", Nights: nights(t, "2026-12-24", "2026-12-27"), Price: 400, MinNights: 3},
		{ID: 9, Name: "Summer", Nights: nights(t, "2026-12-15", "2027-03-01"), Price: 200},
		{ID: 7, Name: "Fair, corrected", Nights: nights(t, "2027-01-10", "2027-01-12"), Price: 700, MinNights: 1},
		{ID: 6, Name: "Fair", Nights: nights(t, "2027-01-11", "2027-01-13"), Price: 600, MinNights: 5},
		{ID: 8, Name: "Backwards", Nights: nights(t, "2027-02-10", "2027-02-01"), Price: 800},
	}
	for _, c := range []struct {
		date, season string
		price        money.Cents
		minNights    int
	}{
		{"2026-12-14", "", 1_000_000, 2},
		{"2026-12-15", "Summer", 200, 2},
		{"2026-12-23", "Summer", 200, 2},
		{"2026-12-24", "Christmas", 400, 3},
		{"2026-12-26", "Christmas", 400, 3},
		{"2026-12-27", "Summer", 200, 2},
		{"2027-01-10", "Fair, corrected", 700, 1},
		{"2027-01-11", "Fair, corrected", 700, 1},
		{"2027-01-12", "Fair", 600, 5},
		{"2027-02-05", "Summer", 200, 2},
		{"2027-02-28", "Summer", 200, 2},
		{"2027-03-01", "", 1_000_000, 2},
	} {
		n := a.Night(day(t, c.date))
		if n.Season != c.season || n.Price != c.price || n.MinNights != c.minNights || n.Weekend {
			t.Errorf("the night of %s is %+v", c.date, n)
		}
	}
}

func TestTheOrderOfSeasonsDoesNotMatter(t *testing.T) {
	t.Parallel()
	rates := []booking.Rate{
		{ID: 1, Name: "long", Nights: nights(t, "2026-12-01", "2026-12-31"), Price: 100},
		{ID: 2, Name: "older", Nights: nights(t, "2026-12-05", "2026-12-08"), Price: 200},
		{ID: 3, Name: "newer", Nights: nights(t, "2026-12-06", "2026-12-09"), Price: 300},
	}
	for _, order := range [][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		a := cabin(t)
		a.Rates = []booking.Rate{rates[order[0]], rates[order[1]], rates[order[2]]}
		if got := a.Night(day(t, "2026-12-07")).Season; got != "newer" {
			t.Errorf("in the order %v the season is %q", order, got)
		}
	}
}

func TestTheWeekendCountsInASeasonTooAndIsRoundedNightByNight(t *testing.T) {
	t.Parallel()
	a := cabin(t)
	a.BasePrice, a.WeekendMultiplier = 1_200_055, 125
	a.Rates = []booking.Rate{{ID: 1, Name: "Summer", Nights: nights(t, "2027-01-09", "2027-01-10"), Price: 2}}
	if n := a.Night(day(t, "2027-01-08")); n.Price != 1_500_069 { // 15000.6875
		t.Errorf("Friday costs %s", n.Price)
	}
	if n := a.Night(day(t, "2027-01-09")); n.Price != 3 || !n.Weekend || n.Season != "Summer" { // 0.025
		t.Errorf("Saturday in the season is %+v", n)
	}
}

// TestANightAllocatesNothing is not parallel: allocations are counted for the whole process.
func TestANightAllocatesNothing(t *testing.T) {
	a, d := busyCabin(t), day(t, "2026-12-04")
	var sum money.Cents
	if n := testing.AllocsPerRun(100, func() { sum += a.Night(d).Price }); n != 0 || sum == 0 {
		t.Errorf("%v allocations", n)
	}
}
