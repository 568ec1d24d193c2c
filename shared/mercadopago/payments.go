package mercadopago

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// maxPage is the longest page of a search.
const maxPage = 100

// paid is a payment as it is written, as far as it is used.
// https://www.mercadopago.com.ar/developers/en/reference/payments/_payments_id/get
type paid struct {
	ID                name
	Status            name
	StatusDetail      name    `json:"status_detail"`
	Amount            amount  `json:"transaction_amount"`
	Refunded          amount  `json:"transaction_amount_refunded"`
	Currency          name    `json:"currency_id"`
	ExternalReference name    `json:"external_reference"`
	Live              yes     `json:"live_mode"`
	Collector         name    `json:"collector_id"`
	Created           instant `json:"date_created"`
	Approved          instant `json:"date_approved"`
	Updated           instant `json:"date_last_updated"`
	Expires           instant `json:"date_of_expiration"`
	Method            name    `json:"payment_method_id"`
	Type              name    `json:"payment_type_id"`
}

// GetPayment asks how a payment stands. ErrNotFound may be a payment of a moment ago, or one that we may not see: it is of another
// account, as anybody can name it to us. That our token is no good for anything is 401.
func (c *Client) GetPayment(ctx context.Context, id string) (payment.Payment, error) {
	if !payment.IsPaymentID(id) {
		return payment.Payment{}, payment.ErrNotFound
	}
	var p paid
	err := c.call(ctx, request{method: http.MethodGet, path: "/v1/payments/" + id}, &p)
	if a, answered := errors.AsType[*answer](err); answered && a.status == http.StatusForbidden {
		err = payment.ErrNotFound.WithCause(a)
	}
	if err != nil {
		return payment.Payment{}, err
	}
	switch {
	case string(p.ID) != id:
		return payment.Payment{}, unreadable("a payment other than the one that was asked for")
	case p.Status == "":
		return payment.Payment{}, unreadable("a payment without a status")
	case !p.Amount.Given || p.Amount.Cents < 0 || p.Refunded.Cents < 0:
		return payment.Payment{}, unreadable("a payment without an amount")
	}
	return p.read(), nil
}

func (p *paid) read() payment.Payment {
	return payment.Payment{
		ID: string(p.ID), Status: payment.Status(p.Status), StatusDetail: string(p.StatusDetail),
		Amount: p.Amount.Cents, Refunded: p.Refunded.Cents, Currency: string(p.Currency),
		ExternalReference: string(p.ExternalReference), Live: bool(p.Live), CollectorID: string(p.Collector),
		DateCreated: p.Created.Time, DateApproved: p.Approved.Time, LastUpdated: p.Updated.Time, Expires: p.Expires.Time,
		Method: string(p.Method), Type: string(p.Type),
	}
}

// found is a result of a search. Amounts are left alone, so that one that cannot be read hides no other payment.
type found struct {
	ID                name
	Status            name
	ExternalReference name    `json:"external_reference"`
	Created           instant `json:"date_created"`
	Updated           instant `json:"date_last_updated"`
}

// SearchPayments returns one page of the payments that a search finds. A payment of a moment ago may be missing. The
// provider's index is coarser than its payments: what matters is to be asked for with GetPayment.
func (c *Client) SearchPayments(ctx context.Context, q payment.Search) (payment.Page, error) {
	query, limit := page(q)
	var answer struct{ Results []found }
	if err := c.call(ctx, request{method: http.MethodGet, path: "/v1/payments/search", query: query}, &answer); err != nil {
		return payment.Page{}, err
	}
	if answer.Results == nil {
		return payment.Page{}, unreadable("a search without results, not even none")
	}
	var of payment.Page
	for _, f := range answer.Results {
		if !payment.IsPaymentID(string(f.ID)) {
			continue // it could not be asked for
		}
		of.Found = append(of.Found, payment.Found{
			ID: string(f.ID), Status: payment.Status(f.Status), ExternalReference: string(f.ExternalReference),
			Created: f.Created.Time, LastUpdated: f.Updated.Time,
		})
	}
	if len(answer.Results) >= limit {
		// By what was asked for, not by paging.total: the total is an estimate while payments come in.
		of.Next = max(q.Offset, 0) + len(answer.Results)
	}
	return of, nil
}

// page is the query of one page of a search.
func page(q payment.Search) (url.Values, int) {
	limit := q.Limit
	if limit <= 0 || limit > maxPage {
		limit = maxPage
	}
	query := url.Values{
		// The oldest first: what is paid while the pages are read comes at the end, and nothing is passed over.
		"sort": {"date_created"}, "criteria": {"asc"}, "limit": {strconv.Itoa(limit)}, "offset": {strconv.Itoa(max(q.Offset, 0))},
	}
	if q.ExternalReference != "" {
		query.Set("external_reference", q.ExternalReference)
	}
	if !q.From.IsZero() || !q.To.IsZero() {
		query.Set("range", "date_created")
	}
	const dates = "2006-01-02T15:04:05.000Z"
	if !q.From.IsZero() {
		query.Set("begin_date", q.From.UTC().Format(dates))
	}
	if !q.To.IsZero() {
		query.Set("end_date", q.To.UTC().Format(dates))
	}
	return query, limit
}
