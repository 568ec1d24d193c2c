package limit

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/eevans-d/sist-cabanas/shared/config"
)

const (
	// patience is what a request may wait for Redis, whatever it is doing: connecting, queueing for a connection or answering.
	patience = 100 * time.Millisecond
	// pingPatience is longer, so that a health check that has to connect first does not call a distant Redis dead.
	pingPatience = 500 * time.Millisecond
	// dialPatience bounds connecting, which goes on behind a request that no longer waits for it and serves a later one.
	dialPatience = time.Second
	// pause is how long Redis is left alone after a failure, so that not every request pays patience.
	pause = 3 * time.Second
	// skew is how much longer than its window a counter lives, because clocks differ between machines.
	skew = 10 * time.Second
)

var errAddress = errors.New("REDIS_URL must be an address such as rediss://default:password@host:6379")

// remote counts in Redis.
type remote struct {
	client   *redis.Client
	password string
	secret   []byte
	life     time.Duration
	latency  prometheus.Observer
	breaker  breaker
	closed   atomic.Bool
}

func newRemote(address config.Secret, window time.Duration, now time.Time, latency prometheus.Observer) (*remote, error) {
	options, err := redis.ParseURL(address.Reveal())
	if err != nil {
		return nil, errAddress // not err: it quotes the address, and with it the password
	}
	options.Protocol = 2           // nothing here needs what RESP3 pushes
	options.DisableIdentity = true // two commands per connection that tell nobody anything
	options.ContextTimeoutEnabled = true
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	options.PoolSize = 4
	options.PipelinePoolSize = -1 // its own pool would add ten connections of 256 KiB each
	options.ReadBufferSize, options.WriteBufferSize = 4096, 4096
	options.MinIdleConns = 0
	options.ConnMaxIdleTime = 4 * time.Minute // Upstash and the proxies in between hang up after five
	options.DialTimeout, options.DialerRetries = dialPatience, 1
	options.ReadTimeout, options.WriteTimeout, options.PoolTimeout = pingPatience, pingPatience, pingPatience
	options.MaxRetries = -1 // a retry would count twice, cost twice and wait twice

	redis.SetLogger(silent{})
	secret := sha256.Sum256([]byte("rate limit\n" + address.Reveal()))
	return &remote{
		client:   redis.NewClient(options),
		password: options.Password,
		secret:   secret[:],
		life:     window + skew,
		latency:  latency,
		breaker:  breaker{start: now},
	}, nil
}

// silent is go-redis's logger, which exists once per process: it would write unstructured lines to stderr for failures
// that come back as errors anyway.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// key names a client's counter of one window. Redis sees neither the address nor anything from which it could be found by
// trying all addresses: the name depends on the configured URL, and on the window, so that not even two windows can be linked.
func (r *remote) key(client string, window int64) string {
	mac := hmac.New(sha256.New, r.secret)
	var number [8]byte
	binary.BigEndian.PutUint64(number[:], uint64(window))
	mac.Write(number[:])
	mac.Write([]byte(client))
	return "limit:" + strconv.FormatInt(window, 36) + ":" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:12])
}

// increment adds one to a client's counter and returns it.
//
// The first time this process meets a client in a window it sends SET key 0 PX life NX and INCR together, afterwards INCR
// alone. INCR and then PEXPIRE when the answer is 1 costs the same (with m machines SET costs up to m-1 commands more per
// client and window), but needs a second round trip, and a crash between the two would leave a counter that never ends.
// So only a counter that vanished in mid-window (Redis restarted or evicted it) is given its end afterwards; what such a
// crash can leave behind is one short key per request that was under way, and Redis's eviction takes those.
func (r *remote) increment(ctx context.Context, client string, window int64, armed bool) (int, error) {
	// A client that hangs up must not look like a Redis that is down, so its cancellation stays out of this.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	start := time.Now()
	defer func() { r.latency.Observe(time.Since(start).Seconds()) }()

	key := r.key(client, window)
	if !armed {
		var count *redis.IntCmd
		_, err := r.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			p.Do(ctx, "set", key, 0, "px", r.life.Milliseconds(), "nx")
			count = p.Incr(ctx, key)
			return nil
		})
		if err != nil && !errors.Is(err, redis.Nil) { // Nil: another machine has set it
			return 0, err
		}
		return int(count.Val()), count.Err()
	}
	count, err := r.client.Incr(ctx, key).Result()
	if err == nil && count == 1 {
		err = r.client.PExpire(ctx, key, r.life).Err()
	}
	return int(count), err
}

func (r *remote) ping(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, pingPatience)
	defer cancel()
	start := time.Now()
	err := r.client.Ping(ctx).Err()
	return time.Since(start), err
}

// scrub is an error without the password: a server that is no Redis may answer AUTH by quoting it.
func (r *remote) scrub(err error) string {
	if r.password == "" {
		return err.Error()
	}
	return strings.ReplaceAll(err.Error(), r.password, "[secret]")
}

func (r *remote) close() error {
	if r.closed.Swap(true) {
		return nil
	}
	return r.client.Close()
}

// breaker leaves Redis alone for a pause after a failure; then one request tries, while the others still go round it.
type breaker struct {
	start time.Time    // times are durations since then: the monotonic clock survives a subtraction, not UnixNano
	until atomic.Int64 // 0 = all is well
}

// pass reports whether this request may try.
func (b *breaker) pass(now time.Time) bool {
	until := b.until.Load()
	return until == 0 || b.elapsed(now) >= until && b.until.CompareAndSwap(until, b.elapsed(now.Add(pause)))
}

// open reports whether requests go round Redis.
func (b *breaker) open(now time.Time) bool {
	until := b.until.Load()
	return until != 0 && b.elapsed(now) < until
}

// fail starts a pause and reports whether it is the first of an outage.
func (b *breaker) fail(now time.Time) bool { return b.until.Swap(b.elapsed(now.Add(pause))) == 0 }

// succeed ends an outage and reports whether there was one.
func (b *breaker) succeed() bool { return b.until.Load() != 0 && b.until.Swap(0) != 0 }

func (b *breaker) elapsed(now time.Time) int64 { return int64(now.Sub(b.start)) }
