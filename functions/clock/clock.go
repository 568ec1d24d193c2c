// Package clock is the function that sees to it that tasks run when they are due: it claims slots, has machines launched,
// finds out what became of those that fell silent, and removes what outlived its time. All it knows it reads from the
// database, so any process can go on where another was killed.
package clock

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/runs"
)

// Spec describes the function.
var Spec = function.Spec{
	Name:        "clock",
	Summary:     "launch tasks when they are due, and watch over them",
	Timeout:     2 * time.Minute,
	Concurrency: 1,
	Connections: 2,
}

// Deps is what the function is given.
type Deps struct {
	Tasks    []Task
	Runs     Runs
	Machines Machines
	Now      func() time.Time
	Log      zerolog.Logger

	// Again is how soon it is looked again while something of the last look is still under way. The zero value is right for
	// production.
	Again time.Duration
}

// Task is a task that the clock may launch.
type Task struct {
	Name    string
	Every   time.Duration // 0 = by hand only
	Timeout time.Duration
}

// Runs is the record of runs; see postgres.Runs for what each method promises.
type Runs interface {
	Alone(ctx context.Context, name string, act func(context.Context) error) (ran bool, err error)
	Claim(ctx context.Context, want runs.Request, now time.Time) (runs.Run, bool, error)
	Live(ctx context.Context) ([]runs.Run, error)
	Launching(ctx context.Context, r runs.Run, now time.Time) (bool, error)
	Launched(ctx context.Context, id int64, machineID string) error
	Finish(ctx context.Context, id int64, e runs.Ending, now time.Time) (bool, error)
	Forget(ctx context.Context, before time.Time, limit int) (int, error)
	History(ctx context.Context, task string, failed bool, before int64, limit int) ([]runs.Run, error)
}

// Machines is where runs happen.
type Machines interface {
	// Launch gives a run a machine and returns the machine's id. Asking twice for the same run gives the same machine.
	Launch(ctx context.Context, r runs.Run) (machineID string, err error)
	// See looks at a run's machine; one that nobody knows is the zero Sighting.
	See(ctx context.Context, r runs.Run) (runs.Sighting, error)
	// Kill asks a run's machine to end, and sees to it that it does; it does not wait for that. Asking again does no harm.
	Kill(ctx context.Context, r runs.Run) error
	// Reap removes machines whose deadline has passed, whatever the record says of them, and returns how many.
	Reap(ctx context.Context, now time.Time) (int, error)
}

const (
	// again is how soon a process that waits for a slow answer looks again at everything else.
	again = 5 * time.Second
	// reapEvery is how often the platform is asked for machines that nobody remembers.
	reapEvery = 30 * time.Second
	// remembered is how long what became of a run is kept, and forgetAtOnce how many are let go of at a time.
	remembered   = 180 * 24 * time.Hour
	forgetAtOnce = 200
	// reaping and forgetting stand for a run's id among what is under way.
	reaping, forgetting = -1, -2
)

type clock struct {
	Deps

	mu       sync.Mutex
	reapedAt time.Time
}

// New returns the worker of ticks.
func New(d Deps) function.Worker[runs.Tick] {
	d.Again = cmp.Or(d.Again, again)
	c := &clock{Deps: d}
	return func(ctx context.Context, _ runs.Tick) error {
		// Not ran: another process is at it this very moment, which is as good.
		_, err := d.Runs.Alone(ctx, Spec.Name, c.look)
		return err
	}
}

// look does a round, and more while something of it is still under way: a platform that takes a minute to answer for one
// task does not keep the others waiting. What fails is told, and tried again by the next look.
func (c *clock) look(ctx context.Context) error {
	w := newWork()
	failures := []error{c.round(ctx, w)}
	ticker := time.NewTicker(c.Again)
	defer ticker.Stop()
	for len(w.under) > 0 {
		select {
		case done := <-w.done:
			delete(w.under, done.id)
			failures = append(failures, done.err)
		case <-ticker.C:
			if ctx.Err() == nil {
				failures = append(failures, c.round(ctx, w))
			}
		}
	}
	return errors.Join(failures...)
}

// round claims what is due, and sees to all that is live and not being seen to already.
func (c *clock) round(ctx context.Context, w *work) error {
	claimed, claimErr := c.claimDue(ctx)
	live, err := c.Runs.Live(ctx)
	if err != nil {
		return errors.Join(claimErr, err)
	}
	for _, r := range live {
		w.start(r.ID, func() error { return c.attend(ctx, r) })
	}
	w.start(reaping, func() error { return c.reap(ctx) })
	if claimed > 0 {
		w.start(forgetting, func() error {
			_, err := c.Runs.Forget(ctx, c.Now().Add(-remembered), forgetAtOnce)
			return err
		})
	}
	return claimErr
}

// claimDue claims the newest slot of every task, and counts those that nobody had claimed. Claimed ones are refused by the
// table, at the price of one statement.
func (c *clock) claimDue(ctx context.Context) (claimed int, err error) {
	now := c.Now()
	var failures []error
	for _, t := range c.Tasks {
		if t.Every == 0 {
			continue
		}
		ok, err := c.claim(ctx, t, runs.Slot(t.Every, now), now)
		if err == nil && !ok {
			ok, err = c.claimAgain(ctx, t, now)
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("claim %s: %w", t.Name, err))
		}
		if ok {
			claimed++
		}
	}
	return claimed, errors.Join(failures...)
}

func (c *clock) claim(ctx context.Context, t Task, slot, now time.Time) (bool, error) {
	run, ok, err := c.Runs.Claim(ctx, runs.Request{
		Task: t.Name, Slot: slot, Cause: runs.ByClock, Deadline: now.Add(t.Timeout + runs.StartUp),
	}, now)
	if ok && run.State == runs.Skipped {
		c.Log.Warn().Str("task", t.Name).Time("slot", run.Slot).Msg("skipped: the run before is still on")
	}
	return ok, err
}

// claimAgain claims another run of a task whose slot is long and whose run failed.
func (c *clock) claimAgain(ctx context.Context, t Task, now time.Time) (bool, error) {
	if t.Every < runs.WorthRepeating {
		return false, nil
	}
	history, err := c.Runs.History(ctx, t.Name, false, 0, 10)
	if err != nil {
		return false, err
	}
	slot, ok := runs.Again(history, t.Every, now)
	if !ok {
		return false, nil
	}
	c.Log.Warn().Str("task", t.Name).Time("slot", slot).Msg("it failed: once more")
	return c.claim(ctx, t, slot, now)
}

// attend does what a live run needs.
func (c *clock) attend(ctx context.Context, r runs.Run) error {
	now := c.Now()
	var seen runs.Sighting
	if r.NeedsLook(now) {
		var err error
		// A platform that does not let us look must not keep a run alive for ever: the next would never be claimed.
		if seen, err = c.Machines.See(ctx, r); err != nil && !r.Hopeless(now) {
			return fmt.Errorf("look at run %d of %s: %w", r.ID, r.Task, err)
		}
	}
	action, ending := r.Judge(seen, now)
	switch action {
	case runs.Launch:
		return c.launch(ctx, r, now)
	case runs.Kill:
		c.Log.Warn().Str("task", r.Task).Int64("run", r.ID).Str("machine", r.MachineID).Msg("out of time: its machine is stopped")
		if err := c.Machines.Kill(ctx, r); err != nil {
			return fmt.Errorf("stop run %d of %s: %w", r.ID, r.Task, err)
		}
	case runs.End:
		return c.end(ctx, r, ending)
	case runs.Leave:
	}
	return nil
}

// launch writes down that a machine is asked for before asking: if this process dies in between, a later look finds the run
// and, because machines are named after runs, the machine.
func (c *clock) launch(ctx context.Context, r runs.Run, now time.Time) error {
	for _, t := range c.Tasks {
		if t.Name == r.Task {
			r.Deadline = now.Add(t.Timeout + runs.StartUp)
		}
	}
	r.Attempts++
	if ok, err := c.Runs.Launching(ctx, r, now); err != nil || !ok {
		return err
	}
	id, err := c.Machines.Launch(ctx, r)
	if err == nil {
		c.Log.Info().Str("task", r.Task).Int64("run", r.ID).Str("machine", id).Msg("launched")
		return c.Runs.Launched(ctx, r.ID, id)
	}
	c.Log.Error().Str("task", r.Task).Int64("run", r.ID).Int("attempt", r.Attempts).Err(err).Msg("launch")
	if r.Attempts < runs.MaxAttempts && runs.WorthAnotherTry(err) {
		return nil
	}
	return c.end(ctx, r, runs.GaveUpLaunching(err))
}

func (c *clock) end(ctx context.Context, r runs.Run, e runs.Ending) error {
	ok, err := c.Runs.Finish(ctx, r.ID, e, c.Now())
	if ok {
		c.Log.Warn().Str("task", r.Task).Int64("run", r.ID).Str("outcome", string(e.Outcome)).Bool("oom", e.OOM).Str("why", e.Error).Msg("run ended")
	}
	return err
}

// reap removes the machines that outlived their deadline, now and then: the platform has to be asked for all there are.
func (c *clock) reap(ctx context.Context) error {
	now := c.Now()
	c.mu.Lock()
	due := now.Sub(c.reapedAt) >= reapEvery
	if due {
		c.reapedAt = now
	}
	c.mu.Unlock()
	if !due {
		return nil
	}
	reaped, err := c.Machines.Reap(ctx, now)
	if reaped > 0 {
		c.Log.Warn().Int("machines", reaped).Msg("removed machines that had outlived their deadline")
	}
	return err
}
