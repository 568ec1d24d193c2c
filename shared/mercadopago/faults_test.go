package mercadopago_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago/mptest"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

func TestEveryRefusalIsToldApart(t *testing.T) {
	t.Parallel()
	const never, always = 1, 3
	tests := []struct {
		name     string
		fault    mptest.Fault
		want     error
		attempts int
	}{
		{"a wrong token", mptest.Fault{Status: 401, Body: `{"message":"invalid_token","status":401,"cause":[]}`}, payment.ErrUnauthorized, never},
		{"no right", mptest.Fault{Status: 403}, payment.ErrUnauthorized, never},
		{"no such thing", mptest.Fault{Status: 404, Body: `{"error":"not_found","cause":null}`}, payment.ErrNotFound, never},
		{"a mistake of ours", mptest.Fault{Status: 400, Body: `{"error":"bad_request","cause":{"code":2006}}`}, payment.ErrRefused, never},
		{"a rule of theirs", mptest.Fault{Status: 422}, payment.ErrRefused, never},
		{"already at it", mptest.Fault{Status: 409, Body: `{"error":"refund_in_progress","status":"409"}`}, payment.ErrInProgress, never},
		{"not completed", mptest.Fault{Status: 409, Body: `{"error":"Conflict","cause":[{"code":"401001"}]}`}, payment.ErrInProgress, never},
		{"already done", mptest.Fault{Status: 409, Body: `{"error":"order_already_refunded"}`}, payment.ErrRefused, never},
		{"too many requests", mptest.Fault{Status: 429}, payment.ErrRateLimited, always},
		{"too many for long", mptest.Fault{Status: 429, RetryAfter: "5"}, payment.ErrRateLimited, never},
		{"down", mptest.Fault{Status: 500, Body: "<html>"}, payment.ErrUnavailable, always},
		{"down behind something", mptest.Fault{Status: 502}, payment.ErrUnavailable, always},
		{"down for long", mptest.Fault{Status: 503, RetryAfter: "3600"}, payment.ErrUnavailable, never},
		{"elsewhere", mptest.Fault{Status: 302}, payment.ErrUnavailable, always},
		{"cut off", mptest.Fault{Cut: true}, payment.ErrUnavailable, always},
		{"garbage", mptest.Fault{Status: 200, Body: "<html>Ana, ana@example.com"}, payment.ErrUnreadable, never},
		{"nothing", mptest.Fault{Status: 200}, payment.ErrUnreadable, never},
		{"no end of it", mptest.Fault{Status: 200, Body: `{"id":"` + strings.Repeat("9", 2<<20) + `"}`}, payment.ErrUnreadable, never},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.provider.Fail(test.fault)
			for action, call := range map[mptest.Action]func() error{
				mptest.CreateCheckout: func() error { _, err := b.CreateCheckout(t.Context(), deposit()); return err },
				mptest.UpdateCheckout: func() error { return b.ExpireCheckout(t.Context(), "1-a", now) },
				mptest.GetPayment:     func() error { _, err := b.GetPayment(t.Context(), "7"); return err },
				mptest.SearchPayments: func() error { _, err := b.SearchPayments(t.Context(), payment.Search{}); return err },
				mptest.CreateRefund:   func() error { _, err := b.CreateRefund(t.Context(), payment.RefundOrder{PaymentID: "7"}); return err },
				mptest.GetRefunds:     func() error { _, err := b.GetRefunds(t.Context(), "7"); return err },
			} {
				err, want := call(), test.want
				if action == mptest.GetPayment && test.fault.Status == http.StatusForbidden {
					want = payment.ErrNotFound // it is another account's
				}
				if !errors.Is(err, want) || b.provider.Seen(action) != test.attempts {
					t.Errorf("%s: got %v after %d attempts, want %v after %d", action, err, b.provider.Seen(action), want, test.attempts)
				}
				if shown, ok := errors.AsType[*fault.Error](err); !ok || shown.Kind == fault.Internal {
					t.Errorf("%s: %v is no fault", action, err)
				}
			}
		})
	}
}

func TestWhatPassesIsWaitedFor(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]mptest.Fault{
		"down": {Status: 500, Times: 2}, "cut off": {Cut: true, Times: 2}, "too many": {Status: 429, RetryAfter: "0", Times: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			paid := b.approved(t)
			b.provider.Fail(f)
			got, err := b.GetPayment(t.Context(), paid.ID)
			check(t, err)
			if got.ID != paid.ID || b.provider.Seen(mptest.GetPayment) != 3 {
				t.Errorf("got %+v after %d attempts", got, b.provider.Seen(mptest.GetPayment))
			}
		})
	}
}

// TestALostAnswerIsNoSecondRefund is what the keys are for.
func TestALostAnswerIsNoSecondRefund(t *testing.T) {
	t.Parallel()
	b := setup(t)
	paid := b.approved(t)
	b.provider.Fail(mptest.Fault{Action: mptest.CreateRefund, Cut: true, After: true, Times: 3})
	order := payment.RefundOrder{PaymentID: paid.ID, Amount: 1_000_00, Ordinal: 8}
	if _, err := b.CreateRefund(t.Context(), order); !errors.Is(err, payment.ErrUnavailable) {
		t.Fatalf("got %v", err)
	}
	// Another process goes on where this one has died.
	other := client(t, mercadopago.Config{BaseURL: b.provider.URL, AccessToken: mptest.Token})
	refund, err := other.CreateRefund(t.Context(), order)
	check(t, err)
	if all := b.provider.Refunds(paid.ID); len(all) != 1 || all[0] != refund {
		t.Errorf("got %+v, and there are %+v", refund, all)
	}
}

func TestTheProviderSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{
		"30": 30 * time.Second, "86401": 24 * time.Hour, "99999999999999999999": 30 * time.Second, "soon": 30 * time.Second, "-5": 30 * time.Second,
		"Tue, 01 Dec 1998 15:00:00 GMT": 30 * time.Second, "Tue, 01 Dec 2099 15:00:00 GMT": 24 * time.Hour,
	} {
		_, err := answering(t, http.StatusTooManyRequests, "", "Retry-After", header).GetPayment(t.Context(), "7")
		shown, ok := errors.AsType[*fault.Error](err)
		if !ok || shown.RetryAfter != want {
			t.Errorf("%q: got %v", header, err)
		}
	}
}

func TestAProviderThatHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.provider.Fail(mptest.Fault{Hang: true})
	impatient := client(t, mercadopago.Config{BaseURL: b.provider.URL, AccessToken: mptest.Token, Timeout: 50 * time.Millisecond})
	if _, err := impatient.GetPayment(t.Context(), "7"); !errors.Is(err, payment.ErrUnavailable) || b.provider.Seen(mptest.GetPayment) != 1 {
		t.Errorf("got %v after %d attempts", err, b.provider.Seen(mptest.GetPayment))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.GetPayment(ctx, "7"); !errors.Is(err, payment.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits any more: %v", err)
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := client(t, mercadopago.Config{BaseURL: server.URL}).SearchPayments(t.Context(), payment.Search{ExternalReference: "7K3M9Q"})
	if !errors.Is(err, payment.ErrUnavailable) || strings.Contains(err.Error(), "7K3M9Q") {
		t.Errorf("got %v", err)
	}
}

// TestTheTokenGoesNowhereElse: neither where an answer leads, nor into an error.
func TestTheTokenGoesNowhereElse(t *testing.T) {
	t.Parallel()
	var followed atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Add(1) }))
	t.Cleanup(elsewhere.Close)
	for _, status := range []int{301, 302, 307, 308, 400, 401, 500} {
		echo := `{"error":"ana@example.com sent Bearer APP_USR-hunter2","message":"APP_USR-hunter2","cause":[{"code":"Ana Pérez","description":"ana@example.com"}]}`
		c := answering(t, status, echo, "Location", elsewhere.URL, "X-Request-Id", "APP_USR hunter2")
		_, err := c.CreateCheckout(t.Context(), deposit())
		for _, private := range []string{"hunter2", "Ana", "ana@"} {
			if err == nil || strings.Contains(err.Error(), private) {
				t.Errorf("%d: got %v", status, err)
			}
		}
	}
	if followed.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

func TestAnErrorNamesTheProvidersCodes(t *testing.T) {
	t.Parallel()
	const body = `{"error":"bad_request","cause":[{"code":2084,"description":"Invalid refund amount"},{"code":"in_store_payment_refund_order"}]}`
	_, err := answering(t, http.StatusBadRequest, body, "X-Request-Id", "2066ca19-c6f1").CreateRefund(t.Context(), payment.RefundOrder{PaymentID: "7", Amount: 1})
	const want = "POST /v1/payments/7/refunds: 400 bad_request 2084 in_store_payment_refund_order (request 2066ca19-c6f1)"
	if err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got %v", err)
	}
}
