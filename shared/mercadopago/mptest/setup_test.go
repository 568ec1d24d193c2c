package mptest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/eevans-d/sist-cabanas/shared/mercadopago/mptest"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Date(2026, time.December, 1, 15, 0, 0, 0, time.UTC)

// delivery is a notification as it came.
type delivery struct {
	payment.Notification

	verified error
}

// bundle is a provider, and a shop that is told of payments.
type bundle struct {
	*mptest.Server

	shop *httptest.Server

	mu      sync.Mutex
	got     []delivery
	answers []int // of the next deliveries; then 200
}

func setup(t *testing.T, c mptest.Config) *bundle {
	t.Helper()
	if c.Clock == nil {
		c.Clock = func() time.Time { return now }
	}
	b := new(bundle)
	server, err := mptest.New(c)
	check(t, err)
	b.Server = server
	b.shop = httptest.NewServer(http.HandlerFunc(b.receive))
	t.Cleanup(func() {
		server.Close()
		b.shop.Close()
	})
	return b
}

func (b *bundle) receive(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	n := payment.ReadNotification(r.URL.Query(), body)
	n.RequestID = r.Header.Get("X-Request-Id")
	verified := payment.Verify(r.Header.Get("X-Signature"), n.RequestID, n.SignedID, [][]byte{[]byte(mptest.Secret)}, now, time.Minute)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.got = append(b.got, delivery{n, verified})
	if len(b.answers) > 0 {
		w.WriteHeader(b.answers[0])
		b.answers = b.answers[1:]
	}
}

// told waits until nothing is on its way, and returns what came.
func (b *bundle) told(t *testing.T) []delivery {
	t.Helper()
	check(t, b.Wait(t.Context()))
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.got)
}

// ask is a request of the API, with the token.
func (b *bundle) ask(t *testing.T, method, path, body string, header ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, b.URL+path, strings.NewReader(body))
	check(t, err)
	r.Header.Set("Authorization", "Bearer "+mptest.Token)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	check(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	check(t, err)
	http.DefaultClient.CloseIdleConnections()
	return response.StatusCode, string(text)
}

// checkout makes a preference of which the shop is told in one form, or in all.
func (b *bundle) checkout(t *testing.T, query string) string {
	t.Helper()
	status, text := b.ask(t, http.MethodPost, "/checkout/preferences", strings.NewReplacer("SHOP", b.shop.URL, "QUERY", query).Replace(`{
		"items": [{"title": "Seña <Cabaña>", "quantity": 1, "currency_id": "ARS", "unit_price": 10200.50}], "external_reference": "7K3M9Q",
		"notification_url": "SHOP/webhook?QUERY", "back_urls": {"success": "SHOP/ok?t=x", "pending": "SHOP/wait?t=x", "failure": "SHOP/no?t=x"},
		"expires": true, "expiration_date_to": "2026-12-01T12:30:00.000-03:00"}`))
	if status != http.StatusCreated {
		t.Fatalf("got %d: %s", status, text)
	}
	ids := b.Checkouts("7K3M9Q")
	return ids[len(ids)-1]
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
