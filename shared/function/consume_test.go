package function_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
	"github.com/eevans-d/sist-cabanas/shared/queue"
)

type otherJob struct{}

func (otherJob) Kind() string { return "test_other_job" }

// jobs is the contract of a function that works jobs.
func jobs(name string) function.Spec {
	return function.Spec{Name: name, Summary: "for a test", Timeout: soon, Concurrency: 2}
}

// work starts to work the jobs of functions on a real Postgres, and returns what enqueues.
func (b *bundle) work(t *testing.T, functions ...function.Function) (insert func(...queue.Job)) {
	t.Helper()
	if err := function.Check(functions, noConfig); err != nil {
		t.Fatal(err)
	}
	var consumers []queue.Consumer
	for _, f := range functions {
		consumer, err := b.Consumer(t.Context(), f, noConfig)
		if err != nil {
			t.Fatal(err)
		}
		consumers = append(consumers, consumer)
	}
	pool := pgtest.New(t)
	q, err := queue.Open(pool, consumers, b.Log, queue.Options{Poll: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), soon)
		defer cancel()
		if err := q.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return func(jobs ...queue.Job) {
		t.Helper()
		if err := enqueue(t.Context(), pool, q, jobs); err != nil {
			t.Fatal(err)
		}
	}
}

func enqueue(ctx context.Context, pool *pgxpool.Pool, q *queue.Queue, jobs []queue.Job) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		for _, j := range jobs {
			if err := q.Insert(ctx, tx, j); err != nil {
				return err
			}
		}
		return nil
	})
}

// until waits for a metric: jobs are counted after they were worked.
func (b *bundle) until(t *testing.T, want float64, name string, labels ...string) {
	t.Helper()
	for end := time.Now().Add(soon); b.metric(t, name, labels...) != want; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s is %v, not %v", name, b.series(t, name), want)
		}
	}
}

func TestAFunctionWorksItsJobs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	worked := make(chan job, 1)
	insert := b.work(t, consumed(jobs("settle"), func(ctx context.Context, j job) error {
		if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > soon {
			t.Errorf("its deadline is %s", deadline)
		}
		worked <- j
		return nil
	}))
	insert(job{ID: 7})
	if got := wait(t, worked); got.ID != 7 {
		t.Errorf("got %+v", got)
	}
	b.until(t, 1, "jobs_total", "function", "settle", "outcome", "succeeded")
}

func TestAPanicOfAJobIsCountedAndTheJobTriedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var attempts atomic.Int64
	insert := b.work(t, consumed(jobs("settle"), func(context.Context, job) error {
		if attempts.Add(1) == 1 {
			panic("no bed for " + guest)
		}
		return nil
	}))
	if got := len(b.series(t, "function_panics_total")); got != 1 {
		t.Errorf("before the first panic there are %d counters", got)
	}
	insert(job{ID: 7})
	b.until(t, 1, "jobs_total", "function", "settle", "outcome", "succeeded")
	if b.metric(t, "function_panics_total", "function", "settle") != 1 || b.metric(t, "jobs_total", "outcome", "failed") != 1 {
		t.Errorf("counted as %v", b.series(t, "jobs_total"))
	}
	if log := b.log.String(); strings.Contains(log, "Ana") || !strings.Contains(log, "consume_test.go") {
		t.Errorf("the log tells the guest's data, or not where: %s", log)
	}
}

func TestAFunctionWorksAsManyJobsAtOnceAsItMayAndOthersGoOn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const all = 6
	var now, most atomic.Int64
	inside, release, other := make(chan struct{}, all), make(chan struct{}), make(chan struct{}, 1)
	insert := b.work(t,
		consumed(jobs("settle"), func(context.Context, job) error {
			n := now.Add(1)
			defer now.Add(-1)
			for seen := most.Load(); n > seen && !most.CompareAndSwap(seen, n); seen = most.Load() {
			}
			inside <- struct{}{}
			<-release
			return nil
		}),
		function.Consume(jobs("deliver"), func(context.Context, struct{}) (function.Worker[otherJob], error) {
			return func(context.Context, otherJob) error { other <- struct{}{}; return nil }, nil
		}),
	)
	for i := range all {
		insert(job{ID: i})
	}
	wait(t, inside)
	wait(t, inside)
	insert(otherJob{}) // behind a backlog of another function
	wait(t, other)
	close(release)
	b.until(t, all, "jobs_total", "function", "settle", "outcome", "succeeded")
	if got := most.Load(); got != 2 {
		t.Errorf("%d jobs ran at once, not 2", got)
	}
}

func TestAJobThatRunsTooLongIsToldAndFails(t *testing.T) {
	t.Parallel()
	b := setup(t)
	short := jobs("settle")
	short.Timeout = 30 * time.Millisecond
	var attempts atomic.Int64
	insert := b.work(t, consumed(short, func(ctx context.Context, _ job) error {
		if attempts.Add(1) > 1 {
			return nil
		}
		<-ctx.Done()
		return ctx.Err()
	}))
	insert(job{ID: 7})
	b.until(t, 1, "jobs_total", "function", "settle", "outcome", "failed")
	b.until(t, 1, "jobs_total", "function", "settle", "outcome", "succeeded")
}
