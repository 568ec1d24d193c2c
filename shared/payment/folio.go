package payment

import (
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/notice"
)

// Folio is a reservation as its guest sees it: the stay, how to arrive and whom to ask, and all money that has come and gone.
type Folio struct {
	Reservation booking.Reservation
	Terms       booking.Terms
	// Facts are those that do not change with what happens: the stay, prices, hours, the place, the host, and where transfers go.
	// Now and all links but Map are for whoever knows them.
	Facts    notice.Facts
	Payments []Payment  // the newest first, at most 20
	Returned []Returned // the newest first, at most 20
	// TransferBegun says that the guest was told to transfer, and is waited for.
	TransferBegun bool
}

// Returned is money that goes back to a guest, or has.
type Returned struct {
	Provider string // of the payment that it is of
	Amount   money.Cents
	State    string    // of its row: queued, sent, in_process, done, failed
	ByHand   bool      // the owner has to do it himself
	At       time.Time // when that was decided
}
