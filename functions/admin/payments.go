package admin

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// mostShown is how much of each kind is shown of a reservation's money: more than any stay has.
const mostShown = 200

type stayRequest struct {
	Code string `path:"code" json:"-" description:"Of the reservation, as printed or dictated"`
	web.Credentials
}

// codes are what the reservation may be called: what was typed, and what that means as one of ours.
func (r stayRequest) codes() []string {
	if code, ok := booking.NormalizeCode(r.Code); ok && code != r.Code {
		return []string{r.Code, code}
	}
	return []string{r.Code}
}

// meant does something with the reservation that was meant, if it is the owner who asks.
func meant[T any](ctx context.Context, h *handler, r stayRequest, act func(code, by string) (T, error)) (done T, err error) {
	by, err := h.access.Admin(r.Credentials)
	if err != nil {
		return done, err
	}
	for _, code := range r.codes() {
		if done, err = act(code, string(by)); !errors.Is(err, fault.ErrNotFound) {
			web.Note(ctx, "reservation", code)
			break
		}
	}
	return done, err
}

// money shows all that is kept of a reservation's money.
func (h *handler) money(ctx context.Context, r stayRequest) (account, error) {
	return meant(ctx, h, r, func(code, _ string) (account, error) {
		book, err := h.Payments.Book(ctx, code)
		if err != nil {
			return account{}, err
		}
		ledger, err := h.Payments.Ledger(ctx, code, mostShown)
		if err != nil {
			return account{}, err
		}
		told, err := h.Messages.List(ctx, code, "", 0, mostShown)
		if err != nil {
			return account{}, err
		}
		shown := account{
			Reservation: h.showStay(&book.Reservation), Ledger: make([]entry, len(ledger)), Messages: make([]message, len(told)),
			Payments: newest(book.Payments, showPayment), Refunds: newest(book.Repayments, showRefund),
		}
		for i, e := range ledger {
			shown.Ledger[i] = entry{At: e.At, Kind: e.Kind, Amount: e.Amount, Provider: e.Provider, PaymentID: e.Payment}
		}
		for i := range told {
			shown.Messages[i] = showMessage(&told[i])
		}
		return shown, nil
	})
}

// newest shows rows the other way round, and not too many.
func newest[Row, Shown any](rows []Row, show func(*Row) Shown) []Shown {
	shown := make([]Shown, 0, min(len(rows), mostShown))
	for i := len(rows) - 1; i >= 0 && len(shown) < mostShown; i-- {
		shown = append(shown, show(&rows[i]))
	}
	return shown
}

type receiveRequest struct {
	stayRequest
	Key      string      `header:"Idempotency-Key" json:"-" validate:"omitempty,max=64,printascii" description:"Names the payment among the reservation's for ever: the same again is the same payment, however often it is sent"`
	Provider string      `json:"provider" required:"true" validate:"required,oneof=transfer cash" description:"How it came"`
	Amount   money.Cents `json:"amount" required:"true" description:"More than 0.00, in the reservation's currency; it may be more than is owed"`
	Note     string      `json:"note,omitempty" validate:"omitempty,max=500,text" description:"For the owner alone"`
}

// receive keeps what the owner says that he has received.
func (h *handler) receive(ctx context.Context, r receiveRequest) (received, error) {
	now := h.Now().UTC().Truncate(time.Millisecond)
	chosen := cmp.Or(r.Key, rand.Text())
	return meant(ctx, h, r.stayRequest, func(code, by string) (received, error) {
		key := code + ":" + chosen // whoever numbers his payments begins anew with every reservation
		if _, err := h.Payments.Receive(ctx, code, r.Provider, r.Amount, strings.TrimSpace(r.Note), by, key, now); err != nil {
			return received{}, err
		}
		book, err := h.Payments.Book(ctx, code)
		if err != nil {
			return received{}, err
		}
		shown := received{Reservation: h.showStay(&book.Reservation), Refunds: []refund{}}
		if i := slices.IndexFunc(book.Payments, func(p payment.Row) bool { return p.Provider == r.Provider && p.ID == key }); i >= 0 {
			shown.Payment = showPayment(&book.Payments[i])
		}
		for i := range book.Repayments {
			if p := &book.Repayments[i]; p.Provider == r.Provider && p.Payment == key {
				shown.Refunds = append(shown.Refunds, showRefund(p))
			}
		}
		return shown, nil
	})
}

type refundRequest struct {
	stayRequest
	RefundID int64 `path:"refund" description:"The id of the refund"`
}

// refunded takes the owner's word that he has given money back.
func (h *handler) refunded(ctx context.Context, r refundRequest) (returned, error) {
	return meant(ctx, h, r.stayRequest, func(code, by string) (returned, error) {
		found, err := h.Payments.Repayment(ctx, r.RefundID)
		switch {
		case err != nil:
			return returned{}, err
		case found.ReservationCode != code:
			return returned{}, fault.ErrNotFound.WithDetail("The reservation has no such refund.")
		case !found.ByHand:
			return returned{}, payment.ErrNotByHand
		case found.State == payment.RepaymentWithdrawn || found.State == payment.RepaymentFailed:
			return returned{}, payment.ErrRefundOver
		}
		// One that is withdrawn meanwhile, or is done already, stays what it is.
		out, err := h.Payments.RefundEnded(ctx, r.RefundID, payment.RepaymentEnd{State: payment.RepaymentDone}, by, h.Now())
		if err != nil {
			return returned{}, err
		}
		if found, err = h.Payments.Repayment(ctx, r.RefundID); err != nil {
			return returned{}, err
		}
		if found.State != payment.RepaymentDone {
			return returned{}, payment.ErrRefundOver
		}
		return returned{Refund: showRefund(&found), Reservation: h.showStay(&out.Reservation)}, nil
	})
}
