package clock_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/functions/clock"
	"github.com/eevans-d/sist-cabanas/shared/runs"
)

var errKilled = errors.New("killed")

// doomed is a process that is killed at its nth call, before it or after, as seen from the other side. It does nothing more.
type doomed struct {
	*world
	at    int // which call; 0 = none
	after bool

	mu    sync.Mutex
	calls int
	dead  bool
}

// call makes a call, unless the process is dead.
func (d *doomed) call(act func() error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dead {
		return errKilled
	}
	d.calls++
	d.dead = d.calls == d.at
	if d.dead && !d.after {
		return errKilled
	}
	err := act()
	if d.dead {
		return errKilled
	}
	return err
}

func (d *doomed) Alone(ctx context.Context, name string, act func(context.Context) error) (bool, error) {
	// The lock goes with the process, dead or not. On a busy computer the database may take a while to let go of it, or to
	// be reached at all; the world's time stands still meanwhile.
	ran, err := d.record.Alone(ctx, name, act)
	for patience := 100; !ran && patience > 0 && ctx.Err() == nil; patience-- {
		time.Sleep(100 * time.Millisecond)
		ran, err = d.record.Alone(ctx, name, act)
	}
	return ran, err
}

func (d *doomed) Claim(ctx context.Context, want runs.Request, now time.Time) (run runs.Run, ok bool, err error) {
	err = d.call(func() (err error) { run, ok, err = d.record.Claim(ctx, want, now); return err })
	return run, ok, err
}

func (d *doomed) Live(ctx context.Context) (live []runs.Run, err error) {
	err = d.call(func() (err error) { live, err = d.record.Live(ctx); return err })
	return live, err
}

func (d *doomed) Launching(ctx context.Context, r runs.Run, now time.Time) (ok bool, err error) {
	d.spare(r)
	err = d.call(func() (err error) { ok, err = d.record.Launching(ctx, r, now); return err })
	return ok, err
}

func (d *doomed) Launched(ctx context.Context, id int64, machineID string) error {
	return d.call(func() error { return d.record.Launched(ctx, id, machineID) })
}

func (d *doomed) Finish(ctx context.Context, id int64, e runs.Ending, now time.Time) (ok bool, err error) {
	err = d.call(func() (err error) { ok, err = d.record.Finish(ctx, id, e, now); return err })
	return ok, err
}

func (d *doomed) History(ctx context.Context, task string, failed bool, before int64, limit int) (list []runs.Run, err error) {
	err = d.call(func() (err error) { list, err = d.record.History(ctx, task, failed, before, limit); return err })
	return list, err
}

func (d *doomed) Forget(ctx context.Context, before time.Time, limit int) (n int, err error) {
	err = d.call(func() (err error) { n, err = d.record.Forget(ctx, before, limit); return err })
	return n, err
}

func (d *doomed) Launch(ctx context.Context, r runs.Run) (id string, err error) {
	err = d.call(func() (err error) { id, err = d.world.Launch(ctx, r); return err })
	return id, err
}

func (d *doomed) See(ctx context.Context, r runs.Run) (seen runs.Sighting, err error) {
	err = d.call(func() (err error) { seen, err = d.world.See(ctx, r); return err })
	return seen, err
}

func (d *doomed) Kill(ctx context.Context, r runs.Run) error {
	return d.call(func() error { return d.world.Kill(ctx, r) })
}

func (d *doomed) Reap(ctx context.Context, now time.Time) (n int, err error) {
	err = d.call(func() (err error) { n, err = d.world.Reap(ctx, now); return err })
	return n, err
}

// spare lets a process live for a while that makes a run's last attempt: four processes killed at the launch of one run are
// a run that never started, and rightly told as one.
func (d *doomed) spare(r runs.Run) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.at > 0 && r.Attempts == runs.MaxAttempts {
		d.at = d.calls + 1000
	}
}

// oneAtATime fails the test if two machines ran the same task at once, or one run had two machines that began.
func (w *world) oneAtATime() {
	w.t.Helper()
	last := make(map[string]time.Time)
	begun := make(map[int64]bool)
	for _, m := range w.machines { // in the order in which they were made
		if m.begun.IsZero() {
			continue
		}
		if begun[m.run.ID] {
			w.t.Errorf("run %d began twice", m.run.ID)
		}
		begun[m.run.ID] = true
		if m.begun.Before(last[m.run.Task]) {
			w.t.Errorf("run %d of %s began at %s, before the one before had ended", m.run.ID, m.run.Task, m.begun)
		}
		last[m.run.Task] = m.begun.Add(w.works)
	}
}

// notLost fails the test if a slot has no run, or one that neither ran nor made way for another that did.
func (w *world) notLost(task clock.Task, slots int) {
	w.t.Helper()
	all := w.history(task.Name)
	if len(all) != slots {
		w.t.Errorf("%d runs of %d slots", len(all), slots)
	}
	var busyUntil time.Time
	for i, run := range all {
		if !run.Slot.Equal(noon.Add(time.Duration(i) * task.Every)) {
			w.t.Fatalf("run %d is of %s", i, run.Slot)
		}
		switch run.State {
		case runs.Succeeded:
			busyUntil = run.EndedAt
		case runs.Skipped:
			if busyUntil.Before(run.CreatedAt) {
				w.t.Errorf("%s was skipped, and nothing was in its way", run.Slot)
			}
		default:
			w.t.Errorf("%s: %s: %s", run.Slot, run.State, run.Error)
		}
	}
}

func TestAClockThatIsKilledAnywhereIsReplacedByTheNext(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		for at := 1; at <= 7; at++ {
			t.Run(fmt.Sprintf("call %d, after it %t", at, after), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, everyMinute)
				d := &doomed{world: w, at: at, after: after}
				// The first look makes seven calls, unless a busy database fails one: then the next goes on.
				for looks := 1; !d.dead; looks++ {
					err := d.world.clock(d, d)(t.Context(), runs.Tick{})
					if !d.dead && looks == 5 {
						t.Fatalf("the looks made %d calls only: %v", d.calls, err)
					}
				}
				w.advance(20 * time.Second) // until another takes over
				w.tick()
				w.pass(35 * time.Second)
				w.oneAtATime()
				w.notLost(everyMinute, 1)
				if w.made() != 1 {
					t.Errorf("%d machines", w.made())
				}
				if late := w.only("count").StartedAt.Sub(noon); late > time.Minute {
					t.Errorf("it began %s late", late)
				}
			})
		}
	}
}

// Each clock is killed at one of its first thirty calls, so after four looks or so, but not before it has claimed what is due:
// a whole minute of such deaths is a slot that collapsed into the next. Then nobody looks for up to 15 s, which is
// what it takes until another leads.
func TestAThousandSlotsOverThreeClocksThatAreKilledAtRandom(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 3))
	w := newWorld(t, everyMinute)
	w.again = time.Second // of real time: a slow database must not mean more calls, and so more kills
	var clocks [3]*doomed
	killed := 0
	slots := 1000
	if testing.Short() {
		slots = 100
	}
	for end := noon.Add(time.Duration(slots) * time.Minute); w.now().Before(end); {
		i := random.IntN(len(clocks))
		if clocks[i] == nil {
			clocks[i] = &doomed{world: w, at: 3 + random.IntN(28), after: random.IntN(2) == 0}
		}
		err := w.clock(clocks[i], clocks[i])(t.Context(), runs.Tick{})
		if clocks[i].dead {
			killed++
			clocks[i] = nil
			w.advance(time.Duration(random.IntN(4)) * 5 * time.Second)
		} else if err != nil {
			t.Error(err)
		}
		w.advance(5 * time.Second)
	}
	last := w.history("count")
	w.tasks = nil // nothing new: let the last end
	w.pass(5 * time.Minute)
	w.oneAtATime()
	w.notLost(everyMinute, len(last))
	if len(last) < slots || len(last) > slots+1 || killed < slots/10 {
		t.Errorf("%d slots, %d kills: the test has tested too little", len(last), killed)
	}
	if t.Failed() {
		t.Logf("seed %d", seed)
	}
}
