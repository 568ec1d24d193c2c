package desk

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// Offer is a cabin for a stay.
type Offer struct {
	Cabin  *booking.Accommodation
	Stay   booking.Stay
	WhyNot error         // a rule of booking that the stay breaks, or booking.ErrTaken; nil = it can be had
	Quote  booking.Quote // what it costs, where it can be had
}

const (
	// Days is how many days before and after nights that are taken others are looked for.
	Days = 3
	// MostNear is how many offers Near makes.
	MostNear = 5
	// mostCabins is how many cabins are looked at for one guest, who is shown ten of them at most, and mostLooks in how many of them
	// other nights are looked for.
	mostCabins = 50
	mostLooks  = 20
)

// Search returns what can be said of a stay in each of the cabins that take reservations, or in one of them (0 = all): first those
// that can be had, the cheapest first, then the others by their number.
func (d *Desk) Search(ctx context.Context, stay booking.Stay, cabin int64) ([]Offer, error) {
	if err := stay.Check(); err != nil {
		return nil, err
	}
	all, err := d.cabins(ctx, cabin)
	if err != nil {
		return nil, err
	}
	now := d.deps.Now()
	free, err := d.deps.Bookings.Free(ctx, stay.Nights, now)
	if err != nil {
		return nil, err
	}
	offers := make([]Offer, 0, len(all))
	for _, a := range all {
		isFree := slices.ContainsFunc(free, func(f *booking.Accommodation) bool { return f.ID == a.ID })
		offers = append(offers, offer(a, stay, a.Today(now), isFree))
	}
	slices.SortStableFunc(offers, func(a, b Offer) int {
		if a.WhyNot != nil || b.WhyNot != nil {
			return cmp.Compare(rank(a.WhyNot), rank(b.WhyNot))
		}
		return cmp.Compare(a.Quote.Total, b.Quote.Total)
	})
	return offers, nil
}

func rank(whyNot error) int {
	if whyNot != nil {
		return 1
	}
	return 0
}

// cabins are those that take reservations, or the one of an id, if it is among them.
func (d *Desk) cabins(ctx context.Context, id int64) ([]*booking.Accommodation, error) {
	all, err := d.deps.Bookings.Accommodations(ctx, 0, mostCabins)
	if err != nil || id == 0 {
		return all, err
	}
	return slices.DeleteFunc(slices.Clone(all), func(a *booking.Accommodation) bool { return a.ID != id }), nil
}

// offer says of a cabin whether it takes a stay, and what it costs. Rules go before the calendar: a cabin that is too small is no
// better when it is free.
func offer(a *booking.Accommodation, stay booking.Stay, today civil.Date, free bool) Offer {
	o := Offer{Cabin: a, Stay: stay}
	if o.WhyNot = a.Check(stay, today); o.WhyNot != nil {
		return o
	}
	if !free {
		o.WhyNot = booking.ErrTaken
		return o
	}
	o.Quote, o.WhyNot = a.Quote(stay)
	return o
}

// Near returns what can be had instead of a stay: as many nights, Days earlier or later at most, in any cabin that takes so many
// guests. The nearest come first, at the same distance the later, of these the cabin that was asked for (0 = none), then the
// cheapest; MostNear at most, and of one cabin only its nearest earlier and later nights, so that the guest has a choice.
func (d *Desk) Near(ctx context.Context, stay booking.Stay, cabin int64) ([]Offer, error) {
	if err := stay.Check(); err != nil {
		return nil, err
	}
	all, err := d.cabins(ctx, 0)
	if err != nil {
		return nil, err
	}
	fits := slices.DeleteFunc(slices.Clone(all), func(a *booking.Accommodation) bool {
		return stay.Guests > a.Capacity || a.MaxNights > 0 && stay.Nights.Len() > a.MaxNights
	})
	var near []Offer
	for _, a := range fits[:min(len(fits), mostLooks)] {
		found, err := d.around(ctx, a, stay)
		if err != nil && !errors.Is(err, fault.ErrNotFound) { // it has just been closed
			return nil, err
		}
		near = append(near, found...)
	}
	slices.SortStableFunc(near, func(a, b Offer) int {
		x, y := a.shift(stay), b.shift(stay)
		return cmp.Or(cmp.Compare(max(x, -x), max(y, -y)), cmp.Compare(y, x),
			cmp.Compare(unless(a.Cabin.ID == cabin), unless(b.Cabin.ID == cabin)), cmp.Compare(a.Quote.Total, b.Quote.Total))
	})
	return near[:min(len(near), MostNear)], nil
}

func unless(preferred bool) int {
	if preferred {
		return 0
	}
	return 1
}

// shift is how many days an offer is later than what was asked for.
func (o *Offer) shift(stay booking.Stay) int { return o.Stay.Nights.From.Sub(stay.Nights.From) }

// around looks for other nights in one cabin, by one question: the very same, or the nearest before and after.
func (d *Desk) around(ctx context.Context, a *booking.Accommodation, stay booking.Stay) ([]Offer, error) {
	now := d.deps.Now()
	window := civil.Nights{From: stay.Nights.From.AddDays(-Days), To: stay.Nights.To.AddDays(Days)}
	taken, err := d.deps.Bookings.Occupied(ctx, strconv.FormatInt(a.ID, 10), window, now)
	if err != nil {
		return nil, err
	}
	try := func(shift int) (Offer, bool) {
		moved := stay
		moved.Nights = civil.Nights{From: stay.Nights.From.AddDays(shift), To: stay.Nights.To.AddDays(shift)}
		free := !slices.ContainsFunc(taken.Nights, moved.Nights.Overlaps)
		o := offer(taken.Cabin, moved, taken.Cabin.Today(now), free)
		return o, o.WhyNot == nil
	}
	if same, ok := try(0); ok {
		return []Offer{same}, nil
	}
	var found []Offer
	for _, direction := range []int{1, -1} {
		for shift := 1; shift <= Days; shift++ {
			if o, ok := try(shift * direction); ok {
				found = append(found, o)
				break
			}
		}
	}
	return found, nil
}
