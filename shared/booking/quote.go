package booking

import (
	"strconv"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

// Quote is what a stay costs. Total is the sum of the lines; Deposit is the part of it that confirms the reservation.
type Quote struct {
	Currency string
	Nights   []Night // every night of the stay, in order
	Lines    []Line  // the same nights in groups, then extra guests, then cleaning
	Total    money.Cents
	Deposit  money.Cents
}

// Line is one line of a quote, as the guest reads it and as the reservation keeps it. Amount is Quantity × UnitPrice.
type Line struct {
	Kind      string      `json:"kind" required:"true"`  // LineNights, LineExtraGuests or LineCleaning
	Label     string      `json:"label" required:"true"` // in English: "2 weekend nights, Summer"
	Quantity  int         `json:"quantity" required:"true"`
	UnitPrice money.Cents `json:"unit_price" required:"true"`
	Amount    money.Cents `json:"amount" required:"true"`
}

// The kinds of line. The quantity of LineExtraGuests is guests × nights.
const (
	LineNights      = "nights"
	LineExtraGuests = "extra_guests"
	LineCleaning    = "cleaning"
)

// ErrAmountTooLarge is the fault of a stay whose price no reservation could hold.
var ErrAmountTooLarge = fault.New(fault.Invalid, "amount_too_large",
	"The price of this stay is above "+money.Max.String()+", the largest amount there is.")

// Quote prices a stay. Whether the cabin accepts it is Check's matter: here only a stay without nights or guests is
// refused (fault.ErrInvalid), one longer than Horizon (ErrTooFar), and a price that cannot be stored (ErrAmountTooLarge).
func (a *Accommodation) Quote(stay Stay) (Quote, error) {
	if err := stay.Check(); err != nil {
		return Quote{}, err
	}
	nights := stay.Nights.Len()
	if nights > Horizon {
		return Quote{}, breach(ErrTooFar, "check_out", "must be "+count(Horizon, "day")+" after check_in or less",
			"Nights are on sale "+count(Horizon, "day")+" ahead.")
	}
	q := Quote{Currency: a.Currency, Nights: make([]Night, 0, nights)}
	for d := range stay.Nights.All() {
		q.Nights = append(q.Nights, a.Night(d))
	}
	q.Lines = a.appendExtras(lodging(q.Nights), stay)
	for _, l := range q.Lines {
		// Line by line: amounts stop at the largest integer instead of wrapping, but their sum would wrap.
		if l.Amount > money.Max {
			return Quote{}, ErrAmountTooLarge
		}
		q.Total += l.Amount
	}
	if q.Total > money.Max {
		return Quote{}, ErrAmountTooLarge
	}
	q.Deposit = q.Total.Percent(a.DepositPercent)
	return q, nil
}

// lodging groups the nights in a row that a guest would call the same.
func lodging(nights []Night) []Line {
	lines := make([]Line, 0, 6) // a week within one season, with extra guests and cleaning
	for start := 0; start < len(nights); {
		n := nights[start]
		end := start + 1
		for end < len(nights) && n.like(nights[end]) {
			end++
		}
		lines = append(lines, newLine(LineNights, n.label(end-start), end-start, n.Price))
		start = end
	}
	return lines
}

func (n Night) like(o Night) bool {
	return n.Price == o.Price && n.Weekend == o.Weekend && n.Season == o.Season
}

func (n Night) label(nights int) string {
	noun := "night"
	if n.Weekend {
		noun = "weekend night"
	}
	if n.Season == "" {
		return count(nights, noun)
	}
	return count(nights, noun) + ", " + n.Season
}

func (a *Accommodation) appendExtras(lines []Line, stay Stay) []Line {
	nights := stay.Nights.Len()
	if extra := stay.Guests - a.IncludedGuests; a.IncludedGuests > 0 && extra > 0 && a.ExtraGuestPrice > 0 {
		label := count(extra, "extra guest") + ", " + count(nights, "night")
		line := newLine(LineExtraGuests, label, extra*nights, a.ExtraGuestPrice)
		line.Amount = a.ExtraGuestPrice.Times(extra).Times(nights) // extra × nights may wrap around, this cannot
		lines = append(lines, line)
	}
	if a.CleaningFee > 0 {
		lines = append(lines, newLine(LineCleaning, "Cleaning", 1, a.CleaningFee))
	}
	return lines
}

func newLine(kind, label string, quantity int, price money.Cents) Line {
	return Line{Kind: kind, Label: label, Quantity: quantity, UnitPrice: price, Amount: price.Times(quantity)}
}

// count is "1 night", "2 nights".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
