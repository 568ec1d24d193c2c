package admin_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/payment"
)

const money = "/api/v1/admin/reservations/ABCDEF/payments"

// What owners see of money. It is written down here once more, so that a renamed field is noticed.
type stayState struct {
	Code          string  `json:"code"`
	Status        string  `json:"status"`
	PaymentStatus string  `json:"payment_status"`
	Currency      string  `json:"currency"`
	TotalPrice    string  `json:"total_price"`
	DepositAmount string  `json:"deposit_amount"`
	PaidAmount    string  `json:"paid_amount"`
	KeptAmount    *string `json:"kept_amount,omitempty"`
	ExpiresAt     string  `json:"expires_at,omitempty"`
}

type paid struct {
	Provider       string `json:"provider"`
	ID             string `json:"id"`
	Status         string `json:"status"`
	StatusDetail   string `json:"status_detail,omitempty"`
	Amount         string `json:"amount"`
	RefundedAmount string `json:"refunded_amount"`
	Currency       string `json:"currency"`
	Method         string `json:"method,omitempty"`
	Flag           string `json:"flag,omitempty"`
	Note           string `json:"note,omitempty"`
	ReceivedBy     string `json:"received_by,omitempty"`
	ApprovedAt     string `json:"approved_at,omitempty"`
	SeenAt         string `json:"seen_at"`
}

type refund struct {
	ID            int64  `json:"id"`
	Provider      string `json:"provider"`
	PaymentID     string `json:"payment_id"`
	Amount        string `json:"amount"`
	Currency      string `json:"currency"`
	Reason        string `json:"reason"`
	ByHand        bool   `json:"by_hand"`
	State         string `json:"state"`
	Attempts      int    `json:"attempts"`
	LastError     string `json:"last_error,omitempty"`
	NextAttemptAt string `json:"next_attempt_at,omitempty"`
	CreatedAt     string `json:"created_at"`
	DoneAt        string `json:"done_at,omitempty"`
}

type received struct {
	Payment     paid      `json:"payment"`
	Refunds     []refund  `json:"refunds"`
	Reservation stayState `json:"reservation"`
}

type returned struct {
	Refund      refund    `json:"refund"`
	Reservation stayState `json:"reservation"`
}

type account struct {
	Reservation stayState `json:"reservation"`
	Payments    []paid    `json:"payments"`
	Refunds     []refund  `json:"refunds"`
	Ledger      []entry   `json:"ledger"`
	Messages    []message `json:"messages"`
}

type entry struct {
	At        string `json:"at"`
	Kind      string `json:"kind"`
	Amount    string `json:"amount"`
	Provider  string `json:"provider"`
	PaymentID string `json:"payment_id"`
}

type message struct {
	ID            int64  `json:"id"`
	Kind          string `json:"kind"`
	Recipient     string `json:"recipient"`
	Channel       string `json:"channel"`
	Status        string `json:"status"`
	Attempts      int    `json:"attempts"`
	LastError     string `json:"last_error,omitempty"`
	CreatedAt     string `json:"created_at"`
	SentAt        string `json:"sent_at,omitempty"`
	NextAttemptAt string `json:"next_attempt_at,omitempty"`
}

// held has a hold of ABCDEF until half past twelve: a deposit of 300.00 of 1000.00.
func held(t *testing.T) *bundle {
	t.Helper()
	b := setup(t)
	b.sql(t, `insert into reservations (code, accommodation_id, check_in, check_out, guests, status, channel, contact_name, contact_phone, contact_email,
			currency, total_price, deposit_amount, created_at, expires_at)
		values ('ABCDEF', 1, '2026-12-20', '2026-12-22', 2, 'pre_reserved', 'web', 'Zaphod', '+541142424242', 'zaphod@example.com', 'ARS', 1000, 300, $1, $2)`,
		noon, noon.Add(30*time.Minute))
	return b
}

// pays says that money has come, under a key or none.
func (b *bundle) pays(t *testing.T, key, body string) answer {
	t.Helper()
	return b.paysAt(t, money, key, body)
}

func (b *bundle) paysAt(t *testing.T, path, key, body string) answer {
	t.Helper()
	token, err := b.access.AdminToken(owner, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	headers := []string{"Authorization", "Bearer " + token}
	if key != "" {
		headers = append(headers, "Idempotency-Key", key)
	}
	return b.as(t, headers, http.MethodPost, path, body)
}

func TestTheDepositThatTheOwnerReceivesConfirms(t *testing.T) {
	t.Parallel()
	b := held(t)
	first := b.pays(t, "k1", `{"provider":"transfer","amount":"300","note":" por alias "}`)
	got := decode[received](t, first, http.StatusCreated)
	want := received{
		Payment: paid{
			Provider: "transfer", ID: "ABCDEF:k1", Status: "approved", Amount: "300.00", RefundedAmount: "0.00", Currency: "ARS", Note: "por alias",
			ReceivedBy: "admin:" + owner, ApprovedAt: "2026-12-01T12:00:00Z", SeenAt: "2026-12-01T12:00:00Z",
		},
		Refunds:     []refund{},
		Reservation: stayState{Code: "ABCDEF", Status: "confirmed", PaymentStatus: "partially_paid", Currency: "ARS", TotalPrice: "1000.00", DepositAmount: "300.00", PaidAmount: "300.00"},
	}
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	b.clock.move(time.Hour)
	if again := b.pays(t, "k1", `{"provider":"transfer","amount":"300.00"}`); again.status != http.StatusCreated || again.body != first.body {
		t.Errorf("the same key is answered %d %s", again.status, again.body)
	}
	b.pays(t, "k1", `{"provider":"transfer","amount":"301"}`).refusal(t, http.StatusConflict, "payment_key_used")
	b.do(t, http.MethodPost, "/api/v1/admin/reservations/abc-def/payments", `{"provider":"cash","amount":"0.01"}`) // as dictated

	all := decode[account](t, b.do(t, http.MethodGet, money, ""), http.StatusOK)
	if len(all.Payments) != 2 || all.Payments[1] != want.Payment || all.Payments[0].Amount != "0.01" || all.Reservation.PaidAmount != "300.01" {
		t.Errorf("%+v", all)
	}
	if len(all.Ledger) != 2 || all.Ledger[1] != (entry{"2026-12-01T12:00:00Z", "payment", "300.00", "transfer", "ABCDEF:k1"}) {
		t.Errorf("%+v", all.Ledger)
	}
	kinds := ""
	for _, m := range all.Messages {
		kinds = m.Kind + " " + m.Recipient + " " + m.Status + "\n" + kinds
	}
	if !strings.HasPrefix(kinds, "transfer_received guest queued\nowner_confirmed owner queued\n") {
		t.Errorf("told\n%s", kinds)
	}
	if text := b.do(t, http.MethodGet, money, "").body; strings.Contains(text, "Zaphod") || strings.Contains(text, "zaphod@") {
		t.Errorf("the guest is in %s", text)
	}
}

func TestAKeyIsOfOneReservation(t *testing.T) {
	t.Parallel()
	b := held(t)
	b.sql(t, `insert into reservations (code, accommodation_id, check_in, check_out, guests, status, channel, total_price)
		values ('OTHER2', 2, '2026-12-20', '2026-12-22', 2, 'confirmed', 'web', 700)`)
	other := "/api/v1/admin/reservations/OTHER2/payments"
	first := b.pays(t, "1", `{"provider":"cash","amount":"300"}`)
	second := b.paysAt(t, other, "1", `{"provider":"cash","amount":"700"}`)
	if a, c := decode[received](t, first, http.StatusCreated), decode[received](t, second, http.StatusCreated); a.Reservation.PaidAmount != "300.00" ||
		c.Reservation.Code != "OTHER2" || c.Reservation.PaidAmount != "700.00" || c.Payment.Amount != "700.00" || c.Payment.ID == a.Payment.ID {
		t.Errorf("%+v, %+v", a, c)
	}
	for path, want := range map[string]string{money: first.body, other: second.body} {
		body := `{"provider":"cash","amount":"300"}`
		if path == other {
			body = `{"provider":"cash","amount":"700"}`
		}
		if again := b.paysAt(t, path, "1", body); again.status != http.StatusCreated || again.body != want {
			t.Errorf("%s again: %d %s", path, again.status, again.body)
		}
		b.paysAt(t, path, "1", `{"provider":"cash","amount":"1"}`).refusal(t, http.StatusConflict, "payment_key_used")
	}
}

func TestWhatIsTooMuchOrTooLateIsGivenBackByHand(t *testing.T) {
	t.Parallel()
	b := held(t)
	got := decode[received](t, b.pays(t, "", `{"provider":"cash","amount":"1200"}`), http.StatusCreated)
	if got.Reservation.Status != "confirmed" || got.Reservation.PaidAmount != "1200.00" || len(got.Refunds) != 1 || got.Payment.ID == "" || got.Payment.Flag != "refund_by_hand" {
		t.Fatalf("%+v", got)
	}
	if r := got.Refunds[0]; r.Amount != "200.00" || !r.ByHand || r.State != "queued" || r.Reason != "excess" || r.PaymentID != got.Payment.ID {
		t.Errorf("%+v", r)
	}
	b.clock.move(time.Hour)
	done := fmt.Sprintf("/api/v1/admin/reservations/ABCDEF/refunds/%d/done", got.Refunds[0].ID)
	for range 2 {
		back := decode[returned](t, b.do(t, http.MethodPost, done, ""), http.StatusOK)
		if back.Refund.State != "done" || back.Refund.DoneAt != "2026-12-01T13:00:00Z" || back.Reservation.PaidAmount != "1000.00" || back.Reservation.PaymentStatus != "paid" {
			t.Errorf("%+v", back)
		}
	}
	b.sql(t, `update reservations set status = 'cancelled', cancelled_at = $1, kept_amount = 1000 where code = 'ABCDEF'`, noon)
	late := decode[received](t, b.pays(t, "", `{"provider":"transfer","amount":"50"}`), http.StatusCreated)
	if late.Reservation.Status != "cancelled" || len(late.Refunds) != 1 || late.Refunds[0].Amount != "50.00" || late.Refunds[0].Reason != "cancelled_late" {
		t.Errorf("%+v", late)
	}
	all := decode[account](t, b.do(t, http.MethodGet, money, ""), http.StatusOK)
	if len(all.Refunds) != 2 || all.Refunds[0] != late.Refunds[0] || len(all.Ledger) != 3 || all.Ledger[1].Amount != "-200.00" || all.Ledger[1].Kind != "refund" {
		t.Errorf("%+v", all)
	}
}

func TestRefundsThatAreNotTheOwnersToMake(t *testing.T) {
	t.Parallel()
	b := held(t)
	b.sql(t, `insert into reservations (code, accommodation_id, check_in, check_out, guests, status, channel, total_price)
		values ('OTHER1', 2, '2026-12-20', '2026-12-22', 2, 'confirmed', 'web', 1)`)
	if _, err := b.payments.Settle(t.Context(), payment.Payment{
		Provider: payment.MercadoPago, ID: "143", Status: payment.Approved, Amount: 120000, Currency: "ARS", ExternalReference: "ABCDEF",
		DateCreated: noon, DateApproved: noon, LastUpdated: noon,
	}, noon); err != nil {
		t.Fatal(err)
	}
	all := decode[account](t, b.do(t, http.MethodGet, money, ""), http.StatusOK)
	if len(all.Refunds) != 1 || all.Refunds[0].ByHand || all.Refunds[0].NextAttemptAt == "" {
		t.Fatalf("%+v", all.Refunds)
	}
	path := func(code string, id int64) string {
		return fmt.Sprintf("/api/v1/admin/reservations/%s/refunds/%d/done", code, id)
	}
	id := all.Refunds[0].ID
	b.do(t, http.MethodPost, path("ABCDEF", id), "").refusal(t, http.StatusConflict, "refund_not_by_hand")
	b.do(t, http.MethodPost, path("OTHER1", id), "").refusal(t, http.StatusNotFound, "not_found")
	b.do(t, http.MethodPost, path("ABCDEF", id+7), "").refusal(t, http.StatusNotFound, "not_found")
	b.do(t, http.MethodPost, "/api/v1/admin/reservations/ABCDEF/refunds/x/done", "").refusal(t, http.StatusNotFound, "not_found")
	b.sql(t, `update refunds set by_hand = true, state = 'withdrawn', next_attempt_at = null`)
	b.do(t, http.MethodPost, path("ABCDEF", id), "").refusal(t, http.StatusConflict, "refund_over")
	after := decode[account](t, b.do(t, http.MethodGet, money, ""), http.StatusOK)
	if after.Refunds[0].State != "withdrawn" || after.Reservation.PaidAmount != "1200.00" || len(after.Ledger) != 1 {
		t.Errorf("%+v", after)
	}
}

func TestPaymentsThatCannotBe(t *testing.T) {
	t.Parallel()
	b := held(t)
	for body, field := range map[string]string{
		`{"amount":"1"}`: "provider",
		`{"provider":"mercadopago","amount":"1"}`:                       "provider",
		`{"provider":"cash"}`:                                           "amount",
		`{"provider":"cash","amount":"0"}`:                              "amount",
		`{"provider":"cash","amount":"-1"}`:                             "amount",
		`{"provider":"cash","amount":"1.001"}`:                          "amount",
		`{"provider":"cash","amount":"1e3"}`:                            "amount",
		`{"provider":"cash","amount":1}`:                                "amount",
		`{"provider":"cash","amount":"9999999999999"}`:                  "amount",
		`{"provider":"cash","amount":"1","note":"` + repeat(501) + `"}`: "note",
		`{"provider":"cash","amount":"1","currency":"USD"}`:             "currency",
	} {
		b.pays(t, "", body).refusal(t, http.StatusUnprocessableEntity, "invalid", field)
	}
	b.pays(t, repeat(65), `{"provider":"cash","amount":"1"}`).refusal(t, http.StatusUnprocessableEntity, "invalid", "Idempotency-Key")
	for _, code := range []string{"ZZZZZZ", "nonsense", "%00"} {
		b.do(t, http.MethodPost, "/api/v1/admin/reservations/"+code+"/payments", `{"provider":"cash","amount":"1"}`).refusal(t, http.StatusNotFound, "not_found")
		b.do(t, http.MethodGet, "/api/v1/admin/reservations/"+code+"/payments", "").refusal(t, http.StatusNotFound, "not_found")
	}
	if all := decode[account](t, b.do(t, http.MethodGet, money, ""), http.StatusOK); len(all.Payments)+len(all.Ledger)+len(all.Messages) != 0 || all.Reservation.ExpiresAt != "2026-12-01T12:30:00Z" {
		t.Errorf("%+v", all)
	}
}
