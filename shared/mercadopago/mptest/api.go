package mptest

import (
	"crypto/sha256"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// maxBody is the longest request.
const maxBody = 1 << 20

// keyLife is how long an idempotency key is remembered.
const keyLife = 24 * time.Hour

// reply is an answer of the API.
type reply struct {
	status int
	body   any // nothing in it changes any more
}

// refuse is an answer that says no, in the API's form.
func refuse(status int, word string, code int, description string) reply {
	return reply{status, map[string]any{
		"message": description, "error": word, "status": status,
		"cause": []any{map[string]any{"code": code, "description": description, "data": nil}},
	}}
}

// request is what an endpoint is given.
type request struct {
	*http.Request
	body []byte
}

// remembered is what was answered to an idempotency key.
type remembered struct {
	what  [sha256.Size]byte
	reply reply
	at    time.Time
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, e := range map[string]struct {
		action Action
		answer func(*Server, request) reply // is called with the lock held
	}{
		"POST /checkout/preferences":          {CreateCheckout, (*Server).createPreference},
		"GET /checkout/preferences/{id}":      {GetCheckout, (*Server).getPreference},
		"PUT /checkout/preferences/{id}":      {UpdateCheckout, (*Server).updatePreference},
		"GET /v1/payments/search":             {SearchPayments, (*Server).search},
		"GET /v1/payments/{id}":               {GetPayment, (*Server).getPayment},
		"POST /v1/payments/{id}/refunds":      {CreateRefund, (*Server).createRefund},
		"GET /v1/payments/{id}/refunds":       {GetRefunds, (*Server).getRefunds},
		"GET /v1/payments/{id}/refunds/{rid}": {GetRefunds, (*Server).getRefund},
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, e.action, e.answer) })
	}
	mux.HandleFunc("GET "+checkoutPath, s.showCheckout)
	mux.HandleFunc("POST "+checkoutPath, s.payAtCheckout)
	return mux
}

// serve answers a request of the API, or has it fail as it was told to.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, action Action, answer func(*Server, request) reply) {
	// Whole, whatever becomes of it: only then is it noticed that the client hangs up.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return
	}
	fault, failing := s.note(r, action)
	if !pause(r, s.config.Latency) {
		return
	}
	act := func() reply { return s.answer(request{r, body}, answer) }
	if !failing {
		send(w, act())
		return
	}
	var done reply
	if fault.After || !fault.fails() {
		done = act()
	}
	fault.befall(w, r, done)
}

// pause waits, and reports whether the client has.
func pause(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

func (s *Server) answer(r request, answer func(*Server, request) reply) reply {
	if r.Header.Get("Authorization") != "Bearer "+s.config.Token {
		return refuse(http.StatusUnauthorized, "unauthorized", 300, "invalid access token")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method != http.MethodGet {
		defer s.keep()
	}
	key := r.Header.Get("X-Idempotency-Key")
	if key == "" || r.Method == http.MethodGet {
		return answer(s, r)
	}
	what := sha256.Sum256([]byte(r.Method + " " + r.URL.Path + "\n" + string(r.body)))
	if first, ok := s.answered[key]; ok && s.now().Sub(first.at) < keyLife {
		if first.what != what {
			return refuse(http.StatusConflict, "idempotency_key_already_used", 409, "the key was used for another request")
		}
		return first.reply
	}
	done := answer(s, r)
	if done.status/100 == 2 {
		s.answered[key] = remembered{what, done, s.now()}
	}
	return done
}

func send(w http.ResponseWriter, r reply) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(r.status)
	json.NewEncoder(w).Encode(r.body) //nolint:errcheck // the client is gone
}

func (s *Server) createPreference(r request) reply {
	p := s.newPreference()
	if err := p.update(r.body); err != nil {
		return refuse(http.StatusBadRequest, "invalid_preference", 400, err.Error())
	}
	s.preferences = append(s.preferences, p)
	return reply{http.StatusCreated, s.describe(p)}
}

func (s *Server) getPreference(r request) reply {
	p := s.preference(r.PathValue("id"))
	if p == nil {
		return refuse(http.StatusNotFound, "not_found", 404, "The preference does not exist")
	}
	return reply{http.StatusOK, s.describe(p)}
}

func (s *Server) updatePreference(r request) reply {
	p := s.preference(r.PathValue("id"))
	if p == nil {
		return refuse(http.StatusNotFound, "not_found", 404, "The preference does not exist")
	}
	updated := *p
	updated.raw = maps.Clone(p.raw)
	if err := updated.update(r.body); err != nil {
		return refuse(http.StatusBadRequest, "invalid_preference", 400, err.Error())
	}
	*p = updated
	return reply{http.StatusOK, s.describe(p)}
}

// describe is a checkout as the API shows it.
func (s *Server) describe(p *preference) map[string]any {
	shown := map[string]any{
		"client_id": "4679935697572392", "marketplace": "NONE", "marketplace_fee": 0, "operation_type": "regular_payment",
		"site_id": "MLA", "processing_modes": nil, "product_id": nil, "coupon_code": nil, "total_amount": nil, "last_updated": nil,
	}
	maps.Copy(shown, p.raw)
	address := s.config.PublicURL + checkoutPath + "?pref_id=" + p.id
	shown["id"], shown["init_point"], shown["sandbox_init_point"] = p.id, address, address
	shown["collector_id"], shown["date_created"] = json.Number(CollectorID), date(p.created)
	return shown
}

func (s *Server) getPayment(r request) reply {
	p := s.byID[r.PathValue("id")]
	if p == nil {
		return refuse(http.StatusNotFound, "not_found", 2000, "Payment not found")
	}
	return reply{http.StatusOK, p.describe()}
}

// search finds payments by external_reference and by when they were created.
func (s *Server) search(r request) reply {
	query := r.URL.Query()
	limit, offset := whole(query.Get("limit"), 30), whole(query.Get("offset"), 0)
	from, to := time.Time{}, s.now().Add(100*365*24*time.Hour)
	for name, at := range map[string]*time.Time{"begin_date": &from, "end_date": &to} {
		if text := query.Get(name); text != "" {
			t, err := time.Parse("2006-01-02T15:04:05.000Z07:00", text)
			if err != nil || query.Get("range") != "date_created" {
				return refuse(http.StatusBadRequest, "bad_request", 1001, "Date format must be yyyy-MM-dd'T'HH:mm:ss.SSSZ.")
			}
			*at = t
		}
	}
	if limit < 1 || limit > 100 || offset < 0 {
		return refuse(http.StatusBadRequest, "bad_request", 1000, "Number of rows exceeded the limits.")
	}
	found := []any{}
	for _, p := range s.payments {
		reference := query.Get("external_reference")
		if (reference == "" || p.ExternalReference == reference) && !p.DateCreated.Before(from) && !p.DateCreated.After(to) {
			found = append(found, p.describe())
		}
	}
	if query.Get("criteria") == "desc" {
		slices.Reverse(found)
	}
	total := len(found)
	found = found[min(offset, total):min(offset+limit, total)]
	return reply{http.StatusOK, map[string]any{
		"paging": map[string]any{"total": total, "limit": limit, "offset": offset}, "results": found,
	}}
}

func whole(text string, otherwise int) int {
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

func (s *Server) createRefund(r request) reply {
	p := s.byID[r.PathValue("id")]
	if p == nil {
		return refuse(http.StatusNotFound, "not_found", 2000, "Payment not found")
	}
	if r.Header.Get("X-Idempotency-Key") == "" {
		return refuse(http.StatusBadRequest, "empty_required_header", 4292, "Header X-Idempotency-Key can't be null")
	}
	var of struct{ Amount json.Number }
	var amount money.Cents
	if len(r.body) > 0 {
		err := json.Unmarshal(r.body, &of)
		if err == nil {
			amount, err = money.Parse(of.Amount.String())
		}
		if err != nil || amount <= 0 {
			return refuse(http.StatusBadRequest, "bad_request", 2084, "Invalid refund amount")
		}
	}
	status := payment.RefundApproved
	if len(s.refundsWill) > 0 {
		status, s.refundsWill = s.refundsWill[0], s.refundsWill[1:]
	}
	made, no := s.refund(p, amount, status)
	if made == nil {
		return no
	}
	return reply{http.StatusCreated, describeRefund(made)}
}

func (s *Server) getRefunds(r request) reply {
	p := s.byID[r.PathValue("id")]
	if p == nil {
		return refuse(http.StatusNotFound, "not_found", 2000, "Payment not found")
	}
	return reply{http.StatusOK, p.describeRefunds()}
}

func (s *Server) getRefund(r request) reply {
	if p := s.byID[r.PathValue("id")]; p != nil {
		for _, refund := range p.refunds {
			if refund.ID == r.PathValue("rid") {
				return reply{http.StatusOK, describeRefund(refund)}
			}
		}
	}
	return refuse(http.StatusNotFound, "not_found", 2000, "Refund not found")
}

// describe is a payment as the API shows it.
func (p *paid) describe() map[string]any {
	id, _ := strconv.ParseInt(p.ID, 10, 64) // we made it
	release := any("")                      // as it is written where there is none: no null, and no date
	if !p.DateApproved.IsZero() {
		release = date(p.DateApproved.AddDate(0, 0, 10))
	}
	return map[string]any{
		"id": id, "status": p.Status, "status_detail": p.StatusDetail, "live_mode": p.Live, "description": p.title,
		"transaction_amount": number(p.Amount), "transaction_amount_refunded": number(p.Refunded), "currency_id": p.Currency,
		"external_reference": p.ExternalReference, "collector_id": json.Number(CollectorID), "operation_type": "regular_payment",
		"payment_method_id": p.Method, "payment_type_id": p.Type, "installments": 1, "captured": true, "binary_mode": false,
		"date_created": date(p.DateCreated), "date_approved": date(p.DateApproved), "date_last_updated": date(p.LastUpdated),
		"date_of_expiration": date(p.Expires), "money_release_date": release,
		"transaction_details": map[string]any{
			"total_paid_amount": number(p.Amount.Percent(118)), "net_received_amount": number(p.Amount.Percent(94)),
		},
		"payer":   map[string]any{"id": "1273205088", "email": "test_user@testuser.com", "registration_date": "2022-10-25T00:00:00-0300"},
		"refunds": p.describeRefunds(), "metadata": map[string]any{}, "processing_mode": "aggregator", "notification_url": nil,
		"order": map[string]any{"id": p.order(), "type": "mercadopago"},
	}
}

// order is the id of the merchant order of a payment.
func (p *paid) order() string { return "376" + strings.TrimPrefix(p.ID, "143") }

func (p *paid) describeRefunds() []any {
	list := []any{}
	for _, r := range p.refunds {
		list = append(list, describeRefund(r))
	}
	return list
}

func describeRefund(r *payment.Refund) map[string]any {
	return map[string]any{
		"id": json.Number(r.ID), "payment_id": json.Number(r.PaymentID), "amount": number(r.Amount), "status": r.Status,
		"source": map[string]any{"id": CollectorID, "name": "Cabañas", "type": "collector"}, "date_created": date(r.At),
		"unique_sequence_number": nil, "refund_mode": "standard", "adjustment_amount": 0, "reason": nil,
	}
}

// date is a time as the API writes it, null for none.
func date(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.In(time.FixedZone("", -4*60*60)).Format("2006-01-02T15:04:05.000-07:00")
}

// number is an amount as the API writes it: 45000, 45000.5.
func number(c money.Cents) json.Number {
	return json.Number(strings.TrimSuffix(strings.TrimRight(c.String(), "0"), "."))
}
