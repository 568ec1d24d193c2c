package machines

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Reap ends the machines of tasks that outlived their deadline: it asks first, and destroys those that are still there when
// StopGrace has passed twice. It returns the machines that it ended or tried to, as they were before. Doing it again, or
// from two places at once, does no harm.
func Reap(ctx context.Context, p Placement, now time.Time) ([]Machine, error) {
	live, err := p.List(ctx, Filter{})
	if err != nil {
		return nil, err
	}
	var reaped []Machine
	var failed []error
	for _, m := range live {
		// One without a deadline was not launched by this version of us; a day is longer than any task may take.
		deadline := m.Deadline
		if deadline.IsZero() {
			deadline = m.CreatedAt.Add(24 * time.Hour)
		}
		if now.Before(deadline) {
			continue
		}
		reaped = append(reaped, m)
		if now.Before(deadline.Add(2 * StopGrace)) {
			err = p.Stop(ctx, m.ID, StopGrace)
		} else {
			err = p.Destroy(ctx, m.ID)
		}
		if err != nil && !errors.Is(err, ErrGone) {
			failed = append(failed, fmt.Errorf("machine %s of %s: %w", m.ID, m.Task, err))
		}
	}
	return reaped, errors.Join(failed...)
}
