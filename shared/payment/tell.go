package payment

import (
	"slices"
	"strconv"
	"strings"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/notice"
)

// Every message is about one thing that happens once, which its key names, so that nobody is told of it twice, whatever kind it is:
//
//	paid:<payment>               what became of an approved payment; owner_paid:… to the owner
//	pending:<payment>            it is under way
//	rejected:<payment>           it failed
//	back:<repayment>             money is promised back (of several at once, the first); owner_back:…
//	returned:<repayment>         it has gone back; owner_returned:… where the owner had been told of difficulties
//	outside:<payment>:<cents>    so much of it in all was given back by others; owner_outside:…
//	owner_failing:<repayment>    the provider has refused it
//	owner_by_hand:<repayment>    the owner has to give it back
//	owner_fraud:<payment>        the provider takes it for fraud
//	owner_disputed:<payment>:<status>, owner_dispute_over:<payment>
//	held:<code>, owner_held:<code>, see Held
//	confirmed:<code>, approved:<code>, cancelled:<code>, owner_cancelled:<code>, transfer:<code>:<cents>, owner_transfer:<code>:<cents>
//
// Keys of payments and repayments begin with the provider's name.

// OwnerInChat is an owner who acts by writing to the system, as histories have it.
const OwnerInChat = "owner:whatsapp"

// AnsweredTo reports whether who acts is told in the answer to what he wrote what a message of a kind would tell him once more.
func AnsweredTo(by string, kind notice.Kind) bool {
	switch kind {
	case notice.OwnerConfirmed, notice.OwnerPaymentReceived, notice.OwnerAmountWrong, notice.OwnerCancelled:
		return by == OwnerInChat
	default:
		return false // among them what is left to him to do
	}
}

// tell adds a message unless it was told before.
func (s *settling) tell(kind notice.Kind, about string, f notice.Facts) {
	key := about
	if kind.Recipient() == notice.Owner {
		key = "owner_" + about
	}
	if kind == "" || s.told[key] {
		return
	}
	s.told[key] = true
	f.Paid = s.r.Paid
	s.d.Messages = append(s.d.Messages, Message{Kind: kind, Key: key, Facts: f})
}

// about are the facts of a payment.
func (s *settling) about(t *tally) notice.Facts {
	f := notice.Facts{Amount: t.Amount, Provider: t.name.Provider, Payment: t.name.ID}
	if t.Currency != s.r.Currency {
		f.AmountCurrency = t.Currency
	}
	return f
}

func (s *settling) tellPaid(t *tally, guest, owner notice.Kind, f notice.Facts) {
	f.Provider, f.Payment = t.name.Provider, t.name.ID
	s.tell(guest, "paid:"+t.name.String(), f)
	s.tell(owner, "paid:"+t.name.String(), f)
}

// tellPayments says what became of each payment.
func (s *settling) tellPayments() {
	confirming := s.confirming()
	if s.confirmed && confirming == nil {
		s.tell(notice.Confirmed, "confirmed:"+s.r.Code, notice.Facts{})
		if !s.byWord {
			s.tell(notice.OwnerConfirmed, "confirmed:"+s.r.Code, notice.Facts{})
		}
	}
	sum := s.base
	for _, t := range s.list {
		if t.counts {
			before := sum
			sum += s.worth(t)
			s.tellPayment(t, t == confirming, before)
		} else {
			s.tellOdd(t)
		}
		s.tellDispute(t)
		s.tellOutside(t)
	}
}

// worth is what of a payment could be kept: also what goes back only as an excess.
func (s *settling) worth(t *tally) money.Cents {
	if t.Status != Approved && t.Status != InMediation {
		return 0
	}
	sum := t.keep()
	for _, r := range t.rows {
		if r.Because == BecauseExcess && (r.flying() || r.idle()) {
			sum += r.Amount
		}
	}
	return min(sum, max(0, t.net()))
}

// confirming is the payment that a confirmation is told with: the last of those that nobody was told of yet.
func (s *settling) confirming() *tally {
	var last *tally
	for _, t := range s.list {
		if s.confirmed && !s.byWord && t.counts && t.Status == Approved && t.keep() > 0 && !s.told["paid:"+t.name.String()] {
			last = t
		}
	}
	return last
}

// tellPayment says what became of a payment that counts. Before is what had been paid for the stay without it and those after it.
func (s *settling) tellPayment(t *tally, confirming bool, before money.Cents) {
	f, live := s.about(t), s.r.StatusAt(s.now) == booking.StatusPreReserved
	if live {
		f.Until = s.r.ExpiresAt
	}
	over := s.r.Status == booking.StatusExpired || s.r.Status == booking.StatusCancelled
	switch {
	case t.Status.Waiting() && (live || s.r.Status == booking.StatusConfirmed):
		s.tell(notice.PaymentPending, "pending:"+t.name.String(), f)
	case t.Status == Rejected || t.Status == Cancelled:
		f.ReasonCode = t.StatusDetail
		s.tell(notice.PaymentRejected, "rejected:"+t.name.String(), f)
	case t.Status != Approved || s.worth(t) == 0 || over:
	case live && s.awaits:
		s.tellPaid(t, paymentAwaitsApproval, ownerAwaitsApproval, f)
		s.flag(t, FlagAwaitsApproval)
	case live:
		s.tellShort(t, f, before)
	case confirming:
		s.tellPaid(t, s.confirmedKind(t), notice.OwnerConfirmed, f)
	case before < s.r.Total && s.r.Status != booking.StatusPreReserved:
		kind := notice.PaymentReceived
		if before+s.worth(t) >= s.r.Total {
			kind = notice.PaidInFull
		}
		s.tellPaid(t, kind, notice.OwnerPaymentReceived, f)
	}
}

func (s *settling) confirmedKind(t *tally) notice.Kind {
	switch {
	case s.late:
		return notice.LateConfirmed
	case t.Provider == Transfer:
		return notice.TransferReceived
	default:
		return notice.Confirmed
	}
}

// tellShort says that less than the deposit has come: to the guest what is missing, to the owner what there should have been.
func (s *settling) tellShort(t *tally, f notice.Facts, before money.Cents) {
	s.flag(t, FlagAmountShort)
	missing := f
	missing.Expected = max(0, s.r.Deposit-s.sure())
	f.Expected = max(0, s.r.Deposit-before)
	s.tell(paymentShort, "paid:"+t.name.String(), missing)
	s.tell(notice.OwnerAmountWrong, "paid:"+t.name.String(), f)
}

// tellOdd says what came that does not count.
func (s *settling) tellOdd(t *tally) {
	f := s.about(t)
	over := s.r.Status == booking.StatusExpired || s.r.Status == booking.StatusCancelled
	switch {
	case t.foreign && (t.Status == Rejected || t.Status == Cancelled):
		f.ReasonCode = t.StatusDetail
		s.tell(notice.PaymentRejected, "rejected:"+t.name.String(), f)
	case t.Status != Approved:
	case t.flag == FlagTestPayment:
		s.tellPaid(t, "", notice.OwnerTestPayment, f)
	case t.flag == FlagWrongAccount:
		f.Reference = t.ExternalReference
		s.tellPaid(t, "", notice.OwnerUnknownReference, f)
	case t.net() > 0 && !over:
		f.Expected = max(0, s.r.Deposit-s.sure())
		s.tellPaid(t, notice.PaymentInReview, notice.OwnerAmountWrong, f)
	}
}

// tellDispute tells the owner of disputes: the nights stay until he decides.
func (s *settling) tellDispute(t *tally) {
	key := "disputed:" + t.name.String() + ":"
	switch {
	case !t.counts && !t.foreign:
	case t.Status == ChargedBack:
		s.tell(notice.OwnerChargeback, key+string(ChargedBack), s.about(t))
	case t.Status == InMediation:
		s.tell(ownerMediation, key+string(InMediation), s.about(t))
	case t.Status == Approved && (s.told["owner_"+key+string(ChargedBack)] || s.told["owner_"+key+string(InMediation)]):
		s.tell(ownerDisputeOver, "dispute_over:"+t.name.String(), s.about(t))
	}
}

// tellOutside tells both of what others gave back: the owner in the provider's panel, or the provider.
func (s *settling) tellOutside(t *tally) {
	about := "outside:" + t.name.String() + ":"
	var before money.Cents
	for _, key := range s.a.Told {
		if rest, ok := strings.CutPrefix(key, about); ok {
			cents, _ := strconv.ParseInt(rest, 10, 64) // a key of ours; else nothing was told
			before = max(before, money.Cents(cents))
		}
	}
	if t.outside <= before || !t.counts && !t.foreign {
		return
	}
	f := s.about(t)
	f.Refund, f.Currency = t.outside-before, f.AmountCurrency
	about += strconv.FormatInt(int64(t.outside), 10)
	s.tell(notice.RefundDone, about, f)
	s.tell(notice.OwnerPaymentRefunded, about, f)
}

// tellRefunds says what is promised back, and what has become of what was promised.
func (s *settling) tellRefunds() {
	s.tellOrders()
	for _, t := range s.list {
		for _, r := range t.rows {
			f := s.aboutBack(t, r)
			root := t.root(r).Key()
			switch {
			case r.State == RepaymentDone:
				s.tell(notice.RefundDone, "returned:"+r.Key(), f)
				if s.told["owner_failing:"+root] && !r.ByHand {
					s.tell(notice.OwnerRefundDone, "returned:"+r.Key(), f)
				}
			case r.State == RepaymentFailed && s.needed(r):
				s.tell(notice.OwnerRefundFailing, "failing:"+root, f)
			}
		}
		s.flagBack(t)
	}
}

// needed reports whether a failed repayment is still to be made.
func (s *settling) needed(r *Repayment) bool { return s.needless[r] < r.Amount }

// flagBack flags a payment of which something does not go back as it should, by what stands after this decision.
func (s *settling) flagBack(t *tally) {
	rows := slices.DeleteFunc(slices.Clone(t.rows), func(r *Repayment) bool { return slices.Contains(s.d.Withdrawn, r.Key()) })
	for i := range s.d.Refunds {
		if r := &s.d.Refunds[i]; r.name() == t.name {
			rows = append(rows, r)
		}
	}
	for _, r := range rows {
		again := slices.ContainsFunc(rows, func(other *Repayment) bool { return other.Retries == r.Ordinal })
		switch {
		case r.ByHand && r.open():
			s.flag(t, FlagRefundByHand)
		case r.Retries > 0 && r.open(), r.State == RepaymentFailed && !again && !t.retried(r) && s.needed(r):
			s.flag(t, FlagRefundFailing)
		}
	}
}

func (s *settling) flag(t *tally, f Flag) { s.flags[t] = graver(s.flags[t], f) }

func (s *settling) aboutBack(t *tally, r *Repayment) notice.Facts {
	f := s.about(t)
	f.Refund, f.Currency = r.Amount, f.AmountCurrency
	return f
}

// tellOrders says what is promised back by this decision: once for all that goes back for one reason in one currency. What is
// ordered again in place of what was refused has been told of. What a cancellation gives back is told with it.
func (s *settling) tellOrders() {
	type bunch struct {
		f   notice.Facts
		key string
	}
	var bunches []*bunch
	of := map[string]*bunch{}
	for i := range s.d.Refunds {
		r := &s.d.Refunds[i]
		t := s.tallyOf(r.name())
		if r.ByHand {
			s.tell(ownerRefundByHand, "by_hand:"+r.Key(), s.aboutBack(t, r))
		}
		if r.Retries > 0 || r.Because == BecauseCancelled {
			continue
		}
		currency := s.aboutBack(t, r).Currency
		if b := of[currency]; b != nil {
			b.f.Refund += r.Amount
			continue
		}
		b := &bunch{s.aboutBack(t, r), r.Key()}
		of[currency], bunches = b, append(bunches, b)
	}
	guest, owner := backKinds(s.backReason())
	for _, b := range bunches {
		s.tell(guest, "back:"+b.key, b.f)
		s.tell(owner, "back:"+b.key, b.f)
	}
}

// backReason is why this decision gives money back; it has one reason for all of it, but for what was refused before.
func (s *settling) backReason() Because {
	for i := range s.d.Refunds {
		if s.d.Refunds[i].Retries == 0 {
			return s.d.Refunds[i].Because
		}
	}
	return ""
}

func backKinds(because Because) (guest, owner notice.Kind) {
	switch because {
	case BecauseLate:
		return notice.LateRefunded, notice.OwnerLateRefunded
	case BecauseClash:
		return clashRefunded, ownerClashRefunded
	case BecauseCancelledLate:
		return notice.CancelledRefunded, notice.OwnerCancelledRefunded
	case BecauseExcess:
		return notice.ExcessRefunded, notice.OwnerExcessRefunded
	default:
		return unconfirmedRefunded, ownerUnconfirmed
	}
}

func (s *settling) tallyOf(name Name) *tally {
	for _, t := range s.list {
		if t.name == name {
			return t
		}
	}
	return nil
}

// markAll writes down which flags have changed.
func (s *settling) markAll() {
	for _, t := range s.list {
		s.mark(t, s.flagOf(t))
	}
}

// flagOf is the gravest of what is wrong with a payment.
func (s *settling) flagOf(t *tally) Flag {
	known := t.Status.Waiting() || rank(t.Status) > 0
	found := s.flags[t]
	switch {
	case t.Status == ChargedBack && (t.counts || t.foreign):
		found = FlagChargedBack
	case t.Status == InMediation && (t.counts || t.foreign):
		found = FlagInMediation
	case t.flag != "" && t.Status == Approved && (t.net() > 0 || !t.foreign):
		found = t.flag
	case s.fraud(t):
		found = FlagFraudAlert
	case !known:
		found = FlagUnknownStatus
	case found == "" && t.outside > 0 && s.r.Status == booking.StatusConfirmed:
		found = FlagRefundedOutside
	}
	return found
}

func (s *settling) mark(t *tally, flag Flag) {
	if flag != t.Flag {
		s.d.Marks = append(s.d.Marks, Mark{t.name, flag})
		s.record("flagged", map[string]any{"payment": t.name.String(), "flag": string(flag)})
	}
	s.d.Flag = graver(s.d.Flag, flag)
}

// graver is the one of two flags that matters more.
func graver(a, b Flag) Flag {
	for _, f := range flags() {
		if f == a || f == b {
			return f
		}
	}
	return ""
}
