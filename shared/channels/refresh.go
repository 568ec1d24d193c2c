package channels

import (
	"context"
	"runtime/debug"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
)

const (
	// glanceTime is how long a guest waits to hear whether his nights are still free.
	glanceTime = 2 * time.Second
	// maxGlances is how many feeds a process glances at at once. Who comes then waits for his turn, within his two seconds.
	maxGlances = 16
	// coolFor is how long a feed that could not be glanced at is left alone: one that fails is not to be asked at every request.
	coolFor = 30 * time.Second
)

// look is a look at the feeds of a cabin that is going on.
type look struct {
	done  chan struct{}
	fresh bool // once it is done
}

// Refresh looks again before money is taken: it reads the feeds of a cabin that were not read within FreshFor, all at once, for
// two seconds at most, and reports whether all that is read of the cabin is fresh now. What is newly listed closes its nights
// before it returns. All who ask at the same time share one look, which goes on when one of them leaves.
//
// It is not fresh if a feed could not be read, is no calendar, or failed a look less than 30 s ago, which is not repeated then
// (longer, if the channel asks for it); or if the store does not answer. A feed in quarantine is fresh when it was read: it
// closes what it closed.
func (c *Channels) Refresh(ctx context.Context, accommodationID int64) (fresh bool) {
	l := c.join(ctx, accommodationID)
	select {
	case <-l.done:
		return l.fresh
	case <-ctx.Done():
		return false
	}
}

// join finds the look at a cabin's feeds that is going on, or begins one.
func (c *Channels) join(ctx context.Context, accommodationID int64) *look {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := c.looks[accommodationID]; l != nil {
		return l
	}
	l := &look{done: make(chan struct{})}
	c.looks[accommodationID] = l
	c.under.Go(func() {
		defer func() {
			if value := recover(); value != nil { // the store's; that of a feed ends with it
				c.deps.Log.Error().Int64("accommodation", accommodationID).Bytes("stack", debug.Stack()).Msg("panic")
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			delete(c.looks, accommodationID)
			close(l.done)
		}()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), glanceTime)
		defer cancel()
		l.fresh = c.glanceAtAll(ctx, accommodationID)
	})
	return l
}

// glanceAtAll reads the feeds of a cabin that are not fresh, and reports whether all are then.
func (c *Channels) glanceAtAll(ctx context.Context, accommodationID int64) bool {
	stale, err := c.deps.Store.Stale(ctx, accommodationID, c.deps.Now().Add(-c.freshFor))
	if err != nil {
		c.deps.Log.Warn().Err(err).Int64("accommodation", accommodationID).Msg("the feeds of a cabin cannot be looked up")
		return false
	}
	type result struct {
		feedID int64
		fresh  bool
	}
	results, waiting := make(chan result, len(stale)), make(map[int64]bool, len(stale))
	for _, feed := range stale {
		waiting[feed.ID] = true
		c.under.Go(func() { results <- result{feed.ID, c.glance(ctx, feed)} })
	}
	fresh := true
	for len(waiting) > 0 {
		select {
		case one := <-results:
			delete(waiting, one.feedID)
			fresh = fresh && one.fresh
		case <-ctx.Done():
			// Who asks next must not find one that has run out of time and has not said so yet.
			for id := range waiting {
				c.cool(id, coolFor)
			}
			return false
		}
	}
	return fresh
}

// glance reads a feed in between, and reports whether that went well.
func (c *Channels) glance(ctx context.Context, feed calendar.Feed) bool {
	if c.isCooling(feed.ID) {
		return false
	}
	select {
	case c.glances <- struct{}{}:
		defer func() { <-c.glances }()
	case <-ctx.Done():
		return false
	}
	o := Options{Glance: true}
	done := c.read(ctx, feed, o)
	c.tell(feed, done, o)
	if done.trouble != nil {
		c.cool(feed.ID, max(coolFor, min(done.trouble.RetryAfter, longestWait)))
		return false
	}
	return done.err == nil || isMoot(done.err)
}

func (c *Channels) isCooling(feedID int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	until, failed := c.cooling[feedID]
	return failed && c.deps.Now().Before(until)
}

func (c *Channels) cool(feedID int64, wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.deps.Now()
	for id, until := range c.cooling {
		if !now.Before(until) {
			delete(c.cooling, id)
		}
	}
	c.cooling[feedID] = now.Add(wait)
}
