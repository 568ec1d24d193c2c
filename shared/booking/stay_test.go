package booking_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

func TestStaysThatTheCabinAccepts(t *testing.T) {
	t.Parallel()
	today := day(t, "2026-12-03")
	for name, stay := range map[string]booking.Stay{
		"tonight, one night":       {Nights: nights(t, "2026-12-03", "2026-12-04"), Guests: 1},
		"full house":               {Nights: nights(t, "2026-12-04", "2026-12-07"), Guests: 4},
		"the longest":              {Nights: nights(t, "2026-12-04", "2027-02-02"), Guests: 2},
		"the very last night sold": {Nights: civil.Nights{From: today.AddDays(539), To: today.AddDays(540)}, Guests: 2},
		"over the leap day":        {Nights: nights(t, "2028-02-28", "2028-03-01"), Guests: 2},
	} {
		if err := cabin(t).Check(stay, today); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStaysThatMakeNoSenseNameEveryWrongField(t *testing.T) {
	t.Parallel()
	out := fault.Field{Field: "check_out", Message: "must be after check_in"}
	guests := fault.Field{Field: "guests", Message: "must be 1 or more"}
	for _, c := range []struct {
		name string
		stay booking.Stay
		want []fault.Field
	}{
		{"no night", booking.Stay{Nights: nights(t, "2026-12-04", "2026-12-04"), Guests: 2}, []fault.Field{out}},
		{"backwards", booking.Stay{Nights: nights(t, "2026-12-07", "2026-12-04"), Guests: 2}, []fault.Field{out}},
		{"backwards in the past", booking.Stay{Nights: nights(t, "2020-12-07", "2020-12-04"), Guests: 2}, []fault.Field{out}},
		{"nobody", booking.Stay{Nights: nights(t, "2026-12-04", "2026-12-07")}, []fault.Field{guests}},
		{"minus one guest", booking.Stay{Nights: nights(t, "2026-12-04", "2026-12-07"), Guests: -1}, []fault.Field{guests}},
		{"nobody in the past", booking.Stay{Nights: nights(t, "2020-12-04", "2020-12-07")}, []fault.Field{guests}},
		{"everything", booking.Stay{}, []fault.Field{out, guests}},
	} {
		checkErr := cabin(t).Check(c.stay, day(t, "2026-12-03"))
		_, quoteErr := cabin(t).Quote(c.stay)
		for _, err := range []error{checkErr, quoteErr} {
			var f *fault.Error
			if !errors.As(err, &f) || !errors.Is(err, fault.ErrInvalid) || f.Kind != fault.Invalid {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			if diff := cmp.Diff(c.want, f.Fields); diff != "" {
				t.Errorf("%s: fields (-want +got):\n%s", c.name, diff)
			}
		}
	}
}

func TestStaysThatBreakARuleAreToldWhatIsAllowed(t *testing.T) {
	t.Parallel()
	const (
		past = "The stay must begin on 2026-12-03, which is today where the cabin is, or later."
		far  = "Nights are on sale 540 days ahead: the stay must end on 2028-05-26 or earlier."
	)
	a := cabin(t)
	a.MinNights = 2
	a.Rates = []booking.Rate{{Name: "Carnival", Nights: nights(t, "2027-02-06", "2027-02-10"), MinNights: 4}}
	for _, c := range []struct {
		name, from, to         string
		guests                 int
		rule                   *fault.Error
		field, message, detail string
	}{
		{"yesterday", "2026-12-02", "2026-12-05", 2, booking.ErrPastDate, "check_in", "must be 2026-12-03 or later", past},
		{"all days there are", "1900-01-01", "9999-12-31", 99, booking.ErrPastDate, "check_in", "must be 2026-12-03 or later", past},
		{"a night too far", "2028-05-20", "2028-05-27", 2, booking.ErrTooFar, "check_out", "must be 2028-05-26 or earlier", far},
		{"ten years", "2026-12-04", "2036-12-04", 99, booking.ErrTooFar, "check_out", "must be 2028-05-26 or earlier", far},
		{"the last day", "9999-12-30", "9999-12-31", 2, booking.ErrTooFar, "check_out", "must be 2028-05-26 or earlier", far},
		{
			"too many and too long", "2026-12-04", "2027-12-04", 5, booking.ErrTooManyGuests,
			"guests", "must be 4 or fewer", "The cabin sleeps 4 guests at most.",
		},
		{
			"more guests than can be counted", "2026-12-04", "2026-12-07", math.MaxInt, booking.ErrTooManyGuests,
			"guests", "must be 4 or fewer", "The cabin sleeps 4 guests at most.",
		},
		{
			"one night of two", "2026-12-04", "2026-12-05", 2, booking.ErrMinNights,
			"check_out", "must be 2026-12-06 or later", "A stay that arrives on 2026-12-04 must be of 2 nights or more.",
		},
		{
			"three of the season's four", "2027-02-09", "2027-02-12", 2, booking.ErrMinNights,
			"check_out", "must be 2027-02-13 or later", "A stay that arrives on 2027-02-09 must be of 4 nights or more.",
		},
		{
			"one more than the longest", "2026-12-04", "2027-02-03", 2, booking.ErrMaxNights,
			"check_out", "must be 2027-02-02 or earlier", "A stay must be of 60 nights or fewer.",
		},
	} {
		err := a.Check(booking.Stay{Nights: nights(t, c.from, c.to), Guests: c.guests}, day(t, "2026-12-03"))
		checkBreach(t, c.name, err, c.rule.WithDetail(c.detail).WithFields(fault.Field{Field: c.field, Message: c.message}))
	}
}

func TestOneIsNotWrittenInThePlural(t *testing.T) {
	t.Parallel()
	a := cabin(t)
	a.Capacity, a.MaxNights = 1, 1
	stay := booking.Stay{Nights: nights(t, "2026-12-04", "2026-12-06"), Guests: 2}
	checkBreach(t, "a couple", a.Check(stay, day(t, "2026-12-03")), booking.ErrTooManyGuests.
		WithDetail("The cabin sleeps 1 guest at most.").
		WithFields(fault.Field{Field: "guests", Message: "must be 1 or fewer"}))
	stay.Guests = 1
	checkBreach(t, "two nights", a.Check(stay, day(t, "2026-12-03")), booking.ErrMaxNights.
		WithDetail("A stay must be of 1 night or fewer.").
		WithFields(fault.Field{Field: "check_out", Message: "must be 2026-12-05 or earlier"}))
}

func checkBreach(t *testing.T, name string, err error, want *fault.Error) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) {
		t.Errorf("%s: %v; want %v", name, err, want)
		return
	}
	if f.Kind != fault.Invalid || f.Code != want.Code || f.Detail != want.Detail || !slices.Equal(f.Fields, want.Fields) {
		t.Errorf("%s: %v, fields %v; want %v, fields %v", name, f, f.Fields, want, want.Fields)
	}
}

func TestOnlyTheSeasonOfTheArrivalSaysHowLongAStayMustBe(t *testing.T) {
	t.Parallel()
	a := cabin(t)
	a.MinNights = 3
	a.Rates = []booking.Rate{
		{ID: 1, Name: "Carnival", Nights: nights(t, "2027-02-06", "2027-02-10"), MinNights: 5},
		{ID: 2, Name: "Low", Nights: nights(t, "2027-05-01", "2027-06-01"), MinNights: 1},
		{ID: 3, Name: "Summer", Nights: nights(t, "2027-01-01", "2027-02-01")},
	}
	for _, c := range []struct {
		name, from, to string
		accepted       bool
	}{
		{"arrives the day before the season", "2027-02-05", "2027-02-08", true},
		{"arrives on its first day, too short", "2027-02-06", "2027-02-10", false},
		{"arrives on its first day, long enough", "2027-02-06", "2027-02-11", true},
		{"arrives the day after it", "2027-02-10", "2027-02-13", true},
		{"a season may ask for less than the cabin", "2027-05-10", "2027-05-11", true},
		{"or say nothing: too short", "2027-01-10", "2027-01-12", false},
		{"or say nothing: long enough", "2027-01-10", "2027-01-13", true},
	} {
		err := a.Check(booking.Stay{Nights: nights(t, c.from, c.to), Guests: 2}, day(t, "2026-12-03"))
		if (err == nil) != c.accepted || err != nil && !errors.Is(err, booking.ErrMinNights) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestACabinWithoutALongestStayIsSoldUpToTheHorizon(t *testing.T) {
	t.Parallel()
	a, today := cabin(t), day(t, "2026-12-03")
	a.MaxNights = 0
	stay := booking.Stay{Nights: civil.Nights{From: today, To: today.AddDays(booking.Horizon)}, Guests: 2}
	if err := a.Check(stay, today); err != nil {
		t.Error(err)
	}
	if q, err := a.Quote(stay); err != nil || len(q.Nights) != booking.Horizon {
		t.Errorf("%d nights, %v", len(q.Nights), err)
	}
}

func TestAtTheEndOfTheCalendarStaysAreStillChecked(t *testing.T) {
	t.Parallel()
	a, today := cabin(t), day(t, "9999-12-30")
	if err := a.Check(booking.Stay{Nights: civil.Nights{From: today, To: today.AddDays(1)}, Guests: 2}, today); err != nil {
		t.Error(err)
	}
	a.MinNights = 2
	err := a.Check(booking.Stay{Nights: civil.Nights{From: today, To: today.AddDays(1)}, Guests: 2}, today)
	if !errors.Is(err, booking.ErrMinNights) {
		t.Error(err)
	}
}
