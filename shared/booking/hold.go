package booking

import (
	"errors"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// What may come of a request that carries an idempotency key.
var (
	ErrKeyInProgress = fault.New(fault.Conflict, "idempotency_in_progress", "A request with this Idempotency-Key is being answered right now; repeat it in a moment.")
	ErrKeyMismatch   = fault.New(fault.Invalid, "idempotency_mismatch", "This Idempotency-Key was already used for another request; use a new one.")
)

// What a store reports when somebody was faster; the caller acts on it and nobody else sees it.
var (
	ErrKeyUsed   = errors.New("the idempotency key has been answered meanwhile")
	ErrCodeClash = errors.New("another reservation has this code")
)

// Offer is what a guest who asks for nights should know: the cabin as it is now, and whether the nights are free. Nothing
// is kept for the guest yet.
type Offer struct {
	Cabin  *Accommodation
	Free   bool
	Answer *Answer // what this request was answered before, if it was
	// How well it is known what other channels have sold in the cabin: by its calendars that are read and not paused.
	HasFeeds  bool      // there is at least one
	FeedsAsOf time.Time // when the one that was read longest ago was read; the zero time if one never was, or there is none
}

// Answer is the first answer to a request that carries an idempotency key, kept to be given again byte for byte.
type Answer struct {
	Key         string
	RequestHash []byte // of what was asked: the same key for something else is ErrKeyMismatch
	Status      int
	Body        []byte
}

// Occupied is which nights of a cabin are taken, in order; the cabin comes along because prices and nights are shown together.
type Occupied struct {
	Cabin  *Accommodation
	Nights []civil.Nights
}

// Photo is a picture of a cabin.
type Photo struct {
	URL     string `json:"url" required:"true"`
	Caption string `json:"caption,omitempty"`
	Primary bool   `json:"is_primary,omitempty"`
}

// Terms is what of an accommodation matters to a reservation that exists.
type Terms struct {
	AccommodationName string
	Policy            Policy
	Steps             Steps // the cabin's own, instead of Policy's; empty = Policy's
	Zone              *time.Location
	HasFeeds          bool      // as in Offer
	FeedsAsOf         time.Time // as in Offer
	// Clash reports that another channel's calendar has sold a night of the reservation, or the owner has closed it by hand,
	// as of when the reservation was read. Nights that a channel has surely sold to nobody are no clash. A clash that comes
	// up later is a conflict of the calendars, which stands until it ends.
	Clash bool
}
