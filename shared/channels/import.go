package channels

import (
	"context"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/icalendar"
)

// Import takes a text as a good fetch of a feed that said so, and returns what that changes (dry: would change) and the events
// that could not be read. Like a fetch, it closes nights at once and frees them the second time that they are not listed, and
// a text that lists hardly anything of what is held begins a quarantine: an owner who picks the wrong file does no harm.
//
// Errors: fault.ErrInvalid in the field "ics" for a text that is no calendar, which changes nothing; fault.ErrNotFound;
// calendar.ErrOutrun; the store's.
func (c *Channels) Import(ctx context.Context, feedID int64, text []byte, dry bool) (calendar.Change, []icalendar.Skipped, error) {
	return c.bring(ctx, feedID, text, dry, c.step)
}

// Replace is Import by the owner's word that the text is all there is: what it does not list is freed at once, if it has no
// event that could not be read and may be the one.
func (c *Channels) Replace(ctx context.Context, feedID int64, text []byte, dry bool) (calendar.Change, []icalendar.Skipped, error) {
	return c.bring(ctx, feedID, text, dry, c.stepForGood)
}

// stepForGood is the rule of the mirror for a listing that is the owner's word.
func (c *Channels) stepForGood(fetched calendar.Fetched) func(calendar.State, calendar.Facts) calendar.State {
	step := c.step(fetched)
	return func(s calendar.State, at calendar.Facts) calendar.State {
		for range 2 { // what is missing twice is gone
			s = step(s, at).Believe(at)
		}
		return s
	}
}

func (c *Channels) bring(ctx context.Context, feedID int64, text []byte, dry bool, rule func(calendar.Fetched) func(calendar.State, calendar.Facts) calendar.State) (calendar.Change, []icalendar.Skipped, error) {
	feed, err := c.deps.Store.Feed(ctx, feedID)
	if err != nil {
		return calendar.Change{}, nil, err
	}
	now := c.deps.Now()
	fetched, skipped := calendar.Read(text, feed.Source, feed.Zone, civil.Of(now, feed.Zone), c.own(feed))
	if fetched.Broken != "" {
		return calendar.Change{}, nil, fault.InField("ics", fetched.Broken)
	}
	change, err := c.deps.Store.Apply(ctx, feedID, now, calendar.Said{Digest: digest(fetched)}, dry, rule(fetched))
	if err != nil {
		return calendar.Change{}, nil, err
	}
	return change, skipped, nil
}
