// Package reconcile is the task that looks for what was missed: payments that nobody has told of, notifications that nobody has
// looked up, refunds and messages that nobody is at any more. A lost notification costs ten minutes, and never the booking.
package reconcile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/shared/cashier"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// Spec describes the function.
var Spec = function.Spec{
	Name:        "reconcile",
	Summary:     "settle payments that nobody has told of, and resume what was left undone",
	Every:       10 * time.Minute,
	Timeout:     8 * time.Minute,
	Connections: 2,
	MemoryMB:    256,
}

// Deps is what the function is given.
type Deps struct {
	// Cashier looks at payments; nil = nobody takes payments here.
	Cashier  Cashier
	Payments Payments
	Inbox    Inbox
	Messages Messages
	// Unanswered returns a key of each who wrote over WhatsApp before an instant and got no answer; nil = nobody writes to us.
	Unanswered func(ctx context.Context, before time.Time, limit int) ([]string, error)
	Enqueue    func(ctx context.Context, job interface{ Kind() string }) error
	Now        func() time.Time
	Log        zerolog.Logger
	Report     func(summary string)
}

// Cashier asks the provider and settles what it says; see cashier.Cashier.
type Cashier interface {
	Look(ctx context.Context, id string) (cashier.Settled, error)
	Find(ctx context.Context, code string, known []payment.Found) ([]cashier.Settled, error)
}

// Payments is where payments and refunds are kept; see postgres.Payments. Lists are paged: by the id that comes after.
type Payments interface {
	Waiting(ctx context.Context, since, undecided time.Time, after int64, limit int) ([]payment.Waiting, error)
	RefundDue(ctx context.Context, now time.Time, limit int) ([]int64, error)
	// Resettle decides again what follows from what is known: a hold may have run out since.
	Resettle(ctx context.Context, code string, now time.Time) (payment.Decision, error)
}

// Inbox is where notifications are kept; see postgres.Inbox.
type Inbox interface {
	Unsettled(ctx context.Context, before time.Time, after int64, limit int) ([]payment.Unsettled, error)
	Dismiss(ctx context.Context, source, paymentID, outcome string, now time.Time) error
}

// Messages is where messages are kept; see postgres.Messages.
type Messages interface {
	Due(ctx context.Context, before time.Time, limit int) ([]int64, error)
}

const (
	// pageSize and maxPages bound each list. Lists begin with the oldest, so that what a run does not get to waits until that is done.
	pageSize = 100
	maxPages = 20
	// lookBack is how long a page on which a guest could pay is watched: no provider takes longer to say what has become of it.
	lookBack = 7 * 24 * time.Hour
	// undecidedFor is how long a payment is asked for of which nothing new is heard. What becomes of it later somebody tells us.
	undecidedFor = 30 * 24 * time.Hour
	// patience is how long the queue is left alone with what it has: its own longest pause, and then some.
	patience = 20 * time.Minute
	// inboxPatience is less, since a guest may be waiting.
	inboxPatience = 2 * time.Minute
	// tooOld is how long a payment is looked for that there is not.
	tooOld = time.Hour
)

// found is what a run has come across.
type found struct {
	reservations, looked, news int // that were looked at, their payments, and what of these was new
	events, dismissed          int // notifications that nobody had settled
	decided                    int // reservations about which something followed from time alone
	refunds, messages          int // that were put back into the queue
	chats                      int // the same, of people who wait for an answer
	failed                     int // questions that got no answer
	silent                     int // of these, how many in a row: the provider was not there at all
	first                      error
}

func (f *found) fail(err error) {
	f.failed++
	if errors.Is(err, payment.ErrUnavailable) {
		f.silent++
	}
	if f.first == nil {
		f.first = err
	}
}

func (f *found) String() string {
	said := []string{
		fmt.Sprintf("looked at %d reservations that wait for a payment and %d notifications that waited", f.reservations, f.events),
		fmt.Sprintf("settled %d payments, %d of them news", f.looked, f.news),
	}
	for _, s := range []struct {
		n    int
		what string
	}{
		{f.dismissed, "dismissed %d notifications of payments that there are not"},
		{f.decided, "decided about %d reservations"},
		{f.refunds, "resumed %d refunds"},
		{f.messages, "resumed %d messages"},
		{f.chats, "resumed %d conversations"},
		{f.failed, "%d questions got no answer"},
	} {
		if s.n > 0 {
			said = append(said, fmt.Sprintf(s.what, s.n))
		}
	}
	return strings.Join(said, "; ")
}

// New returns the task. What was left undone of refunds and messages is resumed also where the provider cannot be asked.
func New(d Deps) function.Task {
	return func(ctx context.Context) error {
		f := &found{}
		err := cmp.Or(d.messages(ctx, f), d.chats(ctx, f))
		switch {
		case err != nil:
		case d.Cashier == nil:
			d.Report(fmt.Sprintf("payments are off: MERCADOPAGO_ACCESS_TOKEN is not set; resumed %d messages", f.messages))
			return nil
		default:
			err = d.money(ctx, f)
		}
		d.Report(f.String())
		switch {
		case err != nil:
			return err
		case f.first != nil:
			return fmt.Errorf("%d questions to the provider got no answer, the first: %w", f.failed, f.first)
		}
		return nil
	}
}

func (d Deps) money(ctx context.Context, f *found) error {
	if err := d.refunds(ctx, f); err != nil {
		return err
	}
	// Notifications come last: anybody may have made one up, and what the provider says of it must not keep a guest's payment
	// from being found.
	if err := d.reservations(ctx, f); err != nil {
		return err
	}
	return d.notifications(ctx, f)
}

// messages resumes what should have been sent long ago.
func (d Deps) messages(ctx context.Context, f *found) error {
	ids, err := d.Messages.Due(ctx, d.Now().Add(-patience), pageSize*maxPages)
	if err != nil {
		return fmt.Errorf("look for messages: %w", err)
	}
	for _, id := range ids {
		if err := d.Enqueue(ctx, notice.Deliver{MessageID: id}); err != nil {
			return err
		}
		f.messages++
	}
	return nil
}

// chats resumes what people wrote over WhatsApp that nobody has looked at, and what is told of messages to them.
func (d Deps) chats(ctx context.Context, f *found) error {
	if d.Unanswered == nil {
		return nil
	}
	now := d.Now()
	keys, err := d.Unanswered(ctx, now.Add(-inboxPatience), pageSize*maxPages)
	if err != nil {
		return fmt.Errorf("look for conversations: %w", err)
	}
	for _, key := range keys {
		if err := d.Enqueue(ctx, conversation.Talk{Key: key, Event: fmt.Sprintf("resumed %s %d", key, now.Unix())}); err != nil {
			return err
		}
		f.chats++
	}
	return d.Enqueue(ctx, conversation.Track{})
}

// refunds resumes what should have gone back by now.
func (d Deps) refunds(ctx context.Context, f *found) error {
	ids, err := d.Payments.RefundDue(ctx, d.Now().Add(-inboxPatience), pageSize*maxPages)
	if err != nil {
		return fmt.Errorf("look for refunds: %w", err)
	}
	for _, id := range ids {
		if err := d.Enqueue(ctx, payment.Return{RefundID: id}); err != nil {
			return err
		}
		f.refunds++
	}
	return nil
}

// notifications looks up what somebody told of and nobody has looked up.
func (d Deps) notifications(ctx context.Context, f *found) error {
	before, after := d.Now().Add(-inboxPatience), int64(0)
	for range maxPages {
		waiting, err := d.Inbox.Unsettled(ctx, before, after, pageSize)
		if err != nil {
			return fmt.Errorf("look for notifications: %w", err)
		}
		for _, u := range waiting {
			after = u.ID
			f.events++
			settled, err := d.Cashier.Look(ctx, u.PaymentID)
			if none(err) && d.Now().Sub(u.Since) >= tooOld {
				err = d.Inbox.Dismiss(ctx, u.Source, u.PaymentID, "not_found", d.Now())
				if err == nil {
					f.dismissed++
					continue
				}
			}
			if stop := d.note(ctx, f, err, settled); stop != nil {
				return stop
			}
		}
		if len(waiting) < pageSize {
			return nil
		}
	}
	return nil
}

// reservations asks for the payments of everybody who was sent to pay lately.
func (d Deps) reservations(ctx context.Context, f *found) error {
	since, undecided, after := d.Now().Add(-lookBack), d.Now().Add(-undecidedFor), int64(0)
	for range maxPages {
		waiting, err := d.Payments.Waiting(ctx, since, undecided, after, pageSize)
		if err != nil {
			return fmt.Errorf("look for reservations: %w", err)
		}
		for _, w := range waiting {
			after = w.ReservationID
			f.reservations++
			settled, err := d.Cashier.Find(ctx, w.Code, w.Known)
			for _, s := range settled {
				d.tell(f, s)
			}
			if stop := d.note(ctx, f, err); stop != nil {
				return stop
			}
			if stop := d.undecided(ctx, f, w, settled); stop != nil {
				return stop
			}
			decided, err := d.Payments.Resettle(ctx, w.Code, d.Now())
			if err != nil {
				return fmt.Errorf("decide about a reservation: %w", err)
			}
			if !decided.Empty() {
				f.decided++
			}
		}
		if len(waiting) < pageSize {
			return nil
		}
	}
	return nil
}

// undecided asks for the payments that are not decided, as far as we know, one by one: a search may be behind for longer than a
// guest should wait.
func (d Deps) undecided(ctx context.Context, f *found, w payment.Waiting, settled []cashier.Settled) error {
	done := make(map[string]bool, len(settled))
	for _, s := range settled {
		done[s.Payment.ID] = true
	}
	for _, k := range w.Known {
		if done[k.ID] || !k.Status.Waiting() && k.Status != payment.InMediation {
			continue
		}
		one, err := d.Cashier.Look(ctx, k.ID)
		if stop := d.note(ctx, f, err, one); stop != nil {
			return stop
		}
	}
	return nil
}

// note takes down what was found, or what got no answer. The run ends where asking on makes no sense: its time is over, or the
// provider does not want to be asked at all.
func (d Deps) note(ctx context.Context, f *found, err error, settled ...cashier.Settled) error {
	if err == nil {
		f.silent = 0
		for _, s := range settled {
			d.tell(f, s)
		}
		return nil
	}
	shown, ok := errors.AsType[*fault.Error](err)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("there was no time for all of it: %w", context.Cause(ctx))
	case errors.Is(err, payment.ErrUnauthorized):
		return fmt.Errorf("the provider does not accept us: is MERCADOPAGO_ACCESS_TOKEN right? %w", err)
	case none(err):
		return nil // of a moment ago, or made up
	case ok && (errors.Is(err, payment.ErrRateLimited) || f.silent >= maxFailures):
		return fmt.Errorf("the provider cannot be asked, the next run goes on: %s: %w", shown.Detail, err)
	}
	f.fail(err)
	return nil
}

// maxFailures is how many questions in a row may get no answer before the provider is taken to be down.
const maxFailures = 5

// none reports whether there is no such payment: the provider knows of none, or refuses even to look, as for a number that is too
// long to be an id of its.
func none(err error) bool {
	return errors.Is(err, payment.ErrNotFound) || errors.Is(err, payment.ErrRefused)
}

func (d Deps) tell(f *found, s cashier.Settled) {
	f.looked++
	if !s.News {
		return
	}
	f.news++
	d.Log.Info().Str("function", Spec.Name).Str("payment", s.Payment.ID).Str("reservation", s.Payment.ExternalReference).
		Str("status", string(s.Payment.Status)).Msg("nobody had told of this payment, or nobody had heard")
}
