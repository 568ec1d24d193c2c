package function_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/runs"
)

// record is a record of one run that does what a test wants of it. Its zero value takes everything down.
type record struct {
	begin  func() (bool, error)
	beat   func(n int) (bool, error)
	finish func(n int) (bool, error)
	alone  bool // somebody else holds the task's lock

	mu       sync.Mutex
	calls    []string
	beats    int
	finishes int
	ending   runs.Ending
}

func (r *record) note(call string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.calls) == 0 || r.calls[len(r.calls)-1] != call {
		r.calls = append(r.calls, call)
	}
}

func (r *record) Begin(context.Context, int64, time.Time) (bool, error) {
	r.note("begin")
	if r.begin != nil {
		return r.begin()
	}
	return true, nil
}

func (r *record) Beat(ctx context.Context, _ int64, _ time.Time) (bool, error) {
	r.mu.Lock()
	r.beats++
	n := r.beats
	r.mu.Unlock()
	if ctx.Err() != nil || r.beat == nil {
		return true, ctx.Err()
	}
	return r.beat(n)
}

func (r *record) Finish(ctx context.Context, _ int64, e runs.Ending, _ time.Time) (bool, error) {
	r.note("finish")
	r.mu.Lock()
	r.finishes++
	n := r.finishes
	r.ending = e
	r.mu.Unlock()
	if ctx.Err() != nil || r.finish == nil {
		return true, ctx.Err()
	}
	return r.finish(n)
}

func (r *record) Alone(ctx context.Context, name string, act func(context.Context) error) (bool, error) {
	r.note("lock " + name)
	if r.alone {
		return false, nil
	}
	err := act(ctx)
	r.note("unlock")
	return true, err
}

// conduct conducts a task as a run, with a heartbeat every few milliseconds.
func conduct(ctx context.Context, r *record, task function.Task) error {
	spec := function.Spec{Name: "count", Summary: "count", Timeout: 5 * time.Second}
	f := function.Run(spec, func(context.Context, struct{}) (function.Task, error) { return task, nil })
	host := &function.Host{Metrics: function.NewMetrics(prometheus.NewRegistry()), Log: zerolog.New(&bytes.Buffer{})}
	return host.Conduct(ctx, f, noConfig, function.Recorded{
		ID: 7, Record: r, Now: time.Now, Summary: func() string { return "counted" }, BeatEvery: 2 * time.Millisecond,
	})
}

func done(context.Context) error { return nil }

// waits is a task that waits to be told to end.
func waits(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestARunBeginsIsLockedAndIsFinished(t *testing.T) {
	t.Parallel()
	r := &record{}
	if err := conduct(t.Context(), r, done); err != nil {
		t.Fatal(err)
	}
	if want := []string{"begin", "lock task:count", "unlock", "finish"}; !slices.Equal(r.calls, want) {
		t.Errorf("%q, want %q", r.calls, want)
	}
	if e := r.ending; e.Outcome != runs.Succeeded || *e.ExitCode != 0 || e.Summary != "counted" || e.Error != "" {
		t.Errorf("%+v", e)
	}
}

func TestATaskThatFailsIsRecordedWithItsReason(t *testing.T) {
	t.Parallel()
	r, boom := &record{}, errors.New("boom")
	err := conduct(t.Context(), r, func(context.Context) error { return boom })
	if !errors.Is(err, boom) || r.ending.Outcome != runs.Failed || *r.ending.ExitCode != 1 || r.ending.Error != "boom" {
		t.Errorf("%v, %+v", err, r.ending)
	}
}

func TestATaskThatPanicsIsRecorded(t *testing.T) {
	t.Parallel()
	r := &record{}
	err := conduct(t.Context(), r, func(context.Context) error { panic("no such cabin") })
	if err == nil || r.ending.Outcome != runs.Failed || !strings.Contains(r.ending.Error, "panic with a string") {
		t.Errorf("%v, %+v", err, r.ending)
	}
}

func TestARunThatIsNotOursToBeginIsNotTouched(t *testing.T) {
	t.Parallel()
	away := errors.New("away")
	for name, c := range map[string]struct {
		ok   bool
		err  error
		want error
	}{
		"begun by another process": {false, nil, runs.ErrNotLive},
		"the database is away":     {false, away, away},
	} {
		r := &record{begin: func() (bool, error) { return c.ok, c.err }}
		err := conduct(t.Context(), r, func(context.Context) error {
			t.Errorf("%s: it ran", name)
			return nil
		})
		if !errors.Is(err, c.want) || !slices.Equal(r.calls, []string{"begin"}) {
			t.Errorf("%s: %v after %q", name, err, r.calls)
		}
	}
}

func TestATaskWhoseLockSomebodyHoldsDoesNotRun(t *testing.T) {
	t.Parallel()
	r := &record{alone: true}
	err := conduct(t.Context(), r, func(context.Context) error { panic("it ran") })
	if !errors.Is(err, runs.ErrAlreadyRunning) || r.ending.Outcome != runs.Failed || !strings.Contains(r.ending.Error, "already") {
		t.Errorf("%v, %+v", err, r.ending)
	}
}

func TestARunningTaskSaysThatItIsAlive(t *testing.T) {
	t.Parallel()
	enough := make(chan struct{})
	r := &record{beat: func(n int) (bool, error) {
		if n == 3 {
			close(enough)
		}
		return true, nil
	}}
	if err := conduct(t.Context(), r, func(context.Context) error { <-enough; return nil }); err != nil {
		t.Fatal(err)
	}
	after := r.beats
	time.Sleep(10 * time.Millisecond) // that nothing happens has no event to wait for
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.beats != after {
		t.Error("it still beats when it is over")
	}
}

func TestARunThatWasDeclaredOverIsToldToEnd(t *testing.T) {
	t.Parallel()
	r := &record{beat: func(n int) (bool, error) { return n < 3, nil }}
	err := conduct(t.Context(), r, waits)
	if !errors.Is(err, runs.ErrNotLive) || !errors.Is(err, context.Canceled) || !strings.Contains(r.ending.Error, "run_over") {
		t.Errorf("%v, %+v", err, r.ending)
	}
}

func TestADatabaseThatIsAwayDoesNotEndATask(t *testing.T) {
	t.Parallel()
	back := make(chan struct{})
	r := &record{
		beat: func(n int) (bool, error) {
			if n < 5 {
				return false, errors.New("away")
			}
			if n == 5 {
				close(back)
			}
			return true, nil
		},
		finish: func(n int) (bool, error) {
			if n == 1 {
				return false, errors.New("away again")
			}
			return true, nil
		},
	}
	err := conduct(t.Context(), r, func(ctx context.Context) error {
		select {
		case <-back:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	if err != nil || r.ending.Outcome != runs.Succeeded || r.finishes != 2 {
		t.Errorf("%v, %+v after %d tries to write it down", err, r.ending, r.finishes)
	}
}

func TestAHeartbeatThatHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	r := &hanging{again: make(chan struct{})}
	spec := function.Spec{Name: "count", Summary: "count", Timeout: 5 * time.Second}
	f := function.Run(spec, func(context.Context, struct{}) (function.Task, error) {
		return func(ctx context.Context) error {
			select {
			case <-r.again:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}, nil
	})
	host := &function.Host{Metrics: function.NewMetrics(prometheus.NewRegistry()), Log: zerolog.Nop()}
	err := host.Conduct(t.Context(), f, noConfig, function.Recorded{
		ID: 7, Record: r, Now: time.Now, Summary: func() string { return "" }, BeatEvery: 2 * time.Millisecond,
	})
	if err != nil {
		t.Errorf("it never beat again: %v", err)
	}
}

// hanging is a record whose first answer to a heartbeat never comes.
type hanging struct {
	record
	n     int
	again chan struct{}
}

func (h *hanging) Beat(ctx context.Context, _ int64, _ time.Time) (bool, error) {
	h.n++
	if h.n == 1 {
		<-ctx.Done()
		return false, ctx.Err()
	}
	if h.n == 2 {
		close(h.again)
	}
	return true, nil
}

func TestWhoeverIsToldToEndSaysWhy(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	told := errors.New("terminated signal received")
	r := &record{}
	err := conduct(ctx, r, func(ctx context.Context) error {
		cancel(told)
		return waits(ctx)
	})
	if !errors.Is(err, told) || r.ending.Outcome != runs.Failed || !strings.HasPrefix(r.ending.Error, told.Error()) {
		t.Errorf("%v, %+v", err, r.ending)
	}
}

func TestATaskThatTakesTooLongIsTold(t *testing.T) {
	t.Parallel()
	r := &record{}
	spec := function.Spec{Name: "count", Summary: "count", Timeout: 5 * time.Millisecond}
	f := function.Run(spec, func(context.Context, struct{}) (function.Task, error) { return waits, nil })
	host := &function.Host{Metrics: function.NewMetrics(prometheus.NewRegistry()), Log: zerolog.Nop()}
	err := host.Conduct(t.Context(), f, noConfig, function.Recorded{ID: 7, Record: r, Now: time.Now, Summary: func() string { return "" }})
	if !errors.Is(err, function.ErrRanTooLong) || !strings.Contains(r.ending.Error, "longer than it may") {
		t.Errorf("%v, %+v", err, r.ending)
	}
}
