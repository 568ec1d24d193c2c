package calendar

import (
	"errors"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

// ErrOutrun is what a store returns for a fetch that was not kept: one that began later, or saw something else, was meanwhile,
// or the feed is gone. Nothing is wrong with that; the next fetch sets it right.
var ErrOutrun = errors.New("the feed has been read again meanwhile")

// What a store refuses an owner.
var (
	ErrFeedExists   = fault.New(fault.Conflict, "feed_exists", "The cabin has a feed with this address already.")
	ErrTooManyFeeds = fault.New(fault.Conflict, "too_many_feeds", "The cabin has as many feeds as it can have; delete one first.")
)

// Said is what a fetch that was answered leaves behind for the next.
type Said struct {
	ETag, LastModified string
	Digest             []byte // see Digest
	Glance             bool   // see Fetched: the next real fetch is compared whole with what is held
	// Unchanged says that the channel did not list anything, but said that it lists what Digest stands for: if the last fetch that
	// was kept saw something else, this one is ErrOutrun.
	Unchanged bool
	// Broken is why the text is no calendar, as in Fetched; "" = it is one. Such a fetch counts as a failure, although what is
	// held may go into quarantine for it: nothing else of Said is kept, and the feed is not read again before Next.
	Broken string
	Next   time.Time
}

// Entry is a stretch of nights in the feed that a channel is given.
type Entry struct {
	UID     string // opaque, without a domain: tells nothing, opens nothing
	Origin  string // the whole UID that it came with, if a service like this one gave it; see Own.Name
	Nights  civil.Nights
	Stay    bool // sold; otherwise closed
	Changed time.Time
	Version int
}

// Export is the feed that a channel is given: what is taken, without what came from that channel.
type Export struct {
	FeedID          int64
	AccommodationID int64
	Slug, Source    string
	Entries         []Entry // by nights
}

// Block is nights that the owner closed by hand.
type Block struct {
	ID        int64
	Nights    civil.Nights
	Note      string
	CreatedAt time.Time
}

// Severity says how bad it is that two overlap.
type Severity string

// The severities.
const (
	DoubleBooking Severity = "double_booking" // two guests may come
	Overlap       Severity = "overlap"        // at least one of the two is surely no guest
)

// Conflict is an event of a channel that overlaps a reservation, or an event of another channel.
type Conflict struct {
	ID, AccommodationID int64
	Severity            Severity
	Nights              civil.Nights // that both have
	Event               Party
	Other               Party // an event of another channel; zero if the other is a reservation
	ReservationCode     string
	ReservationNights   civil.Nights
	ReservationPaid     money.Cents
	DetectedAt          time.Time
	ResolvedAt          time.Time // zero = open
}

// Party is an event in a conflict.
type Party struct {
	EventID, FeedID int64
	Source          string
	Kind            Kind
	Nights          civil.Nights
}

// FeedHealth is how a feed is that is read.
type FeedHealth struct {
	FeedID, AccommodationID int64
	Source                  string
	LastSuccess             time.Time // zero = never
	CreatedAt               time.Time
	Failures                int
	QuarantinedAt           time.Time
	QuarantineReason        string
}

// Events counts what the feeds of a source have brought since ever.
type Events struct {
	Source              string
	Added, Moved, Freed int64
}

// Health is how all feeds are that are read and not paused.
type Health struct {
	Feeds         []FeedHealth
	Events        []Events
	OpenConflicts map[Severity]int // reservations that are in one, and pairs of events
	StaleAccepted int              // live holds and stays that were taken while a calendar could not be read, in the last 24 h
	Waiting       int              // live holds that wait for the owner's approval; they are not among StaleAccepted
}
