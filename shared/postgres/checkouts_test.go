package postgres_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

var link = payment.Link{ID: "239610915-a", InitPoint: "https://pay.example/a", CollectorID: "239610915"}

func (b *till) open(t *testing.T, code, what string, now time.Time) payment.Opening {
	t.Helper()
	o, err := b.Checkouts.Open(t.Context(), code, what, now)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestManyWhoWantToPayAtOnceShareOnePage(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	r := b.stay(t, nights(3, 6))
	var wg sync.WaitGroup
	openings := make([]payment.Opening, 30)
	for n := range openings {
		wg.Go(func() {
			var err error
			if openings[n], err = b.Checkouts.Open(t.Context(), r.Code, payment.Deposit, noon); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	mine := 0
	for _, o := range openings {
		if o.Mine {
			mine++
		}
		if o.ID != openings[0].ID || o.Amount != r.Deposit || o.Currency != "ARS" || !o.ExpiresAt.Equal(r.ExpiresAt) || o.Link.ID != "" {
			t.Errorf("%+v", o)
		}
	}
	if mine != 1 {
		t.Errorf("%d ask the provider", mine)
	}
	if err := b.Checkouts.Store(t.Context(), openings[0].ID, link); err != nil {
		t.Fatal(err)
	}
	if o := b.open(t, r.Code, payment.Deposit, noon.Add(20*time.Minute)); o.Mine || o.Link != link {
		t.Errorf("%+v", o)
	}
	other := link
	other.ID = "another"
	if err := b.Checkouts.Store(t.Context(), openings[0].ID, other); err != nil {
		t.Fatal(err)
	}
	if o := b.open(t, r.Code, payment.Deposit, noon); o.Link != link {
		t.Errorf("the first one counts: %+v", o)
	}
}

// toClose are the pages that are to be closed, and whether there are more.
func (b *till) toClose(t *testing.T, code string, now time.Time) (pages []payment.OpenPage, more bool) {
	t.Helper()
	c, err := b.Checkouts.ToClose(t.Context(), code, now)
	if err != nil {
		t.Fatal(err)
	}
	return c.Pages, c.More
}

func TestAPageThatIsClosedIsNotHandedOutAgain(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	r := b.stay(t, nights(3, 6))
	first := b.open(t, r.Code, payment.Deposit, noon)
	if err := b.Checkouts.Store(t.Context(), first.ID, link); err != nil {
		t.Fatal(err)
	}
	if pages, more := b.toClose(t, r.Code, noon); len(pages) != 0 || more {
		t.Errorf("it can be paid: %+v %v", pages, more)
	}
	b.exec(t, `update reservations set status = 'cancelled'`)
	if pages, more := b.toClose(t, r.Code, r.ExpiresAt); len(pages) != 0 || more {
		t.Errorf("it has closed by itself: %+v %v", pages, more)
	}
	if pages, more := b.toClose(t, r.Code, noon); len(pages) != 1 || pages[0] != (payment.OpenPage{ID: first.ID, Link: link}) || more {
		t.Errorf("%+v %v", pages, more)
	}
	if err := b.Checkouts.Closed(t.Context(), first.ID, noon); err != nil {
		t.Fatal(err)
	}
	if pages, more := b.toClose(t, r.Code, noon); len(pages) != 0 || more {
		t.Errorf("it is closed: %+v %v", pages, more)
	}
	// And then it can be paid after all, as it could be before.
	b.exec(t, `update reservations set status = 'pre_reserved'`)
	again := b.open(t, r.Code, payment.Deposit, noon)
	if !again.Mine || again.ID == first.ID || again.Link.ID != "" || first.Edition != 0 || again.Edition != 1 {
		t.Errorf("%+v, after %+v", again, first)
	}
	other := link
	other.ID = "239610915-b"
	if err := b.Checkouts.Store(t.Context(), again.ID, other); err != nil {
		t.Fatal(err)
	}
	if o := b.open(t, r.Code, payment.Deposit, noon); o.ID != again.ID || o.Link != other || o.Mine {
		t.Errorf("%+v", o)
	}
}

func TestAPageThatIsBeingMadeIsToBeClosedToo(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	r := b.stay(t, nights(3, 6))
	o := b.open(t, r.Code, payment.Deposit, noon)
	if _, err := b.Payments.Cancel(t.Context(), r.Code, payment.ByOwner, "marta", "", nil, noon); err != nil {
		t.Fatal(err)
	}
	if got := list[string](t, b.bundle, `select args ->> 'code' from jobs where kind = 'close_checkouts'`); len(got) != 1 {
		t.Errorf("jobs of %v", got)
	}
	if pages, more := b.toClose(t, r.Code, noon.Add(14*time.Second)); len(pages) != 0 || !more {
		t.Errorf("somebody is at it: %+v %v", pages, more)
	}
	if pages, more := b.toClose(t, r.Code, noon.Add(15*time.Second)); len(pages) != 0 || more {
		t.Errorf("nobody is at it any more: %+v %v", pages, more)
	}
	if err := b.Checkouts.Store(t.Context(), o.ID, link); err != nil {
		t.Fatal(err)
	}
	if pages, more := b.toClose(t, r.Code, noon.Add(14*time.Second)); len(pages) != 1 || more {
		t.Errorf("it is made: %+v %v", pages, more)
	}
}

// TestNoPageIsMadeBehindACancellation: whoever cancels has closed what he saw, so that nobody may begin what he did not see.
func TestNoPageIsMadeBehindACancellation(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	r := b.stay(t, nights(3, 6))
	tx, err := b.operator.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `update reservations set status = 'cancelled'`); err != nil {
		t.Fatal(err)
	}
	var o payment.Opening
	done := make(chan error, 1)
	go func() {
		var err error
		o, err = b.Checkouts.Open(context.WithoutCancel(t.Context()), r.Code, payment.Deposit, noon)
		done <- err
	}()
	b.awaitWaiting(t, 1)
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil || o.Mine || o.Link.ID != "" {
		t.Errorf("%+v, %v", o, err)
	}
	if n := one[int64](t, b.bundle, `select count(*) from checkouts`); n != 0 {
		t.Errorf("%d pages are being made", n)
	}
	if _, err := b.Checkouts.Open(t.Context(), r.Code, payment.Deposit, noon); !errors.Is(err, booking.ErrInvalidState) {
		t.Errorf("got %v", err)
	}
}

func TestAClaimThatNobodyComesBackFromIsTakenOver(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	r := b.stay(t, nights(3, 6))
	first := b.open(t, r.Code, payment.Deposit, noon)
	if !first.Mine || b.open(t, r.Code, payment.Deposit, noon.Add(14*time.Second)).Mine {
		t.Error("the first one is at it")
	}
	if o := b.open(t, r.Code, payment.Deposit, noon.Add(15*time.Second)); !o.Mine || o.ID != first.ID {
		t.Errorf("%+v", o)
	}
	if b.open(t, r.Code, payment.Deposit, noon.Add(16*time.Second)).Mine {
		t.Error("the second one is at it")
	}
	if err := b.Checkouts.Release(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	if !b.open(t, r.Code, payment.Deposit, noon.Add(16*time.Second)).Mine {
		t.Error("it was given back")
	}
	if err := b.Checkouts.Store(t.Context(), first.ID, payment.Link{ID: "a"}); err == nil {
		t.Error("a page without an address")
	}
}

func TestWhatThereIsToPay(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	r := b.stay(t, nights(3, 6))
	if o := b.open(t, r.Code, payment.Total, noon); o.Amount != r.Total || o.What != payment.Total {
		t.Errorf("%+v", o)
	}
	b.exec(t, `update reservations set paid_amount = 5000`)
	if o := b.open(t, r.Code, payment.Deposit, noon); o.Amount != 520000 || o.What != payment.Deposit {
		t.Errorf("%+v", o)
	}
	b.exec(t, `update reservations set paid_amount = 10200, status = 'confirmed'`)
	o := b.open(t, r.Code, payment.Deposit, noon)
	if o.Amount != 2380000 || o.What != payment.Total || o.ExpiresAt.Sub(noon) < 24*time.Hour {
		t.Errorf("%+v", o)
	}
	if later := b.open(t, r.Code, payment.Total, noon.Add(3*time.Hour)); later.ID != o.ID {
		t.Errorf("another page on the same day: %+v", later)
	}
	for _, refused := range []struct {
		change string
		now    time.Time
		want   error
	}{
		{`paid_amount = 34000`, noon, payment.ErrNothingOwed},
		{`paid_amount = 0, status = 'cancelled'`, noon, booking.ErrInvalidState},
		{`status = 'pre_reserved'`, r.ExpiresAt, booking.ErrInvalidState},
		{`approval = 'waiting'`, noon, booking.ErrAwaitingApproval},
	} {
		b.exec(t, `update reservations set `+refused.change)
		o, err := b.Checkouts.Open(t.Context(), r.Code, payment.Deposit, refused.now)
		if !errors.Is(err, refused.want) || o.Reservation.Code != r.Code || o.Terms.AccommodationName == "" {
			t.Errorf("%s: %+v, %v", refused.change, o, err)
		}
	}
	if _, err := b.Checkouts.Open(t.Context(), "NOBODY", payment.Deposit, noon); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestPagesAreToBeClosedOnceNothingIsOwed(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]func(t *testing.T, b *till, r *booking.Reservation) error{
		"paid in full": func(t *testing.T, b *till, r *booking.Reservation) error {
			t.Helper()
			_, err := b.Payments.Settle(t.Context(), paid(r, int(r.ID), r.Total), noon)
			return err
		},
		"paid in cash": func(t *testing.T, b *till, r *booking.Reservation) error {
			t.Helper()
			_, err := b.Payments.Receive(t.Context(), r.Code, payment.Cash, r.Total, "", "marta", r.Code, noon)
			return err
		},
		"cancelled": func(t *testing.T, b *till, r *booking.Reservation) error {
			t.Helper()
			_, err := b.Payments.Cancel(t.Context(), r.Code, payment.ByOwner, "marta", "", nil, noon)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setupTill(t)
			r, other := b.stay(t, nights(3, 6)), b.stay(t, nights(10, 12)) // there is no page of the other one
			if err := b.Checkouts.Store(t.Context(), b.open(t, r.Code, payment.Total, noon).ID, link); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				for _, of := range []*booking.Reservation{r, other} {
					if err := act(t, b, of); err != nil && !errors.Is(err, booking.ErrInvalidState) { // it is cancelled once
						t.Fatal(err)
					}
				}
			}
			got := list[string](t, b.bundle, `select args ->> 'code' from jobs where kind = 'close_checkouts'`)
			if len(got) != 1 || got[0] != r.Code {
				t.Errorf("jobs of %v, not of %s once", got, r.Code)
			}
		})
	}
}

func TestADepositLeavesThePageForTheRestOpen(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	r := b.stay(t, nights(3, 6))
	if err := b.Checkouts.Store(t.Context(), b.open(t, r.Code, payment.Total, noon).ID, link); err != nil {
		t.Fatal(err)
	}
	b.settle(t, paid(r, 143, r.Deposit), noon)
	if n := one[int64](t, b.bundle, `select count(*) from jobs where kind = 'close_checkouts'`); n != 0 {
		t.Errorf("%d jobs close it", n)
	}
}
