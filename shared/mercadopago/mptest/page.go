package mptest

import (
	"bytes"
	"cmp"
	_ "embed"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// checkoutPath is where a checkout is, as at Mercado Pago.
const checkoutPath = "/checkout/v1/redirect"

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// refusals are those that the page offers.
type refusal struct{ Detail, Text string }

func refusals() []refusal {
	return []refusal{
		{"cc_rejected_insufficient_amount", "Fondos insuficientes"},
		{"cc_rejected_bad_filled_security_code", "Código de seguridad incorrecto"},
		{"cc_rejected_call_for_authorize", "El banco pide autorización"},
		{"cc_rejected_high_risk", "Riesgo de fraude"},
		{"cc_rejected_other_reason", "Otro motivo"},
	}
}

// shown is what the page says.
type shown struct {
	ID, Title, Amount, Reference, Back string
	State                              string // of the latest payment: approved, pending, rejected; expired, missing
	Refusals                           []refusal
}

func (s *Server) showCheckout(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	view, status := s.view(s.preference(r.URL.Query().Get("pref_id")))
	s.mu.Unlock()
	render(w, status, view)
}

// view is called with the lock held.
func (s *Server) view(p *preference) (shown, int) {
	if p == nil {
		return shown{State: "missing"}, http.StatusNotFound
	}
	view := shown{
		ID: p.id, Title: p.Items[0].Title, Amount: pesos(p.amount, p.Items[0].CurrencyID), Reference: p.ExternalReference,
		Refusals: refusals(), Back: cmp.Or(p.BackURLs.Failure, p.BackURLs.Success),
	}
	last := s.latest(p)
	switch {
	case last != nil && last.Status == payment.Approved:
		view.State, view.Back = "approved", back(p, last)
	case p.expired(s.now()):
		view.State = "expired"
	case last != nil:
		view.State = string(last.Status)
	}
	return view, http.StatusOK
}

// latest is the payment of a checkout that matters: an approved one, else the newest. It is called with the lock held.
func (s *Server) latest(p *preference) *paid {
	var newest *paid
	for _, of := range slices.Backward(s.payments) {
		if of.preference != p {
			continue
		}
		if of.Status == payment.Approved {
			return of
		}
		if newest == nil {
			newest = of
		}
	}
	return newest
}

// payAtCheckout does what a button of the page says, and goes back to where the checkout came from. A button pressed twice is
// one payment, of which it is told again; a pending payment is what the next button decides.
func (s *Server) payAtCheckout(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	wanted := payment.Status(r.PostFormValue("outcome"))
	if !slices.Contains([]payment.Status{payment.Approved, payment.Pending, payment.Rejected}, wanted) {
		render(w, http.StatusBadRequest, shown{State: "missing"})
		return
	}
	s.mu.Lock()
	of := s.preference(r.PostFormValue("pref_id"))
	view, status := s.view(of)
	if of == nil || view.State == "expired" {
		s.mu.Unlock()
		if of != nil {
			status = http.StatusGone
		}
		render(w, status, view)
		return
	}
	p := s.press(of, wanted, r.PostFormValue("detail"))
	to := back(of, p)
	view, status = s.view(of)
	s.keep()
	s.mu.Unlock()
	if to == "" {
		render(w, status, view)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// press is called with the lock held.
func (s *Server) press(of *preference, wanted payment.Status, detail string) *paid {
	if wanted != payment.Rejected {
		detail = ""
	}
	last := s.latest(of)
	switch {
	case last != nil && last.Status == payment.Approved, last != nil && last.Status == wanted && wanted == payment.Pending:
		s.tell(last, "payment.updated")
		return last
	case last != nil && last.Status == payment.Pending:
		s.become(last, wanted, detail)
		return last
	case wanted == payment.Pending:
		return s.pay(of, Buy{Status: wanted, Method: "rapipago", Type: "ticket"})
	default:
		return s.pay(of, Buy{Status: wanted, Detail: detail})
	}
}

// back is where the browser goes after a payment, with what Mercado Pago tells it on the way; "" = nowhere.
func back(of *preference, p *paid) string {
	to := of.BackURLs.Success
	switch p.Status {
	case payment.Pending, payment.InProcess:
		to = of.BackURLs.Pending
	case payment.Rejected, payment.Cancelled:
		to = of.BackURLs.Failure
	}
	address, err := url.Parse(to)
	if err != nil || to == "" {
		return ""
	}
	query := address.Query()
	for name, value := range map[string]string{
		"collection_id": p.ID, "collection_status": string(p.Status), "payment_id": p.ID, "status": string(p.Status),
		"external_reference": p.ExternalReference, "payment_type": p.Type, "merchant_order_id": p.order(),
		"preference_id": of.id, "site_id": "MLA", "processing_mode": "aggregator", "merchant_account_id": "null",
	} {
		query.Set(name, cmp.Or(value, "null"))
	}
	address.RawQuery = query.Encode()
	return address.String()
}

// pesos is an amount as a guest reads it: $ 45.000, and cents only where there are any.
func pesos(c money.Cents, currency string) string {
	units, cents, _ := strings.Cut(c.String(), ".")
	for i := len(units) - 3; i > 0; i -= 3 {
		units = units[:i] + "." + units[i:]
	}
	if cents != "00" {
		units += "," + cents
	}
	if currency != "ARS" {
		return currency + " " + units
	}
	return "$ " + units
}

func render(w http.ResponseWriter, status int, view shown) {
	var b bytes.Buffer
	if err := page.Execute(&b, view); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store") // going back shows what has become of it
	w.WriteHeader(status)
	w.Write(b.Bytes()) //nolint:errcheck // the client is gone
}
