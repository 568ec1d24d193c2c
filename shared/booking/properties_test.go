package booking_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

func anyNights(t *rapid.T, label string, longest int) civil.Nights {
	from := civil.New(2026, time.December, 1).AddDays(rapid.IntRange(-30, 400).Draw(t, label+" from"))
	return civil.Nights{From: from, To: from.AddDays(rapid.IntRange(1, longest).Draw(t, label+" nights"))}
}

// anyCabin has prices low enough for any stay that anyNights draws, and seasons that overlap as they please.
func anyCabin(t *rapid.T) *booking.Accommodation {
	price := rapid.Int64Range(0, 1_000_000_000)
	a := &booking.Accommodation{
		Capacity:          100,
		BasePrice:         money.Cents(price.Draw(t, "base")),
		WeekendMultiplier: money.Factor(rapid.IntRange(1, 300).Draw(t, "multiplier")),
		WeekendNights:     booking.Weekdays(rapid.IntRange(0, 127).Draw(t, "weekend")),
		IncludedGuests:    rapid.IntRange(0, 6).Draw(t, "included"),
		ExtraGuestPrice:   money.Cents(price.Draw(t, "extra") / 100),
		CleaningFee:       money.Cents(price.Draw(t, "cleaning")),
		DepositPercent:    rapid.IntRange(0, 100).Draw(t, "deposit"),
		MinNights:         1,
	}
	for i := range rapid.IntRange(0, 5).Draw(t, "seasons") {
		a.Rates = append(a.Rates, booking.Rate{
			ID: int64(i), Name: rapid.SampledFrom([]string{"Summer", "Easter"}).Draw(t, "name"),
			Nights: anyNights(t, "season", 60), Price: money.Cents(price.Draw(t, "rate")),
		})
	}
	return a
}

func anyQuote(t *rapid.T, a *booking.Accommodation, stay booking.Stay) booking.Quote {
	q, err := a.Quote(stay)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// lodgingOf is what a quote's nights cost, without extras.
func lodgingOf(q booking.Quote) money.Cents {
	var sum money.Cents
	for _, n := range q.Nights {
		sum += n.Price
	}
	return sum
}

func TestATotalIsItsNightsItsExtraGuestsAndTheCleaning(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, stay := anyCabin(t), booking.Stay{Nights: anyNights(t, "stay", 90), Guests: rapid.IntRange(1, 12).Draw(t, "guests")}
		q := anyQuote(t, a, stay)
		extra := 0
		if a.IncludedGuests > 0 {
			extra = max(stay.Guests-a.IncludedGuests, 0)
		}
		want := lodgingOf(q) + a.ExtraGuestPrice*money.Cents(extra*len(q.Nights)) + a.CleaningFee
		if q.Total != want || len(q.Nights) != stay.Nights.Len() {
			t.Fatalf("%d nights, total %s, want %s", len(q.Nights), q.Total, want)
		}
		if q.Deposit < 0 || q.Deposit > q.Total {
			t.Fatalf("deposit %s of %s", q.Deposit, q.Total)
		}
	})
}

func TestLinesAddUpAndEveryNightIsInExactlyOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, stay := anyCabin(t), booking.Stay{Nights: anyNights(t, "stay", 90), Guests: rapid.IntRange(1, 12).Draw(t, "guests")}
		q := anyQuote(t, a, stay)
		var sum money.Cents
		next := 0
		for i, l := range q.Lines {
			if l.Amount != l.UnitPrice.Times(l.Quantity) || l.Quantity < 1 || l.Label == "" {
				t.Fatalf("line %+v", l)
			}
			sum += l.Amount
			if l.Kind != booking.LineNights {
				continue
			}
			if i > 0 && q.Lines[i-1].Kind != booking.LineNights {
				t.Fatal("nights come after extras")
			}
			for range l.Quantity {
				if next == len(q.Nights) || q.Nights[next].Price != l.UnitPrice {
					t.Fatalf("line %+v does not hold night %d", l, next)
				}
				next++
			}
		}
		if sum != q.Total || next != len(q.Nights) {
			t.Fatalf("lines are %s and %d nights, the quote %s and %d", sum, next, q.Total, len(q.Nights))
		}
	})
}

func TestTheNightsOfAStayCostTheSameInTwoParts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, whole := anyCabin(t), anyNights(t, "stay", 60)
		whole.To = whole.To.AddDays(1) // at least two nights
		middle := whole.From.AddDays(rapid.IntRange(1, whole.Len()-1).Draw(t, "middle"))
		first := anyQuote(t, a, booking.Stay{Nights: civil.Nights{From: whole.From, To: middle}, Guests: 1})
		second := anyQuote(t, a, booking.Stay{Nights: civil.Nights{From: middle, To: whole.To}, Guests: 1})
		all := anyQuote(t, a, booking.Stay{Nights: whole, Guests: 1})
		if lodgingOf(first)+lodgingOf(second) != lodgingOf(all) {
			t.Fatalf("%s and %s are not %s", lodgingOf(first), lodgingOf(second), lodgingOf(all))
		}
		if diff := cmp.Diff(all.Nights, append(first.Nights, second.Nights...)); diff != "" {
			t.Fatalf("nights (-whole +parts):\n%s", diff)
		}
	})
}

func TestAStayThatPassesTheCheckHasAPrice(t *testing.T) {
	t.Parallel()
	today := civil.New(2026, time.December, 1)
	rapid.Check(t, func(t *rapid.T) {
		a := anyCabin(t)
		a.MinNights, a.MaxNights = rapid.IntRange(0, 5).Draw(t, "min"), rapid.IntRange(0, 90).Draw(t, "max")
		from := today.AddDays(rapid.IntRange(-2, 600).Draw(t, "from"))
		stay := booking.Stay{
			Nights: civil.Nights{From: from, To: from.AddDays(rapid.IntRange(-1, 600).Draw(t, "nights"))},
			Guests: rapid.IntRange(-1, 101).Draw(t, "guests"),
		}
		if err := a.Check(stay, today); err != nil {
			return
		}
		if stay.Nights.From.Before(today) || stay.Nights.To.Sub(today) > booking.Horizon || stay.Guests < 1 || stay.Guests > a.Capacity {
			t.Fatalf("%+v is accepted", stay)
		}
		anyQuote(t, a, stay)
	})
}
