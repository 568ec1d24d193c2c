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
	of   map[string]Spec // pattern → spec of its function

	// What a path that exists is answered for a method that it does not take, and for OPTIONS.
	wrongMethod, options byPublicity
}

// NewMux returns a dispatcher without routes.
func NewMux(host *Host) *Mux {
	return &Mux{
		host: host, mux: http.NewServeMux(), of: make(map[string]Spec),
		wrongMethod: host.byPublicity(func(w http.ResponseWriter, r *http.Request) { web.Fail(w, r, web.ErrMethod) }),
		options:     host.byPublicity(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }),
	}
}

// byPublicity is one answer for the routes of public functions, which pages of other origins may read, and for others.
type byPublicity struct{ public, private http.Handler }

func (h *Host) byPublicity(answer http.HandlerFunc) byPublicity {
	if h.Public == nil {
		return byPublicity{answer, answer}
	}
	return byPublicity{h.Public(answer), answer}
}

func (b byPublicity) of(public bool) http.Handler {
	if public {
		return b.public
	}
	return b.private
}

// Mount adds a function's routes.
func (m *Mux) Mount(f Function, handler http.Handler) {
	for _, pattern := range f.Routes {
		m.of[pattern] = f.Spec
		m.mux.Handle(pattern, handler)
	}
}

// ServeHTTP answers one request.
func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	event := web.NewEvent(r, m.host.OnFly)
	r = r.WithContext(web.WithEvent(r.Context(), event))
	body := unread(r)
	w.Header().Set(web.HeaderRequestID, event.ID)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	m.answer(w, r, event)
	body.drain(w, r)
}

// answer dispatches a request, and leaves its line and its metrics whatever becomes of it.
func (m *Mux) answer(w http.ResponseWriter, r *http.Request, event *web.Event) {
	begin := time.Now()
	seen := &status{ResponseWriter: w, code: http.StatusOK}
	whole := false
	defer func() {
		if !whole { // somebody panicked on purpose: see web.Fail
			seen.code = cutStatus(r)
		}
		m.record(event, r, seen.code, time.Since(begin))
	}()
	m.dispatch(seen, r, event)
	whole = true
}

// cutStatus is what an answer that was broken off is counted as, whatever its first line had promised.
func cutStatus(r *http.Request) int {
	if r.Context().Err() != nil {
		return web.StatusClientGone
	}
	return http.StatusInternalServerError
}

func (m *Mux) dispatch(w http.ResponseWriter, r *http.Request, e *web.Event) {
	_, pattern := m.mux.Handler(r)
	if f, known := m.of[pattern]; known {
		e.Function, e.Route = f.Name, pattern
		m.mux.ServeHTTP(w, r)
		return
	}
	allow := m.allowed(r)
	if allow == "" {
		web.Fail(w, r, web.ErrNoRoute)
		return
	}
	w.Header().Set("Allow", allow)
	f, pattern := m.meant(r, allow)
	if r.Method != http.MethodOptions {
		m.wrongMethod.of(f.Public).ServeHTTP(w, r)
		return
	}
	e.Function, e.Route = f.Name, pattern
	m.options.of(f.Public).ServeHTTP(w, r)
}

// allowed lists the methods that a path takes; empty: there is no such path. Only ServeMux knows, so it is asked, and its
// plain text thrown away.
func (m *Mux) allowed(r *http.Request) string {
	asked := &discard{header: make(http.Header)}
	m.mux.ServeHTTP(asked, r)
	if asked.code != http.StatusMethodNotAllowed {
		return ""
	}
	return asked.header.Get("Allow") + ", " + http.MethodOptions
}

// meant finds the function that a path belongs to although it does not take the method; of a preflight it is the route that it
// asks about. No function has to declare OPTIONS: such a pattern per path would make paths clash that their methods keep apart.
func (m *Mux) meant(r *http.Request, allow string) (f Spec, pattern string) {
	first, _, _ := strings.Cut(allow, ",")
	for _, method := range []string{r.Header.Get("Access-Control-Request-Method"), first} {
		meant := r.WithContext(r.Context())
		meant.Method = method
		_, pattern := m.mux.Handler(meant)
		if f, known := m.of[pattern]; known {
			return f, pattern
		}
	}
	return Spec{}, ""
}

// record leaves the request's line and counts it.
func (m *Mux) record(e *web.Event, r *http.Request, code int, took time.Duration) {
	method := r.Method
	if !slices.Contains(knownMethods, method) {
		method = "other" // a label must not be whatever a client types
	}
	m.host.Metrics.requests.WithLabelValues(e.Function, e.Route, method, strconv.Itoa(code)).Inc()
	m.host.Metrics.duration.WithLabelValues(e.Function, e.Route).Observe(took.Seconds())
	if m.of[e.Route].Quiet && code < http.StatusBadRequest {
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
