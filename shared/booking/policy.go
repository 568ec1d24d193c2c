package booking

import (
	"strconv"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

// Policy is what an owner gives back to a guest who cancels.
type Policy string

// The policies, in days before check-in.
const (
	PolicyFlexible Policy = "flexible" // everything until 1 day before
	PolicyModerate Policy = "moderate" // everything until 5 days before, half until 1 day before
	PolicyStrict   Policy = "strict"   // half until 7 days before
	PolicyCustom   Policy = "custom"   // the cabin's own steps, and nothing without any
)

// Refund is the part of paid that goes back if the guest cancels on the date today, in the cabin's zone, half-up to the
// cent. A policy nobody knows gives nothing back by itself: money leaves only by a rule that the owner chose, and what the
// owner adds by hand is never too late. Nothing paid is nothing back, never a debt.
func (p Policy) Refund(paid money.Cents, checkIn, today civil.Date) money.Cents {
	return p.Or(nil).Refund(paid, checkIn, today)
}

// Or returns the steps that hold: the cabin's own where it has any, whatever its policy is called, else those of the policy.
func (p Policy) Or(own Steps) Steps {
	switch {
	case len(own) > 0:
		return own
	case p == PolicyFlexible:
		return Steps{{1, 100}}
	case p == PolicyModerate:
		return Steps{{5, 100}, {1, 50}}
	case p == PolicyStrict:
		return Steps{{7, 50}}
	default:
		return nil
	}
}

// PolicyStep is one step of a policy: whoever cancels DaysBefore check-in or earlier gets Percent back.
type PolicyStep struct {
	DaysBefore int `json:"days_before" required:"true"` // 0 to MaxDaysBefore; 0 = on the day of check-in
	Percent    int `json:"percent" required:"true"`     // of what was paid, 0 to 100
}

// Steps is a policy, from the step that is furthest from check-in to the nearest. Later than the last gives nothing back.
type Steps []PolicyStep

// The bounds of a policy's steps.
const (
	MaxSteps      = 20
	MaxDaysBefore = 1000
)

// Check says what is wrong with the steps of a policy, as fault.ErrInvalid about cancellation_steps: each must be nearer to
// check-in than the one before it, and give back no more, so that waiting never pays.
func (s Steps) Check() error {
	refuse := func(message string) error { return fault.InField("cancellation_steps", message) }
	if len(s) > MaxSteps {
		return refuse("must be " + strconv.Itoa(MaxSteps) + " or fewer")
	}
	for i, step := range s {
		switch {
		case step.DaysBefore < 0 || step.DaysBefore > MaxDaysBefore:
			return refuse("must have days between 0 and " + strconv.Itoa(MaxDaysBefore))
		case step.Percent < 0 || step.Percent > 100:
			return refuse("must have a percent between 0 and 100")
		case i > 0 && step.DaysBefore >= s[i-1].DaysBefore:
			return refuse("must go from many days to few, each only once")
		case i > 0 && step.Percent > s[i-1].Percent:
			return refuse("must not give back more the nearer check-in is")
		}
	}
	return nil
}

// Percent is how much of what was paid goes back so many days before check-in. An operator may have written the steps in any
// order: it is the furthest from check-in of those that are kept.
func (s Steps) Percent(daysBefore int) int {
	best := PolicyStep{DaysBefore: -1}
	for _, step := range s {
		if daysBefore >= step.DaysBefore && step.DaysBefore > best.DaysBefore {
			best = step
		}
	}
	return min(max(best.Percent, 0), 100)
}

// Refund is the part of paid that goes back if the guest cancels on the date today, in the cabin's zone, half-up to the cent.
func (s Steps) Refund(paid money.Cents, checkIn, today civil.Date) money.Cents {
	return max(paid, 0).Percent(s.Percent(checkIn.Sub(today)))
}
