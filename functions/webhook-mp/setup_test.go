package webhookmp_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	webhookmp "github.com/eevans-d/sist-cabanas/functions/webhook-mp"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago/mptest"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
	"github.com/eevans-d/sist-cabanas/shared/queue"
)

var noon = time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)

// logged is a log that is read while it is written.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// bundle is the function behind a real server, over a real database.
type bundle struct {
	db       *pgxpool.Pool
	server   *httptest.Server
	registry *prometheus.Registry
	log      *logged

	mu  sync.Mutex
	now time.Time
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

func setup(t testing.TB, adjust ...func(*webhookmp.Config)) *bundle {
	t.Helper()
	pool, err := postgres.Open(postgres.Config{URL: config.Secret(pgtest.NewDSN(t))}, 4, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	q, err := queue.Open(pool.Raw(), []queue.Consumer{queue.Declare[payment.Look]("settle", time.Minute)}, zerolog.Nop(), queue.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := webhookmp.Config{Secret: mptest.Secret, Strict: true, Tolerance: 168 * time.Hour}
	for _, a := range adjust {
		a(&c)
	}
	b := &bundle{db: pool.Raw(), registry: prometheus.NewRegistry(), log: &logged{}, now: noon}
	b.serve(t, c, postgres.NewInbox(pool.Share(2), q.Insert))
	return b
}

func (b *bundle) serve(t testing.TB, c webhookmp.Config, inbox webhookmp.Inbox) {
	t.Helper()
	f := function.Serve(webhookmp.Spec, func(context.Context, struct{}) (http.Handler, error) {
		return webhookmp.New(c, webhookmp.Deps{Inbox: inbox, Now: b.clock, Metrics: b.registry})
	})
	host := &function.Host{Metrics: function.NewMetrics(b.registry), Log: zerolog.New(b.log)}
	handler, err := host.Handler(t.Context(), f, func(any) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	mux := function.NewMux(host)
	mux.Mount(f, handler)
	b.server = httptest.NewServer(mux)
	t.Cleanup(b.server.Close)
}

const (
	route     = "/api/v1/webhooks/mercadopago"
	paymentID = "143845427326"
)

// notification is one delivery.
type notification struct {
	path, query, body    string // "" = route
	requestID, signature string
	header               map[string]string
}

// told is a good notification of a payment, the n-th.
func told(id string, n int) notification {
	return notification{
		query: "data.id=" + id + "&type=payment", requestID: fmt.Sprintf("request-%s-%d", id, n),
		body: fmt.Sprintf(`{"action":"payment.updated","api_version":"v1","data":{"id":%q},"date_created":"2026-12-01T12:00:00Z","id":%d,"live_mode":true,"type":"payment","user_id":"239610915"}`, id, 1000+n),
	}.signed(id)
}

// signed signs it for an id, at noon.
func (n notification) signed(id string) notification {
	n.signature = mptest.Sign(mptest.Secret, n.requestID, id, noon.UnixMilli())
	return n
}

func (n notification) request(t testing.TB, server string) *http.Request {
	t.Helper()
	path := n.path
	if path == "" {
		path = route
	}
	if n.query != "" {
		path += "?" + n.query
	}
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, server+path, strings.NewReader(n.body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Request-Id", n.requestID)
	if n.signature != "" {
		r.Header.Set("X-Signature", n.signature)
	}
	for name, value := range n.header {
		r.Header.Set(name, value)
	}
	return r
}

// send delivers a notification and returns what came back.
func (b *bundle) send(t testing.TB, n notification) (status int, body string) {
	t.Helper()
	response, err := b.server.Client().Do(n.request(t, b.server.URL))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(read)
}

// looks are the jobs that wait: the payments that are to be looked up.
func (b *bundle) looks(t testing.TB) []string {
	t.Helper()
	rows, err := b.db.Query(context.WithoutCancel(t.Context()), `select args ->> 'payment_id' from river_job where kind = 'payment_look' order by id`)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// kept counts the rows of the inbox that a condition is true of.
func (b *bundle) kept(t testing.TB, condition string) int {
	t.Helper()
	var n int
	if err := b.db.QueryRow(context.WithoutCancel(t.Context()), `select count(*) from inbox where `+condition).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// counted is how often an outcome came.
func (b *bundle) counted(t testing.TB, outcome string) float64 {
	t.Helper()
	families, err := b.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "mercadopago_webhooks_total" {
			continue
		}
		for _, m := range family.GetMetric() {
			if m.GetLabel()[0].GetValue() == outcome {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}
