// Package notice holds the words that guests and owners read: one catalogue of messages, in as many languages as there are
// translations, and how amounts, dates and times are written. It does no I/O and knows no clock.
//
// What guests type (names, reasons) is data: it is shortened, kept to one line, and escaped; it never becomes a link.
package notice

import "unicode/utf8"

// MaxText is how long the text of a message is at most, in characters, so that it fits into WhatsApp.
const MaxText = 1024

// Recipient is who reads a message.
type Recipient string

// The recipients.
const (
	Guest Recipient = "guest"
	Owner Recipient = "owner"
)

// Kind is what a message is about. Kinds are stored: their names never change.
type Kind string

// What guests are told.
const (
	HoldMade            Kind = "hold_made"               // nights are kept, here is how to pay; Until, Links.Pay
	HoldExpired         Kind = "hold_expired"            // they are no longer, nothing was paid
	ApprovalRequested   Kind = "approval_requested"      // the owner has to say yes first
	Approved            Kind = "approved"                // he did: pay now; Until, Links.Pay
	ApprovalRejected    Kind = "approval_rejected"       // he did not; Reason
	TransferDetails     Kind = "transfer_details"        // where to send Amount, until when; Transfer, Until
	TransferReceived    Kind = "transfer_received"       // it has arrived; Amount
	PaymentPending      Kind = "payment_pending"         // the provider waits for cash, or looks at it; Amount, Until, Links.Voucher
	PaymentRejected     Kind = "payment_rejected"        // or given up, or never paid in cash; ReasonCode, and Links.Pay and Until while there is a hold
	PaymentInReview     Kind = "payment_in_review"       // approved, but not what was asked for; Amount
	PaymentShort        Kind = "payment_short"           // Amount has come, Expected is still missing for the deposit; Until
	PaymentWaits        Kind = "payment_awaits_approval" // Amount has come before the owner has said yes; Until
	Confirmed           Kind = "confirmed"               // by a payment (Amount) or the owner's word (no Amount)
	PaymentReceived     Kind = "payment_received"        // toward the balance of a confirmed stay; Amount
	PaidInFull          Kind = "paid_in_full"            // the last of it; Amount
	LateConfirmed       Kind = "late_confirmed"          // paid when the hold was over, and the nights still free; Amount
	LateRefunded        Kind = "late_refunded"           // the same, but the nights are gone; Refund, Links.Site
	UnconfirmedRefunded Kind = "unconfirmed_refunded"    // the hold ran out with too little paid, or without the owner's yes; Refund is all of it
	ClashRefunded       Kind = "clash_refunded"          // paid, but another channel has sold the nights; Refund is all of it
	CancelledRefunded   Kind = "cancelled_refunded"      // paid for a reservation that had been cancelled; Refund
	ExcessRefunded      Kind = "excess_refunded"         // more than the total was paid; Refund is what goes back
	CancelledByGuest    Kind = "cancelled_by_guest"      // Refund by the policy
	CancelledByOwner    Kind = "cancelled_by_owner"      // Refund, Reason
	RefundDone          Kind = "refund_done"             // a refund was made, by us or at the provider; Refund
	HoldExpiring        Kind = "hold_expiring"           // nights are kept for a few minutes more; Until, Links.Pay
	BalanceDue          Kind = "balance_due"             // the stay is near and not all of it is paid; Links.Pay
	PreArrival          Kind = "pre_arrival"             // how to get there, from when, and what is left to pay; Place, Links.Map
	DepartureDay        Kind = "departure_day"           // until when the guest stays, and thanks; CheckOut
	ThanksReview        Kind = "thanks_review"           // after the stay; Links.Review
)

// What owners are told.
const (
	OwnerConfirmed           Kind = "owner_confirmed"            // a new confirmed stay; Amount, Guest
	OwnerPaymentReceived     Kind = "owner_payment_received"     // Amount toward the balance
	OwnerLateRefunded        Kind = "owner_late_refunded"        // Refund: paid too late, and the nights are gone
	OwnerUnconfirmedRefunded Kind = "owner_unconfirmed_refunded" // Refund: too little in time, or nobody had said yes
	OwnerClashRefunded       Kind = "owner_clash_refunded"       // Refund: another channel has sold the nights
	OwnerCancelledRefunded   Kind = "owner_cancelled_refunded"   // Refund: paid after the cancellation
	OwnerExcessRefunded      Kind = "owner_excess_refunded"      // Refund: more than the total
	OwnerAmountWrong         Kind = "owner_amount_wrong"         // Amount and AmountCurrency against Expected
	OwnerPaymentWaits        Kind = "owner_payment_waits"        // Amount has come for what he has not approved yet; Until
	OwnerTestPayment         Kind = "owner_test_payment"         // a payment in test mode, which confirms nothing
	OwnerUnknownReference    Kind = "owner_unknown_reference"    // a payment of no reservation; Reference, Amount
	OwnerPaymentRefunded     Kind = "owner_payment_refunded"     // Refund at the provider; the nights stay
	OwnerChargeback          Kind = "owner_chargeback"           // Amount is disputed by the card's holder
	OwnerMediation           Kind = "owner_mediation"            // Amount is held for a claim
	OwnerDisputeOver         Kind = "owner_dispute_over"         // Amount is free again
	OwnerFraudAlert          Kind = "owner_fraud_alert"          // the provider takes a payment for fraud; Amount, Payment
	OwnerCancelled           Kind = "owner_cancelled"            // ByOwner, Reason, Refund
	OwnerRefundFailing       Kind = "owner_refund_failing"       // Refund does not go through; Reason
	OwnerRefundDone          Kind = "owner_refund_done"          // one that failed before; Refund
	OwnerRefundByHand        Kind = "owner_refund_by_hand"       // he has to give Refund back himself; Provider, Payment
	OwnerTransferWaiting     Kind = "owner_transfer_waiting"     // a guest is about to transfer Amount; Until
	OwnerApprovalWaiting     Kind = "owner_approval_waiting"     // a guest asks for nights; Until, Links.Admin
	OwnerDoubleBooking       Kind = "owner_double_booking"       // Rival overlaps this stay
	OwnerHandoff             Kind = "owner_handoff"              // a guest on WhatsApp wants a person; Contact, Reason is what he wrote
	OwnerGuestWrote          Kind = "owner_guest_wrote"          // a guest whom the owner answers himself wrote again; Contact, Chat, Reason is what he wrote
	OwnerLoop                Kind = "owner_loop"                 // somebody on WhatsApp, perhaps another program, talks in circles; Contact
	OwnerReceipt             Kind = "owner_receipt"              // a guest sent what shows that he has paid; Contact, Reason is what he wrote
	OwnerUnanswered          Kind = "owner_unanswered"           // a guest on WhatsApp wrote what was not answered: too old, or nobody could; Contact, Reason
	OwnerMessageFailed       Kind = "owner_message_failed"       // a message could not reach a guest in any way; Contact
	OwnerWhatsAppDown        Kind = "owner_whatsapp_down"        // nothing goes over WhatsApp until somebody mends it; ReasonCode
	OwnerTemplateDown        Kind = "owner_template_down"        // Meta has taken a template away; Reason is its name
)

// Kinds returns every kind there is, those of guests first.
func Kinds() []Kind {
	return []Kind{
		HoldMade, HoldExpired, ApprovalRequested, Approved, ApprovalRejected, TransferDetails, TransferReceived,
		PaymentPending, PaymentRejected, PaymentInReview, PaymentShort, PaymentWaits, Confirmed, PaymentReceived, PaidInFull, LateConfirmed, LateRefunded,
		UnconfirmedRefunded, ClashRefunded, CancelledRefunded, ExcessRefunded, CancelledByGuest, CancelledByOwner, RefundDone,
		HoldExpiring, BalanceDue, PreArrival, DepartureDay, ThanksReview,
		OwnerConfirmed, OwnerPaymentReceived, OwnerLateRefunded, OwnerUnconfirmedRefunded, OwnerClashRefunded,
		OwnerCancelledRefunded, OwnerExcessRefunded, OwnerAmountWrong, OwnerPaymentWaits,
		OwnerTestPayment, OwnerUnknownReference, OwnerPaymentRefunded, OwnerChargeback, OwnerMediation, OwnerDisputeOver,
		OwnerFraudAlert, OwnerCancelled, OwnerRefundFailing,
		OwnerRefundDone, OwnerRefundByHand, OwnerTransferWaiting, OwnerApprovalWaiting, OwnerDoubleBooking,
		OwnerHandoff, OwnerGuestWrote, OwnerLoop, OwnerReceipt, OwnerUnanswered, OwnerMessageFailed, OwnerWhatsAppDown, OwnerTemplateDown,
	}
}

// Recipient is who reads messages of this kind: each has one reader.
func (k Kind) Recipient() Recipient {
	if len(k) > len("owner_") && k[:len("owner_")] == "owner_" {
		return Owner
	}
	return Guest
}

// Calendar reports whether the stay's .ics (see StayICS) goes along with messages of this kind.
func (k Kind) Calendar() bool { return k == Confirmed || k == LateConfirmed || k == TransferReceived }

// OnlyWhileHeld reports whether messages of this kind are worth nothing once nights are not kept any more until Facts.Until: what
// has become of the reservation is told by others, and who reads this one later is led astray. See Delivery.Late.
func (k Kind) OnlyWhileHeld() bool {
	switch k {
	case HoldMade, Approved, TransferDetails, PaymentPending:
		return true
	default:
		return k.asks()
	}
}

// asks reports whether a message says that the owner has not said yes or no yet.
func (k Kind) asks() bool { return k == ApprovalRequested || k == OwnerApprovalWaiting }

// Message is what is sent. Text stands alone, in a mail reader without HTML and in WhatsApp; HTML says the same.
type Message struct {
	Subject  string // one line, never empty
	Text     string // at most MaxText characters, lines end in \n
	HTML     string // a whole document, without images or anything else from elsewhere
	Calendar bool   // see Kind.Calendar
}

// Render writes a message in a language; what that language lacks is in Spanish. It never fails: what the facts do not say is
// left out, and a kind that nobody knows becomes a message that only says where to look.
func Render(lang Language, kind Kind, f Facts) Message {
	entry, lang := find(lang, kind)
	v := view(lang, f)
	parts := entry.compose(v)
	m := Message{Subject: oneLine(say(entry.subject, v), maxSubject), Calendar: kind.Calendar()}
	m.Text = plain(parts)
	m.HTML = page(lang, m.Subject, parts)
	return m
}

const maxSubject = 120

// find returns the words of a kind, and the language that they are in.
func find(lang Language, kind Kind) (entry, Language) {
	for _, candidate := range []Language{lang, Spanish} {
		if found, ok := catalogue[candidate][kind]; ok {
			return found, candidate
		}
	}
	if kind.Recipient() == Owner {
		return catalogue[Spanish][ownerOther], Spanish
	}
	return catalogue[Spanish][guestOther], Spanish
}

// What is said where nobody has written anything better.
const (
	guestOther Kind = "other"
	ownerOther Kind = "owner_other"
)

func length(s string) int { return utf8.RuneCountInString(s) }
