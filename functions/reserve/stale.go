package reserve

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
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
	return h.decide(ctx, r, "approved", (*booking.Reservation).Approve)
}

func (h *handler) confirm(ctx context.Context, r decideRequest) (reservation, error) {
	return h.decide(ctx, r, "confirmed", (*booking.Reservation).Confirm)
}

// decide does what the owner says yes to, unless another channel has sold the nights meanwhile and he has not said that he
// knows.
func (h *handler) decide(ctx context.Context, r decideRequest, event string, rule func(*booking.Reservation, time.Time) error) (reservation, error) {
	now := h.now()
	onlyOwner := func(c web.Credentials, _ string) (web.Actor, error) { return h.access.Admin(c) }
	return r.with(onlyOwner, func(code string, by web.Actor) (reservation, error) {
		if !r.DespiteConflict {
			if err := h.lookAgain(ctx, code, now, rule); err != nil {
				return reservation{}, err
			}
		}
		return h.change(ctx, code, by, event, now, func(b *booking.Reservation) error { return rule(b, now) })
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

type payRequest struct {
	Code string `path:"code"`
	T    string `query:"t" description:"The reservation's token"`
}

// pay holds the place of the checkout, so that a payment_url that was handed out answers honestly. Whoever has the token is told
// if the owner has to be waited for; everybody else, and whatever else goes wrong, learns only that nobody takes payments.
func (h *handler) pay(_ http.ResponseWriter, r *http.Request) error {
	asked := reservationRequest{Code: r.PathValue("code"), Credentials: web.Credentials{GuestQuery: r.URL.Query().Get("t")}}
	_, err := asked.with(h.access.GuestOrAdmin, func(code string, _ web.Actor) (reservation, error) {
		found, _, err := h.bookings.Reservation(r.Context(), code)
		if err == nil && found.StatusAt(h.now()).Live() && found.Approval == booking.ApprovalWaiting {
			err = booking.ErrAwaitingApproval
		}
		return reservation{}, err
	})
	if errors.Is(err, booking.ErrAwaitingApproval) {
		return err
	}
	return ErrPaymentsOff
}
