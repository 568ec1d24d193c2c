package mercadopago_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/mercadopago/mptest"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

func TestAPaymentIsReadAsItStands(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.provider.Hold()
	made, err := b.provider.Pending(b.created(t))
	check(t, err)
	for _, step := range []func() error{
		func() error { return nil },
		func() error { return b.provider.Change(made.ID, payment.Approved, "") },
		func() error { _, err := b.provider.RefundFromPanel(made.ID, 2_000_50); return err },
		func() error { return b.provider.Chargeback(made.ID) },
	} {
		check(t, step())
		got, err := b.GetPayment(t.Context(), made.ID)
		check(t, err)
		if diff := cmp.Diff(b.provider.Payments("7K3M9Q")[0], got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestAPaymentIsReadHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	const common = `"status":"approved","status_detail":"accredited","currency_id":"ARS","external_reference":"7K3M9Q","live_mode":true,"collector_id":239610915,"payment_method_id":"visa","payment_type_id":"credit_card"`
	at := time.Date(2026, time.August, 22, 15, 12, 13, 0, time.UTC)
	want := payment.Payment{
		ID: "143845427326", Status: payment.Approved, StatusDetail: "accredited", Amount: 12_345_50, Currency: "ARS",
		ExternalReference: "7K3M9Q", Live: true, CollectorID: "239610915", Method: "visa", Type: "credit_card",
	}
	tests := []struct {
		name, fields string
		change       func(*payment.Payment)
	}{
		{"a number", `"id":143845427326,"transaction_amount":12345.5`, nil},
		{"an id that is text", `"id":"143845427326","transaction_amount":12345.50`, nil},
		{"an amount that is text", `"id":143845427326,"transaction_amount":"12345.50"`, nil},
		{"an amount as Java writes it", `"id":143845427326,"transaction_amount":1.23455E4`, nil},
		{"an amount that was added in floats", `"id":143845427326,"transaction_amount":12345.500000000002`, nil},
		{"a refund that was added in floats", `"id":143845427326,"transaction_amount":12345.5,"transaction_amount_refunded":0.30000000000000004`, func(p *payment.Payment) { p.Refunded = 30 }},
		{"no refund", `"id":143845427326,"transaction_amount":12345.5,"transaction_amount_refunded":null`, nil},
		{"the usual date", `"id":143845427326,"transaction_amount":12345.5,"date_created":"2026-08-22T11:12:13.000-04:00"`, func(p *payment.Payment) { p.DateCreated = at }},
		{"without a colon", `"id":143845427326,"transaction_amount":12345.5,"date_approved":"2026-08-22T12:12:13.000-0300"`, func(p *payment.Payment) { p.DateApproved = at }},
		{"without fractions", `"id":143845427326,"transaction_amount":12345.5,"date_last_updated":"2026-08-22T15:12:13Z"`, func(p *payment.Payment) { p.LastUpdated = at }},
		{"a date alone", `"id":143845427326,"transaction_amount":12345.5,"date_of_expiration":"2022-10-25"`, func(p *payment.Payment) { p.Expires = time.Date(2022, time.October, 25, 0, 0, 0, 0, time.UTC) }},
		{"dates that are none", `"id":143845427326,"transaction_amount":12345.5,"date_created":"","date_approved":"2022-07-23T23:03:5704:00","date_last_updated":1661181133,"date_of_expiration":{}`, nil},
		{"fields of a strange kind", `"id":143845427326,"transaction_amount":12345.5,"payer":"x","metadata":[1],"money_release_date":""`, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := answering(t, http.StatusOK, "{"+test.fields+","+common+"}").GetPayment(t.Context(), "143845427326")
			check(t, err)
			expected := want
			if test.change != nil {
				test.change(&expected)
			}
			if diff := cmp.Diff(expected, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestOnlyTheWordOfTheProviderMakesAPaymentLive: what says nothing of test mode is not taken for money.
func TestOnlyTheWordOfTheProviderMakesAPaymentLive(t *testing.T) {
	t.Parallel()
	for field, want := range map[string]bool{`,"live_mode":true`: true, `,"live_mode":false`: false, `,"live_mode":null`: false, `,"live_mode":"true"`: false, ``: false} {
		got, err := answering(t, http.StatusOK, `{"id":1,"status":"approved","transaction_amount":1`+field+`}`).GetPayment(t.Context(), "1")
		check(t, err)
		if got.Live != want {
			t.Errorf("%s: got %v", field, got.Live)
		}
	}
}

func TestAPaymentOfNobodyKnowsHowMuchIsUnreadable(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		``, `null`, `[]`, `"ok"`, `<html>`, `{}`, `{"id":1}`, `{"id":1,"status":"approved"}`, `{"id":1,"transaction_amount":1}`,
		`{"id":1,"status":"approved","transaction_amount":null}`,
		`{"id":1,"status":"approved","transaction_amount":"a lot"}`,
		`{"id":1,"status":"approved","transaction_amount":-1}`,
		`{"id":1,"status":"approved","transaction_amount":1.005}`, // whoever owes half a cent
		`{"id":1,"status":"approved","transaction_amount":1e99}`,
		`{"id":1,"status":"approved","transaction_amount":1e999999999}`,
		`{"id":1,"status":"approved","transaction_amount":99999999999999999999}`,
		`{"id":1,"status":"approved","transaction_amount":true}`,
		`{"id":1,"status":"approved","transaction_amount":1,"transaction_amount_refunded":-1}`,
		`{"id":1,"status":"approved","transaction_amount":1`,
		`{"id":2,"status":"approved","transaction_amount":1}`, // another one
	} {
		if p, err := answering(t, http.StatusOK, body).GetPayment(t.Context(), "1"); !errors.Is(err, payment.ErrUnreadable) {
			t.Errorf("%s: got %+v, %v", body, p, err)
		}
	}
}

func TestWhatCannotBeAPaymentIsNotAskedFor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, id := range []string{"", "0", "abc", "../users/me", "1?status=approved", "-1", "123456789012345678901"} {
		if _, err := b.GetPayment(t.Context(), id); !errors.Is(err, payment.ErrNotFound) {
			t.Errorf("%q: got %v", id, err)
		}
		if _, err := b.GetRefunds(t.Context(), id); !errors.Is(err, payment.ErrNotFound) {
			t.Errorf("%q: got %v", id, err)
		}
		if _, err := b.CreateRefund(t.Context(), payment.RefundOrder{PaymentID: id, Amount: 1}); !errors.Is(err, payment.ErrNotFound) {
			t.Errorf("%q: got %v", id, err)
		}
	}
	if n := b.provider.Seen(mptest.GetPayment) + b.provider.Seen(mptest.GetRefunds) + b.provider.Seen(mptest.CreateRefund); n != 0 {
		t.Errorf("asked %d times", n)
	}
}

func TestASearchFindsEveryPageOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.provider.Hold()
	checkout := b.created(t)
	var want []string
	for i := range 7 {
		p, err := b.provider.Pay(mptest.Buy{Checkout: checkout, Status: []payment.Status{payment.Rejected, payment.Approved}[i%2]})
		check(t, err)
		want = append(want, p.ID)
		_, err = b.provider.Pay(mptest.Buy{Reference: "OTHER", Amount: money.Cents(i + 1)})
		check(t, err)
	}
	var got []string
	q := payment.Search{ExternalReference: "7K3M9Q", From: now.Add(-time.Hour), To: now.Add(time.Hour), Limit: 3}
	for range 5 {
		page, err := b.SearchPayments(t.Context(), q)
		check(t, err)
		for _, f := range page.Found {
			got = append(got, f.ID)
			if f.ExternalReference != "7K3M9Q" || !f.Created.Equal(now) || f.Status == "" || f.LastUpdated.IsZero() {
				t.Errorf("got %+v", f)
			}
		}
		if q.Offset = page.Next; q.Offset == 0 {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, q := range []payment.Search{{From: now.Add(time.Second)}, {To: now.Add(-time.Second)}, {ExternalReference: "NOBODY"}} {
		page, err := b.SearchPayments(t.Context(), q)
		check(t, err)
		if len(page.Found) != 0 || page.Next != 0 {
			t.Errorf("%+v: got %+v", q, page)
		}
	}
}

func TestOneResultThatCannotBeReadHidesNoOther(t *testing.T) {
	t.Parallel()
	const results = `{"results":[{"id":1,"transaction_amount":1.005,"date_created":7},{"id":"ORD1"},{"status":"approved"},{"id":"2","status":"pending"}],"paging":{"total":"many"}}`
	page, err := answering(t, http.StatusOK, results).SearchPayments(t.Context(), payment.Search{})
	check(t, err)
	if diff := cmp.Diff([]payment.Found{{ID: "1"}, {ID: "2", Status: payment.Pending}}, page.Found); diff != "" {
		t.Error(diff)
	}
	for _, body := range []string{`{}`, `null`, `[]`, `{"results":null}`, `{"results":{}}`, `<html>`, ``} {
		if _, err := answering(t, http.StatusOK, body).SearchPayments(t.Context(), payment.Search{}); !errors.Is(err, payment.ErrUnreadable) {
			t.Errorf("%s: got %v", body, err)
		}
	}
}

func TestMoneyGoesBackOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	paid := b.approved(t)
	order := payment.RefundOrder{PaymentID: paid.ID, Amount: 2_000_50, Ordinal: 1}
	first, err := b.CreateRefund(t.Context(), order)
	check(t, err)
	if want := (payment.Refund{ID: first.ID, PaymentID: paid.ID, Amount: 2_000_50, Status: payment.RefundApproved, At: now}); first != want {
		t.Errorf("got %+v, want %+v", first, want)
	}
	again, err := b.CreateRefund(t.Context(), order)
	check(t, err)
	if again != first {
		t.Errorf("the same order is another refund: %+v, %+v", first, again)
	}
	order.Ordinal = 2
	second, err := b.CreateRefund(t.Context(), order)
	check(t, err)
	rest, err := b.CreateRefund(t.Context(), payment.RefundOrder{PaymentID: paid.ID, Ordinal: 3})
	check(t, err)
	if rest.Amount != 10_200_00-2*2_000_50 {
		t.Errorf("all that is left is %v", rest.Amount)
	}
	list, err := b.GetRefunds(t.Context(), paid.ID)
	check(t, err)
	if diff := cmp.Diff([]payment.Refund{first, second, rest}, list); diff != "" {
		t.Error(diff)
	}
	got, err := b.GetPayment(t.Context(), paid.ID)
	check(t, err)
	if got.Status != payment.Refunded || got.Refunded != got.Amount {
		t.Errorf("got %+v", got)
	}
	if _, err := b.CreateRefund(t.Context(), payment.RefundOrder{PaymentID: paid.ID, Amount: 1, Ordinal: 4}); !errors.Is(err, payment.ErrRefused) {
		t.Errorf("more than there was: %v", err)
	}
}

func TestARefundMayTakeItsTime(t *testing.T) {
	t.Parallel()
	b := setup(t)
	paid := b.approved(t)
	b.provider.RefundsBecome(payment.RefundInProcess)
	refund, err := b.CreateRefund(t.Context(), payment.RefundOrder{PaymentID: paid.ID})
	check(t, err)
	for _, want := range []payment.RefundStatus{payment.RefundInProcess, payment.RefundApproved} {
		list, err := b.GetRefunds(t.Context(), paid.ID)
		check(t, err)
		if len(list) != 1 || list[0].Status != want {
			t.Errorf("got %+v, want %s", list, want)
		}
		if want == payment.RefundInProcess {
			check(t, b.provider.SettleRefund(paid.ID, refund.ID, payment.RefundApproved))
		}
	}
}

func TestARefundThatCannotBeReadIsNotOne(t *testing.T) {
	t.Parallel()
	for _, one := range []string{
		`{}`, `{"id":1}`, `{"id":1,"amount":-1}`, `{"id":1,"amount":1.005}`, `{"amount":1}`, `{"id":1,"amount":1,"payment_id":8}`, `"ok"`,
	} {
		order := payment.RefundOrder{PaymentID: "7", Amount: 1_00}
		if r, err := answering(t, http.StatusCreated, one).CreateRefund(t.Context(), order); !errors.Is(err, payment.ErrUnreadable) {
			t.Errorf("%s: got %+v, %v", one, r, err)
		}
		if r, err := answering(t, http.StatusOK, fmt.Sprintf("[%s]", one)).GetRefunds(t.Context(), "7"); !errors.Is(err, payment.ErrUnreadable) {
			t.Errorf("%s: got %+v, %v", one, r, err)
		}
	}
	old, err := answering(t, http.StatusCreated, `{"id":"9","payment_id":"7","amount":"1.5"}`).CreateRefund(t.Context(), payment.RefundOrder{PaymentID: "7", Amount: 1_50})
	check(t, err)
	if want := (payment.Refund{ID: "9", PaymentID: "7", Amount: 1_50, Status: payment.RefundApproved}); old != want {
		t.Errorf("got %+v", old)
	}
	for _, body := range []string{`null`, `{}`} {
		if _, err := answering(t, http.StatusOK, body).GetRefunds(t.Context(), "7"); !errors.Is(err, payment.ErrUnreadable) {
			t.Errorf("%s: got %v", body, err)
		}
	}
}
