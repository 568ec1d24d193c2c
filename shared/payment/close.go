package payment

import "github.com/eevans-d/sist-cabanas/shared/booking"

// Close is the job to close the provider's pages of a reservation on which nothing is to be paid any more. It has no key: the
// queue remembers keys for a day, in which a reservation may be paid, owe again, and be cancelled.
type Close struct {
	Code string `json:"code"`
}

// Kind names the job.
func (Close) Kind() string { return "close_checkouts" }

// Closes reports whether what was decided leaves nothing to be paid of a reservation, where there was something before: it is over,
// or paid in full. Of a hold that runs out by itself the pages end with it.
func Closes(before, after *booking.Reservation) bool { return Payable(before) && !Payable(after) }

// Payable reports whether anything is to be paid of a reservation.
func Payable(r *booking.Reservation) bool { return r.Status.Live() && Owed(r, Total) > 0 }

// OpenPage is a page of the provider, as it is kept.
type OpenPage struct {
	ID   int64 // of its row
	Link Link
}

// Closing is what is to be closed of a reservation.
type Closing struct {
	Pages []OpenPage
	// More says that these are not all: there are too many for once, or one is being made that nobody knows yet.
	More bool
}
