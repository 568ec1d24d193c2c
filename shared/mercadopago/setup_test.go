package mercadopago_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/eevans-d/sist-cabanas/shared/mercadopago"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago/mptest"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// now is what the provider's clock says.
var now = time.Date(2026, time.December, 1, 15, 0, 0, 0, time.UTC)

// bundle is a provider and a client of it.
type bundle struct {
	*mercadopago.Client

	provider *mptest.Server
}

func setup(t *testing.T) bundle {
	t.Helper()
	provider, err := mptest.New(mptest.Config{Clock: func() time.Time { return now }})
	check(t, err)
	t.Cleanup(provider.Close)
	return bundle{client(t, mercadopago.Config{BaseURL: provider.URL, AccessToken: mptest.Token}), provider}
}

// client is one that does not wait long between attempts.
func client(t *testing.T, c mercadopago.Config) *mercadopago.Client {
	t.Helper()
	if c.Backoff == 0 {
		c.Backoff = time.Millisecond
	}
	made, err := mercadopago.New(c)
	check(t, err)
	t.Cleanup(made.Close)
	return made
}

// answering is a client of a provider that answers everything in one way.
func answering(t *testing.T, status int, body string, header ...string) *mercadopago.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		w.Write([]byte(body)) //nolint:errcheck // a test that is over
	}))
	t.Cleanup(server.Close)
	return client(t, mercadopago.Config{BaseURL: server.URL, AccessToken: "APP_USR-hunter2"})
}

func deposit() payment.Checkout {
	return payment.Checkout{
		Reference: "7K3M9Q", Title: "Seña de Cabaña del Lago, 4 al 7 de diciembre", Amount: 10_200_00, Currency: "ARS",
		NotificationURL: "https://cabanas.example/api/v1/webhooks/mercadopago?source_news=webhooks",
		Back:            payment.Back{Success: "https://cabanas.example/r/7K3M9Q?t=x", Pending: "https://cabanas.example/r/7K3M9Q?t=x", Failure: "https://cabanas.example/r/7K3M9Q?t=x"},
		ExpiresAt:       now.Add(30 * time.Minute), VoucherUntil: now.Add(24 * time.Hour),
		Payer: payment.Payer{Name: "Ana", Surname: "Pérez", Email: "ana@example.com"}, Statement: "Cabañas del Lago",
	}
}

// created is the id of a checkout for deposit.
func (b bundle) created(t *testing.T) string {
	t.Helper()
	link, err := b.CreateCheckout(t.Context(), deposit())
	check(t, err)
	return link.ID
}

// approved is a payment of a checkout for deposit.
func (b bundle) approved(t *testing.T) payment.Payment {
	t.Helper()
	b.provider.Hold()
	p, err := b.provider.Approve(b.created(t))
	check(t, err)
	return p
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
