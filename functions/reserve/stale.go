package reserve

import (
	"context"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// decideRequest is an owner's yes.
type decideRequest struct {
	reservationRequest
	DespiteConflict bool `json:"despite_conflict,omitempty" description:"Even if another channel has sold a night of it: two guests may come"`
}

func (h *handler) approve(ctx context.Context, r decideRequest) (reservation, error) {
	return h.decide(ctx, r, "approved", (*booking.Reservation).Approve, Payments.Approve)
}

func (h *handler) confirm(ctx context.Context, r decideRequest) (reservation, error) {
	return h.decide(ctx, r, "confirmed", (*booking.Reservation).Confirm, Payments.Confirm)
}

// decide does what the owner says yes to, unless another channel has sold the nights meanwhile and he has not said that he
// knows. The rule says beforehand whether act will.
func (h *handler) decide(ctx context.Context, r decideRequest, event string, rule func(*booking.Reservation, time.Time) error,
	act func(p Payments, ctx context.Context, code, by string, now time.Time) (payment.Outcome, error),
) (reservation, error) {
	now := h.now()
	onlyOwner := func(c web.Credentials, _ string) (web.Actor, error) { return h.access.Admin(c) }
	return r.with(onlyOwner, func(code string, by web.Actor) (reservation, error) {
		if !r.DespiteConflict {
			if err := h.lookAgain(ctx, code, now, rule); err != nil {
				return reservation{}, err
			}
		}
		out, err := act(h.payments, ctx, code, string(by), now)
		if err != nil {
			return reservation{}, err
		}
		return h.became(ctx, &out, by, event, now), nil
	})
}

// lookAgain refuses a reservation that clashes with what another channel has sold, by calendars that are read again if they
// were not lately. One that cannot be read refuses nothing: the owner has his own ways to know. What the rule refuses costs no
// look at all.
func (h *handler) lookAgain(ctx context.Context, code string, now time.Time, rule func(*booking.Reservation, time.Time) error) error {
	found, terms, err := h.bookings.Reservation(ctx, code)
	if err != nil {
		return err
	}
	tried := found
	if err := rule(&tried, now); err != nil {
		return err
	}
	if !h.desk.Fresh(terms.HasFeeds, terms.FeedsAsOf, now) {
		if !h.calendars.Refresh(ctx, found.AccommodationID) {
			web.Note(ctx, "stale_calendar", "owner decides")
		}
		if _, terms, err = h.bookings.Reservation(ctx, code); err != nil {
			return err
		}
	}
	if terms.Clash {
		return booking.ErrTaken.WithDetail("Another channel has sold some of these nights, or they are closed by hand; with despite_conflict it is done all the same.")
	}
	return nil
}
