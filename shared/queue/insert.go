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

// Insert enqueues a job in the caller's transaction: it is worked if that commits, and never existed if it does not. A
// kind that no consumer was declared for is an error, rather than a job that nobody will ever do.
func (q *Queue) Insert(ctx context.Context, tx pgx.Tx, job Job) error {
	name, known := q.queues[job.Kind()]
	if !known {
		return fmt.Errorf("enqueue: no function consumes jobs of kind %q", job.Kind())
	}
	options := &river.InsertOpts{Queue: name}
	// A scheduled job waits for the scheduler's next round, so one whose time has come is inserted as one for now.
	if later, ok := job.(Scheduled); ok && time.Until(later.RunAt()) > 0 {
		options.ScheduledAt = later.RunAt()
	}
	if _, err := q.insert.InsertTx(ctx, tx, envelope{job}, options); err != nil {
		return fmt.Errorf("enqueue %s: %w", job.Kind(), err)
	}
	return nil
}

// envelope carries a job to River. It keeps River from treating a job in its own ways (its queue is that of its consumer,
// whatever methods the job has), and brings a Unique one to the hook below.
type envelope struct{ job Job }

func (e envelope) Kind() string                 { return e.job.Kind() }
func (e envelope) MarshalJSON() ([]byte, error) { return json.Marshal(e.job) }

// insertHooks gives Unique jobs their key. River itself can only tell jobs apart by their arguments, all of them or tagged ones.
func insertHooks() []rivertype.Hook {
	once := uniquestates.UniqueStatesToBitmask(rivertype.UniqueOptsByStateDefault())
	return []rivertype.Hook{river.HookInsertBeginFunc(func(_ context.Context, p *rivertype.JobInsertParams) error {
		e, _ := p.Args.(envelope)
		if job, ok := e.job.(Unique); ok {
			key := sha256.Sum256([]byte(p.Kind + "\x00" + job.UniqueKey()))
			p.UniqueKey, p.UniqueStates = key[:], once
		}
		return nil
	})}
}
