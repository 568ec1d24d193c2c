package pay_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/functions/pay"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago/mptest"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// noon is nine in the morning in Buenos Aires.
var noon = time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)

// bundle is the function behind a real server, over a real database, with a provider that speaks the wire protocol.
type bundle struct {
	db       *pgxpool.Pool
	server   *httptest.Server
	provider *mptest.Server
	asked    *orders
	access   *web.Access

	mu  sync.Mutex
	now time.Time
}

// orders are what the provider was asked for.
type orders struct {
	mu  sync.Mutex
	all []payment.Checkout
}

func (o *orders) newest() payment.Checkout {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.all) == 0 {
		return payment.Checkout{}
	}
	return o.all[len(o.all)-1]
}

func (b *bundle) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bundle) move(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

const code = "ABC234"

// setup has a hold of three nights that costs 340.00, with a deposit of 102.00, until half past twelve.
func setup(t *testing.T, adjust ...func(*pay.Deps)) *bundle {
	t.Helper()
	pool, err := postgres.Open(postgres.Config{URL: config.Secret(pgtest.NewDSN(t))}, 6, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	b := &bundle{db: pool.Raw(), now: noon, asked: &orders{}}
	if b.provider, err = mptest.New(mptest.Config{Clock: b.clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.provider.Close)
	client, err := mercadopago.New(mercadopago.Config{AccessToken: mptest.Token, BaseURL: b.provider.URL, Timeout: 2 * time.Second, Backoff: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	access := web.AccessConfig{GuestSecret: "the guests' key, of these tests only"}
	b.access = web.NewAccess(access, b.clock)
	deps := pay.Deps{
		Checkouts: postgres.NewCheckouts(pool.Share(2), 10*time.Second), Now: b.clock, Metrics: prometheus.NewRegistry(),
		Create: func(ctx context.Context, of payment.Checkout) (payment.Link, error) {
			b.asked.mu.Lock()
			b.asked.all = append(b.asked.all, of)
			b.asked.mu.Unlock()
			return client.CreateCheckout(ctx, of)
		},
	}
	for _, a := range adjust {
		a(&deps)
	}
	b.serve(t, access, deps)
	b.sql(t, `insert into accommodations (slug, name, type, capacity, base_price) values ('bosque', 'Cabaña del Bosque', 'cabin', 4, 100)`)
	b.sql(t, `
		insert into reservations (code, accommodation_id, check_in, check_out, guests, contact_name, contact_phone, contact_email, total_price, deposit_amount, expires_at, created_at)
		values ($1, 1, '2026-12-04', '2026-12-07', 2, 'Ana María Pérez', '+5491155443322', 'ana@example.com', 340, 102, $2, $3)`, code, noon.Add(30*time.Minute), noon)
	return b
}

func (b *bundle) serve(t *testing.T, access web.AccessConfig, deps pay.Deps) {
	t.Helper()
	f := function.Serve(pay.Spec, func(context.Context, struct{}) (http.Handler, error) {
		return pay.New(pay.Config{AccessConfig: access, SiteConfig: web.SiteConfig{BaseURL: "https://cabins.example"}, PendingHold: 24 * time.Hour}, deps)
	})
	host := &function.Host{Metrics: function.NewMetrics(prometheus.NewRegistry()), Log: zerolog.Nop()}
	handler, err := host.Handler(t.Context(), f, func(any) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	mux := function.NewMux(host)
	mux.Mount(f, handler)
	b.server = httptest.NewServer(mux)
	t.Cleanup(b.server.Close)
}

func (b *bundle) sql(t *testing.T, statement string, args ...any) {
	t.Helper()
	if _, err := b.db.Exec(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) location() string { return a.header.Get("Location") }

// get asks as a browser does, and follows nothing.
func (b *bundle) get(t *testing.T, path string, headers ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := b.server.Client().Transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(body)}
}

func (b *bundle) path() string { return "/pay/" + code + "?t=" + b.access.GuestToken(code) }

// refused expects a page that says something, and to a program a problem of a code.
func (b *bundle) refused(t *testing.T, path string, status int, says, problem string) answer {
	t.Helper()
	page := b.get(t, path)
	if page.status != status || page.header.Get("Content-Type") != "text/html; charset=utf-8" || !strings.Contains(page.body, says) {
		t.Errorf("the page: %d %s, want %d and %q in it: %s", page.status, page.header.Get("Content-Type"), status, says, page.body)
	}
	asJSON := b.get(t, path, "Accept", "application/json")
	if asJSON.status != status || asJSON.header.Get("Content-Type") != "application/problem+json" || !strings.Contains(asJSON.body, `"code":"`+problem+`"`) {
		t.Errorf("the problem: %d %s, want %s: %s", asJSON.status, asJSON.header.Get("Content-Type"), problem, asJSON.body)
	}
	return page
}
