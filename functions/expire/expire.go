// Package expire is the task that writes down which holds have run out. Nobody waits for it: an overdue hold is free the
// instant it is overdue, whatever its row says.
package expire

import (
	"context"
	"fmt"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/function"
)

// Spec describes the function.
var Spec = function.Spec{
	Name:        "expire",
	Summary:     "release overdue holds, forget old idempotency keys",
	Every:       time.Minute,
	Timeout:     2 * time.Minute,
	Connections: 1,
	MemoryMB:    256,
}

// Deps is what the function is given.
type Deps struct {
	Bookings Bookings
	Now      func() time.Time
	Report   func(summary string)
}

// Bookings is where holds and keys are kept; each call does at most limit of them and says how many.
type Bookings interface {
	ExpireHolds(ctx context.Context, now time.Time, limit int) (int, error)
	ForgetKeys(ctx context.Context, now time.Time, limit int) (int, error)
}

const (
	// batch is small enough for the row locks not to be noticed.
	batch = 500
	// maxBatches ends a run that others keep feeding; the next one goes on.
	maxBatches = 1000
)

// New returns the task.
func New(d Deps) function.Task {
	return func(ctx context.Context) error {
		now := d.Now()
		expired, err := inBatches(ctx, now, d.Bookings.ExpireHolds)
		if err != nil {
			return err
		}
		forgotten, err := inBatches(ctx, now, d.Bookings.ForgetKeys)
		if err != nil {
			return err
		}
		d.Report(fmt.Sprintf("expired %d holds, forgot %d idempotency keys", expired, forgotten))
		return nil
	}
}

func inBatches(ctx context.Context, now time.Time, do func(context.Context, time.Time, int) (int, error)) (total int, err error) {
	for range maxBatches {
		n, err := do(ctx, now, batch)
		total += n
		if err != nil || n < batch {
			return total, err
		}
	}
	return total, nil
}
