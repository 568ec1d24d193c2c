// Package track is the function that sees to what is left lying about WhatsApp: what we were told has become of our messages, guests
// who wait for an answer because whoever was to give it has died, and messages that wait because whoever was sending them has.
package track

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/outbox"
)

// Spec describes the function. What is told comes in rushes, and one job sees to all of it, so few are at work at once.
var Spec = function.Spec{
	Name:        "track",
	Summary:     "write down what has become of messages on WhatsApp, and find guests whom nobody answers",
	Timeout:     30 * time.Second,
	Concurrency: 2,
	Connections: 2,
}

// Deps is what the function is given.
type Deps struct {
	// Statuses takes over those that wait and came after the event of an id; see postgres.Statuses.
	Statuses interface {
		Track(ctx context.Context, after int64, now time.Time) (outbox.Tracked, error)
	}
	// Unanswered names those who wrote before an instant and have no answer; see postgres.Conversations.
	Unanswered func(ctx context.Context, before time.Time, limit int) (keys []string, err error)
	// Stalled are the persons to whom nobody sends what should have been sent by an instant; see postgres.Messages.
	Stalled func(ctx context.Context, before time.Time, limit int) ([]int64, error)
	Enqueue func(ctx context.Context, job interface{ Kind() string }) error
	Now     func() time.Time
}

const (
	// maxPages is how much one job sees to; what is left has jobs of its own.
	maxPages = 20
	// patience is how long a guest waits before somebody looks whether he has been forgotten; answers take less. It is also how
	// often that is done, here.
	patience = 15 * time.Second
	// slack is how late the queue itself may be with a message whose time has come.
	slack = 10 * time.Second
	// maxForgotten is how many are looked at at once.
	maxForgotten = 200
)

type worker struct {
	Deps
	mu   sync.Mutex
	last time.Time // when somebody looked for the forgotten
}

// New returns the worker.
func New(d Deps) function.Worker[conversation.Track] { return (&worker{Deps: d}).work }

func (w *worker) work(ctx context.Context, _ conversation.Track) error {
	if err := w.track(ctx); err != nil {
		return err
	}
	now := w.Now()
	if !w.due(now) {
		return nil
	}
	return errors.Join(w.remember(ctx, now), w.resume(ctx, now))
}

func (w *worker) track(ctx context.Context) error {
	after := int64(0)
	for range maxPages {
		done, err := w.Statuses.Track(ctx, after, w.Now())
		if err != nil || done.Read == 0 {
			return err
		}
		after = done.Last
	}
	return nil
}

// remember has those answered whom somebody has forgotten. A job for one whom nobody has forgotten finds nothing to do, or somebody
// who is at it.
func (w *worker) remember(ctx context.Context, now time.Time) error {
	keys, err := w.Unanswered(ctx, now.Add(-patience), maxForgotten)
	if err != nil {
		return err
	}
	round := strconv.FormatInt(now.Unix()/int64(patience/time.Second), 10)
	for _, key := range keys {
		if err := w.Enqueue(ctx, conversation.Talk{Key: key, Event: "forgotten " + key + " " + round}); err != nil {
			return err
		}
	}
	return nil
}

// resume has that sent which nobody is sending any more.
func (w *worker) resume(ctx context.Context, now time.Time) error {
	people, err := w.Stalled(ctx, now.Add(-slack), maxForgotten)
	if err != nil {
		return err
	}
	for _, id := range people {
		if err := w.Enqueue(ctx, notice.Deliver{ContactID: id}); err != nil {
			return err
		}
	}
	return nil
}

func (w *worker) due(now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if since := now.Sub(w.last); since >= 0 && since < patience/2 {
		return false
	}
	w.last = now
	return true
}
