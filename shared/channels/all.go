package channels

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
)

const (
	// duePage is how many feeds are looked up at once, and maxPages how often: a bound for a loop, and no limit that an owner
	// meets.
	duePage  = 200
	maxPages = 1000

	// startJitter lies between the starts of two fetches, so that a channel is not asked for all at once.
	startJitter = 20 * time.Millisecond

	// inLane is how many feeds are read at once. One that takes longer than slowAfter makes room for another, so that it delays
	// nobody, as long as there are not more than inSlowLane of those.
	inLane     = 8
	inSlowLane = 32
	slowAfter  = 2 * time.Second

	// What was freed is kept as history for keepFreed, and then forgotten, so many at a time.
	keepFreed     = 90 * 24 * time.Hour
	forgetBatch   = 500
	forgetBatches = 20
)

// Report is what came of reading all feeds.
type Report struct {
	Feeds               int // that were to be read
	Unchanged           int // that list what they listed last time
	Changed             int // that did not
	Failing             int // that could not be read
	Quarantined         int // that are in quarantine now
	Unkept              int // whose word could not be written down
	Added, Moved, Freed int // events
	Opened, Resolved    int // conflicts, by time alone: those of a cabin are settled with every change of its events
	Forgotten           int // events that were freed long ago
}

func (r Report) String() string {
	text := fmt.Sprintf("%d feeds: %d unchanged, %d changed (%d events added, %d moved, %d freed), %d failing, %d in quarantine; by time alone %d conflicts opened, %d resolved",
		r.Feeds, r.Unchanged, r.Changed, r.Added, r.Moved, r.Freed, r.Failing, r.Quarantined, r.Opened, r.Resolved)
	if r.Unkept > 0 {
		text += fmt.Sprintf("; %d could not be written down", r.Unkept)
	}
	if r.Forgotten > 0 {
		text += fmt.Sprintf("; %d events of long ago forgotten", r.Forgotten)
	}
	return text
}

// SyncAll reads all feeds that are due, and then settles the conflicts that time alone brings about. One that fails, hangs or
// panics is the next one's trouble in nothing. The error is ours, never a feed's: the store's, or that ctx ended; what was read
// until then is kept, and in the report.
func (c *Channels) SyncAll(ctx context.Context, o Options) (Report, error) {
	now := c.deps.Now()
	r := &round{Channels: c, options: o, lanes: lanes{quick: make(chan struct{}, inLane), slow: make(chan struct{}, inSlowLane)}}
	err := r.readDue(ctx, now)
	r.reading.Wait()
	if err = errors.Join(err, ctx.Err()); err != nil || o.Dry {
		return r.report, errors.Join(err, r.err)
	}
	// Also when one of them could not be kept: the others' overlaps are as real.
	opened, resolved, failed := c.deps.Store.SettleConflicts(ctx, c.deps.Now())
	r.report.Opened, r.report.Resolved = opened, resolved
	if failed == nil {
		r.report.Forgotten, failed = c.forget(ctx, now.Add(-keepFreed))
	}
	return r.report, errors.Join(r.err, failed)
}

func (c *Channels) forget(ctx context.Context, before time.Time) (forgotten int, err error) {
	for range forgetBatches {
		n, err := c.deps.Store.Forget(ctx, before, forgetBatch)
		forgotten += n
		if err != nil || n < forgetBatch {
			return forgotten, err
		}
	}
	return forgotten, nil
}

// round is one reading of all feeds.
type round struct {
	*Channels
	options Options
	lanes   lanes
	reading sync.WaitGroup

	mu     sync.Mutex
	report Report
	err    error // the first that the store had
}

// readDue starts the reading of every feed that is due, a page at a time.
func (r *round) readDue(ctx context.Context, now time.Time) error {
	after := int64(0)
	for range maxPages {
		page, err := r.deps.Store.Due(ctx, now, after, duePage)
		if err != nil {
			return fmt.Errorf("look up the feeds that are due: %w", err)
		}
		if len(page) == 0 {
			return nil
		}
		after = page[len(page)-1].ID
		// Those that failed last time come last: they are the ones that may take long.
		slices.SortStableFunc(page, func(a, b calendar.Feed) int { return cmp.Compare(a.Failures, b.Failures) })
		for _, feed := range page {
			if err := r.start(ctx, feed); err != nil {
				return err
			}
		}
	}
	return nil
}

// start reads a feed beside the others, as soon as there is room.
func (r *round) start(ctx context.Context, feed calendar.Feed) error {
	if !r.pause(ctx, startJitter) {
		return ctx.Err()
	}
	select {
	case r.lanes.quick <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	r.reading.Go(func() {
		defer r.lanes.enter()()
		done := r.read(ctx, feed, r.options)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.add(feed, done)
		r.tell(feed, done, r.options)
	})
	return nil
}

// add counts what came of a feed. The caller holds mu.
func (r *round) add(feed calendar.Feed, done outcome) {
	n := &r.report
	n.Feeds++
	n.Added, n.Moved, n.Freed = n.Added+done.change.Added, n.Moved+done.change.Moved, n.Freed+done.change.Freed
	if done.change.QuarantineBegan || !feed.QuarantinedAt.IsZero() && !done.change.QuarantineEnded {
		n.Quarantined++
	}
	switch {
	case done.trouble != nil:
		n.Failing++
	case done.err == nil && isNothing(done.change):
		n.Unchanged++
	case done.err == nil:
		n.Changed++
	}
	if done.err != nil && !isMoot(done.err) {
		n.Unkept++
		if r.err == nil {
			r.err = fmt.Errorf("keep what feed %d says: %w", feed.ID, done.err)
		}
	}
}

// lanes bound how many feeds are read at once.
type lanes struct{ quick, slow chan struct{} }

// enter is for whoever has a place in the quick lane: if he takes long, he goes over to the slow one. leave gives back the
// place that he has then.
func (l lanes) enter() (leave func()) {
	moved := make(chan bool, 1)
	patience := time.AfterFunc(slowAfter, func() {
		select {
		case l.slow <- struct{}{}:
			<-l.quick
			moved <- true
		default: // it is full too
			moved <- false
		}
	})
	return func() {
		if !patience.Stop() && <-moved {
			<-l.slow
			return
		}
		<-l.quick
	}
}
