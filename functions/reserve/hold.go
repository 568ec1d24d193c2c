package reserve

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/desk"
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

// settle has the desk hold what is asked for, and keep what it was answered.
func (h *handler) settle(ctx context.Context, r holdRequest) (web.Encoded[reservation], error) {
	var none web.Encoded[reservation]
	contact, err := r.contact()
	if err != nil {
		return none, err
	}
	held, err := h.desk.Hold(ctx, desk.Ask{
		Cabin: r.AccommodationID, Stay: r.stay(), Contact: contact, Channel: r.channel(), Requests: strings.TrimSpace(r.SpecialRequests),
		By: string(web.Guest), Key: r.Key, Hash: r.hash(),
		Answer: func(made *booking.Reservation, terms booking.Terms, now time.Time) (int, []byte, error) {
			body, err := web.Encode(h.show(made, terms, web.Guest, now))
			return http.StatusCreated, body, err
		},
	})
	switch {
	case err != nil:
		return none, err
	case held.Before != nil:
		return web.Encoded[reservation]{Bytes: held.Before, Header: map[string]string{"Idempotent-Replayed": "true"}}, nil
	}
	if held.Dark {
		web.Note(ctx, "stale_calendar", h.desk.WhenStale)
	}
	web.Note(ctx, "reservation", held.Reservation.Code)
	return web.Encoded[reservation]{Bytes: held.Answer}, nil
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
