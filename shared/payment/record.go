package payment

import (
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

// ErrKeyUsed refuses a payment by hand whose key was given before, with another reservation, provider or amount: a key names one
// payment, whichever way it came.
var ErrKeyUsed = fault.New(fault.Conflict, "payment_key_used", "This key was already used for another payment; use a new one.")

// ErrNothingOwed refuses to open a checkout where nothing is left to be paid.
var ErrNothingOwed = fault.New(fault.Conflict, "nothing_owed", "There is nothing left to pay.")

// Unsettled is a payment that events tell of and that nobody has looked up since.
type Unsettled struct {
	ID        int64 // of the oldest of its events that are not settled: for the next page
	Source    string
	PaymentID string
	Since     time.Time // when the oldest of them came
}

// Waiting is a reservation that the provider may know more of than we do.
type Waiting struct {
	ReservationID int64
	Code          string
	Known         []Found // its payments at the provider, as far as they are known
}

// What a checkout is for.
const (
	Deposit = "deposit"
	Total   = "total"
)

// Opening is a page of the provider on which something of a reservation can be paid, or the claim to ask for one.
type Opening struct {
	ID          int64 // also the attempt: the provider's idempotency key is made of it
	What        string
	Amount      money.Cents
	Currency    string
	ExpiresAt   time.Time // until when the page takes a payment: the end of the hold, or a day from now where there is none
	Link        Link      // empty while there is none
	Mine        bool      // whoever is told so asks the provider, and Stores or Releases; others look again in a moment
	Edition     int       // see Checkout
	Reservation booking.Reservation
	Terms       booking.Terms
}

// RepaymentRow is a repayment with what its row says beside.
type RepaymentRow struct {
	Repayment
	ReservationCode string
	Currency        string
	ProviderID      string // of the refund, once there is one
	LastError       string // in a word
	NextAttempt     time.Time
	CreatedAt       time.Time
	FirstSent       time.Time // the first time that the provider was asked for it, before this one; zero = this is the first
	DoneAt          time.Time
}

// RepaymentEnd is what has become of an attempt to give money back.
type RepaymentEnd struct {
	State   RepaymentState // queued = to be tried again; sent = nobody knows, to be looked for; in_process, done, failed
	Refund  Refund         // as the provider answered; empty where it did not
	Failure string         // in a word, why not; "" = it went well
	Next    time.Time      // when to try or to look again, of what is queued, sent or in process
}

// Row is a payment as it is kept.
type Row struct {
	Payment
	RowID           int64  // for the next page
	ReservationCode string // "" = of none of ours
	Note            string // the owner's
	By              string // who said that it was received; "" = its provider
	FirstSeen       time.Time
}

// Book is all that is kept of a reservation's money, for people to read.
type Book struct {
	Reservation booking.Reservation
	Terms       booking.Terms
	Payments    []Row
	Repayments  []RepaymentRow
	Arrangements
}

// Arrangements is how guests of a cabin pay by transfer, and how they arrive.
type Arrangements struct {
	CheckIn, CheckOut        time.Duration // from and until what time of day, since midnight; 0 = not said
	Address, MapURL          string
	HostName, HostPhone      string // who the guest deals with
	Alias, CBU, Holder, Bank string // where transfers go; without Alias and CBU there are none
}

// Transfers reports whether the cabin can be paid by transfer.
func (a *Arrangements) Transfers() bool { return a.Alias != "" || a.CBU != "" }

// Outcome is what has become of a reservation.
type Outcome struct {
	Reservation booking.Reservation // empty where a payment names none of ours
	Terms       booking.Terms
	Decision    Decision
}
