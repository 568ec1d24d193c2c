package payment

import (
	"encoding/json"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/notice"
)

// Flag is why the owner has to look at a payment; "" = all is well. Flags are stored: their names never change.
type Flag string

// The flags, the gravest first.
const (
	FlagChargedBack      Flag = "charged_back"
	FlagInMediation      Flag = "in_mediation"
	FlagWrongAccount     Flag = "wrong_account"     // it went to an account that is not ours
	FlagWrongCurrency    Flag = "wrong_currency"    // it never counts
	FlagTestPayment      Flag = "test_payment"      // in production; it is no money
	FlagFraudAlert       Flag = "fraud_alert"       // the provider takes it for fraud, see FraudAlert
	FlagUnknownReference Flag = "unknown_reference" // see Stray
	FlagUnknownStatus    Flag = "unknown_status"    // a word of the provider's that nobody knows
	FlagRefundByHand     Flag = "refund_by_hand"    // the owner has to give something back
	FlagRefundFailing    Flag = "refund_failing"    // the provider has refused it, and is asked again
	FlagAwaitsApproval   Flag = "awaits_approval"   // paid, and the owner has not said yes to the reservation
	FlagAmountShort      Flag = "amount_short"      // what was paid in all does not confirm the hold
	FlagRefundedOutside  Flag = "refunded_outside"  // given back by somebody else; the nights stay
)

// flags are in the order of gravity.
func flags() []Flag {
	return []Flag{
		FlagChargedBack, FlagInMediation, FlagWrongAccount, FlagWrongCurrency, FlagTestPayment, FlagFraudAlert, FlagUnknownReference,
		FlagUnknownStatus, FlagRefundByHand, FlagRefundFailing, FlagAwaitsApproval, FlagAmountShort, FlagRefundedOutside,
	}
}

// Mark is a payment's new flag.
type Mark struct {
	Name
	Flag Flag
}

// Message is a row of messages to be written, and a job to deliver it. The recipient is the kind's.
type Message struct {
	Kind notice.Kind
	Key  string // always the same for what is told; one that Told knows is left out
	// Facts are the numbers of the moment: amounts, payment, reasons, Until, ByOwner. Whoever delivers adds names, addresses,
	// links and the zone. Numbers is what to keep of them.
	Facts notice.Facts
}

// Numbers is the JSON of those Facts that say something, so that it can be read over a notice.Facts that holds the rest.
func (m *Message) Numbers() ([]byte, error) {
	f := m.Facts
	return json.Marshal(struct {
		Paid                     money.Cents // also 0: whoever reads it later may know of more
		Currency, AmountCurrency string      `json:",omitempty"`
		Amount, Expected, Refund money.Cents `json:",omitzero"`
		Provider, Payment        string      `json:",omitempty"`
		Reference                string      `json:",omitempty"`
		ReasonCode, Reason       string      `json:",omitempty"`
		ByOwner                  bool        `json:",omitempty"`
		Until                    time.Time   `json:",omitzero"`
	}{
		f.Paid, f.Currency, f.AmountCurrency, f.Amount, f.Expected, f.Refund, f.Provider, f.Payment, f.Reference,
		f.ReasonCode, f.Reason, f.ByOwner, f.Until,
	})
}

// Event is a line of the reservation's history. Details hold no guest's data; amounts are texts, as in all JSON of ours.
type Event struct {
	Name    string
	Details map[string]any // nil = none
}

// Decision is what to make of an account: all of it is written in one transaction, or nothing.
type Decision struct {
	// Reservation is as it is to be: Status, PaymentStatus, Paid, Approval, ExpiresAt, ConfirmedAt, CancelledAt, CancelReason and
	// Kept (kept_amount, which may be null) may have changed, and nothing else.
	Reservation booking.Reservation
	Changed     bool        // something of that has
	Ledger      []Entry     // to be added
	Refunds     []Repayment // to be written as queued and, but for those by hand, carried out: each a job Return
	// Withdrawn are the keys of queued repayments that nobody was asked for yet and that are not to be carried out: the payment has
	// no longer so much, or nothing is too much any more. Their state is withdrawn, for good.
	Withdrawn []string
	Messages  []Message
	Events    []Event
	Marks     []Mark // payments whose flag has changed
	Flag      Flag   // the gravest of all flags as they are now
}

// Answered is a decision about what a guest has just done himself, in a chat where whoever answers him tells him of it: nothing else
// does. The owner is told all the same.
func (d Decision) Answered() Decision {
	all := d.Messages
	d.Messages = nil
	for _, m := range all {
		if m.Kind != notice.CancelledByGuest && m.Kind != notice.TransferDetails {
			d.Messages = append(d.Messages, m)
		}
	}
	return d
}

// Empty reports whether there is nothing to write.
func (d *Decision) Empty() bool {
	return !d.Changed && d.Ledger == nil && d.Refunds == nil && d.Withdrawn == nil && d.Messages == nil && d.Events == nil && d.Marks == nil
}
