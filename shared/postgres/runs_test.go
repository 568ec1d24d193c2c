package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
	"github.com/eevans-d/sist-cabanas/shared/runs"
)

// slot is an instant at which a task is due; tests have no use for the real time.
var slot = time.Date(2026, 12, 4, 12, 0, 0, 0, time.UTC)

// openRuns opens the record in a database, on connections of its own, as a process of its own would.
func openRuns(t *testing.T, dsn string) *postgres.Runs {
	t.Helper()
	pool, err := postgres.Open(postgres.Config{URL: config.Secret(dsn)}, 4, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return postgres.NewRuns(pool.Share(4))
}

func newRuns(t *testing.T) *postgres.Runs {
	t.Helper()
	return openRuns(t, pgtest.NewDSN(t))
}

func due(task string, at time.Time) runs.Request {
	return runs.Request{Task: task, Slot: at, Cause: runs.ByClock, Deadline: at.Add(5 * time.Minute)}
}

func asked(task string, at time.Time, args ...string) runs.Request {
	return runs.Request{Task: task, Slot: at, Cause: runs.ByOperator, Args: args, Deadline: at.Add(5 * time.Minute)}
}

// claim claims a slot that must be free.
func claim(t *testing.T, r *postgres.Runs, want runs.Request) runs.Run {
	t.Helper()
	run, ok, err := r.Claim(t.Context(), want, want.Slot)
	if err != nil || !ok {
		t.Fatalf("claim %s %s: %t, %v", want.Task, want.Slot, ok, err)
	}
	return run
}

func ended(outcome runs.State) runs.Ending { return runs.Ending{Outcome: outcome} }

// finish ends a run that must be live.
func finish(t *testing.T, r *postgres.Runs, id int64, e runs.Ending) {
	t.Helper()
	if ok, err := r.Finish(t.Context(), id, e, slot); err != nil || !ok {
		t.Fatalf("finish %d: %t, %v", id, ok, err)
	}
}

func read(t *testing.T, r *postgres.Runs, id int64) runs.Run {
	t.Helper()
	run, err := r.Run(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func TestOfManyWhoClaimASlotOneGetsIt(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	pools := []*postgres.Runs{openRuns(t, dsn), openRuns(t, dsn), openRuns(t, dsn)}
	for round := range 10 {
		at := slot.Add(time.Duration(round) * time.Minute)
		won := make(chan runs.Run, 20)
		var group sync.WaitGroup
		for i := range 20 {
			group.Go(func() {
				run, ok, err := pools[i%3].Claim(t.Context(), due("count", at), at)
				if err != nil {
					t.Error(err)
				}
				if ok {
					won <- run
				}
			})
		}
		group.Wait()
		close(won)
		if len(won) != 1 {
			t.Fatalf("%d claimed %s", len(won), at)
		}
		run := <-won
		if run.State != runs.Queued || !run.Slot.Equal(at) || run.Cause != runs.ByClock || !run.Deadline.Equal(at.Add(5*time.Minute)) {
			t.Errorf("claimed: %+v", run)
		}
		finish(t, pools[0], run.ID, ended(runs.Succeeded))
	}
}

func TestASlotThatComesWhileTheTaskRunsIsSkipped(t *testing.T) {
	t.Parallel()
	r := newRuns(t)
	first := claim(t, r, due("count", slot))
	other := claim(t, r, due("sum", slot))
	second := claim(t, r, due("count", slot.Add(time.Minute)))
	if first.State != runs.Queued || other.State != runs.Queued || second.State != runs.Skipped || second.EndedAt.IsZero() {
		t.Errorf("claimed: %s, %s of another task, %+v", first.State, other.State, second)
	}
	if _, ok, err := r.Claim(t.Context(), due("count", slot.Add(time.Minute)), slot); ok || err != nil {
		t.Errorf("claimed again: %t, %v", ok, err)
	}
	finish(t, r, first.ID, ended(runs.Lost))
	if third := claim(t, r, due("count", slot.Add(2*time.Minute))); third.State != runs.Queued {
		t.Errorf("after the end: %s", third.State)
	}
}

func TestTwoSlotsOfATaskClaimedAtOnceDoNotBothRun(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	pools := []*postgres.Runs{openRuns(t, dsn), openRuns(t, dsn)}
	for round := range 30 {
		task := fmt.Sprintf("task-%d", round)
		var states [8]runs.State
		var group sync.WaitGroup
		for i := range states {
			group.Go(func() {
				run, ok, err := pools[i%2].Claim(t.Context(), due(task, slot.Add(time.Duration(i)*time.Minute)), slot)
				if err != nil || !ok {
					t.Errorf("%t, %v", ok, err)
				}
				states[i] = run.State
			})
		}
		group.Wait()
		queued := 0
		for _, state := range states {
			if state == runs.Queued {
				queued++
			}
		}
		if queued != 1 {
			t.Errorf("%s: %v", task, states)
		}
	}
}

func TestClaimingAgainAndAgainBurnsNoNumbers(t *testing.T) {
	t.Parallel()
	r := newRuns(t)
	first := claim(t, r, due("count", slot))
	for range 100 {
		if _, ok, err := r.Claim(t.Context(), due("count", slot), slot); ok || err != nil {
			t.Fatalf("%t, %v", ok, err)
		}
	}
	if next := claim(t, r, due("sum", slot)); next.ID != first.ID+1 {
		t.Errorf("the next run is number %d after %d", next.ID, first.ID)
	}
}

func TestOfTwoOperatorsOneIsRefused(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	operators := []*postgres.Runs{openRuns(t, dsn), openRuns(t, dsn)}
	for round := range 20 {
		task := fmt.Sprintf("task-%d", round)
		var failures [2]error
		var group sync.WaitGroup
		for i, operator := range operators {
			group.Go(func() {
				// The very same instant in half of the rounds.
				_, failures[i] = operator.Demand(t.Context(), asked(task, slot.Add(time.Duration(i*(round%2)))), slot)
			})
		}
		group.Wait()
		refused := 0
		for _, err := range failures {
			if errors.Is(err, runs.ErrAlreadyRunning) {
				refused++
			} else if err != nil {
				t.Errorf("%s: %v", task, err)
			}
		}
		if refused != 1 {
			t.Errorf("%s: %v", task, failures)
		}
	}
}

func TestAnOperatorsRunKeepsTheClockAway(t *testing.T) {
	t.Parallel()
	r := newRuns(t)
	run, err := r.Demand(t.Context(), asked("count", slot.Add(time.Second), "-v", "all of it"), slot)
	if err != nil || run.Cause != runs.ByOperator || strings.Join(run.Args, "|") != "-v|all of it" {
		t.Fatalf("%+v, %v", run, err)
	}
	if skipped := claim(t, r, due("count", slot)); skipped.State != runs.Skipped {
		t.Errorf("the clock's: %s", skipped.State)
	}
}

func TestALaunchIsWrittenDownOncePerAttempt(t *testing.T) {
	t.Parallel()
	r := newRuns(t)
	run := claim(t, r, due("count", slot))
	run.Attempts, run.Deadline = 1, slot.Add(time.Hour)
	for i, want := range []bool{true, false} {
		if ok, err := r.Launching(t.Context(), run, slot.Add(time.Second)); ok != want || err != nil {
			t.Errorf("time %d: %t, %v", i, ok, err)
		}
	}
	if err := r.Launched(t.Context(), run.ID, "m1"); err != nil {
		t.Fatal(err)
	}
	got := read(t, r, run.ID)
	if got.State != runs.Launching || got.Attempts != 1 || got.MachineID != "m1" || !got.AskedAt.Equal(slot.Add(time.Second)) || !got.Deadline.Equal(run.Deadline) {
		t.Errorf("%+v", got)
	}
}

func TestARunBeginsOnceAndIsOverOnce(t *testing.T) {
	t.Parallel()
	r := newRuns(t)
	run := claim(t, r, due("count", slot))
	code := 3
	ending := runs.Ending{Outcome: runs.Failed, ExitCode: &code, OOM: true, Error: "a\nb\x00c \xff", Summary: "did half"}
	for i, step := range []struct {
		name string
		act  func() (bool, error)
		want bool
	}{
		{"beat before it begins", func() (bool, error) { return r.Beat(t.Context(), run.ID, slot) }, false},
		{"begin", func() (bool, error) { return r.Begin(t.Context(), run.ID, slot.Add(time.Second)) }, true},
		{"begin again", func() (bool, error) { return r.Begin(t.Context(), run.ID, slot) }, false},
		{"launch while it runs", func() (bool, error) { run.Attempts = 1; return r.Launching(t.Context(), run, slot) }, false},
		{"beat", func() (bool, error) { return r.Beat(t.Context(), run.ID, slot.Add(11*time.Second)) }, true},
		{"finish", func() (bool, error) { return r.Finish(t.Context(), run.ID, ending, slot.Add(time.Minute)) }, true},
		{"finish again", func() (bool, error) { return r.Finish(t.Context(), run.ID, ended(runs.Succeeded), slot) }, false},
		{"beat after the end", func() (bool, error) { return r.Beat(t.Context(), run.ID, slot) }, false},
		{"begin after the end", func() (bool, error) { return r.Begin(t.Context(), run.ID, slot) }, false},
		{"launch after the end", func() (bool, error) { return r.Launching(t.Context(), run, slot) }, false},
	} {
		if got, err := step.act(); got != step.want || err != nil {
			t.Errorf("%d, %s: %t, %v", i, step.name, got, err)
		}
	}
	got := read(t, r, run.ID)
	if got.State != runs.Failed || got.Outcome != runs.Failed || *got.ExitCode != 3 || !got.OOM || got.Error != "a; bc ?" || got.Summary != "did half" ||
		!got.StartedAt.Equal(slot.Add(time.Second)) || !got.HeardFrom.Equal(slot.Add(11*time.Second)) || !got.EndedAt.Equal(slot.Add(time.Minute)) {
		t.Errorf("%+v", got)
	}
}

func TestTwoProcessesThatBeginARunAreToldApart(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	pools := []*postgres.Runs{openRuns(t, dsn), openRuns(t, dsn)}
	run := claim(t, pools[0], due("count", slot))
	begun := make(chan bool, 10)
	var group sync.WaitGroup
	for i := range 10 {
		group.Go(func() {
			ok, err := pools[i%2].Begin(t.Context(), run.ID, slot)
			if err != nil {
				t.Error(err)
			}
			begun <- ok
		})
	}
	group.Wait()
	close(begun)
	n := 0
	for ok := range begun {
		if ok {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d began", n)
	}
}

func TestLiveListsWhatGoesOn(t *testing.T) {
	t.Parallel()
	r := newRuns(t)
	over, on, begun := claim(t, r, due("a", slot)), claim(t, r, due("b", slot)), claim(t, r, due("c", slot))
	finish(t, r, over.ID, ended(runs.Succeeded))
	if _, err := r.Begin(t.Context(), begun.ID, slot); err != nil {
		t.Fatal(err)
	}
	live, err := r.Live(t.Context())
	if err != nil || len(live) != 2 || live[0].ID != on.ID || live[1].ID != begun.ID || live[1].State != runs.Running {
		t.Errorf("%+v, %v", live, err)
	}
}

func TestHistoryIsPagedAndFiltered(t *testing.T) {
	t.Parallel()
	r := newRuns(t)
	outcomes := []runs.State{runs.Succeeded, runs.Failed, runs.Lost}
	for i := range 12 {
		run := claim(t, r, due([]string{"a", "b"}[i%2], slot.Add(time.Duration(i)*time.Minute)))
		finish(t, r, run.ID, ended(outcomes[i%3]))
	}
	ids := func(task string, failed bool, before int64, limit int) string {
		t.Helper()
		list, err := r.History(t.Context(), task, failed, before, limit)
		if err != nil {
			t.Fatal(err)
		}
		var words []string
		for _, run := range list {
			words = append(words, fmt.Sprint(run.ID))
		}
		return strings.Join(words, " ")
	}
	for got, want := range map[string]string{
		ids("", false, 0, 5):      "12 11 10 9 8",
		ids("", false, 8, 3):      "7 6 5",
		ids("a", false, 0, 100):   "11 9 7 5 3 1",
		ids("", true, 0, 4):       "12 11 9 8",
		ids("b", true, 12, 2):     "8 6",
		ids("none", false, 0, 10): "",
		ids("", false, 1, 10):     "",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if _, err := r.Run(t.Context(), 99); err == nil {
		t.Error("a run that is not there was found")
	}
}

func TestOnlyMachinesCountAsLaunched(t *testing.T) {
	t.Parallel()
	r := newRuns(t)
	for task, machine := range map[string]string{"a": "m1", "b": "m2", "c": runs.InlineMachine, "d": ""} {
		run := claim(t, r, due(task, slot))
		if err := r.Launched(t.Context(), run.ID, machine); err != nil {
			t.Fatal(err)
		}
	}
	for since, want := range map[time.Time]int{slot.Add(-time.Hour): 2, slot: 2, slot.Add(time.Second): 0} {
		if n, err := r.LaunchedSince(t.Context(), since); n != want || err != nil {
			t.Errorf("since %s: %d, %v", since, n, err)
		}
	}
}

func TestOldRunsAreForgottenButNotLiveOnes(t *testing.T) {
	t.Parallel()
	r := newRuns(t)
	var over []runs.Run
	for i := range 5 {
		run := claim(t, r, due("a", slot.Add(time.Duration(i)*time.Minute)))
		finish(t, r, run.ID, ended(runs.Succeeded))
		over = append(over, run)
	}
	live := claim(t, r, due("b", slot.Add(-time.Hour)))
	if n, err := r.Forget(t.Context(), slot.Add(4*time.Minute), 3); n != 3 || err != nil {
		t.Errorf("first: %d, %v", n, err)
	}
	if n, err := r.Forget(t.Context(), slot.Add(4*time.Minute), 3); n != 1 || err != nil {
		t.Errorf("then: %d, %v", n, err)
	}
	if read(t, r, live.ID).State != runs.Queued || read(t, r, over[4].ID).State != runs.Succeeded {
		t.Error("what should have stayed is gone")
	}
}

func TestADatabaseThatIsAwaySaysSo(t *testing.T) {
	t.Parallel()
	r := openRuns(t, "postgres://nobody:hunter2@127.0.0.1:1/none?sslmode=disable")
	_, _, err := r.Claim(t.Context(), due("count", slot), slot)
	if err == nil || strings.Contains(err.Error(), "hunter2") || errors.Is(err, pgx.ErrNoRows) {
		t.Errorf("%v", err)
	}
}
