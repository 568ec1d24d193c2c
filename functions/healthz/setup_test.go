package healthz_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/functions/healthz"
	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/outbox"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// noon is when tests begin.
var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

// clock is a time that tests move by hand.
type clock struct{ since atomic.Int64 }

func (c *clock) now() time.Time       { return noon.Add(time.Duration(c.since.Load())) }
func (c *clock) move(d time.Duration) { c.since.Add(int64(d)) }

type logged struct {
	mu   sync.Mutex
	text []byte
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	return len(p), nil
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// bundle is the function with the contract around it, as the router puts it together.
type bundle struct {
	http.Handler
	clock    *clock
	log      *logged
	registry *prometheus.Registry
	draining *atomic.Bool
}

func setup(t testing.TB, c healthz.Config, checks ...healthz.Check) *bundle {
	t.Helper()
	return setupWith(t, c, tells(func() (calendar.Health, error) { return calendar.Health{}, nil }), checks...)
}

// tells is Calendars of which a test says what they tell.
type tells func() (calendar.Health, error)

func (t tells) Health(context.Context, time.Time) (calendar.Health, error) { return t() }

func setupWith(t testing.TB, c healthz.Config, calendars healthz.Calendars, checks ...healthz.Check) *bundle {
	t.Helper()
	return setupMoney(t, c, calendars, owes(func() (payment.Health, error) { return payment.Health{}, nil }), checks...)
}

// owes is Money of which a test says what it tells.
type owes func() (payment.Health, error)

func (o owes) Health(context.Context, time.Time) (payment.Health, error) { return o() }

func setupMoney(t testing.TB, c healthz.Config, calendars healthz.Calendars, money healthz.Money, checks ...healthz.Check) *bundle {
	t.Helper()
	return setupAll(t, c, calendars, money, sends(func() (outbox.Health, error) { return outbox.Health{}, nil }), checks...)
}

// sends is Messages of which a test says what they tell.
type sends func() (outbox.Health, error)

func (s sends) Health(context.Context, time.Time) (outbox.Health, error) { return s() }

func setupAll(
	t testing.TB, c healthz.Config, calendars healthz.Calendars, money healthz.Money, messages healthz.Messages, checks ...healthz.Check,
) *bundle {
	t.Helper()
	b := &bundle{clock: &clock{}, log: &logged{}, registry: prometheus.NewRegistry(), draining: &atomic.Bool{}}
	f := function.Serve(healthz.Spec, func(context.Context, struct{}) (http.Handler, error) {
		return healthz.New(c, healthz.Deps{
			Checks: checks, Calendars: calendars, Money: money, Messages: messages, Draining: b.draining.Load, Metrics: b.registry, Now: b.clock.now,
		})
	})
	host := &function.Host{Metrics: function.NewMetrics(b.registry), Log: zerolog.New(b.log)}
	handler, err := host.Handler(t.Context(), f, func(any) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	mux := function.NewMux(host)
	mux.Mount(f, handler)
	b.Handler = mux
	return b
}

// finds is a check that always sees the same.
func finds(name string, vital bool, finding healthz.Finding) healthz.Check {
	return healthz.Check{Name: name, Vital: vital, Look: func(context.Context) healthz.Finding { return finding }}
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

// get asks; headers are names and values in turn.
func (b *bundle) get(path string, headers ...string) answer {
	return b.as(context.Background(), path, headers...)
}

// as is get for a client who may hang up.
func (b *bundle) as(ctx context.Context, path string, headers ...string) answer {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.Bytes()}
}

// report is what monitors read. It is written down here once more, so that a renamed field is noticed.
type report struct {
	Status    string             `json:"status"`
	Checks    map[string]finding `json:"checks"`
	Timestamp time.Time          `json:"timestamp"`
}

type finding struct {
	Status      string   `json:"status"`
	LatencyMS   *float64 `json:"latency_ms,omitempty"`
	LastMinutes *float64 `json:"last_sync_minutes,omitempty"`
	Alerts      []string `json:"alerts,omitempty"`
}

// report reads an answer, which must have these fields and no others.
func (a answer) report(t testing.TB, status int) report {
	t.Helper()
	if a.status != status || a.header.Get("Content-Type") != "application/json" || a.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d, want %d: %v %s", a.status, status, a.header, a.body)
	}
	var r report
	if err := json.Unmarshal(a.body, &r); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	again, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if string(again)+"\n" != string(a.body) {
		t.Errorf("other fields than expected:\nsent %s\nread %s", a.body, again)
	}
	return r
}

// refusal checks that an answer is a problem document.
func (a answer) refusal(t testing.TB, status int, code string) {
	t.Helper()
	var p struct {
		Code      string `json:"code"`
		RequestID string `json:"request_id"`
	}
	err := json.Unmarshal(a.body, &p)
	if err != nil || a.status != status || p.Code != code || p.RequestID == "" || a.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s, want %d %s", a.status, a.body, status, code)
	}
}
