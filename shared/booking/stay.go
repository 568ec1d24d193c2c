package booking

import (
	"fmt"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// Horizon is how many days ahead nights are sold: the last possible check-out is today plus this.
const Horizon = 540

// Stay is who wants to sleep in a cabin and when.
type Stay struct {
	Nights civil.Nights
	Guests int
}

// The rules that a stay may break. Those that Check returns name the field and say, in their detail, what is allowed.
var (
	ErrPastDate      = fault.New(fault.Invalid, "past_date", "A stay cannot begin in the past.")
	ErrTooFar        = fault.New(fault.Invalid, "too_far", "These nights are not on sale yet.")
	ErrTooManyGuests = fault.New(fault.Invalid, "too_many_guests", "The cabin is too small for so many guests.")
	ErrMinNights     = fault.New(fault.Invalid, "min_nights", "The stay is too short.")
	ErrMaxNights     = fault.New(fault.Invalid, "max_nights", "The stay is too long.")
)

// Check reports the first rule of the cabin that the stay breaks, or nil. First comes what makes no sense whatever the
// cabin (all of it at once, as fault.ErrInvalid), then ErrPastDate, ErrTooFar, ErrTooManyGuests, ErrMinNights and
// ErrMaxNights in this order. Today is the cabin's, see Accommodation.Today.
func (a *Accommodation) Check(stay Stay, today civil.Date) error {
	if err := stay.Check(); err != nil {
		return err
	}
	from, to, nights := stay.Nights.From, stay.Nights.To, stay.Nights.Len()
	if from.Before(today) {
		return breach(ErrPastDate, "check_in", fmt.Sprintf("must be %s or later", today),
			fmt.Sprintf("The stay must begin on %s, which is today where the cabin is, or later.", today))
	}
	if latest := today.AddDays(Horizon); to.After(latest) {
		return breach(ErrTooFar, "check_out", fmt.Sprintf("must be %s or earlier", latest),
			fmt.Sprintf("Nights are on sale %d days ahead: the stay must end on %s or earlier.", Horizon, latest))
	}
	if stay.Guests > a.Capacity {
		return breach(ErrTooManyGuests, "guests", fmt.Sprintf("must be %d or fewer", a.Capacity),
			fmt.Sprintf("The cabin sleeps %s at most.", count(a.Capacity, "guest")))
	}
	if least := a.Night(from).MinNights; nights < least {
		return breach(ErrMinNights, "check_out", fmt.Sprintf("must be %s or later", from.AddDays(least)),
			fmt.Sprintf("A stay that arrives on %s must be of %s or more.", from, count(least, "night")))
	}
	if a.MaxNights > 0 && nights > a.MaxNights {
		return breach(ErrMaxNights, "check_out", fmt.Sprintf("must be %s or earlier", from.AddDays(a.MaxNights)),
			fmt.Sprintf("A stay must be of %s or fewer.", count(a.MaxNights, "night")))
	}
	return nil
}

// Check reports what makes no sense of a stay in any cabin, all of it at once, as fault.ErrInvalid.
func (s Stay) Check() error {
	var fields []fault.Field
	if !s.Nights.Valid() {
		fields = append(fields, fault.Field{Field: "check_out", Message: "must be after check_in"})
	}
	if s.Guests < 1 {
		fields = append(fields, fault.Field{Field: "guests", Message: "must be 1 or more"})
	}
	if fields != nil {
		return fault.ErrInvalid.WithFields(fields...)
	}
	return nil
}

func breach(rule *fault.Error, field, message, detail string) error {
	return rule.WithDetail(detail).WithFields(fault.Field{Field: field, Message: message})
}
