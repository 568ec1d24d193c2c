package reserve

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// reservation is what guest and owner see of one.
type reservation struct {
	Code              string                `json:"code" required:"true"`
	Status            booking.Status        `json:"status" required:"true" enum:"pre_reserved,confirmed,completed,no_show,expired,cancelled"`
	PaymentStatus     booking.PaymentStatus `json:"payment_status" required:"true" enum:"pending,partially_paid,paid,refunded,partially_refunded,failed"`
	AccommodationID   int64                 `json:"accommodation_id" required:"true"`
	AccommodationName string                `json:"accommodation_name" required:"true"`
	CheckIn           civil.Date            `json:"check_in" required:"true"`
	CheckOut          civil.Date            `json:"check_out" required:"true"`
	Nights            int                   `json:"nights" required:"true"`
	Guests            int                   `json:"guests" required:"true"`
	Currency          string                `json:"currency" required:"true"`
	Lines             []booking.Line        `json:"lines" required:"true" nullable:"false" description:"They add up to total_price"`
	TotalPrice        money.Cents           `json:"total_price" required:"true"`
	DepositAmount     money.Cents           `json:"deposit_amount" required:"true"`
	PaidAmount        money.Cents           `json:"paid_amount" required:"true" description:"Received and not given back"`
	RefundDue         *money.Cents          `json:"refund_due,omitempty" description:"What is still to go back to the guest; only of a cancelled one"`
	CreatedAt         time.Time             `json:"created_at" required:"true"`
	Approval          booking.Approval      `json:"approval,omitempty" enum:"waiting,approved" description:"Whether the owner has said yes; only where he was asked, because another channel's calendar could not be read"`
	ExpiresAt         *time.Time            `json:"expires_at,omitempty" description:"When the hold runs out; only of a hold"`
	ConfirmedAt       *time.Time            `json:"confirmed_at,omitempty"`
	CancelledAt       *time.Time            `json:"cancelled_at,omitempty"`
	PaymentURL        string                `json:"payment_url,omitempty" description:"Where to pay; only while there is something to pay, and not before the owner has said yes where he is asked"`
	ManageURL         string                `json:"manage_url" required:"true" description:"The reservation as a page for its guest; t in it is the token that opens it here too"`
	Contact           *contact              `json:"contact,omitempty" description:"Who the guest is; only for the owner"`
}

type contact struct {
	Name            string `json:"name" required:"true"`
	Phone           string `json:"phone" required:"true"`
	Email           string `json:"email,omitempty"`
	Channel         string `json:"channel" required:"true"`
	CancelReason    string `json:"cancel_reason,omitempty"`
	SpecialRequests string `json:"special_requests,omitempty"`
}

func (h *handler) show(r *booking.Reservation, terms booking.Terms, to web.Actor, now time.Time) reservation {
	status := r.StatusAt(now)
	shown := reservation{
		Code: r.Code, Status: status, PaymentStatus: r.PaymentStatus,
		AccommodationID: r.AccommodationID, AccommodationName: terms.AccommodationName,
		CheckIn: r.Stay.Nights.From, CheckOut: r.Stay.Nights.To, Nights: r.Stay.Nights.Len(), Guests: r.Stay.Guests,
		Currency: r.Currency, Lines: r.Lines, TotalPrice: r.Total, DepositAmount: r.Deposit, PaidAmount: r.Paid,
		CreatedAt: r.CreatedAt.UTC(), ConfirmedAt: web.Instant(r.ConfirmedAt), CancelledAt: web.Instant(r.CancelledAt),
		ManageURL: h.link("/r/", r.Code),
	}
	if status == booking.StatusPreReserved {
		shown.ExpiresAt = web.Instant(r.ExpiresAt)
	}
	if r.Approval != booking.ApprovalNone {
		shown.Approval = r.Approval
	}
	if status.Live() && r.Paid < r.Total && r.Approval != booking.ApprovalWaiting {
		shown.PaymentURL = h.link("/pay/", r.Code)
	}
	// A row that was cancelled by hand may not say when; then nobody knows what is due.
	if status == booking.StatusCancelled && !r.CancelledAt.IsZero() {
		due := r.RefundBy(terms.Policy.Or(terms.Steps), civil.Of(r.CancelledAt, terms.Zone))
		shown.RefundDue = &due
	}
	if to.IsAdmin() {
		shown.Contact = &contact{
			Name: r.Contact.Name, Phone: r.Contact.Phone, Email: r.Contact.Email, Channel: r.Channel, SpecialRequests: r.SpecialRequests, CancelReason: r.CancelReason,
		}
	}
	return shown
}

func (h *handler) link(path, code string) string {
	return h.baseURL + path + url.PathEscape(code) + "?t=" + h.access.GuestToken(code)
}

type reservationRequest struct {
	Code string `path:"code" json:"-" description:"As printed or dictated: case, spaces and dashes do not matter"`
	web.Credentials
}

// codes are what the reservation may be called: what was typed, and what that means as one of ours. An operator who enters a
// reservation by SQL may call it what he likes, HOLD-01 for one.
func (r reservationRequest) codes() []string {
	if code, ok := booking.NormalizeCode(r.Code); ok && code != r.Code {
		return []string{r.Code, code}
	}
	return []string{r.Code}
}

// access says who asks for the reservation of a code.
type access func(c web.Credentials, code string) (web.Actor, error)

// with is meant, for what shows a reservation.
func (r reservationRequest) with(who access, act func(code string, by web.Actor) (reservation, error)) (reservation, error) {
	return meant(r, who, act)
}

// meant acts on the reservation that was meant, as whoever asks, if he may.
func meant[T any](r reservationRequest, who access, act func(code string, by web.Actor) (T, error)) (shown T, err error) {
	for _, code := range r.codes() {
		var by web.Actor
		if by, err = who(r.Credentials, code); err == nil {
			shown, err = act(code, by)
		}
		if !errors.Is(err, fault.ErrNotFound) && !errors.Is(err, web.ErrDenied) {
			break
		}
	}
	return shown, err
}

func (h *handler) view(ctx context.Context, r reservationRequest) (reservation, error) {
	return r.with(h.access.GuestOrAdmin, func(code string, by web.Actor) (reservation, error) {
		found, terms, err := h.bookings.Reservation(ctx, code)
		if err != nil {
			return reservation{}, err
		}
		web.Note(ctx, "reservation", found.Code)
		return h.show(&found, terms, by, h.now()), nil
	})
}

func (h *handler) extend(ctx context.Context, r reservationRequest) (reservation, error) {
	now := h.now()
	return r.with(h.access.GuestOrAdmin, func(code string, by web.Actor) (reservation, error) {
		return h.change(ctx, code, by, "extended", now, func(b *booking.Reservation) error { return b.Extend(now) })
	})
}

// change applies a rule to a reservation and shows what has become of it.
func (h *handler) change(ctx context.Context, code string, by web.Actor, event string, now time.Time, rule func(*booking.Reservation) error) (reservation, error) {
	changed, terms, err := h.bookings.Change(ctx, code, string(by), event, now, rule)
	if err != nil {
		return reservation{}, err
	}
	web.Note(ctx, "reservation", changed.Code)
	h.count(changed.Channel, event)
	return h.show(&changed, terms, by, now), nil
}
