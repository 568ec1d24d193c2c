package conversation

import (
	"slices"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// cancel is for who says "cancelar": in the middle of looking for a stay that drops the search, else it is about a reservation.
func (t *talk) cancel() {
	aboutStay := t.m.Code != "" || aboutStay(t.event.Text)
	switch {
	case t.Step == AskedCancel:
		t.cancelYes()
	case t.Step == AskedChange && has(t.event.Text, "rehacer", "rehacela", "nuevo", "refazer", "novo", "rebok", "again"):
		t.changeYes()
	case t.Step == AskedPerson && !aboutStay && t.Code == "":
		t.no(false)
	case !t.open() || aboutStay:
		t.mine(Preview)
	case len(t.Codes) == 0:
		t.drop()
		t.say(t.w.Dropped)
	default:
		t.say(t.w.CancelWhat, t.button(t.w.CancelSearch, "drop"), t.button(t.w.CancelStay, "cancel", t.Code))
	}
}

// onlyAsksOfCancelling takes what is read as an order to cancel for a question about it if it may be one: nothing is dropped, and
// nobody asked whether to cancel, but by a plain order.
func (t *talk) onlyAsksOfCancelling() {
	if t.m.Intent != understanding.Cancel {
		return
	}
	asks := slices.Contains(t.m.Topics, understanding.TopicCancellation)
	if t.Step != AskedCancel || strings.ContainsRune(t.event.Text, '?') { // there "si cancelo" may be a yes
		asks = asks || isIfOrHow(t.event.Text)
	}
	if !asks {
		return
	}
	t.m.Intent = understanding.Services
	if !slices.Contains(t.m.Topics, understanding.TopicCancellation) {
		t.m.Topics = append(slices.Clone(t.m.Topics), understanding.TopicCancellation)
	}
}

// isIfOrHow reports whether a text is about what would be, or how something is done, and not about what is to be done now.
func isIfOrHow(text string) bool {
	said := " " + plain(text) + " "
	return slices.ContainsFunc([]string{
		" y si ", " pasa si ", " si cancelo ", " si cancelamos ", " si no pued", " si no pod", " si despues ", " como cancel", " como hago ", " como se ", " como es ",
		" como funciona ", " como hacemos ", " hasta cuando ", " e se ", " se eu ", " what if ", " if i ", " if we ", " how do ", " how can ", " como faco ",
	}, func(part string) bool { return strings.Contains(said, part) })
}

// aboutStay reports whether a text speaks of a reservation.
func aboutStay(text string) bool {
	said := plain(text)
	return strings.Contains(said, "reserv") || strings.Contains(said, "estadia") || strings.Contains(said, "boking")
}

// previewed asks whether to cancel, with what that means in money.
func (t *talk) previewed() {
	o := t.event.Outcome
	if o.Refused != "" || len(o.Stays) == 0 {
		t.cannotCancel(o)
		return
	}
	s := o.Stays[0]
	r := &s.Reservation
	t.Code = r.Code
	money := t.goesBack(o, r)
	if t.Doing.Tell {
		t.say(paragraphs(lines("*"+safe(r.Code, 20)+"*: "+t.cabinName(s.Cabin)+", "+t.span(r.Stay.Nights), t.w.Topics[understanding.TopicCancellation]+": "+money), t.w.SayCancel))
		return
	}
	t.ask(AskedCancel)
	t.Then = None
	redo := ""
	if t.Doing.Redo {
		t.Then, redo = toRedo, string(toRedo)
	}
	t.say(paragraphs(
		fill(t.w.AskCancel, "code", r.Code, "cabin", t.boldName(s.Cabin), "dates", t.span(r.Stay.Nights)), money),
		t.button(t.w.YesCancel, "cancelyes", r.Code, redo), t.button(t.w.NoKeep, "keep", r.Code))
}

// goesBack is in words what of a reservation would be given back.
func (t *talk) goesBack(o Outcome, r *booking.Reservation) string {
	money := t.w.NothingPaid
	switch {
	case o.Refund > 0 && o.Kept > 0:
		money = fill(t.w.RefundPart, "refund", t.money(o.Refund, r.Currency), "kept", t.money(o.Kept, r.Currency))
	case o.Refund > 0:
		money = fill(t.w.RefundAll, "refund", t.money(o.Refund, r.Currency))
	case r.Paid > 0 || o.Kept > 0:
		money = fill(t.w.RefundNone, "kept", t.money(max(o.Kept, r.Paid), r.Currency))
	}
	return money
}

// cannotCancel tells why a reservation is not cancelled here.
func (t *talk) cannotCancel(o Outcome) {
	if o.Refused == unavailable {
		t.unavailable()
		return
	}
	t.ask(AskedPerson)
	t.Why = "cancel"
	sentence := t.w.CannotCancel
	if len(o.Stays) > 0 && !o.Stays[0].Status.Live() {
		sentence = fill(t.w.NotLive, "status", t.status(o.Stays[0]))
	}
	t.say(sentence, t.button(t.w.ToPerson, "person", t.Why), t.button(t.w.MenuMine, "mine"))
}

// cancelYes cancels what the guest was shown, if that is still what he was shown: on another day something else goes back.
func (t *talk) cancelYes() {
	since := t.now.Sub(t.AskedAt)
	today := civil.Of(t.AskedAt, t.facts.Zone) == civil.Of(t.now, t.facts.Zone)
	t.Doing.Redo = t.Then == toRedo
	switch {
	case t.Code == "" || !slices.Contains(t.Codes, t.Code):
		t.mine(Preview)
	case t.Step != AskedCancel || since > time.Hour || since < 0 || !today || t.Doing.Heard:
		t.do(Act{Kind: Preview, Code: t.Code}, Preview)
	default:
		t.do(Act{Kind: Cancel, Code: t.Code}, Cancel)
	}
}

// cancelled tells that it is done, and goes on with what is wanted instead.
func (t *talk) cancelled() {
	o := t.event.Outcome
	if o.Refused != "" {
		t.cannotCancel(o)
		return
	}
	body := fill(t.w.Cancelled, "code", t.Code)
	if o.Refund > 0 {
		currency := ""
		if len(o.Stays) > 0 {
			currency = o.Stays[0].Reservation.Currency
		}
		body = lines(body, fill(t.w.RefundComes, "refund", t.money(o.Refund, currency)))
	}
	redo := t.Doing.Redo
	if t.Wanted.Held == t.Code {
		t.Wanted.Held = ""
		if !redo {
			t.drop()
		}
	}
	t.Step, t.Code = Idle, ""
	t.Then = None
	if !redo {
		t.say(body, t.button(t.w.MenuDates, "dates", Wanted{}.code()))
		return
	}
	t.lead(body)
	t.pursue()
}

// keep leaves a reservation as it is.
func (t *talk) keep() {
	t.Step, t.Then = Idle, None
	t.say(fill(t.w.Kept, "code", t.Code))
}

// changesStay reports whether a text is about changing what is booked already, and not about what is looked for.
func (t *talk) changesStay() bool {
	m := t.m
	if t.open() {
		return false
	}
	if t.Step == AskedChange && t.hasStay() && m.Intent != understanding.Services {
		return true
	}
	if m.Intent == understanding.Change {
		return len(t.Codes) > 0 || !says(m) || aboutStay(t.event.Text) || t.Wanted == (Wanted{})
	}
	if t.Wanted.Held == "" || !t.hasStay() || m.Intent == understanding.Services || m.Intent == understanding.Book {
		return false
	}
	return m.CheckIn.IsZero() || m.CheckOut.IsZero() || m.MoreNights != 0
}
