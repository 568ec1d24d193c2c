package clock_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/functions/clock"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
	"github.com/eevans-d/sist-cabanas/shared/runs"
)

var noon = time.Date(2026, 12, 4, 12, 0, 0, 0, time.UTC)

// world is a real record, machines that are imagined, and a time that only tests move.
type world struct {
	t      *testing.T
	record *postgres.Runs
	tasks  []clock.Task

	mu       sync.Mutex
	time     time.Time
	machines []*machine
	reaps    int
	kills    int
	launch   func(runs.Run) error // before a machine is made; nil: all is well
	see      error                // what looking at a machine fails with
	startsIn time.Duration        // what a machine needs to start
	works    time.Duration        // what a task needs; 0 = for ever
	again    time.Duration        // see clock.Deps
}

// machine is one that tasks run on.
type machine struct {
	run     runs.Run
	made    time.Time
	begun   time.Time // zero: not yet
	beat    time.Time
	refused bool // its run had begun elsewhere, or was over
	silent  bool // its process is gone, or cannot reach the database
	exit    *runs.Sighting
}

var (
	everyMinute = clock.Task{Name: "count", Every: time.Minute, Timeout: 2 * time.Minute}
	byHand      = clock.Task{Name: "mend", Timeout: 2 * time.Minute}
)

func newWorld(t *testing.T, tasks ...clock.Task) *world {
	t.Helper()
	pool, err := postgres.Open(postgres.Config{URL: config.Secret(pgtest.NewDSN(t))}, 8, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return &world{t: t, record: postgres.NewRuns(pool.Share(8)), tasks: tasks, time: noon, startsIn: time.Second, works: 10 * time.Second, again: time.Millisecond}
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.time
}

// clock makes a clock of this world. Others may stand between it and the world.
func (w *world) clock(record clock.Runs, machines clock.Machines) function.Worker[runs.Tick] {
	return clock.New(clock.Deps{
		Tasks: w.tasks, Runs: record, Machines: machines, Now: w.now, Log: zerolog.Nop(), Again: w.again,
	})
}

// tick has a clock look, and wants no complaint.
func (w *world) tick() {
	w.t.Helper()
	if err := w.clock(w.record, w)(w.t.Context(), runs.Tick{}); err != nil {
		w.t.Errorf("at %s: %v", w.now().Format(time.TimeOnly), err)
	}
}

// pass lets time pass, five seconds at a time, with what machines do in it and a look each.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	for until := w.now().Add(d); w.now().Before(until); {
		w.advance(5 * time.Second)
		w.tick()
	}
}

// advance moves the time; machines begin, beat and end.
func (w *world) advance(d time.Duration) {
	w.t.Helper()
	w.mu.Lock()
	w.time = w.time.Add(d)
	now := w.time
	machines := append([]*machine(nil), w.machines...)
	w.mu.Unlock()
	for _, m := range machines {
		w.live(m, now)
	}
}

// live does what a machine's task does until now.
func (w *world) live(m *machine, now time.Time) {
	w.t.Helper()
	w.mu.Lock()
	idle := m.exit != nil || m.silent
	w.mu.Unlock()
	if idle {
		return
	}
	ctx := w.t.Context()
	if starts := m.made.Add(w.startsIn); m.begun.IsZero() && !now.Before(starts) {
		ok, err := w.record.Begin(ctx, m.run.ID, starts)
		w.check(err)
		if !ok {
			m.refused = true
			w.exit(m, 1, false)
			return
		}
		m.begun, m.beat = starts, starts
	}
	if m.begun.IsZero() {
		return
	}
	if w.works > 0 && !now.Before(m.begun.Add(w.works)) {
		code := 0
		_, err := w.record.Finish(ctx, m.run.ID, runs.Ending{Outcome: runs.Succeeded, ExitCode: &code}, m.begun.Add(w.works))
		w.check(err)
		w.exit(m, 0, false)
		return
	}
	if now.Sub(m.beat) >= runs.BeatEvery {
		m.beat = now
		ok, err := w.record.Beat(ctx, m.run.ID, now)
		w.check(err)
		if !ok {
			w.exit(m, 1, false)
		}
	}
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Error(err)
	}
}

func (w *world) exit(m *machine, code int, oom bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m.exit = &runs.Sighting{Found: true, Ended: true, ExitCode: &code, OOM: oom}
}

// Launch implements clock.Machines, as a platform does that names machines after runs.
func (w *world) Launch(_ context.Context, r runs.Run) (string, error) {
	w.mu.Lock()
	launch := w.launch
	w.mu.Unlock()
	if launch != nil {
		if err := launch(r); err != nil {
			return "", err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.of(r.ID) == nil {
		w.machines = append(w.machines, &machine{run: r, made: w.time})
	}
	return "m" + r.Task, nil
}

// of returns the machine of a run, or nil. The caller holds mu.
func (w *world) of(id int64) *machine {
	for _, m := range w.machines {
		if m.run.ID == id {
			return m
		}
	}
	return nil
}

func (w *world) See(_ context.Context, r runs.Run) (runs.Sighting, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.of(r.ID)
	switch {
	case w.see != nil:
		return runs.Sighting{}, w.see
	case m == nil:
		return runs.Sighting{}, nil
	case m.exit != nil:
		return *m.exit, nil
	default:
		return runs.Sighting{Found: true}, nil
	}
}

func (w *world) Kill(_ context.Context, r runs.Run) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kills++
	m := w.of(r.ID)
	if m == nil {
		return errors.New("kill a machine that is not there")
	}
	code := 137
	m.exit = &runs.Sighting{Found: true, Ended: true, ExitCode: &code}
	return nil
}

func (w *world) Reap(context.Context, time.Time) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reaps++
	return 0, nil
}

// made is how many machines there ever were.
func (w *world) made() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.machines)
}

// history is every run of a task, the oldest first.
func (w *world) history(task string) []runs.Run {
	w.t.Helper()
	var all []runs.Run
	for before := int64(0); ; before = all[0].ID {
		page, err := w.record.History(w.t.Context(), task, false, before, 500)
		if err != nil {
			w.t.Fatal(err)
		}
		if len(page) == 0 {
			return all
		}
		turned := make([]runs.Run, 0, len(page)+len(all))
		for i := range page {
			turned = append(turned, page[len(page)-1-i])
		}
		all = append(turned, all...)
	}
}

// only is the one run of a task.
func (w *world) only(task string) runs.Run {
	w.t.Helper()
	all := w.history(task)
	if len(all) != 1 {
		w.t.Fatalf("%d runs of %s: %+v", len(all), task, all)
	}
	return all[0]
}
