// Package migrate is the task that brings the database to the schema that this version of the program expects.
package migrate

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/function"
)

// Spec describes the function.
var Spec = function.Spec{
	Name:        "migrate",
	Summary:     "bring the database's schema up to date",
	Timeout:     10 * time.Minute,
	Connections: 1,
	MemoryMB:    256,
}

// Deps is what the function is given. Both steps may be repeated, and run on ten machines at once.
type Deps struct {
	Schema func(context.Context) (applied []string, err error) // our own tables
	Queue  func(context.Context) error                         // the work queue's
	Report func(summary string)
}

// New returns the task.
func New(d Deps) function.Task {
	return func(ctx context.Context) error {
		applied, err := d.Schema(ctx)
		if err != nil {
			return fmt.Errorf("schema: %w", err)
		}
		if err := d.Queue(ctx); err != nil {
			return fmt.Errorf("queue: %w", err)
		}
		if len(applied) == 0 {
			d.Report("nothing to migrate")
		} else {
			d.Report("applied " + strings.Join(applied, ", "))
		}
		return nil
	}
}
