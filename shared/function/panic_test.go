package function_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/web"
)

// guest is what must never be seen outside of an answer to its owner.
const guest = "Ana Pérez +5491155443322"

func TestAPanicIsA500ThatTellsNothingAndACounter(t *testing.T) {
	t.Parallel()
	values := map[string]any{
		"a text": "no room for " + guest, "an error": errors.New(guest), "a wrapped error": fmt.Errorf("save: %w", errors.New(guest)),
		"a struct": struct{ Name string }{guest}, "a fault": web.ErrMalformed.WithDetail(guest), "nil": nil,
	}
	for name, value := range values {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			s := b.serve(t, ok("other", "GET /other"), served(spec("frail", "GET /frail"), func(http.ResponseWriter, *http.Request) { panic(value) }))
			if got := len(b.series(t, "function_panics_total")); got != 2 {
				t.Errorf("before the first panic there are %d counters: its increase would not be seen", got)
			}
			a := s.ask(t, http.MethodGet, "/frail", "").is(http.StatusInternalServerError)
			if p := a.problem(); p.Code != "internal" || strings.Contains(a.body, "Ana") {
				t.Errorf("got %s", a.body)
			}
			s.ask(t, http.MethodGet, "/other", "").is(http.StatusOK)
			wait(t, s.ended)
			wait(t, s.ended)
			if got := b.metric(t, "function_panics_total", "function", "frail"); got != 1 {
				t.Errorf("counted %v", got)
			}
			if log := b.log.String(); strings.Contains(log, "5443322") || strings.Contains(log, "Ana") {
				t.Errorf("the log tells the guest's data: %s", log)
			}
			lines := b.log.lines(t)
			i := slices.IndexFunc(lines, func(l map[string]any) bool { return l["message"] == "panic" })
			if i < 0 || lines[i]["function"] != "frail" || !strings.Contains(fmt.Sprint(lines[i]["stack"]), "panic_test.go") {
				t.Errorf("the log does not tell where: %v", lines)
			}
			if lines[i+1]["status"] != 500.0 || lines[i+1]["level"] != "error" || lines[i+1]["request_id"] != lines[i]["request_id"] {
				t.Errorf("the request's own line is %v", lines[i+1])
			}
		})
	}
}

func TestTheRuntimesOwnPanicsAreLoggedInTheirWords(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve(t, served(spec("frail", "GET /frail"), func(_ http.ResponseWriter, r *http.Request) {
		_ = strings.Split(r.URL.Path, "/")[9]
	}))
	s.ask(t, http.MethodGet, "/frail", "").is(http.StatusInternalServerError)
	if log := b.log.String(); !strings.Contains(log, "index out of range [9]") {
		t.Errorf("the log does not say what: %s", log)
	}
}

func TestAPanicAfterTheAnswerHasBegunCutsIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve(t, ok("other", "GET /other"), served(spec("frail", "GET /frail"), func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"half":`)
		http.NewResponseController(w).Flush()
		panic(guest)
	}))
	a, err := s.try(t, http.MethodGet, "/frail", "")
	if !errors.Is(err, io.ErrUnexpectedEOF) || a.body != `{"half":` {
		t.Errorf("the client takes this for whole: %d %q, %v", a.status, a.body, err)
	}
	wait(t, s.ended)
	if got := b.metric(t, "function_panics_total", "function", "frail"); got != 1 {
		t.Errorf("counted %v", got)
	}
	if got := b.metric(t, "http_requests_in_flight", "function", "frail"); got != 0 {
		t.Errorf("in flight: %v", got)
	}
	lines := b.log.lines(t)
	if last := lines[len(lines)-1]; last["level"] != "error" || last["status"] != 500.0 || last["route"] != "GET /frail" {
		t.Errorf("the request's line is %v", last)
	}
	s.ask(t, http.MethodGet, "/other", "").is(http.StatusOK)
}

func TestAnErrorAfterTheAnswerHasBegunCutsIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve(t, served(spec("export", "GET /export"), func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "code,total\n")
		http.NewResponseController(w).Flush()
		web.Fail(w, r, errors.New("row 2: connection lost"))
	}))
	if a, err := s.try(t, http.MethodGet, "/export", ""); err == nil || a.body != "code,total\n" {
		t.Errorf("the client takes this for whole: %q, %v", a.body, err)
	}
	wait(t, s.ended)
	if got := b.metric(t, "function_panics_total"); got != 0 {
		t.Errorf("an error was counted as a panic: %v", got)
	}
	if line := b.log.lines(t)[0]; line["error"] != "row 2: connection lost" || line["status"] != 500.0 {
		t.Errorf("the line is %v", line)
	}
}

func TestAHandlerMayAbortItsAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve(t, served(spec("abort", "GET /abort"), func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	if a, err := s.try(t, http.MethodGet, "/abort", ""); err == nil {
		t.Errorf("the client got %d %q", a.status, a.body)
	}
	// The transport asks again on a connection that was just cut, if it had been used before: it was not.
	wait(t, s.ended)
	if got := b.metric(t, "function_panics_total"); got != 0 {
		t.Errorf("counted as a panic: %v", got)
	}
	if got := b.metric(t, "http_requests_total", "function", "abort"); got != 1 {
		t.Errorf("counted %v requests", got)
	}
	if log := b.log.lines(t); len(log) != 1 || log[0]["status"] != 500.0 {
		t.Errorf("the log is %v", log)
	}
}

func TestAPanicAfterTheDeadlineIsCountedToo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve(t, served(brief("frail", "GET /frail"), func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		panic(guest)
	}))
	s.ask(t, http.MethodGet, "/frail", "")
	wait(t, s.ended)
	if got := b.metric(t, "function_panics_total", "function", "frail"); got != 1 {
		t.Errorf("counted %v", got)
	}
	if log := b.log.String(); strings.Contains(log, "Ana") {
		t.Errorf("the log tells the guest's data: %s", log)
	}
}
