package payment

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/notice"
)

// Settle decides what follows from all that is known of a reservation's money. It is to be asked whenever something of that has
// changed: a payment was looked at, a repayment has ended, a hold has run out, a calendar was read. It decides by what is, not by
// what happened: asked again about what it has decided, it decides nothing, and what was missed it makes up for.
//
// What counts. Approved payments in the reservation's currency count with what was not given back of them, those in mediation too;
// what was charged back does not, nor do test payments in production and money on other accounts. Another currency never counts.
//
// A live hold is confirmed by the deposit (and by no less than a cent); before, it waits for the owner's yes where he is asked, and
// where another channel has sold the nights it is cancelled and all goes back. Less than the deposit keeps the hold as it is. A
// payment under way keeps it until PendingHold after it was begun; one that failed leaves at least booking.HoldFor to try again.
//
// A hold that has run out is confirmed by the deposit if its nights are free, else all goes back; less than the deposit goes back in
// any case. A payment under way does not revive it: its approval will.
//
// A confirmed reservation stays so whatever becomes of its money: that is for the owner to decide. What exceeds the total goes back.
// Of a cancelled one all goes back but Reservation.Kept; where nobody has decided that, what was approved after the cancellation.
func Settle(a Account, now time.Time) Decision {
	s := begin(a, now)
	s.decide()
	return s.finish()
}

// Stray is what to make of a payment that names no reservation of ours: it may be the owner's own business. He is told once there
// is money.
func Stray(p Payment, now time.Time) Decision {
	s := begin(Account{}, now)
	t := &tally{Payment: &p, name: p.Name()}
	if p.Status == Approved {
		s.tellPaid(t, "", notice.OwnerUnknownReference, notice.Facts{Amount: p.Amount, Currency: p.Currency, Reference: p.ExternalReference})
	}
	s.mark(t, graver(FlagUnknownReference, p.Flag))
	return s.d
}

// settling is a decision that is being made.
type settling struct {
	a        Account
	now      time.Time
	r        booking.Reservation // as it is to be
	list     []*tally
	d        Decision
	told     map[string]bool
	base     money.Cents                // of what is paid: what no payment stands for, from before there was a ledger
	flags    map[*tally]Flag            // beside the tallies' own
	later    map[*tally]money.Cents     // what this decision promises back of each payment, beside what failed before
	again    map[*tally]money.Cents     // what it promises again of what failed
	needless map[*Repayment]money.Cents // how much of what failed need not go back any more

	confirmed bool // just now
	late      bool // after the hold had run out
	byWord    bool // by the owner's and not by a payment
	awaits    bool // there is money, and the owner has not said yes
	because   Because
}

func begin(a Account, now time.Time) *settling {
	s := &settling{
		a: a, now: now, r: a.Reservation, list: a.tallies(),
		told: make(map[string]bool, len(a.Told)), flags: map[*tally]Flag{},
		later: map[*tally]money.Cents{}, again: map[*tally]money.Cents{}, needless: map[*Repayment]money.Cents{},
	}
	for _, key := range a.Told {
		s.told[key] = true
	}
	s.balance()
	for _, t := range s.list {
		s.withdrawBeyond(t)
	}
	if s.r.StatusAt(now) == booking.StatusPreReserved {
		s.withdrawNeedless(s.r.Total - s.have()) // before it is looked at whether enough is paid
	}
	return s
}

// balance writes what the ledger lacks, and adds up what is paid.
func (s *settling) balance() {
	s.base = s.r.Paid
	for _, t := range s.list {
		if !t.counts {
			continue
		}
		booked := map[EntryKind]money.Cents{}
		for _, e := range s.a.Ledger {
			if e.Payment != "" && nameOf(e.Provider, e.Payment) == t.name {
				booked[e.Kind] += e.Amount
				s.base -= e.Amount
			}
		}
		s.enter(t, EntryPayment, t.came-booked[EntryPayment], "paid")
		s.enter(t, EntryRefund, -t.returned-booked[EntryRefund], "refunded")
		s.enter(t, EntryChargeback, -t.taken-booked[EntryChargeback], "charged_back")
	}
}

func (s *settling) enter(t *tally, kind EntryKind, amount money.Cents, event string) {
	if amount == 0 {
		return
	}
	s.d.Ledger = append(s.d.Ledger, Entry{Provider: t.name.Provider, Payment: t.name.ID, Kind: kind, Amount: amount})
	s.r.Paid += amount
	if kind != EntryPayment {
		amount = -amount // "refunded": how much
	}
	s.record(event, map[string]any{"payment": t.name.String(), "amount": amount.String()})
}

func (s *settling) record(event string, details map[string]any) {
	s.d.Events = append(s.d.Events, Event{Name: event, Details: details})
}

// keep is what of a payment is not promised back, by what was decided before or by this decision.
func (s *settling) keep(t *tally) money.Cents { return max(0, t.keep()-s.later[t]) }

// have is what is paid and not promised back.
func (s *settling) have() money.Cents {
	sum := s.base
	for _, t := range s.list {
		if t.counts {
			sum += s.keep(t)
		}
	}
	return sum
}

// sure is have without what is disputed: enough of it confirms.
func (s *settling) sure() money.Cents {
	sum := s.have()
	for _, t := range s.list {
		if t.counts && t.Status != Approved {
			sum -= s.keep(t)
		}
	}
	return sum
}

func (s *settling) enough() bool { return s.sure() >= max(s.r.Deposit, 1) }

func (s *settling) today() civil.Date { return s.day(s.now) }

func (s *settling) day(at time.Time) civil.Date {
	if s.a.Zone == nil {
		return civil.Of(at, time.UTC)
	}
	return civil.Of(at, s.a.Zone)
}

// decide makes of the reservation what its money makes of it.
func (s *settling) decide() {
	switch s.r.StatusAt(s.now) {
	case booking.StatusPreReserved:
		s.hold()
	case booking.StatusExpired:
		s.lapsed()
	}
}

func (s *settling) hold() {
	switch {
	case s.r.Approval == booking.ApprovalWaiting:
		s.awaits = s.sure() > 0
		s.stretch()
	case s.enough() && s.a.Clash:
		s.because = BecauseClash
		s.end(string(BecauseClash), 0)
	case s.enough():
		s.confirm(s.r.Confirm(s.now), "confirmed")
	default:
		s.stretch()
	}
}

// end cancels a reservation of which the owner keeps so much. The states that were asked for before allow it.
func (s *settling) end(reason string, kept money.Cents) {
	if s.r.Cancel(s.now, reason) != nil {
		return
	}
	s.r.Kept = &kept
	s.record("cancelled", map[string]any{"because": string(s.because), "kept": kept.String()})
}

func (s *settling) confirm(err error, event string) bool {
	if err != nil {
		return false
	}
	s.confirmed = true
	s.record(event, map[string]any{"paid": s.r.Paid.String()})
	return true
}

// lapsed confirms a hold that has run out, or says why it is over. One that nobody paid for is left to whoever expires holds.
func (s *settling) lapsed() {
	gone := !s.a.NightsFree || s.a.Clash || s.today().After(s.r.Stay.Nights.From)
	if s.enough() && !gone && s.confirm(s.r.ConfirmLate(s.now, s.today()), "confirmed_late") {
		s.late = true
		return
	}
	s.because = BecauseUnconfirmed
	if gone && s.r.Approval != booking.ApprovalWaiting {
		s.because = BecauseLate
	}
	money := slices.ContainsFunc(s.list, func(t *tally) bool { return t.keep() > 0 })
	if money && s.r.Expire(s.now) == nil {
		s.record("expired", nil)
	}
}

// mostPending is how many times PendingHold a reservation's payments keep its hold together, however many of them are begun: or
// nights could be kept for ever without paying anything.
const mostPending = 3

// until is how long a payment keeps the hold while it is under way; zero = not at all.
func (s *settling) until(t *tally) time.Time {
	begun := orTime(t.DateCreated, t.LastUpdated)
	if begun.IsZero() || !t.counts {
		return time.Time{}
	}
	each := cmp.Or(s.a.PendingHold, PendingHold)
	until := begun.Add(each)
	if latest := s.r.CreatedAt.Add(mostPending * each); !s.r.CreatedAt.IsZero() && until.After(latest) {
		return latest
	}
	return until
}

// stretch keeps a live hold for as long as a payment is under way. Where one that it was kept for has failed it falls back, but
// never below what it was kept for otherwise: the time to try again, the owner's answer, a transfer, another payment.
func (s *settling) stretch() {
	was, least, failed := s.r.ExpiresAt, s.now.Add(booking.HoldFor), false
	if s.r.Approval == booking.ApprovalWaiting {
		least = later(least, s.r.CreatedAt.Add(booking.ApprovalFor))
	}
	for _, t := range s.list {
		switch until := s.until(t); {
		case until.IsZero():
		case t.Status.Waiting():
			s.r.ExpiresAt = later(s.r.ExpiresAt, until)
			least = later(least, until)
		case t.Status == Rejected || t.Status == Cancelled:
			failed = failed || until.Equal(was)
		}
	}
	if failed && !s.transferComes() && least.Before(was) {
		s.r.ExpiresAt = least
	}
	if s.r.ExpiresAt.Equal(was) {
		s.r.ExpiresAt = was
		return
	}
	s.record("hold_moved", map[string]any{"expires_at": s.r.ExpiresAt.UTC().Format(time.RFC3339)})
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// transferComes reports whether the guest has said that he transfers: of that the owner is always told.
func (s *settling) transferComes() bool {
	return slices.ContainsFunc(s.a.Told, func(key string) bool {
		return strings.HasPrefix(strings.TrimPrefix(key, "owner_"), s.transferKey())
	})
}

func (s *settling) transferKey() string { return "transfer:" + s.r.Code + ":" }

// finish does what follows from the state of the reservation.
func (s *settling) finish() Decision {
	s.giveBack()
	s.r.PaymentStatus = s.paymentStatus()
	s.tellPayments()
	s.tellRefunds()
	s.markAll()
	s.d.Reservation, s.d.Changed = s.r, changed(s.a.Reservation, s.r)
	return s.d
}

// changed compares what a decision may change.
func changed(was, is booking.Reservation) bool {
	kept := was.Kept == nil && is.Kept == nil || was.Kept != nil && is.Kept != nil && *was.Kept == *is.Kept
	return !kept || was.Status != is.Status || was.PaymentStatus != is.PaymentStatus || was.Paid != is.Paid ||
		was.Approval != is.Approval || was.CancelReason != is.CancelReason || !was.ExpiresAt.Equal(is.ExpiresAt) ||
		!was.ConfirmedAt.Equal(is.ConfirmedAt) || !was.CancelledAt.Equal(is.CancelledAt)
}

// paymentStatus says how far the reservation is paid. Refunded is where nothing is left of what had come, charged back or given
// back; partially refunded, where something is left that is less than the total and less than what had come for it: payments that
// bought nothing and went back are as if they had never come. Failed is where nothing has come, and the latest try has failed.
func (s *settling) paymentStatus() booking.PaymentStatus {
	came := s.base
	var last *tally
	waits := false
	for _, t := range s.list {
		if !t.counts {
			continue
		}
		came += t.came - t.bounced()
		waits = waits || t.Status.Waiting()
		if last == nil || t.DateCreated.After(last.DateCreated) {
			last = t
		}
	}
	switch paid := s.r.Paid; {
	case paid > 0 && paid >= s.r.Total:
		return booking.PaymentPaid
	case paid > 0 && came > paid:
		return booking.PaymentPartiallyRefunded
	case paid > 0:
		return booking.PaymentPartiallyPaid
	case slices.ContainsFunc(s.list, func(t *tally) bool { return t.counts && t.came > 0 }):
		return booking.PaymentRefunded
	case !waits && last != nil && (last.Status == Rejected || last.Status == Cancelled):
		return booking.PaymentFailed
	case len(s.list) == 0 && s.r.PaymentStatus != "":
		return s.r.PaymentStatus // nobody knows more than the row says
	default:
		return booking.PaymentPending
	}
}

// bounced is what of the payment has gone back because it bought nothing.
func (t *tally) bounced() money.Cents {
	var sum money.Cents
	for _, r := range t.rows {
		if r.State == RepaymentDone && r.Because.bounced() {
			sum += r.Amount
		}
	}
	return min(sum, t.returned)
}
