package queue_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
	"github.com/eevans-d/sist-cabanas/shared/queue"
)

func TestMain(m *testing.M) {
	// What pgtest keeps until the process ends: its server, and the connections with which it makes databases.
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/eevans-d/sist-cabanas/shared/postgres/pglocal.(*Server).spawn.func1"),
		goleak.IgnoreAnyFunction("github.com/jackc/pgx/v5/pgxpool.(*Pool).backgroundHealthCheck"))
}

type message struct {
	ID   int    `json:"id"`
	Text string `json:"text,omitempty"`
}

func (message) Kind() string { return "message" }

type payment struct {
	ID int `json:"id"`
}

func (payment) Kind() string { return "payment" }

// logged is a log that many goroutines write.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// bundle is a queue with its database and its log.
type bundle struct {
	*queue.Queue
	pool *pgxpool.Pool
	log  *logged
}

// started opens a queue and starts it until the test ends.
func started(t testing.TB, pool *pgxpool.Pool, consumers ...queue.Consumer) bundle {
	t.Helper()
	b := opened(t, pool, consumers...)
	b.start(t)
	return b
}

func (b bundle) start(t testing.TB) {
	t.Helper()
	must(t, b.Start(context.Background()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := b.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

// opened opens a queue that looks often, for tests that wait for a retry.
func opened(t testing.TB, pool *pgxpool.Pool, consumers ...queue.Consumer) bundle {
	t.Helper()
	return openedWith(t, pool, queue.Options{Poll: 50 * time.Millisecond}, consumers...)
}

func openedWith(t testing.TB, pool *pgxpool.Pool, o queue.Options, consumers ...queue.Consumer) bundle {
	t.Helper()
	b := bundle{pool: pool, log: &logged{}}
	var err error
	b.Queue, err = queue.Open(pool, consumers, zerolog.New(b.log), o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// enqueue inserts jobs in one transaction.
func (b bundle) enqueue(t testing.TB, jobs ...queue.Job) {
	t.Helper()
	tx := b.begin(t)
	b.insert(t, tx, jobs...)
	must(t, tx.Commit(t.Context()))
}

func (b bundle) begin(t testing.TB) pgx.Tx {
	t.Helper()
	tx, err := b.pool.Begin(t.Context())
	must(t, err)
	return tx
}

func (b bundle) insert(t testing.TB, tx pgx.Tx, jobs ...queue.Job) {
	t.Helper()
	for _, job := range jobs {
		must(t, b.Insert(t.Context(), tx, job))
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// states counts the jobs of a kind by state.
func (b bundle) states(t testing.TB, kind string) string {
	t.Helper()
	rows, err := b.pool.Query(t.Context(),
		"select state::text || ' ' || count(*) from river_job where kind = $1 group by state order by state::text", kind)
	if err != nil {
		t.Fatal(err)
	}
	states, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(states, ", ")
}

// eventually waits until what gives want.
func eventually[T comparable](t testing.TB, want T, what func() T) {
	t.Helper()
	got := what()
	for deadline := time.Now().Add(20 * time.Second); got != want && time.Now().Before(deadline); got = what() {
		time.Sleep(5 * time.Millisecond)
	}
	if got != want {
		t.Fatalf("got %v, want %v", got, want)
	}
}

// receive waits for a value.
func receive[T any](t testing.TB, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func never[J queue.Job](context.Context, J) error { return errors.New("this should not be worked") }

func TestStopWaitsForWhatIsRunningAndTakesNoMore(t *testing.T) {
	t.Parallel()
	running, release := make(chan int, 10), make(chan struct{})
	b := started(t, pgtest.New(t), queue.Consume("deliver", 1, time.Minute, func(_ context.Context, m message) error {
		running <- m.ID
		<-release
		return nil
	}))
	b.enqueue(t, message{ID: 1}, message{ID: 2})
	receive(t, running)

	stopped := make(chan error)
	go func() { stopped <- b.Stop(context.Background()) }()
	select {
	case err := <-stopped:
		t.Fatalf("stopped (%v) although a job is running", err)
	case <-time.After(300 * time.Millisecond):
	}
	close(release)
	if err := receive(t, stopped); err != nil {
		t.Error(err)
	}
	if got := b.states(t, "message"); got != "available 1, completed 1" {
		t.Errorf("states: %s", got)
	}
}

func TestStopCancelsWhatDoesNotEndInTimeAndPutsItBack(t *testing.T) {
	t.Parallel()
	running := make(chan int, 10)
	b := started(t, pgtest.New(t), queue.Consume("deliver", 1, time.Minute, func(ctx context.Context, m message) error {
		running <- m.ID
		<-ctx.Done()
		return ctx.Err()
	}))
	b.enqueue(t, message{ID: 1})
	receive(t, running)

	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	if err := b.Stop(ctx); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took < 100*time.Millisecond || took > 4*time.Second {
		t.Errorf("stopping took %s", took)
	}
	var state string
	var attempt, failures int
	err := b.pool.QueryRow(t.Context(), "select state, attempt, coalesce(array_length(errors, 1), 0) from river_job").
		Scan(&state, &attempt, &failures)
	if err != nil {
		t.Fatal(err)
	}
	if state != "available" || attempt != 0 || failures != 0 {
		t.Errorf("the job is %s after %d attempts and %d failures, want it as if it had not been tried", state, attempt, failures)
	}
}

func TestStartAndStopAreHarmlessWhereNothingIsConsumed(t *testing.T) {
	t.Parallel()
	b := opened(t, pgtest.New(t), queue.Declare[message]("deliver", time.Second))
	if err := errors.Join(b.Stop(t.Context()), b.Start(t.Context()), b.Stop(t.Context()), b.Stop(t.Context())); err != nil {
		t.Error(err)
	}
	c := opened(t, b.pool, queue.Consume("deliver", 1, time.Second, never[message]))
	if err := errors.Join(c.Stop(t.Context()), c.Start(t.Context()), c.Stop(t.Context()), c.Stop(t.Context())); err != nil {
		t.Error(err)
	}
}

func TestTheContextOfStartEndsOnlyTheStarting(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	worked := make(chan int, 1)
	b := opened(t, pool, queue.Consume("deliver", 1, time.Second, func(ctx context.Context, m message) error {
		worked <- m.ID
		return ctx.Err()
	}))
	ctx, cancel := context.WithCancel(t.Context())
	if err := b.Start(ctx); err != nil {
		t.Fatal(err)
	}
	cancel()
	b.enqueue(t, message{ID: 1})
	receive(t, worked)
	eventually(t, "completed 1", func() string { return b.states(t, "message") })
	if err := b.Stop(t.Context()); err != nil {
		t.Error(err)
	}

	late := opened(t, pool, queue.Consume("deliver", 1, time.Second, never[message]))
	if err := late.Start(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("started with a context that had ended: %v", err)
	}
}

func TestConsumersThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	deliver := queue.Consume("deliver", 1, time.Second, never[message])
	for name, c := range map[string]struct {
		consumers []queue.Consumer
		says      string
	}{
		"made by hand":        {[]queue.Consumer{{Name: "deliver", Kind: "message", Timeout: time.Second}}, "Consume"},
		"a name twice":        {[]queue.Consumer{deliver, queue.Declare[payment]("deliver", time.Second)}, "twice"},
		"a kind twice":        {[]queue.Consumer{deliver, queue.Declare[message]("send", time.Second)}, "both deliver and send"},
		"no timeout":          {[]queue.Consumer{queue.Declare[message]("deliver", 0)}, "timeout"},
		"nobody to work":      {[]queue.Consumer{queue.Consume("deliver", 0, time.Second, never[message])}, "number of workers"},
		"capital letters":     {[]queue.Consumer{queue.Declare[message]("Deliver", time.Second)}, "a-z"},
		"an empty name":       {[]queue.Consumer{queue.Declare[message]("", time.Second)}, "a-z"},
		"a hyphen at the end": {[]queue.Consumer{queue.Declare[message]("deliver-", time.Second)}, "a-z"},
		"a long name":         {[]queue.Consumer{queue.Declare[message](strings.Repeat("a", 65), time.Second)}, "64"},
		"a short kind":        {[]queue.Consumer{queue.Declare[short]("deliver", time.Second)}, "kind"},
	} {
		if _, err := queue.Open(pool, c.consumers, zerolog.Nop(), queue.Options{}); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want an error that says %q", name, err, c.says)
		}
	}
}

type short struct{}

func (short) Kind() string { return "x" }

func TestEveryNameOfAFunctionIsFitForAQueue(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	for _, name := range []string{"deliver", "webhook-whatsapp", "sync_ical", "a1"} {
		b := opened(t, pool, queue.Declare[message](name, time.Second))
		b.enqueue(t, message{ID: 1})
	}
	var queues []string
	err := pool.QueryRow(t.Context(), "select array_agg(queue) from river_job").Scan(&queues)
	if slices.Sort(queues); err != nil || strings.Join(queues, " ") != "a1 deliver sync_ical webhook-whatsapp" {
		t.Errorf("queues %q, %v", queues, err)
	}
}

func TestALostDatabaseIsAnErrorToStart(t *testing.T) {
	t.Parallel()
	pool, err := pgxpool.New(t.Context(), "postgres://nobody@127.0.0.1:1/none")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	b := opened(t, pool, queue.Consume("deliver", 1, time.Second, never[message]))
	if err := b.Start(t.Context()); err == nil {
		t.Error("it started without a database")
	}
	if err := b.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}
