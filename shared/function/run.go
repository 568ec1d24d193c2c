package function

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/queue"
)

// ErrRanTooLong is the cause of a context that ended because a task or a job used up its time.
var ErrRanTooLong = errors.New("ran longer than it may")

// RunTask builds a task and runs it here and now, to its end. It leaves one log line, and returns what the task returned; a
// panic is an error like any other.
func (h *Host) RunTask(ctx context.Context, f Function, load Loader) error {
	begin := time.Now()
	err := h.runTask(ctx, f, load)
	took := time.Since(begin)
	h.Metrics.runs.WithLabelValues(f.Name, outcome(err)).Inc()
	h.Metrics.runTime.WithLabelValues(f.Name).Observe(took.Seconds())
	line := h.Log.Info()
	if err != nil {
		line = h.Log.Error().Err(err)
	}
	line.Str("function", f.Name).Str("outcome", outcome(err)).Float64("ms", float64(took.Microseconds())/1000).Send()
	return err
}

func (h *Host) runTask(ctx context.Context, f Function, load Loader) error {
	task, err := f.task(ctx, load)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, f.Timeout, ErrRanTooLong)
	defer cancel()
	err = h.safely(f.Name, func() error { return task(ctx) })
	if cause := context.Cause(ctx); err != nil && errors.Is(cause, ErrRanTooLong) {
		return fmt.Errorf("%w (%s): %w", ErrRanTooLong, f.Timeout, err)
	}
	return err
}

// Declared is a function triggered by jobs as a process that does not serve it has to know it: jobs for it may be enqueued here.
func (f Function) Declared() queue.Consumer { return f.declared }

// Consumer builds a function triggered by jobs; the queue enforces its concurrency and its timeout.
func (h *Host) Consumer(ctx context.Context, f Function, load Loader) (queue.Consumer, error) {
	consumer, err := f.consumer(ctx, load)
	if err != nil {
		return queue.Consumer{}, err
	}
	panics := h.Metrics.panics.WithLabelValues(f.Name)
	consumer.OnPanic = panics.Inc
	consumer.OnDone = func(err error) { h.Metrics.jobs.WithLabelValues(f.Name, outcome(err)).Inc() }
	return consumer, nil
}

// safely calls act and turns a panic into an error.
func (h *Host) safely(name string, act func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = panicError(value)
			h.Metrics.panics.WithLabelValues(name).Inc()
			h.Log.Error().Str("function", name).AnErr("panic", err).Bytes("stack", debug.Stack()).Msg("panic")
		}
	}()
	return act()
}
