package limit_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/limit"
)

// redisServer is a real server speaking the protocol, which remembers the commands that would be billed.
type redisServer struct {
	*miniredis.Miniredis
	refuse atomic.Pointer[string] // answer to billed commands, when set, after thinking for a while

	mu     sync.Mutex
	billed []string
}

func newRedis(t testing.TB) *redisServer {
	t.Helper()
	s := &redisServer{Miniredis: miniredis.RunT(t)}
	s.watch()
	return s
}

func (s *redisServer) watch() {
	s.Server().SetPreHook(func(peer *server.Peer, command string, _ ...string) bool {
		if slices.Contains([]string{"HELLO", "AUTH", "PING"}, command) {
			return false
		}
		s.mu.Lock()
		s.billed = append(s.billed, command)
		s.mu.Unlock()
		if refusal := s.refuse.Load(); refusal != nil {
			time.Sleep(10 * time.Millisecond)
			peer.WriteError(*refusal)
			return true
		}
		return false
	})
}

// bill returns the commands since the last bill.
func (s *redisServer) bill() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	commands := strings.Join(s.billed, " ")
	s.billed = nil
	return commands
}

func at(address string) func(*limit.Config) {
	return func(c *limit.Config) { c.RedisURL = config.Secret("redis://" + address) }
}

func mustNotShow(t *testing.T, text, secret string) {
	t.Helper()
	if strings.Contains(text, secret) {
		t.Errorf("the secret shows in %q", text)
	}
}

func TestRedisIsNotTouchedBeforeTheFirstLimitedRequest(t *testing.T) {
	t.Parallel()
	s := newRedis(t)
	b := setup(t, at(s.Addr()))
	off := setup(t, at(s.Addr()), func(c *limit.Config) { c.Enabled = false })
	off.allowed(t, "a", 100)
	if n := s.TotalConnectionCount(); n != 0 {
		t.Errorf("%d connections before the first limited request", n)
	}
	b.allowed(t, "a", 1)
	if n := s.TotalConnectionCount(); n != 1 {
		t.Errorf("%d connections after it, want 1", n)
	}
}

func TestARequestCostsAtMostTwoCommandsAndNoneOnceOverTheLimit(t *testing.T) {
	t.Parallel()
	s := newRedis(t)
	b := setup(t, at(s.Addr()))

	for i, want := range []string{"SET INCR", "INCR", "INCR", "INCR", "INCR", "", ""} {
		if got := b.Allow(t.Context(), "a"); got.Allowed != (i < 5) || got.Remaining != max(0, 4-i) {
			t.Errorf("request %d: %+v", i+1, got)
		}
		if got := s.bill(); got != want {
			t.Errorf("request %d cost %q, want %q", i+1, got, want)
		}
	}
	b.clock.move(time.Minute)
	b.allowed(t, "a", 1)
	if got := s.bill(); got != "SET INCR" {
		t.Errorf("the first request of the next window cost %q", got)
	}
	another := setup(t, at(s.Addr()))
	if got := another.allowed(t, "a", 5); got != 0 {
		t.Errorf("another machine, still in the first window, allowed %d", got)
	}
	if got := s.bill(); got != "SET INCR" {
		t.Errorf("it learnt that with %q", got)
	}
}

func TestMachinesThatShareARedisShareTheLimit(t *testing.T) {
	t.Parallel()
	s := newRedis(t)
	sixty := func(c *limit.Config) { c.Requests = 60 }
	one, two := setup(t, at(s.Addr()), sixty), setup(t, at(s.Addr()), sixty)
	if got := together(t, 4, 50, one.Limiter, two.Limiter); got != 60 {
		t.Errorf("%d requests allowed, want 60", got)
	}
	for _, b := range []bundle{one, two} {
		if got := b.outcomes(t); got["fallback_allowed"]+got["fallback_limited"] != 0 {
			t.Errorf("Redis was there, but: %v", got)
		}
	}
}

func TestACounterEndsShortlyAfterItsWindowAndHidesItsClient(t *testing.T) {
	t.Parallel()
	s := newRedis(t)
	b := setup(t, at(s.Addr()))
	b.allowed(t, "203.0.113.7", 1)
	b.clock.move(time.Minute)
	b.allowed(t, "203.0.113.7", 1)

	keys := s.Keys()
	if len(keys) != 2 {
		t.Fatalf("keys %q, want one per window", keys)
	}
	for _, key := range keys {
		mustNotShow(t, key, "203.0.113.7")
		if ttl := s.TTL(key); ttl != 70*time.Second {
			t.Errorf("%s lives for %s, want 1m10s", key, ttl)
		}
	}
	_, first, _ := strings.Cut(strings.TrimPrefix(keys[0], "limit:"), ":")
	_, second, _ := strings.Cut(strings.TrimPrefix(keys[1], "limit:"), ":")
	if first == second || len(first) != 16 || len(second) != 16 {
		t.Errorf("the same client can be recognised across windows: %q", keys)
	}
	s.FastForward(71 * time.Second)
	if keys := s.Keys(); len(keys) != 0 {
		t.Errorf("left over: %q", keys)
	}
}

func TestACounterThatVanishedInMidWindowEndsToo(t *testing.T) {
	t.Parallel()
	s := newRedis(t)
	b := setup(t, at(s.Addr()))
	b.allowed(t, "a", 2)
	s.FlushAll()
	s.bill()
	if got := b.Allow(t.Context(), "a"); !got.Allowed {
		t.Errorf("got %+v", got)
	}
	if got := s.bill(); got != "INCR PEXPIRE" {
		t.Errorf("it cost %q", got)
	}
	if ttl := s.TTL(s.Keys()[0]); ttl != 70*time.Second {
		t.Errorf("the new counter lives for %s", ttl)
	}
}

func TestRedisDyingAndReturningCostsNoRequest(t *testing.T) {
	t.Parallel()
	s := newRedis(t)
	b := setup(t, at(s.Addr()))
	b.allowed(t, "a", 2)
	s.bill()

	s.Close()
	if got := b.allowed(t, "a", 20); got != 3 {
		t.Errorf("without Redis %d more were allowed, want the 3 that were left", got)
	}
	if got := b.allowed(t, "b", 20); got != 5 {
		t.Errorf("without Redis %d of another client were allowed, want 5", got)
	}
	want := map[string]int{"allowed": 2, "limited": 0, "fallback_allowed": 8, "fallback_limited": 32}
	if got := b.outcomes(t); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("outcomes %v, want %v", got, want)
	}

	b.clock.move(3 * time.Second) // it is tried again, in vain
	b.allowed(t, "c", 1)
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	s.watch()
	b.allowed(t, "c", 1)
	if got := s.bill(); got != "" {
		t.Errorf("Redis was asked %q before the pause was over", got)
	}
	b.clock.move(3 * time.Second)
	if got := b.allowed(t, "d", 20); got != 5 {
		t.Errorf("with Redis back %d were allowed, want 5", got)
	}
	if got := s.bill(); got != "SET INCR INCR INCR INCR INCR" {
		t.Errorf("Redis was asked %q after the pause", got)
	}
	if lost, back := strings.Count(b.log.String(), "not answering"), strings.Count(b.log.String(), "is back"); lost != 1 || back != 1 {
		t.Errorf("an outage should be one line at each end: %s", b.log)
	}
}

func TestWhileRedisIsDownOnlyOneRequestPerPauseTriesIt(t *testing.T) {
	t.Parallel()
	s := newRedis(t)
	b := setup(t, at(s.Addr()))
	refusal := "ERR max requests limit exceeded. Limit: 500000, Usage: 500000."
	s.refuse.Store(&refusal)

	b.allowed(t, "203.0.113.7", 50)
	if got := s.bill(); got != "SET INCR" {
		t.Errorf("50 requests cost %q", got)
	}
	b.clock.move(3 * time.Second)
	together(t, 50, 1, b.Limiter) // exhausted, so it needs no Redis to be refused
	if got := s.bill(); got != "" {
		t.Errorf("50 requests that are over the limit anyway cost %q", got)
	}
	var wait sync.WaitGroup
	for i := range 50 {
		wait.Go(func() { b.Allow(t.Context(), fmt.Sprint("client", i)) })
	}
	wait.Wait()
	if got := s.bill(); got != "SET INCR" {
		t.Errorf("50 requests at once after the pause cost %q", got)
	}
	if got := b.Ping(t.Context()); got.Up || got.Problem == "" {
		t.Errorf("over quota PING is answered, but nothing is counted: %+v", got)
	}
}

func TestAClientThatHangsUpDoesNotLookLikeALostRedis(t *testing.T) {
	t.Parallel()
	s := newRedis(t)
	b := setup(t, at(s.Addr()))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	b.Allow(gone, "a")
	if got := b.outcomes(t); got["allowed"] != 1 {
		t.Errorf("outcomes %v", got)
	}
}

// silence listens, accepts, and never says a word.
func silence(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	var conns []net.Conn
	wait.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conns = append(conns, conn)
		}
	})
	t.Cleanup(func() {
		l.Close()
		wait.Wait()
		for _, conn := range conns {
			conn.Close()
		}
	})
	return l.Addr().String()
}

func TestARedisThatNeverAnswersHoldsUpOneRequestForATenthOfASecond(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"redis://", "rediss://"} { // the first hangs after connecting, the second while connecting
		b := setup(t, func(c *limit.Config) { c.RedisURL = config.Secret(scheme + silence(t)) })
		start := time.Now()
		if got := b.Allow(t.Context(), "a"); !got.Allowed {
			t.Errorf("%s: got %+v", scheme, got)
		}
		if took := time.Since(start); took < 90*time.Millisecond || took > 800*time.Millisecond {
			t.Errorf("%s: the first request took %s", scheme, took)
		}
		start = time.Now()
		if got := b.allowed(t, "a", 1000); got != 4 {
			t.Errorf("%s: %d more were allowed, want 4", scheme, got)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("%s: a thousand requests after it took %s", scheme, took)
		}
		if got := b.Ping(t.Context()); got.Up || !got.Configured || got.Problem == "" {
			t.Errorf("%s: %+v", scheme, got)
		}
	}
}

func TestAWrongPasswordIsNeverShown(t *testing.T) {
	t.Parallel()
	s := newRedis(t)
	s.RequireUserAuth("default", "right")
	b := setup(t, at("default:hunter2@"+s.Addr()))
	if got := b.allowed(t, "a", 10); got != 5 {
		t.Errorf("%d allowed, want 5", got)
	}
	health := b.Ping(t.Context())
	if health.Up || health.Problem == "" {
		t.Errorf("got %+v", health)
	}
	if !strings.Contains(b.log.String(), "WRONGPASS") {
		t.Errorf("the log does not say what is wrong: %s", b.log)
	}
	mustNotShow(t, b.log.String()+health.Problem, "hunter2")
}

func TestAServerThatQuotesThePasswordDoesNotPutItInTheLog(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wait.Go(func() {
				defer conn.Close()
				for lines := bufio.NewScanner(conn); lines.Scan(); {
					if strings.HasPrefix(lines.Text(), "*") {
						fmt.Fprint(conn, "-ERR unknown command, with args beginning with: `hunter2`\r\n")
					}
				}
			})
		}
	})
	b := setup(t, at(":hunter2@"+l.Addr().String()))
	b.allowed(t, "a", 1)
	health := b.Ping(t.Context())
	if !strings.Contains(b.log.String(), "unknown command") || !strings.Contains(health.Problem, "unknown command") {
		t.Errorf("the server's answer is missing: %s, %+v", b.log, health)
	}
	mustNotShow(t, b.log.String()+health.Problem, "hunter2")
	b.Close()
	l.Close()
	wait.Wait()
}

func TestHealthKnowsWhetherRedisIsConfiguredAndUp(t *testing.T) {
	t.Parallel()
	if got := setup(t).Ping(t.Context()); got != (limit.Health{}) {
		t.Errorf("without Redis: %+v", got)
	}
	s := newRedis(t)
	b := setup(t, at(s.Addr()))
	if got := b.Ping(t.Context()); !got.Configured || !got.Up || got.Latency <= 0 || got.Problem != "" {
		t.Errorf("with Redis: %+v", got)
	}
	if got := s.bill(); got != "" {
		t.Errorf("a health check cost %q", got)
	}
	s.Close()
	if got := b.Ping(t.Context()); !got.Configured || got.Up || got.Problem == "" {
		t.Errorf("with Redis gone: %+v", got)
	}
}

func TestAClosedLimiterStillCounts(t *testing.T) {
	t.Parallel()
	s := newRedis(t)
	b := setup(t, at(s.Addr()))
	b.allowed(t, "a", 1)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if got := b.allowed(t, "a", 10); got != 4 {
		t.Errorf("%d more allowed, want 4", got)
	}
}

func BenchmarkAllowWithRedis(b *testing.B) {
	s := miniredis.RunT(b)
	l := setup(b, at(s.Addr()), func(c *limit.Config) { c.Requests = 1 << 30 })
	for b.Loop() {
		l.Allow(b.Context(), "203.0.113.7")
	}
}
