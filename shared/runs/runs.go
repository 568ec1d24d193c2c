// Package runs is what is known of the runs of tasks: when one is due, in which states it can be, and what to conclude when
// the machine that it was on says something, or nothing. It does no I/O and knows no clock: "now" is always handed in.
package runs

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// State is what has become of a run.
type State string

// The states of a run. The last four are final.
const (
	Queued    State = "queued"    // claimed, to be launched
	Launching State = "launching" // a machine has been asked for
	Running   State = "running"   // the task itself has said that it began
	Succeeded State = "succeeded"
	Failed    State = "failed"
	Skipped   State = "skipped" // its time came while an earlier run was still on
	Lost      State = "lost"    // the machine is gone and nobody knows how it ended
)

// Live reports whether a run in this state is still going on.
func (s State) Live() bool { return s == Queued || s == Launching || s == Running }

// Cause is who wanted a run.
type Cause string

// The causes.
const (
	ByClock    Cause = "clock"
	ByOperator Cause = "operator"
)

// Run is one run of a task.
type Run struct {
	ID        int64
	Task      string
	Slot      time.Time // the instant it is for
	State     State
	Cause     Cause
	Args      []string
	MachineID string    // "" until a machine was asked for
	Attempts  int       // to launch it
	AskedAt   time.Time // when a machine was last asked for; zero = never
	Deadline  time.Time
	HeardFrom time.Time // zero = never
	CreatedAt time.Time
	StartedAt time.Time // zero = not yet
	EndedAt   time.Time // zero = not yet
	Ending
}

// Ending is how a run ended.
type Ending struct {
	Outcome  State // one of the final states
	ExitCode *int  // nil = not known
	OOM      bool  // the machine ran out of memory
	Error    string
	Summary  string
}

// Request is a run that somebody wants.
type Request struct {
	Task     string
	Slot     time.Time
	Cause    Cause
	Args     []string
	Deadline time.Time
}

// Faults that an operator meets.
var (
	ErrAlreadyRunning = fault.New(fault.Conflict, "already_running", "The task is running already; wait for it or stop its machine.")
	ErrNotLive        = fault.New(fault.Conflict, "run_over", "The run is over: somebody else has ended it.")
)

// WorthAnotherTry reports whether a machine that could not be launched may be had later: no room, no answer, too many. What
// the operator must mend first (a token, an app) is not.
func WorthAnotherTry(err error) bool {
	f, ok := errors.AsType[*fault.Error](err)
	return !ok || f.Kind == fault.Unavailable || f.Kind == fault.Conflict
}

const (
	// BeatEvery is how often a running task says that it is alive.
	BeatEvery = 10 * time.Second
	// silence is how long a running task may say nothing before its machine is looked at.
	silence = 3*BeatEvery + 5*time.Second
	// firstWait is how long a machine that was asked for may be nowhere to be seen before it is asked for again, which does
	// no harm if it exists after all; each further wait is longer by waitFactor.
	firstWait  = 20 * time.Second
	waitFactor = 3
	// operatorWait is that time for a run that an operator's own command launches: nobody else does it in its place, and the
	// command itself may take a while to be told that there is no room anywhere.
	operatorWait = 2 * time.Minute
	// StartUp is what a machine gets, from being asked for, until its task says that it began. It is on top of the task's own time.
	StartUp = 3 * time.Minute
	// mercy is what a run past its deadline gets to be stopped, the hard way in the end.
	mercy = 2 * time.Minute
	// MaxAttempts is how often a run is launched before it is given up.
	MaxAttempts = 4
)

// Slot is the newest instant, not after now, at which a task of that period is due: periods are aligned to the clock, so that
// any number of machines agree. Older instants that nobody was there for are not made up for; the newest stands for them.
func Slot(every time.Duration, now time.Time) time.Time { return now.UTC().Truncate(every) }

const (
	// WorthRepeating is the period from which on a run that failed is repeated: a task that runs more often has its next slot soon.
	WorthRepeating = time.Hour
	// repeatAfter is what whatever made it fail gets to be over, and repeats how often it is tried again.
	repeatAfter = 10 * time.Minute
	repeats     = 3
)

// Again decides whether a task whose run failed in its newest slot is to run again before the next, and as which slot: a deploy
// or an outage of minutes must not cost a day's backup. History is the task's latest runs, the newest first.
func Again(history []Run, every time.Duration, now time.Time) (slot time.Time, ok bool) {
	due, tries := Slot(every, now), 0
	if every < WorthRepeating {
		return slot, false
	}
	for _, r := range history {
		if r.Slot.Before(due) {
			break
		}
		if r.State != Failed && r.State != Lost || tries == 0 && now.Sub(r.EndedAt) < repeatAfter {
			return slot, false
		}
		tries++
	}
	return Slot(repeatAfter, now), tries > 0 && tries <= repeats
}

// Sighting is what can be seen of a run's machine.
type Sighting struct {
	Found    bool // it exists, or existed lately
	Ended    bool
	ExitCode *int // nil = not known
	OOM      bool
}

// Action is what to do about a live run.
type Action uint8

// The actions.
const (
	Leave  Action = iota // all is well, or too early to tell
	Launch               // ask for a machine
	End                  // write down how it ended
	Kill                 // stop its machine; how it ended is told when it has
)

// NeedsLook reports whether the machine of a live run has to be looked at before Judge can tell anything.
func (r *Run) NeedsLook(now time.Time) bool {
	switch r.State {
	case Running:
		return r.silent(now) || now.After(r.Deadline)
	case Launching:
		return now.Sub(r.AskedAt) > BeatEvery
	default:
		return false
	}
}

func (r *Run) silent(now time.Time) bool { return now.Sub(r.HeardFrom) > silence }

// Hopeless reports whether a run is so far past its deadline that it is given up, even if its machine cannot be looked at.
func (r *Run) Hopeless(now time.Time) bool { return now.After(r.Deadline.Add(mercy)) }

// Judge decides about a live run. Seen is its machine, if it NeedsLook; the zero Sighting is a machine that nobody knows.
func (r *Run) Judge(seen Sighting, now time.Time) (Action, Ending) {
	switch {
	case r.State == Queued:
		return r.judgeQueued(now)
	case !r.NeedsLook(now):
		return Leave, Ending{}
	case seen.Found && seen.Ended:
		return End, r.ended(seen, now)
	case r.Hopeless(now):
		return End, Ending{Outcome: Lost, Error: "ran past its deadline, and could not be stopped or found"}
	case seen.Found && (now.After(r.Deadline) || r.State == Launching && now.Sub(r.AskedAt) > StartUp):
		return Kill, Ending{}
	case seen.Found:
		return Leave, Ending{} // silent, but its machine is there: perhaps the database was away
	case r.State == Launching:
		return r.judgeUnseen(now)
	case r.silent(now):
		return End, r.Explain(seen, now)
	default:
		return Leave, Ending{} // overdue where only its own process can see it, which is stopping it
	}
}

// judgeQueued decides about a run that no machine was asked for yet.
func (r *Run) judgeQueued(now time.Time) (Action, Ending) {
	switch {
	case r.Cause == ByOperator && now.Sub(r.CreatedAt) > operatorWait:
		return End, Ending{Outcome: Failed, Error: "the command that wanted it ended before asking for a machine"}
	case r.Cause == ByOperator:
		return Leave, Ending{} // the command launches it, with options that only it knows
	case now.After(r.Deadline):
		return End, Ending{Outcome: Failed, Error: "no machine could be had before its deadline"}
	default:
		return Launch, Ending{}
	}
}

// judgeUnseen decides about a run whose machine was asked for a while ago, and that nobody has seen.
func (r *Run) judgeUnseen(now time.Time) (Action, Ending) {
	wait := firstWait
	for range r.Attempts - 1 {
		wait *= waitFactor
	}
	if r.Cause == ByOperator {
		wait = operatorWait
	}
	switch {
	case now.Sub(r.AskedAt) <= wait:
		return Leave, Ending{}
	case r.Cause == ByOperator:
		return End, r.Explain(Sighting{}, now)
	case r.Attempts >= MaxAttempts:
		return End, Ending{Outcome: Failed, Error: fmt.Sprintf("its machine never started, in %d attempts", r.Attempts)}
	default:
		return Launch, Ending{}
	}
}

// Explain is how a live run ended whose machine is over, or gone.
func (r *Run) Explain(seen Sighting, now time.Time) Ending {
	switch {
	case seen.Found:
		return r.ended(seen, now)
	case r.State == Running:
		return Ending{Outcome: Lost, Error: "its machine is gone without a word"}
	default:
		return Ending{Outcome: Failed, Error: "its machine never started"}
	}
}

// ended explains a machine that ended before the task had said how.
func (r *Run) ended(seen Sighting, now time.Time) Ending {
	e := Ending{Outcome: Failed, ExitCode: seen.ExitCode, OOM: seen.OOM}
	switch {
	case seen.OOM:
		e.Error = "ran out of memory"
	case seen.ExitCode != nil && *seen.ExitCode == 0 && r.State == Running:
		e.Outcome, e.Summary = Succeeded, "ended well, but could not say so"
	case now.After(r.Deadline) && r.State == Running:
		e.Error = "ran into its deadline and was stopped"
	case seen.ExitCode == nil && r.State == Launching:
		e.Error = "its machine never started"
	case seen.ExitCode == nil:
		e.Outcome, e.Error = Lost, "its machine ended, nobody knows how"
	default:
		e.Error = fmt.Sprintf("its machine ended with exit code %d before the task could say why", *seen.ExitCode)
	}
	return e
}

// GaveUpLaunching is the ending of a run for which no machine could be had.
func GaveUpLaunching(err error) Ending {
	return Ending{Outcome: Failed, Error: "not launched: " + err.Error()}
}

// longestText is what the record keeps of an error or a summary.
const longestText = 1000

// Line makes a line of a text that anybody may have written: what a table, a log and a column of text can hold.
func Line(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "?"), "\x00", "")
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
	if len(text) > longestText {
		text = strings.ToValidUTF8(text[:longestText], "") + "…"
	}
	return text
}

// Tick is the job that says that the clock should look at what is due. One process at a time inserts it, any may work it.
type Tick struct{}

// Kind names the job.
func (Tick) Kind() string { return "tick" }

// InlineMachine is the machine of a run that has none of its own.
const InlineMachine = "inline"

// Inline is the job of running a small task inside a process that serves, instead of on a machine of its own.
type Inline struct {
	RunID int64  `json:"run_id"`
	Task  string `json:"task"`
}

// Kind names the job.
func (Inline) Kind() string { return "inline" }
