package function_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// soon is how long a test waits for what ought to come at once.
const soon = 10 * time.Second

// bundle is a host with everything that it tells.
type bundle struct {
	*function.Host
	registry *prometheus.Registry
	log      *logged
}

func setup(t testing.TB) *bundle {
	t.Helper()
	b := &bundle{registry: prometheus.NewRegistry(), log: &logged{}}
	b.Host = &function.Host{Metrics: function.NewMetrics(b.registry), Log: zerolog.New(b.log)}
	return b
}

// logged is a log that many goroutines write.
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

// lines are the log's lines so far.
func (l *logged) lines(t testing.TB) []map[string]any {
	t.Helper()
	var all []map[string]any
	for text := range strings.Lines(l.String()) {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		all = append(all, line)
	}
	return all
}

// noConfig loads nothing.
func noConfig(any) error { return nil }

// spec is a contract that is in nobody's way.
func spec(name string, routes ...string) function.Spec {
	return function.Spec{
		Name: name, Summary: "for a test", Routes: routes, Timeout: soon, Concurrency: 8, MaxBody: 1 << 10,
	}
}

// served declares a function of one handler.
func served(s function.Spec, h http.HandlerFunc) function.Function {
	return function.Serve(s, func(context.Context, struct{}) (http.Handler, error) { return h, nil })
}

// mux mounts functions behind their contracts.
func (b *bundle) mux(t testing.TB, functions ...function.Function) *function.Mux {
	t.Helper()
	if err := function.Check(functions, noConfig); err != nil {
		t.Fatal(err)
	}
	mux := function.NewMux(b.Host)
	for _, f := range functions {
		h, err := b.Handler(t.Context(), f, noConfig)
		if err != nil {
			t.Fatal(err)
		}
		mux.Mount(f, h)
	}
	return mux
}

// server serves functions over real HTTP.
type server struct {
	*httptest.Server
	ended chan struct{} // one for each request that has ended altogether: answered, logged and counted
}

func (b *bundle) serve(t testing.TB, functions ...function.Function) *server {
	t.Helper()
	mux := b.mux(t, functions...)
	s := &server{ended: make(chan struct{}, 100)}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { s.ended <- struct{}{} }()
		mux.ServeHTTP(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// answer is what came back.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   string
}

// ask sends a request over real HTTP and reads the answer to its end.
func (s *server) ask(t testing.TB, method, path, body string, headers ...string) answer {
	t.Helper()
	a, err := s.try(t, method, path, body, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (s *server) try(t testing.TB, method, path, body string, headers ...string) (answer, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := s.Client().Transport.RoundTrip(r) // redirects are answers, too
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{t, response.StatusCode, response.Header, string(text)}, err
}

// dial opens a connection of the test's own, for what http.Client would never send.
func (s *server) dial(t testing.TB) (net.Conn, *bufio.Reader) {
	t.Helper()
	var dialer net.Dialer
	connection, err := dialer.DialContext(t.Context(), "tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	if err := connection.SetDeadline(time.Now().Add(soon)); err != nil {
		t.Fatal(err)
	}
	return connection, bufio.NewReader(connection)
}

// is checks the status, and shows the body when it is another.
func (a answer) is(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("got %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// problem reads the answer as the problem document that it must be.
func (a answer) problem() web.Problem {
	a.t.Helper()
	if kind := a.header.Get("Content-Type"); kind != "application/problem+json" {
		a.t.Fatalf("%d is no problem document but %q: %s", a.status, kind, a.body)
	}
	var p web.Problem
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		a.t.Fatalf("%v: %s", err, a.body)
	}
	if p.Status != a.status || p.RequestID == "" || p.RequestID != a.header.Get("X-Request-ID") {
		a.t.Errorf("status %d, request %q: %+v", a.status, a.header.Get("X-Request-ID"), p)
	}
	return p
}

// wait waits for an event.
func wait[T any](t testing.TB, events <-chan T) T {
	t.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(soon):
		t.Fatal("it did not happen")
		panic("unreachable")
	}
}

// metric is the value of a counter or a gauge, or the count of a histogram; labels are names and values in turn.
func (b *bundle) metric(t testing.TB, name string, labels ...string) float64 {
	t.Helper()
	sum := 0.0
	for _, m := range b.series(t, name) {
		if !hasLabels(m, labels) {
			continue
		}
		switch {
		case m.Counter != nil:
			sum += m.Counter.GetValue()
		case m.Gauge != nil:
			sum += m.Gauge.GetValue()
		default:
			sum += float64(m.Histogram.GetSampleCount())
		}
	}
	return sum
}

func (b *bundle) series(t testing.TB, name string) []*dto.Metric {
	t.Helper()
	families, err := b.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.Metric
		}
	}
	return nil
}

func hasLabels(m *dto.Metric, labels []string) bool {
	has := make(map[string]string, len(m.Label))
	for _, l := range m.Label {
		has[l.GetName()] = l.GetValue()
	}
	for i := 0; i < len(labels); i += 2 {
		if has[labels[i]] != labels[i+1] {
			return false
		}
	}
	return true
}
