package healthz_test

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/functions/healthz"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/limit"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

const token = "the token of the one who scrapes"

func production(token config.Secret) healthz.Config {
	return healthz.Config{Environment: config.Environment{Name: config.Production}, MetricsToken: token}
}

func TestMetricsHaveTheNamesThatAreLookedFor(t *testing.T) {
	t.Parallel()
	b := setup(t, healthz.Config{})
	// The other parts of a process register theirs in the same place.
	pool, err := postgres.Open(postgres.Config{URL: "postgres://localhost/x"}, 1, b.registry)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := limit.New(limit.Config{Enabled: true, Requests: 60, WindowSeconds: 60}, time.Now, b.registry, zerolog.Nop()); err != nil {
		t.Fatal(err)
	}
	b.get("/readyz")
	for _, path := range []string{"/metrics", "/api/v1/metrics"} {
		a := b.get(path)
		if a.status != http.StatusOK || !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") {
			t.Fatalf("%s: %d %v", path, a.status, a.header)
		}
		for _, name := range []string{
			`app_up 1`, `http_requests_total\{code="200",function="healthz",method="GET",route="GET /readyz"\} 1`, `http_request_duration_seconds_count`,
			`http_requests_in_flight`, `function_panics_total\{function="healthz"\} 0`, `pg_latency_seconds`, `redis_latency_seconds`,
			`ical_sync_age_minutes\{accommodation_id="none"\} 0`, `rate_limit_requests_total\{outcome="allowed"\} 0`,
		} {
			if !regexp.MustCompile(`(?m)^` + name).Match(a.body) {
				t.Errorf("%s has no %s", path, name)
			}
		}
	}
}

func TestMetricsAreForWhoMayScrape(t *testing.T) {
	t.Parallel()

	t.Run("anybody in development and in tests, whatever he brings", func(t *testing.T) {
		t.Parallel()
		for _, environment := range []string{"development", "test"} {
			b := setup(t, healthz.Config{Environment: config.Environment{Name: environment}, MetricsToken: token})
			for _, header := range []string{"", "Bearer wrong"} {
				if a := b.get("/metrics", "Authorization", header); a.status != http.StatusOK {
					t.Errorf("%d %s", a.status, a.body)
				}
			}
		}
	})

	t.Run("in production whoever has the token", func(t *testing.T) {
		t.Parallel()
		b := setup(t, production(token))
		for _, path := range []string{"/metrics", "/api/v1/metrics"} {
			for _, good := range []string{"Bearer " + token, "bearer " + token} {
				if a := b.get(path, "Authorization", good); a.status != http.StatusOK || !strings.Contains(string(a.body), "app_up 1") {
					t.Errorf("%s: %d %s", good, a.status, a.body)
				}
			}
			for _, bad := range []string{
				"", "Bearer", "Bearer ", token, "Basic " + token, "Bearer " + token[1:], "Bearer " + token + "x", "Bearer  " + token,
				"Bearer " + strings.ToUpper(token), "Bearer \x00", "Bearer [secret]",
			} {
				a := b.get(path, "Authorization", bad)
				a.refusal(t, http.StatusUnauthorized, "unauthenticated")
				if strings.Contains(string(a.body), "app_up") {
					t.Errorf("%q sees %s", bad, a.body)
				}
			}
			b.get(path+"?token="+strings.ReplaceAll(token, " ", "+")).refusal(t, http.StatusUnauthorized, "unauthenticated")
		}
		if log := b.log.String(); strings.Contains(log, "scrapes") {
			t.Errorf("the token is in the log: %s", log)
		}
	})

	t.Run("in production without a token nobody", func(t *testing.T) {
		t.Parallel()
		b := setup(t, production(""))
		for _, header := range []string{"", "Bearer", "Bearer ", "Bearer x"} {
			b.get("/metrics", "Authorization", header).refusal(t, http.StatusUnauthorized, "unauthenticated")
		}
	})
}

// broken is a collector that fails, or blocks.
type broken struct {
	collect func(chan<- prometheus.Metric)
}

func (b broken) Describe(ch chan<- *prometheus.Desc) { ch <- brokenDesc }

func (b broken) Collect(ch chan<- prometheus.Metric) { b.collect(ch) }

var brokenDesc = prometheus.NewDesc("broken", "It is.", nil, nil)

func TestMetricsSurviveTheirCollectors(t *testing.T) {
	t.Parallel()

	t.Run("a collector that fails hides no other and tells nobody why", func(t *testing.T) {
		t.Parallel()
		b := setup(t, healthz.Config{})
		b.registry.MustRegister(broken{func(ch chan<- prometheus.Metric) {
			ch <- prometheus.NewInvalidMetric(brokenDesc, errors.New("hunter2"))
		}})
		a := b.get("/metrics")
		if a.status != http.StatusOK || !strings.Contains(string(a.body), "app_up 1") || strings.Contains(string(a.body), "hunter2") {
			t.Errorf("%d %s", a.status, a.body)
		}
	})

	t.Run("when four are reading, the fifth is asked to come back", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := setup(t, healthz.Config{})
			hold := make(chan struct{})
			b.registry.MustRegister(broken{func(chan<- prometheus.Metric) { <-hold }})
			statuses := make([]int, 4)
			var readers sync.WaitGroup
			for i := range statuses {
				readers.Go(func() { statuses[i] = b.get("/metrics").status })
			}
			synctest.Wait()
			a := b.get("/metrics")
			a.refusal(t, http.StatusServiceUnavailable, "busy")
			if a.header.Get("Retry-After") == "" {
				t.Errorf("%v", a.header)
			}
			close(hold)
			readers.Wait()
			for _, status := range statuses {
				if status != http.StatusOK {
					t.Errorf("%d", status)
				}
			}
			if a := b.get("/metrics"); a.status != http.StatusOK {
				t.Errorf("later: %d", a.status)
			}
		})
	})
}

func TestNew(t *testing.T) {
	t.Parallel()

	t.Run("metrics that are registered already are an error, not a panic", func(t *testing.T) {
		t.Parallel()
		d := healthz.Deps{Draining: func() bool { return false }, Metrics: prometheus.NewRegistry(), Now: time.Now}
		if _, err := healthz.New(healthz.Config{}, d); err != nil {
			t.Fatal(err)
		}
		if _, err := healthz.New(healthz.Config{}, d); err == nil {
			t.Error("no error")
		}
	})
}
