package mercadopago_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/mercadopago"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago/mptest"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

func TestACheckoutIsAPageToPayOn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	link, err := b.CreateCheckout(t.Context(), deposit())
	check(t, err)
	if link.ID == "" || !strings.HasPrefix(link.InitPoint, b.provider.URL) || link.CollectorID != mptest.CollectorID {
		t.Errorf("got %+v", link)
	}
	b.provider.Hold()
	paid, err := b.provider.Approve(link.ID)
	check(t, err)
	if paid.Amount != 10_200_00 || paid.Currency != "ARS" || paid.ExternalReference != "7K3M9Q" {
		t.Errorf("the guest was asked for %+v", paid)
	}
}

// TestAPreferenceSaysWhatWasAsked looks at the wire.
func TestAPreferenceSaysWhatWasAsked(t *testing.T) {
	t.Parallel()
	var sent map[string]any
	var header http.Header
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		decoder := json.NewDecoder(strings.NewReader(string(body)))
		decoder.UseNumber()
		if err := decoder.Decode(&sent); err != nil {
			t.Error(err)
		}
		header = r.Header
		io.WriteString(w, `{"id":"1-a","init_point":"http://localhost/pay","collector_id":1}`)
	}))
	t.Cleanup(server.Close)
	of := deposit()
	of.Title = strings.Repeat("ñ", 300)
	_, err := client(t, mercadopago.Config{BaseURL: server.URL + "/", AccessToken: "APP_USR-x"}).CreateCheckout(t.Context(), of)
	check(t, err)
	back := "https://cabanas.example/r/7K3M9Q?t=x"
	want := map[string]any{
		"items": []any{map[string]any{
			"id": "7K3M9Q", "title": strings.Repeat("ñ", 250), "category_id": "travels", "quantity": json.Number("1"),
			"currency_id": "ARS", "unit_price": json.Number("10200.00"),
		}},
		"payer":              map[string]any{"name": "Ana", "surname": "Pérez", "email": "ana@example.com"},
		"external_reference": "7K3M9Q", "notification_url": of.NotificationURL,
		"back_urls": map[string]any{"success": back, "pending": back, "failure": back}, "auto_return": "approved",
		"expires": true, "expiration_date_to": "2026-12-01T12:30:00.000-03:00", "date_of_expiration": "2026-12-02T12:00:00.000-03:00",
		"statement_descriptor": "CABANAS DEL L",
	}
	if diff := cmp.Diff(want, sent); diff != "" {
		t.Error(diff)
	}
	if header.Get("Authorization") != "Bearer APP_USR-x" || header.Get("Content-Type") != "application/json" || len(header.Get("X-Idempotency-Key")) != 36 {
		t.Errorf("got %v", header)
	}
}

// TestABrowserIsSentBackOnlyWhereItMay: Mercado Pago refuses an automatic return to http and to this machine.
func TestABrowserIsSentBackOnlyWhereItMay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, success := range []string{"", "http://localhost:8080/r/7K3M9Q", "https://localhost/r", "https://127.0.0.1/r", "https://cabanas.example/r/7K3M9Q"} {
		of := deposit()
		of.Back.Success = success
		if _, err := b.CreateCheckout(t.Context(), of); err != nil {
			t.Errorf("%q: %v", success, err)
		}
	}
}

func TestTheSameCheckoutIsOnePage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.created(t)
	if again := b.created(t); again != first {
		t.Errorf("got %s and %s", first, again)
	}
	other := deposit()
	other.ExpiresAt = other.ExpiresAt.Add(time.Minute)
	link, err := b.CreateCheckout(t.Context(), other)
	check(t, err)
	if link.ID == first {
		t.Error("another end is the same page")
	}
	renamed := deposit()
	renamed.Payer.Name = "Anahí"
	_, err = b.CreateCheckout(t.Context(), renamed)
	check(t, err) // and not a conflict of keys
	if keys := b.provider.Keys(); keys[0] != keys[1] || len(slices.Compact(slices.Sorted(slices.Values(keys)))) != 3 {
		t.Errorf("got the keys %q", keys)
	}
}

func TestAnExpiredCheckoutTakesNoPayment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	link, err := b.CreateCheckout(t.Context(), deposit())
	check(t, err)
	check(t, b.ExpireCheckout(t.Context(), link.ID, now.Add(-time.Second)))
	response, err := http.Get(link.InitPoint)
	check(t, err)
	page, err := io.ReadAll(response.Body)
	check(t, err)
	response.Body.Close()
	if !strings.Contains(string(page), "venció") {
		t.Errorf("the page is %s", page)
	}
	if err := b.ExpireCheckout(t.Context(), "1-nothing", now); !errors.Is(err, payment.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if err := b.ExpireCheckout(t.Context(), "../../v1/payments/1", now); !errors.Is(err, payment.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestACheckoutThatLeadsNowhereIsUnreadable(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{}`, `null`, `[]`, `"ok"`, `<html>`, ``, `{"id":"1-a"}`, `{"init_point":"https://x.example/"}`,
		`{"id":"1-a","init_point":"javascript:alert(1)"}`, `{"id":"1-a","init_point":"/checkout"}`, `{"id":"1-a","init_point":7}`,
	} {
		if link, err := answering(t, http.StatusCreated, body).CreateCheckout(t.Context(), deposit()); !errors.Is(err, payment.ErrUnreadable) {
			t.Errorf("%s: got %+v, %v", body, link, err)
		}
	}
}

func TestACheckoutThatCannotBeIsNotAskedFor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.CreateCheckout(t.Context(), payment.Checkout{Reference: "7K3M9Q", Title: "Seña", Currency: "ARS"})
	if !errors.Is(err, payment.ErrRefused) || b.provider.Seen(mptest.CreateCheckout) != 0 {
		t.Errorf("got %v, asked %d times", err, b.provider.Seen(mptest.CreateCheckout))
	}
}
