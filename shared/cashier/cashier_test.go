package cashier_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/cashier"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

var noon = time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)

// world is everything around a cashier: a provider with payments, a reservation ABC234, and what was asked for and done, in order.
type world struct {
	payments map[string]payment.Payment
	pages    []payment.Page
	failure  error // of the provider
	status   booking.Status
	lookUp   error // of reservations
	settling error
	decision payment.Decision
	now      time.Time
	done     []string
}

func (w *world) GetPayment(_ context.Context, id string) (payment.Payment, error) {
	w.done = append(w.done, "get "+id)
	if w.failure != nil {
		return payment.Payment{}, w.failure
	}
	p, ok := w.payments[id]
	if !ok {
		return p, payment.ErrNotFound
	}
	return p, nil
}

func (w *world) SearchPayments(_ context.Context, q payment.Search) (payment.Page, error) {
	w.done = append(w.done, fmt.Sprintf("search %s from %d", q.ExternalReference, q.Offset))
	if w.failure != nil {
		return payment.Page{}, w.failure
	}
	return w.pages[min(q.Offset, len(w.pages)-1)], nil
}

func (w *world) Settle(_ context.Context, seen payment.Payment, now time.Time) (payment.Decision, error) {
	w.done = append(w.done, "settle "+seen.Provider+" "+seen.ID+now.Sub(noon).String())
	return w.decision, w.settling
}

func (w *world) cashier() *cashier.Cashier {
	return cashier.New(cashier.Deps{
		Provider: w, Payments: w,
		Now: func() time.Time { return w.now },
		Reservation: func(_ context.Context, code string) (booking.Reservation, booking.Terms, error) {
			if w.lookUp != nil {
				return booking.Reservation{}, booking.Terms{}, w.lookUp
			}
			return booking.Reservation{Code: code, AccommodationID: 7, Status: w.status}, booking.Terms{}, nil
		},
		Refresh: func(_ context.Context, cabin int64) bool {
			w.done = append(w.done, fmt.Sprint("read calendars of ", cabin))
			return false // none can be read
		},
	})
}

func paid(status payment.Status) map[string]payment.Payment {
	return map[string]payment.Payment{"1": {ID: "1", Status: status, ExternalReference: "ABC234"}}
}

func TestCalendarsAreReadBeforeWhatMayConfirm(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		payment payment.Status
		hold    booking.Status
		lookUp  error
		reads   bool
	}{
		{payment.Approved, booking.StatusPreReserved, nil, true},
		{payment.Approved, booking.StatusExpired, nil, true},
		{payment.Approved, booking.StatusConfirmed, nil, false},
		{payment.Approved, booking.StatusCancelled, nil, false},
		{payment.Pending, booking.StatusPreReserved, nil, false},
		{payment.Rejected, booking.StatusPreReserved, nil, false},
		{payment.Approved, booking.StatusPreReserved, fault.ErrNotFound, false},
	} {
		w := &world{payments: paid(test.payment), status: test.hold, lookUp: test.lookUp, now: noon}
		if _, err := w.cashier().Look(t.Context(), "1"); err != nil {
			t.Errorf("%+v: %v", test, err)
		}
		want := []string{"get 1", "settle mercadopago 10s"}
		if test.reads {
			want = slices.Insert(want, 1, "read calendars of 7")
		}
		if !slices.Equal(w.done, want) {
			t.Errorf("%+v: it did %q", test, w.done)
		}
	}
}

func TestWhatCannotBeKnownSettlesNothing(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	for name, w := range map[string]*world{
		"the provider":      {failure: payment.ErrUnavailable},
		"the payment":       {},
		"the reservation":   {payments: paid(payment.Approved), lookUp: down},
		"what became of it": {payments: paid(payment.Pending), settling: down},
	} {
		w.now = noon
		settled, err := w.cashier().Look(t.Context(), "1")
		if err == nil || settled.News {
			t.Errorf("%s: %+v", name, settled)
		}
	}
}

func TestNewsIsWhatChangesAnything(t *testing.T) {
	t.Parallel()
	w := &world{payments: paid(payment.Pending), now: noon}
	if settled, err := w.cashier().Look(t.Context(), "1"); err != nil || settled.News || settled.Payment.ID != "1" {
		t.Errorf("%+v %v", settled, err)
	}
	w.decision = payment.Decision{Events: []payment.Event{{Name: "paid"}}, Flag: payment.FlagAmountShort}
	if settled, err := w.cashier().Look(t.Context(), "1"); err != nil || !settled.News || settled.Flag != payment.FlagAmountShort {
		t.Errorf("%+v %v", settled, err)
	}
}

func TestASearchPassesOverWhatIsKnown(t *testing.T) {
	t.Parallel()
	found := func(id string, status payment.Status, updated time.Duration) payment.Found {
		return payment.Found{ID: id, Status: status, LastUpdated: noon.Add(updated)}
	}
	w := &world{
		now: noon, payments: map[string]payment.Payment{"2": {ID: "2"}, "3": {ID: "3"}, "4": {ID: "4"}},
		pages: []payment.Page{
			{Found: []payment.Found{found("1", payment.Approved, 0), found("2", payment.Approved, 1)}, Next: 1},
			{Found: []payment.Found{found("3", payment.Refunded, 0), found("4", payment.Pending, 0)}},
		},
	}
	known := []payment.Found{found("1", payment.Approved, 0), found("2", payment.Approved, 0), found("3", payment.Approved, 0)}
	settled, err := w.cashier().Find(t.Context(), "ABC234", known)
	want := []string{
		"search ABC234 from 0", "get 2", "settle mercadopago 20s", "search ABC234 from 1", "get 3", "settle mercadopago 30s", "get 4", "settle mercadopago 40s",
	}
	if err != nil || len(settled) != 3 || !slices.Equal(w.done, want) {
		t.Errorf("%d settled, %v; it did %q", len(settled), err, w.done)
	}
}

func TestASearchEnds(t *testing.T) {
	t.Parallel()
	w := &world{now: noon, pages: []payment.Page{{Next: 1}, {Next: 1}}} // and so on for ever
	if _, err := w.cashier().Find(t.Context(), "ABC234", nil); err != nil || len(w.done) != 10 {
		t.Errorf("%v, after %d pages", err, len(w.done))
	}
}

func TestWhoeverWantsToBeLeftAloneIsForAsLongAsMakesSense(t *testing.T) {
	t.Parallel()
	w := &world{now: noon, failure: payment.ErrRateLimited.WithRetryAfter(24 * time.Hour)}
	c := w.cashier()
	for range 3 {
		if _, err := c.Look(t.Context(), "1"); !errors.Is(err, payment.ErrRateLimited) {
			t.Fatal(err)
		}
		if _, err := c.Find(t.Context(), "ABC234", nil); !errors.Is(err, payment.ErrRateLimited) {
			t.Fatal(err)
		}
	}
	if !slices.Equal(w.done, []string{"get 1"}) {
		t.Errorf("it was asked %q", w.done)
	}
	w.now, w.failure, w.payments = noon.Add(5*time.Minute), nil, paid(payment.Pending)
	if _, err := c.Look(t.Context(), "1"); err != nil {
		t.Errorf("five minutes later: %v", err)
	}
}
