package booking_test

import (
	"encoding/json"
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

// busyCabin has every kind of line.
func busyCabin(tb testing.TB) *booking.Accommodation {
	tb.Helper()
	a := cabin(tb)
	a.IncludedGuests, a.ExtraGuestPrice, a.CleaningFee = 2, 250_000, 1_500_000
	a.Rates = []booking.Rate{
		{ID: 1, Name: "Summer", Nights: nights(tb, "2026-12-06", "2027-03-01"), Price: 2_000_000},
		{ID: 2, Name: "New Year", Nights: nights(tb, "2026-12-29", "2027-01-03"), Price: 3_000_000},
	}
	return a
}

func TestTheExamplesOfTheDesign(t *testing.T) {
	t.Parallel()
	odd := cabin(t)
	odd.BasePrice, odd.WeekendMultiplier = 1_200_055, 125
	free := cabin(t)
	free.BasePrice, free.IncludedGuests = 0, 1
	checkQuote(t, cabin(t), "2026-12-04", "2026-12-07", 4, 3_400_000, 1_020_000,
		booking.Line{Kind: "nights", Label: "2 weekend nights", Quantity: 2, UnitPrice: 1_200_000, Amount: 2_400_000},
		booking.Line{Kind: "nights", Label: "1 night", Quantity: 1, UnitPrice: 1_000_000, Amount: 1_000_000})
	checkQuote(t, odd, "2027-01-08", "2027-01-11", 2, 4_200_193, 1_260_058,
		booking.Line{Kind: "nights", Label: "2 weekend nights", Quantity: 2, UnitPrice: 1_500_069, Amount: 3_000_138},
		booking.Line{Kind: "nights", Label: "1 night", Quantity: 1, UnitPrice: 1_200_055, Amount: 1_200_055})
	checkQuote(t, free, "2026-12-01", "2026-12-02", 3, 0, 0, // what is free is no line, unless it is a night
		booking.Line{Kind: "nights", Label: "1 night", Quantity: 1})
}

func TestSeasonsExtraGuestsAndCleaningHaveTheirLines(t *testing.T) {
	t.Parallel()
	cleaning := booking.Line{Kind: "cleaning", Label: "Cleaning", Quantity: 1, UnitPrice: 1_500_000, Amount: 1_500_000}
	checkQuote(t, busyCabin(t), "2026-12-03", "2026-12-08", 4, 11_400_000, 3_420_000,
		booking.Line{Kind: "nights", Label: "1 night", Quantity: 1, UnitPrice: 1_000_000, Amount: 1_000_000},
		booking.Line{Kind: "nights", Label: "2 weekend nights", Quantity: 2, UnitPrice: 1_200_000, Amount: 2_400_000},
		booking.Line{Kind: "nights", Label: "2 nights, Summer", Quantity: 2, UnitPrice: 2_000_000, Amount: 4_000_000},
		booking.Line{Kind: "extra_guests", Label: "2 extra guests, 5 nights", Quantity: 10, UnitPrice: 250_000, Amount: 2_500_000},
		cleaning)
	checkQuote(t, busyCabin(t), "2026-12-28", "2027-01-04", 3, 23_450_000, 7_035_000, // a season within a season
		booking.Line{Kind: "nights", Label: "1 night, Summer", Quantity: 1, UnitPrice: 2_000_000, Amount: 2_000_000},
		booking.Line{Kind: "nights", Label: "3 nights, New Year", Quantity: 3, UnitPrice: 3_000_000, Amount: 9_000_000},
		booking.Line{Kind: "nights", Label: "2 weekend nights, New Year", Quantity: 2, UnitPrice: 3_600_000, Amount: 7_200_000},
		booking.Line{Kind: "nights", Label: "1 night, Summer", Quantity: 1, UnitPrice: 2_000_000, Amount: 2_000_000},
		booking.Line{Kind: "extra_guests", Label: "1 extra guest, 7 nights", Quantity: 7, UnitPrice: 250_000, Amount: 1_750_000},
		cleaning)
	checkQuote(t, busyCabin(t), "2026-12-01", "2026-12-02", 2, 2_500_000, 750_000, // all guests included
		booking.Line{Kind: "nights", Label: "1 night", Quantity: 1, UnitPrice: 1_000_000, Amount: 1_000_000},
		cleaning)
}

func checkQuote(
	t *testing.T, a *booking.Accommodation, from, to string, guests int, total, deposit money.Cents, lines ...booking.Line,
) {
	t.Helper()
	got, err := a.Quote(booking.Stay{Nights: nights(t, from, to), Guests: guests})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(lines, got.Lines); diff != "" {
		t.Errorf("lines from %s to %s (-want +got):\n%s", from, to, diff)
	}
	if got.Total != total || got.Deposit != deposit || got.Currency != "ARS" {
		t.Errorf("from %s to %s: %s %s, deposit %s; want %s, %s", from, to, got.Currency, got.Total, got.Deposit, total, deposit)
	}
	if len(got.Nights) == 0 || got.Nights[0] != a.Night(day(t, from)) {
		t.Errorf("the first night is %+v", got.Nights)
	}
}

func TestNightsOfTheSamePriceStayApartWhenTheGuestWouldTellThemApart(t *testing.T) {
	t.Parallel()
	a := cabin(t)
	a.WeekendMultiplier = money.One
	a.Rates = []booking.Rate{{ID: 1, Name: "Summer", Nights: nights(t, "2026-12-06", "2026-12-08"), Price: a.BasePrice}}
	q, err := a.Quote(booking.Stay{Nights: nights(t, "2026-12-03", "2026-12-09"), Guests: 2})
	if err != nil {
		t.Fatal(err)
	}
	var labels []string
	for _, l := range q.Lines {
		labels = append(labels, l.Label)
	}
	want := []string{"1 night", "2 weekend nights", "2 nights, Summer", "1 night"}
	if diff := cmp.Diff(want, labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
}

func TestLinesAreKeptAsJSON(t *testing.T) {
	t.Parallel()
	line := booking.Line{Kind: booking.LineNights, Label: "2 weekend nights", Quantity: 2, UnitPrice: 1_200_000, Amount: 2_400_000}
	const want = `{"kind":"nights","label":"2 weekend nights","quantity":2,"unit_price":"12000.00","amount":"24000.00"}`
	text, err := json.Marshal(line)
	if err != nil || string(text) != want {
		t.Fatalf("Marshal = %s, %v", text, err)
	}
	var got booking.Line
	if err := json.Unmarshal(text, &got); err != nil || got != line {
		t.Errorf("Unmarshal = %+v, %v", got, err)
	}
}

func TestTheDepositIsRoundedHalfUpToTheCent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		price   money.Cents
		percent int
		want    money.Cents
	}{
		{1_000_000, 30, 300_000},
		{5, 30, 2},      // 1.5
		{4, 30, 1},      // 1.2
		{15, 10, 2},     // 1.5
		{149, 1, 1},     // 1.49
		{999, 0, 0},     // no deposit
		{999, 100, 999}, // all at once
		{1, 50, 1},      // half a cent
	} {
		a := cabin(t)
		a.BasePrice, a.DepositPercent = c.price, c.percent
		q, err := a.Quote(booking.Stay{Nights: nights(t, "2026-12-01", "2026-12-02"), Guests: 2})
		if err != nil || q.Deposit != c.want {
			t.Errorf("%d%% of %s = %s, %v; want %s", c.percent, c.price, q.Deposit, err, c.want)
		}
	}
}

func TestAPriceThatNoReservationCouldHoldIsRefused(t *testing.T) {
	t.Parallel()
	one, two := nights(t, "2026-11-30", "2026-12-01"), nights(t, "2026-11-30", "2026-12-02")
	week := nights(t, "2026-11-30", "2026-12-07")
	for _, c := range []struct {
		name   string
		change func(*booking.Accommodation)
		nights civil.Nights
		guests int
		fits   bool
	}{
		{"exactly the largest", func(a *booking.Accommodation) { a.BasePrice = money.Max }, one, 2, true},
		{"a cent above", func(a *booking.Accommodation) { a.BasePrice, a.CleaningFee = money.Max, 1 }, one, 2, false},
		{"two of the largest", func(a *booking.Accommodation) { a.BasePrice = money.Max }, two, 2, false},
		{"a price that was never stored", func(a *booking.Accommodation) { a.BasePrice = math.MaxInt64 }, week, 2, false},
		{"a multiplier that overflows", func(a *booking.Accommodation) {
			a.BasePrice, a.WeekendMultiplier = money.Max, math.MaxInt
		}, week, 2, false},
		{"lines that together would wrap around to nothing", func(a *booking.Accommodation) {
			a.BasePrice, a.CleaningFee, a.IncludedGuests, a.ExtraGuestPrice = 1<<62, 1<<62, 1, 1<<62
		}, one, 3, false},
		{"guests beyond counting", func(a *booking.Accommodation) { a.IncludedGuests, a.ExtraGuestPrice = 1, 1 }, two, math.MaxInt, false},
	} {
		a := cabin(t)
		c.change(a)
		q, err := a.Quote(booking.Stay{Nights: c.nights, Guests: c.guests})
		if c.fits {
			if err != nil || q.Total != money.Max {
				t.Errorf("%s: %s, %v", c.name, q.Total, err)
			}
			continue
		}
		var f *fault.Error
		if !errors.Is(err, booking.ErrAmountTooLarge) || !errors.As(err, &f) || f.Kind != fault.Invalid || len(q.Lines) != 0 {
			t.Errorf("%s: %s, %v", c.name, q.Total, err)
		}
	}
}

func TestAStayBeyondTheHorizonIsNotPriced(t *testing.T) {
	t.Parallel()
	for _, n := range []civil.Nights{
		nights(t, "1900-01-01", "9999-12-31"),
		nights(t, "2026-12-04", "2036-12-04"),
		{From: day(t, "2026-12-04"), To: day(t, "2026-12-04").AddDays(booking.Horizon + 1)},
	} {
		_, err := cabin(t).Quote(booking.Stay{Nights: n, Guests: 2})
		var f *fault.Error
		if !errors.Is(err, booking.ErrTooFar) || !errors.As(err, &f) || len(f.Fields) != 1 || f.Fields[0].Field != "check_out" {
			t.Errorf("%v: %v", n, err)
		}
	}
}

func BenchmarkNight(b *testing.B) {
	b.ReportAllocs()
	a, d := busyCabin(b), day(b, "2026-12-31")
	for b.Loop() {
		_ = a.Night(d)
	}
}

func BenchmarkQuoteOfAWeek(b *testing.B) {
	b.ReportAllocs()
	a, stay := busyCabin(b), booking.Stay{Nights: nights(b, "2026-12-28", "2027-01-04"), Guests: 3}
	for b.Loop() {
		if _, err := a.Quote(stay); err != nil {
			b.Fatal(err)
		}
	}
}
