// Package healthz is the function that machines ask how the service is: probes, Prometheus, and people in a hurry.
package healthz

import (
	"context"
	"crypto/subtle"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// Spec describes the function.
var Spec = function.Spec{
	Name:        "healthz",
	Summary:     "health, readiness and metrics",
	Routes:      web.Routes(operations),
	Docs:        web.Docs(operations),
	Quiet:       true,
	Timeout:     5 * time.Second,
	Concurrency: 64,
	MaxBody:     1 << 10,
	Connections: 1,
}

// Config is what the function reads from its environment.
type Config struct {
	config.Environment
	MetricsToken config.Secret `envconfig:"METRICS_TOKEN" validate:"omitempty,key"`
}

// Deps is what the function is given.
type Deps struct {
	// Checks look at what the service depends on; the database's has to be called database.
	Checks   []Check
	Draining func() bool // this process is on its way out
	Metrics  *prometheus.Registry
	Now      func() time.Time
}

// Check looks at one thing the service depends on.
type Check struct {
	Name string
	Look func(context.Context) Finding
	// Vital: without it the service is unhealthy; without anything else it is merely degraded.
	Vital bool
}

// Finding is what a check saw.
type Finding struct {
	Status      string   `json:"status" required:"true" enum:"ok,off,stale,error" description:"off: not configured, which is fine"`
	LatencyMS   *float64 `json:"latency_ms,omitempty"`
	LastMinutes *float64 `json:"last_sync_minutes,omitempty"`
}

// The statuses of a finding.
const (
	OK    = "ok"
	Off   = "off"
	Error = "error"
)

// Timed is the finding of a check that took so long and ended so.
func Timed(took time.Duration, err error) Finding {
	ms := float64(took.Microseconds()) / 1000
	if err != nil {
		return Finding{Status: Error, LatencyMS: &ms}
	}
	return Finding{Status: OK, LatencyMS: &ms}
}

// ErrDraining is the fault of asking a process for more that is about to end.
var ErrDraining = fault.New(fault.Unavailable, "draining", "This process is finishing what it has begun; another one takes over.")

var operations = []web.Operation[*handler]{
	web.Raw(healthDoc("GET /healthz"), (*handler).health),
	web.Raw(healthDoc("GET /api/v1/healthz"), (*handler).health),
	web.Act(readyDoc("GET /readyz"), (*handler).ready),
	web.Act(readyDoc("GET /api/v1/readyz"), (*handler).ready),
	web.Raw(metricsDoc("GET /metrics"), (*handler).metrics),
	web.Raw(metricsDoc("GET /api/v1/metrics"), (*handler).metrics),
}

func healthDoc(route string) web.Doc {
	return web.Doc{Route: route, Status: http.StatusOK, Response: report{}, AlsoStatus: http.StatusServiceUnavailable,
		Summary: "How the service and what it depends on are; 503 when unhealthy"}
}

func readyDoc(route string) web.Doc {
	return web.Doc{Route: route, Status: http.StatusOK, Summary: "Whether this process takes requests", Problems: []*fault.Error{ErrDraining}}
}

func metricsDoc(route string) web.Doc {
	return web.Doc{Route: route, Status: http.StatusOK, Media: "text/plain", Response: "", Summary: "Metrics for Prometheus; in production with METRICS_TOKEN as bearer",
		Problems: []*fault.Error{web.ErrUnauthenticated}}
}

type report struct {
	Status    string             `json:"status" required:"true" enum:"healthy,degraded,unhealthy"`
	Checks    map[string]Finding `json:"checks" required:"true" nullable:"false"`
	Timestamp time.Time          `json:"timestamp" required:"true"`
}

type handler struct {
	Deps
	exposition http.Handler
	production bool
	token      string

	mu   sync.Mutex
	last report
	at   time.Time
}

// New returns the function's handler.
func New(c Config, d Deps) (http.Handler, error) {
	up := prometheus.NewGauge(prometheus.GaugeOpts{Name: "app_up", Help: "1 while the process runs."})
	up.Set(1)
	age := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "ical_sync_age_minutes", Help: "Minutes since a cabin's oldest calendar feed was read; accommodation_id none while there are no feeds.",
	}, []string{"accommodation_id"})
	age.WithLabelValues("none").Set(0)
	for _, collector := range []prometheus.Collector{up, age} {
		if err := d.Metrics.Register(collector); err != nil {
			return nil, err
		}
	}
	h := &handler{
		Deps: d, exposition: promhttp.HandlerFor(d.Metrics, promhttp.HandlerOpts{MaxRequestsInFlight: 4}),
		production: c.Production(), token: c.MetricsToken.Reveal(),
	}
	return web.Mount(h, operations), nil
}

// shared is how long one look at everything is good for, however often it is asked for.
const shared = time.Second

func (h *handler) health(w http.ResponseWriter, r *http.Request) error {
	found := h.look(r.Context())
	status := http.StatusOK
	if found.Status == "unhealthy" {
		status = http.StatusServiceUnavailable
	}
	web.WriteJSON(w, r, status, found)
	return nil
}

// look returns what was seen less than a second ago, or looks again; whoever asks meanwhile waits for the same look.
func (h *handler) look(ctx context.Context) report {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := h.Now(); now.Sub(h.at) < shared && !h.at.IsZero() {
		return h.last
	}
	// Others wait for this look too: it must not end because the one who began it has gone.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	h.last = h.examine(ctx)
	h.at = h.Now()
	return h.last
}

func (h *handler) examine(ctx context.Context) report {
	found := report{Status: "healthy", Checks: make(map[string]Finding, len(h.Checks)), Timestamp: h.Now().UTC().Truncate(time.Millisecond)}
	findings := make([]Finding, len(h.Checks))
	var group sync.WaitGroup
	for i, check := range h.Checks {
		group.Go(func() { findings[i] = check.Look(ctx) })
	}
	group.Wait()
	for i, check := range h.Checks {
		found.Checks[check.Name] = findings[i]
		switch bad := findings[i].Status != OK && findings[i].Status != Off; {
		case bad && check.Vital:
			found.Status = "unhealthy"
		case bad && found.Status == "healthy":
			found.Status = "degraded"
		}
	}
	return found
}

type readyRequest struct{}

type readiness struct {
	Status string `json:"status" required:"true" enum:"ready"`
}

func (h *handler) ready(context.Context, readyRequest) (readiness, error) {
	if h.Draining() {
		return readiness{}, ErrDraining
	}
	return readiness{Status: "ready"}, nil
}

func (h *handler) metrics(w http.ResponseWriter, r *http.Request) error {
	if h.production && !h.mayScrape(r) {
		return web.ErrUnauthenticated.WithDetail("Metrics are for whoever has METRICS_TOKEN; inside the private network they are on METRICS_PORT.")
	}
	h.exposition.ServeHTTP(w, r)
	return nil
}

func (h *handler) mayScrape(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && h.token != "" && subtle.ConstantTimeCompare([]byte(token), []byte(h.token)) == 1
}
