package mptest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// preference is a checkout.
type preference struct {
	id        string
	raw       map[string]any // as it was sent, to be repeated
	created   time.Time
	amount    money.Cents
	expiresAt time.Time // zero: never

	preferenceFields
}

// preferenceFields is what may be said of a checkout.
// https://www.mercadopago.com.ar/developers/en/reference/preferences/_checkout_preferences/post
type preferenceFields struct {
	Items []struct {
		ID          string      `json:"id"`
		Title       string      `json:"title"`
		Description string      `json:"description"`
		CategoryID  string      `json:"category_id"`
		Quantity    int64       `json:"quantity"`
		CurrencyID  string      `json:"currency_id"`
		UnitPrice   json.Number `json:"unit_price"`
	} `json:"items"`
	Payer             map[string]any `json:"payer"`
	ExternalReference string         `json:"external_reference"`
	NotificationURL   string         `json:"notification_url"`
	BackURLs          struct {
		Success string `json:"success"`
		Pending string `json:"pending"`
		Failure string `json:"failure"`
	} `json:"back_urls"`
	AutoReturn         string         `json:"auto_return"`
	Expires            bool           `json:"expires"`
	ExpirationDateFrom string         `json:"expiration_date_from"`
	ExpirationDateTo   string         `json:"expiration_date_to"`
	DateOfExpiration   string         `json:"date_of_expiration"`
	BinaryMode         bool           `json:"binary_mode"`
	Statement          string         `json:"statement_descriptor"`
	PaymentMethods     map[string]any `json:"payment_methods"`
	Metadata           map[string]any `json:"metadata"`
}

var referenceForm = regexp.MustCompile(`^[A-Za-z0-9_-]{0,64}$`)

// update takes what was sent over into a checkout, or says what is wrong with it.
func (p *preference) update(body []byte) error {
	strict := json.NewDecoder(bytes.NewReader(body))
	strict.UseNumber()
	strict.DisallowUnknownFields()
	if err := strict.Decode(&p.preferenceFields); err != nil {
		return err
	}
	loose := json.NewDecoder(bytes.NewReader(body))
	loose.UseNumber()
	if err := loose.Decode(&p.raw); err != nil {
		return err
	}
	return p.check()
}

func (p *preference) check() error {
	if len(p.Items) == 0 {
		return fmt.Errorf("items needed")
	}
	p.amount = 0
	for _, item := range p.Items {
		cents, err := money.Parse(item.UnitPrice.String())
		if err != nil || cents <= 0 || item.Quantity < 1 || item.Title == "" || len(item.CurrencyID) != 3 {
			return fmt.Errorf("items are invalid: title, quantity, currency_id and unit_price are needed")
		}
		p.amount += cents.Times(int(item.Quantity))
	}
	success, err := url.Parse(p.BackURLs.Success)
	local := err != nil || success.Scheme != "https" || success.Hostname() == "localhost" || strings.HasPrefix(success.Hostname(), "127.")
	switch {
	case !referenceForm.MatchString(p.ExternalReference):
		return fmt.Errorf("external_reference is invalid")
	case p.AutoReturn != "" && local:
		return fmt.Errorf("auto_return invalid. back_url.success must be defined")
	case len([]rune(p.Statement)) > 16:
		return fmt.Errorf("statement_descriptor is too long")
	}
	return p.checkDates()
}

func (p *preference) checkDates() error {
	p.expiresAt = time.Time{}
	for _, text := range []string{p.ExpirationDateFrom, p.DateOfExpiration, p.ExpirationDateTo} {
		if text == "" {
			continue
		}
		at, err := time.Parse("2006-01-02T15:04:05.000Z07:00", text)
		if err != nil {
			return fmt.Errorf("dates must be yyyy-MM-dd'T'HH:mm:ss.SSSZ")
		}
		if p.Expires && text == p.ExpirationDateTo {
			p.expiresAt = at
		}
	}
	return nil
}

// expired reports whether the page takes no payment any more.
func (p *preference) expired(now time.Time) bool {
	return !p.expiresAt.IsZero() && !now.Before(p.expiresAt)
}

// preference finds a checkout by its id, or the newest by its external_reference. It is called with the lock held.
func (s *Server) preference(name string) *preference {
	for _, p := range slices.Backward(s.preferences) {
		if p.id == name || p.ExternalReference == name {
			return p
		}
	}
	return nil
}

// newPreference is called with the lock held.
func (s *Server) newPreference() *preference {
	return &preference{
		id: fmt.Sprintf("%s-6da17b39-3bf4-4307-9124-%012d", CollectorID, s.next()), created: s.now(),
	}
}

// pay makes a payment. It is called with the lock held.
func (s *Server) pay(of *preference, b Buy) *paid {
	p := &paid{Payment: payment.Payment{
		ID: strconv.FormatInt(143_845_427_000+s.next(), 10), CollectorID: CollectorID, Live: !s.config.Test && !b.Test,
		Method: cmp.Or(b.Method, "visa"), Type: cmp.Or(b.Type, "credit_card"),
		Amount: b.Amount, Currency: b.Currency, ExternalReference: b.Reference,
		DateCreated: s.now(),
	}, preference: of, title: "Otra cosa"}
	if of != nil {
		p.title = of.Items[0].Title
		p.Amount, p.Currency = cmp.Or(p.Amount, of.amount), cmp.Or(p.Currency, of.Items[0].CurrencyID)
		p.ExternalReference = cmp.Or(p.ExternalReference, of.ExternalReference)
	}
	p.Currency = cmp.Or(p.Currency, "ARS")
	if p.Type == "ticket" {
		p.Expires = p.DateCreated.Add(72 * time.Hour)
		if of != nil && of.DateOfExpiration != "" {
			p.Expires, _ = time.Parse("2006-01-02T15:04:05.000Z07:00", of.DateOfExpiration) // checked when it came
		}
	}
	s.payments = append(s.payments, p)
	s.byID[p.ID] = p
	s.become(p, cmp.Or(b.Status, payment.Approved), b.Detail)
	return p
}

// detailOf is the status_detail that goes with a status as a rule.
func detailOf(status payment.Status) string {
	switch status {
	case payment.Approved:
		return "accredited"
	case payment.Pending:
		return "pending_waiting_payment"
	case payment.InProcess:
		return "pending_contingency"
	case payment.Authorized:
		return "pending_capture"
	case payment.Rejected:
		return "cc_rejected_insufficient_amount"
	case payment.Cancelled:
		return "expired"
	case payment.ChargedBack:
		return "settled"
	default:
		return string(status)
	}
}

// become changes a payment, and tells of it. It is called with the lock held. No two changes of a payment have the same
// time, whatever the clock says.
func (s *Server) become(p *paid, status payment.Status, detail string) {
	action := "payment.updated"
	if p.Status == "" {
		action = "payment.created"
	}
	p.Status, p.StatusDetail = status, cmp.Or(detail, detailOf(status))
	now := s.now()
	if !now.After(p.LastUpdated) {
		now = p.LastUpdated.Add(time.Millisecond)
	}
	p.LastUpdated = now
	if status == payment.Approved && p.DateApproved.IsZero() {
		p.DateApproved = now
	}
	s.tell(p, action)
}

// refund gives money back, or says why not. An amount of 0 is all that is left. It is called with the lock held.
func (s *Server) refund(p *paid, amount money.Cents, status payment.RefundStatus) (*payment.Refund, reply) {
	left := p.Amount
	for _, r := range p.refunds {
		if r.Status == payment.RefundApproved || r.Status == payment.RefundInProcess {
			left -= r.Amount
		}
	}
	amount = cmp.Or(amount, left)
	switch {
	case p.Status != payment.Approved && p.Status != payment.InMediation || left == 0:
		return nil, refuse(http.StatusBadRequest, "bad_request", 2063, "The action requested is not valid for the current payment state")
	case amount > left, amount < 0:
		return nil, refuse(http.StatusBadRequest, "bad_request", 2084, "Invalid refund amount")
	case s.now().Sub(p.DateApproved) > 180*24*time.Hour:
		return nil, refuse(http.StatusBadRequest, "bad_request", 2024, "Payment too old to be refunded")
	}
	r := &payment.Refund{ID: strconv.FormatInt(1_622_029_000+s.next(), 10), PaymentID: p.ID, Amount: amount, Status: status, At: s.now()}
	p.refunds = append(p.refunds, r)
	s.account(p)
	return r, reply{}
}

// account makes the payment say what its refunds say. It is called with the lock held.
func (s *Server) account(p *paid) {
	before := p.Refunded
	p.Refunded = 0
	for _, r := range p.refunds {
		if r.Status == payment.RefundApproved {
			p.Refunded += r.Amount
		}
	}
	switch {
	case p.Refunded == before:
	case p.Refunded == p.Amount:
		s.become(p, payment.Refunded, "")
	default:
		s.become(p, p.Status, "partially_refunded")
	}
}
