package booking

import (
	"fmt"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

const (
	// HoldFor is how long nights are kept for a guest who has not paid yet.
	HoldFor = 30 * time.Minute
	// ApprovalFor is how long they are kept while the owner is asked whether the guest may have them.
	ApprovalFor = 24 * time.Hour
)

// Conflicts between what is asked and what is.
var (
	ErrPriceChanged = fault.New(fault.Conflict, "price_changed", "The price has changed meanwhile.")
	ErrTaken        = fault.New(fault.Conflict, "dates_taken", "Some of these nights are already taken.")
	ErrInvalidState = fault.New(fault.Conflict, "invalid_state", "The state of the reservation does not allow this.")
	// ErrAwaitingApproval refuses what a guest cannot do before the owner has said yes, as paying.
	ErrAwaitingApproval = fault.New(fault.Conflict, "awaiting_approval", "The owner has to approve this reservation first.")
)

// Approval is whether the owner has to say yes to a hold before it can be paid: as one that was taken while a calendar of
// another channel could not be read.
type Approval string

// The states of approval. A hold that the owner does not want is cancelled.
const (
	ApprovalNone     Approval = "none"    // nobody has to; the zero Approval means the same
	ApprovalWaiting  Approval = "waiting" // the owner has not said anything yet
	ApprovalApproved Approval = "approved"
)

// Contact is how to reach the guest. Phone is E.164 where it could be understood.
type Contact struct {
	Name  string
	Phone string
	Email string
}

// Reservation is a stay in a cabin at the price the guest accepted; later price changes do not touch it.
type Reservation struct {
	ID              int64
	Code            string // what guest and owner call it, see NewCode
	AccommodationID int64
	Stay            Stay
	Status          Status // as stored; what holds at an instant is StatusAt
	PaymentStatus   PaymentStatus
	Channel         string // one of Channels
	Contact         Contact
	SpecialRequests string

	Currency string
	Total    money.Cents
	Deposit  money.Cents
	Paid     money.Cents // received and not given back
	Lines    []Line

	Approval Approval
	// StaleCalendar says, of a hold that is made, that it is taken although a calendar of another channel could not be read.
	// It goes into the history of the reservation, and is not read back from there.
	StaleCalendar bool

	ExpiresAt    time.Time // when a hold runs out; of no meaning in other states
	CreatedAt    time.Time
	ExtendedOnce bool
	ConfirmedAt  time.Time // zero = not yet
	CancelledAt  time.Time // zero = not yet
	CancelReason string
	// Kept is, of a cancelled one, how much of what was paid the owner keeps, as it was decided on that day; all else goes back,
	// whenever it comes. nil = nobody has decided: an operator cancelled it by hand, or it was before there were payments.
	Kept *money.Cents
}

// StatusAt is the state at an instant: a hold is expired from the instant ExpiresAt on, although the row says so only
// after a task has come by.
func (r *Reservation) StatusAt(now time.Time) Status {
	if r.Status == StatusPreReserved && !now.Before(r.ExpiresAt) {
		return StatusExpired
	}
	return r.Status
}

// Confirm makes a live hold a confirmed reservation; anything else is ErrInvalidState. One that waits for the owner's word is
// approved by it: whoever confirms for a payment has to refuse that with ErrAwaitingApproval before.
func (r *Reservation) Confirm(now time.Time) error {
	if !r.StatusAt(now).CanBecome(StatusConfirmed) {
		return r.refuse(now, "cannot be confirmed")
	}
	r.Status, r.ConfirmedAt = StatusConfirmed, now
	if r.Approval == ApprovalWaiting {
		r.Approval = ApprovalApproved
	}
	return nil
}

// ConfirmLate confirms a hold that ran out while its payment was under way. Whoever does it vouches for the nights: that nobody
// else has one of them. A stay of which a night is over already, today being the cabin's date, and anything but a lapsed hold is
// ErrInvalidState; one that the owner never said yes to is ErrAwaitingApproval.
//
// It is an act of its own rather than one more transition of CanBecome, which says what anybody may do with a reservation as it
// stands: to everybody else an expired one is over, its nights are free, and no act of guest or owner brings it back.
func (r *Reservation) ConfirmLate(now time.Time, today civil.Date) error {
	switch {
	case r.StatusAt(now) != StatusExpired:
		return r.refuse(now, "cannot be confirmed late")
	case r.Approval == ApprovalWaiting:
		return ErrAwaitingApproval
	case today.After(r.Stay.Nights.From):
		return r.refuse(now, "would have begun already")
	}
	r.Status, r.ConfirmedAt = StatusConfirmed, now
	return nil
}

// Approve is the owner's yes to a live hold that waits for it: from now on the guest has HoldFor to pay. Anything else is
// ErrInvalidState.
func (r *Reservation) Approve(now time.Time) error {
	if r.StatusAt(now) != StatusPreReserved {
		return r.refuse(now, "cannot be approved")
	}
	if r.Approval != ApprovalWaiting {
		return r.refuse(now, "does not wait for an approval")
	}
	r.Approval, r.ExpiresAt = ApprovalApproved, now.Add(HoldFor)
	return nil
}

// Cancel gives up a live hold or a confirmed reservation; anything else is ErrInvalidState.
func (r *Reservation) Cancel(now time.Time, reason string) error {
	if !r.StatusAt(now).CanBecome(StatusCancelled) {
		return r.refuse(now, "cannot be cancelled")
	}
	r.Status, r.CancelledAt, r.CancelReason = StatusCancelled, now, reason
	return nil
}

// CancelByGuest is Cancel for the guest, who may not take back a confirmed stay that has begun: today is the cabin's. From the
// day of check-in on he may be inside, and what is left of the stay must not be sold over his head; only the owner knows.
func (r *Reservation) CancelByGuest(now time.Time, today civil.Date, reason string) error {
	if r.StatusAt(now) == StatusConfirmed && !today.Before(r.Stay.Nights.From) {
		return r.refuse(now, "has begun: only the owner can cancel it now")
	}
	return r.Cancel(now, reason)
}

// Extend keeps a live hold until HoldFor from now, and never for less than it was. A hold is extended once; a second time,
// like any other state, is ErrInvalidState, and one that waits for the owner's word is ErrAwaitingApproval.
func (r *Reservation) Extend(now time.Time) error {
	if r.StatusAt(now) != StatusPreReserved {
		return r.refuse(now, "cannot be extended")
	}
	if r.Approval == ApprovalWaiting {
		return ErrAwaitingApproval
	}
	if r.ExtendedOnce {
		return r.refuse(now, "cannot be extended a second time")
	}
	if until := now.Add(HoldFor); until.After(r.ExpiresAt) {
		r.ExpiresAt = until
	}
	r.ExtendedOnce = true
	return nil
}

// Expire writes down that a hold ran out; anything but an overdue hold is ErrInvalidState.
func (r *Reservation) Expire(now time.Time) error {
	if r.Status != StatusPreReserved || r.StatusAt(now) != StatusExpired {
		return r.refuse(now, "cannot expire")
	}
	r.Status = StatusExpired
	return nil
}

func (r *Reservation) refuse(now time.Time, what string) error {
	return ErrInvalidState.WithDetail(fmt.Sprintf("The reservation is %s and %s.", r.StatusAt(now), what))
}

// RefundDue is how much of what was paid goes back if the reservation is cancelled on the date today, in the cabin's zone.
// Of one that was cancelled it is what is still to go back; where Kept does not say, pass the date of the cancellation, not of the
// day on which it is read. An expired hold owes all of it: a payment that came too late bought nothing.
func (r *Reservation) RefundDue(policy Policy, today civil.Date) money.Cents {
	return r.RefundBy(policy.Or(nil), today)
}

// RefundBy is RefundDue by the steps of a cabin: see Policy.Or.
func (r *Reservation) RefundBy(steps Steps, today civil.Date) money.Cents {
	switch {
	case r.Status == StatusExpired:
		return max(r.Paid, 0)
	case r.Status == StatusCancelled && r.Kept != nil:
		return max(r.Paid-*r.Kept, 0)
	default:
		return steps.Refund(r.Paid, r.Stay.Nights.From, today)
	}
}
