package reserve

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

const (
	// A year and a few days, so that "the same week next year" fits in one question.
	maxWindow     = 370
	defaultWindow = 90
)

type cabin struct {
	ID                 int64           `json:"id" required:"true"`
	Slug               string          `json:"slug,omitempty" description:"Another name for it in URLs"`
	Name               string          `json:"name" required:"true"`
	Type               string          `json:"type" required:"true"`
	Description        string          `json:"description" required:"true"`
	Capacity           int             `json:"capacity" required:"true" description:"How many may sleep in it"`
	Currency           string          `json:"currency" required:"true" description:"ISO 4217; all amounts beside it are in it"`
	BasePrice          money.Cents     `json:"base_price" required:"true" description:"A night outside every season, on a weekday"`
	WeekendMultiplier  money.Factor    `json:"weekend_multiplier" required:"true" description:"What a night of the weekend costs in proportion"`
	IncludedGuests     int             `json:"included_guests,omitempty" description:"Guests that the price of a night covers; absent: all"`
	ExtraGuestPrice    money.Cents     `json:"extra_guest_price" required:"true" description:"Each guest beyond included_guests, each night"`
	CleaningFee        money.Cents     `json:"cleaning_fee" required:"true" description:"Once per stay"`
	DepositPercent     int             `json:"deposit_percent" required:"true" description:"The part of the total that confirms a reservation"`
	MinNights          int             `json:"min_nights" required:"true"`
	MaxNights          int             `json:"max_nights" required:"true"`
	CancellationPolicy booking.Policy  `json:"cancellation_policy" required:"true" enum:"flexible,moderate,strict"`
	Timezone           string          `json:"timezone" required:"true" description:"IANA; the cabin's today"`
	Amenities          []string        `json:"amenities" required:"true" nullable:"false"`
	Photos             []booking.Photo `json:"photos" required:"true" nullable:"false"`
}

func showCabin(a *booking.Accommodation) cabin {
	return cabin{
		ID: a.ID, Slug: a.Slug, Name: a.Name, Type: a.Type, Description: a.Description, Capacity: a.Capacity, Currency: a.Currency,
		BasePrice: a.BasePrice, WeekendMultiplier: a.WeekendMultiplier, IncludedGuests: a.IncludedGuests, ExtraGuestPrice: a.ExtraGuestPrice,
		CleaningFee: a.CleaningFee, DepositPercent: a.DepositPercent, MinNights: a.MinNights, MaxNights: a.MaxNights,
		CancellationPolicy: a.Policy, Timezone: a.Zone.String(), Amenities: a.Amenities, Photos: a.Photos,
	}
}

type cabins struct {
	Accommodations []cabin `json:"accommodations" required:"true" nullable:"false"`
	Next           string  `json:"next,omitempty" description:"Give it as after to get the next page; absent: there is none"`
}

func (h *handler) list(ctx context.Context, r web.Page) (cabins, error) {
	found, err := h.bookings.Accommodations(ctx, r.After, r.Size()+1)
	if err != nil {
		return cabins{}, err
	}
	var answer cabins
	answer.Accommodations, answer.Next = web.CutPage(r, found, func(a *booking.Accommodation) int64 { return a.ID }, showCabin)
	return answer, nil
}

type cabinRequest struct {
	ID string `path:"id" description:"Its id or slug"`
}

func (h *handler) get(ctx context.Context, r cabinRequest) (cabin, error) {
	found, err := h.bookings.Accommodation(ctx, r.ID)
	if err != nil {
		return cabin{}, err
	}
	return showCabin(found), nil
}

type windowRequest struct {
	ID   string     `path:"id" description:"Its id or slug"`
	From civil.Date `query:"from" description:"The first night; today if not said"`
	To   civil.Date `query:"to" description:"The day after the last night, at most 370 later; 90 later if not said"`
}

type calendar struct {
	AccommodationID int64      `json:"accommodation_id" required:"true"`
	Currency        string     `json:"currency" required:"true" description:"ISO 4217; all amounts beside it are in it"`
	From            civil.Date `json:"from" required:"true"`
	To              civil.Date `json:"to" required:"true"`
	Nights          []night    `json:"nights" required:"true" nullable:"false"`
}

type night struct {
	Date      civil.Date  `json:"date" required:"true"`
	Available bool        `json:"available" required:"true" description:"Whether nobody has it"`
	Price     money.Cents `json:"price" required:"true"`
	MinNights int         `json:"min_nights" required:"true" description:"The shortest stay that may begin on this night"`
}

// AppendJSON is what encoding/json makes of it, without reflection and an allocation a night: a year of nights is the longest
// answer there is, and date pickers ask for it on every page.
func (c calendar) AppendJSON(b []byte) []byte {
	b = slices.Grow(b, 160+len(c.Nights)*80)
	b = append(b, `{"accommodation_id":`...)
	b = strconv.AppendInt(b, c.AccommodationID, 10)
	b = append(append(append(b, `,"currency":"`...), c.Currency...), `","from":"`...) // three capital letters, as the table checks
	b, _ = c.From.AppendText(b)                                                       // dates and amounts never fail
	b = append(b, `","to":"`...)
	b, _ = c.To.AppendText(b)
	b = append(b, `","nights":[`...)
	for i, n := range c.Nights {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"date":"`...)
		b, _ = n.Date.AppendText(b)
		b = append(b, `","available":`...)
		b = strconv.AppendBool(b, n.Available)
		b = append(b, `,"price":"`...)
		b, _ = n.Price.AppendText(b)
		b = append(b, `","min_nights":`...)
		b = strconv.AppendInt(b, int64(n.MinNights), 10)
		b = append(b, '}')
	}
	return append(b, "]}\n"...)
}

// within is nights that hold window's, whichever day it is where the cabin stands: a day before or after UTC's at most.
func (r windowRequest) within(todayInUTC civil.Date) civil.Nights {
	w := civil.Nights{From: r.From, To: r.To}
	if w.From.IsZero() {
		w.From = todayInUTC.AddDays(-1)
	}
	if w.To.IsZero() {
		w.To = w.From.AddDays(defaultWindow + 2)
	}
	if most := w.From.AddDays(maxWindow + 2); w.To.After(most) {
		w.To = most // window refuses so many, wherever the cabin is
	}
	if !w.Valid() {
		w.To = w.From.AddDays(1) // window refuses it
	}
	return w
}

// window is the nights that are asked for, where today is a given date.
func (r windowRequest) window(today civil.Date) (civil.Nights, error) {
	w := civil.Nights{From: r.From, To: r.To}
	if w.From.IsZero() {
		w.From = today
	}
	if w.To.IsZero() {
		w.To = w.From.AddDays(defaultWindow)
	}
	if !w.Valid() {
		return w, fault.InField("to", "must be after from")
	}
	if w.Len() > maxWindow {
		return w, fault.InField("to", "must be at most "+strconv.Itoa(maxWindow)+" nights after from")
	}
	return w, nil
}

func (h *handler) availability(ctx context.Context, r windowRequest) (calendar, error) {
	now := h.now()
	// Which day today is, only the cabin's zone tells, and the cabin comes with its nights.
	found, err := h.bookings.Occupied(ctx, r.ID, r.within(civil.Of(now, time.UTC)), now)
	if err != nil {
		return calendar{}, err
	}
	today := found.Cabin.Today(now)
	window, err := r.window(today)
	if err != nil {
		return calendar{}, err
	}
	return showCalendar(found, window, today), nil
}

// showCalendar says of each night whether it can be had: not if it is taken, over, or beyond the horizon.
func showCalendar(o booking.Occupied, window civil.Nights, today civil.Date) calendar {
	answer := calendar{
		AccommodationID: o.Cabin.ID, Currency: o.Cabin.Currency, From: window.From, To: window.To,
		Nights: make([]night, 0, window.Len()),
	}
	onSale := civil.Nights{From: today, To: today.AddDays(booking.Horizon)}
	taken := o.Nights
	for d := range window.All() {
		for len(taken) > 0 && !taken[0].To.After(d) {
			taken = taken[1:]
		}
		n := o.Cabin.Night(d)
		free := onSale.Contains(d) && (len(taken) == 0 || !taken[0].Contains(d))
		answer.Nights = append(answer.Nights, night{Date: d, Available: free, Price: n.Price, MinNights: n.MinNights})
	}
	return answer
}

type stayRequest struct {
	CheckIn  civil.Date `query:"check_in" validate:"required" required:"true" description:"The day of arrival"`
	CheckOut civil.Date `query:"check_out" validate:"required" required:"true" description:"The day of departure, whose night is not part of the stay"`
	Guests   int        `query:"guests" validate:"min=1,max=100" required:"true" description:"How many will sleep there"`
}

func (r stayRequest) stay() booking.Stay {
	return booking.Stay{Nights: civil.Nights{From: r.CheckIn, To: r.CheckOut}, Guests: r.Guests}
}

type quoteRequest struct {
	ID string `path:"id" description:"The cabin's id or slug"`
	stayRequest
}

type quote struct {
	AccommodationID int64          `json:"accommodation_id" required:"true"`
	CheckIn         civil.Date     `json:"check_in" required:"true"`
	CheckOut        civil.Date     `json:"check_out" required:"true"`
	Nights          int            `json:"nights" required:"true"`
	Guests          int            `json:"guests" required:"true"`
	Available       bool           `json:"available" required:"true" description:"Whether nobody has it"`
	Currency        string         `json:"currency" required:"true" description:"ISO 4217; all amounts beside it are in it"`
	Lines           []booking.Line `json:"lines" required:"true" nullable:"false" description:"They add up to total_price"`
	TotalPrice      money.Cents    `json:"total_price" required:"true"`
	DepositAmount   money.Cents    `json:"deposit_amount" required:"true"`
}

func showQuote(a *booking.Accommodation, stay booking.Stay, q booking.Quote, free bool) quote {
	return quote{
		AccommodationID: a.ID, CheckIn: stay.Nights.From, CheckOut: stay.Nights.To, Nights: stay.Nights.Len(), Guests: stay.Guests,
		Available: free, Currency: q.Currency, Lines: q.Lines, TotalPrice: q.Total, DepositAmount: q.Deposit,
	}
}

func (h *handler) quote(ctx context.Context, r quoteRequest) (quote, error) {
	now, stay := h.now(), r.stay()
	if err := stay.Check(); err != nil {
		return quote{}, err
	}
	found, err := h.bookings.Occupied(ctx, r.ID, stay.Nights, now)
	if err != nil {
		return quote{}, err
	}
	if err := found.Cabin.Check(stay, found.Cabin.Today(now)); err != nil {
		return quote{}, err
	}
	priced, err := found.Cabin.Quote(stay)
	if err != nil {
		return quote{}, err
	}
	return showQuote(found.Cabin, stay, priced, len(found.Nights) == 0), nil
}

type searchRequest struct {
	stayRequest
	web.Page
}

type results struct {
	Accommodations []result `json:"accommodations" required:"true" nullable:"false"`
	Next           string   `json:"next,omitempty" description:"Give it as after to get the next page; absent: there is none"`
}

type result struct {
	ID       int64           `json:"id" required:"true"`
	Slug     string          `json:"slug,omitempty"`
	Name     string          `json:"name" required:"true"`
	Type     string          `json:"type" required:"true"`
	Capacity int             `json:"capacity" required:"true" description:"How many may sleep in it"`
	Photos   []booking.Photo `json:"photos" required:"true" nullable:"false"`
	Quote    quote           `json:"quote" required:"true"`
}

func (h *handler) search(ctx context.Context, r searchRequest) (results, error) {
	now, stay := h.now(), r.stay()
	if err := stay.Check(); err != nil {
		return results{}, err
	}
	free, err := h.bookings.Free(ctx, stay.Nights, now)
	if err != nil {
		return results{}, err
	}
	answer := results{Accommodations: make([]result, 0, min(len(free), r.Size()))}
	var wrong error
	wrongDates := 0
	for _, a := range free {
		refused := a.Check(stay, a.Today(now))
		if errors.Is(refused, booking.ErrPastDate) || errors.Is(refused, booking.ErrTooFar) {
			wrongDates++
			wrong = refused
		}
		if a.ID <= r.After || refused != nil {
			continue
		}
		priced, err := a.Quote(stay)
		if err != nil {
			continue // a price that no reservation could hold: one cabin's trouble, not everybody's
		}
		if n := len(answer.Accommodations); n == r.Size() {
			answer.Next = strconv.FormatInt(answer.Accommodations[n-1].ID, 10)
			break
		}
		answer.Accommodations = append(answer.Accommodations, result{
			ID: a.ID, Slug: a.Slug, Name: a.Name, Type: a.Type, Capacity: a.Capacity, Photos: a.Photos,
			Quote: showQuote(a, stay, priced, true),
		})
	}
	if wrongDates > 0 && wrongDates == len(free) {
		return results{}, wrong // no cabin is to blame, and an empty list would say "sold out"
	}
	return answer, nil
}
