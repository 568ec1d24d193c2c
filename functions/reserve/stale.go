package reserve

import (
	"context"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// askOwner is the ICAL_WHEN_STALE of owners who would rather look themselves than have a guest too many.
const askOwner = "owner"

// fresh reports whether it is known well enough what other channels have sold: by calendars that were read lately, or because
// there are none.
func (h *handler) fresh(hasFeeds bool, asOf, now time.Time) bool {
	return !hasFeeds || now.Sub(asOf) <= h.freshFor
}

// takeInTheDark is what becomes of a hold while a channel cannot be read. Turning the guest away would cost more stays than
// other channels ever sell within those hours; the owner decides which he fears more.
func (h *handler) takeInTheDark(ctx context.Context, made *booking.Reservation, now time.Time) {
	web.Note(ctx, "stale_calendar", h.whenStale)
	made.StaleCalendar = true
	if h.whenStale == askOwner {
		made.Approval, made.ExpiresAt = booking.ApprovalWaiting, now.Add(booking.ApprovalFor)
	}
}

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
	if !h.fresh(terms.HasFeeds, terms.FeedsAsOf, now) {
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
