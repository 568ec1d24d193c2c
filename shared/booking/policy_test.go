package booking_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

func TestEachPolicyGivesBackWhatItPromisesOnEachDay(t *testing.T) {
	t.Parallel()
	const checkIn = "2027-01-03" // so that a week before is in the old year
	for _, c := range []struct {
		policy booking.Policy
		today  string
		want   money.Cents // of 1001
	}{
		{booking.PolicyFlexible, "2026-06-01", 1001},
		{booking.PolicyFlexible, "2027-01-02", 1001},
		{booking.PolicyFlexible, "2027-01-03", 0},
		{booking.PolicyFlexible, "2027-01-04", 0},
		{booking.PolicyModerate, "2026-06-01", 1001},
		{booking.PolicyModerate, "2026-12-29", 1001},
		{booking.PolicyModerate, "2026-12-30", 501},
		{booking.PolicyModerate, "2027-01-02", 501},
		{booking.PolicyModerate, "2027-01-03", 0},
		{booking.PolicyModerate, "2027-02-03", 0},
		{booking.PolicyStrict, "2026-06-01", 501},
		{booking.PolicyStrict, "2026-12-27", 501},
		{booking.PolicyStrict, "2026-12-28", 0},
		{booking.PolicyStrict, "2027-01-03", 0},
		{"", "2026-06-01", 0},
		{"generous", "2026-06-01", 0},
		{"Flexible", "2026-06-01", 0},
	} {
		if got := c.policy.Refund(1001, day(t, checkIn), day(t, c.today)); got != c.want {
			t.Errorf("%q on %s: %s, want %s", c.policy, c.today, got, c.want)
		}
	}
}

func TestARefundIsNeverMoreThanWasPaidAndNeverGrowsWithTime(t *testing.T) {
	t.Parallel()
	checkIn := day(t, "2027-01-03")
	rapid.Check(t, func(t *rapid.T) {
		policy := booking.Policy(rapid.SampledFrom([]string{"flexible", "moderate", "strict", "?"}).Draw(t, "policy"))
		paid := money.Cents(rapid.Int64Range(-1000, int64(money.Max)).Draw(t, "paid"))
		today := checkIn.AddDays(rapid.IntRange(-20, 5).Draw(t, "day"))
		now, tomorrow := policy.Refund(paid, checkIn, today), policy.Refund(paid, checkIn, today.AddDays(1))
		if now < 0 || now > max(paid, 0) || tomorrow > now {
			t.Fatalf("%s of %s today, %s tomorrow", now, paid, tomorrow)
		}
	})
}

func TestACabinsOwnStepsGoBeforeItsPolicy(t *testing.T) {
	t.Parallel()
	own := booking.Steps{{DaysBefore: 30, Percent: 90}, {DaysBefore: 10, Percent: 40}, {DaysBefore: 0, Percent: 5}}
	if err := own.Check(); err != nil {
		t.Fatal(err)
	}
	mixed := booking.Steps{own[2], own[0], own[1]} // as an operator may have written them
	checkIn := day(t, "2027-01-31")
	for days, want := range map[int]money.Cents{31: 900, 30: 900, 29: 400, 10: 400, 9: 50, 0: 50, -1: 0} {
		for _, steps := range []booking.Steps{own, mixed} {
			if got := booking.PolicyStrict.Or(steps).Refund(1000, checkIn, checkIn.AddDays(-days)); got != want {
				t.Errorf("%v, %d days before: %s, want %s", steps, days, got, want)
			}
		}
	}
	if got := booking.PolicyCustom.Refund(1000, checkIn, checkIn.AddDays(-100)); got != 0 {
		t.Errorf("a policy of its own without steps gives back %s", got)
	}
	if got := booking.PolicyFlexible.Or(booking.Steps{}).Percent(1); got != 100 {
		t.Errorf("no steps give back %d %%", got)
	}
}

func TestStepsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string]booking.Steps{
		"less than no days":     {{-1, 50}},
		"days without end":      {{1001, 50}},
		"more than everything":  {{5, 101}},
		"less than nothing":     {{5, -1}},
		"the same day twice":    {{5, 50}, {5, 40}},
		"the wrong way round":   {{1, 100}, {5, 100}},
		"more the later it is":  {{5, 50}, {1, 60}},
		"too many of them":      make(booking.Steps, booking.MaxSteps+1),
		"one wrong among right": {{9, 100}, {5, 50}, {3, 50}, {2, 51}},
	} {
		var f *fault.Error
		if err := steps.Check(); !errors.As(err, &f) || f.Kind != fault.Invalid || f.Fields[0].Field != "cancellation_steps" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, steps := range []booking.Steps{nil, {}, {{0, 0}}, {{1000, 100}, {0, 100}}} {
		if err := steps.Check(); err != nil {
			t.Errorf("%v: %v", steps, err)
		}
	}
}
