package reserve_test

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"testing"
)

// asGuest is the header of the guest of a reservation, as he has it from his link.
func (s shown) asGuest(t testing.TB) []string {
	t.Helper()
	link, err := url.Parse(s.ManageURL)
	if err != nil {
		t.Fatal(err)
	}
	return []string{"X-Guest-Token", link.Query().Get("t")}
}

// link opens the reservation as JSON, by the token of its link.
func (s shown) link(t testing.TB) string {
	t.Helper()
	return reservations + "/" + url.PathEscape(s.Code) + "?t=" + s.asGuest(t)[1]
}

func (s shown) path(act string) string { return reservations + "/" + s.Code + act }

// shown is a reservation as clients see it. It is written down here once more, so that a renamed field is noticed.
type shown struct {
	Code              string  `json:"code"`
	Status            string  `json:"status"`
	PaymentStatus     string  `json:"payment_status"`
	AccommodationID   int64   `json:"accommodation_id"`
	AccommodationName string  `json:"accommodation_name"`
	CheckIn           string  `json:"check_in"`
	CheckOut          string  `json:"check_out"`
	Nights            int     `json:"nights"`
	Guests            int     `json:"guests"`
	Currency          string  `json:"currency"`
	Lines             []line  `json:"lines"`
	TotalPrice        string  `json:"total_price"`
	DepositAmount     string  `json:"deposit_amount"`
	PaidAmount        string  `json:"paid_amount"`
	RefundDue         *string `json:"refund_due,omitempty"`
	CreatedAt         string  `json:"created_at"`
	Approval          string  `json:"approval,omitempty"`
	ExpiresAt         string  `json:"expires_at,omitempty"`
	ConfirmedAt       string  `json:"confirmed_at,omitempty"`
	CancelledAt       string  `json:"cancelled_at,omitempty"`
	PaymentURL        string  `json:"payment_url,omitempty"`
	ManageURL         string  `json:"manage_url"`
	Contact           *person `json:"contact,omitempty"`
}

type line struct {
	Kind      string `json:"kind"`
	Label     string `json:"label"`
	Quantity  int    `json:"quantity"`
	UnitPrice string `json:"unit_price"`
	Amount    string `json:"amount"`
}

type person struct {
	Name            string `json:"name"`
	Phone           string `json:"phone"`
	Email           string `json:"email,omitempty"`
	Channel         string `json:"channel"`
	CancelReason    string `json:"cancel_reason,omitempty"`
	SpecialRequests string `json:"special_requests,omitempty"`
}

func (a answer) reservation(t testing.TB, status int) shown {
	t.Helper()
	return decode[shown](t, a, status)
}

// decode reads an answer of a status, which must have the fields of T and no others: what was read is written again, and
// must be what was sent.
func decode[T any](t testing.TB, a answer, status int) T {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	if kind := a.header.Get("Content-Type"); kind != "application/json" {
		t.Errorf("Content-Type %q", kind)
	}
	var v T
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	if again := encode(t, v); string(again) != string(a.body) {
		t.Errorf("other fields than expected:\nsent %s\nread %s", a.body, again)
	}
	return v
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}

// problem is a refusal as clients see it.
type problem struct {
	Type      string  `json:"type"`
	Title     string  `json:"title"`
	Status    int     `json:"status"`
	Code      string  `json:"code"`
	Detail    string  `json:"detail"`
	RequestID string  `json:"request_id"`
	Errors    []wrong `json:"errors,omitempty"`
}

type wrong struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// refusal checks that an answer is a problem document of a status and code, about certain fields.
func (a answer) refusal(t testing.TB, status int, code string, fields ...string) problem {
	t.Helper()
	var p problem
	if err := json.Unmarshal(a.body, &p); err != nil {
		t.Fatalf("status %d, no problem document: %v: %.300s", a.status, err, a.body)
	}
	if a.status != status || p.Status != status || p.Code != code {
		t.Errorf("%d %s, want %d %s: %.300s", a.status, p.Code, status, code, a.body)
	}
	if kind := a.header.Get("Content-Type"); kind != "application/problem+json" {
		t.Errorf("Content-Type %q", kind)
	}
	if p.Type == "" || p.Title == "" || p.Detail == "" || p.RequestID == "" || p.RequestID != a.header.Get("X-Request-Id") {
		t.Errorf("incomplete: %s", a.body)
	}
	var named []string
	for _, e := range p.Errors {
		named = append(named, e.Field)
		if e.Message == "" {
			t.Errorf("%s: no message", e.Field)
		}
	}
	if !slices.Equal(named, fields) {
		t.Errorf("names the fields %q, want %q: %s", named, fields, a.body)
	}
	return p
}
