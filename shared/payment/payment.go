// Package payment is what is known of payments that somebody else takes for us: what a payment, a refund and a notification
// of one are, whether a notification is genuine, and how a guest is told why a card was refused. It does no I/O; whoever
// asks the provider is shared/mercadopago.
package payment

import (
	"errors"
	"regexp"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/money"
)

// Status is how a payment stands, in the provider's words.
// https://www.mercadopago.com.ar/developers/en/reference/payments/_payments_id/get
type Status string

// The states of a payment. Only Rejected and Cancelled are final: an approved one may be given back, disputed, and won.
const (
	Pending     Status = "pending"      // a voucher that is to be paid in a shop, a transfer on its way
	Approved    Status = "approved"     // paid; stays so when a part is given back
	Authorized  Status = "authorized"   // reserved on the card, not taken
	InProcess   Status = "in_process"   // somebody looks at it, for up to two working days
	InMediation Status = "in_mediation" // a dispute: the money is held
	Rejected    Status = "rejected"
	Cancelled   Status = "cancelled" // it ran out, or somebody called it off
	Refunded    Status = "refunded"  // all is given back
	ChargedBack Status = "charged_back"
)

// Waiting reports whether the provider has not made up its mind.
func (s Status) Waiting() bool { return s == Pending || s == Authorized || s == InProcess }

// Payment is what the provider says of one payment when it is asked, which is the only thing that is believed.
type Payment struct {
	Provider     string // MercadoPago (also ""), Transfer, Cash; whoever stores it says so
	ID           string // digits; by hand: whatever is unique
	Status       Status
	StatusDetail string // e.g. accredited, cc_rejected_high_risk; see Reason
	// Amount is what the guest was asked for. What financing costs the guest, or the provider costs us, is not in it.
	Amount   money.Cents
	Refunded money.Cents // of Amount, so far
	Currency string      // e.g. ARS; "" = it was not said
	// ExternalReference is the code of the reservation, as we gave it; whatever it is if the payment is not for one.
	ExternalReference string
	// Live is false for money of a test account, and for a payment that does not say.
	Live        bool
	CollectorID string // whose account it goes to; "" = it was not said

	// Times are UTC, and zero where there is none or it cannot be read.
	DateCreated, DateApproved, LastUpdated time.Time
	Expires                                time.Time // until when a voucher can be paid

	Method string // e.g. visa, rapipago
	Type   string // e.g. credit_card, account_money, ticket, bank_transfer

	Flag Flag // as it is stored, see Mark; the provider says nothing of it
}

// Found is what a search says of a payment. The search lags behind and leaves things out: it says what to ask for, and never
// how much was paid.
type Found struct {
	ID                   string
	Status               Status
	ExternalReference    string
	Created, LastUpdated time.Time // zero where it does not say
}

// Search asks for payments, the oldest first.
type Search struct {
	ExternalReference string    // "" = of anything
	From, To          time.Time // when they were created; zero = any time
	Limit             int       // on this page, at most 100; 0 = 100
	Offset            int       // how many to pass over
}

// Page is what a Search found.
type Page struct {
	Found []Found
	Next  int // the offset of the next page; 0 = this was the last
}

// Checkout asks the provider for a page on which one thing can be paid.
type Checkout struct {
	Reference       string // ExternalReference of the payments: the reservation's code; 1 to 64 letters, digits, - and _
	Title           string // what is paid, as the guest reads it
	Amount          money.Cents
	Currency        string // e.g. ARS
	NotificationURL string // "" = the one of the provider's panel
	Back            Back
	ExpiresAt       time.Time // until when the page takes a payment; zero = for ever
	VoucherUntil    time.Time // until when a voucher that is made on it can be paid in a shop; zero = as the provider likes
	Payer           Payer
	Edition         int    // how many pages for the same were closed before: the provider is not to answer with one of those
	Statement       string // how it is called on a card's statement; the provider shows 13 characters at most
}

// Back is where the guest's browser goes after the checkout. What it brings along is no proof of anything.
type Back struct{ Success, Pending, Failure string }

// Payer is who is expected to pay; each field may be empty.
type Payer struct{ Name, Surname, Email string }

var (
	referenceForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	currencyForm  = regexp.MustCompile(`^[A-Z]{3}$`)
)

// Check says what is wrong with what would be asked. It is about our own mistakes, not the guest's.
func (c Checkout) Check() error {
	switch {
	case !referenceForm.MatchString(c.Reference):
		return errors.New("a checkout's reference has 1 to 64 letters, digits, hyphens and underscores")
	case c.Title == "":
		return errors.New("a checkout needs a title")
	case c.Amount <= 0 || c.Amount > money.Max:
		return errors.New("a checkout's amount is out of range")
	case !currencyForm.MatchString(c.Currency):
		return errors.New("a checkout's currency has three letters")
	}
	return nil
}

// Link is a checkout that exists.
type Link struct {
	ID          string // of the preference, as the provider calls it
	InitPoint   string // where the guest pays
	CollectorID string // whose account the money goes to: ours; "" = it was not said
}

// RefundOrder asks for money to be given back.
type RefundOrder struct {
	PaymentID string
	Amount    money.Cents // 0 = all that has not been given back yet
	// Ordinal tells two refunds of the same amount apart: the number of our own row. The provider takes a repeated order with
	// the same payment, amount and ordinal for the same order, and answers as it did before; after some 24 hours it has
	// forgotten, so an order that old is looked for among the payment's refunds before it is repeated.
	Ordinal int64
}

// RefundStatus is how a refund stands, in the provider's words.
type RefundStatus string

// The states of a refund.
const (
	RefundApproved  RefundStatus = "approved"
	RefundInProcess RefundStatus = "in_process" // ask again later
	RefundRejected  RefundStatus = "rejected"
	RefundCancelled RefundStatus = "cancelled"
)

// Refund is money that was given back, or is about to be.
type Refund struct {
	ID        string
	PaymentID string
	Amount    money.Cents
	Status    RefundStatus
	At        time.Time // UTC; zero = it was not said
}
