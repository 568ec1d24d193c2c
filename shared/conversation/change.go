package conversation

import (
	"slices"
	"strings"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// change looks up what is to be changed. What he would rather have is remembered.
func (t *talk) change() {
	if t.Wanted.Held == "" {
		t.Wanted = Wanted{} // what was looked for before is not what is booked
	}
	t.toWhen()
	t.Wanted.party(t.m)
	t.Wanted.dates(t.m)
	if t.m.Other {
		t.Wanted.Cabin, t.Doing.Any = 0, true
	}
	if id := t.cabinNamed(t.m.Cabin); id != 0 {
		t.Wanted.Cabin = id
	}
	t.heardAs()
	t.mine(toAlter)
}

// toWhen reads to when a stay is to be moved, where the text speaks of it as of the one that there is: "pasar mi reserva al 17".
func (t *talk) toWhen() {
	if dated(t.m) {
		return
	}
	rest := slices.DeleteFunc(strings.Fields(t.event.Text), func(word string) bool {
		return slices.ContainsFunc([]string{"reserv", "cambi", "pasar", "mover", "modific", "estadia", "boking", "change", "move", "mudar", "alter", "remarc", "trocar", "mi"},
			func(start string) bool { return strings.HasPrefix(plain(word), start) })
	})
	m := t.read(strings.Join(rest, " "))
	if m.Ask != "" {
		return
	}
	t.m.Dates = m.Dates
	if m.CheckIn.IsZero() && !m.CheckOut.IsZero() {
		t.m.CheckIn, t.m.CheckOut = m.CheckOut, civil.Date{}
	}
}

// alter explains how a reservation is changed: it is a contract, and never altered silently.
func (t *talk) alter(s Stay) {
	r := &s.Reservation
	if text := t.Doing.Text; !t.Wanted.CheckIn.IsZero() && !namesMonth(text) && strings.ContainsAny(text, "0123456789") {
		t.Wanted.near(r.Stay.Nights.From, t.facts.Today)
	}
	t.Wanted.besides(s, t.Doing.Any)
	w := t.Wanted
	wish := ""
	if w.whole() && w.differs(s) {
		wish = fill(t.w.YourWish, "dates", t.span(w.nights()), "nights", t.lang.Nights(w.nights().Len()), "guests", t.party(w))
	}
	how := t.w.ChangeStay
	if s.Status == booking.StatusPreReserved && r.Paid == 0 {
		how = t.w.ChangeHold
	}
	t.ask(AskedChange)
	t.lead(fill(t.w.YouHave, "code", r.Code, "cabin", t.boldName(s.Cabin), "dates", t.span(r.Stay.Nights), "guests", t.lang.Guests(r.Stay.Guests)))
	if wish == "" || w.Cabin == s.Cabin && w.nights().Overlaps(r.Stay.Nights) {
		t.say(paragraphs(wish, how), t.changeButtons()...) // what is in its own way cannot be looked up
		return
	}
	t.lead(wish)
	t.lead(how)
	t.do(Act{Kind: Search, Stay: w.stay(), Cabin: w.Cabin, Babies: w.Babies, Pets: w.Pets}, toAlter)
}

func (t *talk) changeButtons() []chat.Button {
	return []chat.Button{
		t.button(t.w.CancelRedo, "redo", t.Code, t.Wanted.code()), t.button(t.w.ToPerson, "person", "change"), t.button(t.w.LeaveIt, "keep", t.Code),
	}
}

// altered tells whether what is wanted instead of a reservation is to be had, before that is cancelled for it.
func (t *talk) altered() {
	o, least := t.event.Outcome, Offer{}
	for _, offer := range o.Offers {
		if offer.WhyNot == "" && !t.petsRefused(offer.Cabin) && (least.Cabin == 0 || offer.Quote.Total < least.Quote.Total) {
			least = offer
		}
	}
	switch {
	case o.Refused == unavailable:
		t.unavailable()
	case least.Cabin == 0:
		lead := t.Doing.Lead
		t.Doing.Lead = lead[:max(len(lead)-1, 0)] // how it is changed
		t.say(t.w.WishTaken, t.button(t.w.LeaveIt, "keep", t.Code), t.button(t.w.ToPerson, "person", "change"))
	default:
		t.say(fill(t.w.WishFree, "total", t.money(least.Quote.Total, least.Quote.Currency)), t.changeButtons()...)
	}
}

// near takes days without their month for those of another day's month.
func (w *Wanted) near(other, today civil.Date) {
	year, month, _ := other.YMD()
	_, _, day := w.CheckIn.YMD()
	in := civil.New(year, month, day)
	if in.Before(today) {
		return
	}
	if !w.CheckOut.IsZero() {
		w.CheckOut = in.AddDays(w.CheckOut.Sub(w.CheckIn))
	}
	w.CheckIn = in
}

// besides is what is wanted instead of a reservation: as that, in all that he has not said, but not in the
// cabin if it shall be any other.
func (w *Wanted) besides(s Stay, anyCabin bool) {
	r := &s.Reservation
	w.Held = r.Code
	if w.Cabin == 0 && !anyCabin {
		w.Cabin = s.Cabin
	}
	if w.Guests == 0 {
		w.Guests = r.Stay.Guests
	}
	nights := r.Stay.Nights.Len()
	if w.Nights > 0 {
		nights = w.Nights
	}
	if w.CheckIn.IsZero() {
		w.CheckIn = r.Stay.Nights.From
	}
	if w.CheckOut.IsZero() {
		w.CheckOut = w.CheckIn.AddDays(nights)
	}
	w.Nights = 0
}

// differs reports whether what is wanted is anything else than a reservation.
func (w *Wanted) differs(s Stay) bool {
	r := &s.Reservation
	return w.nights() != r.Stay.Nights || w.Guests != r.Stay.Guests || w.Cabin != s.Cabin
}

// changeYes goes on with a change, once it is known to what.
func (t *talk) changeYes() {
	t.m.Intent = understanding.Change
	t.withCode(t.Code, toChange)
}

// changed cancels a reservation to book it anew, if that would be another one.
func (t *talk) changed(s Stay) {
	if !t.Wanted.whole() || !t.Wanted.differs(s) {
		t.ask(AskedChange)
		t.say(t.w.AskNewStay)
		return
	}
	t.Doing.Redo = true
	t.do(Act{Kind: Preview, Code: s.Reservation.Code}, Preview)
}
