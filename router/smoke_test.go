package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
)

// smoked is what smoke said, and its exit code.
func smoked(t *testing.T, args ...string) (string, int) {
	t.Helper()
	var out, failures strings.Builder
	p := &program{out: &out, log: &out, errors: &failures, load: config.FromEnvironment(), functions: functions}
	code := p.run(t.Context(), append([]string{"smoke"}, args...))
	return out.String() + failures.String(), code
}

// smokable is a real router with a cabin, and its database.
func smokable(t *testing.T) (*process, *pgx.Conn) {
	t.Helper()
	dsn := pgtest.NewDSN(t)
	conn := connect(t, dsn)
	mustExec(t, conn, addCabin, "Uno")
	return startRouter(t, buildRouter(t), dsn), conn
}

func count(t *testing.T, conn *pgx.Conn, what string) (n int) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), "select count(*) from "+what).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSmokeIsGreenAndWritesNothing(t *testing.T) {
	t.Parallel()
	router, conn := smokable(t)
	said, code := smoked(t, router.url(""))
	if code != exitOK || strings.Contains(said, "FAIL") || strings.Count(said, "ok ") < 10 {
		t.Errorf("exit code %d\n%s", code, said)
	}
	if n := count(t, conn, "reservations"); n != 0 {
		t.Errorf("%d reservations were made", n)
	}
	if n := count(t, conn, "reservation_events"); n != 0 {
		t.Errorf("%d events were written", n)
	}
}

func TestSmokeBooksOnlyWhenAskedAndLeavesNothingHeld(t *testing.T) {
	t.Parallel()
	router, conn := smokable(t)
	mustExec(t, conn, `insert into accommodations (name, slug, type, capacity, base_price) values ('Tests', 'tests', 'cabin', 4, 10000)`)
	if said, code := smoked(t, "-book", "-cabin", "tests", router.url("/")); code != exitOK || !strings.Contains(said, "a booking, and its cancellation") {
		t.Errorf("exit code %d\n%s", code, said)
	}
	var code, status, slug string
	err := conn.QueryRow(t.Context(), `
		select r.code, r.status, a.slug from reservations r join accommodations a on a.id = r.accommodation_id`).Scan(&code, &status, &slug)
	if err != nil || status != "cancelled" || slug != "tests" {
		t.Errorf("%s is %s in %s (%v)", code, status, slug, err)
	}
}

// broken stands before a real router, and answers one route in its own way.
func broken(t *testing.T, router *process, method, path string, answer http.HandlerFunc) string {
	t.Helper()
	target, err := url.Parse(router.url(""))
	if err != nil {
		t.Fatal(err)
	}
	behind := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == method && strings.HasSuffix(r.URL.Path, path) {
			answer(w, r)
			return
		}
		behind.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// says answers with a status and a body.
func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		w.Write([]byte(body)) //nolint:errcheck // the client is this test's
	}
}

func TestEachProbeFailsWhenItsThingIsBroken(t *testing.T) {
	t.Parallel()
	router, _ := smokable(t)
	for what, c := range map[string]struct {
		method, path string
		answer       http.HandlerFunc
	}{
		"readiness":                     {"GET", "/readyz", says(503, `{"status":"draining"}`)},
		"health":                        {"GET", "/healthz", says(200, `{"status":"degraded","checks":{"database":{"status":"error"}}}`)},
		"metrics, or who may read them": {"GET", "/metrics", says(200, "")},
		"OpenAPI document":              {"GET", "/openapi.json", says(200, `{}`)},
		"a page to read":                {"GET", "/docs", says(404, "")},
		"a quote":                       {"GET", "/quote", says(200, `{"total_price":10000}`)},
		"a reservation without its token is refused":          {"GET", "/reservations/000000", says(200, `{"code":"000000"}`)},
		"a confirmation without the owner's token is refused": {"POST", "/confirm", says(404, `{"code":"not_found"}`)},
		"a booking that makes no sense is refused":            {"POST", "/reservations", says(500, "")},
		"what is not there is a problem document":             {"GET", "/nothing/here", says(404, "404 page not found")},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			said, code := smoked(t, broken(t, router, c.method, c.path, c.answer))
			if code != exitFailed || strings.Count(said, "FAIL") != 1 || !strings.Contains(said, "1 of 10 probes failed") {
				t.Errorf("exit code %d\n%s", code, said)
			}
			for line := range strings.Lines(said) {
				if strings.HasPrefix(line, "FAIL") && !strings.Contains(line, what) {
					t.Errorf("it is %s that failed", line)
				}
			}
		})
	}
}

func TestSmokeFailsWhereNobodyListens(t *testing.T) {
	t.Parallel()
	if said, code := smoked(t, "http://127.0.0.1:1"); code != exitFailed || !strings.Contains(said, "no answer") {
		t.Errorf("exit code %d\n%s", code, said)
	}
	for _, args := range [][]string{nil, {"example.com"}, {"http://a", "http://b"}, {"-fast", "http://a"}} {
		if said, code := smoked(t, args...); code != exitUsage {
			t.Errorf("%q: exit code %d\n%s", args, code, said)
		}
	}
}

func TestACancellationThatFailsIsTriedAgainAndThenTold(t *testing.T) {
	t.Parallel()
	router, conn := smokable(t)
	var once sync.Once
	flaky := func(w http.ResponseWriter, r *http.Request) {
		failed := false
		once.Do(func() { failed = true; says(503, "")(w, r) })
		if failed {
			return
		}
		again, _ := http.NewRequestWithContext(r.Context(), r.Method, router.url(r.URL.RequestURI()), r.Body)
		again.Header = r.Header
		response, err := http.DefaultClient.Do(again)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer response.Body.Close()
		w.WriteHeader(response.StatusCode)
		response.Write(w) //nolint:errcheck // the client is this test's
	}
	if said, code := smoked(t, "-book", "-cabin", "1", broken(t, router, "POST", "/cancel", flaky)); code != exitOK {
		t.Errorf("exit code %d\n%s", code, said)
	}
	if n := count(t, conn, "reservations where status <> 'cancelled'"); n != 0 {
		t.Errorf("%d are held", n)
	}
	said, code := smoked(t, "-book", "-cabin", "1", broken(t, router, "POST", "/cancel", says(503, "")))
	if code != exitFailed || !strings.Contains(said, "could not be cancelled") || strings.Contains(said, "t=") {
		t.Errorf("exit code %d\n%s", code, said)
	}
}

func TestSecretsAreWhatProductionAsksFor(t *testing.T) {
	t.Parallel()
	var out, failures strings.Builder
	p := &program{out: &out, log: &out, errors: &failures, functions: functions}
	if code := p.run(context.Background(), []string{"secrets"}); code != exitOK {
		t.Fatal(failures.String())
	}
	line, kept, _ := strings.Cut(out.String(), "\n")
	rest, ok := strings.CutPrefix(line, "fly secrets set ")
	if !ok || !strings.Contains(kept, "BACKUP_AGE_IDENTITY=AGE-SECRET-KEY-1") || strings.Contains(line, "AGE-SECRET-KEY") {
		t.Fatalf("said %q", out.String())
	}
	values := make(map[string]bool)
	for pair := range strings.FieldsSeq(rest) {
		name, value, _ := strings.Cut(pair, "=")
		values[value] = true
		if name == "BACKUP_AGE_RECIPIENTS" {
			continue
		}
		if len(value) < 32 || strings.Trim(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" {
			t.Errorf("%s is %q", name, value)
		}
	}
	if len(values) != 5 {
		t.Errorf("%d different secrets", len(values))
	}
	// They are all that production wants and that anybody may invent.
	env := append(strings.Fields(rest), "ENVIRONMENT=production", "BASE_URL=https://example.com")
	code, said := runForCode(t, buildRouter(t), "postgres://nobody@127.0.0.1/none", env, "check")
	for _, name := range []string{"JWT_SECRET", "GUEST_TOKEN_SECRET", "METRICS_TOKEN", "WHATSAPP_VERIFY_TOKEN", "BACKUP_AGE_RECIPIENTS"} {
		if strings.Contains(said, name) {
			t.Errorf("check (%d): %s", code, said)
		}
	}
	if _, without := runForCode(t, buildRouter(t), "postgres://nobody@127.0.0.1/none", []string{"ENVIRONMENT=production"}, "check"); !strings.Contains(without, "GUEST_TOKEN_SECRET") {
		t.Errorf("production starts without secrets: %s", without)
	}
	if code := p.run(context.Background(), []string{"secrets", "more"}); code != exitUsage {
		t.Errorf("exit code %d", code)
	}
}
