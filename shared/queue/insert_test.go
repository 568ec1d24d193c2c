package queue_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
	"github.com/eevans-d/sist-cabanas/shared/queue"
)

type onceOnly struct {
	ID  int `json:"id"`
	Key string
}

func (onceOnly) Kind() string { return "once_only" }

func (j onceOnly) UniqueKey() string { return j.Key }

type later struct {
	At time.Time `json:"-"`
}

func (later) Kind() string { return "later" }

func (j later) RunAt() time.Time { return j.At }

func TestAJobLivesAndDiesWithItsTransaction(t *testing.T) {
	t.Parallel()
	worked := make(chan message, 10)
	b := started(t, pgtest.New(t), queue.Consume("deliver", 1, time.Second, func(_ context.Context, m message) error {
		worked <- m
		return nil
	}))

	tx := b.begin(t)
	b.insert(t, tx, message{ID: 1})
	must(t, tx.Rollback(t.Context()))
	if got := b.states(t, "message"); got != "" {
		t.Errorf("after the rollback there are jobs: %s", got)
	}
	b.enqueue(t, message{ID: 2})
	if got := receive(t, worked); got.ID != 2 {
		t.Errorf("worked %+v, want the second", got)
	}
	eventually(t, "completed 1", func() string { return b.states(t, "message") })
}

func TestAJobOfAKindThatNobodyConsumesIsRefused(t *testing.T) {
	t.Parallel()
	b := opened(t, pgtest.New(t), queue.Declare[message]("deliver", time.Second))
	err := pgx.BeginFunc(t.Context(), b.pool, func(tx pgx.Tx) error { return b.Insert(t.Context(), tx, payment{ID: 1}) })
	if err == nil || !strings.Contains(err.Error(), "payment") {
		t.Errorf("got %v, want a refusal that names the kind", err)
	}
}

func TestAProcessThatConsumesNothingEnqueuesForOneThatDoes(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	front := started(t, pool, queue.Declare[message]("deliver", time.Second))
	front.enqueue(t, message{ID: 1}) // before anybody consumes

	worked := make(chan int, 10)
	started(t, pool, queue.Consume("deliver", 1, time.Second, func(_ context.Context, m message) error {
		worked <- m.ID
		return nil
	}))
	if got := receive(t, worked); got != 1 {
		t.Errorf("worked %d, want 1", got)
	}
	front.enqueue(t, message{ID: 2})
	if got := receive(t, worked); got != 2 {
		t.Errorf("worked %d, want 2", got)
	}
}

func TestInsertedJobsAreTriedForAboutADay(t *testing.T) {
	t.Parallel()
	b := opened(t, pgtest.New(t), queue.Declare[message]("deliver", time.Second))
	b.enqueue(t, message{ID: 1})
	var most int
	if err := b.pool.QueryRow(t.Context(), "select max_attempts from river_job").Scan(&most); err != nil {
		t.Fatal(err)
	}
	var total time.Duration
	for failures := 1; failures < most; failures++ {
		total += queue.Backoff(failures)
	}
	if total < 20*time.Hour || total > 28*time.Hour {
		t.Errorf("%d attempts take %s", most, total)
	}
}

func TestAJobThatCommitsAfterALaterOneIsFoundWithoutWaitingForThePoll(t *testing.T) {
	t.Parallel()
	worked := make(chan int, 2)
	b := openedWith(t, pgtest.New(t), queue.Options{}, queue.Consume("deliver", 2, time.Second, func(_ context.Context, m message) error {
		worked <- m.ID
		return nil
	}))
	b.start(t)

	first, second := b.begin(t), b.begin(t)
	for _, tx := range []pgx.Tx{first, second} { // so that both connections know the statements, and the rest is quick
		attempt, err := tx.Begin(t.Context())
		must(t, err)
		b.insert(t, attempt, message{ID: 0})
		must(t, attempt.Rollback(t.Context()))
		time.Sleep(20 * time.Millisecond)
	}
	b.insert(t, first, message{ID: 1})
	time.Sleep(2 * time.Millisecond)
	b.insert(t, second, message{ID: 2})

	must(t, first.Commit(t.Context()))
	receive(t, worked)
	time.Sleep(50 * time.Millisecond) // the look that the first one's notification caused is over
	committed := time.Now()
	must(t, second.Commit(t.Context()))
	receive(t, worked)
	if took := time.Since(committed); took > time.Second {
		t.Errorf("the second waited for %s", took)
	}
}

func TestAUniqueJobExistsOnce(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	b := started(t, pgtest.New(t), queue.Consume("converse", 4, time.Second, func(context.Context, onceOnly) error {
		calls.Add(1)
		return nil
	}))
	b.enqueue(t, onceOnly{ID: 1, Key: "wamid.1"}, onceOnly{ID: 2, Key: "wamid.1"}, onceOnly{ID: 3, Key: "wamid.2"})
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() { b.enqueue(t, onceOnly{ID: 10 + i, Key: "wamid.3"}) })
	}
	wait.Wait()
	eventually(t, "completed 3", func() string { return b.states(t, "once_only") })
	b.enqueue(t, onceOnly{ID: 4, Key: "wamid.1"}) // done, but not forgotten
	if got := b.states(t, "once_only"); got != "completed 3" || calls.Load() != 3 {
		t.Errorf("%s after %d calls, want 3 jobs worked once", got, calls.Load())
	}
}

func TestAScheduledJobWaitsForItsTime(t *testing.T) {
	t.Parallel()
	worked := make(chan time.Time, 10)
	b := started(t, pgtest.New(t), queue.Consume("remind", 1, time.Second, func(context.Context, later) error {
		worked <- time.Now()
		return nil
	}))
	begin := time.Now()
	b.enqueue(t, later{At: begin.Add(-time.Hour)})
	if at := receive(t, worked); at.Sub(begin) > 2*time.Second {
		t.Errorf("a job whose time had come waited for %s", at.Sub(begin))
	}
	due := time.Now().Add(1500 * time.Millisecond)
	b.enqueue(t, later{At: due}, later{At: due.Add(time.Hour)})
	if at := receive(t, worked); at.Before(due) {
		t.Errorf("worked %s too early", due.Sub(at))
	}
	eventually(t, "completed 2, scheduled 1", func() string { return b.states(t, "later") })
}

// TestWhatCountsForAScheduledJobIsHowLongItIsUntilThen: whoever schedules may go by another clock than the computer's.
func TestWhatCountsForAScheduledJobIsHowLongItIsUntilThen(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{1000 * 24 * time.Hour, -1000 * 24 * time.Hour} {
		now := func() time.Time { return time.Now().Add(ahead) }
		b := openedWith(t, pgtest.New(t), queue.Options{Now: now}, queue.Declare[later]("remind", time.Second))
		b.enqueue(t, later{At: now().Add(-time.Second)}, later{At: now().Add(time.Hour)})
		must(t, b.Enqueue(t.Context(), later{At: now().Add(time.Hour)}))
		rows, err := b.pool.Query(t.Context(), "select state::text, scheduled_at from river_job order by id")
		must(t, err)
		jobs, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct {
			State string
			At    time.Time
		}])
		must(t, err)
		for n, want := range []string{"available", "scheduled", "scheduled"} {
			wait := time.Until(jobs[n].At)
			if jobs[n].State != want || want == "scheduled" && (wait < 50*time.Minute || wait > time.Hour) || want == "available" && wait > 0 {
				t.Errorf("a clock that is %s ahead: job %d is %s and waits for %s", ahead, n, jobs[n].State, wait)
			}
		}
	}
}

// BenchmarkInsertToWork is the latency of a job, from the start of its transaction to its work, on a queue that is not busy.
func BenchmarkInsertToWork(b *testing.B) {
	worked := make(chan struct{}, 1)
	q := started(b, pgtest.New(b), queue.Consume("deliver", 10, time.Second, func(context.Context, message) error {
		worked <- struct{}{}
		return nil
	}))
	b.ResetTimer()
	for range b.N {
		b.StopTimer()
		time.Sleep(20 * time.Millisecond)
		b.StartTimer()
		q.enqueue(b, message{ID: 1})
		<-worked
	}
}

// BenchmarkThroughput is the time per job when many wait, until the last is worked.
func BenchmarkThroughput(b *testing.B) {
	var wait sync.WaitGroup
	q := started(b, pgtest.New(b), queue.Consume("deliver", 10, time.Second, func(context.Context, message) error {
		wait.Done()
		return nil
	}))
	b.ResetTimer()
	for range b.N {
		wait.Add(1)
		q.enqueue(b, message{ID: 1})
	}
	wait.Wait()
}
