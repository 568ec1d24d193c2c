package conversation_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/notice"
)

// world is four cabins and what is booked in them: enough of the system for a guest to book, pay and cancel.
type world struct {
	now     time.Time
	zone    *time.Location
	cabins  []conversation.Cabin
	blocks  []block
	stays   []*conversation.Stay
	others  []*conversation.Stay // of somebody else
	profile string
	contact booking.Contact
	offline bool
	refuse  map[conversation.ActKind]string // of the next act of a kind
	acts    []conversation.Act
}

type block struct {
	cabin  int64
	nights civil.Nights
}

var art = time.FixedZone("ART", -3*60*60)

func newWorld() *world {
	return &world{
		now: time.Date(2026, time.November, 24, 10, 0, 0, 0, art), zone: art, profile: "Ana", cabins: demoCabins(),
		refuse: map[conversation.ActKind]string{},
	}
}

func demoCabins() []conversation.Cabin {
	yes, no := true, false
	cabin := func(id int64, name string, capacity, price, least int, pets *bool, amenities ...string) conversation.Cabin {
		return conversation.Cabin{
			Accommodation: booking.Accommodation{
				ID: id, Name: name, Capacity: capacity, Currency: "ARS", BasePrice: money.Cents(price) * 100, WeekendMultiplier: money.One,
				WeekendNights: booking.DefaultWeekend, DepositPercent: 30, MinNights: least, MaxNights: 30, Zone: art,
				Policy: booking.PolicyModerate, Amenities: amenities, Description: "Frente al lago, con vista a la cordillera.",
				Photos: []booking.Photo{
					{URL: fmt.Sprintf("https://fotos.example/%d-a.jpg", id), Caption: "El living"},
					{URL: fmt.Sprintf("https://fotos.example/%d-b.jpg", id), Primary: true},
				},
			},
			CheckIn: 14 * time.Hour, CheckOut: 10 * time.Hour, Address: "Ruta 40 km 2010, Villa La Angostura",
			Latitude: -40.76, Longitude: -71.64, Pets: pets, Transfer: true, HostName: "Marta", HostPhone: "+5492944000000",
			Answers: map[string]string{"towels": "Hay un juego de toallas por persona."},
		}
	}
	return []conversation.Cabin{
		cabin(1, "Cabaña del Lago", 4, 120_000, 1, &yes, "Wifi", "Parrilla", "Cochera", "Calefacción", "Ropa de cama"),
		cabin(2, "Cabaña del Bosque", 6, 150_000, 1, &yes, "Wifi", "Parrilla", "Pileta", "Ropa de cama"),
		cabin(3, "Refugio de la Montaña", 2, 80_000, 1, &no, "Wifi", "Salamandra", "Ropa de cama"),
		cabin(4, "Casa Grande", 10, 250_000, 3, &yes, "Wifi", "Quincho con parrilla", "Pileta", "Cochera", "Ropa de cama"),
	}
}

func (w *world) facts() conversation.Facts {
	return conversation.Facts{
		Today: civil.Of(w.now, w.zone), Zone: w.zone, Cabins: w.cabins, Profile: w.profile, Contact: w.contact, Online: !w.offline,
		Site: "https://cabanas.example",
	}
}

// do carries an act out.
func (w *world) do(a conversation.Act) conversation.Outcome {
	w.acts = append(w.acts, a)
	o := conversation.Outcome{Act: a.Kind}
	if why := w.refuse[a.Kind]; why != "" {
		delete(w.refuse, a.Kind)
		o.Refused = why
		return o
	}
	switch a.Kind {
	case conversation.Search:
		w.search(a, &o)
	case conversation.Hold:
		w.hold(a, &o)
	case conversation.Mine:
		for _, s := range w.stays {
			o.Stays = append(o.Stays, w.seen(s))
		}
	default:
		w.withStay(a, &o)
	}
	return o
}

func (w *world) search(a conversation.Act, o *conversation.Outcome) {
	free := false
	for i := range w.cabins {
		c := &w.cabins[i]
		if a.Cabin == 0 || a.Cabin == c.ID {
			offer := w.offer(c, c.Stay(a))
			o.Offers = append(o.Offers, offer)
			free = free || offer.WhyNot == ""
		}
	}
	for shift := 1; shift <= 14 && !free; shift++ {
		for _, days := range []int{-shift, shift} {
			for i := range w.cabins {
				c := &w.cabins[i]
				stay := c.Stay(a)
				stay.Nights.From, stay.Nights.To = stay.Nights.From.AddDays(days), stay.Nights.To.AddDays(days)
				near := w.offer(c, stay)
				if (a.Cabin == 0 || a.Cabin == c.ID) && near.WhyNot == "" && len(o.Near) < 5 {
					o.Near = append(o.Near, near)
				}
			}
		}
	}
}

func (w *world) offer(c *conversation.Cabin, stay booking.Stay) conversation.Offer {
	offer := conversation.Offer{Cabin: c.ID, Stay: stay, WhyNot: w.whyNot(c, stay)}
	switch offer.WhyNot {
	case "":
		quote, err := c.Quote(stay)
		if err != nil {
			panic(err)
		}
		offer.Quote = quote
	case "min_nights":
		offer.Least = c.Night(stay.Nights.From).MinNights
	}
	return offer
}

func (w *world) whyNot(c *conversation.Cabin, stay booking.Stay) string {
	if broken, ok := errors.AsType[*fault.Error](c.Check(stay, civil.Of(w.now, w.zone))); ok {
		return broken.Code
	}
	for _, b := range w.blocks {
		if b.cabin == c.ID && b.nights.Overlaps(stay.Nights) {
			return "dates_taken"
		}
	}
	for _, s := range slices.Concat(w.stays, w.others) {
		if s.Cabin == c.ID && s.Reservation.StatusAt(w.now).Live() && s.Reservation.Stay.Nights.Overlaps(stay.Nights) {
			return "dates_taken"
		}
	}
	return ""
}

func (w *world) hold(a conversation.Act, o *conversation.Outcome) {
	for i := range w.cabins {
		if c := &w.cabins[i]; c.ID == a.Cabin {
			offer := w.offer(c, a.Stay)
			switch {
			case offer.WhyNot != "":
				o.Refused = offer.WhyNot
			case offer.Quote.Total != a.Total:
				o.Refused = "price_changed"
			default:
				s := w.reserve(a.Cabin, a.Stay, booking.StatusPreReserved)
				s.Reservation.Contact.Name = a.Name
				w.stays = append(w.stays, s)
				o.Stays = []conversation.Stay{w.seen(s)}
			}
			return
		}
	}
	o.Refused = "not_found"
}

// reserve makes a reservation. Codes are AAA001, AAA002… in the order in which they are made.
func (w *world) reserve(cabin int64, stay booking.Stay, status booking.Status) *conversation.Stay {
	var quote booking.Quote
	for i := range w.cabins {
		if w.cabins[i].ID == cabin {
			quote, _ = w.cabins[i].Quote(stay)
		}
	}
	s := &conversation.Stay{Cabin: cabin, Reservation: booking.Reservation{
		Code: fmt.Sprintf("AAA%03d", len(w.stays)+len(w.others)+1), AccommodationID: cabin, Stay: stay, Status: status, Lines: quote.Lines,
		Contact: booking.Contact{Name: "Ana"}, Currency: "ARS", Total: quote.Total, Deposit: quote.Deposit, ExpiresAt: w.now.Add(booking.HoldFor),
	}}
	if status == booking.StatusConfirmed {
		s.Reservation.Paid = quote.Deposit
	}
	return s
}

// seen is a reservation as it stands now.
func (w *world) seen(s *conversation.Stay) conversation.Stay {
	out := *s
	r := &out.Reservation
	out.Status = r.StatusAt(w.now)
	out.ManageURL = "https://cabanas.example/r/" + r.Code
	if !out.Status.Live() || r.Paid >= r.Total {
		return out
	}
	if !w.offline {
		out.PayURL = "https://pagos.example/" + r.Code
	}
	for _, c := range w.cabins {
		if c.ID == s.Cabin && c.Transfer && r.Paid < r.Deposit {
			out.TransferDue = r.Deposit - r.Paid
			out.Transfer = notice.Transfer{Alias: "cabanas.demo.mp", CBU: "0000003100000000000001", Holder: "Marta Demo", Reference: r.Code}
		}
	}
	return out
}

func (w *world) withStay(a conversation.Act, o *conversation.Outcome) {
	i := slices.IndexFunc(w.stays, func(s *conversation.Stay) bool { return s.Reservation.Code == a.Code })
	if i < 0 {
		o.Refused = "not_found"
		return
	}
	s := w.stays[i]
	r := &s.Reservation
	switch a.Kind {
	case conversation.Preview, conversation.Cancel:
		today := civil.Of(w.now, w.zone)
		o.Refund = r.RefundDue(booking.PolicyModerate, today)
		o.Kept = r.Paid - o.Refund
		try := *r
		if try.CancelByGuest(w.now, today, "guest") != nil {
			o.Refused = "invalid_state"
		} else if a.Kind == conversation.Cancel {
			*r = try
		}
	case conversation.Transfer:
		s.AwaitsTransfer = true
		r.ExpiresAt = w.now.Add(24 * time.Hour)
	case conversation.LookPaid, conversation.KeepReceipt:
	}
	o.Stays = []conversation.Stay{w.seen(s)}
}

// pay pays the deposit of a reservation, or all of it.
func (w *world) pay(code string, all bool) {
	for _, s := range w.stays {
		if r := &s.Reservation; r.Code == code {
			r.Paid = r.Deposit
			if all {
				r.Paid = r.Total
			}
			if r.StatusAt(w.now) == booking.StatusPreReserved {
				r.Status = booking.StatusConfirmed
			}
		}
	}
}

func describe(a conversation.Act) string {
	parts := []string{string(a.Kind)}
	stay := func() {
		parts = append(parts, a.Stay.Nights.From.String(), a.Stay.Nights.To.String(), fmt.Sprint(a.Stay.Guests))
	}
	switch a.Kind {
	case conversation.Search:
		stay()
	case conversation.Hold:
		parts = append(parts, fmt.Sprint(a.Cabin))
		stay()
		parts = append(parts, a.Name)
	case conversation.HandOver, conversation.TellLoop:
		parts = append(parts, a.Why)
	default:
		parts = append(parts, a.Code)
	}
	return strings.TrimSpace(strings.Join(parts, " "))
}
