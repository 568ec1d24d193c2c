// Package desk is the front desk, whichever way a guest comes to it: it says what is free and what it costs, what is near where
// nothing is, and keeps nights. It decides nothing that booking does not decide; it asks in the right order.
package desk

import (
	"context"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// Config is what the owner thinks of calendars of other channels that were not read lately.
type Config struct {
	// FreshFor is how long what was read of other channels is good enough to take a guest's word and money on it.
	FreshFor time.Duration `envconfig:"ICAL_FRESH_FOR" default:"10m" validate:"min=0,max=24h"`
	// WhenStale is what becomes of a hold while a channel cannot be read: it is taken, or waits for the owner's yes.
	WhenStale string `envconfig:"ICAL_WHEN_STALE" default:"accept" validate:"oneof=accept owner"`
}

// AskOwner is the WhenStale of owners who would rather look themselves than have a guest too many.
const AskOwner = "owner"

// Fresh reports whether it is known well enough what other channels have sold: by calendars that were read lately, or because
// there are none.
func (c Config) Fresh(hasFeeds bool, asOf, now time.Time) bool {
	return !hasFeeds || now.Sub(asOf) <= c.FreshFor
}

// Deps is what a desk is given.
type Deps struct {
	Bookings  Bookings
	Calendars Calendars
	Now       func() time.Time
}

// Bookings is where reservations are kept; see postgres.Bookings for what each method promises.
type Bookings interface {
	Accommodations(ctx context.Context, after int64, limit int) ([]*booking.Accommodation, error)
	Occupied(ctx context.Context, ref string, window civil.Nights, now time.Time) (booking.Occupied, error)
	Free(ctx context.Context, nights civil.Nights, now time.Time) ([]*booking.Accommodation, error)
	Offer(ctx context.Context, id int64, nights civil.Nights, key string, now time.Time) (booking.Offer, error)
	Hold(ctx context.Context, r *booking.Reservation, by string, kept booking.Answer, now time.Time) error
}

// Calendars is what other channels have sold; see channels.Channels.
type Calendars interface {
	// Refresh reads the calendars of a cabin that were not read lately, within two seconds or so, and reports whether all are
	// known now.
	Refresh(ctx context.Context, accommodationID int64) (fresh bool)
}

// Desk is safe for use by many at once.
type Desk struct {
	Config
	deps Deps
}

// New returns a desk.
func New(c Config, d Deps) *Desk { return &Desk{c, d} }
