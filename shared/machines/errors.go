package machines

import (
	"time"

	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// What can become of a request for a machine. Details are sentences for an operator; copies of these name the machine, the
// regions, or what Fly said.
var (
	// ErrNoCapacity: none of the regions had room. Nothing was started.
	ErrNoCapacity = fault.New(fault.Unavailable, "no_capacity",
		"Fly has no room in any of the regions; try again later, or add one to TASK_REGIONS.").WithRetryAfter(time.Minute)

	// ErrUnauthorized: the token is wrong, expired, or has not the right. Trying again does not help.
	ErrUnauthorized = fault.New(fault.Denied, "launch_denied",
		"Fly refused the launch token: it is wrong, expired, or lacks the right; make another with `fly tokens create deploy` and set FLY_LAUNCH_TOKEN.")

	// ErrNoApp: the app that tasks run in does not exist, or not for this token.
	ErrNoApp = fault.New(fault.NotFound, "no_app", "The app that tasks run in does not exist, or the launch token is not for it; TASKS_APP names it.")

	// ErrNameTaken: a machine of another run has the name, and lives: the slot is being run already.
	ErrNameTaken = fault.New(fault.Conflict, "machine_name_taken", "Another run's machine has this name.")

	// ErrUnknown: a machine may have been started, or not. Launching the same run again finds out.
	ErrUnknown = fault.New(fault.Unavailable, "launch_unknown",
		"The Machines API did not say whether the machine was started; launching the same run again finds out.").WithRetryAfter(5 * time.Second)

	// ErrUnreachable: the API does not answer, or not as it should. Nothing was started.
	ErrUnreachable = fault.New(fault.Unavailable, "machines_unreachable",
		"The Machines API does not answer as it should; try again in a moment.").WithRetryAfter(5 * time.Second)

	// ErrRateLimited: Fly wants fewer requests, and went on wanting that while we waited. Nothing was started.
	ErrRateLimited = fault.New(fault.Unavailable, "machines_rate_limited", "Fly limits how often it may be asked; try again in a moment.").WithRetryAfter(5 * time.Second)

	// ErrRejected: Fly understood the request and will never do it: a region that is not, an image that is not.
	ErrRejected = fault.New(fault.Invalid, "launch_rejected", "Fly refused the machine.")

	// ErrGone: no machine has this id any more.
	ErrGone = fault.New(fault.NotFound, "machine_gone", "There is no such machine, or not any more.")

	// ErrForeign: the machine exists, and is none of ours to touch.
	ErrForeign = fault.New(fault.NotFound, "machine_foreign", "That machine was not launched for a task; it is left alone.")

	// ErrTooMany: MAX_TASK_MACHINES live already.
	ErrTooMany = fault.New(fault.Unavailable, "too_many_machines", "As many machines as MAX_TASK_MACHINES allows are at work; try again when one has ended.").WithRetryAfter(30 * time.Second)

	// ErrBudget: MAX_LAUNCHES_PER_DAY were launched in the last 24 hours.
	ErrBudget = fault.New(fault.Unavailable, "launch_budget", "As many machines as MAX_LAUNCHES_PER_DAY allows were launched in the last 24 hours.").WithRetryAfter(time.Hour)

	// ErrNotStarted: the program of a child process cannot be run.
	ErrNotStarted = fault.New(fault.Unavailable, "task_not_started", "The task's program could not be started.")
)
