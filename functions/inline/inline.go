// Package inline is the function that runs small, frequent tasks inside a process that serves, for which a machine of their
// own would cost more than they do. The record of runs does not see the difference.
package inline

import (
	"context"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/runs"
)

// Spec describes the function. The time that a run may take is its task's.
var Spec = function.Spec{
	Name:        "inline",
	Summary:     "run small tasks inside a serving process",
	Timeout:     15 * time.Minute,
	Concurrency: 2,
	Connections: 2,
}

// Deps is what the function is given.
type Deps struct {
	// Conduct runs a task as the run of an id, and writes down how it ended.
	Conduct func(ctx context.Context, task string, runID int64) error
}

// New returns the worker. How a run ended is in its record, and the clock decides what follows: the job itself is done.
func New(d Deps) function.Worker[runs.Inline] {
	return func(ctx context.Context, job runs.Inline) error {
		d.Conduct(ctx, job.Task, job.RunID) //nolint:errcheck // recorded and logged by whoever conducts
		return nil
	}
}
