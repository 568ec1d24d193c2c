package reserve

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

type transferRequest struct {
	reservationRequest
	Amount string `json:"amount,omitempty" validate:"omitempty,oneof=deposit total" description:"What is transferred: what is left of the deposit, or of the total; deposit if not said, and total where that is paid"`
}

// transfer is how to pay by bank transfer.
type transfer struct {
	Code      string      `json:"code" required:"true"`
	Amount    money.Cents `json:"amount" required:"true"`
	Currency  string      `json:"currency" required:"true"`
	Alias     string      `json:"alias,omitempty" description:"Where to: the alias or the CBU, one of them is enough"`
	CBU       string      `json:"cbu,omitempty"`
	Holder    string      `json:"holder,omitempty" description:"Whose account it is, to be compared with what the bank says"`
	Bank      string      `json:"bank,omitempty"`
	Reference string      `json:"reference" required:"true" description:"To be written on the transfer"`
	Until     *time.Time  `json:"until,omitempty" description:"Until when the nights are kept; only of a hold"`
}

// transfer keeps the nights for a guest who says that he transfers. The owner says when the money has come.
func (h *handler) transfer(ctx context.Context, r transferRequest) (transfer, error) {
	now := h.now()
	return meant(r.reservationRequest, h.access.GuestOrAdmin, func(code string, by web.Actor) (transfer, error) {
		f, err := h.payments.Folio(ctx, code)
		if err != nil {
			return transfer{}, err
		}
		to := f.Facts.Transfer
		if to.Alias == "" && to.CBU == "" {
			return transfer{}, payment.ErrTransferNotOffered
		}
		amount := payment.Owed(&f.Reservation, cmp.Or(r.Amount, payment.Deposit))
		out, err := h.payments.AwaitTransfer(ctx, code, string(by), amount, h.transfers, now)
		switch {
		case amount <= 0 && errors.Is(err, fault.ErrInvalid):
			return transfer{}, payment.ErrNothingOwed
		case err != nil:
			return transfer{}, err
		}
		web.Note(ctx, "reservation", code)
		shown := transfer{
			Code: code, Amount: amount, Currency: out.Reservation.Currency,
			Alias: to.Alias, CBU: to.CBU, Holder: to.Holder, Bank: to.Bank, Reference: out.Reservation.Code,
		}
		if out.Reservation.StatusAt(now) == booking.StatusPreReserved {
			shown.Until = web.Instant(out.Reservation.ExpiresAt)
		}
		return shown, nil
	})
}
