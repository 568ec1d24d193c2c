package payment

import (
	"slices"
	"strconv"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

// Who takes payments. A payment without a provider is Mercado Pago's.
const (
	MercadoPago = "mercadopago"
	Transfer    = "transfer" // into the owner's bank account; he says when it has arrived
	Cash        = "cash"     // into the owner's hand
)

// ByHand reports whether payments come and go by the owner's hand: nobody can be asked about them, or to give them back.
func ByHand(provider string) bool { return slices.Contains(Hands(), provider) }

// Hands are the providers that are ByHand.
func Hands() []string { return []string{Transfer, Cash} }

// PendingHold is how long nights are kept, from when a payment was begun, while its provider makes up its mind; where nothing
// else is set. Networks that take cash need a day.
const PendingHold = 24 * time.Hour

// Account is all that is known of one reservation's money, and what else a decision about it needs.
type Account struct {
	Reservation booking.Reservation // as it is stored, locked; with kept_amount
	Policy      booking.Policy      // of its cabin
	Steps       booking.Steps       // the cabin's own, instead of Policy's; empty = Policy's
	Zone        *time.Location      // the cabin's; nil is UTC

	Payments []Payment   // every one that names the reservation, each once, as Merge left it; in any order
	Refunds  []Repayment // every one that was ever ordered
	Ledger   []Entry     // every entry that was ever written
	Told     []string    // the keys of all messages that were ever written about it

	NightsFree  bool          // a lapsed hold could take its nights again: no other live reservation has one of them
	Clash       bool          // another channel has sold one of them, see booking.Terms
	Production  bool          // test-mode payments count for nothing
	PendingHold time.Duration // how long a payment that is under way keeps a hold, from when it was begun; 0 = PendingHold
	CollectorID string        // whose account payments go to: ours, see Link; "" = not known, and any will do
}

// Name is what a payment is called among all providers'.
type Name struct{ Provider, ID string }

// String is the name in one word: mercadopago:143845427326.
func (n Name) String() string { return n.Provider + ":" + n.ID }

// Name returns what the payment is called.
func (p *Payment) Name() Name { return nameOf(p.Provider, p.ID) }

func nameOf(provider, id string) Name {
	if provider == "" {
		provider = MercadoPago
	}
	return Name{provider, id}
}

// RepaymentState is how far a repayment is carried out.
type RepaymentState string

// The states of a repayment. Money that is queued, sent, in process or failed is promised to the guest and has not gone back.
const (
	RepaymentQueued    RepaymentState = "queued"     // to be asked for; by hand: the owner has not said that it is done
	RepaymentSent      RepaymentState = "sent"       // asked for, and no answer was written down yet
	RepaymentInProcess RepaymentState = "in_process" // the provider is at it
	RepaymentDone      RepaymentState = "done"       // it has gone back
	RepaymentFailed    RepaymentState = "failed"     // refused; Settle orders another in its place
	RepaymentWithdrawn RepaymentState = "withdrawn"  // see Decision.Withdrawn
)

// Because is why money is given back.
type Because string

// The reasons. They are stored: their names never change.
const (
	BecauseLate          Because = "late"           // paid after the hold, and the nights are gone
	BecauseUnconfirmed   Because = "unconfirmed"    // the hold ran out before enough was paid, or before the owner had said yes
	BecauseClash         Because = "clash"          // another channel has sold the nights
	BecauseCancelled     Because = "cancelled"      // what the cancellation gives back
	BecauseCancelledLate Because = "cancelled_late" // paid for what was cancelled already
	BecauseExcess        Because = "excess"         // more than the total
)

// bounced reports whether the payment bought nothing: it is as if it had never come.
func (b Because) bounced() bool { return b != BecauseCancelled && b != BecauseExcess }

// Repayment is money that we give back: a row first, then a request to the provider, then an outcome.
type Repayment struct {
	ID       int64 // of its row; 0 = not written yet
	Provider string
	Payment  string      // the payment's ID
	Ordinal  int         // of all repayments of that payment, from 1
	Amount   money.Cents // more than 0, in the payment's currency
	Because  Because
	// ByHand is one that the owner carries out himself, and then says so: of a transfer, of cash, and of what the provider has
	// refused too often.
	ByHand   bool
	State    RepaymentState
	Attempts int // how often it was asked for so far, without an end
	// Retries is the ordinal of the failed one in whose place this one is; 0 = none. The guest has been told of that one.
	Retries   int
	NotBefore time.Time // when to ask; zero = now
}

// Key is the repayment's name, always the same: whoever decides the same again, before or after it was written, orders nothing
// twice.
func (r *Repayment) Key() string { return r.name().String() + ":" + strconv.Itoa(r.Ordinal) }

// Order is what to ask the provider for.
func (r *Repayment) Order() RefundOrder {
	return RefundOrder{PaymentID: r.Payment, Amount: r.Amount, Ordinal: int64(r.Ordinal)}
}

func (r *Repayment) name() Name { return nameOf(r.Provider, r.Payment) }

// idle reports whether nobody has been asked for it, so that it can still be withdrawn.
func (r *Repayment) idle() bool { return r.State == RepaymentQueued && r.Attempts == 0 }

// flying reports whether the money may have gone back already without our knowing.
func (r *Repayment) flying() bool {
	return r.State == RepaymentSent || r.State == RepaymentInProcess || r.State == RepaymentQueued && r.Attempts > 0
}

// open reports whether it is neither done nor given up.
func (r *Repayment) open() bool { return r.idle() || r.flying() }

// EntryKind is what an entry of the ledger is about.
type EntryKind string

// The kinds of entries. Each may be of either sign: what is undone is an entry of its own.
const (
	EntryPayment    EntryKind = "payment"    // money has come
	EntryRefund     EntryKind = "refund"     // money has gone back, through us or elsewhere
	EntryChargeback EntryKind = "chargeback" // money was taken back, or won again
)

// Entry is a line of the ledger, which is only ever added to. What of a reservation is paid is the sum of its entries.
type Entry struct {
	Provider string
	Payment  string // the payment's ID; "" = what was paid before there was a ledger
	Kind     EntryKind
	Amount   money.Cents // in the reservation's currency; below zero where money goes
}

// Look is the job to ask a provider how a payment stands, and to settle what it says.
type Look struct {
	Provider  string `json:"provider"`
	PaymentID string `json:"payment_id"`
	// Event is what made us look: a notification's EventID, a guest's return at a time. A look from before something happened says
	// nothing of what came after, so that looks are unique by it and not by the payment alone: the queue remembers for a day.
	Event string    `json:"event"`
	After time.Time `json:"after,omitzero"` // not before; zero = now
	// Fraud says that the provider takes the payment for fraud, see TopicStopDelivery: the owner is told, whatever a look finds.
	Fraud bool `json:"fraud,omitempty"`
}

// Kind names the job.
func (Look) Kind() string { return "payment_look" }

// UniqueKey tells looks apart: the same payment for the same reason is looked at once.
func (l Look) UniqueKey() string { return nameOf(l.Provider, l.PaymentID).String() + ":" + l.Event }

// RunAt is when to look.
func (l Look) RunAt() time.Time { return l.After }

// Return is the job to carry out a repayment.
type Return struct {
	RefundID int64     `json:"refund_id"`      // Repayment.ID
	After    time.Time `json:"after,omitzero"` // Repayment.NotBefore
}

// Kind names the job.
func (Return) Kind() string { return "payment_return" }

// RunAt is when to carry it out.
func (r Return) RunAt() time.Time { return r.After }
