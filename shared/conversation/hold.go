package conversation

import (
	"slices"
	"strings"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// books goes on to book what is before the guest, if there is something.
func (t *talk) books() bool {
	if t.Step != AskedBook && t.Step != AskedName {
		return false
	}
	t.book()
	return true
}

// book keeps what was shown, if that was just now and is what is wanted; else it is looked up again and shown.
func (t *talk) book() {
	switch {
	case !t.seen():
		t.pursue()
	case t.Doing.Heard:
		t.confirm()
	case t.guestName() == "" && t.Step == AskedName: // pressed twice
		t.say(t.w.OnlyName)
	case t.guestName() == "":
		t.askName("")
	default:
		t.hold()
	}
}

// seen reports whether what is wanted is what was shown, not long ago.
func (t *talk) seen() bool {
	s := t.Shown
	return s.For == t.Wanted.code() && t.cabin(s.Cabin) != nil && !t.now.Before(s.At) && t.now.Sub(s.At) < fresh
}

// confirm asks for a touch where only a voice has said yes: what is heard may be heard wrong.
func (t *talk) confirm() {
	t.ask(AskedBook)
	t.say(fill(t.w.Confirm, "cabin", t.cabinName(t.Wanted.Cabin), "dates", t.span(t.Wanted.nights()),
		"guests", t.party(t.Wanted), "total", t.money(t.Shown.Total, t.currency())), t.bookButtons()...)
}

func (t *talk) currency() string {
	if c := t.cabin(t.Wanted.Cabin); c != nil {
		return c.Currency
	}
	return ""
}

func (t *talk) hold() {
	s := t.Shown
	t.do(Act{
		Kind: Hold, Cabin: s.Cabin, Stay: booking.Stay{Nights: s.Nights, Guests: s.Guests},
		Name: t.guestName(), Babies: t.Wanted.Babies, Pets: t.Wanted.Pets, Total: s.Total,
	}, Hold)
}

// guestName is what a guest has said that he is called, else what is known of him, else how he calls himself.
func (t *talk) guestName() string {
	for _, name := range []string{t.Name, t.facts.Contact.Name, t.facts.Profile} {
		if name = personName(name); name != "" {
			return name
		}
	}
	return ""
}

func (t *talk) askName(why string) {
	t.ask(AskedName)
	t.say(lines(why, fill(t.w.AskName, "cabin", t.cabinName(t.Wanted.Cabin))))
}

// nameGiven takes the answer to who comes. It reports false for what is another matter.
func (t *talk) nameGiven() bool {
	name := personName(t.m.Name)
	if name == "" && t.isOnlyName() {
		name = personName(t.event.Text)
	}
	if name == "" {
		return false
	}
	t.Name = name
	t.understood()
	t.heardAs()
	t.book()
	return true
}

// otherMatter reports whether a text is surely no answer to who comes, so that no word of it is taken for a name.
func (t *talk) otherMatter() bool {
	switch t.m.Intent {
	case understanding.Services, understanding.Cancel, understanding.Human, understanding.No, understanding.MyReservations,
		understanding.Price, understanding.Paid, understanding.Pay, understanding.Change:
		return t.Step == AskedName
	}
	return false
}

// isOnlyName reports whether a text is an answer to who comes, and nothing else.
func (t *talk) isOnlyName() bool {
	m := t.m
	return m.Intent == understanding.Unknown && !says(m) && len(m.Topics) == 0 && !m.Photos &&
		len(strings.Fields(t.event.Text)) <= 5 && !strings.ContainsAny(t.event.Text, "?!¿¡")
}

// held tells what came of keeping nights.
func (t *talk) held() {
	o := t.event.Outcome
	switch {
	case o.Refused == "" && len(o.Stays) > 0:
		t.Shown = Shown{}
		t.known(o.Stays)
		t.Wanted.Held = o.Stays[0].Reservation.Code
		t.holdMade(o.Stays[0], "")
	case o.Refused == whyTaken:
		t.Shown = Shown{}
		t.do(Act{Kind: Mine}, Hold) // he may have it himself
	case o.Refused == whyPrice:
		t.lead(t.w.PriceChanged)
		t.search()
	case slices.Contains([]string{whyPast, whyFar, whyGuests, whyShort, whyLong}, o.Refused):
		t.search()
	case o.Refused == unavailable || o.Refused == "":
		t.ask(AskedBook)
		t.say(t.w.Unavailable, t.bookButtons()...)
	default:
		t.sorry()
	}
}

// perhapsHis looks whether nights that are taken are his own: who presses a button twice has booked once.
func (t *talk) perhapsHis(stays []Stay, purpose ActKind) {
	for _, s := range stays {
		if s.Cabin == t.Wanted.Cabin && s.Status.Live() && s.Reservation.Stay.Nights == t.Wanted.nights() {
			t.holdMade(s, t.w.HeldAlready)
			return
		}
	}
	if purpose == Hold {
		t.lead(fill(t.w.JustTaken, "cabin", t.cabinName(t.Wanted.Cabin)))
		t.Wanted.Cabin = 0
	}
	t.pursue()
}

// holdMade tells all of a reservation that waits for its deposit, and how to pay it.
func (t *talk) holdMade(s Stay, first string) {
	r := &s.Reservation
	t.Code = r.Code
	t.ask(AskedPay)
	if s.Status == booking.StatusConfirmed {
		t.oneStay(s)
		return
	}
	until := t.lang.Moment(r.ExpiresAt, t.now, t.facts.Zone)
	if r.Approval == booking.ApprovalWaiting {
		t.say(paragraphs(fill(t.w.Asked, "cabin", t.boldName(s.Cabin), "until", until), t.stayLines(s), t.w.NothingToPay))
		return
	}
	if first == "" {
		first = fill(t.w.Held, "cabin", t.boldName(s.Cabin), "until", until, "name", firstName(r.Contact.Name))
	}
	t.payable(s, paragraphs(first, t.stayLines(s)))
}

// payable ends a message about a stay with the ways in which it can be paid.
func (t *talk) payable(s Stay, body string) {
	transfer := ""
	if s.TransferDue > 0 && offered(s.Transfer) {
		transfer = paragraphs(t.w.OrTransfer, t.transferLines(s.Transfer), t.w.SendReceipt)
		if s.PayURL == "" {
			transfer = paragraphs(t.w.PayByTransfer, t.transferLines(s.Transfer), t.w.SendReceipt)
		}
	}
	switch {
	case s.PayURL != "":
		t.link(paragraphs(body, t.w.PayLink, transfer), t.payTitle(s), s.PayURL)
	case transfer != "":
		t.say(paragraphs(body, transfer), t.button(t.w.WillTransfer, "transfer", s.Reservation.Code))
	default:
		t.say(paragraphs(body, t.hosted(t.w.PayWithHost, s.Cabin)), t.button(t.w.ToPerson, "person", "payment"))
	}
}

func (t *talk) payTitle(s Stay) string {
	if s.Reservation.Paid > 0 || s.Status == booking.StatusConfirmed {
		return t.w.PayRest
	}
	return t.w.PayDeposit
}

func offered(a notice.Transfer) bool { return a.Alias != "" || a.CBU != "" }

func (t *talk) transferLines(a notice.Transfer) string {
	line := func(label, value string) string {
		if value = safe(value, maxName); value == "" {
			return ""
		}
		return label + ": " + value
	}
	return lines(line("Alias", a.Alias), line("CBU", a.CBU), line(t.w.Holder, a.Holder), line(t.w.Bank, a.Bank), line(t.w.Reference, a.Reference))
}

// stayLines is what a reservation is.
func (t *talk) stayLines(s Stay) string {
	r, c := &s.Reservation, t.cabin(s.Cabin)
	when := func(label string, d civil.Date, hours string) string {
		if hours != "" {
			hours = ", " + hours
		}
		return label + ": " + t.date(d) + hours
	}
	in, out := "", ""
	if c != nil && c.CheckIn > 0 {
		in = fill(t.w.FromTime, "time", t.lang.Clock(c.CheckIn))
	}
	if c != nil && c.CheckOut > 0 {
		out = fill(t.w.ToTime, "time", t.lang.Clock(c.CheckOut))
	}
	all := []string{
		t.w.Code + ": *" + safe(r.Code, 20) + "*",
		when(t.w.CheckIn, r.Stay.Nights.From, in), when(t.w.CheckOut, r.Stay.Nights.To, out),
		t.lang.Nights(r.Stay.Nights.Len()) + ", " + t.lang.Guests(r.Stay.Guests),
	}
	if !s.Status.Live() {
		return lines(append(all, t.w.Total+": "+t.money(r.Total, r.Currency))...) // nothing of it is to be paid any more
	}
	return lines(append(all, t.moneyLines(r))...)
}

// moneyLines is what a reservation costs, and what of it is paid.
func (t *talk) moneyLines(r *booking.Reservation) string {
	all := []string{t.w.Total + ": " + t.money(r.Total, r.Currency)}
	switch {
	case r.Paid > 0:
		all = append(all, t.w.Paid+": "+t.money(r.Paid, r.Currency))
		if rest := r.Total - r.Paid; rest > 0 {
			all = append(all, t.w.Rest+": "+t.money(rest, r.Currency))
		}
	case r.Deposit > 0:
		all = append(all, t.w.Deposit+": *"+t.money(r.Deposit, r.Currency)+"*")
	}
	return lines(all...)
}

// buttons that a message about nothing in particular may have.
func (t *talk) menuButtons() []chat.Button {
	return []chat.Button{t.button(t.w.MenuDates, "dates", Wanted{}.code()), t.button(t.w.MenuCabins, "cabins"), t.button(t.w.MenuMine, "mine")}
}
