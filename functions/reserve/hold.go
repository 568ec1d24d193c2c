package reserve

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

type holdRequest struct {
	Key string `header:"Idempotency-Key" json:"-" validate:"omitempty,max=64,printascii" description:"Repeat a request with the same key and it is answered again, not done again, for 48 hours"`
	holdBody
}

type holdBody struct {
	AccommodationID int64      `json:"accommodation_id" validate:"min=1" required:"true" description:"The id of the cabin"`
	CheckIn         civil.Date `json:"check_in" validate:"required" description:"The day of arrival"`
	CheckOut        civil.Date `json:"check_out" validate:"required" description:"The day of departure, whose night is not part of the stay"`
	Guests          int        `json:"guests" validate:"min=1,max=100" required:"true" description:"How many will sleep there"`
	ContactName     string     `json:"contact_name" validate:"required,max=100,line" description:"Who arrives, as the owner should greet them"`
	ContactPhone    string     `json:"contact_phone" validate:"required,max=40,line" description:"Kept as E.164; a number without + is an Argentine one"`
	ContactEmail    string     `json:"contact_email,omitempty" validate:"omitempty,max=254,line,email" description:"Where to write, beside the phone"`
	Channel         string     `json:"channel,omitempty" validate:"omitempty,oneof=web whatsapp phone email direct airbnb booking vrbo mercadolibre other" description:"web if not said"`
	SpecialRequests string     `json:"special_requests,omitempty" validate:"omitempty,max=2000,text" description:"Anything the owner should know"`
}

func (b holdBody) stay() booking.Stay {
	return booking.Stay{Nights: civil.Nights{From: b.CheckIn, To: b.CheckOut}, Guests: b.Guests}
}

func (b holdBody) channel() string {
	if b.Channel == "" {
		return "web"
	}
	return b.Channel
}

// contact reads who the guest is. A phone number need only be possible, not known to be in use: numbering plans change
// faster than libraries, and a guest turned away for a new area code is lost.
func (b holdBody) contact() (booking.Contact, error) {
	name := strings.TrimSpace(b.ContactName)
	if !strings.ContainsFunc(name, visible) {
		return booking.Contact{}, fault.InField("contact_name", "is required")
	}
	phone, err := phonenumbers.Parse(b.ContactPhone, "AR")
	if err != nil || !phonenumbers.IsPossibleNumber(phone) || !hasAreaCode(phone) {
		return booking.Contact{}, fault.InField("contact_phone", "must be a phone number with its area code, best with + and country code, such as +54 9 11 5544-3322")
	}
	return booking.Contact{Name: name, Phone: phonenumbers.Format(phone, phonenumbers.E164), Email: b.ContactEmail}, nil
}

// visible reports whether a character leaves a mark: joiners and marks of direction do not, and no name is made of them alone.
func visible(r rune) bool {
	return unicode.IsGraphic(r) && !unicode.IsSpace(r) && r != '\u2800' && r != '\u3164'
}

// hasAreaCode reports whether an Argentine number is one that others can dial: ten digits or more. At home many say only
// 5544-3322, or 15 5544-3322 for a mobile, and 15 is no area code.
func hasAreaCode(phone *phonenumbers.PhoneNumber) bool {
	const argentina = 54
	national := phone.GetNationalNumber()
	return phone.GetCountryCode() != argentina || national >= 1_000_000_000 && national/100_000_000 != 15
}

// hash is what makes two requests the same, however they were spaced and ordered on the wire.
func (b holdBody) hash() []byte {
	canonical, _ := json.Marshal(b) // strings, numbers and dates always encode
	sum := sha256.Sum256(canonical)
	return sum[:]
}

func (h *handler) hold(ctx context.Context, r holdRequest) (web.Encoded[reservation], error) {
	answer, err := h.settle(ctx, r)
	h.count(r.channel(), holdOutcome(answer, err))
	return answer, err
}

// settle tries until it is the request's own turn: held, refused, or answered before.
func (h *handler) settle(ctx context.Context, r holdRequest) (web.Encoded[reservation], error) {
	contact, err := r.contact()
	if err != nil {
		return web.Encoded[reservation]{}, err
	}
	if err := r.stay().Check(); err != nil {
		return web.Encoded[reservation]{}, err
	}
	look := sync.OnceValue(func() bool { return h.calendars.Refresh(ctx, r.AccommodationID) })
	for range 3 {
		if answer, err := h.tryHold(ctx, r, contact, look); !errors.Is(err, errAgain) {
			return answer, err
		}
	}
	return web.Encoded[reservation]{}, fault.ErrBusy
}

// errAgain says that somebody was faster in a way that makes another look worth while.
var errAgain = errors.New("look again")

// tryHold asks what there is and holds it. Before the guest is promised nights that another channel may have sold meanwhile, look
// has its calendars read; what that finds is seen by Hold, which looks at the nights again.
func (h *handler) tryHold(ctx context.Context, r holdRequest, contact booking.Contact, look func() bool) (web.Encoded[reservation], error) {
	var none web.Encoded[reservation]
	now, stay := h.now(), r.stay()
	offer, err := h.bookings.Offer(ctx, r.AccommodationID, stay.Nights, r.Key, now)
	if err != nil {
		return none, err
	}
	if offer.Answer != nil {
		return replay(offer.Answer, r.hash())
	}
	made, err := h.accept(r, contact, offer, now)
	if err != nil {
		return none, err
	}
	if !h.fresh(offer.HasFeeds, offer.FeedsAsOf, now) && !look() {
		h.takeInTheDark(ctx, &made, now)
	}
	terms := booking.Terms{AccommodationName: offer.Cabin.Name, Policy: offer.Cabin.Policy, Zone: offer.Cabin.Zone}
	body, err := web.Encode(h.show(&made, terms, web.Guest, now))
	if err != nil {
		return none, err
	}
	var kept booking.Answer
	if r.Key != "" {
		kept = booking.Answer{Key: r.Key, RequestHash: r.hash(), Status: http.StatusCreated, Body: body}
	}
	err = h.bookings.Hold(ctx, &made, string(web.Guest), kept, now)
	switch {
	case errors.Is(err, booking.ErrCodeClash), errors.Is(err, booking.ErrKeyUsed):
		return none, errAgain
	case errors.Is(err, booking.ErrTaken) && r.Key != "":
		return none, errAgain // perhaps by this very request, sent twice: then it has an answer now
	case err != nil:
		return none, err
	}
	web.Note(ctx, "reservation", made.Code)
	return web.Encoded[reservation]{Bytes: body}, nil
}

// accept makes the reservation that the guest asks for, if the cabin's rules and the calendar allow it.
func (h *handler) accept(r holdRequest, contact booking.Contact, offer booking.Offer, now time.Time) (booking.Reservation, error) {
	stay := r.stay()
	if err := offer.Cabin.Check(stay, offer.Cabin.Today(now)); err != nil {
		return booking.Reservation{}, err
	}
	if !offer.Free {
		return booking.Reservation{}, booking.ErrTaken
	}
	priced, err := offer.Cabin.Quote(stay)
	if err != nil {
		return booking.Reservation{}, err
	}
	return booking.Reservation{
		Code: booking.NewCode(), AccommodationID: offer.Cabin.ID, Stay: stay,
		Status: booking.StatusPreReserved, PaymentStatus: booking.PaymentPending,
		Channel: r.channel(), Contact: contact, SpecialRequests: strings.TrimSpace(r.SpecialRequests),
		Currency: priced.Currency, Total: priced.Total, Deposit: priced.Deposit, Lines: priced.Lines,
		ExpiresAt: now.Add(booking.HoldFor), CreatedAt: now,
	}, nil
}

// replay gives the first answer again, if the request is the one it was given to.
func replay(answer *booking.Answer, hash []byte) (web.Encoded[reservation], error) {
	if !bytes.Equal(answer.RequestHash, hash) {
		return web.Encoded[reservation]{}, booking.ErrKeyMismatch.WithFields(
			fault.Field{Field: "Idempotency-Key", Message: "was used for another request"})
	}
	return web.Encoded[reservation]{Bytes: answer.Body, Header: map[string]string{"Idempotent-Replayed": "true"}}, nil
}

func holdOutcome(answer web.Encoded[reservation], err error) string {
	switch {
	case errors.Is(err, booking.ErrTaken):
		return "taken"
	case err != nil:
		return "refused"
	case answer.Header != nil:
		return "replayed"
	default:
		return "held"
	}
}
