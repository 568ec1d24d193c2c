// Package healthz is the function that machines ask how the service is: probes, Prometheus, and people in a hurry.
package healthz

import (
	"context"
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/outbox"
	"github.com/eevans-d/sist-cabanas/shared/payment"
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
	Concurrency: 512, // probes that wait for one look cost next to nothing, and readiness must not queue up behind them
	MaxBody:     1 << 10,
	Connections: 4, // the database's sign of life does not wait for a look at the calendars, the money or the messages
}

// Config is what the function reads from its environment.
type Config struct {
	config.Environment
	MetricsToken config.Secret `envconfig:"METRICS_TOKEN" validate:"omitempty,key"`
}

// Deps is what the function is given.
type Deps struct {
	// Checks look at what the service depends on; the database's has to be called database.
	Checks    []Check
	Calendars Calendars   // looked at as ical_sync
	Money     Money       // looked at as money
	Messages  Messages    // looked at as whatsapp
	Draining  func() bool // this process is on its way out
	Metrics   *prometheus.Registry
	Now       func() time.Time
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
	Status      string   `json:"status" required:"true" enum:"ok,off,stale,alert,error" description:"off: not configured, which is fine; stale: not heard of for too long; alert: it works, and the owner should read the alerts"`
	LatencyMS   *float64 `json:"latency_ms,omitempty"`
	LastMinutes *float64 `json:"last_sync_minutes,omitempty" description:"Since the oldest calendar of another channel was read; absent: none is"`
	Alerts      []string `json:"alerts,omitempty" nullable:"false" description:"What somebody should look at, in sentences; ten at most"`

	err error // for the log: the world is not told what exactly is wrong
}

// The statuses of a finding.
const (
	OK    = "ok"
	Off   = "off"
	Error = "error"
	stale = "stale"
	alert = "alert"
)

// Timed is the finding of a check that took so long and ended so.
func Timed(took time.Duration, err error) Finding {
	ms := float64(took.Microseconds()) / 1000
	if err != nil {
		return Finding{Status: Error, LatencyMS: &ms, err: err}
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
	return web.Doc{
		Route: route, Status: http.StatusOK, Response: report{}, AlsoStatus: http.StatusServiceUnavailable,
		Summary: "How the service and what it depends on are; 503 when unhealthy",
	}
}

func readyDoc(route string) web.Doc {
	return web.Doc{Route: route, Status: http.StatusOK, Summary: "Whether this process takes requests", Problems: []*fault.Error{ErrDraining}}
}

func metricsDoc(route string) web.Doc {
	return web.Doc{
		Route: route, Status: http.StatusOK, Media: "text/plain", Response: "", Summary: "Metrics for Prometheus; in production with METRICS_TOKEN as bearer",
		Problems: []*fault.Error{web.ErrUnauthenticated},
	}
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

	probes  []*probe
	scrapes chan struct{}

	mu      sync.Mutex
	last    report
	at      time.Time
	looking chan struct{} // closed when the look that is going on has ended; nil: there is none
}

// New returns the function's handler.
func New(c Config, d Deps) (http.Handler, error) {
	up := prometheus.NewGauge(prometheus.GaugeOpts{Name: "app_up", Help: "1 while the process runs."})
	up.Set(1)
	calendars := &feeds{glances[calendar.Health]{from: d.Calendars, now: d.Now}}
	money := &till{glances[payment.Health]{from: d.Money, now: d.Now}}
	messages := &phone{glances[outbox.Health]{from: d.Messages, now: d.Now}}
	for _, collector := range []prometheus.Collector{up, calendars, money, messages} {
		if err := d.Metrics.Register(collector); err != nil {
			return nil, err
		}
	}
	h := &handler{
		Deps: d, production: c.Production(), token: c.MetricsToken.Reveal(), scrapes: make(chan struct{}, maxScrapes),
		// One collector that fails must not hide the others, nor tell the world why.
		exposition: promhttp.HandlerFor(d.Metrics, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}),
	}
	standing := []Check{{Name: "ical_sync", Look: calendars.check}, {Name: "money", Look: money.check}, {Name: "whatsapp", Look: messages.check}}
	for _, check := range slices.Concat(d.Checks, standing) {
		h.probes = append(h.probes, &probe{Check: check})
	}
	return web.Mount(h, operations), nil
}

// maxScrapes is how many may read the metrics at once: gathering them is the one thing here that costs something.
const maxScrapes = 4

func (h *handler) health(w http.ResponseWriter, r *http.Request) error {
	found, err := h.look(r.Context())
	if err != nil {
		return err
	}
	status := http.StatusOK
	if found.Status == "unhealthy" {
		status = http.StatusServiceUnavailable
		for name, finding := range found.Checks {
			if finding.err != nil {
				web.Note(r.Context(), name, finding.err.Error())
			}
		}
	}
	web.WriteJSON(w, r, status, found)
	return nil
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
	select {
	case h.scrapes <- struct{}{}:
	default:
		return fault.ErrBusy
	}
	defer func() { <-h.scrapes }()
	h.exposition.ServeHTTP(w, r)
	return nil
}

func (h *handler) mayScrape(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer") && h.token != "" && subtle.ConstantTimeCompare([]byte(token), []byte(h.token)) == 1
}
