package payment

import (
	"strconv"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/notice"
)

// Who acts on a reservation.
type Who string

// Who there is.
const (
	ByGuest Who = "guest"
	ByOwner Who = "owner"
)

// Preview is what a cancellation would give back.
type Preview struct {
	Paid   money.Cents // received, and not promised back already
	Refund money.Cents // of it, what goes back
	Kept   money.Cents // of it, what the owner keeps
	ByHand money.Cents // of Refund, what the owner has to give back himself
}

// PreviewCancel says what Cancel would give back now. It refuses what Cancel refuses.
func PreviewCancel(a Account, by Who, override *money.Cents, now time.Time) (Preview, error) {
	d, paid, err := cancel(a, by, "", override, now)
	if err != nil {
		return Preview{}, err
	}
	p := Preview{Paid: paid, Kept: *d.Reservation.Kept, Refund: paid - *d.Reservation.Kept}
	asked := money.Cents(0)
	for _, r := range d.Refunds {
		if r.Because == BecauseCancelled && !r.ByHand && r.Retries == 0 {
			asked += r.Amount
		}
	}
	p.ByHand = max(0, p.Refund-asked)
	return p, nil
}

// Cancel gives up a reservation and orders what goes back. Of a hold that is everything, for it never was confirmed. Of a confirmed
// one it is what the cabin's steps say of what is paid and not promised back yet, on the day that it is where the cabin stands,
// whoever cancels; an owner may say otherwise by override, from nothing to everything. What he keeps is Reservation.Kept: whatever
// comes afterwards goes back. Reason is a person's words.
//
// Errors: booking.ErrInvalidState, as Reservation.CancelByGuest and Cancel; fault.ErrInvalid about refund_amount.
func Cancel(a Account, by Who, reason string, override *money.Cents, now time.Time) (Decision, error) {
	d, _, err := cancel(a, by, reason, override, now)
	return d, err
}

func cancel(a Account, by Who, reason string, override *money.Cents, now time.Time) (d Decision, paid money.Cents, err error) {
	s := begin(a, now)
	held, waiting := s.r.StatusAt(now) == booking.StatusPreReserved, s.r.Approval == booking.ApprovalWaiting
	tried := s.r
	if by == ByOwner {
		err = tried.Cancel(now, reason)
	} else {
		err = tried.CancelByGuest(now, s.today(), reason)
	}
	if err != nil {
		return d, 0, err
	}
	paid = max(0, s.have())
	refund := paid
	if !held {
		refund = a.Policy.Or(a.Steps).Refund(paid, s.r.Stay.Nights.From, s.today())
	}
	if override != nil {
		switch {
		case by != ByOwner:
			return d, 0, fault.InField("refund_amount", "is for the owner to say")
		case *override < 0 || *override > paid:
			return d, 0, fault.InField("refund_amount", "must be between 0.00 and "+paid.String())
		}
		refund = *override
	}
	s.because = BecauseCancelled
	s.end(reason, paid-refund)
	s.tellCancelled(by, reason, refund, held && waiting && paid == 0)
	return s.finish(), paid, nil
}

// tellCancelled tells both. Turned down is a hold that the owner did not want.
func (s *settling) tellCancelled(by Who, reason string, refund money.Cents, turnedDown bool) {
	f := notice.Facts{Refund: refund, Reason: reason, ByOwner: by == ByOwner}
	guest := notice.CancelledByGuest
	switch {
	case by == ByOwner && turnedDown:
		guest = notice.ApprovalRejected
	case by == ByOwner:
		guest = notice.CancelledByOwner
	}
	s.tell(guest, "cancelled:"+s.r.Code, f)
	s.tell(notice.OwnerCancelled, "cancelled:"+s.r.Code, f)
}

// Confirm is the owner's word: a live hold is confirmed whatever was paid, and whatever other channels say. The guest is told.
// Anything else is booking.ErrInvalidState.
func Confirm(a Account, now time.Time) (Decision, error) {
	s := begin(a, now)
	s.byWord = true
	if err := s.r.Confirm(now); err != nil {
		return Decision{}, err
	}
	s.confirm(nil, "confirmed")
	return s.finish(), nil
}

// Approve is the owner's yes to a hold that waits for it: the guest is told to pay, or that the reservation is confirmed if he has
// paid already, whatever other channels say. Errors as booking.Reservation.Approve's.
func Approve(a Account, now time.Time) (Decision, error) {
	a.Clash = false
	s := begin(a, now)
	if err := s.r.Approve(now); err != nil {
		return Decision{}, err
	}
	s.record("approved", nil)
	s.decide()
	if s.r.StatusAt(now) == booking.StatusPreReserved {
		s.tell(notice.Approved, "approved:"+s.r.Code, notice.Facts{Until: s.r.ExpiresAt})
	}
	return s.finish(), nil
}

// AwaitTransfer keeps the nights of a hold until hold from now, for a guest who says that he transfers amount, and tells both. A hold
// is kept for a transfer once; saying the same again changes nothing. A confirmed reservation's balance can be transferred too.
//
// Errors: booking.ErrAwaitingApproval; booking.ErrInvalidState of what cannot be paid any more; fault.ErrInvalid about amount.
func AwaitTransfer(a Account, amount money.Cents, hold time.Duration, now time.Time) (Decision, error) {
	s := begin(a, now)
	status := s.r.StatusAt(now)
	switch {
	case !status.Live():
		return Decision{}, booking.ErrInvalidState.WithDetail("The reservation is " + string(status) + " and takes no payments.")
	case s.r.Approval == booking.ApprovalWaiting:
		return Decision{}, booking.ErrAwaitingApproval
	case amount <= 0 || amount > money.Max:
		return Decision{}, fault.InField("amount", "must be more than 0")
	}
	f := notice.Facts{Amount: amount, Provider: Transfer}
	f.Transfer.Reference = s.r.Code
	if until := now.Add(hold); status == booking.StatusPreReserved {
		if !s.transferComes() && until.After(s.r.ExpiresAt) {
			s.r.ExpiresAt = until
			s.record("hold_moved", map[string]any{"expires_at": until.UTC().Format(time.RFC3339)})
		}
		f.Until = s.r.ExpiresAt
	}
	about := s.transferKey() + strconv.FormatInt(int64(amount), 10)
	s.tell(notice.TransferDetails, about, f)
	s.tell(notice.OwnerTransferWaiting, about, f)
	return s.finish(), nil
}
