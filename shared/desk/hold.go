package desk

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

// Ask is a guest's wish to have nights kept.
type Ask struct {
	Cabin    int64
	Stay     booking.Stay
	Contact  booking.Contact
	Channel  string // one of booking.Channels
	Requests string
	Total    money.Cents // what the guest was told that it costs; 0 = whatever it costs
	By       string      // who acts, for the history of the reservation

	// Key is what tells this wish from every other, at most 64 characters: asked again with the same Key and the same Hash, it is
	// answered again and not fulfilled again, for 48 hours. "" = every time is a new one.
	Key  string
	Hash []byte
	// Answer is what is kept under the Key of a reservation that is about to be made: a status of HTTP and a body.
	Answer func(made *booking.Reservation, terms booking.Terms, now time.Time) (status int, body []byte, err error)
}

// Held is what came of it: either of a new reservation or, with Before, of one that was made before.
type Held struct {
	Reservation booking.Reservation
	Terms       booking.Terms
	Answer      []byte // what Ask.Answer has made
	Dark        bool   // it was made although a calendar of another channel could not be read
	Before      []byte // what was answered before
}

// Hold keeps nights for a guest, if the cabin's rules and the calendars allow it. Before he is promised nights that another channel
// may have sold meanwhile, the calendars that were not read lately are.
//
// Errors: what makes no sense of the stay, and the rules that booking.Accommodation.Check names; booking.ErrTaken;
// booking.ErrPriceChanged;
// booking.ErrAmountTooLarge; booking.ErrKeyMismatch and booking.ErrKeyInProgress; fault.ErrNotFound of a cabin that there is not;
// fault.ErrBusy where others were faster three times.
func (d *Desk) Hold(ctx context.Context, a Ask) (Held, error) {
	if err := a.Stay.Check(); err != nil {
		return Held{}, err
	}
	look := sync.OnceValue(func() bool { return d.deps.Calendars.Refresh(ctx, a.Cabin) })
	for range 3 {
		if held, err := d.try(ctx, a, look); !errors.Is(err, errAgain) {
			return held, err
		}
	}
	return Held{}, fault.ErrBusy
}

// errAgain says that somebody was faster in a way that makes another look worth while.
var errAgain = errors.New("look again")

// try asks what there is and holds it. What look finds is seen by Hold, which looks at the nights again.
func (d *Desk) try(ctx context.Context, a Ask, look func() bool) (Held, error) {
	now := d.deps.Now()
	offer, err := d.deps.Bookings.Offer(ctx, a.Cabin, a.Stay.Nights, a.Key, now)
	if err != nil {
		return Held{}, err
	}
	if offer.Answer != nil {
		return again(offer.Answer, a.Hash)
	}
	made, err := a.accept(offer, now)
	if err != nil {
		return Held{}, err
	}
	held := Held{Terms: booking.Terms{AccommodationName: offer.Cabin.Name, Policy: offer.Cabin.Policy, Zone: offer.Cabin.Zone}}
	if !d.Fresh(offer.HasFeeds, offer.FeedsAsOf, now) && !look() {
		held.Dark = true
		d.takeInTheDark(&made, now)
	}
	kept := booking.Answer{Key: a.Key, RequestHash: a.Hash}
	if a.Answer != nil {
		if kept.Status, kept.Body, err = a.Answer(&made, held.Terms, now); err != nil {
			return Held{}, err
		}
	}
	held.Answer = kept.Body
	if a.Key == "" {
		kept = booking.Answer{}
	}
	err = d.deps.Bookings.Hold(ctx, &made, a.By, kept, now)
	switch {
	case errors.Is(err, booking.ErrCodeClash), errors.Is(err, booking.ErrKeyUsed):
		return Held{}, errAgain
	case errors.Is(err, booking.ErrTaken) && a.Key != "":
		return Held{}, errAgain // perhaps by this very wish, sent twice: then it has an answer now
	case err != nil:
		return Held{}, err
	}
	held.Reservation = made
	return held, nil
}

// takeInTheDark is what becomes of a hold while a channel cannot be read. Turning the guest away would cost more stays than
// other channels ever sell within those hours; the owner decides which he fears more.
func (d *Desk) takeInTheDark(made *booking.Reservation, now time.Time) {
	made.StaleCalendar = true
	if d.WhenStale == AskOwner {
		made.Approval, made.ExpiresAt = booking.ApprovalWaiting, now.Add(booking.ApprovalFor)
	}
}

// accept makes the reservation that the guest asks for, if the cabin's rules and the calendar allow it.
func (a *Ask) accept(offer booking.Offer, now time.Time) (booking.Reservation, error) {
	if err := offer.Cabin.Check(a.Stay, offer.Cabin.Today(now)); err != nil {
		return booking.Reservation{}, err
	}
	if !offer.Free {
		return booking.Reservation{}, booking.ErrTaken
	}
	priced, err := offer.Cabin.Quote(a.Stay)
	switch {
	case err != nil:
		return booking.Reservation{}, err
	case a.Total != 0 && a.Total != priced.Total:
		return booking.Reservation{}, booking.ErrPriceChanged
	}
	return booking.Reservation{
		Code: booking.NewCode(), AccommodationID: offer.Cabin.ID, Stay: a.Stay,
		Status: booking.StatusPreReserved, PaymentStatus: booking.PaymentPending,
		Channel: a.Channel, Contact: a.Contact, SpecialRequests: a.Requests,
		Currency: priced.Currency, Total: priced.Total, Deposit: priced.Deposit, Lines: priced.Lines,
		ExpiresAt: now.Add(booking.HoldFor), CreatedAt: now,
	}, nil
}

// again gives the first answer, if the wish is the one that it was given to.
func again(answer *booking.Answer, hash []byte) (Held, error) {
	if !bytes.Equal(answer.RequestHash, hash) {
		return Held{}, booking.ErrKeyMismatch.WithFields(fault.Field{Field: "Idempotency-Key", Message: "was used for another request"})
	}
	return Held{Before: answer.Body}, nil
}
