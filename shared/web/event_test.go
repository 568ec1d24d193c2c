package web_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// line is what an event leaves in the log.
func line(t testing.TB, e *web.Event, status int) map[string]any {
	t.Helper()
	var log bytes.Buffer
	e.Log(zerolog.New(&log), http.MethodGet, status, 1500*time.Microsecond)
	if strings.Count(log.String(), "\n") != 1 {
		t.Fatalf("not one line: %q", log.String())
	}
	return decode[map[string]any](t, log.String())
}

func TestAnEventIsOneLineWithWhatWasNoted(t *testing.T) {
	t.Parallel()
	e := &web.Event{ID: "req-1", Function: "reserve", Route: "GET /stays/{id}"}
	ctx := web.WithEvent(t.Context(), e)
	web.Note(ctx, "reservation", "ABC234")
	web.Note(context.WithoutCancel(ctx), "nights", "3")
	want := map[string]any{
		"level": "info", "function": "reserve", "route": "GET /stays/{id}", "method": "GET", "status": 200.0, "ms": 1.5,
		"request_id": "req-1", "reservation": "ABC234", "nights": "3",
	}
	if d := cmp.Diff(want, line(t, e, 200)); d != "" {
		t.Error(d)
	}
}

func TestErrorsAreLoggedWithTheirCauseAndFaultsWithoutTheirFields(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err          error
		status       int
		level, error string
	}{
		"unknown":    {errors.New("query: broken pipe"), 500, "error", "query: broken pipe"},
		"a fault":    {fault.InField("contact_name", "is not Ana"), 422, "info", "invalid: Some fields are not as they should be."},
		"its cause":  {fault.ErrUnavailable.WithCause(errors.New("dial")), 503, "warn", fault.ErrUnavailable.Error() + ": dial"},
		"the client": {errors.New("write: broken pipe"), web.StatusClientGone, "info", "write: broken pipe"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := &web.Event{ID: "req-1"}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if test.status == web.StatusClientGone {
				cancel()
			}
			r := request(t, http.MethodGet, "/", nil).WithContext(web.WithEvent(ctx, e))
			serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { web.Fail(w, r, test.err) }), r).is(test.status)
			got := line(t, e, test.status)
			if got["level"] != test.level || got["error"] != test.error {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestNotesMayComeFromSeveralGoroutines(t *testing.T) {
	t.Parallel()
	e := &web.Event{}
	ctx := web.WithEvent(t.Context(), e)
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() { web.Note(ctx, "k", "v") })
	}
	group.Go(func() { e.Log(zerolog.Nop(), http.MethodGet, 200, 0) })
	group.Wait()
	web.Note(t.Context(), "outside", "of a request")
	if got := line(t, e, 200); got["outside"] != nil || got["k"] != "v" {
		t.Errorf("got %v", got)
	}
}

func TestARequestIsNamedByFlyOnFlyOnly(t *testing.T) {
	t.Parallel()
	r := request(t, http.MethodGet, "/", nil)
	r.Header.Set("Fly-Request-Id", "01JDKGZZ-gru")
	r.Header.Set("X-Request-Id", "the client's own")
	if got := web.NewEvent(r, true).ID; got != "01JDKGZZ-gru" {
		t.Errorf("on Fly: %s", got)
	}
	ours := web.NewEvent(r, false).ID
	if len(ours) != 24 || ours == web.NewEvent(r, false).ID {
		t.Errorf("elsewhere: %s", ours)
	}
	r.Header.Set("Fly-Request-Id", strings.Repeat("x", 65))
	if got := web.NewEvent(r, true).ID; len(got) != 24 {
		t.Errorf("a name that is too long: %s", got)
	}
	r.Header.Del("Fly-Request-Id")
	if got := web.NewEvent(r, true).ID; len(got) != 24 {
		t.Errorf("no name: %s", got)
	}
}
