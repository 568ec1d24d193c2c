package mercadopago

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// refunded is a refund as it is written.
// https://www.mercadopago.com.ar/developers/en/reference/chargebacks/_payments_id_refunds/post
type refunded struct {
	ID        name
	PaymentID name `json:"payment_id"`
	Amount    amount
	Status    name
	Created   instant `json:"date_created"`
}

// CreateRefund gives money back. The same order again is the same refund; see payment.RefundOrder for how long. The answer
// may be RefundInProcess: ask GetRefunds later. ErrRefused says that the provider will not: more than is left, too late, or
// no money in the account.
func (c *Client) CreateRefund(ctx context.Context, of payment.RefundOrder) (payment.Refund, error) {
	if !payment.IsPaymentID(of.PaymentID) {
		return payment.Refund{}, payment.ErrNotFound
	}
	if of.Amount < 0 {
		return payment.Refund{}, payment.ErrRefused
	}
	var body []byte // none: everything
	if of.Amount > 0 {
		var err error
		if body, err = json.Marshal(map[string]json.Number{"amount": number(of.Amount)}); err != nil {
			return payment.Refund{}, payment.ErrRefused.WithCause(err)
		}
	}
	var r refunded
	err := c.call(ctx, request{
		method: http.MethodPost, path: "/v1/payments/" + of.PaymentID + "/refunds", body: body,
		key: keyFor("refund", of.PaymentID, of.Amount.String(), strconv.FormatInt(of.Ordinal, 10)),
	}, &r)
	if err != nil {
		return payment.Refund{}, err
	}
	return r.read(of.PaymentID)
}

// GetRefunds returns all refunds of a payment, ours and those that the owner made in the provider's panel.
func (c *Client) GetRefunds(ctx context.Context, paymentID string) ([]payment.Refund, error) {
	if !payment.IsPaymentID(paymentID) {
		return nil, payment.ErrNotFound
	}
	var list []refunded
	if err := c.call(ctx, request{method: http.MethodGet, path: "/v1/payments/" + paymentID + "/refunds"}, &list); err != nil {
		return nil, err
	}
	if list == nil {
		return nil, unreadable("no list of refunds")
	}
	refunds := make([]payment.Refund, 0, len(list))
	for i := range list {
		r, err := list[i].read(paymentID)
		if err != nil {
			return nil, err
		}
		refunds = append(refunds, r)
	}
	return refunds, nil
}

func (r *refunded) read(paymentID string) (payment.Refund, error) {
	switch {
	case r.ID == "":
		return payment.Refund{}, unreadable("a refund without an id")
	case r.PaymentID != "" && string(r.PaymentID) != paymentID:
		return payment.Refund{}, unreadable("a refund of another payment")
	case !r.Amount.Given || r.Amount.Cents < 0:
		return payment.Refund{}, unreadable("a refund without an amount")
	case r.Status == "":
		r.Status = name(payment.RefundApproved) // as all were before there was a status: it exists
	}
	return payment.Refund{
		ID: string(r.ID), PaymentID: paymentID, Amount: r.Amount.Cents, Status: payment.RefundStatus(r.Status), At: r.Created.Time,
	}, nil
}
