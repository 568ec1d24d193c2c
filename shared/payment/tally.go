package payment

import (
	"cmp"
	"slices"

	"github.com/eevans-d/sist-cabanas/shared/money"
)

// tally is what one payment comes to.
type tally struct {
	*Payment
	name Name
	flag Flag
	// counts says that it is money of the reservation's; foreign, that it is money, in another currency. Money that is neither is none
	// of ours: of a test account, or on its way to somebody else's.
	counts, foreign bool

	came, returned, taken money.Cents // in all; given back, through us or elsewhere; charged back
	// What is promised back and has not gone yet: idle are repayments that nobody was asked for, flying those that may have gone
	// without our knowing, failed those that were refused and that no other stands for yet.
	idle, flying, failed money.Cents
	outside              money.Cents // of returned: not through us, as far as can be told
	landed               money.Cents // of flying: has gone, as far as can be told
	rows                 []*Repayment
}

// net is what was received and not given back.
func (t *tally) net() money.Cents { return t.came - t.returned - t.taken }

// keep is what of net is not promised back either. Where a repayment that is under way may have gone back already it counts twice,
// so that at no time more is promised than there is.
func (t *tally) keep() money.Cents {
	if !t.counts && !t.foreign {
		return 0
	}
	return max(0, t.net()-t.flying-t.idle-t.failed)
}

// left is keep where the provider can be asked to give it back: not of money that is held for a dispute.
func (t *tally) left() money.Cents {
	if t.Status != Approved {
		return 0
	}
	return t.keep()
}

// tallies are those of all payments, in the order in which they were paid.
func (a *Account) tallies() []*tally {
	list := make([]*tally, 0, len(a.Payments))
	for i := range a.Payments {
		t := &tally{Payment: &a.Payments[i], name: a.Payments[i].Name()}
		a.judge(t)
		for j := range a.Refunds {
			if r := &a.Refunds[j]; r.name() == t.name {
				t.rows = append(t.rows, r)
			}
		}
		slices.SortFunc(t.rows, func(x, y *Repayment) int { return cmp.Compare(x.Ordinal, y.Ordinal) })
		t.count()
		list = append(list, t)
	}
	slices.SortFunc(list, func(x, y *tally) int {
		return cmp.Or(x.DateApproved.Compare(y.DateApproved), x.DateCreated.Compare(y.DateCreated), cmp.Compare(x.name.String(), y.name.String()))
	})
	return list
}

// judge says whether a payment is money, and the reservation's.
func (a *Account) judge(t *tally) {
	byHand := ByHand(t.Provider)
	currency := t.Currency == a.Reservation.Currency || byHand && t.Currency == ""
	switch {
	case !byHand && a.CollectorID != "" && t.CollectorID != "" && a.CollectorID != t.CollectorID:
		t.flag = FlagWrongAccount
	case !byHand && a.Production && !t.Live:
		t.flag = FlagTestPayment
	case !currency:
		t.flag, t.foreign = FlagWrongCurrency, true
	default:
		t.counts = true
	}
}

// count adds up. Given back is what the provider says, or what we know that it has done for us if that is more: a payment that was
// looked at before a refund was made says less. The two are not added: what we gave back is in what the provider says.
func (t *tally) count() {
	var done money.Cents
	for _, r := range t.rows {
		switch {
		case r.State == RepaymentDone:
			done += r.Amount
		case r.flying():
			t.flying += r.Amount
		case r.idle():
			t.idle += r.Amount
		case r.State == RepaymentFailed && !t.retried(r):
			t.failed += r.Amount
		}
	}
	switch t.Status {
	case Approved, InMediation, ChargedBack:
		t.came, t.returned = t.Amount, min(max(t.Payment.Refunded, done), t.Amount)
	case Refunded:
		t.came, t.returned = t.Amount, t.Amount
	}
	unexplained := max(0, t.returned-done)
	t.landed = min(unexplained, t.flying)
	t.outside = unexplained - t.landed
	if t.Status == ChargedBack {
		t.taken = t.came - t.returned
	}
}

// retried reports whether another repayment stands for a failed one.
func (t *tally) retried(failed *Repayment) bool {
	return slices.ContainsFunc(t.rows, func(r *Repayment) bool { return r.Retries == failed.Ordinal })
}

// refusals is how many repayments in a row were refused, up to and including r.
func (t *tally) refusals(r *Repayment) int {
	n := 0
	for r != nil && r.State == RepaymentFailed {
		n++
		r = t.row(r.Retries)
	}
	return n
}

// root is the repayment that the guest was told of: the one that r and all before it stand for.
func (t *tally) root(r *Repayment) *Repayment {
	for {
		before := t.row(r.Retries)
		if before == nil {
			return r
		}
		r = before
	}
}

// row finds a repayment that is older than all that stand for it, so that whoever follows Retries comes to an end.
func (t *tally) row(ordinal int) *Repayment {
	if i := slices.IndexFunc(t.rows, func(r *Repayment) bool { return r.Ordinal == ordinal && r.Retries < ordinal }); ordinal > 0 && i >= 0 {
		return t.rows[i]
	}
	return nil
}
