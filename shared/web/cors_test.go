package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

const site = "https://cabanas.example.com"

// sharing is a route that pages of the given origins may read, and that answers with err.
func sharing(t testing.TB, err error, origins ...string) http.Handler {
	t.Helper()
	wrap := web.CORS(origins)
	if wrap == nil {
		t.Fatal("no origins")
	}
	return wrap(one(web.Doc{Route: "GET /thing", Status: http.StatusOK}, func(nothing) (string, error) { return "a thing", err }))
}

func TestWithoutOriginsThereIsNothingToWrap(t *testing.T) {
	t.Parallel()
	for _, origins := range [][]string{nil, {}, {""}, {" ", "/"}} {
		if web.CORS(origins) != nil {
			t.Errorf("%q allows somebody", origins)
		}
	}
}

func TestPagesOfAllowedOriginsReadAnswersAndRefusals(t *testing.T) {
	t.Parallel()
	for _, err := range []error{nil, web.ErrTooMany, fault.ErrNotFound, http.ErrHandlerTimeout} {
		h := sharing(t, err, "https://other.example.com", " "+site+"/ ")
		a := ask(t, h, http.MethodGet, "/thing", "", "Origin", site)
		if got := a.Header().Get("Access-Control-Allow-Origin"); got != site {
			t.Errorf("%d: allowed is %q", a.Code, got)
		}
		exposed := a.Header().Get("Access-Control-Expose-Headers")
		for _, header := range []string{"X-Request-Id", "Retry-After", "Ratelimit-Remaining", "Etag", "Idempotent-Replayed"} {
			if !strings.Contains(strings.ToLower(exposed), strings.ToLower(header)) {
				t.Errorf("%d: %s cannot be read, only %s", a.Code, header, exposed)
			}
		}
		if got := a.Header().Get("Access-Control-Allow-Credentials"); got != "" {
			t.Errorf("cookies are allowed: %q", got)
		}
	}
}

func TestPagesOfOtherOriginsReadNothing(t *testing.T) {
	t.Parallel()
	h := sharing(t, nil, site)
	for _, origin := range []string{"", "null", "https://evil.example.com", "http://cabanas.example.com", site + ".evil.com", site + ":8443", "*"} {
		a := ask(t, h, http.MethodGet, "/thing", "", "Origin", origin).is(200)
		if got := a.Header().Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("%q may read: %q", origin, got)
		}
		if !slices.Contains(a.Header().Values("Vary"), "Origin") {
			t.Errorf("%q: a cache may give this answer to others: %v", origin, a.Header())
		}
		if got := preflight(t, h, origin, http.MethodPost, "").Header().Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("%q may ask: %q", origin, got)
		}
	}
}

// preflight is what a browser asks before a request that a form could not make.
func preflight(t testing.TB, h http.Handler, origin, method, headers string) answer {
	t.Helper()
	asked := []string{"Origin", origin, "Access-Control-Request-Method", method}
	if headers != "" {
		asked = append(asked, "Access-Control-Request-Headers", headers)
	}
	return ask(t, h, http.MethodOptions, "/thing", "", asked...)
}

func TestAPreflightAllowsWhatPublicRoutesTake(t *testing.T) {
	t.Parallel()
	h := sharing(t, nil, site)
	tests := map[string]struct {
		method, headers string
		allowed         bool
	}{
		"a reservation":          {"POST", "content-type,idempotency-key", true},
		"a guest's own page":     {"GET", "x-guest-token", true},
		"an owner's program":     {"POST", "authorization,content-type", true},
		"a cached calendar":      {"GET", "if-none-match", true},
		"no headers":             {"POST", "", true},
		"a method we never take": {"DELETE", "", false},
		"a header nobody reads":  {"POST", "x-secret", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := preflight(t, h, site, test.method, test.headers).is(http.StatusNoContent)
			if got := a.Header().Get("Access-Control-Allow-Origin") == site; got != test.allowed {
				t.Errorf("allowed: %v, want %v", got, test.allowed)
			}
			if test.allowed && a.Header().Get("Access-Control-Max-Age") != "600" {
				t.Errorf("the answer is not kept: %v", a.Header())
			}
		})
	}
}
