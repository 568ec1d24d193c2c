package admin

import (
	"context"

	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

type refundsRequest struct {
	web.Page
	web.Credentials
}

type refundList struct {
	Refunds []undone `json:"refunds" required:"true" nullable:"false"`
	Next    string   `json:"next,omitempty" description:"Give it as after to get the next page; absent: there is none"`
}

// undone is a refund among those of all reservations that have not gone back yet.
type undone struct {
	refund
	ReservationCode *string `json:"reservation_code" required:"true" description:"null: what was paid is for none of ours"`
}

func (h *handler) refunds(ctx context.Context, r refundsRequest) (refundList, error) {
	if _, err := h.access.Admin(r.Credentials); err != nil {
		return refundList{}, err
	}
	found, err := h.Payments.RefundsUndone(ctx, r.After, r.Size()+1)
	if err != nil {
		return refundList{}, err
	}
	var list refundList
	list.Refunds, list.Next = web.CutPage(r.Page, found, func(f payment.RepaymentRow) int64 { return f.ID },
		func(f payment.RepaymentRow) undone { return undone{showRefund(&f), orNone(f.ReservationCode)} })
	return list, nil
}
