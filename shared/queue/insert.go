package queue

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivershared/uniquestates"
	"github.com/riverqueue/river/rivertype"
)

// Insert enqueues jobs in the caller's transaction, all of them in one statement: they are worked if that commits, and never
// existed if it does not. A kind that no consumer was declared for is an error, rather than a job that nobody will ever do.
func (q *Queue) Insert(ctx context.Context, tx pgx.Tx, jobs ...Job) error {
	if len(jobs) == 0 {
		return nil
	}
	all := make([]river.InsertManyParams, len(jobs))
	for i, job := range jobs {
		options, err := q.options(job)
		if err != nil {
			return enqueued(job, err)
		}
		all[i] = river.InsertManyParams{Args: envelope{job: job}, InsertOpts: options}
	}
	_, err := q.insert.InsertManyTx(ctx, tx, all)
	return enqueued(jobs[0], err)
}

// Enqueue is Insert for a job that no other change goes with.
func (q *Queue) Enqueue(ctx context.Context, job Job) error {
	options, err := q.options(job)
	if err == nil {
		_, err = q.insert.Insert(ctx, envelope{job: job}, options)
	}
	return enqueued(job, err)
}

func (q *Queue) options(job Job) (*river.InsertOpts, error) {
	name, known := q.queues[job.Kind()]
	if !known {
		return nil, fmt.Errorf("no function consumes jobs of kind %q", job.Kind())
	}
	options := &river.InsertOpts{Queue: name}
	// A scheduled job waits for the scheduler's next round, so one whose time has come is inserted as one for now.
	if later, ok := job.(Scheduled); ok {
		if wait := later.RunAt().Sub(q.now()); wait > 0 {
			options.ScheduledAt = time.Now().Add(wait)
		}
	}
	return options, nil
}

func enqueued(job Job, err error) error {
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", job.Kind(), err)
	}
	return nil
}

// envelope carries a job to River. It keeps River from treating a job in its own ways (its queue is that of its consumer,
// whatever methods the job has), and brings one that is to be there once to the hook below.
type envelope struct {
	job       Job
	waitsOnce bool // a periodic one: while another of its kind waits, this one is not inserted
}

func (e envelope) Kind() string                 { return e.job.Kind() }
func (e envelope) MarshalJSON() ([]byte, error) { return json.Marshal(e.job) }

// insertHooks gives jobs that are to be there once their key. River itself can only tell jobs apart by their arguments, all of
// them or tagged ones, and would not let a job that waits be told from one that runs.
func insertHooks() []rivertype.Hook {
	once := uniquestates.UniqueStatesToBitmask(rivertype.UniqueOptsByStateDefault())
	waiting := uniquestates.UniqueStatesToBitmask([]rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateScheduled,
	})
	return []rivertype.Hook{river.HookInsertBeginFunc(func(_ context.Context, p *rivertype.JobInsertParams) error {
		e, _ := p.Args.(envelope)
		job, unique := e.job.(Unique)
		switch {
		case e.waitsOnce:
			key := sha256.Sum256([]byte("periodic\x00" + p.Kind))
			p.UniqueKey, p.UniqueStates = key[:], waiting
		case unique:
			key := sha256.Sum256([]byte(p.Kind + "\x00" + job.UniqueKey()))
			p.UniqueKey, p.UniqueStates = key[:], once
		}
		return nil
	})}
}
