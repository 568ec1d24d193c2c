package payment_test

import (
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

func TestPagesAreClosedOnceNothingIsToBePaid(t *testing.T) {
	t.Parallel()
	is := func(status booking.Status, paid money.Cents) *booking.Reservation {
		return &booking.Reservation{Status: status, Total: 34000, Deposit: 10200, Paid: paid}
	}
	held, deposit := is(booking.StatusPreReserved, 0), is(booking.StatusConfirmed, 10200)
	full, over := is(booking.StatusConfirmed, 34000), is(booking.StatusConfirmed, 40000)
	cancelled, expired := is(booking.StatusCancelled, 10200), is(booking.StatusExpired, 0)
	for _, c := range []struct {
		name          string
		before, after *booking.Reservation
		want          bool
	}{
		{"nothing happens", held, held, false},
		{"the deposit comes", held, deposit, false},
		{"all of it comes", held, full, true},
		{"the rest comes", deposit, full, true},
		{"too much comes", deposit, over, true},
		{"more comes of what is paid", full, over, false},
		{"what is paid is cancelled", full, cancelled, false},
		{"a hold is cancelled", held, cancelled, true},
		{"a stay is cancelled", deposit, cancelled, true},
		{"a hold lapses", held, expired, true},
		{"what has lapsed stays so", expired, expired, false},
		{"what has lapsed comes back", expired, deposit, false},
		{"it owes again", full, deposit, false},
	} {
		if got := payment.Closes(c.before, c.after); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}
