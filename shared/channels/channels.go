// Package channels keeps the calendars of other channels: it fetches a feed, reads it, has it judged against what is held, and
// writes down what comes of that. A task does it for all feeds (SyncAll), an owner for one (Sync), a guest's request for those
// of a cabin that were not read lately (Refresh), and a text by hand needs no fetch (Import).
package channels

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/feeds"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// Config says how long what feeds say is good for.
type Config struct {
	web.SiteConfig // the names of our own events have its host in them
	// FreshFor is how long what was read is good enough to take money on it: Refresh reads again what is older.
	FreshFor time.Duration `envconfig:"ICAL_FRESH_FOR" default:"10m" validate:"min=0,max=24h"`
	// Quarantine is how long a feed that lost most of its stays at once is held to be wrong.
	Quarantine time.Duration `envconfig:"ICAL_QUARANTINE" default:"6h" validate:"min=1m,max=720h"`
}

// Deps is what Channels are given.
type Deps struct {
	Store Store
	Fetch Fetcher
	Now   func() time.Time
	Log   zerolog.Logger
	// Jitter is a time from 0 to below another, so that not everything happens at once; nil = random. Tests have their own.
	Jitter func(below time.Duration) time.Duration
}

// Store is where feeds and what they say are kept; see postgres.Calendars for what each method promises.
type Store interface {
	Due(ctx context.Context, now time.Time, after int64, limit int) ([]calendar.Feed, error)
	Feed(ctx context.Context, id int64) (calendar.Feed, error)
	Stale(ctx context.Context, accommodationID int64, before time.Time) ([]calendar.Feed, error)
	Unchanged(ctx context.Context, id int64, began time.Time, said calendar.Said) error
	Failed(ctx context.Context, id int64, began time.Time, reason string, next time.Time) error
	Apply(ctx context.Context, id int64, began time.Time, said calendar.Said, dry bool, step func(calendar.State, calendar.Facts) calendar.State) (calendar.Change, error)
	SettleConflicts(ctx context.Context, now time.Time) (opened, resolved int, err error)
	Forget(ctx context.Context, before time.Time, limit int) (int, error)
}

// Fetcher reads the text at an address; see feeds.Client.
type Fetcher interface {
	Fetch(ctx context.Context, address, etag, lastModified string) (feeds.Response, error)
}

// Faults of a feed. What else can be wrong with one is the Fetcher's to say.
var (
	// ErrNoAddress is that of a feed that is imported by hand, or is only read by the channel.
	ErrNoAddress = fault.New(fault.Conflict, "feed_without_address", "The feed has no address that could be read.")
	// ErrBroken is that of a text that is no calendar; its sentence says why.
	ErrBroken = fault.New(fault.Unavailable, "feed_broken", "What the channel answers is no calendar.")

	errUnread   = fault.New(fault.Unavailable, "feed_unread", "The calendar cannot be read.")
	errPanicked = fault.New(fault.Unavailable, "feed_unprocessed", "The calendar cannot be processed; the fault is ours, and is in the log.")
)

// Options say how a feed is read.
type Options struct {
	Dry bool // nothing is written: what would change is all that comes of it
	// Glance is a look before money is taken: it closes nights at once and frees none. One that fails is not recorded with
	// the feed: when the task reads it next is not for guests' requests to decide, and the task finds out by itself.
	Glance bool
	// Each is told of every feed that was read, one at a time: what changed, or what went wrong. It may be nil.
	Each func(calendar.Feed, calendar.Change, error)
}

// Channels read feeds. They are safe for concurrent use; a process has one, whose looks are shared.
type Channels struct {
	deps     Deps
	freshFor time.Duration
	patience time.Duration // of a quarantine
	host     string        // what the UIDs of our own events end in

	glances chan struct{} // taken by every glance at a feed that is going on
	mu      sync.Mutex
	looks   map[int64]*look     // by cabin: those that are going on
	cooling map[int64]time.Time // by feed: until when it is not glanced at, because that failed
	under   sync.WaitGroup      // one for each look
}

// New returns the channels of a process.
func New(c Config, d Deps) *Channels {
	if d.Jitter == nil {
		d.Jitter = rand.N[time.Duration]
	}
	return &Channels{
		deps: d, freshFor: c.FreshFor, patience: c.Quarantine, host: c.Host(),
		glances: make(chan struct{}, maxGlances), looks: make(map[int64]*look), cooling: make(map[int64]time.Time),
	}
}

// Close waits for the looks that nobody waits for any more: two seconds at most.
func (c *Channels) Close() { c.under.Wait() }

// own is how the events of a feed's cabin are named.
func (c *Channels) own(feed calendar.Feed) calendar.Own {
	return calendar.Own{CabinID: feed.AccommodationID, Host: c.host}
}

// Sync reads a feed now, whatever it waits for, and returns what that changed.
//
// Errors: a fault of the feed, which is recorded with it (what may have changed nevertheless, as that a quarantine began, is
// returned too); calendar.ErrOutrun if it has been read meanwhile by somebody else; ErrNoAddress; or the store's. If ctx ends
// first, that is recorded nowhere: it says nothing about the feed.
func (c *Channels) Sync(ctx context.Context, feed calendar.Feed, o Options) (calendar.Change, error) {
	done := c.read(ctx, feed, o)
	c.tell(feed, done, o)
	return done.change, done.failure()
}
