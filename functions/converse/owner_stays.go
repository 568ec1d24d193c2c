package converse

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/command"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// which asks which reservation is meant, of those that wait.
func (d *order) which(ctx context.Context) (chat.Message, error) {
	day, err := d.Days.Day(ctx, d.Today, true, d.now)
	return d.WhichOne(d.Verb, day.Holds.Stays), err
}

// found reads the reservation that was meant; not ok = answer says what is to be said instead.
func (d *order) found(ctx context.Context) (s command.Stay, answer chat.Message, ok bool, err error) {
	if d.Who.Code == "" {
		answer, err = d.which(ctx)
		return s, answer, false, err
	}
	s, err = d.Days.Stay(ctx, d.Who.Code, d.now)
	if errors.Is(err, fault.ErrNotFound) {
		return s, d.Unknown(d.Who), false, nil
	}
	return s, answer, err == nil, err
}

func (d *order) show(ctx context.Context) (chat.Message, error) {
	s, answer, ok, err := d.found(ctx)
	if !ok || err != nil {
		return answer, err
	}
	return d.Shown(s), nil
}

// approve is a yes to what a reservation waits for: the owner's word, or money that he has seen coming.
func (d *order) approve(ctx context.Context) (chat.Message, error) {
	s, answer, ok, err := d.found(ctx)
	if !ok || err != nil {
		return answer, err
	}
	if amount, done, err := d.before(ctx); done || err != nil {
		return d.Received(s, amount, 0), err
	}
	waiting := s.Approval == booking.ApprovalWaiting
	ask := d.Unsure || s.Status != booking.StatusPreReserved || s.Approval == booking.ApprovalApproved && !s.Transfer
	if d.Amount == 0 {
		d.Amount = payment.Owed(&booking.Reservation{Total: s.Total, Deposit: s.Deposit, Paid: s.Paid}, payment.Deposit)
	}
	switch {
	case waiting && s.Status == booking.StatusPreReserved && d.Unsure:
		return d.Shown(s), nil
	case waiting && s.Status == booking.StatusPreReserved:
		return d.consent(ctx, s)
	case s.Status != booking.StatusPreReserved && s.Status != booking.StatusConfirmed && s.Status != booking.StatusExpired, waiting, d.Amount <= 0:
		return d.NothingToApprove(s), nil
	case ask && !d.Sure:
		return d.AskReceived(d.Command, s), nil
	}
	return d.receive(ctx, s)
}

// consent lets a guest have nights that he had asked for.
func (d *order) consent(ctx context.Context, s command.Stay) (chat.Message, error) {
	_, err := d.Payments.Approve(ctx, s.Code, byOwner, d.now)
	if errors.Is(err, booking.ErrInvalidState) {
		if s, err = d.Days.Stay(ctx, s.Code, d.now); err == nil && s.Approval != booking.ApprovalApproved {
			return d.NothingToApprove(s), nil
		}
		return d.Approved(s), err
	}
	if err != nil {
		return chat.Message{}, err
	}
	s, err = d.Days.Stay(ctx, s.Code, d.now)
	return d.Approved(s), err
}

// paymentKey names what has come: a question may be said yes to twice, by pressing its button twice, and an event may be worked
// twice; either is the same money.
func (d *order) paymentKey() string {
	if d.Sure {
		return "whatsapp:" + d.event.Choice
	}
	return "whatsapp:" + d.event.ID
}

// before reports whether this very command has noted money already, and how much.
func (d *order) before(ctx context.Context) (money.Cents, bool, error) {
	book, err := d.Payments.Book(ctx, d.Who.Code)
	if err != nil {
		return 0, false, err
	}
	for _, p := range book.Payments {
		if p.ID == d.paymentKey() {
			return p.Amount, true, nil
		}
	}
	return 0, false, nil
}

// receive notes that money has come.
func (d *order) receive(ctx context.Context, s command.Stay) (chat.Message, error) {
	provider := payment.Transfer
	if d.Cash {
		provider = payment.Cash
	}
	key := d.paymentKey()
	if _, err := d.Payments.Receive(ctx, s.Code, provider, d.Amount, "", byOwner, key, d.now); err != nil {
		return chat.Message{}, err
	}
	book, err := d.Payments.Book(ctx, s.Code)
	if err != nil {
		return chat.Message{}, err
	}
	var back money.Cents
	for _, r := range book.Repayments {
		if r.Provider == provider && r.Payment == key && r.ByHand && r.State != payment.RepaymentWithdrawn {
			back += r.Amount
		}
	}
	s, err = d.Days.Stay(ctx, s.Code, d.now)
	return d.Received(s, d.Amount, back), err
}

// reject takes a guest's nights from him that are not confirmed, after a yes. A reservation that was confirmed meanwhile stays.
func (d *order) reject(ctx context.Context) (chat.Message, error) {
	s, answer, ok, err := d.found(ctx)
	switch {
	case !ok || err != nil:
		return answer, err
	case s.Status != booking.StatusPreReserved:
		return d.NotRejected(s), nil
	case !d.Sure:
		return d.AskReject(d.Command, s), nil
	}
	_, err = d.Payments.Decide(ctx, s.Code, byOwner, d.now, func(a payment.Account) (payment.Decision, error) {
		if a.Reservation.StatusAt(d.now) != booking.StatusPreReserved {
			return payment.Decision{}, booking.ErrInvalidState
		}
		return payment.Cancel(a, payment.ByOwner, d.Text, nil, d.now)
	})
	if errors.Is(err, booking.ErrInvalidState) {
		s, err = d.Days.Stay(ctx, s.Code, d.now)
		return d.NotRejected(s), err
	}
	return d.Rejected(s, s.Paid), err
}

// addressee is the person who was meant; not ok = answer says why there is none.
func (d *order) addressee(ctx context.Context) (a command.Addressee, answer chat.Message, ok bool, err error) {
	var p conversation.Person
	switch {
	case d.Who.Code != "":
		p, err = d.People.PersonOf(ctx, d.Who.Code)
	case d.Who.Phone != "":
		numbers := []string{d.Who.Phone}
		if other, ok := chat.Alternative(d.Who.Phone); ok {
			numbers = append(numbers, other)
		}
		p, err = d.Days.PersonAt(ctx, numbers...)
	default:
		p, err = d.People.Person(ctx, d.Who.Contact)
	}
	if !errors.Is(err, fault.ErrNotFound) {
		return command.Addressee{ID: p.ID, Name: p.Name, Phone: p.Phone, Last: p.LastInbound, HandedOver: p.HandedOver}, answer, err == nil, err
	}
	if d.Who.Code == "" {
		return a, d.Unknown(d.Who), false, nil
	}
	s, answer, ok, err := d.found(ctx)
	if !ok || err != nil {
		return a, answer, false, err
	}
	return a, d.NotOnWhatsApp(s), false, nil
}

// answer sends a guest what the owner has written, while WhatsApp takes it, and leaves him to the owner.
func (d *order) answer(ctx context.Context) (chat.Message, error) {
	if d.Who.IsZero() || d.Text == "" {
		return d.AskText(d.Who), nil
	}
	a, answer, ok, err := d.addressee(ctx)
	switch {
	case !ok || err != nil:
		return answer, err
	case !chat.WindowOpen(a.Last, d.now):
		return d.OutOfReach(a), nil
	}
	var said []conversation.Outgoing
	for n, m := range (chat.Message{Kind: chat.FormText, Body: d.Text}).Split() {
		said = append(said, conversation.Outgoing{Dedupe: "owner:" + d.event.ID + ":" + strconv.Itoa(n), Message: m})
	}
	if err := d.People.Say(ctx, a.ID, said, d.now); err != nil {
		return chat.Message{}, err
	}
	until := d.now.Add(silence)
	if err := d.People.HandOver(ctx, a.ID, until, d.now); err != nil {
		return chat.Message{}, err
	}
	if err := d.People.Attended(ctx, a.ID); err != nil {
		return chat.Message{}, err
	}
	return d.Answered(a, until), d.Days.Record(ctx, d.Who.Code, byOwner, "answered_by_hand", d.now)
}

// resume gives a guest back to the bot.
func (d *order) resume(ctx context.Context) (chat.Message, error) {
	if d.Who.IsZero() {
		return d.whichChat(ctx)
	}
	a, answer, ok, err := d.addressee(ctx)
	if !ok || err != nil {
		return answer, err
	}
	if !a.HandedOver.After(d.now) {
		return d.Resumed(a), nil
	}
	if err := d.People.GiveBack(ctx, a.ID, d.now); err != nil {
		return chat.Message{}, err
	}
	return d.Resumed(a), d.Days.Record(ctx, d.Who.Code, byOwner, "given_back_to_bot", d.now)
}

// mostChats is how many conversations are looked at for those that the owner answers.
const mostChats = 50

func (d *order) whichChat(ctx context.Context) (chat.Message, error) {
	people, err := d.People.People(ctx, false, time.Time{}, mostChats)
	var mine []command.Addressee
	for _, p := range people {
		if p.HandedOver.After(d.now) {
			mine = append(mine, command.Addressee{ID: p.ID, Name: p.Name, Phone: p.Phone, Last: p.LastInbound, HandedOver: p.HandedOver})
		}
	}
	return d.WhichChat(mine), err
}
