package clock_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/functions/clock"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/runs"
)

var daily = clock.Task{Name: "daily", Every: 24 * time.Hour, Timeout: 10 * time.Minute}

func TestATaskIsLaunchedWhenItIsDueAndOnceOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everyMinute, byHand)
	for range 3 {
		w.tick()
	}
	run := w.only("count")
	if run.State != runs.Launching || run.MachineID != "mcount" || run.Attempts != 1 || !run.Slot.Equal(noon) || w.made() != 1 {
		t.Errorf("%+v on %d machines", run, w.made())
	}
	if len(w.history("mend")) != 0 {
		t.Error("a task that runs by hand was launched")
	}
	w.pass(3 * time.Minute)
	for i, run := range w.history("count") {
		if i < 3 && run.State != runs.Succeeded || !run.Slot.Equal(noon.Add(time.Duration(i)*time.Minute)) {
			t.Errorf("run %d: %+v", i, run)
		}
	}
	if w.made() != 4 {
		t.Errorf("%d machines for four slots", w.made())
	}
}

func TestMissedSlotsCollapseToTheNewest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everyMinute)
	w.tick()
	w.advance(30 * time.Second)
	w.advance(10 * time.Minute)
	w.tick()
	all := w.history("count")
	if len(all) != 2 || !all[1].Slot.Equal(noon.Add(10*time.Minute)) || all[1].State != runs.Launching {
		t.Errorf("%+v", all)
	}
}

func TestASlotThatOverlapsIsSkipped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everyMinute)
	w.works = 90 * time.Second
	w.tick()
	w.pass(3*time.Minute + 45*time.Second)
	var states []string
	for _, run := range w.history("count") {
		states = append(states, string(run.State))
	}
	if got := strings.Join(states, " "); got != "succeeded skipped succeeded skipped" {
		t.Error(got)
	}
}

func TestALaunchThatFailsIsTriedAgainAndThenGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, daily)
	var tries []time.Duration
	w.launch = func(runs.Run) error {
		tries = append(tries, w.now().Sub(noon))
		return fault.New(fault.Unavailable, "no_capacity", "There is no room.")
	}
	w.tick()
	w.pass(10 * time.Minute)
	if len(tries) != runs.MaxAttempts || tries[1] > 30*time.Second || tries[3] < 3*time.Minute {
		t.Errorf("tried after %s", tries)
	}
	if run := w.only("daily"); run.State != runs.Failed || !strings.Contains(run.Error, "There is no room.") || run.Attempts != runs.MaxAttempts {
		t.Errorf("%+v", run)
	}
}

func TestALaunchThatWorksTheSecondTimeIsAllRight(t *testing.T) {
	t.Parallel()
	w := newWorld(t, daily)
	w.launch = func(r runs.Run) error {
		if r.Attempts == 1 {
			return fault.New(fault.Unavailable, "launch_unknown", "Nobody knows.")
		}
		return nil
	}
	w.tick()
	w.pass(time.Minute)
	run := w.only("daily")
	if run.State != runs.Succeeded || run.Attempts != 2 || w.made() != 1 {
		t.Errorf("%+v on %d machines", run, w.made())
	}
	// The time that passed until there was a machine is not the task's.
	if left := run.Deadline.Sub(run.AskedAt); left != daily.Timeout+runs.StartUp {
		t.Errorf("its deadline was %s after it was launched", left)
	}
}

func TestALaunchThatIsDeniedIsNotTriedAgainAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, daily)
	tries := 0
	w.launch = func(runs.Run) error {
		tries++
		return fault.New(fault.Denied, "launch_denied", "The token is wrong.")
	}
	w.tick()
	w.pass(9 * time.Minute) // after ten it is a run of its own
	if run := w.only("daily"); run.State != runs.Failed || tries != 1 || !strings.Contains(run.Error, "The token is wrong.") {
		t.Errorf("%d tries: %+v", tries, run)
	}
}

func TestASilentDeathIsExplained(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		die   func(*world, *machine)
		state runs.State
		want  string
		oom   bool
	}{
		"exit code":  {func(w *world, m *machine) { w.exit(m, 3, false) }, runs.Failed, "exit code 3", false},
		"OOM":        {func(w *world, m *machine) { w.exit(m, 137, true) }, runs.Failed, "out of memory", true},
		"lost":       {func(w *world, _ *machine) { w.machines = nil }, runs.Lost, "gone without a word", false},
		"ended well": {func(w *world, m *machine) { w.exit(m, 0, false) }, runs.Succeeded, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, daily)
			w.works = 0
			w.tick()
			w.pass(20 * time.Second)
			if state := w.only("daily").State; state != runs.Running {
				t.Fatalf("before its death: %s", state)
			}
			c.die(w, w.machines[0])
			w.pass(50 * time.Second)
			run := w.only("daily")
			if run.State != c.state || run.OOM != c.oom || !strings.Contains(run.Error, c.want) {
				t.Errorf("%+v", run)
			}
		})
	}
}

func TestSilenceAloneIsNoDeath(t *testing.T) {
	t.Parallel()
	w := newWorld(t, daily)
	w.works = 5 * time.Minute
	w.tick()
	w.pass(20 * time.Second)
	w.machines[0].silent = true // it cannot reach the database
	w.pass(2 * time.Minute)
	if run := w.only("daily"); run.State != runs.Running {
		t.Fatalf("%+v", run)
	}
	w.machines[0].silent = false
	w.pass(5 * time.Minute)
	if run := w.only("daily"); run.State != runs.Succeeded {
		t.Errorf("%+v", run)
	}
}

func TestWhatRunsPastItsDeadlineIsKilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, daily)
	w.works = 0
	w.tick()
	w.pass(13 * time.Minute)
	if run := w.only("daily"); run.State != runs.Running || w.kills != 0 {
		t.Fatalf("before its deadline: %+v, %d kills", run, w.kills)
	}
	w.pass(30 * time.Second)
	if run := w.only("daily"); run.State != runs.Failed || !strings.Contains(run.Error, "deadline") || w.kills != 1 {
		t.Errorf("%+v, %d kills", run, w.kills)
	}
}

func TestAMachineThatNeverStartsIsKilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, daily)
	w.startsIn = time.Hour
	w.tick()
	w.pass(4 * time.Minute)
	if run := w.only("daily"); run.State != runs.Failed || w.kills != 1 || w.made() != 1 {
		t.Errorf("%+v, %d kills", run, w.kills)
	}
}

func TestAPlatformThatDoesNotAnswerKeepsNoRunForEver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, daily)
	w.works = 0
	w.tick()
	w.pass(20 * time.Second)
	w.machines[0].silent = true
	w.see = errors.New("unauthorized")
	look := w.clock(w.record, w)
	for w.now().Before(noon.Add(15 * time.Minute)) {
		w.advance(5 * time.Second)
		if run := w.only("daily"); run.State != runs.Running {
			t.Fatalf("given up after %s: %+v", w.now().Sub(noon), run)
		}
		look(t.Context(), runs.Tick{}) //nolint:errcheck // it says that it cannot look
	}
	w.advance(5 * time.Second)
	w.tick()
	if run := w.only("daily"); run.State != runs.Lost {
		t.Errorf("%+v", run)
	}
}

func TestOneTaskThatFailsDoesNotKeepOthersWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, daily, everyMinute)
	w.launch = func(r runs.Run) error {
		if r.Task == "daily" {
			panic("a mistake of ours")
		}
		return nil
	}
	err := w.clock(w.record, w)(t.Context(), runs.Tick{})
	if err == nil || !strings.Contains(err.Error(), "a mistake of ours") {
		t.Errorf("it was not told: %v", err)
	}
	w.advance(20 * time.Second)
	if run := w.only("count"); run.State != runs.Succeeded {
		t.Errorf("%+v", run)
	}
}

func TestOneLaunchThatHangsDoesNotKeepOthersWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, daily, everyMinute)
	hangs, release := make(chan struct{}), make(chan struct{})
	w.launch = func(r runs.Run) error {
		if r.Task == "daily" {
			close(hangs)
			<-release
		}
		return nil
	}
	over := make(chan error, 1)
	go func() { over <- w.clock(w.record, w)(t.Context(), runs.Tick{}) }()
	<-hangs
	for until := time.Now().Add(10 * time.Second); len(w.history("count")) < 3; time.Sleep(time.Millisecond) {
		w.advance(time.Second)
		if time.Now().After(until) {
			t.Fatalf("nothing else happens: %+v", w.history("count"))
		}
	}
	close(release)
	if err := <-over; err != nil {
		t.Error(err)
	}
	if w.only("daily").Attempts != 1 {
		t.Error("what was under way was begun again")
	}
}

func TestOneClockLooksAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everyMinute)
	hangs, release := make(chan struct{}), make(chan struct{})
	w.launch = func(runs.Run) error {
		close(hangs)
		<-release
		return nil
	}
	over := make(chan error, 1)
	go func() { over <- w.clock(w.record, w)(t.Context(), runs.Tick{}) }()
	<-hangs
	w.tick() // returns at once, having done nothing
	close(release)
	if err := <-over; err != nil || w.reaps != 1 {
		t.Errorf("%v, %d reaps", err, w.reaps)
	}
}

func TestMachinesAreReapedNowAndThen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	look := w.clock(w.record, w)
	for range 24 { // two minutes
		if err := look(t.Context(), runs.Tick{}); err != nil {
			t.Fatal(err)
		}
		w.advance(5 * time.Second)
	}
	if w.reaps != 4 {
		t.Errorf("%d times in two minutes", w.reaps)
	}
}

func TestWhatRanHalfAYearAgoIsForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everyMinute)
	w.tick()
	w.advance(20 * time.Second)
	w.advance(200 * 24 * time.Hour)
	w.tick()
	if run := w.only("count"); run.Slot.Before(noon.Add(24 * time.Hour)) {
		t.Errorf("%+v", run)
	}
}

func TestALaunchThatIsCutOffIsNotTheRunsFault(t *testing.T) {
	t.Parallel()
	w := newWorld(t, daily)
	ctx, cancel := context.WithCancel(t.Context())
	w.launch = func(runs.Run) error {
		cancel() // this process is told to end
		return ctx.Err()
	}
	w.clock(w.record, w)(ctx, runs.Tick{}) //nolint:errcheck // it was cut off
	w.launch = nil
	w.pass(time.Minute)
	if run := w.only("daily"); run.State != runs.Succeeded || run.Attempts != 2 {
		t.Errorf("%+v", run)
	}
}

func TestADailyTaskThatFailedIsRepeatedBeforeTheNextDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, daily)
	w.launch = func(runs.Run) error { return fault.New(fault.Denied, "launch_denied", "The token is refused.") }
	w.tick()
	w.pass(time.Minute)
	if all := w.history("daily"); len(all) != 1 || all[0].State != runs.Failed {
		t.Fatalf("%+v", all)
	}
	w.launch = nil
	w.advance(10 * time.Minute)
	w.tick()
	w.pass(time.Minute)
	if all := w.history("daily"); len(all) != 2 || all[1].State != runs.Succeeded {
		t.Errorf("%+v", all)
	}
	w.advance(time.Hour)
	w.tick()
	if all := w.history("daily"); len(all) != 2 {
		t.Errorf("%d runs", len(all))
	}
}
