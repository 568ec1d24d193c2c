package payment

import (
	"slices"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

// A repayment that the provider has refused is ordered again after an hour, and after twice as long each time, up to a day: the
// account may have been empty. After so many refusals it is left to the owner.
const (
	firstRetry  = time.Hour
	longestWait = 24 * time.Hour
	mostRefused = 7 // within three days
)

// giveBack promises back what is not the owner's to keep, the latest payment's money first, and never more than a payment has.
func (s *settling) giveBack() {
	target, because, known := s.target()
	if known {
		s.withdrawNeedless(target - s.have())
	}
	for _, t := range s.list {
		s.retry(t)
	}
	if !known {
		return
	}
	surplus := s.have() - target
	if because == BecauseExcess {
		surplus = s.sure() - target // what is disputed may be lost: nothing is too much because of it
	}
	for _, t := range slices.Backward(s.list) {
		if amount := min(surplus, s.left(t)); t.counts && amount > 0 {
			s.order(t, Repayment{Amount: amount, Because: because})
			surplus -= amount
		}
	}
	s.giveForeignBack(because)
}

// left is what the provider can still be asked to give back of a payment.
func (s *settling) left(t *tally) money.Cents { return max(0, t.left()-s.later[t]) }

// target is how much of what is paid may be kept, and why the rest goes back. It is not known of a hold that has run out unpaid.
func (s *settling) target() (most money.Cents, because Because, known bool) {
	switch s.r.Status {
	case booking.StatusExpired:
		return 0, s.because, true
	case booking.StatusCancelled:
		if s.because == "" {
			s.because = BecauseCancelledLate
		}
		return s.kept(), s.because, true
	case booking.StatusPreReserved:
		return s.r.Total, BecauseExcess, s.r.StatusAt(s.now).Live()
	default:
		return s.r.Total, BecauseExcess, true
	}
}

// kept is what the owner keeps of a cancelled reservation: where nobody has decided, all that had come before.
func (s *settling) kept() money.Cents {
	if s.r.Kept != nil {
		return *s.r.Kept
	}
	before := s.base
	for _, t := range s.list {
		if t.counts && !s.cameAfterwards(t) {
			before += s.keep(t)
		}
	}
	return before
}

// cameAfterwards reports whether a payment was made for what was cancelled already. Where that is not known, it was not.
func (s *settling) cameAfterwards(t *tally) bool {
	return !s.r.CancelledAt.IsZero() && t.DateApproved.After(s.r.CancelledAt)
}

// giveForeignBack promises back what came in another currency for a reservation that is over: it never counted, so that nobody has
// to work out how much of it.
func (s *settling) giveForeignBack(because Because) {
	over := s.r.Status == booking.StatusExpired || s.r.Status == booking.StatusCancelled
	for _, t := range s.list {
		decided := s.r.Status == booking.StatusExpired || s.r.Kept != nil || s.cameAfterwards(t)
		if amount := s.left(t); over && decided && t.foreign && amount > 0 {
			s.order(t, Repayment{Amount: amount, Because: because})
		}
	}
}

// withdrawBeyond withdraws what was promised of a payment that has no longer so much, because it was charged back or given back
// elsewhere.
func (s *settling) withdrawBeyond(t *tally) {
	room := t.net() - (t.flying - t.landed)
	for _, r := range slices.Backward(t.rows) {
		if t.idle > max(0, room) && r.idle() {
			s.withdraw(t, r)
		}
	}
}

// withdrawNeedless withdraws repayments without which no more than the target is kept: so much is lacking, for a payment was
// charged back after they had been ordered. What of one is still needed is ordered anew, and of one that was refused only that.
func (s *settling) withdrawNeedless(lacking money.Cents) {
	clear(s.needless)
	for _, t := range slices.Backward(s.list) {
		for _, r := range slices.Backward(t.rows) {
			if lacking <= 0 || !t.counts || r.Because != BecauseExcess && r.Because != BecauseCancelled {
				continue
			}
			switch {
			case r.idle() && !slices.Contains(s.d.Withdrawn, r.Key()):
				before := s.keep(t)
				s.withdraw(t, r)
				lacking -= s.keep(t) - before
			case r.State == RepaymentFailed && !t.retried(r):
				s.needless[r] = min(lacking, r.Amount) // have does not count it
				lacking -= s.needless[r]
			}
		}
	}
}

func (s *settling) withdraw(t *tally, r *Repayment) {
	t.idle -= r.Amount
	s.d.Withdrawn = append(s.d.Withdrawn, r.Key())
	s.record("refund_withdrawn", map[string]any{"refund": r.Key(), "amount": r.Amount.String()})
}

// retry orders again what was refused, as far as the payment still has it and it is still to go back.
func (s *settling) retry(t *tally) {
	if t.Status != Approved {
		return
	}
	for _, r := range t.rows {
		if r.State != RepaymentFailed || t.retried(r) {
			continue
		}
		room := t.net() - t.flying - t.idle - s.again[t]
		if amount := min(r.Amount-s.needless[r], room); amount > 0 {
			again := Repayment{Amount: amount, Because: r.Because, Retries: r.Ordinal}
			if n := t.refusals(r); n < mostRefused {
				again.NotBefore = s.now.Add(min(firstRetry<<(n-1), longestWait))
			} else {
				again.ByHand = true
			}
			s.again[t] += amount
			s.order(t, again)
		}
	}
}

// order adds a repayment of a payment.
func (s *settling) order(t *tally, r Repayment) {
	r.Provider, r.Payment, r.State = t.name.Provider, t.name.ID, RepaymentQueued
	r.ByHand = r.ByHand || ByHand(r.Provider)
	r.Ordinal = 1
	if len(t.rows) > 0 {
		r.Ordinal = t.rows[len(t.rows)-1].Ordinal + 1
	}
	for i := range s.d.Refunds {
		if s.d.Refunds[i].name() == t.name {
			r.Ordinal = max(r.Ordinal, s.d.Refunds[i].Ordinal+1)
		}
	}
	if r.Retries == 0 {
		s.later[t] += r.Amount // what failed is not counted as kept anyway
	}
	s.d.Refunds = append(s.d.Refunds, r)
	s.record("refund_ordered", map[string]any{"refund": r.Key(), "amount": r.Amount.String(), "because": string(r.Because)})
}
