package payment

import (
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

// What is refused to guests and owners who deal with each other's money without a provider.
var (
	ErrTransferNotOffered = fault.New(fault.Conflict, "transfer_not_offered", "This cabin takes no bank transfers; it can be paid in another way.")
	ErrNotByHand          = fault.New(fault.Conflict, "refund_not_by_hand", "This refund is not for the owner to make: the payment provider is asked for it.")
	ErrRefundOver         = fault.New(fault.Conflict, "refund_over", "This refund is not to be made any more.")
)

// Booked is an entry of the ledger, and when it was written.
type Booked struct {
	Entry
	At time.Time
}

// Overdue is a hold that has run out, and of which there is money that nobody has decided about.
type Overdue struct {
	ReservationID int64
	Code          string
}

// Owed is what is to be paid next of a reservation: what is left of the deposit or, where that is nothing or what is Total, of all.
// It is 0 or less where nothing is left.
func Owed(r *booking.Reservation, what string) money.Cents {
	_, amount := Next(r, what)
	return amount
}

// Next is Owed, and of what it is: of the Deposit or of the Total.
func Next(r *booking.Reservation, what string) (of string, amount money.Cents) {
	if due := r.Deposit - r.Paid; due > 0 && what != Total {
		return Deposit, due
	}
	return Total, r.Total - r.Paid
}
