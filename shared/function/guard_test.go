package function_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// brief is a contract whose deadline a test waits for.
func brief(name string, routes ...string) function.Spec {
	s := spec(name, routes...)
	s.Timeout, s.Concurrency = 30*time.Millisecond, 1
	return s
}

// ok is a function that answers at once.
func ok(name, route string) function.Function {
	return served(spec(name, route), func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
}

func TestAHandlerThatHonoursItsContextIsATimeout(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve(t, served(brief("slow", "GET /slow"), func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		web.Fail(w, r, fmt.Errorf("query: %w", r.Context().Err()))
	}))
	a := s.ask(t, http.MethodGet, "/slow", "").is(http.StatusServiceUnavailable)
	if p := a.problem(); p.Code != "timeout" || a.header.Get("Retry-After") != "1" {
		t.Errorf("got %+v, %v", p, a.header)
	}
	wait(t, s.ended)
	s.ask(t, http.MethodGet, "/slow", "").is(http.StatusServiceUnavailable)
	wait(t, s.ended)
	if got := b.metric(t, "http_requests_total", "function", "slow", "code", "503"); got != 2 {
		t.Errorf("counted %v", got)
	}
}

func TestAHandlerThatIgnoresItsContextIsAnsweredForAndKeepsItsSlot(t *testing.T) {
	t.Parallel()
	b := setup(t)
	release, late := make(chan struct{}), make(chan error, 4)
	s := b.serve(t, ok("other", "GET /other"), served(brief("deaf", "GET /deaf"), func(w http.ResponseWriter, r *http.Request) {
		<-release
		// All that a handler may do goes nowhere now, and hurts nobody.
		w.Header().Set("X-Late", "yes")
		w.WriteHeader(http.StatusOK)
		_, err := io.WriteString(w, "too late")
		late <- err
		late <- http.NewResponseController(w).Flush()
		if err != nil {
			web.Note(r.Context(), "late", "yes")
			web.Fail(w, r, errors.New("and broken"))
		}
	}))

	a := s.ask(t, http.MethodGet, "/deaf", "").is(http.StatusServiceUnavailable)
	if p := a.problem(); p.Code != "timeout" || a.header.Get("X-Late") != "" {
		t.Errorf("got %+v, %v", p, a.header)
	}
	busy := s.ask(t, http.MethodGet, "/deaf", "").is(http.StatusServiceUnavailable)
	if p := busy.problem(); p.Code != "busy" {
		t.Errorf("its slot is free while it runs: %+v", p)
	}
	if got := b.metric(t, "http_requests_in_flight", "function", "deaf"); got != 1 {
		t.Errorf("in flight: %v", got)
	}
	s.ask(t, http.MethodGet, "/other", "").is(http.StatusOK)
	wait(t, s.ended)
	wait(t, s.ended)

	close(release)
	for range 2 {
		if err := wait(t, late); !errors.Is(err, http.ErrHandlerTimeout) {
			t.Errorf("a late handler is told %v", err)
		}
	}
	wait(t, s.ended)
	if got := b.metric(t, "http_requests_in_flight", "function", "deaf"); got != 0 {
		t.Errorf("in flight after it returned: %v", got)
	}
	last := b.log.lines(t)[2]
	if last["status"] != 503.0 || last["late"] != "yes" || last["error"] != "and broken" {
		t.Errorf("the line says %v", last)
	}
	if a := s.ask(t, http.MethodGet, "/deaf", "").is(http.StatusOK); a.body != "too late" || a.header.Get("X-Late") != "yes" {
		t.Errorf("with its slot free again: %+v", a)
	}
}

func TestABodyThatTricklesInEndsWithTheDeadline(t *testing.T) {
	t.Parallel()
	s := setup(t).serve(t, served(brief("upload", "POST /upload"), func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			web.Fail(w, r, err)
		}
	}))
	connection, reader := s.dial(t)
	fmt.Fprint(connection, "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, err := io.ReadAll(response.Body); err != nil || !strings.Contains(string(text), `"timeout"`) {
		t.Errorf("got %d %s: %v", response.StatusCode, text, err)
	}
	wait(t, s.ended) // although the client neither sends more nor hangs up
	s.ask(t, http.MethodPost, "/upload", "{}").is(http.StatusOK)
}

func TestAnAnswerThatHasBegunIsCutByTheDeadlineAndNotEndedAsIfItWereWhole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve(t, served(brief("stream", "GET /stream"), func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "first,")
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
		web.Fail(w, r, r.Context().Err())
	}))
	a, err := s.try(t, http.MethodGet, "/stream", "")
	if !errors.Is(err, io.ErrUnexpectedEOF) || a.body != "first," || a.status != http.StatusOK {
		t.Errorf("got %d %q: %v", a.status, a.body, err)
	}
	wait(t, s.ended)
	if got := b.metric(t, "http_requests_total", "function", "stream", "code", "500"); got != 1 {
		t.Errorf("counted as %v", b.series(t, "http_requests_total"))
	}
}

func TestAnAnswerThatIsFlushedArrivesWhileTheHandlerGoesOn(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	s := setup(t).serve(t, served(spec("live", "GET /live"), func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "one\n")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		<-release
		io.WriteString(w, "two\n")
	}))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewReader(response.Body)
	for _, want := range []string{"one\n", "two\n"} {
		if got, err := lines.ReadString('\n'); got != want {
			t.Fatalf("got %q, want %q: %v", got, want, err)
		}
		if want == "one\n" {
			close(release)
		}
	}
}

func TestOneRequestMoreThanAFunctionTakesIsTurnedAwayAndOthersGoOn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	inside, release := make(chan struct{}), make(chan struct{})
	crowded := spec("crowded", "GET /crowded")
	crowded.Concurrency = 3
	s := b.serve(t, ok("other", "GET /other"), served(crowded, func(http.ResponseWriter, *http.Request) {
		inside <- struct{}{}
		<-release
	}))
	answers := make(chan answer, crowded.Concurrency)
	for range crowded.Concurrency {
		go func() {
			a, err := s.try(t, http.MethodGet, "/crowded", "")
			if err != nil {
				t.Error(err)
			}
			answers <- a
		}()
		wait(t, inside)
	}
	if got := b.metric(t, "http_requests_in_flight", "function", "crowded"); got != 3 {
		t.Errorf("in flight: %v", got)
	}
	refused := s.ask(t, http.MethodGet, "/crowded", "").is(http.StatusServiceUnavailable)
	if p := refused.problem(); p.Code != "busy" || refused.header.Get("Retry-After") != "1" {
		t.Errorf("got %+v, %v", p, refused.header)
	}
	s.ask(t, http.MethodGet, "/other", "").is(http.StatusOK)
	close(release)
	for range crowded.Concurrency {
		wait(t, answers).is(http.StatusOK)
	}
}

func TestAHandlerSeesTheHeadersOfWhatWrapsItAndMayChangeThem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Public = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Vary", "Origin")
			w.Header().Set("X-Unwanted", "yes")
			next.ServeHTTP(w, r)
		})
	}
	public := spec("public", "GET /public")
	public.Public = true
	s := b.serve(t, served(public, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Add("Vary", "Accept-Language")
		w.Header().Del("X-Unwanted")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusCreated)
		w.WriteHeader(http.StatusTeapot) // the first counts
	}))
	a := s.ask(t, http.MethodGet, "/public", "").is(http.StatusCreated)
	if got := strings.Join(a.header.Values("Vary"), ","); got != "Origin,Accept-Language" || a.header.Get("X-Unwanted") != "" {
		t.Errorf("got %v", a.header)
	}
}
