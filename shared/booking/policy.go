package booking

import (
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

// Policy is what an owner gives back to a guest who cancels.
type Policy string

// The policies, in days before check-in.
const (
	PolicyFlexible Policy = "flexible" // everything until 1 day before
	PolicyModerate Policy = "moderate" // everything until 5 days before, half until 1 day before
	PolicyStrict   Policy = "strict"   // half until 7 days before
)

// Refund is the part of paid that goes back if the guest cancels on the date today, in the cabin's zone, half-up to the
// cent. A policy nobody knows gives nothing back by itself: money leaves only by a rule that the owner chose, and what the
// owner adds by hand is never too late. Nothing paid is nothing back, never a debt.
func (p Policy) Refund(paid money.Cents, checkIn, today civil.Date) money.Cents {
	return max(paid, 0).Percent(p.percent(checkIn.Sub(today)))
}

func (p Policy) percent(daysBefore int) int {
	switch {
	case p == PolicyFlexible && daysBefore >= 1, p == PolicyModerate && daysBefore >= 5:
		return 100
	case p == PolicyModerate && daysBefore >= 1, p == PolicyStrict && daysBefore >= 7:
		return 50
	default:
		return 0
	}
}
