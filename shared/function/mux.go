package function

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/web"
)

// Mux dispatches requests to functions: the outermost layer, which gives every request its id, its log line and its metrics.
type Mux struct {
	host *Host
	mux  *http.ServeMux
	of   map[string]string // pattern → function
	spec map[string]Spec   // function → spec
}

// NewMux returns a dispatcher without routes.
func NewMux(host *Host) *Mux {
	return &Mux{host: host, mux: http.NewServeMux(), of: make(map[string]string), spec: make(map[string]Spec)}
}

// Mount adds a function's routes. A preflight of a public one reaches its handler too, which answers it by origin.
func (m *Mux) Mount(f Function, handler http.Handler) {
	patterns := f.Routes
	if f.Public {
		patterns = append(preflights(f.Routes), patterns...)
	}
	m.spec[f.Name] = f.Spec
	for _, pattern := range patterns {
		m.of[pattern] = f.Name
		m.mux.Handle(pattern, handler)
	}
}

func preflights(routes []string) []string {
	var patterns []string
	seen := make(map[string]bool)
	for _, route := range routes {
		_, path, _ := strings.Cut(route, " ")
		if !seen[path] {
			seen[path] = true
			patterns = append(patterns, http.MethodOptions+" "+path)
		}
	}
	return patterns
}

// ServeHTTP answers one request.
func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begin := time.Now()
	event := web.NewEvent(r, m.host.OnFly)
	r = r.WithContext(web.WithEvent(r.Context(), event))
	w.Header().Set(web.HeaderRequestID, event.ID)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	seen := &status{ResponseWriter: w, code: http.StatusOK}
	if _, pattern := m.mux.Handler(r); pattern == "" {
		m.missing(seen, r)
	} else {
		event.Function, event.Route = m.of[pattern], pattern
		m.mux.ServeHTTP(seen, r)
	}
	m.record(event, r, seen.code, time.Since(begin))
}

// missing answers a request that no route takes as a problem document. Whether the path exists for another method only
// ServeMux knows, so it is asked, and its plain text thrown away.
func (m *Mux) missing(w http.ResponseWriter, r *http.Request) {
	asked := &discard{header: make(http.Header)}
	m.mux.ServeHTTP(asked, r)
	if asked.code != http.StatusMethodNotAllowed {
		web.Fail(w, r, web.ErrNoRoute)
		return
	}
	w.Header().Set("Allow", asked.header.Get("Allow"))
	web.Fail(w, r, web.ErrMethod)
}

// record leaves the request's line and counts it.
func (m *Mux) record(e *web.Event, r *http.Request, code int, took time.Duration) {
	method := r.Method
	if !slices.Contains(knownMethods, method) {
		method = "other" // a label must not be whatever a client types
	}
	m.host.Metrics.requests.WithLabelValues(e.Function, e.Route, method, strconv.Itoa(code)).Inc()
	m.host.Metrics.duration.WithLabelValues(e.Function, e.Route).Observe(took.Seconds())
	if m.spec[e.Function].Quiet && code < http.StatusBadRequest {
		return
	}
	e.Log(m.host.Log, method, code, took)
}

var knownMethods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// status remembers the status of an answer.
type status struct {
	http.ResponseWriter
	code    int
	started bool
}

func (s *status) WriteHeader(code int) {
	if !s.started && code >= http.StatusOK {
		s.code, s.started = code, true
	}
	s.ResponseWriter.WriteHeader(code)
}

func (s *status) Write(p []byte) (int, error) {
	s.started = true
	return s.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// discard takes an answer that nobody will see.
type discard struct {
	header http.Header
	code   int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(code int)        { d.code = code }
