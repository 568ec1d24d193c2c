package queue_test

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
	"github.com/eevans-d/sist-cabanas/shared/queue"
)

type tick struct{}

func (tick) Kind() string { return "tick" }

// everySecond is the shortest period that River knows.
func everySecond() queue.Options {
	return queue.Options{Poll: 50 * time.Millisecond, Periodic: []queue.Periodic{{Job: tick{}, Every: time.Second}}}
}

// ticker consumes ticks, and says so.
func ticker(work func(context.Context) error) queue.Consumer {
	return queue.Consume("ticker", 1, time.Minute, func(ctx context.Context, _ tick) error { return work(ctx) })
}

// ticks counts the ticks of a state that there are.
func ticks(t *testing.T, pool *pgxpool.Pool, state string) (n int) {
	t.Helper()
	const query = `select count(*) from river_job where kind = 'tick' and state::text = $1`
	must(t, pool.QueryRow(t.Context(), query, state).Scan(&n))
	return n
}

func TestAPeriodicJobIsInsertedByOneOfManyProcesses(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	begin := time.Now()
	worked := make(chan time.Time, 100)
	for range 3 {
		b := openedWith(t, pool, everySecond(), ticker(func(context.Context) error { worked <- time.Now(); return nil }))
		b.start(t)
	}
	var last time.Time
	for range 4 {
		last = <-worked
	}
	if took := last.Sub(begin); took < 2500*time.Millisecond {
		t.Errorf("four ticks within %s: more than one process inserts them", took)
	}
}

func TestPeriodicJobsDoNotPileUpWhereNobodyWorksThem(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	others := make(chan struct{}, 100)
	// It leads, and works jobs of another kind only.
	b := openedWith(t, pool, queue.Options{
		Poll: 50 * time.Millisecond, Periodic: []queue.Periodic{{Job: tick{}, Every: time.Second}, {Job: message{}, Every: time.Second}},
	}, queue.Declare[tick]("ticker", time.Minute),
		queue.Consume("talker", 1, time.Minute, func(context.Context, message) error { others <- struct{}{}; return nil }))
	b.start(t)
	for range 4 {
		<-others
	}
	if n := ticks(t, pool, "available"); n != 1 {
		t.Errorf("%d ticks wait", n)
	}
}

func TestAPeriodicJobThatHangsIsFollowedByTheNext(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	release, began := make(chan struct{}), make(chan struct{}, 100)
	defer close(release)
	for range 2 { // processes, with room for one tick each
		b := openedWith(t, pool, everySecond(), ticker(func(context.Context) error {
			began <- struct{}{}
			<-release
			return nil
		}))
		b.start(t)
	}
	<-began
	<-began
	for until := time.Now().Add(10 * time.Second); ticks(t, pool, "available") != 1; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("none waits behind those that run")
		}
	}
}

func TestAPeriodicJobThatFailsIsNotRepeated(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	began := make(chan struct{}, 100)
	b := openedWith(t, pool, everySecond(), ticker(func(context.Context) error {
		began <- struct{}{}
		return context.Canceled
	}))
	b.start(t)
	<-began
	<-began
	if n := ticks(t, pool, "retryable"); n != 0 {
		t.Errorf("%d are to be repeated", n)
	}
	if n := ticks(t, pool, "discarded"); n < 1 {
		t.Errorf("%d are given up", n)
	}
}

// asTicker makes a process of this test lead in a database, and hang in its first tick, until it is killed.
const asTicker = "QUEUE_TEST_TICKER_IN"

func TestTicksGoOnWhenTheLeaderIsKilledInTheMiddleOfOne(t *testing.T) {
	t.Parallel()
	if dsn := os.Getenv(asTicker); dsn != "" {
		lead(t, dsn)
	}
	dsn := pgtest.NewDSN(t)
	leader := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTicksGoOnWhenTheLeaderIsKilledInTheMiddleOfOne$")
	leader.Env = append(os.Environ(), asTicker+"="+dsn)
	out, err := leader.StdoutPipe()
	must(t, err)
	must(t, leader.Start())
	said := make([]byte, 1)
	if _, err := out.Read(said); err != nil {
		t.Fatal(err)
	}
	pool, err := pgxpool.New(t.Context(), dsn)
	must(t, err)
	t.Cleanup(pool.Close)
	worked := make(chan struct{}, 100)
	b := openedWith(t, pool, everySecond(), ticker(func(context.Context) error { worked <- struct{}{}; return nil }))
	b.start(t)
	must(t, leader.Process.Kill())
	leader.Wait() //nolint:errcheck // it was killed
	killed := time.Now()
	// One that the dead leader had inserted may come at once: it takes two more to show that somebody else inserts them.
	for range 3 {
		select {
		case <-worked:
		case <-time.After(30 * time.Second):
			t.Fatalf("no tick for 30 s; %d run, %d wait", ticks(t, pool, "running"), ticks(t, pool, "available"))
		}
	}
	t.Logf("the third tick came %s after the leader was killed", time.Since(killed).Round(time.Second))
}

func lead(t *testing.T, dsn string) {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), dsn)
	must(t, err)
	q, err := queue.Open(pool, []queue.Consumer{ticker(func(context.Context) error {
		os.Stdout.WriteString("!")
		select {}
	})}, zerolog.Nop(), everySecond())
	must(t, err)
	must(t, q.Start(context.Background()))
	select {}
}

func TestAPeriodicJobThatNobodyConsumesIsRefused(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	worker := queue.Consume("talker", 1, time.Minute, func(context.Context, message) error { return nil })
	for name, p := range map[string]queue.Periodic{
		"nobody consumes it": {Job: tick{}, Every: time.Second},
		"it has no period":   {Job: message{}},
	} {
		if _, err := queue.Open(pool, []queue.Consumer{worker}, zerolog.Nop(), queue.Options{Periodic: []queue.Periodic{p}}); err == nil {
			t.Errorf("%s: taken all the same", name)
		}
	}
}

func TestAJobOfAMachineThatDiedIsRescuedByItsOwnTimeout(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	got := make(chan int, 10)
	short := queue.Consume("deliver", 1, time.Second, func(_ context.Context, m message) error { got <- m.ID; return nil })
	long := queue.Consume("payer", 1, time.Hour, func(_ context.Context, p payment) error { got <- p.ID; return nil })
	stuck(t, pool, "message", `{"id":1}`)
	stuck(t, pool, "payment", `{"id":2}`)
	// The one has been running for ten minutes, of an hour that it may take; so has the other, of a second.
	_, err := pool.Exec(t.Context(), `update river_job set attempted_at = now() - interval '10 minutes'`)
	must(t, err)
	started(t, pool, short, long)
	if id := <-got; id != 1 {
		t.Errorf("job %d was worked again", id)
	}
	var state string
	must(t, pool.QueryRow(t.Context(), `select state from river_job where kind = 'payment'`).Scan(&state))
	if state != "running" {
		t.Errorf("the job that may take an hour is %s", state)
	}
}

func TestAJobThatNoChangeGoesWithIsEnqueuedByItself(t *testing.T) {
	t.Parallel()
	got := make(chan int, 1)
	b := started(t, pgtest.New(t), queue.Consume("deliver", 1, time.Minute, func(_ context.Context, m message) error { got <- m.ID; return nil }))
	must(t, b.Enqueue(t.Context(), message{ID: 7}))
	if id := <-got; id != 7 {
		t.Errorf("job %d was worked", id)
	}
	if err := b.Enqueue(t.Context(), payment{}); err == nil {
		t.Error("a job that nobody will do was taken")
	}
}
