package function_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

func TestARequestLeavesOneLineWithoutWhatItsURLAndHeadersSay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve(t, served(spec("reserve", "POST /stays/{code}"), func(w http.ResponseWriter, r *http.Request) {
		web.Note(r.Context(), "reservation", "ABC234")
		web.Fail(w, r, fault.InField("contact_name", "cannot be Ana"))
	}))
	a := s.ask(t, http.MethodPost, "/stays/s3cret-code?t=s3cret-token&utm_x=s3cret", `{"contact_name":"Ana s3cret"}`,
		"Authorization", "Bearer s3cret", "X-Guest-Token", "s3cret", "User-Agent", "s3cret", "Cookie", "s=s3cret", "X-Request-ID", "s3cret")
	wait(t, s.ended)
	lines := b.log.lines(t)
	if len(lines) != 1 {
		t.Fatalf("got %v", lines)
	}
	line := lines[0]
	if ms, ok := line["ms"].(float64); !ok || ms <= 0 || ms > 10_000 {
		t.Errorf("it took %v ms", line["ms"])
	}
	for key, want := range map[string]any{
		"level": "info", "function": "reserve", "route": "POST /stays/{code}", "method": "POST", "status": 422.0,
		"request_id": a.header.Get("X-Request-ID"), "reservation": "ABC234", "error": "invalid: Some fields are not as they should be.",
	} {
		if line[key] != want {
			t.Errorf("%s: got %v, want %v", key, line[key], want)
		}
	}
	if text := b.log.String(); strings.Contains(text, "s3cret") || strings.Contains(text, "Ana") || strings.Contains(text, "127.0.0.1") {
		t.Errorf("the log tells too much: %s", text)
	}
}

func TestProbesOfAQuietFunctionAreNotLoggedUnlessTheyFail(t *testing.T) {
	t.Parallel()
	b := setup(t)
	quiet := spec("healthz", "GET /healthz")
	quiet.Quiet = true
	s := b.serve(t, ok("loud", "GET /loud"), served(quiet, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery != "" {
			web.Fail(w, r, fault.ErrUnavailable)
		}
	}))
	for _, path := range []string{"/healthz", "/loud", "/healthz?fail", "/healthz"} {
		s.ask(t, http.MethodGet, path, "")
		wait(t, s.ended)
	}
	lines := b.log.lines(t)
	if len(lines) != 2 || lines[0]["function"] != "loud" || lines[1]["function"] != "healthz" || lines[1]["status"] != 503.0 {
		t.Errorf("got %v", lines)
	}
	if got := b.metric(t, "http_requests_total", "function", "healthz"); got != 3 {
		t.Errorf("counted %v", got)
	}
}

func TestRequestsAreCountedByRouteMethodAndStatus(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve(t, served(spec("reserve", "GET /stays/{code}", "POST /stays"), func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusCreated)
		}
		io.WriteString(w, "ok")
	}))
	for _, request := range []string{"GET /stays/one", "GET /stays/two", "HEAD /stays/three", "POST /stays", "GET /nothing/s3cret"} {
		method, path, _ := strings.Cut(request, " ")
		s.ask(t, method, path, "")
		wait(t, s.ended)
	}
	for labels, want := range map[string]float64{
		"function=reserve route=GET /stays/{code} method=GET code=200":  2,
		"function=reserve route=GET /stays/{code} method=HEAD code=200": 1,
		"function=reserve route=POST /stays method=POST code=201":       1,
		"function= route= method=GET code=404":                          1,
	} {
		if got := b.metric(t, "http_requests_total", pairs(labels)...); got != want {
			t.Errorf("%s: counted %v, want %v", labels, got, want)
		}
	}
	if got := b.metric(t, "http_request_duration_seconds", "function", "reserve", "route", "GET /stays/{code}"); got != 3 {
		t.Errorf("timed %v", got)
	}
}

// pairs reads labels as a person writes them; a route has a space, too.
func pairs(text string) []string {
	var all []string
	for _, name := range []string{"function", "route", "method", "code"} {
		_, value, _ := strings.Cut(text, name+"=")
		if next := strings.Index(value, "="); next >= 0 {
			value = value[:strings.LastIndex(value[:next], " ")]
		}
		all = append(all, name, value)
	}
	return all
}

func TestNoLabelIsWrittenByAClient(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve(t, ok("reserve", "GET /stays/{code}"))
	for _, method := range []string{"BREW", "X1", "X2", "get", "PROPFIND", "TRACE"} {
		for _, path := range []string{"/stays/+5491155443322", "/+5491155443322"} {
			s.ask(t, method, path, "")
			wait(t, s.ended)
		}
	}
	all := b.series(t, "http_requests_total")
	if len(all) != 2 { // one for 404, one for 405
		t.Errorf("%d series: %v", len(all), all)
	}
	for _, m := range all {
		if !hasLabels(m, []string{"method", "other"}) {
			t.Errorf("got %v", m)
		}
	}
	if text := b.log.String(); strings.Contains(text, "BREW") || strings.Contains(text, "5443322") {
		t.Errorf("the log repeats the client's words: %s", text)
	}
}

func TestAClientThatHangsUpIsLoggedAndNotCountedAsAnError(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]string{"before the answer": "", "in the middle of it": "half of"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			inside := make(chan struct{})
			s := b.serve(t, served(spec("slow", "GET /slow"), func(w http.ResponseWriter, r *http.Request) {
				if begin != "" {
					io.WriteString(w, begin)
				}
				close(inside)
				<-r.Context().Done()
				web.Fail(w, r, r.Context().Err())
			}))
			connection, _ := s.dial(t)
			io.WriteString(connection, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
			wait(t, inside)
			connection.Close()
			wait(t, s.ended)
			if line := b.log.lines(t)[0]; line["status"] != 499.0 || line["level"] != "info" {
				t.Errorf("got %v", line)
			}
			if got := b.metric(t, "http_requests_total", "code", "499"); got != 1 {
				t.Errorf("counted as %v", b.series(t, "http_requests_total"))
			}
		})
	}
}
