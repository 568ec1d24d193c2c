package conversation

import (
	"slices"
	"strings"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// What is to be done with a reservation, besides the acts that are named alike.
const (
	toPay    ActKind = "pay"
	toRedo   ActKind = "redo" // cancel it, and book what is wanted instead
	toAlter  ActKind = "change"
	toChange ActKind = "changed" // cancel it, and book what is wanted instead, if that is known
	toAsk    ActKind = "ask"     // which cabin a question is about
	toBook   ActKind = "book"    // show it if it is held already, else look for it
)

// mine looks up the guest's reservations to do something with one of them: nothing is ever done with a code that is not among
// them, whoever says it.
func (t *talk) mine(purpose ActKind) {
	t.Doing.Code, t.Doing.Other = t.m.Code, has(t.event.Text, "otra", "outra", "other")
	if purpose != KeepReceipt {
		t.Doing.Text = chat.Cut(t.event.Text, maxText)
	}
	t.Doing.In, t.Doing.Month = t.m.CheckIn, monthOf(t.event.Text)
	t.do(Act{Kind: Mine}, purpose)
}

// withCode does something with a reservation that a button names.
func (t *talk) withCode(code string, purpose ActKind) {
	t.m.Code = code
	t.mine(purpose)
}

// known remembers which reservations are the guest's.
func (t *talk) known(stays []Stay) {
	codes := slices.Clone(t.Codes)
	for _, s := range stays {
		if code := s.Reservation.Code; code != "" && !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	t.Codes = codes[max(len(codes)-maxCodes, 0):]
}

const maxCodes = 20

// reservations goes on with the guest's reservations.
func (t *talk) reservations() {
	o, purpose := t.event.Outcome, t.Doing.For
	if purpose == toAsk {
		t.askedOfStay(o.Stays)
		return
	}
	if o.Refused != "" {
		t.unavailable()
		return
	}
	t.known(o.Stays)
	if purpose == Hold || purpose == toBook {
		t.perhapsHis(o.Stays, purpose)
		return
	}
	if purpose == KeepReceipt {
		t.receipt(o.Stays)
		return
	}
	stays := slices.DeleteFunc(slices.Clone(o.Stays), func(s Stay) bool { return !s.fits(purpose) })
	if purpose == LookPaid && len(stays) == 0 {
		stays = o.Stays // one that has run out may have been paid too late
	}
	if code := t.Doing.Code; code != "" {
		i := slices.IndexFunc(o.Stays, func(s Stay) bool { return s.Reservation.Code == code })
		if i < 0 {
			t.say(fill(t.w.NotYours, "code", code), t.noneButtons()...)
			return
		}
		stays = o.Stays[i : i+1]
	}
	if purpose != toAlter { // whose words are of what he would rather have
		stays = t.Doing.among(stays, t.Code)
	}
	if len(stays) > 1 && t.Step == AskedPay && purpose != Mine {
		if i := slices.IndexFunc(stays, func(s Stay) bool { return s.Reservation.Code == t.Code }); i >= 0 {
			stays = stays[i : i+1] // what is talked about
		}
	}
	switch len(stays) {
	case 0:
		t.noStay(purpose, o.Stays)
	case 1:
		t.withStay(stays[0], purpose)
	default:
		t.whichStay(stays, purpose)
	}
}

// among is those of the reservations that the guest has named: by their place, their cabin, their date or month, or as another one
// than that which was talked about. Where none is named so, it is all of them.
func (e *Errand) among(stays []Stay, code string) []Stay {
	if e.Place > 0 && e.Place <= len(stays) {
		return stays[e.Place-1 : e.Place]
	}
	for _, is := range []func(s *Stay) bool{
		func(s *Stay) bool { return s.Cabin == e.Cabin },
		func(s *Stay) bool { return s.Reservation.Stay.Nights.From == e.In },
		func(s *Stay) bool {
			_, month, _ := s.Reservation.Stay.Nights.From.YMD()
			return month == e.Month
		},
		func(s *Stay) bool { return e.Other && code != "" && s.Reservation.Code != code },
	} {
		if named := slices.DeleteFunc(slices.Clone(stays), func(s Stay) bool { return !is(&s) }); len(named) > 0 {
			return named
		}
	}
	return stays
}

// fits reports whether something can be done with a stay.
func (s *Stay) fits(purpose ActKind) bool {
	switch purpose {
	case Mine:
		return true
	case Transfer:
		return s.Status.Live() && (s.AwaitsTransfer || s.TransferDue > 0 && offered(s.Transfer))
	case toPay:
		return s.Status.Live() && s.Reservation.Paid < s.Reservation.Total
	}
	return s.Status.Live()
}

// withStay does what the guest's reservations were looked up for.
func (t *talk) withStay(s Stay, purpose ActKind) {
	code := s.Reservation.Code
	t.Code = code
	switch purpose {
	case LookPaid, Preview, Transfer:
		t.do(Act{Kind: purpose, Code: code}, purpose)
	case toRedo:
		t.Doing.Redo = true
		t.do(Act{Kind: Preview, Code: code}, Preview)
	case toAlter:
		t.alter(s)
	case toChange:
		t.changed(s)
	case toPay:
		t.toPay(s)
	default:
		t.oneStay(s)
	}
}

// payTopics are what belongs into an answer to how to pay.
func payTopics() []understanding.Topic {
	return []understanding.Topic{understanding.TopicPayment, understanding.TopicDeposit}
}

// byTransfer reports whether a text is about paying by transfer.
func byTransfer(text string) bool {
	return slices.ContainsFunc(strings.Fields(plain(text)), func(word string) bool {
		return strings.HasPrefix(word, "transfer") || strings.HasPrefix(word, "transfier") || word == "alias" || word == "cbu" || word == "cvu"
	})
}

// ofAccount reports whether a text is about the account that money goes to.
func ofAccount(text string) bool {
	return has(text, "titular", "cuenta", "conta", "banco", "account", "holder")
}

// asksWays reports whether a text asks in which ways one can pay, and not for the one that is before him.
func asksWays(text string) bool {
	return strings.ContainsRune(text, '?') && has(text, "como", "con", "tarjeta", "tarjetas", "efectivo", "credito", "debito", "dolares", "dolar", "cuotas",
		"mercado", "formas", "forma", "medios", "aceptan", "cartao", "dinheiro", "parcelas", "pix", "card", "cash", "how", "dolars", "aceitam", "aceita")
}

// noStay tells that there is no reservation to do something with.
func (t *talk) noStay(purpose ActKind, all []Stay) {
	if purpose == toPay && len(all) > 0 {
		t.nothingToPay(all)
		return
	}
	switch purpose {
	case toPay:
		if t.open() && !strings.ContainsRune(t.said(), '?') {
			t.lead(t.w.NotBooked)
		}
		if len(t.Doing.Lead) == 0 || t.Doing.Lead[len(t.Doing.Lead)-1] == t.w.Late {
			t.services(false, payTopics()...)
		} else if !t.remind() {
			t.deliverable()
		}
	case Transfer:
		if t.otherWays(all) {
			return
		}
		t.say(t.w.NoTransfer, t.button(t.w.ToPerson, "person", "payment"), t.button(t.w.MenuMine, "mine"))
	case toAlter, toChange:
		if t.Wanted != (Wanted{}) {
			t.pursue() // it is not changed, but looked for
			return
		}
		t.say(t.w.NoneMine, t.noneButtons()...)
	case Preview, toRedo:
		t.say(t.w.NoneToCancel, t.noneButtons()...)
	default:
		t.say(t.w.NoneMine, t.noneButtons()...)
	}
}

// noneButtons are for who has no reservations, and needs no button to see that again.
func (t *talk) noneButtons() []chat.Button {
	return append(t.menuButtons()[:2], t.button(t.w.ToPerson, "person", "asked"))
}

// nothingToPay tells why none of the guest's reservations is to be paid.
func (t *talk) nothingToPay(all []Stay) {
	for _, s := range all {
		if r := &s.Reservation; s.Status.Live() {
			t.say(fill(t.w.PaidAll, "amount", t.money(r.Paid, r.Currency), "code", r.Code))
			return
		}
	}
	for _, s := range all {
		if r := &s.Reservation; s.Status == booking.StatusExpired && r.Stay.Nights.From.After(t.facts.Today) {
			w := Wanted{Cabin: s.Cabin, CheckIn: r.Stay.Nights.From, CheckOut: r.Stay.Nights.To, Guests: r.Stay.Guests}
			t.say(fill(t.w.RanOut, "code", r.Code), t.button(t.w.TryAgain, "want", w.code()), t.button(t.w.ToPerson, "person", "paid_late"))
			return
		}
	}
	t.say(t.w.NoneMine, t.noneButtons()...)
}

// whichStay asks with which reservation.
func (t *talk) whichStay(stays []Stay, purpose ActKind) {
	var rows []chat.Row
	var list []string
	for _, s := range stays[:min(len(stays), chat.MaxRows)] {
		r := &s.Reservation
		rows = append(rows, chat.Row{
			ID: id("stay", r.Code, string(purpose)), Title: chat.Cut(t.brief(r.Stay.Nights), chat.MaxRowTitle),
			Description: chat.Cut(r.Code+" · "+t.cabinName(s.Cabin)+" · "+t.status(s), chat.MaxDescription),
		})
		list = append(list, "• *"+safe(r.Code, 20)+"*: "+t.cabinName(s.Cabin)+", "+t.brief(r.Stay.Nights)+", "+t.status(s))
	}
	t.ask(AskedStay)
	t.Then = purpose
	question := t.w.AskStay
	if purpose == Mine {
		question = t.w.YourStays
	}
	t.replies = append(t.replies, chat.Message{
		Kind: chat.FormList, Body: paragraphs(question, lines(list...)), List: &chat.List{Button: t.w.SeeOptions, Sections: []chat.Section{{Rows: rows}}},
	})
}

// status is what a reservation is, in a word or two.
func (t *talk) status(s Stay) string {
	switch {
	case s.Status == booking.StatusPreReserved && s.Reservation.Approval == booking.ApprovalWaiting:
		return t.w.StatusAsked
	case s.Status == booking.StatusPreReserved:
		return t.w.StatusHeld
	case s.Status == booking.StatusConfirmed:
		return t.w.StatusConfirmed
	case s.Status == booking.StatusExpired:
		return t.w.StatusExpired
	case s.Status == booking.StatusCancelled:
		return t.w.StatusCancelled
	}
	return t.w.StatusOver
}

// oneStay shows a reservation and what can be done with it.
func (t *talk) oneStay(s Stay) {
	r := &s.Reservation
	t.Code = r.Code
	body := paragraphs(lines(t.boldName(s.Cabin)+": "+t.status(s), t.stayLines(s)))
	switch {
	case s.Status == booking.StatusPreReserved && r.Approval != booking.ApprovalWaiting:
		t.ask(AskedPay)
		until := fill(t.w.HeldUntil, "until", t.lang.Moment(r.ExpiresAt, t.now, t.facts.Zone))
		t.payable(s, paragraphs(body, until))
	case s.Status.Live():
		t.Step = Idle
		var buttons []chat.Button
		if s.PayURL != "" && r.Paid < r.Total {
			buttons = append(buttons, t.button(t.w.Pay, "pay", r.Code))
		}
		buttons = append(buttons, t.button(t.w.HowToGet, "faq", "address", id64(s.Cabin)), t.button(t.w.CancelIt, "cancel", r.Code))
		t.say(body, buttons...)
	default:
		t.Step = Idle
		t.say(body, t.menuButtons()...)
	}
}

// pay is for who wants to pay, or asks how.
func (t *talk) pay() {
	if len(t.Codes) > 0 && (byTransfer(t.event.Text) || t.Step == AskedPay && ofAccount(t.event.Text)) {
		t.mine(Transfer)
		return
	}
	if asksWays(t.event.Text) {
		if ways, _ := t.answers(payTopics(), t.askedOf()); ways != "" {
			t.lead(ways)
		}
	}
	t.mine(toPay)
}

func (t *talk) toPay(s Stay) {
	if s.Reservation.Approval == booking.ApprovalWaiting {
		t.holdMade(s, "")
		return
	}
	t.ask(AskedPay)
	r, until := &s.Reservation, ""
	if s.Status == booking.StatusPreReserved {
		until = fill(t.w.HeldUntil, "until", t.lang.Moment(r.ExpiresAt, t.now, t.facts.Zone))
	}
	t.payable(s, paragraphs(lines("*"+safe(r.Code, 20)+"*: "+t.cabinName(s.Cabin)+", "+t.span(r.Stay.Nights), t.moneyLines(r)), until))
}

// paid tells whether what a guest has paid has come.
func (t *talk) paid() {
	o := t.event.Outcome
	if o.Refused != "" || len(o.Stays) == 0 {
		t.unavailable()
		return
	}
	s := o.Stays[0]
	r := &s.Reservation
	t.Code = r.Code
	amount := t.money(r.Paid, r.Currency)
	switch {
	case s.Status == booking.StatusConfirmed && r.Paid >= r.Total:
		t.say(paragraphs(fill(t.w.PaidAll, "amount", amount, "code", r.Code), t.stayLines(s)))
	case s.Status == booking.StatusConfirmed:
		t.say(paragraphs(fill(t.w.PaidConfirmed, "amount", amount, "code", r.Code), t.stayLines(s)))
	case s.Status == booking.StatusPreReserved && r.Paid > 0:
		t.payable(s, fill(t.w.PaidSome, "amount", amount, "code", r.Code))
	case s.Status == booking.StatusPreReserved:
		t.ask(AskedPay)
		t.notPaidYet(s)
	case s.Status == booking.StatusExpired:
		t.say(fill(t.w.PaidTooLate, "code", r.Code), t.button(t.w.ToPerson, "person", "paid_late"), t.button(t.w.MenuDates, "dates", t.Wanted.code()))
	default:
		t.oneStay(s)
	}
}

// notPaidYet tells that nothing has come so far, and what to do about it.
func (t *talk) notPaidYet(s Stay) {
	r := &s.Reservation
	body := fill(t.w.NotPaidYet, "code", r.Code, "until", t.lang.Moment(r.ExpiresAt, t.now, t.facts.Zone))
	if s.AwaitsTransfer || s.TransferDue > 0 && offered(s.Transfer) {
		body = lines(body, t.w.IfSent)
	}
	if s.PayURL != "" && !s.AwaitsTransfer {
		t.link(body, t.payTitle(s), s.PayURL)
		return
	}
	t.say(body, t.button(t.w.ToPerson, "person", "payment"))
}

// transferring tells where to transfer to, and until when.
func (t *talk) transferring() {
	o := t.event.Outcome
	if o.Refused != "" || len(o.Stays) == 0 || !offered(o.Stays[0].Transfer) {
		if o.Refused != unavailable && t.otherWays(o.Stays) {
			return
		}
		t.say(t.w.NoTransfer, t.button(t.w.ToPerson, "person", "payment"))
		return
	}
	s := o.Stays[0]
	r := &s.Reservation
	t.ask(AskedPay)
	t.say(paragraphs(
		fill(t.w.TransferTo, "amount", "*"+t.money(s.TransferDue, r.Currency)+"*", "until", t.lang.Moment(r.ExpiresAt, t.now, t.facts.Zone), "code", r.Code),
		t.transferLines(s.Transfer), t.w.SendReceipt))
}

func (t *talk) unavailable() {
	t.say(t.w.UnavailableNow, t.button(t.w.ToPerson, "person", "failure"))
}
