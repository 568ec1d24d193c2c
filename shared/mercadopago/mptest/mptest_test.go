package mptest_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/mercadopago/mptest"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

const webhooksOnly = "source_news=webhooks"

func TestTheShopIsToldOfEveryChange(t *testing.T) {
	t.Parallel()
	b := setup(t, mptest.Config{})
	p, err := b.Pending(b.checkout(t, webhooksOnly))
	check(t, err)
	check(t, b.Wait(t.Context()))
	check(t, b.Change(p.ID, payment.Approved, ""))
	check(t, b.Wait(t.Context()))
	check(t, b.Chargeback(p.ID))
	var actions []string
	for _, d := range b.told(t) {
		if d.verified != nil || d.PaymentID != p.ID || d.Topic != payment.TopicPayment || d.ID == "" {
			t.Errorf("got %+v", d)
		}
		actions = append(actions, d.Action)
	}
	if diff := cmp.Diff([]string{"payment.created", "payment.updated", "payment.updated"}, actions); diff != "" {
		t.Error(diff)
	}
}

func TestWithoutSourceNewsTheOldFormsComeToo(t *testing.T) {
	t.Parallel()
	b := setup(t, mptest.Config{Seconds: true})
	p, err := b.Approve(b.checkout(t, "a=b"))
	check(t, err)
	signed, topics := 0, make([]string, 0, 3)
	for _, d := range b.told(t) {
		topics = append(topics, d.Topic)
		if d.verified == nil {
			signed++
		}
		if (d.Topic == payment.TopicPayment) != (d.PaymentID == p.ID) {
			t.Errorf("got %+v", d)
		}
	}
	slices.Sort(topics)
	if diff := cmp.Diff([]string{"merchant_order", "payment", "payment"}, topics); diff != "" || signed != 1 {
		t.Errorf("%d signed: %s", signed, diff)
	}
}

func TestNotificationsCanBeDisturbed(t *testing.T) {
	t.Parallel()
	b := setup(t, mptest.Config{})
	checkout := b.checkout(t, webhooksOnly)
	b.Disturb(mptest.Disturbance{Drop: true}, mptest.Disturbance{Copies: 2})
	lost, err := b.Approve(checkout)
	check(t, err)
	tripled, err := b.Approve(checkout)
	check(t, err)
	last, err := b.Approve(checkout)
	check(t, err)
	counts := make(map[string]int)
	for _, d := range b.told(t) {
		counts[d.PaymentID]++
	}
	if diff := cmp.Diff(map[string]int{tripled.ID: 3, last.ID: 1}, counts); diff != "" {
		t.Errorf("%s is lost, and %s", lost.ID, diff)
	}
}

func TestWhatIsNotAcceptedComesAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, mptest.Config{Pauses: []time.Duration{time.Millisecond, time.Millisecond}})
	checkout := b.checkout(t, webhooksOnly)
	b.answers = []int{500, 302, 201, 204, 401, 503}
	_, err := b.Approve(checkout)
	check(t, err)
	first := b.told(t)
	if len(first) != 3 || first[0] != first[2] {
		t.Errorf("got %+v", first)
	}
	_, err = b.Approve(checkout)
	check(t, err)
	if all := b.told(t); len(all) != 6 {
		t.Errorf("it did not give up: %+v", all)
	}
	for i, h := range b.Webhooks() {
		if h.Attempts != 3 || !h.Done || h.Answer != []int{201, 503}[i] {
			t.Errorf("got %+v", h)
		}
	}
}

func TestWhatIsHeldIsSentInAnyOrder(t *testing.T) {
	t.Parallel()
	b := setup(t, mptest.Config{})
	b.Hold()
	p, err := b.Pending(b.checkout(t, webhooksOnly))
	check(t, err)
	check(t, b.Change(p.ID, payment.Approved, ""))
	check(t, b.Change(p.ID, payment.InMediation, ""))
	held := b.Outbox()
	if len(held) != 3 || len(b.told(t)) != 0 {
		t.Fatalf("got %+v", held)
	}
	for _, id := range []int64{held[1].ID, held[0].ID, held[0].ID} {
		status, err := b.Deliver(t.Context(), id)
		check(t, err)
		if status != http.StatusOK {
			t.Errorf("got %d", status)
		}
	}
	check(t, b.Drop(held[2].ID))
	var got []string
	for _, d := range b.told(t) {
		got = append(got, d.Action)
	}
	if diff := cmp.Diff([]string{"payment.updated", "payment.created", "payment.created"}, got); diff != "" || len(b.Outbox()) != 0 {
		t.Errorf("%s; left: %+v", diff, b.Outbox())
	}
	check(t, b.Change(p.ID, payment.Approved, ""))
	b.Release()
	if len(b.told(t)) != 4 {
		t.Error("what waited was not sent")
	}
}

func TestTestMoneyIsNotToldOf(t *testing.T) {
	t.Parallel()
	for _, notify := range []bool{false, true} {
		b := setup(t, mptest.Config{NotifyTest: notify})
		p, err := b.Pay(mptest.Buy{Checkout: b.checkout(t, webhooksOnly), Test: true})
		check(t, err)
		if told := len(b.told(t)) == 1; told != notify || p.Live {
			t.Errorf("got %+v, told %v", p, told)
		}
	}
}

func TestAKeyIsRememberedForADay(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	at := now
	b := setup(t, mptest.Config{Clock: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return at
	}})
	p, err := b.Approve(b.checkout(t, webhooksOnly))
	check(t, err)
	refund := func(body, key string) int {
		status, _ := b.ask(t, http.MethodPost, "/v1/payments/"+p.ID+"/refunds", body, "X-Idempotency-Key", key)
		return status
	}
	got := []int{
		refund(`{"amount":1.5}`, "a"), refund(`{"amount":1.5}`, "a"), refund(`{"amount":2}`, "a"), refund(`{"amount":2}`, ""),
		refund(`{"amount":0}`, "b"), refund(`{"amount":99999}`, "b"), refund("", "c"), refund("", "d"),
	}
	if diff := cmp.Diff([]int{201, 201, 409, 400, 400, 400, 201, 400}, got); diff != "" {
		t.Error(diff)
	}
	if refunds := b.Refunds(p.ID); len(refunds) != 2 || refunds[0].Amount != 1_50 || refunds[1].Amount != 10_199_00 {
		t.Errorf("got %+v", refunds)
	}
	mu.Lock()
	at = at.Add(25 * time.Hour)
	mu.Unlock()
	if status := refund(`{"amount":2}`, "a"); status != http.StatusBadRequest {
		t.Errorf("yesterday's key is still remembered: %d", status)
	}
}

func TestTheProviderIsAsStrictAsTheOriginal(t *testing.T) {
	t.Parallel()
	b := setup(t, mptest.Config{})
	const item = `{"title":"x","quantity":1,"currency_id":"ARS","unit_price":1}`
	for body, want := range map[string]int{
		`{"items":[` + item + `]}`: 201, `{"items":[]}`: 400, ``: 400, `{"items":[{"title":"x","quantity":1,"currency_id":"ARS","unit_price":0}]}`: 400,
		`{"items":[` + item + `],"auto_return":"approved"}`: 400, `{"items":[` + item + `],"auto_return":"approved","back_urls":{"success":"http://localhost/"}}`: 400,
		`{"items":[` + item + `],"external_reference":"a b"}`: 400, `{"items":[` + item + `],"expires":true,"expiration_date_to":"tomorrow"}`: 400, `{"items":[` + item + `],"typo":1}`: 400,
	} {
		if status, text := b.ask(t, http.MethodPost, "/checkout/preferences", body); status != want {
			t.Errorf("%s: got %d %s", body, status, text)
		}
	}
	for _, path := range []string{"/v1/payments/1", "/v1/payments/search", "/checkout/preferences/1"} {
		r, err := http.Get(b.URL + path)
		check(t, err)
		r.Body.Close()
		if r.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s without a token: got %d", path, r.StatusCode)
		}
	}
	if status, _ := b.ask(t, http.MethodGet, "/v1/payments/search?limit=101", ""); status != http.StatusBadRequest {
		t.Errorf("got %d", status)
	}
}

// press sends the form of the checkout page, and returns where the browser is sent or what it is shown.
func (b *bundle) press(t *testing.T, checkout, outcome string) (int, *url.URL, string) {
	t.Helper()
	form := url.Values{"pref_id": {checkout}, "outcome": {outcome}, "detail": {"cc_rejected_high_risk"}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.URL+"/checkout/v1/redirect?pref_id="+checkout, strings.NewReader(form.Encode()))
	check(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultTransport.RoundTrip(r)
	check(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	check(t, err)
	http.DefaultClient.CloseIdleConnections()
	at, _ := response.Location()
	return response.StatusCode, at, string(text)
}

func TestTheButtonsPayAndGoBack(t *testing.T) {
	t.Parallel()
	b := setup(t, mptest.Config{})
	checkout := b.checkout(t, webhooksOnly)
	const pagePath = "/checkout/v1/redirect?pref_id="
	_, page := b.ask(t, http.MethodGet, pagePath+checkout, "")
	for _, want := range []string{"Aprobar", "Dejar pendiente", "Rechazar", "$ 10.200,50", "Seña &lt;Cabaña&gt;", `lang="es-AR"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, step := range []struct {
		outcome, path, status string
		payments              int
	}{
		{"rejected", "/no", "rejected", 1},
		{"pending", "/wait", "pending", 2},
		{"pending", "/wait", "pending", 2},
		{"approved", "/ok", "approved", 2},
		{"approved", "/ok", "approved", 2},
		{"rejected", "/ok", "approved", 2},
	} {
		status, to, _ := b.press(t, checkout, step.outcome)
		payments := b.Payments("7K3M9Q")
		last := payments[len(payments)-1]
		if status != http.StatusSeeOther || to.Path != step.path || len(payments) != step.payments {
			t.Fatalf("%s: got %d %v, %d payments", step.outcome, status, to, len(payments))
		}
		query := to.Query()
		for name, want := range map[string]string{
			"t": "x", "payment_id": last.ID, "collection_id": last.ID, "status": step.status, "external_reference": "7K3M9Q", "preference_id": checkout, "merchant_account_id": "null",
		} {
			if query.Get(name) != want {
				t.Errorf("%s: %s is %q, want %q", step.outcome, name, query.Get(name), want)
			}
		}
	}
	if n := len(b.told(t)); n != 6 {
		t.Errorf("the shop was told %d times", n)
	}
	if _, page := b.ask(t, http.MethodGet, pagePath+checkout, ""); !strings.Contains(page, "fue aprobado") || strings.Contains(page, "<form") {
		t.Errorf("the page is %s", page)
	}
}

func TestAPageThatIsOverTakesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, mptest.Config{Clock: func() time.Time { return now.Add(31 * time.Minute) }})
	checkout := b.checkout(t, webhooksOnly)
	if status, _, page := b.press(t, checkout, "approved"); status != http.StatusGone || !strings.Contains(page, "venció") {
		t.Errorf("got %d", status)
	}
	if status, _, _ := b.press(t, "nothing", "approved"); status != http.StatusNotFound {
		t.Errorf("got %d", status)
	}
	if status, _, _ := b.press(t, checkout, "charged_back"); status != http.StatusBadRequest {
		t.Errorf("got %d", status)
	}
	if len(b.Payments("")) != 0 {
		t.Errorf("got %+v", b.Payments(""))
	}
	if _, err := b.Approve(checkout); err != nil {
		t.Errorf("what was begun before cannot be finished: %v", err)
	}
}

// TestChangesOfAPaymentAreOrdered though the clock stands still.
func TestChangesOfAPaymentAreOrdered(t *testing.T) {
	t.Parallel()
	b := setup(t, mptest.Config{})
	b.Hold()
	p, err := b.Pending(b.checkout(t, webhooksOnly))
	check(t, err)
	last := p.LastUpdated
	for _, do := range []func() error{
		func() error { return b.Change(p.ID, payment.Approved, "") },
		func() error { _, err := b.RefundFromPanel(p.ID, 1); return err },
		func() error { _, err := b.RefundFromPanel(p.ID, 0); return err },
	} {
		check(t, do())
		got := b.Payments("")[0]
		if !got.LastUpdated.After(last) {
			t.Errorf("got %v after %v", got.LastUpdated, last)
		}
		last = got.LastUpdated
	}
	if got := b.Payments("")[0]; got.Status != payment.Refunded || got.Refunded != got.Amount {
		t.Errorf("got %+v", got)
	}
	for _, err := range []error{b.Change("1", payment.Approved, ""), b.Drop(1), b.SettleRefund(p.ID, "1", payment.RefundApproved)} {
		if err == nil {
			t.Error("what is not there was changed")
		}
	}
	if _, err := b.Approve("nothing"); err == nil {
		t.Error("a checkout that is not there was paid")
	}
	if _, err := b.RefundFromPanel(p.ID, 1); err == nil {
		t.Error("more was given back than was paid")
	}
}

// TestManyAtOnce is for the race detector, and for what must add up.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, mptest.Config{})
	checkout := b.checkout(t, webhooksOnly)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 10 {
				p, err := b.Approve(checkout)
				if err != nil {
					t.Error(err)
				}
				_, _ = b.RefundFromPanel(p.ID, 1)
				if status, text := b.ask(t, http.MethodGet, "/v1/payments/"+p.ID, ""); status != http.StatusOK || !strings.Contains(text, `"status":"approved"`) {
					t.Errorf("got %d %s", status, text)
				}
				b.press(t, checkout, "approved")
			}
		})
	}
	group.Wait()
	if n := len(b.told(t)); n != 240 || len(b.Payments("7K3M9Q")) != 80 {
		t.Errorf("told %d times of %d payments", n, len(b.Payments("7K3M9Q")))
	}
}

func TestLatencyIsOfEveryAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t, mptest.Config{Latency: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.URL+"/v1/payments/search", nil)
	check(t, err)
	if response, err := http.DefaultClient.Do(r); err == nil {
		response.Body.Close()
		t.Errorf("got %d within the hour", response.StatusCode)
	}
}

func TestSignIsWhatTheDocumentationSays(t *testing.T) {
	t.Parallel()
	// Computed with: printf 'id:123456789;request-id:r;ts:1742505638683;' | openssl dgst -sha256 -hmac your_secret_key_here
	got := mptest.Sign("your_secret_key_here", "r", "123456789", 1742505638683)
	const want = "ts=1742505638683,v1=e3bd9ac61d185daac5dd5803674308e1541d709a45e58efd0123b864523a4e02"
	if got != want {
		t.Errorf("got %s", got)
	}
}

func TestAServerWithAFileGoesOnWhereTheLastOneWasKilled(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mercadopago.json")
	first := setup(t, mptest.Config{File: file})
	id := first.checkout(t, webhooksOnly)
	approved, err := first.Approve(id)
	check(t, err)
	key, refund := "key-1", `{"amount":10}`
	status, body := first.ask(t, http.MethodPost, "/v1/payments/"+approved.ID+"/refunds", refund, "X-Idempotency-Key", key)
	if status != http.StatusCreated {
		t.Fatalf("%d %s", status, body)
	}
	// Not closed: it is killed.
	second := setup(t, mptest.Config{File: file})
	if diff := cmp.Diff(first.Payments(""), second.Payments("")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(first.Refunds(approved.ID), second.Refunds(approved.ID)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(first.Checkouts(""), second.Checkouts("")); diff != "" {
		t.Error(diff)
	}
	_, again := second.ask(t, http.MethodPost, "/v1/payments/"+approved.ID+"/refunds", refund, "X-Idempotency-Key", key)
	if again != body || len(second.Refunds(approved.ID)) != 1 {
		t.Errorf("the same key is answered %s, and was with %s", again, body)
	}
	other, err := second.Approve(id)
	check(t, err)
	if other.ID == approved.ID {
		t.Error("two payments have one id")
	}
	check(t, os.WriteFile(file, []byte("{"), 0o600))
	if _, err := mptest.New(mptest.Config{File: file}); err == nil {
		t.Error("a broken file is taken for an empty one")
	}
}
