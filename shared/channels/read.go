package channels

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/feeds"
	"github.com/eevans-d/sist-cabanas/shared/icalendar"
)

const (
	// fetchTime is what a fetch may take, and keepTime what it may take to write down what it said: one that hangs takes no
	// time from the other.
	fetchTime = 20 * time.Second
	keepTime  = 20 * time.Second

	// What was fetched is written down in so many tries, with pauses below tryPause, where others hold the cabin's lock.
	tries    = 3
	tryPause = time.Second

	// A feed that fails is read again after firstWait, and after twice as long with every further failure, up to longestWait.
	firstWait   = 5 * time.Minute
	longestWait = time.Hour
	// waitJitter is which part of a wait is left to chance, so that feeds that failed together do not come back together:
	// one fifth more or less.
	waitJitter = 0.4
)

// outcome is what came of reading a feed.
type outcome struct {
	change    calendar.Change
	skipped   []icalendar.Skipped
	unchanged bool         // the channel says what it said last time
	trouble   *fault.Error // why the feed could not be read; nil = it was
	err       error        // why what it says could not be kept: ours, and no fault of the feed
}

// failure is what went wrong; nil = nothing.
func (o outcome) failure() error {
	if o.err != nil {
		return o.err
	}
	if o.trouble != nil {
		return o.trouble
	}
	return nil
}

// read fetches a feed, judges it and keeps what it says. Whatever goes wrong, a panic too, stays with this feed.
func (c *Channels) read(ctx context.Context, feed calendar.Feed, o Options) (done outcome) {
	if feed.URL == "" {
		return outcome{trouble: ErrNoAddress}
	}
	began := c.deps.Now()
	defer func() {
		if value := recover(); value != nil {
			c.caught(feed, value)
			done = c.failed(ctx, feed, began, errPanicked, o)
		}
	}()
	answer, trouble := c.fetch(ctx, feed, o)
	if trouble != nil {
		return c.failed(ctx, feed, began, trouble, o)
	}
	ctx, cancel := context.WithTimeout(ctx, keepTime)
	defer cancel()
	return c.keep(ctx, feed, began, answer, o)
}

// fetch asks for the feed's text: for what has changed only, unless something is held that the feed did not list last time.
// Then it is compared whole, so that nothing is freed or kept on the word of a channel's validators. So is the first fetch of
// each day: the window of what is listed moves on, also in a text that never changes.
func (c *Channels) fetch(ctx context.Context, feed calendar.Feed, o Options) (feeds.Response, *fault.Error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	etag, modified := feed.ETag, feed.LastModified
	newDay := civil.Of(feed.LastSuccess, feed.Zone) != civil.Of(c.deps.Now(), feed.Zone)
	if newDay || feed.Pending && !o.Glance {
		etag, modified = "", ""
	}
	answer, err := c.deps.Fetch.Fetch(ctx, feed.URL, etag, modified)
	if err == nil {
		return answer, nil
	}
	if trouble, ok := errors.AsType[*fault.Error](err); ok {
		return answer, trouble
	}
	// An error that nobody wrote for people may hold the address.
	return answer, errUnread.WithCause(fmt.Errorf("%T", err))
}

// failed records that a feed could not be read, and when to try again.
func (c *Channels) failed(ctx context.Context, feed calendar.Feed, began time.Time, trouble *fault.Error, o Options) outcome {
	done := outcome{trouble: trouble}
	if o.Dry || o.Glance || ctx.Err() != nil {
		return done
	}
	ctx, cancel := context.WithTimeout(ctx, keepTime)
	defer cancel()
	done.err = c.deps.Store.Failed(ctx, feed.ID, began, trouble.Detail, c.next(feed, trouble))
	return done
}

// next is when a feed that has just failed is read again.
func (c *Channels) next(feed calendar.Feed, trouble *fault.Error) time.Time {
	wait := firstWait
	for range min(feed.Failures, 10) {
		wait *= 2
	}
	wait = min(wait, longestWait)
	span := time.Duration(float64(wait) * waitJitter)
	wait += c.deps.Jitter(span) - span/2
	return c.deps.Now().Add(min(max(wait, trouble.RetryAfter), longestWait))
}

// keep writes down what a fetch said.
func (c *Channels) keep(ctx context.Context, feed calendar.Feed, began time.Time, answer feeds.Response, o Options) outcome {
	said := calendar.Said{ETag: answer.ETag, LastModified: answer.LastModified, Digest: feed.Digest, Glance: o.Glance}
	if answer.NotModified {
		said.Unchanged = true
		return c.unchanged(ctx, feed, began, said, calendar.Fetched{Unchanged: true}, o)
	}
	fetched, skipped := calendar.Read(answer.Body, feed.Source, feed.Zone, civil.Of(began, feed.Zone), c.own(feed))
	if fetched.Broken != "" {
		return c.broken(ctx, feed, began, fetched, o)
	}
	said.Digest = digest(fetched)
	var done outcome
	if len(feed.Digest) > 0 && bytes.Equal(said.Digest, feed.Digest) {
		done = c.unchanged(ctx, feed, began, said, fetched, o)
	} else {
		done = c.apply(ctx, feed, began, said, fetched, o)
	}
	done.skipped = skipped
	return done
}

// unchanged records that a feed lists what it listed last time. If something is held that it does not list, that still is
// another fetch without it.
func (c *Channels) unchanged(ctx context.Context, feed calendar.Feed, began time.Time, said calendar.Said, fetched calendar.Fetched, o Options) outcome {
	if feed.Pending && !o.Glance {
		return c.apply(ctx, feed, began, said, fetched, o)
	}
	done := outcome{unchanged: true}
	if !o.Dry {
		done.err = c.deps.Store.Unchanged(ctx, feed.ID, began, said)
	}
	return done
}

func (c *Channels) apply(ctx context.Context, feed calendar.Feed, began time.Time, said calendar.Said, fetched calendar.Fetched, o Options) (done outcome) {
	fetched.Glance = o.Glance
	step := c.step(fetched)
	for try := range tries {
		done.change, done.err = c.deps.Store.Apply(ctx, feed.ID, began, said, o.Dry, func(s calendar.State, at calendar.Facts) calendar.State {
			if wasCounted(feed, fetched, s) {
				return s
			}
			return step(s, at)
		})
		// Guests and other feeds of the cabin queue up for the same lock; what was fetched is worth another try.
		if !errors.Is(done.err, fault.ErrBusy) || try == tries-1 || !c.pause(ctx, tryPause) {
			break
		}
	}
	return done
}

// pause waits for some part of a time, and reports whether it got to its end.
func (c *Channels) pause(ctx context.Context, below time.Duration) bool {
	timer := time.NewTimer(c.deps.Jitter(below))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// wasCounted reports whether somebody else has seen what this fetch saw, and counted it, since the feed was looked up: two who
// read a feed at once, as the task and an operator, must not pass for two readings in a row that miss a stay.
func wasCounted(feed calendar.Feed, fetched calendar.Fetched, held calendar.State) bool {
	if fetched.Unchanged || fetched.Broken != "" || !held.UnreadableSince.IsZero() {
		return false
	}
	listed := calendar.Digest(fetched.Listed)
	return !bytes.Equal(listed, feed.Digest) && bytes.Equal(listed, held.Digest())
}

// step is the rule of the mirror, with the owner's patience.
func (c *Channels) step(fetched calendar.Fetched) func(calendar.State, calendar.Facts) calendar.State {
	return func(s calendar.State, at calendar.Facts) calendar.State {
		at.Patience = c.patience
		return s.Step(fetched, at)
	}
}

// broken records a text that is no calendar: a failure, and for what is held maybe a reason to be held on to.
func (c *Channels) broken(ctx context.Context, feed calendar.Feed, began time.Time, fetched calendar.Fetched, o Options) outcome {
	trouble := ErrBroken.WithDetail(fetched.Broken)
	if o.Glance {
		return outcome{trouble: trouble}
	}
	said := calendar.Said{Broken: fetched.Broken, Next: c.next(feed, trouble)}
	done := c.apply(ctx, feed, began, said, fetched, o)
	done.trouble = trouble
	return done
}

// digest stands for what a feed says, the events that cannot be read among it: they decide what is believed of the others.
func digest(f calendar.Fetched) []byte {
	listed := calendar.Digest(f.Listed)
	if len(f.Unreadable) == 0 {
		return listed
	}
	sum := sha256.New()
	sum.Write(listed)
	for _, uid := range slices.Sorted(slices.Values(f.Unreadable)) {
		sum.Write(binary.AppendUvarint(nil, uint64(len(uid))))
		sum.Write([]byte(uid))
	}
	return sum.Sum(nil)
}

// isMoot reports whether nothing had to be kept any more of what a fetch said: the feed was read by somebody else meanwhile, or
// was deleted.
func isMoot(err error) bool {
	return errors.Is(err, calendar.ErrOutrun) || errors.Is(err, fault.ErrNotFound)
}

// caught logs a panic without its text, unless the runtime wrote it: a value that somebody panics with may hold a guest's data.
func (c *Channels) caught(feed calendar.Feed, value any) {
	err, ok := value.(runtime.Error)
	if !ok {
		c.deps.Log.Error().Int64("feed", feed.ID).Str("panic", fmt.Sprintf("%T", value)).Bytes("stack", debug.Stack()).Msg("panic")
		return
	}
	c.deps.Log.Error().Int64("feed", feed.ID).AnErr("panic", err).Bytes("stack", debug.Stack()).Msg("panic")
}

// tell logs what came of reading a feed, if that is worth a line: a change or a failure. Neither an address nor a UID is in it.
func (c *Channels) tell(feed calendar.Feed, done outcome, o Options) {
	if o.Each != nil {
		o.Each(feed, done.change, done.failure())
	}
	failure := done.failure()
	if o.Dry || isMoot(failure) || failure == nil && isNothing(done.change) {
		return
	}
	line, what := c.deps.Log.Info(), "a feed has changed"
	switch {
	case done.err != nil:
		line, what = c.deps.Log.Error().Err(done.err), "what a feed says cannot be written down"
	case done.trouble != nil:
		line, what = c.deps.Log.Warn().Err(done.trouble), "a feed cannot be read"
	}
	change := done.change
	line.Int64("feed", feed.ID).Str("source", feed.Source).Int64("accommodation", feed.AccommodationID).Bool("glance", o.Glance).
		Int("added", change.Added).Int("moved", change.Moved).Int("freed", change.Freed).Int("echoes", change.Echoes).
		Int("nights_closed", count(change.Closes)).Int("nights_opened", count(change.Opens)).
		Str("quarantine", change.Reason).Int("skipped", len(done.skipped))
	if len(done.skipped) > 0 {
		line.Int("first_skipped_line", done.skipped[0].Line).Str("first_skipped", done.skipped[0].Reason)
	}
	line.Msg(what)
}

// isNothing reports whether a change has changed nothing.
func isNothing(c calendar.Change) bool {
	return c.Added+c.Moved+c.Freed+len(c.Closes)+len(c.Opens) == 0 && !c.QuarantineBegan && !c.QuarantineEnded
}

// count is how many nights there are in all.
func count(all []civil.Nights) (n int) {
	for _, nights := range all {
		n += nights.Len()
	}
	return n
}
