// Package machines starts, watches and ends the ephemeral machines that tasks run on. There are two placements behind one
// interface: Fly Machines of our own image, and child processes of our own binary. One run gets one machine, however often
// and from wherever it is launched, as far as a platform can promise that; tasks are idempotent for the rest.
package machines

import (
	"context"
	"time"
)

// Placement is where tasks run. Its methods may be called at the same time. Errors are those declared in this package, as
// faults that an operator may read.
type Placement interface {
	// Kind is KindFly or KindExec.
	Kind() string

	// Launch starts a machine for a run, or finds the one that this run already has, dead or alive. The caller writes down
	// the run before, so that whatever happens to either side, the machine can be found by its RunID. ErrUnknown says that
	// a machine may have been started; every other error, that none was.
	Launch(ctx context.Context, spec Spec) (Machine, error)

	// Inspect tells how a machine is. ErrGone: nobody knows it any more, or, in its first seconds, not yet.
	Inspect(ctx context.Context, id string) (Machine, error)

	// List lists machines of tasks, the oldest first; never any other machine of the app.
	List(ctx context.Context, filter Filter) ([]Machine, error)

	// Stop asks a machine's task to end (SIGTERM) and ends it (SIGKILL) if it has not after grace; 0 = StopGrace. It does
	// not wait for either. Nothing happens to a machine that is over.
	Stop(ctx context.Context, id string, grace time.Duration) error

	// Destroy ends a machine at once. Nothing happens to a machine that is over.
	Destroy(ctx context.Context, id string) error

	// Wait returns when the machine is over, with how it ended. When ctx ends first the machine goes on, and the error is
	// that of ctx. ErrGone: the machine vanished, and how it ended will never be known.
	Wait(ctx context.Context, id string) (Machine, error)

	// Close lets go. Child processes end with their parent: they are stopped. Fly's machines go on.
	Close() error
}

// The kinds of placements.
const (
	KindFly  = "fly"
	KindExec = "exec"
)

// Variables that a task finds in its environment.
const (
	EnvRunID    = "TASK_RUN_ID"   // Spec.RunID: the row in which the task notes how it fares
	EnvDeadline = "TASK_DEADLINE" // Spec.Deadline, RFC 3339
)

// StopGrace is how long a task gets to end after it was asked to.
const StopGrace = 30 * time.Second

// maxGrace is the longest that Fly waits before it kills.
const maxGrace = 5 * time.Minute

// Machine is a machine as it was at one moment.
type Machine struct {
	ID, Name    string
	Task, RunID string
	Region      string // "local" for a child process
	State       State
	Detail      string // the platform's own word for the state
	CreatedAt   time.Time
	Deadline    time.Time // when whoever watches may end it
	Exit        *Exit     // how its task ended; nil while it has not, and if it ended without a trace
}

// State is what of a machine's state anybody can act on.
type State string

// The states, in the order in which a machine goes through them.
const (
	Starting State = "starting" // it exists, its task does not run yet
	Running  State = "running"
	Stopping State = "stopping" // it was asked to end, or is being removed
	Ended    State = "ended"    // nothing will happen any more
	Failed   State = "failed"   // it never ran, and never will
)

// Over reports whether nothing will happen to the machine any more.
func (m Machine) Over() bool { return m.State == Ended || m.State == Failed }

// Exit is how a task ended.
type Exit struct {
	Code      int  // 0 = success; 128 + Signal if a signal ended it
	Signal    int  // the signal that ended it; 0 = none
	OOM       bool // it ran out of memory; a child process cannot know
	Requested bool // somebody had asked it to end
	At        time.Time
	Output    string // the last 64 KiB that it printed; child processes only
}

// Filter says which machines to list. An empty field takes all.
type Filter struct {
	Task, RunID string
	Over        bool // those that are over too, as far back as the platform remembers: Fly two days, exec an hour
}

// takes reports whether the filter lets a machine through.
func (f Filter) takes(m Machine) bool {
	return (f.Task == "" || f.Task == m.Task) && (f.RunID == "" || f.RunID == m.RunID) && (f.Over || !m.Over())
}

// graceOr is the grace in use: the default for none, and never more than Fly grants. Sent as it is, a zero would mean
// "kill it now".
func graceOr(grace time.Duration) time.Duration {
	if grace <= 0 {
		return StopGrace
	}
	return min(grace, maxGrace)
}
