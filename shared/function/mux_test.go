package function_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

const site = "https://cabanas.example.com"

// cabins are a few functions with routes that nearly clash.
func cabins() []function.Function {
	say := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, text+" "+r.Method+" "+r.PathValue("id"))
		}
	}
	reserve := spec("reserve", "GET /api/cabins/{id}", "POST /api/cabins/{id}", "POST /api/cabins/{code}/photos")
	reserve.Public = true
	return []function.Function{
		served(reserve, say("reserve")),
		served(spec("admin", "DELETE /api/cabins/{id}", "PUT /api/cabins/{kind}", "PATCH /api/{kind}/new", "GET /files/{path...}"), say("admin")),
		served(spec("site", "GET /{$}", "GET /docs/"), say("site")),
	}
}

// open lets pages of one site call public functions, and marks what went through it.
func (b *bundle) open() *bundle {
	cors := web.CORS([]string{site})
	b.Public = func(next http.Handler) http.Handler {
		return cors(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("often") != "" {
				web.Fail(w, r, web.ErrTooMany)
				return
			}
			w.Header().Set("RateLimit-Limit", "60")
			next.ServeHTTP(w, r)
		}))
	}
	return b
}

func TestRequestsReachTheirFunctions(t *testing.T) {
	t.Parallel()
	s := setup(t).open().serve(t, cabins()...)
	tests := map[string]string{
		"GET /api/cabins/7": "reserve GET 7", "POST /api/cabins/7": "reserve POST 7", "DELETE /api/cabins/7": "admin DELETE 7",
		"PATCH /api/houses/new": "admin PATCH ", "GET /": "site GET ", "GET /docs/a/b": "site GET ",
	}
	for request, want := range tests {
		method, path, _ := strings.Cut(request, " ")
		a := s.ask(t, method, path, "").is(http.StatusOK)
		if a.body != want {
			t.Errorf("%s: got %q", request, a.body)
		}
		if got := a.header.Get("RateLimit-Limit") != ""; got != strings.HasPrefix(want, "reserve") {
			t.Errorf("%s went through what public functions are wrapped in: %v", request, got)
		}
		if a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", request, a.header)
		}
	}
}

func TestPathsThatNobodyServesAreProblems(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve(t, cabins()...)
	for _, path := range []string{"/nothing", "/api/cabins/7/8/9", "/docs/../nothing", "//nothing", "/%00", "/%ff", "/api/cabins/", "/.env"} {
		if p := s.ask(t, http.MethodGet, path, "").is(http.StatusNotFound).problem(); p.Code != "not_found" {
			t.Errorf("%s: got %+v", path, p)
		}
		wait(t, s.ended)
	}
	if got := b.metric(t, "http_requests_total", "function", "", "route", "", "code", "404"); got != 8 || len(b.series(t, "http_requests_total")) != 1 {
		t.Errorf("counted as %v", b.series(t, "http_requests_total"))
	}
}

func TestAMethodThatAPathDoesNotTakeIsToldWhichItDoes(t *testing.T) {
	t.Parallel()
	s := setup(t).serve(t, cabins()...)
	tests := map[string]string{
		"PATCH /api/cabins/7": "DELETE, GET, HEAD, POST, PUT, OPTIONS", "POST /": "GET, HEAD, OPTIONS",
		"BREW /docs/a": "GET, HEAD, OPTIONS", "TRACE /": "GET, HEAD, OPTIONS", "get /": "GET, HEAD, OPTIONS",
	}
	for request, want := range tests {
		method, path, _ := strings.Cut(request, " ")
		a := s.ask(t, method, path, "").is(http.StatusMethodNotAllowed)
		if got := a.header.Get("Allow"); got != want {
			t.Errorf("%s: allowed are %q", request, got)
		}
		if p := a.problem(); p.Code != "method_not_allowed" {
			t.Errorf("%s: got %+v", request, p)
		}
	}
}

func TestHeadIsGetWithoutTheBody(t *testing.T) {
	t.Parallel()
	s := setup(t).serve(t, append(cabins(), served(spec("json", "GET /json"), func(w http.ResponseWriter, r *http.Request) {
		web.WriteJSON(w, r, http.StatusOK, "a body")
	}))...)
	get, head := s.ask(t, http.MethodGet, "/json", "").is(http.StatusOK), s.ask(t, http.MethodHead, "/json", "").is(http.StatusOK)
	if head.body != "" || head.header.Get("Content-Length") != get.header.Get("Content-Length") || head.header.Get("Content-Type") != "application/json" {
		t.Errorf("got %+v", head)
	}
	if missing := s.ask(t, http.MethodHead, "/nothing", "").is(http.StatusNotFound); missing.body != "" || missing.header.Get("X-Request-ID") == "" {
		t.Errorf("got %+v", missing)
	}
}

func TestPathsAreRedirectedToTheirCleanForm(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve(t, cabins()...)
	tests := map[string]string{
		"GET //api/./cabins/7?t=token": "/api/cabins/7?t=token", "POST /api//cabins/7": "/api/cabins/7", "GET /docs": "/docs/",
	}
	for request, want := range tests {
		method, path, _ := strings.Cut(request, " ")
		a := s.ask(t, method, path, "")
		if a.status != http.StatusTemporaryRedirect || a.header.Get("Location") != want {
			t.Errorf("%s: got %d to %q", request, a.status, a.header.Get("Location"))
		}
		wait(t, s.ended)
	}
	if strings.Contains(b.log.String(), "token") {
		t.Errorf("the log tells the token: %s", b.log)
	}
}

func TestOptionsSaysWhatAPathTakes(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]*bundle{"with origins": setup(t).open(), "without": setup(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := b.serve(t, cabins()...)
			for path, want := range map[string]string{
				"/api/cabins/7": "DELETE, GET, HEAD, POST, PUT, OPTIONS", "/": "GET, HEAD, OPTIONS", "/files/a/b": "GET, HEAD, OPTIONS",
			} {
				a := s.ask(t, http.MethodOptions, path, "").is(http.StatusNoContent)
				if got := a.header.Get("Allow"); got != want || a.body != "" {
					t.Errorf("%s: allowed are %q", path, got)
				}
			}
			if p := s.ask(t, http.MethodOptions, "/nothing", "").is(http.StatusNotFound).problem(); p.Code != "not_found" {
				t.Errorf("got %+v", p)
			}
		})
	}
}

func TestAPreflightIsAnsweredForTheRouteThatItAsksAbout(t *testing.T) {
	t.Parallel()
	b := setup(t).open()
	s := b.serve(t, cabins()...)
	tests := map[string]struct {
		path, method, origin string
		allowed              bool
	}{
		"a public route":                        {"/api/cabins/7", "POST", site, true},
		"with another method":                   {"/api/cabins/7", "GET", site, true},
		"of another origin":                     {"/api/cabins/7", "POST", "https://evil.example.com", false},
		"a private function's, of that path":    {"/api/cabins/7", "DELETE", site, false},
		"a method that nobody takes":            {"/api/cabins/7", "PATCH", site, false},
		"a private function":                    {"/files/a", "GET", site, false},
		"patterns that their methods set apart": {"/api/cabins/new", "POST", site, true},
		"garbage":                               {"/api/cabins/7", "P;Q", site, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := s.ask(t, http.MethodOptions, test.path, "", "Origin", test.origin,
				"Access-Control-Request-Method", test.method).is(http.StatusNoContent)
			if got := a.header.Get("Access-Control-Allow-Origin") != ""; got != test.allowed {
				t.Errorf("allowed: %v, want %v: %v", got, test.allowed, a.header)
			}
		})
	}
}

func TestRefusalsOfPublicFunctionsCanBeReadByPagesOfAllowedOrigins(t *testing.T) {
	t.Parallel()
	full := spec("full", "GET /full")
	full.Public, full.Concurrency = true, 1
	inside, release := make(chan struct{}, 1), make(chan struct{})
	frail := spec("frail", "GET /frail")
	frail.Public = true
	s := setup(t).open().serve(t,
		served(full, func(http.ResponseWriter, *http.Request) { inside <- struct{}{}; <-release }),
		served(frail, func(http.ResponseWriter, *http.Request) { panic("at a bad time") }),
	)
	defer close(release)
	go s.try(t, http.MethodGet, "/full", "") //nolint:errcheck // it only takes the place
	wait(t, inside)
	for path, status := range map[string]int{
		"/full?often=1": http.StatusTooManyRequests, "/full": http.StatusServiceUnavailable, "/frail": http.StatusInternalServerError,
	} {
		a := s.ask(t, http.MethodGet, path, "", "Origin", site).is(status)
		if got := a.header.Get("Access-Control-Allow-Origin"); got != site {
			t.Errorf("%s: allowed is %q", path, got)
		}
		a.problem()
	}
}

func TestARequestIsNamedByFlyOnFlyOnly(t *testing.T) {
	t.Parallel()
	for _, onFly := range []bool{true, false} {
		b := setup(t)
		b.OnFly = onFly
		s := b.serve(t, cabins()...)
		a := s.ask(t, http.MethodGet, "/nothing", "", "Fly-Request-Id", "01JDK-gru", "X-Request-ID", "mine")
		if p := a.problem(); (p.RequestID == "01JDK-gru") != onFly || p.RequestID == "mine" {
			t.Errorf("on Fly %v: %s", onFly, p.RequestID)
		}
		other := s.ask(t, http.MethodGet, "/", "").header.Get("X-Request-ID")
		if other == "" || other == a.header.Get("X-Request-ID") {
			t.Errorf("two requests have the name %q", other)
		}
	}
}

func TestStrangeRequestLinesAreAnswered(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve(t, cabins()...)
	for line, status := range map[string]int{
		"OPTIONS * HTTP/1.1": http.StatusOK, "GET * HTTP/1.1": http.StatusNotFound, "CONNECT /docs HTTP/1.1": http.StatusMethodNotAllowed,
		"CONNECT evil.example.com:443 HTTP/1.1": http.StatusMethodNotAllowed,
	} {
		connection, reader := s.dial(t)
		io.WriteString(connection, line+"\r\nHost: x\r\n\r\n")
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		response.Body.Close()
		if response.StatusCode != status {
			t.Errorf("%s: got %d", line, response.StatusCode)
		}
	}
	for _, m := range b.series(t, "http_requests_total") {
		if !hasLabels(m, []string{"route", ""}) {
			t.Errorf("a client wrote a label: %v", m)
		}
	}
}

func TestARefusedMethodOfAPublicPathCanBeReadByOtherOrigins(t *testing.T) {
	t.Parallel()
	host := &function.Host{Metrics: function.NewMetrics(prometheus.NewRegistry()), Public: web.CORS([]string{"https://site.example"})}
	mux := function.NewMux(host)
	answer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.Mount(function.Function{Spec: function.Spec{Name: "open", Public: true, Routes: []string{"POST /open"}}}, answer)
	mux.Mount(function.Function{Spec: function.Spec{Name: "closed", Routes: []string{"POST /closed"}}}, answer)
	for path, want := range map[string]string{"/open": "https://site.example", "/closed": ""} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Origin", "https://site.example")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if got := w.Header().Get("Access-Control-Allow-Origin"); w.Code != http.StatusMethodNotAllowed || got != want {
			t.Errorf("GET %s: %d, allowed origin %q, want %q", path, w.Code, got, want)
		}
	}
}
