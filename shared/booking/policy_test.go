package booking_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/booking"
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
