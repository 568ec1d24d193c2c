// Package booking is what an owner of cabins knows by heart: what a night costs, which stays are accepted, what happens to
// a reservation, and what a guest who cancels gets back. It does no I/O and knows no clock: "now" is always handed in.
package booking

import (
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

// Accommodation is a cabin with its prices and its rules. Prices are never negative and belong to Currency.
type Accommodation struct {
	ID          int64
	Slug        string
	Name        string
	Type        string
	Description string
	Amenities   []string
	Photos      []Photo
	Capacity    int    // the most guests that may sleep in it
	Currency    string // ISO 4217

	BasePrice         money.Cents  // a night outside every season, on a weekday
	WeekendMultiplier money.Factor // what the nights of the weekend cost in proportion, in a season too
	WeekendNights     Weekdays     // which nights those are
	IncludedGuests    int          // how many guests the night's price covers; 0 = all
	ExtraGuestPrice   money.Cents  // each guest beyond those, each night
	CleaningFee       money.Cents  // once per stay
	DepositPercent    int          // of the total, 0 to 100: what confirms a reservation

	MinNights int            // the shortest stay, where the season says nothing
	MaxNights int            // the longest stay; 0 = up to Horizon
	Zone      *time.Location // where it stands, and so when its days begin; never nil
	Policy    Policy
	Rates     []Rate // the seasons, in any order
}

// Rate is a season: what its nights cost instead of the base price. Where seasons overlap the shortest wins (a holiday
// within the summer), and of two of the same length the newest, which has the highest ID.
type Rate struct {
	ID        int64
	Name      string
	Nights    civil.Nights
	Price     money.Cents
	MinNights int // for stays that arrive in the season; 0 = the cabin's
}

// Weekdays is a set of days of the week: bit n is time.Weekday n.
type Weekdays uint8

// DefaultWeekend is the nights of Friday and Saturday, the weekend of the trade: on Sunday night the guests have left.
const DefaultWeekend Weekdays = 1<<time.Friday | 1<<time.Saturday

// WeekdaysFromISO reads ISO 8601 numbers, 1 = Monday to 7 = Sunday, as the database has them. It ignores any other.
func WeekdaysFromISO(days []int16) Weekdays {
	var set Weekdays
	for _, d := range days {
		if d >= 1 && d <= 7 {
			set |= 1 << (d % 7)
		}
	}
	return set
}

// Has reports whether the day is in the set.
func (w Weekdays) Has(d time.Weekday) bool { return w&(1<<d) != 0 }

// Night is what one night costs, and how long a stay must be that arrives on it.
type Night struct {
	Date      civil.Date
	Price     money.Cents // for the included guests, the weekend counted in
	Weekend   bool
	Season    string // its name; "" outside every season
	MinNights int
}

// Today is the date where the cabin stands, whatever the server's clock shows.
func (a *Accommodation) Today(now time.Time) civil.Date { return civil.Of(now, a.Zone) }

// Night returns what the night that begins on d costs. The weekend is multiplied and rounded night by night, half-up to
// the cent, so that any stay is exactly the sum of its nights. It does not allocate: calendars ask for a year at a time.
func (a *Accommodation) Night(d civil.Date) Night {
	n := Night{Date: d, Price: a.BasePrice, MinNights: a.MinNights}
	if r := a.season(d); r != nil {
		n.Price, n.Season = r.Price, r.Name
		if r.MinNights > 0 {
			n.MinNights = r.MinNights
		}
	}
	if a.WeekendNights.Has(d.Weekday()) {
		n.Weekend = true
		n.Price = n.Price.Scale(a.WeekendMultiplier)
	}
	return n
}

func (a *Accommodation) season(d civil.Date) *Rate {
	var best *Rate
	for i := range a.Rates {
		r := &a.Rates[i]
		if !r.Nights.Contains(d) {
			continue
		}
		if best == nil || r.Nights.Len() < best.Nights.Len() ||
			r.Nights.Len() == best.Nights.Len() && r.ID > best.ID {
			best = r
		}
	}
	return best
}
