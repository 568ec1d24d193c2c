package machines

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// ration is how many machines may be launched in 24 hours: what a scheduler gone mad can cost.
type ration struct {
	perDay   int
	now      func() time.Time
	launched func(context.Context, time.Time) (int, error)

	mu  sync.Mutex
	own []time.Time // when this process launched, the oldest first; unused if others count for us
}

// check returns ErrBudget if one launch more would be too many.
func (r *ration) check(ctx context.Context) error {
	if r.perDay <= 0 {
		return nil
	}
	launched, err := r.count(ctx)
	if err != nil {
		return fmt.Errorf("count the launches of the last 24 hours: %w", err)
	}
	if launched >= r.perDay {
		return ErrBudget
	}
	return nil
}

func (r *ration) count(ctx context.Context) (int, error) {
	since := r.now().Add(-24 * time.Hour)
	if r.launched != nil {
		return r.launched(ctx, since)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.own) > 0 && r.own[0].Before(since) {
		r.own = r.own[1:]
	}
	return len(r.own), nil
}

// spend notes a launch.
func (r *ration) spend() {
	if r.launched != nil || r.perDay <= 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.own = append(r.own, r.now())
}
