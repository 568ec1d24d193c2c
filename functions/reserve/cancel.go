package reserve

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// cancelPreview is what a cancellation would give back.
type cancelPreview struct {
	Code       string         `json:"code" required:"true"`
	Status     booking.Status `json:"status" required:"true" enum:"pre_reserved,confirmed"`
	Currency   string         `json:"currency" required:"true"`
	PaidAmount money.Cents    `json:"paid_amount" required:"true" description:"Received, and not on its way back already: refund_due and kept add up to it"`
	RefundDue  money.Cents    `json:"refund_due" required:"true" description:"What would go back to the guest"`
	Kept       money.Cents    `json:"kept" required:"true" description:"What the owner would keep"`
	ByHand     money.Cents    `json:"by_hand" required:"true" description:"Of refund_due, what the owner would have to give back himself: what came by transfer or in cash"`
	Policy     booking.Policy `json:"policy" required:"true" enum:"flexible,moderate,strict,custom" description:"The cabin's; of a hold that is not confirmed all goes back, whatever it says"`
	Steps      []cancelStep   `json:"steps" required:"true" nullable:"false" description:"What the policy gives back from today on, in the order of time; after the last one, nothing"`
}

// cancelStep is until when so much goes back.
type cancelStep struct {
	Until   civil.Date `json:"until" required:"true" description:"The last day on which to cancel for it, where the cabin is"`
	Percent int        `json:"percent" required:"true" description:"Of paid_amount"`
}

// stepsFrom are the steps of a policy for a stay, from a day on. An operator may have written them in any order.
func stepsFrom(steps booking.Steps, checkIn, today civil.Date) []cancelStep {
	shown := []cancelStep{}
	for _, step := range steps {
		last := checkIn.AddDays(-step.DaysBefore)
		if percent := steps.Percent(step.DaysBefore); percent > 0 && !last.Before(today) {
			shown = append(shown, cancelStep{last, percent})
		}
	}
	slices.SortFunc(shown, func(a, b cancelStep) int { return a.Until.Compare(b.Until) })
	return slices.Compact(shown)
}

func (h *handler) previewCancel(ctx context.Context, r reservationRequest) (cancelPreview, error) {
	now := h.now()
	return meant(r, h.access.GuestOrAdmin, func(code string, by web.Actor) (cancelPreview, error) {
		p, out, err := h.payments.CancelPreview(ctx, code, whoIs(by), nil, now)
		if err != nil {
			return cancelPreview{}, err
		}
		web.Note(ctx, "reservation", out.Reservation.Code)
		return showPreview(p, &out, now), nil
	})
}

func showPreview(p payment.Preview, out *payment.Outcome, now time.Time) cancelPreview {
	found, terms := &out.Reservation, out.Terms
	shown := cancelPreview{
		Code: found.Code, Status: found.StatusAt(now), Currency: found.Currency, Policy: terms.Policy,
		PaidAmount: p.Paid, RefundDue: p.Refund, Kept: p.Kept, ByHand: p.ByHand,
		Steps: stepsFrom(terms.Policy.Or(terms.Steps), found.Stay.Nights.From, civil.Of(now, terms.Zone)),
	}
	if len(terms.Steps) > 0 {
		shown.Policy = booking.PolicyCustom
	}
	return shown
}

type cancelRequest struct {
	reservationRequest
	Reason       string       `json:"reason,omitempty" validate:"omitempty,max=500,text" description:"For the owner to read"`
	RefundAmount *money.Cents `json:"refund_amount,omitempty" description:"What goes back instead of what the policy says, from 0.00 to what was paid; for the owner to say"`
}

func (h *handler) cancel(ctx context.Context, r cancelRequest) (reservation, error) {
	now, reason := h.now(), strings.TrimSpace(r.Reason)
	return r.with(h.access.GuestOrAdmin, func(code string, by web.Actor) (reservation, error) {
		out, err := h.payments.Cancel(ctx, code, whoIs(by), string(by), reason, r.RefundAmount, now)
		if err != nil {
			return reservation{}, err
		}
		return h.became(ctx, &out, by, "cancelled", now), nil
	})
}

func whoIs(by web.Actor) payment.Who {
	if by.IsAdmin() {
		return payment.ByOwner
	}
	return payment.ByGuest
}

// became shows what has become of a reservation.
func (h *handler) became(ctx context.Context, out *payment.Outcome, by web.Actor, event string, now time.Time) reservation {
	web.Note(ctx, "reservation", out.Reservation.Code)
	h.count(out.Reservation.Channel, event)
	return h.show(&out.Reservation, out.Terms, by, now)
}
