package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// Payments keeps what is known of guests' money, and writes what the rules of package payment make of it: each method is one
// transaction, under the lock of the reservation, in which whatever follows is written along: the ledger, the reservation,
// refunds and messages with their jobs, and history.
//
// The order of locks is: the payment's name, cabin, reservation, everything else. The cabin's is taken only where a hold that has
// lapsed might come back to life, since that takes nights.
type Payments struct {
	db      *DB
	enqueue Enqueue
	rules   Rules
}

// Rules are what decisions depend on beside what is stored.
type Rules struct {
	Production  bool          // payments in test mode count for nothing
	PendingHold time.Duration // see payment.Account
}

// NewPayments returns the payments of a share.
func NewPayments(db *DB, enqueue Enqueue, rules Rules) *Payments {
	return &Payments{db: db, enqueue: enqueue, rules: rules}
}

// Settle keeps what a provider says of a payment, and does what follows from it. Now is when the provider was asked: events
// of the payment that came later are not settled by this. What is older than what is known already changes nothing, and
// what is known already decides nothing new.
//
// A payment that names no reservation of ours is kept, and the owner is told.
func (p *Payments) Settle(ctx context.Context, seen payment.Payment, now time.Time) (payment.Decision, error) {
	seen = readable(seen)
	out, err := p.act(ctx, act{seen: &seen, code: seen.ExternalReference, by: seen.Provider, now: now})
	return out.Decision, err
}

// Decide lets a rule of package payment decide about the reservation of a code, and does what it says; by is who acts, for the
// history. What the rule refuses is returned, and then nothing is written. fault.ErrNotFound: there is no such reservation.
func (p *Payments) Decide(ctx context.Context, code, by string, now time.Time, rule func(payment.Account) (payment.Decision, error)) (payment.Outcome, error) {
	return p.act(ctx, act{code: code, by: by, now: now, rule: rule})
}

// Resettle decides again what follows from what is known, without asking anybody: time has passed, a calendar has changed, the
// owner has said yes.
func (p *Payments) Resettle(ctx context.Context, code string, now time.Time) (payment.Decision, error) {
	out, err := p.Decide(ctx, code, "system", now, func(a payment.Account) (payment.Decision, error) { return payment.Settle(a, now), nil })
	return out.Decision, err
}

// Receive keeps a payment that has come into the owner's hand or bank account, and does what follows from it. The key names it: the
// same key again is the same payment and changes nothing, another payment with it, also of another provider, is payment.ErrKeyUsed;
// "" makes every call a payment of its own.
func (p *Payments) Receive(ctx context.Context, code, provider string, amount money.Cents, note, by, key string, now time.Time) (payment.Outcome, error) {
	switch {
	case !payment.ByHand(provider):
		return payment.Outcome{}, fault.InField("provider", "must be one of: transfer cash")
	case amount <= 0 || amount > money.Max:
		return payment.Outcome{}, fault.InField("amount", "must be more than 0")
	case key == "":
		key = rand.Text()
	}
	received := payment.Payment{
		Provider: provider, ID: key, Status: payment.Approved, Amount: amount, ExternalReference: code, Live: true,
		DateCreated: now.UTC(), DateApproved: now.UTC(), LastUpdated: now.UTC(),
	}
	return p.act(ctx, act{seen: &received, byHand: true, note: note, code: code, by: by, now: now})
}

// Cancel cancels a reservation and orders what goes back: by the cabin's policy, or what the owner says instead. Reason is a
// person's. by is who acts, for the history. Errors as payment.Cancel's.
func (p *Payments) Cancel(ctx context.Context, code string, who payment.Who, by, reason string, override *money.Cents, now time.Time) (payment.Outcome, error) {
	return p.Decide(ctx, code, by, now, func(a payment.Account) (payment.Decision, error) {
		return payment.Cancel(a, who, reason, override, now)
	})
}

// CancelPreview says what Cancel would give back, and changes nothing.
func (p *Payments) CancelPreview(ctx context.Context, code string, who payment.Who, override *money.Cents, now time.Time) (payment.Preview, payment.Outcome, error) {
	var preview payment.Preview
	out, err := p.act(ctx, act{code: code, now: now, dry: true, rule: func(a payment.Account) (payment.Decision, error) {
		var err error
		preview, err = payment.PreviewCancel(a, who, override, now)
		return payment.Decision{Reservation: a.Reservation}, err
	}})
	return preview, out, err
}

// act is one thing that happens to a reservation's money.
type act struct {
	code   string           // of the reservation
	refund int64            // or one of its refunds
	seen   *payment.Payment // what was learned of a payment; nil = nothing
	about  payment.Name     // or what is said of it without having been seen; zero = nothing
	byHand bool             // seen is the owner's word and not a provider's
	note   string           // of seen, the owner's
	by     string
	now    time.Time
	dry    bool                                            // nothing is locked or written
	rule   func(payment.Account) (payment.Decision, error) // nil = payment.Settle
	first  func(*pgx.Batch)                                // what is done under the lock before the account is read
	jobs   []Job                                           // what is to be done besides
}

// name is that of the payment that an act is about; zero = of none.
func (a *act) name() payment.Name {
	if a.seen != nil {
		return a.seen.Name()
	}
	return a.about
}

// errLapsed begins an act again: the hold has lapsed since its lock was chosen.
var errLapsed = errors.New("the hold has lapsed")

func (p *Payments) act(ctx context.Context, a act) (out payment.Outcome, err error) {
	var refusal error // of the rule: not translated, it is not the driver's
	err = p.db.use(ctx, func(conn *pgxpool.Conn) error {
		for range 3 {
			err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) (err error) {
				out, refusal, err = p.perform(ctx, tx, a)
				return errors.Join(err, refusal)
			})
			if !errors.Is(err, errLapsed) {
				return err
			}
		}
		return fault.ErrBusy
	})
	if refusal != nil {
		return payment.Outcome{}, refusal
	}
	if err != nil {
		return payment.Outcome{}, err
	}
	return out, nil
}

func (p *Payments) perform(ctx context.Context, tx pgx.Tx, a act) (out payment.Outcome, refusal, err error) {
	b, err := p.open(ctx, tx, a)
	if err != nil {
		return out, nil, err
	}
	changed := false
	if a.seen != nil {
		if changed, refusal = b.learn(a); refusal != nil {
			return out, refusal, nil
		}
	}
	d, refusal := b.decide(a)
	if refusal != nil {
		return out, refusal, nil
	}
	out = payment.Outcome{Reservation: d.Reservation, Terms: b.row.terms, Decision: d}
	if a.dry {
		return out, nil, nil
	}
	return out, nil, b.write(ctx, tx, p.enqueue, a, d, changed)
}

// decide asks the rule.
func (b *books) decide(a act) (payment.Decision, error) {
	switch {
	case b.row.ID == 0 && a.seen == nil:
		return payment.StrayFraudAlert(a.about, b.stray, a.now), nil
	case b.row.ID == 0:
		return payment.Stray(*b.seen, a.now), nil
	case a.rule != nil:
		return a.rule(b.account)
	default:
		return payment.Settle(b.account, a.now), nil
	}
}

var (
	errNoReservation = fault.ErrNotFound.WithDetail("There is no such reservation.")
	errNoRefund      = fault.ErrNotFound.WithDetail("There is no such refund.")
)

// readable is a payment whose texts, which a provider repeats from whoever made it, are such that a row can hold them.
func readable(p payment.Payment) payment.Payment {
	p.Provider = p.Name().Provider
	p.ExternalReference, p.Currency, p.CollectorID = storable(p.ExternalReference, 256), storable(p.Currency, 16), storable(p.CollectorID, 64)
	p.Status, p.StatusDetail = payment.Status(storable(string(p.Status), 64)), storable(p.StatusDetail, 256)
	p.Method, p.Type = storable(p.Method, 64), storable(p.Type, 64)
	return p
}

// storable is a text of somebody else's that a row can hold, of at most so many bytes.
func storable(text string, most int) string {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "")
	}
	return text
}
