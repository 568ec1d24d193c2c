package converse

import (
	"context"
	"errors"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/command"
	"github.com/eevans-d/sist-cabanas/shared/desk"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

func (d *order) agenda(ctx context.Context) (chat.Message, error) {
	date := d.Nights.From
	if d.Ask != "" && d.Ask != understanding.PastDate || date.IsZero() {
		return d.AskDates(d.Command), nil
	}
	day, err := d.Days.Day(ctx, date, date.Equal(d.Today), d.now)
	return d.Agenda(day), err
}

const (
	// twoOf is for how many prices are told where nobody says.
	twoOf = 2
	// longBlock is how many nights are closed without asking back; also who says the days the wrong way round is asked: "del 10 al 9/5".
	longBlock = 14
)

func (d *order) free(ctx context.Context) (chat.Message, error) {
	if d.Ask == understanding.AmbiguousDate {
		return d.AskReading(d.Command, func(n civil.Nights) string { return command.Say("libre " + iso(n)) }), nil
	}
	if d.Nights.From.IsZero() || d.Ask == understanding.PastDate {
		return d.AskDates(d.Command), nil
	}
	if d.Nights.To.IsZero() {
		d.Nights.To = d.Nights.From.AddDays(1)
	}
	if d.Guests == 0 {
		d.Guests = twoOf
	}
	found, err := d.Search(ctx, booking.Stay{Nights: d.Nights, Guests: d.Guests}, d.Cabin)
	if err != nil {
		return chat.Message{}, err
	}
	stays, closed, err := d.Days.Taken(ctx, d.Cabin, d.Nights, d.now)
	if err != nil {
		return chat.Message{}, err
	}
	offers := make([]command.Offer, len(found))
	for n := range found {
		offers[n] = offered(&found[n], stays, closed)
	}
	return d.sinceToday(d.Free(d.Nights, d.Guests, offers)), nil
}

// sinceToday says so where the nights that were said began earlier.
func (d *order) sinceToday(m chat.Message) chat.Message {
	if !d.Begun.IsZero() {
		return command.SinceToday(m)
	}
	return m
}

// offered is what can be said of a cabin, with what it is taken by.
func offered(o *desk.Offer, stays []command.Stay, closed []command.Closure) command.Offer {
	shown := command.Offer{Cabin: o.Cabin.Name, Currency: o.Cabin.Currency, Price: o.Quote.Total, WhyNot: refusal(o.WhyNot)}
	if o.WhyNot == nil {
		return shown
	}
	for _, s := range stays {
		if s.CabinID == o.Cabin.ID {
			shown.By = append(shown.By, s)
		}
	}
	for _, c := range closed {
		if c.CabinID == o.Cabin.ID {
			shown.Closed = append(shown.Closed, c)
		}
	}
	return shown
}

// iso is nights as nobody can misread them.
func iso(n civil.Nights) string {
	if !n.Valid() {
		return n.From.String()
	}
	return n.From.String() + " al " + n.To.String()
}

func (d *order) block(ctx context.Context) (chat.Message, error) {
	m, err := d.close(ctx)
	return d.sinceToday(m), err
}

// close closes nights, once it is clear which, and where.
func (d *order) close(ctx context.Context) (chat.Message, error) {
	again := func(n civil.Nights) string { return command.Say("bloquear " + d.where() + iso(n) + " " + d.Text) }
	switch {
	case d.Ask == understanding.AmbiguousDate:
		return d.AskReading(d.Command, again), nil
	case d.Ask == command.OtherYear:
		return d.AskYear(d.Command, again), nil
	case d.Ask != "" || d.Nights.From.IsZero():
		return d.AskDates(d.Command), nil
	case d.Cabin == 0 && !d.All:
		return d.AskCabin(d.Command, d.cabins), nil
	case d.Sure:
	case d.Nights.To.IsZero() && !d.All:
		return d.AskOneNight(d.Command, d.name(d.Cabin)), nil
	case d.All || d.said() > longBlock:
		if d.Nights.To.IsZero() {
			d.Nights.To = d.Nights.From.AddDays(1)
		}
		return d.AskBlock(d.Command, d.name(d.Cabin)), nil
	}
	var done []command.Blocked
	for _, c := range d.cabins {
		if !d.All && c.ID != d.Cabin {
			continue
		}
		b, err := d.shut(ctx, c)
		if err != nil {
			return chat.Message{}, err
		}
		done = append(done, b)
	}
	if done == nil { // it takes no reservations any more
		done = []command.Blocked{{Cabin: d.name(d.Cabin), Not: "no está activa"}}
	}
	return d.Blocked(d.Nights, d.Text, done), nil
}

// said is how many nights were said, with those that are over.
func (d *order) said() int {
	if !d.Begun.IsZero() {
		return d.Nights.To.Sub(d.Begun)
	}
	return d.Nights.Len()
}

// where is the cabin that was meant, to be said again.
func (d *order) where() string {
	switch {
	case d.All:
		return "todas "
	case d.Cabin > 0:
		return d.name(d.Cabin) + " "
	default:
		return ""
	}
}

// name is what a cabin is called.
func (d *order) name(id int64) string {
	for _, c := range d.cabins {
		if c.ID == id {
			return c.Name
		}
	}
	if d.All {
		return "todas las cabañas"
	}
	return "esa cabaña"
}

// shut closes nights of one cabin. What is closed already stays so: the owner may have said it twice, or nobody may have come back
// to say that it was done.
func (d *order) shut(ctx context.Context, c command.Cabin) (command.Blocked, error) {
	b := command.Blocked{Cabin: c.Name}
	stays, closed, err := d.Days.Taken(ctx, c.ID, d.Nights, d.now)
	if err != nil {
		return b, err
	}
	for _, one := range closed {
		switch {
		case one.Source != "":
			b.Also = append(b.Also, one)
		case !one.Nights.From.After(d.Nights.From) && !one.Nights.To.Before(d.Nights.To):
			b.Was = true
		}
	}
	if b.Was {
		return b, nil
	}
	made, err := d.Calendars.Close(ctx, c.ID, d.Nights, d.Text, d.now)
	switch {
	case errors.Is(err, booking.ErrTaken) && len(stays) == 0:
		stays, _, err = d.Days.Taken(ctx, c.ID, d.Nights, d.now)
		b.By, b.Not = stays, ""
		if len(stays) == 0 {
			b.Not = "alguien la acaba de tomar"
		}
		return b, err
	case errors.Is(err, booking.ErrTaken):
		b.By = stays
		return b, nil
	case errors.Is(err, fault.ErrNotFound):
		b.Not = "no existe más"
		return b, nil
	case errors.Is(err, fault.ErrInvalid):
		b.Not = "esas noches ya pasaron, o son a más de cinco años"
		return b, nil
	case err != nil:
		return b, err
	}
	d.Log.Info().Str("function", Spec.Name).Str("by", byOwner).Int64("accommodation", c.ID).Int64("block", made.ID).Msg("nights closed")
	return b, nil
}

// unblock opens nights again that were closed by hand, after a yes.
func (d *order) unblock(ctx context.Context) (chat.Message, error) {
	if d.Sure {
		err := d.Calendars.Open(ctx, d.Cabin, d.Block, d.now)
		if err == nil {
			d.Log.Info().Str("function", Spec.Name).Str("by", byOwner).Int64("accommodation", d.Cabin).Int64("block", d.Block).Msg("nights opened")
		}
		if gone := errors.Is(err, fault.ErrNotFound); gone || err == nil {
			return d.Unblocked(d.name(d.Cabin), gone), nil
		}
		return chat.Message{}, err
	}
	if d.Ask == understanding.InvalidDate || d.Ask == understanding.PastDate {
		return d.AskDates(d.Command), nil
	}
	all, err := d.Days.Closures(ctx, d.Cabin, d.Nights, d.now)
	return d.WhichClosure(all), err
}
