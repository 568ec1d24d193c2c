package function_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/function"
)

// run runs a task to its end.
func (b *bundle) run(ctx context.Context, act function.Task) error {
	f := task(function.Spec{Name: "expire", Summary: "s", Timeout: 30 * time.Millisecond}, act)
	return b.RunTask(ctx, f, noConfig)
}

func TestATaskRunsToItsEndAndLeavesOneLine(t *testing.T) {
	t.Parallel()
	failed := errors.New("table is gone")
	for want, outcome := range map[error]string{nil: "succeeded", failed: "failed"} {
		t.Run(outcome, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			ran := 0
			err := b.run(t.Context(), func(context.Context) error { ran++; return want })
			if !errors.Is(err, want) || ran != 1 {
				t.Errorf("ran %d times: %v", ran, err)
			}
			if b.metric(t, "task_runs_total", "task", "expire", "outcome", outcome) != 1 || len(b.series(t, "task_runs_total")) != 1 {
				t.Errorf("counted as %v", b.series(t, "task_runs_total"))
			}
			if b.metric(t, "task_run_seconds", "task", "expire") != 1 {
				t.Error("it was not timed")
			}
			lines := b.log.lines(t)
			if len(lines) != 1 || lines[0]["function"] != "expire" || lines[0]["outcome"] != outcome || lines[0]["ms"] == nil {
				t.Fatalf("got %v", lines)
			}
			if level := lines[0]["level"]; (level == "error") != (want != nil) || (lines[0]["error"] != nil) != (want != nil) {
				t.Errorf("got %v", lines[0])
			}
		})
	}
}

func TestATaskThatRunsTooLongIsToldAndSaysSo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	err := b.run(t.Context(), func(ctx context.Context) error {
		<-ctx.Done()
		if !errors.Is(context.Cause(ctx), function.ErrRanTooLong) {
			t.Errorf("the cause is %v", context.Cause(ctx))
		}
		return ctx.Err()
	})
	if !errors.Is(err, function.ErrRanTooLong) || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "30ms") {
		t.Errorf("got %v", err)
	}
	if b.metric(t, "task_runs_total", "outcome", "failed") != 1 {
		t.Errorf("counted as %v", b.series(t, "task_runs_total"))
	}
}

func TestATaskThatFinishesAfterItsTimeHasFinished(t *testing.T) {
	t.Parallel()
	if err := setup(t).run(t.Context(), func(ctx context.Context) error { <-ctx.Done(); return nil }); err != nil {
		t.Error(err)
	}
}

func TestATaskThatIsStoppedHasNotRunTooLong(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	err := setup(t).run(ctx, func(ctx context.Context) error { stop(); <-ctx.Done(); return ctx.Err() })
	if !errors.Is(err, context.Canceled) || errors.Is(err, function.ErrRanTooLong) {
		t.Errorf("got %v", err)
	}
}

func TestAPanicOfATaskIsAnErrorLikeAnyOther(t *testing.T) {
	t.Parallel()
	b := setup(t)
	err := b.run(t.Context(), func(context.Context) error { panic("no bed for " + guest) })
	if err == nil || strings.Contains(err.Error(), "Ana") {
		t.Errorf("got %v", err)
	}
	if b.metric(t, "function_panics_total", "function", "expire") != 1 || b.metric(t, "task_runs_total", "outcome", "failed") != 1 {
		t.Error("it was not counted")
	}
	log := b.log.String()
	if strings.Contains(log, "Ana") || !strings.Contains(log, "run_test.go") {
		t.Errorf("the log tells the guest's data, or not where: %s", log)
	}
}
