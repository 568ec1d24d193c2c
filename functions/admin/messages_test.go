package admin_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/payment"
)

const (
	messages = "/api/v1/admin/messages"
	refunds  = "/api/v1/admin/refunds"
)

// written is a message among those of all reservations, as owners see it.
type written struct {
	message
	ReservationCode *string `json:"reservation_code"`
}

type messageList struct {
	Messages []written `json:"messages"`
	Next     string    `json:"next,omitempty"`
}

type listedPayment struct {
	paid
	ReservationCode *string `json:"reservation_code"`
}

type paymentList struct {
	Payments []listedPayment `json:"payments"`
	Next     string          `json:"next,omitempty"`
}

func (b *bundle) messagesOf(t testing.TB, query string) messageList {
	t.Helper()
	return decode[messageList](t, b.do(t, http.MethodGet, messages+query, ""), http.StatusOK)
}

func (b *bundle) paymentsOf(t testing.TB, query string) paymentList {
	t.Helper()
	return decode[paymentList](t, b.do(t, http.MethodGet, "/api/v1/admin/payments"+query, ""), http.StatusOK)
}

// told has four messages of ids 1 to 4: one in each state, the last about no reservation.
func told(t *testing.T) *bundle {
	t.Helper()
	b := held(t)
	b.sql(t, `insert into messages (reservation_id, kind, recipient, dedupe_key, status, attempts, last_error, created_at, sent_at)
		select case when kind <> 'owner_unknown' then (select id from reservations) end, kind, who, kind, status, 3, error, $1::timestamptz,
			case when status = 'sent' then $1::timestamptz end
		from (values (1, 'given', 'guest', 'given_up', 'refused'), (2, 'gone', 'guest', 'sent', ''), (3, 'late', 'guest', 'failed', 'timeout'),
			(4, 'owner_unknown', 'owner', 'queued', '')) v (n, kind, who, status, error) order by n`, noon)
	return b
}

func TestAnOwnerSeesWhatCouldNotBeDelivered(t *testing.T) {
	t.Parallel()
	b := told(t)
	all := b.messagesOf(t, "")
	if len(all.Messages) != 4 || all.Next != "" || all.Messages[0].ReservationCode != nil || all.Messages[0].Recipient != "owner" {
		t.Fatalf("%+v", all)
	}
	for _, status := range []string{"given_up", "sent", "failed", "queued"} {
		if got := b.messagesOf(t, "?status="+status); len(got.Messages) != 1 || got.Messages[0].Status != status {
			t.Errorf("%s: %+v", status, got)
		}
	}
	lost := b.messagesOf(t, "?status=given_up").Messages[0]
	want := message{ID: 1, Kind: "given", Recipient: "guest", Channel: "email", Status: "given_up", Attempts: 3, LastError: "refused", CreatedAt: "2026-12-01T12:00:00Z"}
	if lost.message != want || lost.ReservationCode == nil || *lost.ReservationCode != "ABCDEF" {
		t.Errorf("%+v", lost)
	}
	first := b.messagesOf(t, "?limit=3")
	if rest := b.messagesOf(t, "?limit=3&after="+first.Next); len(first.Messages) != 3 || len(rest.Messages) != 1 || rest.Messages[0].ID != 1 || rest.Next != "" {
		t.Errorf("%+v, then %+v", first, rest)
	}
	if text := b.do(t, http.MethodGet, messages, "").body; strings.Contains(text, "Zaphod") || strings.Contains(text, "zaphod@") {
		t.Errorf("the guest is in %s", text)
	}
}

func TestOnlyAMessageThatWasGivenUpIsSentAgain(t *testing.T) {
	t.Parallel()
	b := told(t)
	b.clock.move(time.Hour)
	path := func(id int) string { return fmt.Sprintf("%s/%d/again", messages, id) }
	if a := b.do(t, http.MethodPost, path(1), ""); a.status != http.StatusOK || a.body != `{"id":1,"status":"queued"}`+"\n" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if got := b.messagesOf(t, "?limit=1&after=2").Messages[0]; got.Status != "queued" || got.Attempts != 0 || got.NextAttemptAt != "2026-12-01T13:00:00Z" {
		t.Errorf("%+v", got)
	}
	for id := 1; id <= 4; id++ {
		b.do(t, http.MethodPost, path(id), "").refusal(t, http.StatusConflict, "message_not_given_up")
	}
	b.do(t, http.MethodPost, path(5), "").refusal(t, http.StatusNotFound, "not_found")
	b.do(t, http.MethodPost, messages+"/x/again", "").refusal(t, http.StatusNotFound, "not_found")
	b.as(t, nil, http.MethodPost, path(1), "").refusal(t, http.StatusUnauthorized, "unauthenticated")
}

func TestAnOwnerSeesThePaymentsToLookAt(t *testing.T) {
	t.Parallel()
	b := held(t)
	b.pays(t, "fine", `{"provider":"transfer","amount":"300"}`)
	b.clock.move(time.Minute)
	b.pays(t, "much", `{"provider":"cash","amount":"900"}`)
	if _, err := b.payments.Settle(t.Context(), payment.Payment{
		Provider: payment.MercadoPago, ID: "143", Status: payment.Approved, Amount: 120000, Currency: "ARS", ExternalReference: "nobody's",
		DateCreated: noon, DateApproved: noon, LastUpdated: noon,
	}, noon); err != nil {
		t.Fatal(err)
	}
	ids := func(l paymentList) (ids string) {
		for _, p := range l.Payments {
			code := "none"
			if p.ReservationCode != nil {
				code = *p.ReservationCode
			}
			ids += p.ID + " " + code + "\n"
		}
		return ids
	}
	if got := ids(b.paymentsOf(t, "")); got != "143 none\nABCDEF:much ABCDEF\nABCDEF:fine ABCDEF\n" {
		t.Errorf("all are\n%s", got)
	}
	flagged := b.paymentsOf(t, "?flagged=true")
	if got := ids(flagged); got != "143 none\nABCDEF:much ABCDEF\n" || flagged.Payments[0].Flag == "" || flagged.Payments[1].Flag != "refund_by_hand" {
		t.Errorf("to look at are\n%s: %+v", got, flagged)
	}
	first := b.paymentsOf(t, "?flagged=true&limit=1")
	if rest := b.paymentsOf(t, "?flagged=true&limit=1&after="+first.Next); ids(first) != "143 none\n" || ids(rest) != "ABCDEF:much ABCDEF\n" || rest.Next != "" {
		t.Errorf("%+v, then %+v", first, rest)
	}
}

func TestARefundIsShownUntilItIsDone(t *testing.T) {
	t.Parallel()
	b := held(t)
	b.pays(t, "", `{"provider":"cash","amount":"1200"}`)
	if _, err := b.payments.Settle(t.Context(), payment.Payment{
		Provider: payment.MercadoPago, ID: "143", Status: payment.Approved, Amount: 12000, Currency: "ARS", ExternalReference: "ABCDEF",
		Live: true, DateCreated: noon, DateApproved: noon, LastUpdated: noon,
	}, noon); err != nil {
		t.Fatal(err)
	}
	b.sql(t, `update refunds set attempts = 2, last_error = 'unavailable', next_attempt_at = $1 where not by_hand`, noon.Add(time.Minute))
	type list struct {
		Refunds []struct {
			refund
			ReservationCode *string `json:"reservation_code"`
		} `json:"refunds"`
		Next string `json:"next,omitempty"`
	}
	undone := func(query string) list {
		t.Helper()
		return decode[list](t, b.do(t, http.MethodGet, refunds+query, ""), http.StatusOK)
	}
	all := undone("")
	if len(all.Refunds) != 2 || all.Next != "" || !all.Refunds[0].ByHand || all.Refunds[0].Amount != "200.00" || *all.Refunds[0].ReservationCode != "ABCDEF" {
		t.Fatalf("%+v", all)
	}
	want := refund{
		ID: all.Refunds[1].ID, Provider: "mercadopago", PaymentID: "143", Amount: "120.00", Currency: "ARS", Reason: "excess", State: "queued",
		Attempts: 2, LastError: "unavailable", NextAttemptAt: "2026-12-01T12:01:00Z", CreatedAt: "2026-12-01T12:00:00Z",
	}
	if all.Refunds[1].refund != want {
		t.Errorf("%+v", all.Refunds[1])
	}
	first := undone("?limit=1")
	if rest := undone("?limit=1&after=" + first.Next); len(first.Refunds) != 1 || len(rest.Refunds) != 1 || rest.Refunds[0].refund != want || rest.Next != "" {
		t.Errorf("%+v, then %+v", first, rest)
	}
	b.do(t, http.MethodPost, fmt.Sprintf("/api/v1/admin/reservations/ABCDEF/refunds/%d/done", all.Refunds[0].ID), "")
	if left := undone(""); len(left.Refunds) != 1 || left.Refunds[0].refund != want {
		t.Errorf("one is done: %+v", left)
	}
	if text := b.do(t, http.MethodGet, refunds, "").body; strings.Contains(text, "Zaphod") || strings.Contains(text, "zaphod@") {
		t.Errorf("the guest is in %s", text)
	}
}

func TestListsOfMoneyAndMessagesAreTheOwnersAlone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for path, queries := range map[string][]string{
		messages: {"status=lost", "limit=201", "after=-1"}, "/api/v1/admin/payments": {"flagged=perhaps", "limit=0x1", "after=x"},
		refunds: {"limit=201", "after=-1"},
	} {
		for _, query := range queries {
			field, _, _ := strings.Cut(query, "=")
			b.do(t, http.MethodGet, path+"?"+query, "").refusal(t, http.StatusUnprocessableEntity, "invalid", field)
		}
		b.as(t, nil, http.MethodGet, path, "").refusal(t, http.StatusUnauthorized, "unauthenticated")
	}
}
