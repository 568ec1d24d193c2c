// Package calendar is what is known of the calendars of other channels: which nights of a cabin a feed closes, when a night is
// believed to be free again, and which events are our own nights coming back. It does no I/O and knows no
// clock: "now" is always handed in.
package calendar

import (
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// Kind is what an event of a feed stands for.
type Kind string

// The kinds. Where a channel does not tell a sold stay from a closure, as Booking.com does not, it is Reserved.
const (
	Reserved Kind = "reserved" // a guest's stay, or what may be one
	Blocked  Kind = "blocked"  // surely no guest's stay: the owner's own closure, a horizon, a day to prepare
)

// Listed is an event as a feed lists it. It carries no text of the feed: that may name a guest.
type Listed struct {
	UID    string
	Nights civil.Nights
	Kind   Kind
	Sure   bool // surely a guest's stay that was made on that channel, so never an echo of ours
}

// Held is an event that we hold for a feed, whether or not the feed still lists it.
type Held struct {
	ID int64 // of its row; 0 = not written yet
	Listed
	Since   time.Time // when it was first seen with these nights
	Gone    bool      // the latest good fetch that was no glance did not list it
	Misses  int       // good fetches in a row that did not list it and that counted
	Echo    bool      // our own nights coming back: it closes nothing by itself
	EchoEnd time.Time // when an echo whose original has ended becomes a block; zero = the original stands
}

// State is all that is held of one feed.
type State struct {
	Held             []Held
	QuarantinedAt    time.Time // zero = not in quarantine
	QuarantineReason string    // a sentence for the owner
	UnreadableSince  time.Time // since when good fetches have had an unreadable event that may be any of these; zero = none has
}

// Fetched is what a feed said when it was read.
type Fetched struct {
	Listed []Listed
	// Unchanged: the channel says, or the text shows, that it lists what it listed at the latest good fetch that was no glance.
	// Listed and Unreadable are not looked at.
	Unchanged bool
	// Broken is why the text is no calendar that can be believed, as a sentence for the owner: an error page, a truncated
	// text. "" = it is one.
	Broken string
	// Unreadable are events that could not be read, by UID where that could be read ("" where not): they may be ones we hold.
	Unreadable []string
	// Glance is a look in between, before money is taken: it closes nights at once, and frees none.
	Glance bool
}

// Ours is a stretch of nights that a channel can read in the feed we give it.
type Ours struct {
	Nights civil.Nights
	Since  time.Time // since when it stands there
}

// Feed is a calendar of another channel for one cabin, and the one that we give that channel.
type Feed struct {
	ID, AccommodationID int64
	Zone                *time.Location // of the cabin
	Source              string         // airbnb, booking, vrbo, google, other, …
	URL                 string         // a secret; "" = it is only read by them, or imported by hand
	Paused              bool
	Token               string // of the feed that we give the channel: 32 hex digits
	CreatedAt           time.Time

	ETag, LastModified string    // of the last good fetch
	Digest             []byte    // of what the last good fetch listed
	Pending            bool      // something is held that the last good fetch did not list, or it is in quarantine: read it whole
	LastAttempt        time.Time // zero = never
	LastSuccess        time.Time // zero = never
	Failures           int       // in a row
	NextAttempt        time.Time // not before; zero = any time
	LastError          string    // a sentence for the owner, never with an address
	QuarantinedAt      time.Time
	QuarantineReason   string
	NightsBlocked      int       // from today on
	LastRead           time.Time // when the channel last read the feed that we give it; zero = never
}
