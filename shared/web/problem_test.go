package web_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// fail answers a request with an error.
func fail(t testing.TB, ctx context.Context, err error) answer {
	t.Helper()
	r := httptest.NewRequestWithContext(web.WithEvent(ctx, &web.Event{ID: "req-1"}), http.MethodGet, "/", nil)
	w := httptest.NewRecorder()
	web.Fail(w, r, err)
	return answer{t, w}
}

func TestEveryKindOfFaultHasItsStatusAndIsAProblemDocument(t *testing.T) {
	t.Parallel()
	statuses := map[fault.Kind]int{
		fault.Malformed: 400, fault.Invalid: 422, fault.Unauthenticated: 401, fault.Denied: 403, fault.NotFound: 404,
		fault.MethodNotAllowed: 405, fault.Conflict: 409, fault.TooLarge: 413, fault.UnsupportedMedia: 415, fault.TooMany: 429,
		fault.Unavailable: 503,
	}
	for kind := fault.Malformed; kind <= fault.Unavailable; kind++ {
		status, known := statuses[kind]
		if !known {
			t.Fatalf("kind %d has no status here: add it", kind)
		}
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			field := fault.Field{Field: "check_in", Message: "is a Monday"}
			err := fault.New(kind, "some_code", "Some detail.").WithFields(field).WithCause(errors.New("private"))
			a := fail(t, t.Context(), fmt.Errorf("wrapped: %w", err)).is(status)
			if text := a.Body.String(); strings.Contains(text, "private") || strings.Contains(text, "wrapped") {
				t.Errorf("the body tells the cause: %s", text)
			}
			if got := a.Header().Get("Content-Length"); got != strconv.Itoa(a.Body.Len()) {
				t.Errorf("Content-Length is %s of %d", got, a.Body.Len())
			}
			want := web.Problem{
				Type: "urn:cabanas:problem:some_code", Title: http.StatusText(status), Status: status, Code: "some_code",
				Detail: "Some detail.", RequestID: "req-1", Errors: []fault.Field{field},
			}
			if d := cmp.Diff(want, a.problem()); d != "" {
				t.Error(d)
			}
			if got := a.Header().Get("WWW-Authenticate") != ""; got != (status == http.StatusUnauthorized) {
				t.Errorf("WWW-Authenticate on a %d: %v", status, got)
			}
			if got := a.Header().Get("Cache-Control"); got != "no-store" {
				t.Errorf("a refusal may be cached: %q", got)
			}
		})
	}
}

func TestUnknownErrorsSayNothingButTheRequestID(t *testing.T) {
	t.Parallel()
	secret := `pq: duplicate key (contact_phone)=(+5491155443322) at 10.0.0.7`
	tests := map[string]error{
		"any error":            errors.New(secret),
		"an internal fault":    fault.New(fault.Internal, "secret_code", secret),
		"a kind nobody knows":  fault.New(99, "secret_code", secret),
		"a cancelled subquery": fmt.Errorf("%s: %w", secret, context.Canceled),
	}
	for name, err := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := fail(t, t.Context(), err).is(http.StatusInternalServerError)
			if strings.Contains(a.Body.String(), "5443322") {
				t.Errorf("the body says too much: %s", a.Body)
			}
			p := a.problem()
			if p.RequestID != "req-1" || strings.Contains(p.Detail, "pq") {
				t.Errorf("got %+v", p)
			}
			if name != "a kind nobody knows" && p.Code != "internal" {
				t.Errorf("the code is %q", p.Code)
			}
		})
	}
}

func TestDeadlinesAreTimeouts(t *testing.T) {
	t.Parallel()
	over, cancel := context.WithTimeoutCause(t.Context(), 0, web.ErrTimeout)
	t.Cleanup(cancel)
	<-over.Done()
	tests := map[string]struct {
		ctx context.Context
		err error
	}{
		"the request's own, whatever the handler made of it": {over, errors.New("query: canceling statement")},
		"the request's own, although the handler had a word": {over, fault.ErrNotFound},
		"one of something that the handler called":           {t.Context(), fmt.Errorf("ask: %w", context.DeadlineExceeded)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := fail(t, test.ctx, test.err).is(http.StatusServiceUnavailable)
			if got := a.Header().Get("Retry-After"); got != "1" {
				t.Errorf("Retry-After is %q", got)
			}
			if p := a.problem(); p.Code != "timeout" {
				t.Errorf("the code is %s", p.Code)
			}
		})
	}
}

func TestAClientThatHasGoneIsNotAnswered(t *testing.T) {
	t.Parallel()
	ctx, hangUp := context.WithCancel(t.Context())
	hangUp()
	for _, err := range []error{context.Canceled, errors.New("read: connection reset"), fault.ErrNotFound} {
		a := fail(t, ctx, err).is(web.StatusClientGone)
		if a.Body.Len() > 0 {
			t.Errorf("%v was answered: %s", err, a.Body)
		}
	}
}

func TestRetryAfterIsWholeSecondsRoundedUp(t *testing.T) {
	t.Parallel()
	tests := map[time.Duration]string{
		0: "", time.Nanosecond: "1", time.Second: "1", 1001 * time.Millisecond: "2", time.Minute: "60",
	}
	for wait, want := range tests {
		if got := fail(t, t.Context(), web.ErrTooMany.WithRetryAfter(wait)).is(429).Header().Get("Retry-After"); got != want {
			t.Errorf("after %s: got %q, want %q", wait, got, want)
		}
	}
}

func TestARefusalTakesBackTheETagOfTheAnswerItReplaces(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	w.Header().Set("ETag", `"x"`)
	web.Fail(w, httptest.NewRequest(http.MethodGet, "/", nil), fault.ErrNotFound)
	if got := w.Header().Get("ETag"); got != "" {
		t.Errorf("the ETag is %s", got)
	}
}

func TestABodyOverTheLimitIsRefusedWhoeverReadsIt(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("read the signed event: %w", &http.MaxBytesError{Limit: 1000})
	p := fail(t, t.Context(), err).is(http.StatusRequestEntityTooLarge).problem()
	if p.Code != "too_large" || !strings.Contains(p.Detail, "1000 bytes") {
		t.Errorf("got %+v", p)
	}
}

// begun is an answer that has begun.
type begun struct{ *httptest.ResponseRecorder }

func (begun) Begun() bool { return true }

func TestAnAnswerThatHasBegunIsCutAndNotContinuedWithAProblem(t *testing.T) {
	t.Parallel()
	w := begun{httptest.NewRecorder()}
	w.WriteString("half of a pa")
	defer func() {
		if value := recover(); value != http.ErrAbortHandler { //nolint:errorlint // a sentinel that is compared by net/http
			t.Errorf("net/http was not told to cut the connection: %v", value)
		}
		if got := w.Body.String(); got != "half of a pa" {
			t.Errorf("the body is %q", got)
		}
	}()
	web.Fail(w, httptest.NewRequest(http.MethodGet, "/", nil), errors.New("no more pages"))
}
