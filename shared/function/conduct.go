package function

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/runs"
)

// Record is where a run tells how it fares; see postgres.Runs for what each method promises.
type Record interface {
	Begin(ctx context.Context, id int64, now time.Time) (ok bool, err error)
	Beat(ctx context.Context, id int64, now time.Time) (ok bool, err error)
	Finish(ctx context.Context, id int64, e runs.Ending, now time.Time) (ok bool, err error)
	Alone(ctx context.Context, name string, act func(context.Context) error) (ran bool, err error)
}

// Recorded is what a task needs to tell how it fares.
type Recorded struct {
	ID      int64
	Record  Record
	Now     func() time.Time
	Summary func() string // what the task reports of itself, once it has ended

	BeatEvery time.Duration // 0 = runs.BeatEvery: for tests that cannot wait so long
}

const (
	// finishPatience is how long a task that has ended tries to write that down: a database that restarts is back within it.
	finishPatience = 30 * time.Second
	// finishPause lies between two tries.
	finishPause = time.Second
)

// Conduct runs a task as the run of an id: it says that the run begins, that it is alive, and how it ended, and holds the task's
// lock meanwhile, so that no task runs twice at once whatever the record says. It returns what the task returned.
func (h *Host) Conduct(ctx context.Context, f Function, load Loader, run Recorded) error {
	ok, err := run.Record.Begin(ctx, run.ID, run.Now())
	if err != nil {
		return fmt.Errorf("begin run %d: %w", run.ID, err)
	}
	if !ok {
		return runs.ErrNotLive
	}
	running, cancel := context.WithCancelCause(ctx)
	beating := make(chan struct{})
	go func() {
		defer close(beating)
		beat(running, cancel, run)
	}()
	ran, err := run.Record.Alone(running, "task:"+f.Name, func(ctx context.Context) error { return h.RunTask(ctx, f, load) })
	if err == nil && !ran {
		err = runs.ErrAlreadyRunning
	}
	err = withCause(running, err)
	cancel(nil)
	<-beating
	return errors.Join(err, finish(context.WithoutCancel(ctx), run, err))
}

// withCause puts why a task was told to end before what it made of that.
func withCause(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(err, cause) {
		return fmt.Errorf("%w: %w", cause, err)
	}
	return err
}

// beat says again and again that the run is alive, and ends it if somebody has declared it over. A database that does not
// answer is no reason to stop working.
func beat(ctx context.Context, cancel context.CancelCauseFunc, run Recorded) {
	every := cmp.Or(run.BeatEvery, runs.BeatEvery)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		// A connection that was cut without a word must not silence the run for as long as TCP hopes.
		inTime, stop := context.WithTimeout(ctx, every)
		ok, err := run.Record.Beat(inTime, run.ID, run.Now())
		stop()
		if err == nil && !ok {
			cancel(runs.ErrNotLive)
		}
	}
}

// finish writes down how a run ended, however long the database takes to come back, within reason.
func finish(ctx context.Context, run Recorded, err error) error {
	ctx, cancel := context.WithTimeout(ctx, finishPatience)
	defer cancel()
	code := 0
	ending := runs.Ending{Outcome: runs.Succeeded, ExitCode: &code, Summary: run.Summary()}
	if err != nil {
		code = 1
		ending.Outcome, ending.Error = runs.Failed, err.Error()
	}
	for {
		_, failed := run.Record.Finish(ctx, run.ID, ending, run.Now())
		if failed == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("write down how the run ended: %w", failed)
		case <-time.After(finishPause):
		}
	}
}
