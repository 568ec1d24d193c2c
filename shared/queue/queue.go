// Package queue is the work that is done after the answer: jobs enqueued in the transaction that makes them necessary, and
// worked by any machine, at least once, with retries. It is River on the same Postgres, with one River queue per function,
// so that the backlog of one function delays no other.
package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/rs/zerolog"
)

const (
	// cooldown is the shortest time between two looks at a queue. River's default of 100 ms costs that much per job.
	cooldown = 10 * time.Millisecond
	// poll is how often a queue is looked at without a notification: for retries, which come without one, and in case one is lost.
	poll = 5 * time.Second
	// grace is how long after its timeout a job that never came back is taken for lost with its machine, and worked again.
	grace = time.Minute
	// hardStop is what jobs that were told to stop get for it.
	hardStop = 5 * time.Second
)

// Job is a piece of work: a value that JSON can hold, and the name of its kind. It holds ids rather than what they stand
// for: jobs are kept for a day after they are done.
//
// A job may also be Unique or Scheduled. It is an alias, so that a package can declare the little it calls of a Queue
// without importing this one.
type Job = interface{ Kind() string }

// Unique is a job that exists once: while one of the same kind and key waits, runs or has been done within a day, inserting
// another does nothing.
type Unique interface{ UniqueKey() string }

// Scheduled is a job for later; it starts within seconds of that time.
type Scheduled interface{ RunAt() time.Time }

// Consumer is a function that works jobs of one kind. Make one with Consume, or Declare it.
type Consumer struct {
	Name        string        // of the function, and of its River queue
	Kind        string        // of its jobs
	Concurrency int           // jobs at once, in each process
	Timeout     time.Duration // of one attempt
	OnDone      func(error)   // optional: told what each call of work returned
	OnPanic     func()        // optional: told of each panic, before OnDone

	register func(*river.Workers, Consumer) error
	work     bool
}

// Consume makes the consumer that calls work with each job. A job is done when work returns nil; an error or a panic is an
// attempt that failed, and is made again later (see Backoff). An attempt may be repeated although it succeeded, when its
// machine dies before that is written down, so work must bear that.
func Consume[J Job](name string, concurrency int, timeout time.Duration, work func(context.Context, J) error) Consumer {
	c := Declare[J](name, timeout)
	c.Concurrency, c.work = concurrency, true
	c.register = func(workers *river.Workers, c Consumer) error {
		return river.AddWorkerSafely(workers, &worker[J]{consumer: c, act: work})
	}
	return c
}

// Declare is a consumer that runs in other processes only. Every process has to know all of them: to enqueue for them, and
// because any process may be the one that looks after jobs whose machine died, where a kind that it does not know would
// be thrown away.
func Declare[J Job](name string, timeout time.Duration) Consumer {
	var job J
	return Consumer{
		Name: name, Kind: job.Kind(), Timeout: timeout,
		register: func(workers *river.Workers, c Consumer) error {
			return river.AddWorkerSafely(workers, &worker[J]{consumer: c, act: func(context.Context, J) error { return errElsewhere }})
		},
	}
}

// Options are what a Queue can do without. The zero value is right for production.
type Options struct {
	Poll     time.Duration // instead of five seconds: for tests that wait for a retry
	Periodic []Periodic    // inserted by one of the processes that work jobs, whichever is the leader

	// Now is the clock that scheduled jobs go by, if that is not the computer's: nil = time.Now. The queue itself goes by the
	// computer's; what counts for a scheduled job is how long it is until its time.
	Now func() time.Time
}

// Periodic is a job that is inserted again and again, by one process of all: when that is killed another takes over, within
// twenty seconds. While one waits no other is inserted, so that they do not pile up where nobody works; while one runs another
// is, because a process that was killed leaves its job running for a while. One that fails is not repeated: the next is about
// to come.
type Periodic struct {
	Job   Job
	Every time.Duration
}

// Queue enqueues jobs and, once started, works those of its consumers. It is safe for concurrent use.
type Queue struct {
	queues map[string]string     // kind → the queue of the function that consumes it
	insert *river.Client[pgx.Tx] // never started
	work   *river.Client[pgx.Tx] // nil when this process only enqueues
	now    func() time.Time
}

// Open prepares a queue. Consumers are all that there are anywhere, worked here or only declared. Nothing runs before Start.
func Open(pool *pgxpool.Pool, consumers []Consumer, log zerolog.Logger, o Options) (*Queue, error) {
	q := &Queue{queues: map[string]string{}, now: o.Now}
	if q.now == nil {
		q.now = time.Now
	}
	workers := river.NewWorkers()
	report := &reporter{log: log, consumers: map[string]Consumer{}}
	served, shortest, err := q.register(workers, report, consumers)
	if err != nil {
		return nil, err
	}

	common := river.Config{Logger: slog.New(&bridge{log: log}), MaxAttempts: MaxAttempts, Workers: workers}
	if q.insert, err = insertClient(pool, common); err != nil {
		return nil, err
	}
	if len(served) == 0 {
		return q, nil
	}
	common.ErrorHandler = report
	common.FetchCooldown, common.FetchPollInterval = cooldown, orDefault(o.Poll, poll)
	common.FetchOnlyKnownKinds = true // a newer version's jobs wait for a newer version
	common.Hooks = insertHooks()      // for periodic jobs
	common.JobTimeout = shortest
	if common.PeriodicJobs, err = q.periodic(o.Periodic); err != nil {
		return nil, err
	}
	common.Queues = served
	// River's hour is long for a guest whose machine was restarted. A job that may take longer is left alone until its own
	// time is over, and the grace with it; see worker.Timeout.
	common.RescueStuckJobsAfter = shortest + grace
	common.RetryPolicy = backoff{}
	if q.work, err = river.NewClient(riverpgxv5.New(pool), &common); err != nil {
		return nil, err
	}
	return q, nil
}

// register makes all consumers known, and returns the queues that are worked here and the shortest time that a job may take.
func (q *Queue) register(workers *river.Workers, report *reporter, consumers []Consumer) (served map[string]river.QueueConfig, shortest time.Duration, err error) {
	served = map[string]river.QueueConfig{}
	for _, c := range consumers {
		if err := c.check(report.consumers); err != nil {
			return nil, 0, err
		}
		if err := c.register(workers, c); err != nil {
			return nil, 0, fmt.Errorf("consumer %s: %w", c.Name, err)
		}
		q.queues[c.Kind], report.consumers[c.Kind] = c.Name, c
		if shortest == 0 || c.Timeout < shortest {
			shortest = c.Timeout
		}
		if c.work {
			served[c.Name] = river.QueueConfig{MaxWorkers: c.Concurrency}
		}
	}
	return served, shortest, nil
}

// insertClient is a client apart because of the cooldown: for so long after a notification River sends no other for the
// same queue. A transaction that enqueues meanwhile, and commits after the first, would be found only by the next poll.
func insertClient(pool *pgxpool.Pool, config river.Config) (*river.Client[pgx.Tx], error) {
	config.FetchCooldown = river.FetchCooldownMin
	config.Hooks = insertHooks()
	return river.NewClient(riverpgxv5.New(pool), &config)
}

func (q *Queue) periodic(jobs []Periodic) ([]*river.PeriodicJob, error) {
	out := make([]*river.PeriodicJob, len(jobs))
	for i, p := range jobs {
		name, known := q.queues[p.Job.Kind()]
		if !known || p.Every <= 0 {
			return nil, fmt.Errorf("periodic jobs of kind %s: no function consumes them, or they have no period", p.Job.Kind())
		}
		out[i] = river.NewPeriodicJob(river.PeriodicInterval(p.Every), func() (river.JobArgs, *river.InsertOpts) {
			return envelope{job: p.Job, waitsOnce: true}, &river.InsertOpts{Queue: name, MaxAttempts: 1}
		}, &river.PeriodicJobOpts{RunOnStart: true})
	}
	return out, nil
}

// check compares a consumer with those before it, by kind.
func (c Consumer) check(before map[string]Consumer) error {
	for _, other := range before {
		if other.Name == c.Name {
			return fmt.Errorf("consumer %s is there twice", c.Name)
		}
	}
	other, taken := before[c.Kind]
	switch {
	case c.register == nil:
		return fmt.Errorf("consumer %q: make it with Consume or Declare", c.Name)
	case taken:
		return fmt.Errorf("jobs of kind %s are consumed by both %s and %s", c.Kind, other.Name, c.Name)
	case !validName(c.Name):
		return fmt.Errorf("consumer %q: a name is made of a-z, 0-9 and single hyphens or underscores in between, 64 at most", c.Name)
	case c.Timeout <= 0:
		return fmt.Errorf("consumer %s has no timeout", c.Name)
	}
	return nil
}

// validName is River's rule for the names of queues, which it checks only where a queue is worked or used.
func validName(name string) bool {
	separator := true // as if one came before, because none may come first
	for _, r := range name {
		isSeparator := r == '-' || r == '_'
		if isSeparator && separator || !isSeparator && !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') {
			return false
		}
		separator = isSeparator
	}
	return !separator && len(name) <= 64
}

func orDefault(d, standard time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return standard
}

// Start begins to work jobs, if this process has any consumers. Cancelling ctx later does not stop it: Stop does.
func (q *Queue) Start(ctx context.Context) error {
	if q.work == nil {
		return nil
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	inTime := context.AfterFunc(ctx, cancel)
	err := q.work.Start(running)
	if !inTime() && err == nil {
		err = errors.Join(ctx.Err(), q.Stop(ctx))
	}
	if err != nil {
		cancel()
		return fmt.Errorf("start the queue: %w", err)
	}
	return nil
}

// Stop takes no more jobs and waits for those that run. When ctx ends first they are cancelled, and put back for another
// process; an error says that some did not stop even then.
func (q *Queue) Stop(ctx context.Context) error {
	if q.work == nil || q.work.Stop(ctx) == nil {
		return nil
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), hardStop)
	defer cancel()
	if err := q.work.StopAndCancel(last); err != nil {
		return errors.New("stop the queue: jobs are still running although they were cancelled")
	}
	return nil
}
