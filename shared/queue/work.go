package queue

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/shared/fault"
)

const (
	// MaxAttempts is how often a job is tried before it is given up: with Backoff, for about a day.
	MaxAttempts = 100

	longestWait = 15 * time.Minute
)

// Backoff is how long after its n-th failure a job is tried again: 1 s, then twice as long each time, a quarter of an hour at most.
func Backoff(failures int) time.Duration {
	if failures > 10 {
		return longestWait
	}
	return min(time.Second<<max(0, failures-1), longestWait)
}

var errElsewhere = errors.New("this process does not work jobs of this kind")

// worker is a consumer as River wants it.
type worker[J Job] struct {
	river.WorkerDefaults[J]
	consumer Consumer
	act      func(context.Context, J) error
}

// Timeout is what River goes by when it takes a job for lost, so it has the grace in it. Work keeps to the consumer's own.
func (w *worker[J]) Timeout(*river.Job[J]) time.Duration { return w.consumer.Timeout + grace }

// Work makes one attempt. Panics are caught here and not by River, which would log their value, and that may be anything.
func (w *worker[J]) Work(ctx context.Context, job *river.Job[J]) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &panicked{value: value, stack: debug.Stack()}
			if w.consumer.OnPanic != nil {
				w.consumer.OnPanic()
			}
		}
		if w.consumer.OnDone != nil {
			w.consumer.OnDone(err)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, w.consumer.Timeout)
	defer cancel()
	return w.act(ctx, job.Args)
}

// panicked is a panic as an error.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// backoff is Backoff as River wants it, spread by a tenth, so that what failed together is not tried again all at once.
type backoff struct{}

func (backoff) NextRetry(job *rivertype.JobRow) time.Time {
	wait := Backoff(len(job.Errors) + 1)
	return time.Now().Add(wait + rand.N(wait/10)) //nolint:gosec // nobody gains by guessing when a job is tried again
}

// reporter logs attempts that failed. A line names the job and the sort of failure, never its arguments or the error's own
// text, which may quote a guest: that is kept beside the job, in river_job.errors.
type reporter struct {
	log       zerolog.Logger
	consumers map[string]Consumer // by kind
}

// HandleError implements river.ErrorHandler.
func (r *reporter) HandleError(_ context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	line := r.log.Warn()
	if crash, ok := errors.AsType[*panicked](err); ok {
		line = r.log.Error().Bytes("stack", crash.stack)
	}
	text := "job failed and will be tried again"
	if job.Attempt >= job.MaxAttempts {
		line, text = r.log.Error(), "job given up"
	}
	line.Str("function", r.consumers[job.Kind].Name).Str("kind", job.Kind).Int64("job", job.ID).
		Int("attempt", job.Attempt).Str("reason", reason(err)).Msg(text)
	return nil
}

// HandlePanic implements river.ErrorHandler, for panics outside of Work, such as one in a job's own UnmarshalJSON.
func (r *reporter) HandlePanic(ctx context.Context, job *rivertype.JobRow, value any, trace string) *river.ErrorHandlerResult {
	if told := r.consumers[job.Kind].OnPanic; told != nil {
		told()
	}
	return r.HandleError(ctx, job, &panicked{value: value, stack: []byte(trace)})
}

// reason is what can be said of an error without quoting it: a fault's code, or the type of what is at the bottom of it.
func reason(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Code
	}
	if _, ok := errors.AsType[*panicked](err); ok {
		return "panic"
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "timeout"
	}
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return fmt.Sprintf("%T", err)
}
