// Package expire is the task that writes down which holds have run out, and has it decided what becomes of money that is in them.
// Nobody waits for it: an overdue hold is free the instant it is overdue, whatever its row says.
package expire

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// Spec describes the function.
var Spec = function.Spec{
	Name:        "expire",
	Summary:     "release overdue holds, settle the money in them, forget old idempotency keys",
	Every:       time.Minute,
	Timeout:     2 * time.Minute,
	Connections: 1,
	MemoryMB:    256,
}

// Deps is what the function is given.
type Deps struct {
	Bookings Bookings
	Payments Payments
	Now      func() time.Time
	Report   func(summary string)
}

// Bookings is where holds and keys are kept; each call does at most limit of them and says how many.
type Bookings interface {
	ExpireHolds(ctx context.Context, now time.Time, limit int) (int, error)
	ForgetKeys(ctx context.Context, now time.Time, limit int) (int, error)
}

// Payments is where it is decided what becomes of the money in a hold that has run out: it goes back, or confirms the hold after
// all. See postgres.Payments.
type Payments interface {
	Lapsed(ctx context.Context, now time.Time, after int64, limit int) ([]payment.Overdue, error)
	Resettle(ctx context.Context, code string, now time.Time) (payment.Decision, error)
}

const (
	// batch is small enough for the row locks not to be noticed.
	batch = 500
	// maxBatches ends a run that others keep feeding; the next one goes on.
	maxBatches = 1000
	// maxFailures ends the decisions of a run in which none succeeds any more; the next one tries again.
	maxFailures = 10
)

// New returns the task.
func New(d Deps) function.Task {
	return func(ctx context.Context) error {
		now := d.Now()
		// Before the holds are written off, so that nobody finds one expired whose money nobody has looked at. Whatever fails of this,
		// the nights of others are released.
		settled, failure := settle(ctx, now, d.Payments)
		expired, err := inBatches(ctx, now, d.Bookings.ExpireHolds)
		if err != nil {
			return err
		}
		forgotten, err := inBatches(ctx, now, d.Bookings.ForgetKeys)
		if err != nil {
			return err
		}
		if failure != nil {
			return failure
		}
		summary := fmt.Sprintf("expired %d holds, forgot %d idempotency keys", expired, forgotten)
		if settled > 0 {
			summary += fmt.Sprintf(", settled %d holds with money in them", settled)
		}
		d.Report(summary)
		return nil
	}
}

// settle has it decided about each lapsed hold with money in it, and says about how many something was decided.
func settle(ctx context.Context, now time.Time, p Payments) (settled int, err error) {
	var failures []error
	after := int64(0)
	for range maxBatches {
		lapsed, err := p.Lapsed(ctx, now, after, batch)
		if err != nil {
			return settled, errors.Join(append(failures, err)...)
		}
		for _, hold := range lapsed {
			after = hold.ReservationID
			decision, err := p.Resettle(ctx, hold.Code, now)
			switch {
			case err != nil:
				failures = append(failures, fmt.Errorf("settle %s: %w", hold.Code, err))
			case !decision.Empty():
				settled++
			}
			if len(failures) >= maxFailures || ctx.Err() != nil {
				return settled, errors.Join(failures...)
			}
		}
		if len(lapsed) < batch {
			break
		}
	}
	return settled, errors.Join(failures...)
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
