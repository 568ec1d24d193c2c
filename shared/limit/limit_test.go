package limit_test

import (
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-playground/validator/v10"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/limit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a time that tests move by hand; it starts at the beginning of a one-minute window.
type clock struct{ since atomic.Int64 }

func (c *clock) now() time.Time {
	return time.Unix(1_765_000_020, 0).Add(time.Duration(c.since.Load()))
}
func (c *clock) move(d time.Duration) { c.since.Add(int64(d)) }

// bundle is a limiter with everything that can be seen of it from outside.
type bundle struct {
	*limit.Limiter
	clock    *clock
	log      *logged
	registry *prometheus.Registry
}

type logged struct {
	mu   sync.Mutex
	text []byte
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	return len(p), nil
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// setup makes a limiter of 5 requests a minute, whose clock stands still.
func setup(t testing.TB, change ...func(*limit.Config)) bundle {
	t.Helper()
	b := bundle{clock: &clock{}, log: &logged{}, registry: prometheus.NewRegistry()}
	c := limit.Config{Enabled: true, Requests: 5, WindowSeconds: 60}
	for _, f := range change {
		f(&c)
	}
	var err error
	b.Limiter, err = limit.New(c, b.clock.now, b.registry, zerolog.New(b.log))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// outcomes reads rate_limit_requests_total.
func (b bundle) outcomes(t *testing.T) map[string]int {
	t.Helper()
	families, err := b.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, family := range families {
		if family.GetName() == "rate_limit_requests_total" {
			for _, m := range family.GetMetric() {
				counts[m.GetLabel()[0].GetValue()] = int(m.GetCounter().GetValue())
			}
		}
	}
	return counts
}

// allowed makes n requests and returns how many were allowed.
func (b bundle) allowed(t *testing.T, client string, n int) int {
	t.Helper()
	count := 0
	for range n {
		if b.Allow(t.Context(), client).Allowed {
			count++
		}
	}
	return count
}

func TestAClientHasExactlyItsRequestsPerWindow(t *testing.T) {
	t.Parallel()
	b := setup(t)

	if got := b.allowed(t, "203.0.113.7", 20); got != 5 {
		t.Errorf("%d requests allowed, want 5", got)
	}
	if got := b.allowed(t, "203.0.113.8", 20); got != 5 {
		t.Errorf("%d requests of another client allowed, want 5", got)
	}
	b.clock.move(60 * time.Second)
	if got := b.allowed(t, "203.0.113.7", 20); got != 5 {
		t.Errorf("%d requests allowed in the next window, want 5", got)
	}
	want := map[string]int{"allowed": 15, "limited": 45, "fallback_allowed": 0, "fallback_limited": 0}
	if got := b.outcomes(t); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("outcomes %v, want %v", got, want)
	}
}

func TestADecisionSaysWhatTheHeadersNeed(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *limit.Config) { c.Requests = 2 })
	b.clock.move(45 * time.Second)

	for _, want := range []limit.Decision{
		{Allowed: true, Limit: 2, Remaining: 1, Reset: 15 * time.Second},
		{Allowed: true, Limit: 2, Remaining: 0, Reset: 15 * time.Second},
		{Allowed: false, Limit: 2, Remaining: 0, Reset: 15 * time.Second},
	} {
		if got := b.Allow(t.Context(), "a"); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	b.clock.move(15 * time.Second)
	want := limit.Decision{Allowed: true, Limit: 2, Remaining: 1, Reset: 60 * time.Second}
	if got := b.Allow(t.Context(), "a"); got != want {
		t.Errorf("at the first instant of a window: got %+v, want %+v", got, want)
	}
}

func TestEveryOutcomeIsThereBeforeTheFirstRequest(t *testing.T) {
	t.Parallel()
	want := map[string]int{"allowed": 0, "limited": 0, "fallback_allowed": 0, "fallback_limited": 0}
	if got := setup(t).outcomes(t); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("outcomes %v, want %v", got, want)
	}
}

func TestALimiterThatIsOffAllowsEverythingAndSaysNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *limit.Config) { c.Enabled = false })
	for range 100 {
		if got := b.Allow(t.Context(), "a"); got != (limit.Decision{Allowed: true}) {
			t.Fatalf("got %+v", got)
		}
	}
}

func TestManyAtOnceGetNoMoreThanTheLimit(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *limit.Config) { c.Requests = 60 })
	if got := together(t, 16, 50, b.Limiter); got != 60 {
		t.Errorf("%d requests allowed, want 60", got)
	}
}

// together lets many goroutines ask each limiter for the same client and returns how many requests were allowed.
func together(t *testing.T, goroutines, each int, limiters ...*limit.Limiter) int {
	t.Helper()
	var allowed atomic.Int64
	var wait sync.WaitGroup
	for i := range goroutines {
		wait.Go(func() {
			for range each {
				if limiters[i%len(limiters)].Allow(t.Context(), "203.0.113.7").Allowed {
					allowed.Add(1)
				}
			}
		})
	}
	wait.Wait()
	return int(allowed.Load())
}

func TestAClockSetBackDoesNotLockAClientOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.allowed(t, "a", 6)
	b.clock.move(-time.Hour)
	if got := b.allowed(t, "a", 6); got != 5 {
		t.Errorf("%d requests allowed after the clock was set back, want 5", got)
	}
}

func TestAFloodOfAddressesIsLimitedInBoundedMemory(t *testing.T) {
	t.Parallel()
	b := setup(t)
	early := b.allowed(t, "early", 3)

	before := heap()
	allowed := 0
	const flood = 1_000_000
	for i := range flood {
		if b.Allow(t.Context(), strconv.Itoa(i)).Allowed {
			allowed++
		}
	}
	if grown := int64(heap()) - int64(before); grown > 8<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	// 20,000 are told apart, all others share 4,096 counters of 5 requests.
	if most := 20_000 + 4096*5; allowed > most || allowed < 20_000 {
		t.Errorf("%d of %d addresses passed, want between 20000 and %d", allowed, flood, most)
	}
	if early += b.allowed(t, "early", 10); early != 5 {
		t.Errorf("a client from before the flood had %d requests, want 5", early)
	}
	b.clock.move(time.Minute)
	if got := b.allowed(t, "late", 10); got != 5 {
		t.Errorf("a client after the flood has %d requests, want 5", got)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestTheLimiterAgreesWithAPlainCount(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := &clock{}
		requests := rapid.IntRange(1, 4).Draw(t, "requests")
		seconds := rapid.IntRange(1, 10).Draw(t, "seconds")
		l, err := limit.New(limit.Config{Enabled: true, Requests: requests, WindowSeconds: seconds},
			c.now, prometheus.NewRegistry(), zerolog.Nop())
		if err != nil {
			t.Fatal(err)
		}
		counts := map[string]int{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			c.move(time.Duration(rapid.IntRange(0, 3000).Draw(t, "ms")) * time.Millisecond)
			client := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "client")
			key := client + strconv.FormatInt(c.now().Unix()/int64(seconds), 10)
			counts[key]++
			got := l.Allow(t.Context(), client)
			if got.Allowed != (counts[key] <= requests) || got.Remaining != max(0, requests-counts[key]) {
				t.Fatalf("request %d of %d: %+v", counts[key], requests, got)
			}
			if got.Reset <= 0 || got.Reset > time.Duration(seconds)*time.Second {
				t.Fatalf("the window of %d s ends in %s", seconds, got.Reset)
			}
		}
	})
}

func TestTheConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	validate := validator.New()
	good := limit.Config{Enabled: true, Requests: 60, WindowSeconds: 60}
	for name, c := range map[string]struct {
		change func(*limit.Config)
		ok     bool
	}{
		"no Redis":            {func(*limit.Config) {}, true},
		"redis":               {func(c *limit.Config) { c.RedisURL = "redis://localhost:6379/2" }, true},
		"rediss":              {func(c *limit.Config) { c.RedisURL = "rediss://default:pw@eu1-x.upstash.io:6379" }, true},
		"IPv6":                {func(c *limit.Config) { c.RedisURL = "redis://default:pw@[fdaa::3]:6379" }, true},
		"another scheme":      {func(c *limit.Config) { c.RedisURL = "https://eu1-x.upstash.io" }, false},
		"no scheme":           {func(c *limit.Config) { c.RedisURL = "localhost:6379" }, false},
		"a port that is none": {func(c *limit.Config) { c.RedisURL = "redis://:a/b@host:6379" }, false},
		"no requests":         {func(c *limit.Config) { c.Requests = 0 }, false},
		"too many requests":   {func(c *limit.Config) { c.Requests = 100_001 }, false},
		"no window":           {func(c *limit.Config) { c.WindowSeconds = 0 }, false},
		"two days":            {func(c *limit.Config) { c.WindowSeconds = 172_800 }, false},
	} {
		config := good
		c.change(&config)
		if err := validate.Struct(config); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnAddressThatCannotBeReadIsRefusedWithoutRepeatingIt(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"redis://:hunter2/@host:x", "redis://:hunter2@host:6379/hunter2", "hunter2"} {
		_, err := limit.New(limit.Config{Enabled: true, Requests: 1, WindowSeconds: 1, RedisURL: config.Secret(address)},
			time.Now, prometheus.NewRegistry(), zerolog.Nop())
		if err == nil {
			t.Fatalf("%q was accepted", address)
		}
		mustNotShow(t, err.Error(), "hunter2")
	}
}

func BenchmarkAllowInProcess(b *testing.B) {
	l := setup(b, func(c *limit.Config) { c.Requests = 1 << 30 })
	for b.Loop() {
		l.Allow(b.Context(), "2001:db8:85a3::/64")
	}
}

func BenchmarkAllowInProcessManyClients(b *testing.B) {
	l := setup(b)
	clients := make([]string, 8192)
	for i := range clients {
		clients[i] = fmt.Sprintf("203.0.%d.%d", i/256, i%256)
	}
	b.RunParallel(func(p *testing.PB) {
		for i := 0; p.Next(); i++ {
			l.Allow(b.Context(), clients[i%len(clients)])
		}
	})
}
