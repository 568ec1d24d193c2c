package webhookwhatsapp_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
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

	webhookwhatsapp "github.com/eevans-d/sist-cabanas/functions/webhook-whatsapp"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
	"github.com/eevans-d/sist-cabanas/shared/queue"
)

const (
	route  = "/api/v1/webhooks/whatsapp"
	secret = "the app's secret, of these tests only"
	token  = "the token, of these tests only"
	phone  = "106540352242922"
)

var noon = time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)

// pooled keeps as many connections open as there are clients.
func pooled(clients int) http.RoundTripper { return &http.Transport{MaxIdleConnsPerHost: clients} }

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
}

func setup(t testing.TB, adjust ...func(*webhookwhatsapp.Config)) *bundle {
	t.Helper()
	pool, err := postgres.Open(postgres.Config{URL: config.Secret(pgtest.NewDSN(t))}, 4, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	q, err := queue.Open(pool.Raw(), []queue.Consumer{
		queue.Declare[conversation.Talk]("converse", time.Minute), queue.Declare[conversation.Track]("track", time.Minute),
	}, zerolog.Nop(), queue.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := newBundle()
	b.db = pool.Raw()
	b.serve(t, postgres.NewInbox(pool.Share(2), q.Insert), adjust...)
	return b
}

func (b *bundle) serve(t testing.TB, inbox webhookwhatsapp.Inbox, adjust ...func(*webhookwhatsapp.Config)) {
	t.Helper()
	c := webhookwhatsapp.Config{VerifyToken: token, Secret: secret, PhoneID: phone}
	for _, a := range adjust {
		a(&c)
	}
	f := function.Serve(webhookwhatsapp.Spec, func(context.Context, struct{}) (http.Handler, error) {
		return webhookwhatsapp.New(c, webhookwhatsapp.Deps{Inbox: inbox, Now: func() time.Time { return noon }, Metrics: b.registry})
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

func sign(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// told is a webhook with elements of messages and of statuses, as JSON.
func told(messages, statuses string) string {
	return fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"field":"messages","value":{`+
		`"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881","phone_number_id":%q},`+
		`"contacts":[{"profile":{"name":"Ana"},"wa_id":"5491155443322"}],"messages":[%s],"statuses":[%s]}}]}]}`, phone, messages, statuses)
}

func text(id, words string) string {
	return fmt.Sprintf(`{"from":"5491155443322","id":%q,"timestamp":"%d","type":"text","text":{"body":%q}}`, id, noon.Unix(), words)
}

func status(id, state string) string {
	return fmt.Sprintf(`{"id":%q,"status":%q,"timestamp":"%d","recipient_id":"5491155443322"}`, id, state, noon.Unix())
}

// post delivers a body with a signature, and returns what came back.
func (b *bundle) post(t testing.TB, body, signature string) (code int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, b.server.URL+route, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if signature != "" {
		r.Header.Set("X-Hub-Signature-256", signature)
	}
	response, err := b.server.Client().Do(r)
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

// send delivers a body as Meta does, which must be taken.
func (b *bundle) send(t testing.TB, body string) {
	t.Helper()
	if code, answer := b.post(t, body, sign(secret, body)); code != http.StatusOK || strings.TrimSpace(answer) != "{}" {
		t.Errorf("%.120s: %d %s", body, code, answer)
	}
}

// jobs are those that wait, by what they are about.
func (b *bundle) jobs(t testing.TB) []string {
	t.Helper()
	rows, err := b.db.Query(context.WithoutCancel(t.Context()), `
		select kind || coalesce(' ' || (args ->> 'key'), '') || coalesce(' ' || (args ->> 'event'), '') from river_job order by id`)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// kept counts the rows of the inbox that a condition is true of.
func (b *bundle) kept(t testing.TB, condition string, args ...any) int {
	t.Helper()
	var n int
	if err := b.db.QueryRow(context.WithoutCancel(t.Context()), `select count(*) from inbox where `+condition, args...).Scan(&n); err != nil {
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
		if family.GetName() != "whatsapp_webhooks_total" {
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
