package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/functions/clock"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/machines"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/queue"
	"github.com/eevans-d/sist-cabanas/shared/runs"
)

// Placement is where tasks run; it is named here because a configuration embeds it beside others.
type Placement = machines.Config

// tasksConfig is what launching tasks reads, whoever launches.
type tasksConfig struct {
	Database
	Placement
	Settings
	Inline config.List `envconfig:"TASKS_INLINE" default:"expire,remind"`
}

// tickEvery is how often the clock looks. It decides how late a task may start.
const tickEvery = 5 * time.Second

// tasks are the functions that the clock and operators launch.
func tasks(all []function.Function) []function.Function {
	return slices.DeleteFunc(slices.Clone(all), func(f function.Function) bool { return f.Trigger != function.Clock })
}

// clockTasks says of every task what the clock needs.
func clockTasks(all []function.Function) []clock.Task {
	var out []clock.Task
	for _, f := range tasks(all) {
		out = append(out, clock.Task{Name: f.Name, Every: f.Every, Timeout: f.Timeout})
	}
	return out
}

// placement opens where tasks run.
func (r *resources) placement(c tasksConfig, record *postgres.Runs) (machines.Placement, error) {
	if r.machines != nil {
		return r.machines, nil
	}
	var err error
	r.machines, err = machines.Open(c.Placement, machines.Deps{Log: r.log, Now: r.now, Launched: record.LaunchedSince})
	return r.machines, err
}

// taskMachines gives runs a place: a small task a job in a serving process, any other a machine.
type taskMachines struct {
	placement machines.Placement
	all       []function.Function
	inline    []string
	enqueue   func(context.Context, queue.Job) error
	settings  func() map[string]string // that every machine is given
	output    io.Writer                // gets what child processes print
}

// taskMachines opens where runs get their place.
func (r *resources) taskMachines(c tasksConfig, record *postgres.Runs) (*taskMachines, error) {
	names := taskNames(r.all)
	for _, task := range c.Inline {
		if !slices.Contains(names, task) {
			return nil, usagef("TASKS_INLINE names %q, and there are only: %s", task, strings.Join(names, ", "))
		}
	}
	placement, err := r.placement(c, record)
	if err != nil {
		return nil, usageError{err}
	}
	return &taskMachines{
		placement: placement, all: r.all, inline: c.Inline, enqueue: r.enqueue, output: r.output,
		settings: func() map[string]string { return c.settings(r.now()) },
	}, nil
}

// Settings are what a task's machine has to be told of this one's: Fly gives it the secrets of its app, which may be another,
// and nothing of what fly.toml sets. None of them is a secret, and each is empty where it is not set.
type Settings struct {
	Environment string `envconfig:"ENVIRONMENT"`
	LogLevel    string `envconfig:"LOG_LEVEL"`
	BaseURL     string `envconfig:"BASE_URL"`
	Quarantine  string `envconfig:"ICAL_QUARANTINE"`
	BalanceDays string `envconfig:"BALANCE_DUE_DAYS"`
	ReviewURL   string `envconfig:"REVIEW_URL"`
	Clock       string `envconfig:"CLOCK"`
}

// settings are those of a machine that is launched now. Its clock goes on from ours, and does not begin again where ours has begun.
func (s Settings) settings(now time.Time) map[string]string {
	all := map[string]string{
		"ENVIRONMENT": s.Environment, "LOG_LEVEL": s.LogLevel, "BASE_URL": s.BaseURL, "ICAL_QUARANTINE": s.Quarantine,
		"BALANCE_DUE_DAYS": s.BalanceDays, "REVIEW_URL": s.ReviewURL, "CLOCK": Clock{Start: s.Clock}.handOn(now),
	}
	maps.DeleteFunc(all, func(_, value string) bool { return value == "" })
	return all
}

// isInline reports whether a run has no machine of its own. What an operator launches always has one: that is why he does.
func (t *taskMachines) isInline(r runs.Run) bool {
	if r.MachineID != "" { // TASKS_INLINE may have been another then
		return r.MachineID == runs.InlineMachine
	}
	return r.Cause == runs.ByClock && slices.Contains(t.inline, r.Task)
}

// Launch gives a run its place.
func (t *taskMachines) Launch(ctx context.Context, r runs.Run) (string, error) {
	if t.isInline(r) {
		return runs.InlineMachine, t.enqueue(ctx, runs.Inline{RunID: r.ID, Task: r.Task})
	}
	f, err := find(t.all, r.Task)
	if err != nil {
		return "", err
	}
	spec := specOf(f, r)
	spec.Env, spec.Output = t.settings(), t.output
	m, err := t.placement.Launch(ctx, spec)
	return m.ID, err
}

func specOf(f function.Function, r runs.Run) machines.Spec {
	return machines.Spec{
		RunID: runName(r), Task: r.Task, Slot: r.Slot, Args: r.Args, MemoryMB: f.MemoryMB, Deadline: r.Deadline,
	}
}

// See looks at a run's machine, which is found by the run if nobody got round to writing its id down.
func (t *taskMachines) See(ctx context.Context, r runs.Run) (runs.Sighting, error) {
	if t.isInline(r) {
		return runs.Sighting{}, nil // a process that dies takes it along: silence is all there is to see
	}
	m, err := t.look(ctx, r)
	if err != nil && !errors.Is(err, machines.ErrGone) {
		return runs.Sighting{}, err
	}
	return sightingOf(m, err), nil
}

// sightingOf is what a look at a machine tells about its run; err says that it is gone.
func sightingOf(m machines.Machine, err error) runs.Sighting {
	if err != nil {
		return runs.Sighting{}
	}
	seen := runs.Sighting{Found: true, Ended: m.Over()}
	if m.Exit != nil {
		seen.ExitCode, seen.OOM = &m.Exit.Code, m.Exit.OOM
	}
	return seen
}

func (t *taskMachines) look(ctx context.Context, r runs.Run) (machines.Machine, error) {
	if r.MachineID != "" {
		return t.placement.Inspect(ctx, r.MachineID)
	}
	found, err := t.placement.List(ctx, machines.Filter{RunID: runName(r), Over: true})
	if err == nil && len(found) == 0 {
		err = machines.ErrGone
	}
	if err != nil {
		return machines.Machine{}, err
	}
	return found[len(found)-1], nil
}

// Kill asks a run's machine to end; Reap destroys it if it does not.
func (t *taskMachines) Kill(ctx context.Context, r runs.Run) error {
	if t.isInline(r) {
		return nil
	}
	m, err := t.look(ctx, r)
	// One that was asked already is left its grace: each request begins it anew.
	if errors.Is(err, machines.ErrGone) || err == nil && m.State == machines.Stopping {
		return nil
	}
	if err != nil {
		return err
	}
	return t.placement.Stop(ctx, m.ID, machines.StopGrace)
}

// Reap removes machines whose deadline has passed.
func (t *taskMachines) Reap(ctx context.Context, now time.Time) (int, error) {
	reaped, err := machines.Reap(ctx, t.placement, now)
	return len(reaped), err
}

// enqueue inserts a job. The queue is opened after the functions are built, so it is looked for when it is needed.
func (r *resources) enqueue(ctx context.Context, job queue.Job) error {
	q, err := r.queue()
	if err != nil {
		return err
	}
	return q.Enqueue(ctx, job)
}

// recordConnections is what the record of runs may hold at once: a running task's lock, its heartbeat, and a look.
const recordConnections = 4

// record is the record of runs, with connections of its own: a task that has all of its own in use still says that it is alive.
func (r *resources) record(c Database) (*postgres.Runs, error) {
	if r.runs != nil {
		return r.runs, nil
	}
	pool, err := r.database(c)
	if err != nil {
		return nil, err
	}
	r.runs = postgres.NewRuns(pool.Share(recordConnections))
	return r.runs, nil
}

// conduct runs a task as the run of an id, in this process.
func (r *resources) conduct(ctx context.Context, f function.Function, record *postgres.Runs, runID int64) error {
	return r.host().Conduct(ctx, f, r.load, function.Recorded{
		ID: runID, Record: record, Now: r.now, Summary: func() string { return r.reported(f.Name) },
	})
}

func (r *resources) conductNamed(record *postgres.Runs, all []function.Function) func(context.Context, string, int64) error {
	return func(ctx context.Context, task string, runID int64) error {
		f, err := find(all, task)
		if err != nil {
			return err
		}
		return r.conduct(ctx, f, record, runID)
	}
}

// reporter is how a task says in a line what it did: to the log, and to the record of its run.
func (r *resources) reporter(task string) func(string) {
	return func(summary string) {
		r.reports.Store(task, summary)
		r.log.Info().Str("function", task).Msg(summary)
	}
}

func (r *resources) reported(task string) string {
	summary, _ := r.reports.Load(task)
	text, _ := summary.(string)
	return text
}

// runName is what a machine knows its run by. Numbers alone come again in a database that was restored or made anew, while
// the platform remembers machines for days; with the instant that a run is for they do not.
func runName(r runs.Run) string { return fmt.Sprintf("%d-%d", r.ID, r.Slot.Unix()) }

// thisRun says which run this process was started for, by its runName; the placement sets it.
type thisRun struct {
	Name string `envconfig:"TASK_RUN_ID" validate:"omitempty,contains=-"`
}

// id is the run's number; 0 when this process was started by hand.
func (t thisRun) id() int64 {
	number, _, _ := strings.Cut(t.Name, "-")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// runNow runs a task in this process: as a recorded run when it was started for one, else for whoever typed the command.
func (r *resources) runNow(ctx context.Context, f function.Function) error {
	var run thisRun
	if err := r.load(&run); err != nil {
		return err
	}
	if run.id() == 0 {
		return r.host().RunTask(ctx, f, r.load)
	}
	var c Database
	if err := r.load(&c); err != nil {
		return err
	}
	record, err := r.record(c)
	if err != nil {
		return err
	}
	return r.conduct(ctx, f, record, run.id())
}
