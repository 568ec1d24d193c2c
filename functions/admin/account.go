package admin

import (
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// account is a reservation's money.
type account struct {
	Reservation stayState `json:"reservation" required:"true"`
	Payments    []paid    `json:"payments" required:"true" nullable:"false"`
	Refunds     []refund  `json:"refunds" required:"true" nullable:"false"`
	Ledger      []entry   `json:"ledger" required:"true" nullable:"false" description:"It adds up to paid_amount"`
	Messages    []message `json:"messages" required:"true" nullable:"false"`
}

// received is a payment that has come, and what follows from it.
type received struct {
	Payment     paid      `json:"payment" required:"true"`
	Refunds     []refund  `json:"refunds" required:"true" nullable:"false" description:"What of the payment is to be given back: it was more than was owed, or bought nothing"`
	Reservation stayState `json:"reservation" required:"true"`
}

// returned is a refund that was made.
type returned struct {
	Refund      refund    `json:"refund" required:"true"`
	Reservation stayState `json:"reservation" required:"true"`
}

// stayState is how a reservation stands.
type stayState struct {
	Code          string                `json:"code" required:"true"`
	Status        booking.Status        `json:"status" required:"true" enum:"pre_reserved,confirmed,completed,no_show,expired,cancelled"`
	PaymentStatus booking.PaymentStatus `json:"payment_status" required:"true" enum:"pending,partially_paid,paid,refunded,partially_refunded,failed"`
	Currency      string                `json:"currency" required:"true"`
	TotalPrice    money.Cents           `json:"total_price" required:"true"`
	DepositAmount money.Cents           `json:"deposit_amount" required:"true"`
	PaidAmount    money.Cents           `json:"paid_amount" required:"true" description:"Received and not given back"`
	KeptAmount    *money.Cents          `json:"kept_amount,omitempty" description:"What the owner keeps of a cancelled one"`
	ExpiresAt     *time.Time            `json:"expires_at,omitempty" description:"When the hold runs out; only of a hold"`
}

func (h *handler) showStay(r *booking.Reservation) stayState {
	shown := stayState{
		Code: r.Code, Status: r.StatusAt(h.Now()), PaymentStatus: r.PaymentStatus, Currency: r.Currency,
		TotalPrice: r.Total, DepositAmount: r.Deposit, PaidAmount: r.Paid, KeptAmount: r.Kept,
	}
	if shown.Status == booking.StatusPreReserved {
		shown.ExpiresAt = web.Instant(r.ExpiresAt)
	}
	return shown
}

// paid is a payment.
type paid struct {
	Provider       string         `json:"provider" required:"true" enum:"mercadopago,transfer,cash"`
	ID             string         `json:"id" required:"true" description:"The provider's; by hand, the reservation's code and the Idempotency-Key, or one that was made up"`
	Status         payment.Status `json:"status" required:"true" description:"In the provider's words: pending, approved, rejected, refunded, charged_back, …"`
	StatusDetail   string         `json:"status_detail,omitempty"`
	Amount         money.Cents    `json:"amount" required:"true"`
	RefundedAmount money.Cents    `json:"refunded_amount" required:"true" description:"Of amount, what the provider says that was given back"`
	Currency       string         `json:"currency" required:"true"`
	Method         string         `json:"method,omitempty" description:"Such as visa or rapipago"`
	Flag           payment.Flag   `json:"flag,omitempty" description:"Why the owner has to look at it"`
	Note           string         `json:"note,omitempty"`
	ReceivedBy     string         `json:"received_by,omitempty" description:"Which owner said that it has come"`
	ApprovedAt     *time.Time     `json:"approved_at,omitempty"`
	SeenAt         time.Time      `json:"seen_at" required:"true" description:"When it was first heard of"`
}

func showPayment(p *payment.Row) paid {
	return paid{
		Provider: p.Provider, ID: p.ID, Status: p.Status, StatusDetail: p.StatusDetail, Amount: p.Amount, RefundedAmount: p.Refunded,
		Currency: p.Currency, Method: p.Method, Flag: p.Flag, Note: p.Note, ReceivedBy: p.By, ApprovedAt: web.Instant(p.DateApproved), SeenAt: p.FirstSeen,
	}
}

// refund is money that goes back, or has.
type refund struct {
	ID            int64                  `json:"id" required:"true"`
	Provider      string                 `json:"provider" required:"true" enum:"mercadopago,transfer,cash"`
	PaymentID     string                 `json:"payment_id" required:"true"`
	Amount        money.Cents            `json:"amount" required:"true"`
	Currency      string                 `json:"currency" required:"true"`
	Reason        payment.Because        `json:"reason" required:"true" enum:"late,unconfirmed,clash,cancelled,cancelled_late,excess"`
	ByHand        bool                   `json:"by_hand" required:"true" description:"The owner gives it back, and says so"`
	State         payment.RepaymentState `json:"state" required:"true" enum:"queued,sent,in_process,done,failed,withdrawn"`
	Attempts      int                    `json:"attempts" required:"true" description:"How often the provider was asked for it without an end"`
	LastError     string                 `json:"last_error,omitempty" description:"Why the provider was asked in vain, in a word"`
	NextAttemptAt *time.Time             `json:"next_attempt_at,omitempty"`
	CreatedAt     time.Time              `json:"created_at" required:"true"`
	DoneAt        *time.Time             `json:"done_at,omitempty"`
}

func showRefund(r *payment.RepaymentRow) refund {
	return refund{
		ID: r.ID, Provider: r.Provider, PaymentID: r.Payment, Amount: r.Amount, Currency: r.Currency, Reason: r.Because, ByHand: r.ByHand, State: r.State,
		Attempts: r.Attempts, LastError: r.LastError, NextAttemptAt: web.Instant(r.NextAttempt), CreatedAt: r.CreatedAt, DoneAt: web.Instant(r.DoneAt),
	}
}

// entry is a line of the ledger.
type entry struct {
	At        time.Time         `json:"at" required:"true"`
	Kind      payment.EntryKind `json:"kind" required:"true" enum:"payment,refund,chargeback"`
	Amount    money.Cents       `json:"amount" required:"true" description:"Below zero where money goes"`
	Provider  string            `json:"provider" required:"true" enum:"mercadopago,transfer,cash"`
	PaymentID string            `json:"payment_id" required:"true"`
}

// message is what was written to somebody, without what it says.
type message struct {
	ID            int64      `json:"id" required:"true"`
	Kind          string     `json:"kind" required:"true"`
	Recipient     string     `json:"recipient" required:"true" enum:"guest,owner"`
	Channel       string     `json:"channel" required:"true" enum:"email,whatsapp"`
	Status        string     `json:"status" required:"true" enum:"queued,sent,failed,given_up"`
	Attempts      int        `json:"attempts" required:"true"`
	LastError     string     `json:"last_error,omitempty" description:"In a word"`
	CreatedAt     time.Time  `json:"created_at" required:"true"`
	SentAt        *time.Time `json:"sent_at,omitempty"`
	NextAttemptAt *time.Time `json:"next_attempt_at,omitempty"`
}

func showMessage(d *notice.Delivery) message {
	return message{
		ID: d.ID, Kind: string(d.Kind), Recipient: string(d.Recipient), Channel: d.Channel, Status: d.Status,
		Attempts: d.Attempts, LastError: d.LastError, CreatedAt: d.CreatedAt, SentAt: web.Instant(d.SentAt), NextAttemptAt: web.Instant(d.NextAttempt),
	}
}
