package desk_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/desk"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

// noon is Tuesday, 1 December.
var noon = time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)

func nights(from, to int) civil.Nights {
	return civil.Nights{From: civil.New(2026, time.December, from), To: civil.New(2026, time.December, to)}
}

func stay(from, to, guests int) booking.Stay {
	return booking.Stay{Nights: nights(from, to), Guests: guests}
}

// books are reservations in memory: cabins, and which of their nights are taken.
type books struct {
	cabins []*booking.Accommodation
	taken  map[int64][]civil.Nights
	stale  bool
	asked  int
	offer  func(key string) *booking.Answer // what a request of a key was answered before
	hold   func(r *booking.Reservation, kept booking.Answer) error
}

func newBooks() *books {
	b := &books{taken: map[int64][]civil.Nights{}}
	for n, price := range []money.Cents{20_000_00, 10_000_00, 15_000_00} {
		b.cabins = append(b.cabins, &booking.Accommodation{
			ID: int64(n + 1), Name: "Cabin " + strconv.Itoa(n+1), Capacity: 4, Currency: "ARS", BasePrice: price, WeekendMultiplier: 100,
			DepositPercent: 30, MinNights: 1, Zone: time.UTC,
		})
	}
	return b
}

func (b *books) desk(refresh func() bool) *desk.Desk {
	return desk.New(desk.Config{FreshFor: 10 * time.Minute, WhenStale: "accept"}, desk.Deps{
		Bookings: b, Calendars: channel(refresh), Now: func() time.Time { return noon },
	})
}

type channel func() bool

func (c channel) Refresh(context.Context, int64) bool { return c() }

func (b *books) Accommodations(_ context.Context, after int64, limit int) ([]*booking.Accommodation, error) {
	b.asked++
	return b.cabins[after:min(len(b.cabins), int(after)+limit)], nil
}

func (b *books) Occupied(_ context.Context, ref string, window civil.Nights, _ time.Time) (booking.Occupied, error) {
	b.asked++
	for _, c := range b.cabins {
		if strconv.FormatInt(c.ID, 10) != ref {
			continue
		}
		o := booking.Occupied{Cabin: c}
		for _, n := range b.taken[c.ID] {
			if n.Overlaps(window) {
				o.Nights = append(o.Nights, n)
			}
		}
		return o, nil
	}
	return booking.Occupied{}, fault.ErrNotFound
}

func (b *books) isFree(cabin int64, n civil.Nights) bool {
	for _, taken := range b.taken[cabin] {
		if taken.Overlaps(n) {
			return false
		}
	}
	return true
}

func (b *books) Free(_ context.Context, n civil.Nights, _ time.Time) ([]*booking.Accommodation, error) {
	b.asked++
	var free []*booking.Accommodation
	for _, c := range b.cabins {
		if b.isFree(c.ID, n) {
			free = append(free, c)
		}
	}
	return free, nil
}

func (b *books) Offer(_ context.Context, id int64, n civil.Nights, key string, _ time.Time) (booking.Offer, error) {
	b.asked++
	o := booking.Offer{Cabin: b.cabins[id-1], Free: b.isFree(id, n), HasFeeds: b.stale, FeedsAsOf: noon.Add(-time.Hour)}
	if b.offer != nil {
		o.Answer = b.offer(key)
	}
	return o, nil
}

func (b *books) Hold(_ context.Context, r *booking.Reservation, _ string, kept booking.Answer, _ time.Time) error {
	if b.hold != nil {
		return b.hold(r, kept)
	}
	if !b.isFree(r.AccommodationID, r.Stay.Nights) {
		return booking.ErrTaken
	}
	b.taken[r.AccommodationID] = append(b.taken[r.AccommodationID], r.Stay.Nights)
	return nil
}

// said is offers in a line each: cabin, nights, and what they cost or why not.
func said(t *testing.T, offers []desk.Offer) []string {
	t.Helper()
	var lines []string
	for _, o := range offers {
		line := strconv.FormatInt(o.Cabin.ID, 10) + " " + o.Stay.Nights.From.String()[8:] + "-" + o.Stay.Nights.To.String()[8:] + " "
		switch f, refused := errors.AsType[*fault.Error](o.WhyNot); {
		case refused:
			line += f.Code
		case o.WhyNot != nil:
			t.Errorf("no rule: %v", o.WhyNot)
		default:
			line += o.Quote.Total.String()
		}
		lines = append(lines, line)
	}
	return lines
}
