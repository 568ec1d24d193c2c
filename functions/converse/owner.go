package converse

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/command"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/desk"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// OwnerDeps is what it takes to do what an owner writes. What follows Payments is the worker's own.
type OwnerDeps struct {
	Days      OwnerDays
	People    OwnerPeople
	Calendars OwnerCalendars
	Payments  OwnerPayments
	// Search says of each cabin, or of one, whether it can be had for a stay; see desk.Desk.
	Search   func(ctx context.Context, stay booking.Stay, cabin int64) ([]desk.Offer, error)
	Holidays *understanding.Holidays // nil = Argentina's
	Now      func() time.Time
	Log      zerolog.Logger
}

// OwnerDays is what an owner asks about; see postgres.Days for what each method promises.
type OwnerDays interface {
	Day(ctx context.Context, date civil.Date, today bool, now time.Time) (command.Day, error)
	Stay(ctx context.Context, code string, now time.Time) (command.Stay, error)
	Taken(ctx context.Context, cabin int64, nights civil.Nights, now time.Time) ([]command.Stay, []command.Closure, error)
	Closures(ctx context.Context, cabin int64, nights civil.Nights, now time.Time) ([]command.Closure, error)
	PersonAt(ctx context.Context, waIDs ...string) (conversation.Person, error)
	Record(ctx context.Context, code, by, event string, now time.Time) error
}

// OwnerPeople is who writes to us, and how he is answered; see postgres.Conversations.
type OwnerPeople interface {
	Cabins(ctx context.Context) ([]conversation.Cabin, error)
	Person(ctx context.Context, id int64) (conversation.Person, error)
	PersonOf(ctx context.Context, code string) (conversation.Person, error)
	People(ctx context.Context, awaiting bool, before time.Time, limit int) ([]conversation.Person, error)
	HandOver(ctx context.Context, id int64, until, now time.Time) error
	GiveBack(ctx context.Context, id int64, now time.Time) error
	Attended(ctx context.Context, id int64) error
	Say(ctx context.Context, id int64, messages []conversation.Outgoing, now time.Time) error
}

// OwnerCalendars is what is closed by hand; see postgres.Calendars.
type OwnerCalendars interface {
	Close(ctx context.Context, accommodationID int64, nights civil.Nights, note string, now time.Time) (calendar.Block, error)
	Open(ctx context.Context, accommodationID, blockID int64, now time.Time) error
}

// OwnerPayments is where it is decided what an owner's word has to do with a reservation; see postgres.Payments.
type OwnerPayments interface {
	Receive(ctx context.Context, code, provider string, amount money.Cents, note, by, key string, now time.Time) (payment.Outcome, error)
	Approve(ctx context.Context, code, by string, now time.Time) (payment.Outcome, error)
	Decide(ctx context.Context, code, by string, now time.Time, rule func(payment.Account) (payment.Decision, error)) (payment.Outcome, error)
	Book(ctx context.Context, code string) (payment.Book, error)
}

// byOwner is who acts, for the history of reservations.
const byOwner = payment.OwnerInChat

type owner struct {
	OwnerDeps
	helped helped
}

// newOwner returns who does what an owner writes. It is to be asked about owners only: see Config.Owners.
func newOwner(d OwnerDeps) Owner { return &owner{OwnerDeps: d} }

// order is one thing that an owner has said.
type order struct {
	*owner
	command.Teller
	command.Command
	phone  string
	event  conversation.Event
	cabins []command.Cabin
	now    time.Time
}

// Command does what an owner has said and answers him, in one message at most. The same event again does nothing twice. An error
// means that it is to be tried again.
func (o *owner) Command(ctx context.Context, phone string, e conversation.Event) ([]chat.Message, error) {
	switch e.Kind {
	case conversation.Said, conversation.Heard:
	case conversation.NotHeard:
		return alone(command.NotHeard()), nil
	default:
		if e.Text == "" {
			return o.help(phone, e), nil
		}
	}
	now := o.Now().UTC().Truncate(time.Millisecond) // which is what Postgres keeps, as elsewhere
	cabins, err := o.People.Cabins(ctx)
	if err != nil {
		return nil, err
	}
	d := order{owner: o, phone: phone, event: e, now: now, Teller: command.NewTeller(now, zoneOf(cabins))}
	for _, c := range cabins {
		d.cabins = append(d.cabins, command.Cabin{ID: c.ID, Name: c.Name})
	}
	d.Command = command.Parse(e.Text, e.Choice, command.Context{Now: now, Today: d.Today, Cabins: d.cabins, Holidays: o.Holidays})
	answers, err := d.do(ctx)
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind != fault.Unavailable {
		answers, err = alone(command.Unavailable()), nil // nothing that trying again would change
	}
	if err != nil {
		return nil, err
	}
	o.Log.Info().Str("function", Spec.Name).Str("command", string(d.Verb)).Bool("sure", d.Sure).Msg("an owner's command")
	if e.Kind == conversation.Heard && len(answers) > 0 {
		answers[0] = command.Heard(e.Text, answers[0])
	}
	for n := range answers {
		answers[n] = answers[n].Fit()
	}
	return answers, nil
}

func zoneOf(cabins []conversation.Cabin) *time.Location {
	if len(cabins) > 0 && cabins[0].Zone != nil {
		return cabins[0].Zone
	}
	return argentina
}

func alone(m chat.Message) []chat.Message { return []chat.Message{m} }

// do is whatever was said.
func (d *order) do(ctx context.Context) ([]chat.Message, error) {
	if d.Late {
		return alone(d.TooLate()), nil
	}
	var act func(context.Context) (chat.Message, error)
	switch d.Verb {
	case command.Agenda:
		act = d.agenda
	case command.Free:
		act = d.free
	case command.Block:
		act = d.block
	case command.Unblock:
		act = d.unblock
	case command.Approve:
		act = d.approve
	case command.Reject:
		act = d.reject
	case command.Answer:
		act = d.answer
	case command.Resume:
		act = d.resume
	case command.Show:
		act = d.show
	case command.Help:
		return alone(command.Helped()), nil
	case command.Agree:
		return alone(command.UseTheButton()), nil
	case command.Decline:
		return alone(command.LeftAlone()), nil
	case command.Courtesy:
		return nil, nil
	default:
		return d.help(d.phone, d.event), nil
	}
	m, err := act(ctx)
	return alone(m), err
}

// helpEvery is how often an owner who does not command anything is told how to.
const helpEvery = 10 * time.Minute

// helped is when owners were told how to command, and because of which event: asked again about the same, they are told again.
type helped struct {
	mu sync.Mutex
	of map[string]help
}

type help struct {
	at    time.Time
	event string
}

func (o *owner) help(phone string, e conversation.Event) []chat.Message {
	o.helped.mu.Lock()
	defer o.helped.mu.Unlock()
	now := o.Now()
	last, told := o.helped.of[phone]
	if told && last.event != e.ID && now.Sub(last.at) < helpEvery {
		return nil
	}
	if o.helped.of == nil {
		o.helped.of = make(map[string]help) // as many as there are owners
	}
	o.helped.of[phone] = help{at: now, event: e.ID}
	return alone(command.NotUnderstood())
}
