package healthz_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/functions/healthz"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/limit"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	ok := healthz.Timed(1500*time.Microsecond, nil)
	down := healthz.Timed(2*time.Millisecond, errors.New("connection refused by 10.0.0.1"))

	for name, c := range map[string]struct {
		database, redis, queue healthz.Finding
		status                 int
		want                   string
	}{
		"everything works":                          {ok, ok, ok, 200, "healthy"},
		"what is not configured is not missed":      {ok, healthz.Finding{Status: healthz.Off}, healthz.Finding{Status: healthz.Off}, 200, "healthy"},
		"without Redis the service is degraded":     {ok, down, ok, 200, "degraded"},
		"a part that is stale degrades the service": {ok, ok, healthz.Finding{Status: "stale"}, 200, "degraded"},
		"two troubles are no worse than one":        {ok, down, healthz.Finding{Status: "stale"}, 200, "degraded"},
		"without a database there is no service":    {down, ok, ok, 503, "unhealthy"},
		"the worst is what counts":                  {down, down, down, 503, "unhealthy"},
		"a check that says nothing is an error":     {ok, healthz.Finding{}, ok, 200, "degraded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, path := range []string{"/healthz", "/api/v1/healthz"} {
				b := setup(t, healthz.Config{}, finds("redis", false, c.redis), finds("database", true, c.database), finds("queue", false, c.queue))
				a := b.get(path)
				got := a.report(t, c.status)
				if got.Status != c.want || !got.Timestamp.Equal(noon) || len(got.Checks) != 6 {
					t.Errorf("%+v", got)
				}
				for name, want := range map[string]healthz.Finding{"database": c.database, "redis": c.redis, "queue": c.queue} {
					if got.Checks[name].Status != want.Status {
						t.Errorf("%s: %+v", name, got.Checks[name])
					}
				}
				if strings.Contains(string(a.body), "10.0.0.1") {
					t.Errorf("the world is told too much: %s", a.body)
				}
				if unhealthy := c.want == "unhealthy"; strings.Contains(b.log.String(), "10.0.0.1") != unhealthy {
					t.Errorf("the log says %q", b.log)
				}
			}
		})
	}

	t.Run("how long a look took is said, where it is known", func(t *testing.T) {
		t.Parallel()
		got := setup(t, healthz.Config{}, finds("database", true, ok)).get("/healthz").report(t, http.StatusOK)
		database, ical := got.Checks["database"], got.Checks["ical_sync"]
		if database.LatencyMS == nil || *database.LatencyMS != 1.5 || database.LastMinutes != nil || ical.LatencyMS != nil || ical.LastMinutes != nil {
			t.Errorf("%+v", got)
		}
	})
}

// TestHealthOfRealParts looks at a database and a Redis that are there, and then are not, the way the router does.
func TestHealthOfRealParts(t *testing.T) {
	t.Parallel()
	pool, err := postgres.Open(postgres.Config{URL: config.Secret(pgtest.NewDSN(t))}, 1, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	share := pool.Share(1)
	redis := miniredis.RunT(t)
	limits := limit.Config{RedisURL: config.Secret("redis://" + redis.Addr()), Enabled: true, Requests: 60, WindowSeconds: 60}
	limiter, err := limit.New(limits, time.Now, prometheus.NewRegistry(), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer limiter.Close()
	b := setupWith(t, healthz.Config{}, postgres.NewCalendars(share),
		healthz.Check{Name: "database", Vital: true, Look: func(ctx context.Context) healthz.Finding {
			begin := time.Now()
			err := share.Ping(ctx)
			return healthz.Timed(time.Since(begin), err)
		}},
		healthz.Check{Name: "redis", Look: func(ctx context.Context) healthz.Finding {
			found := limiter.Ping(ctx)
			if !found.Up {
				return healthz.Timed(found.Latency, errors.New(found.Problem))
			}
			return healthz.Timed(found.Latency, nil)
		}},
	)
	if got := b.get("/healthz").report(t, http.StatusOK); got.Status != "healthy" || got.Checks["redis"].Status != "ok" || got.Checks["ical_sync"].Status != "off" {
		t.Errorf("%+v", got)
	}
	if _, err := pool.Raw().Exec(t.Context(), `
		with a as (insert into accommodations (name, type, capacity, base_price) values ('Bosque', 'cabin', 4, 1) returning id)
		insert into calendar_feeds (accommodation_id, source, url, token, last_success_at, created_at)
		select id, 'airbnb', 'https://example.com/secret', md5('x'), $1::timestamptz, $1::timestamptz from a`, noon.Add(-12*time.Minute)); err != nil {
		t.Fatal(err)
	}
	b.clock.move(time.Second)
	a := b.get("/healthz")
	if ical := a.report(t, http.StatusOK).Checks["ical_sync"]; ical.Status != "ok" || ical.LastMinutes == nil || *ical.LastMinutes != 12+1.0/60 || strings.Contains(string(a.body), "secret") {
		t.Errorf("%s", a.body)
	}
	if metrics := string(b.get("/metrics").body); !strings.Contains(metrics, `ical_sync_age_minutes{accommodation_id="1"} 12.01`) {
		t.Error("the metrics do not tell the age of the feed")
	}
	redis.Close()
	b.clock.move(time.Second)
	if got := b.get("/healthz").report(t, http.StatusOK); got.Status != "degraded" || got.Checks["redis"].Status != "error" || got.Checks["database"].Status != "ok" || got.Checks["ical_sync"].Status != "ok" {
		t.Errorf("without Redis: %+v", got)
	}
	pool.Close()
	b.clock.move(time.Second)
	if got := b.get("/healthz").report(t, http.StatusServiceUnavailable); got.Status != "unhealthy" || got.Checks["database"].Status != "error" || got.Checks["ical_sync"].Status != "error" {
		t.Errorf("without a database: %+v", got)
	}
}

// TestDatabaseThatNobodyAnswersFor knocks at a port where nothing listens any more.
func TestDatabaseThatNobodyAnswersFor(t *testing.T) {
	t.Parallel()
	var listen net.ListenConfig
	gone, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	pool, err := postgres.Open(postgres.Config{URL: config.Secret("postgres://someone:hunter2@" + gone.Addr().String() + "/secretname")}, 1, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	share := pool.Share(1)
	b := setup(t, healthz.Config{}, healthz.Check{Name: "database", Vital: true, Look: func(ctx context.Context) healthz.Finding {
		begin := time.Now()
		err := share.Ping(ctx)
		return healthz.Timed(time.Since(begin), err)
	}})
	a := b.get("/healthz")
	if got := a.report(t, http.StatusServiceUnavailable); got.Status != "unhealthy" || got.Checks["database"].LatencyMS == nil {
		t.Errorf("%+v", got)
	}
	for _, secret := range []string{"hunter2", "someone", "secretname"} {
		if strings.Contains(string(a.body)+b.log.String(), secret) {
			t.Errorf("%s is told:\n%s\n%s", secret, a.body, b.log)
		}
	}
	if !strings.Contains(b.log.String(), "unavailable") {
		t.Errorf("the log does not say why: %s", b.log)
	}
}

// TestOneLookServesAll runs in a bubble, in which it is known when everybody waits.
func TestOneLookServesAll(t *testing.T) {
	t.Parallel()

	t.Run("two hundred who ask at once cost one look a second", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var looks atomic.Int32
			hold := make(chan struct{})
			b := setup(t, healthz.Config{}, healthz.Check{Name: "database", Vital: true, Look: func(context.Context) healthz.Finding {
				looks.Add(1)
				<-hold
				return healthz.Finding{Status: healthz.OK}
			}})
			// crowd asks two hundred times at once and expects so many looks since the test began.
			crowd := func(want int32) {
				t.Helper()
				answers := make([]answer, 200)
				var clients sync.WaitGroup
				for i := range answers {
					clients.Go(func() { answers[i] = b.get("/healthz") })
				}
				synctest.Wait()
				if n := looks.Load(); n != want {
					t.Errorf("%d looks, want %d", n, want)
				}
				select {
				case <-hold:
				default:
					close(hold)
				}
				clients.Wait()
				for _, a := range answers {
					a.report(t, http.StatusOK)
				}
			}
			crowd(1)
			b.clock.move(time.Second - 1)
			crowd(1)
			b.clock.move(1)
			hold = make(chan struct{})
			crowd(2)
		})
	})

	t.Run("who waits for a look and hangs up is let go, and the look goes on without whoever began it", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			hold := make(chan struct{})
			b := setup(t, healthz.Config{}, healthz.Check{Name: "database", Vital: true, Look: func(ctx context.Context) healthz.Finding {
				select {
				case <-hold:
					return healthz.Finding{Status: healthz.OK}
				case <-ctx.Done():
					return healthz.Finding{Status: healthz.Error}
				}
			}})
			impatient, hangUp := context.WithCancel(t.Context())
			first, second := make(chan int, 1), make(chan int, 1)
			go func() { first <- b.as(impatient, "/healthz").status }()
			synctest.Wait()
			go func() { second <- b.as(impatient, "/healthz").status }()
			var patient answer
			var clients sync.WaitGroup
			clients.Go(func() { patient = b.get("/healthz") })
			synctest.Wait()
			hangUp()
			if status := <-second; status != 499 {
				t.Errorf("%d", status)
			}
			close(hold)
			clients.Wait()
			if got := patient.report(t, http.StatusOK); got.Status != "healthy" {
				t.Errorf("%+v", got)
			}
			<-first
		})
	})

	t.Run("readiness does not queue up behind health", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			hold := make(chan struct{})
			b := setup(t, healthz.Config{}, healthz.Check{Name: "database", Vital: true, Look: func(context.Context) healthz.Finding {
				<-hold
				return healthz.Finding{Status: healthz.OK}
			}})
			var clients sync.WaitGroup
			for range 300 {
				clients.Go(func() { b.get("/healthz") })
			}
			synctest.Wait()
			if a := b.get("/readyz"); a.status != http.StatusOK {
				t.Errorf("%d %s", a.status, a.body)
			}
			close(hold)
			clients.Wait()
		})
	})
}

func TestChecksThatMisbehave(t *testing.T) {
	t.Parallel()

	t.Run("a check that hangs is given up after two seconds, and not begun again until it is back", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var looks atomic.Int32
			hold := make(chan struct{})
			b := setup(t, healthz.Config{},
				healthz.Check{Name: "database", Vital: true, Look: func(context.Context) healthz.Finding { // deaf to its context
					looks.Add(1)
					<-hold
					return healthz.Finding{Status: healthz.OK}
				}},
				finds("redis", false, healthz.Finding{Status: healthz.OK}),
			)
			begin := time.Now()
			got := b.get("/healthz").report(t, http.StatusServiceUnavailable)
			if took := time.Since(begin); took != 2*time.Second || got.Checks["database"].Status != "error" || got.Checks["redis"].Status != "ok" {
				t.Errorf("after %s: %+v", took, got)
			}
			for range 3 {
				b.clock.move(time.Second)
				begin = time.Now()
				b.get("/healthz").report(t, http.StatusServiceUnavailable)
				if took := time.Since(begin); took != 0 || looks.Load() != 1 {
					t.Errorf("%s, %d looks", took, looks.Load())
				}
			}
			close(hold)
			synctest.Wait()
			b.clock.move(time.Second)
			if got := b.get("/healthz").report(t, http.StatusOK); got.Status != "healthy" || looks.Load() != 2 {
				t.Errorf("%+v, %d looks", got, looks.Load())
			}
		})
	})

	t.Run("a check that panics is in error, and the process lives", func(t *testing.T) {
		t.Parallel()
		b := setup(t, healthz.Config{}, healthz.Check{Name: "database", Vital: true, Look: func(context.Context) healthz.Finding { panic("hunter2") }})
		a := b.get("/healthz")
		if got := a.report(t, http.StatusServiceUnavailable); got.Checks["database"].Status != "error" {
			t.Errorf("%+v", got)
		}
		if log := b.log.String(); strings.Contains(log+string(a.body), "hunter2") || !strings.Contains(log, "panic with a string") {
			t.Errorf("the log says %s", log)
		}
	})
}

func TestReady(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/readyz", "/api/v1/readyz"} {
		b := setup(t, healthz.Config{}, healthz.Check{Name: "database", Vital: true, Look: func(context.Context) healthz.Finding {
			t.Error("readiness looked at the database")
			return healthz.Finding{}
		}})
		if a := b.get(path); a.status != http.StatusOK || string(a.body) != `{"status":"ready"}`+"\n" {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
		if log := b.log.String(); log != "" {
			t.Errorf("a probe left a line: %s", log)
		}
		b.draining.Store(true)
		b.get(path).refusal(t, http.StatusServiceUnavailable, "draining")
		if log := b.log.String(); !strings.Contains(log, "draining") {
			t.Errorf("the log says %q", log)
		}
	}
}
