package queue_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
	"github.com/eevans-d/sist-cabanas/shared/queue"
)

func TestAJobIsWorkedOnceWithWhatItCarries(t *testing.T) {
	t.Parallel()
	worked := make(chan message, 10)
	b := started(t, pgtest.New(t), queue.Consume("deliver", 4, time.Second, func(_ context.Context, m message) error {
		worked <- m
		return nil
	}))

	b.enqueue(t, message{ID: 7, Text: "hola ñandú"})
	if got, want := receive(t, worked), (message{ID: 7, Text: "hola ñandú"}); got != want {
		t.Errorf("worked %+v, want %+v", got, want)
	}
	eventually(t, "completed 1", func() string { return b.states(t, "message") })
	if len(worked) != 0 {
		t.Error("it was worked more than once")
	}
}

func TestAJobThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	attempts := make(chan time.Time, 10)
	ends := make(chan error, 10)
	c := queue.Consume("deliver", 1, time.Second, func(_ context.Context, m message) error {
		attempts <- time.Now()
		if len(attempts) == 1 {
			return fault.New(fault.Unavailable, "provider_down", "Come back later.").WithCause(errors.New("no route to +5491155443322"))
		}
		return nil
	})
	c.OnDone = func(err error) { ends <- err }
	b := started(t, pgtest.New(t), c)

	b.enqueue(t, message{ID: 1, Text: "llego a las 14 h"})
	eventually(t, "completed 1", func() string { return b.states(t, "message") })
	if wait := receive(t, attempts).Sub(receive(t, attempts)).Abs(); wait < 900*time.Millisecond || wait > 4*time.Second {
		t.Errorf("it was tried again after %s, want about a second", wait)
	}
	if first, second := receive(t, ends), receive(t, ends); first == nil || second != nil {
		t.Errorf("told of %v and %v, want a failure and a success", first, second)
	}
	line := b.log.String()
	for _, want := range []string{`"kind":"message"`, `"function":"deliver"`, `"job":1`, `"attempt":1`, `"reason":"provider_down"`} {
		if !strings.Contains(line, want) {
			t.Errorf("%s is missing in %s", want, line)
		}
	}
	for _, secret := range []string{"llego", "+549"} {
		if strings.Contains(line, secret) {
			t.Errorf("a guest's data is in the log: %s", line)
		}
	}
}

func TestAJobThatAlwaysFailsIsGivenUpInTheEnd(t *testing.T) {
	t.Parallel()
	b := started(t, pgtest.New(t), queue.Consume("deliver", 1, time.Second, never[message]))
	_, err := b.pool.Exec(t.Context(), // as Insert does, but with its last attempt ahead
		`insert into river_job (args, kind, max_attempts, attempt, queue) values ('{"id":1}', 'message', 100, 99, 'deliver')`)
	must(t, err)
	eventually(t, "discarded 1", func() string { return b.states(t, "message") })
	if line := b.log.String(); !strings.Contains(line, "job given up") || !strings.Contains(line, `"level":"error"`) {
		t.Errorf("the log does not say so: %s", line)
	}
}

func TestBackoffDoublesUpToAQuarterOfAnHour(t *testing.T) {
	t.Parallel()
	for failures, want := range map[int]time.Duration{
		0: time.Second, 1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 10: 512 * time.Second,
		11: 15 * time.Minute, 12: 15 * time.Minute, 64: 15 * time.Minute, 1000: 15 * time.Minute,
	} {
		if got := queue.Backoff(failures); got != want {
			t.Errorf("after %d failures %s, want %s", failures, got, want)
		}
	}
}

func TestAPanicIsAFailedAttemptAndNothingElse(t *testing.T) {
	t.Parallel()
	var panics, calls atomic.Int32
	c := queue.Consume("deliver", 1, time.Second, func(_ context.Context, m message) error {
		if calls.Add(1) == 1 {
			panic("the guest wrote: " + m.Text)
		}
		return nil
	})
	c.OnPanic = func() { panics.Add(1) }
	b := started(t, pgtest.New(t), c, queue.Consume("settle", 1, time.Second, func(context.Context, payment) error { return nil }))

	b.enqueue(t, message{ID: 1, Text: "clave 1234"})
	eventually(t, "completed 1", func() string { return b.states(t, "message") })
	b.enqueue(t, payment{ID: 1})
	eventually(t, "completed 1", func() string { return b.states(t, "payment") })
	if got := panics.Load(); got != 1 {
		t.Errorf("told of %d panics, want 1", got)
	}
	line := b.log.String()
	if !strings.Contains(line, `"reason":"panic"`) || !strings.Contains(line, "work_test.go") {
		t.Errorf("the log does not say where it panicked: %s", line)
	}
	if strings.Contains(line, "clave") {
		t.Errorf("a guest's text is in the log: %s", line)
	}
}

// stuck is a job that was running on a machine that died.
func stuck(t *testing.T, pool *pgxpool.Pool, kind, args string) {
	t.Helper()
	_, err := pool.Exec(t.Context(), `insert into river_job (args, kind, max_attempts, queue, state, attempt, attempted_at, attempted_by)
		values ($1, $2, 100, 'deliver', 'running', 1, clock_timestamp() - interval '2 minutes', '{gone}')`, args, kind)
	if err != nil {
		t.Fatal(err)
	}
}

func TestABacklogOfOneFunctionDelaysNoOther(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int32
	release := make(chan struct{})
	settled := make(chan int, 100)
	b := started(t, pgtest.New(t),
		queue.Consume("deliver", 3, time.Minute, func(context.Context, message) error {
			n := now.Add(1)
			defer now.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			<-release
			return nil
		}),
		queue.Consume("settle", 1, time.Minute, func(_ context.Context, p payment) error {
			settled <- p.ID
			return nil
		}),
	)
	for i := range 20 {
		b.enqueue(t, message{ID: i})
	}
	eventually(t, 3, func() int { return int(now.Load()) })
	for i := range 5 {
		b.enqueue(t, payment{ID: i})
		receive(t, settled)
	}
	close(release)
	eventually(t, "completed 20", func() string { return b.states(t, "message") })
	if got := most.Load(); got != 3 {
		t.Errorf("%d messages at once, want 3", got)
	}
}

func TestAJobThatTakesTooLongIsCancelledAndTriedAgain(t *testing.T) {
	t.Parallel()
	took := make(chan time.Duration, 10)
	var calls atomic.Int32
	b := started(t, pgtest.New(t), queue.Consume("deliver", 1, 200*time.Millisecond, func(ctx context.Context, _ message) error {
		if calls.Add(1) > 1 {
			return nil
		}
		start := time.Now()
		<-ctx.Done()
		took <- time.Since(start)
		return fmt.Errorf("send: %w", ctx.Err())
	}), queue.Declare[payment]("settle", time.Hour))

	b.enqueue(t, message{ID: 1})
	if got := receive(t, took); got < 150*time.Millisecond || got > 2*time.Second {
		t.Errorf("cancelled after %s, want 200 ms", got)
	}
	eventually(t, "completed 1", func() string { return b.states(t, "message") })
	if line := b.log.String(); !strings.Contains(line, `"reason":"timeout"`) {
		t.Errorf("log: %s", line)
	}
}

func TestProcessesShareTheWork(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	const jobs = 60
	var mu sync.Mutex
	worked := map[int][]int{}
	process := func(number int) bundle {
		return started(t, pool, queue.Consume("deliver", 2, time.Second, func(_ context.Context, m message) error {
			mu.Lock()
			worked[m.ID] = append(worked[m.ID], number)
			mu.Unlock()
			time.Sleep(20 * time.Millisecond)
			return nil
		}))
	}
	one := process(1)
	process(2)
	all := make([]queue.Job, jobs)
	for i := range all {
		all[i] = message{ID: i}
	}
	one.enqueue(t, all...)
	eventually(t, fmt.Sprint("completed ", jobs), func() string { return one.states(t, "message") })

	share := map[int]int{}
	for id, by := range worked {
		if len(by) != 1 {
			t.Errorf("job %d was worked by %v", id, by)
		}
		share[by[0]]++
	}
	if len(worked) != jobs || share[1] == 0 || share[2] == 0 {
		t.Errorf("%d jobs worked, shared %v", len(worked), share)
	}
}

func TestAJobWhoseMachineDiedIsPutBackEvenByAProcessThatDoesNotWorkItsKind(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	stuck(t, pool, "message", `{"id":1}`)
	b := started(t, pool, queue.Declare[message]("deliver", time.Second), queue.Consume("settle", 1, time.Second, never[payment]))
	eventually(t, true, func() bool {
		state := b.states(t, "message")
		return state == "retryable 1" || state == "available 1"
	})
}
