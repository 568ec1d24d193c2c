// Package limit counts requests per client in fixed windows: in Redis, where all machines share the count, or in this
// process when there is no Redis or it is down. A lost Redis costs accuracy, never a request.
//
// Every Redis command is billed, so a request costs at most two, one after a client's first in a window, and none once
// the client is over its limit: that is remembered here until the window ends.
package limit

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/shared/config"
)

// Config says how many requests a client has per window, and where they are counted.
type Config struct {
	// RedisURL is where all machines count together; empty = each counts on its own, which is right for a single machine.
	RedisURL config.Secret `envconfig:"REDIS_URL" validate:"omitempty,url,startswith=redis://|startswith=rediss://"`
	// Enabled turns the limiter off for a load test.
	Enabled bool `envconfig:"RATE_LIMIT_ENABLED" default:"true"`
	// Requests is how many a client may make in one window.
	Requests int `envconfig:"RATE_LIMIT_REQUESTS" default:"60" validate:"min=1,max=100000"`
	// WindowSeconds is how long a window is. Windows are the same for every client, so that machines need not agree on a start.
	WindowSeconds int `envconfig:"RATE_LIMIT_WINDOW_SECONDS" default:"60" validate:"min=1,max=86400"`
}

// Check reports an address of Redis that cannot be one.
func (c Config) Check() config.Problems {
	if c.RedisURL == "" {
		return nil
	}
	if _, err := redis.ParseURL(c.RedisURL.Reveal()); err != nil {
		return config.Problems{{Variable: "REDIS_URL", Message: "is not a usable Redis URL"}}
	}
	return nil
}

// Decision is the answer to one request, with what the RateLimit-* and Retry-After headers say.
type Decision struct {
	Allowed   bool
	Limit     int           // requests per window; 0 when the limiter is off, and there is nothing to say
	Remaining int           // what is left in this window
	Reset     time.Duration // until the window ends
}

// Limiter decides who has asked too often. It is safe for concurrent use and holds no goroutine of its own.
type Limiter struct {
	enabled bool
	limit   int
	window  time.Duration
	now     func() time.Time
	log     zerolog.Logger
	memory  *memory
	remote  *remote // nil without Redis
	outcome outcomes
}

// New builds a limiter. It connects to nothing: the first limited request does.
func New(c Config, now func() time.Time, metrics prometheus.Registerer, log zerolog.Logger) (*Limiter, error) {
	l := &Limiter{
		enabled: c.Enabled,
		limit:   c.Requests,
		window:  time.Duration(c.WindowSeconds) * time.Second,
		now:     now,
		log:     log,
		memory:  newMemory(maxClients),
	}
	latency := newLatency()
	if err := metrics.Register(latency); err != nil {
		return nil, err
	}
	var err error
	if l.outcome, err = registerOutcomes(metrics); err != nil {
		return nil, err
	}
	if c.RedisURL != "" {
		if l.remote, err = newRemote(c.RedisURL, l.window, now(), latency); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// Allow counts one request of a client and says whether it may go on. The client is whatever identifies it, usually an
// address; it is never stored as it is.
func (l *Limiter) Allow(ctx context.Context, client string) Decision {
	if !l.enabled {
		return Decision{Allowed: true}
	}
	now := l.now()
	at := now.UnixNano() / int64(l.window)
	reset := time.Duration((at+1)*int64(l.window) - now.UnixNano())
	decide := func(count int, allowed bool) Decision {
		return Decision{Allowed: allowed, Limit: l.limit, Remaining: max(0, l.limit-count), Reset: reset}
	}

	id := l.memory.id(client)
	if l.remote == nil {
		count, ok := l.memory.take(at, id, l.limit)
		l.outcome.count(ok, false)
		return decide(count, ok)
	}

	known := l.memory.look(at, id)
	if known.count >= l.limit {
		l.outcome.count(false, l.remote.breaker.open(now))
		return decide(known.count, false)
	}
	if count, ok := l.countRemotely(ctx, client, at, now, known.armed); ok {
		l.memory.learn(at, id, count)
		allowed := count <= l.limit
		l.outcome.count(allowed, false)
		return decide(count, allowed)
	}
	count, ok := l.memory.take(at, id, l.limit)
	l.outcome.count(ok, true)
	return decide(count, ok)
}

// countRemotely asks Redis, unless it is being left alone; false means count here instead. It logs when Redis goes and
// when it comes back, not each request in between.
func (l *Limiter) countRemotely(ctx context.Context, client string, window int64, now time.Time, armed bool) (int, bool) {
	if !l.remote.breaker.pass(now) {
		return 0, false
	}
	count, err := l.remote.increment(ctx, client, window, armed)
	if err != nil {
		if l.remote.breaker.fail(l.now()) {
			l.log.Warn().Str("error", l.remote.scrub(err)).Msg("rate limiter: Redis is not answering, counting in this process")
		}
		return 0, false
	}
	if l.remote.breaker.succeed() {
		l.log.Info().Msg("rate limiter: Redis is back")
	}
	return count, true
}

// Health is how Redis is, for the deep health check.
type Health struct {
	Configured bool
	Up         bool          // it answers, and the limiter is using it
	Latency    time.Duration // of one PING, which is not billed
	Problem    string        // why it is not up, for the log; never holds the password
}

// Ping asks Redis whether it is there. Over quota Redis still answers a PING, so a limiter that has just fallen back is not up either.
func (l *Limiter) Ping(ctx context.Context) Health {
	if l.remote == nil {
		return Health{}
	}
	latency, err := l.remote.ping(ctx)
	health := Health{Configured: true, Latency: latency}
	switch {
	case err != nil:
		health.Problem = l.remote.scrub(err)
	case l.remote.breaker.open(l.now()):
		health.Problem = "commands fail although PING is answered"
	default:
		health.Up = true
	}
	return health
}

// Close lets go of Redis. A closed limiter still answers, counting in this process.
func (l *Limiter) Close() error {
	if l.remote == nil {
		return nil
	}
	return l.remote.close()
}
