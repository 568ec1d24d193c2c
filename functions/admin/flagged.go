package admin

import (
	"context"

	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

type paymentsRequest struct {
	Flagged string `query:"flagged" validate:"omitempty,oneof=true false" description:"true: only those that the owner has to look at"`
	web.Page
	web.Credentials
}

type paymentList struct {
	Payments []listedPayment `json:"payments" required:"true" nullable:"false"`
	Next     string          `json:"next,omitempty" description:"Give it as after to get the next page; absent: there is none"`
}

// listedPayment is a payment among those of all reservations.
type listedPayment struct {
	paid
	ReservationCode *string `json:"reservation_code" required:"true" description:"null: what it says that it is for is none of ours"`
}

func (h *handler) payments(ctx context.Context, r paymentsRequest) (paymentList, error) {
	if _, err := h.access.Admin(r.Credentials); err != nil {
		return paymentList{}, err
	}
	found, err := h.Payments.List(ctx, r.Flagged == "true", r.After, r.Size()+1)
	if err != nil {
		return paymentList{}, err
	}
	var list paymentList
	list.Payments, list.Next = web.CutPage(r.Page, found, func(p payment.Row) int64 { return p.RowID },
		func(p payment.Row) listedPayment { return listedPayment{showPayment(&p), orNone(p.ReservationCode)} })
	return list, nil
}
