package payment_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// world is a reservation, and a provider who knows better than we do how its payments stand.
type world struct {
	*books
	truth []payment.Payment // as they stand at the provider
	words []payment.Payment // everything that the provider ever said, to be heard in any order
	by    map[string]bool   // refunds that it has made, by their keys
	panel bool              // somebody else gave money back, so that ours may be refused
}

func newWorld(t *rapid.T) *world {
	a := account()
	if rapid.Bool().Draw(t, "approval") {
		a = account(waiting)
	}
	a.Production = rapid.Bool().Draw(t, "production")
	a.Reservation.Deposit = rapid.SampledFrom([]money.Cents{0, 1, deposit, total}).Draw(t, "deposit")
	a.Policy = rapid.SampledFrom([]booking.Policy{"flexible", "moderate", "strict"}).Draw(t, "policy")
	return &world{books: open(a), by: map[string]bool{}}
}

func (w *world) say(p *payment.Payment) {
	p.LastUpdated = w.now
	if len(w.words) > 0 && !p.LastUpdated.After(w.words[len(w.words)-1].LastUpdated) {
		p.LastUpdated = w.words[len(w.words)-1].LastUpdated.Add(time.Millisecond)
	}
	if p.Status == payment.Approved && p.DateApproved.IsZero() {
		p.DateApproved = p.LastUpdated
	}
	w.words = append(w.words, *p)
}

func (w *world) pick(t *rapid.T, of func(*payment.Payment) bool) *payment.Payment {
	var fit []*payment.Payment
	for i := range w.truth {
		if of(&w.truth[i]) {
			fit = append(fit, &w.truth[i])
		}
	}
	if len(fit) == 0 {
		t.Skip("none is like that")
	}
	return rapid.SampledFrom(fit).Draw(t, "payment")
}

func (w *world) pay(t *rapid.T) {
	amount := rapid.SampledFrom([]money.Cents{1, deposit / 2, deposit, total - deposit, total, total + 100}).Draw(t, "amount")
	p := paying(len(w.truth), rapid.SampledFrom([]payment.Status{"approved", "approved", "approved", "pending", "in_process", "rejected"}).Draw(t, "status"), amount)
	p.DateCreated, p.DateApproved = w.now, time.Time{}
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0:
		inDollars(&p)
	case 1:
		inTest(&p)
	case 2:
		by(payment.Cash)(&p)
		p.Status = payment.Approved
	}
	w.truth = append(w.truth, p)
	w.say(&w.truth[len(w.truth)-1])
}

// change is the provider's: what was under way is decided, what was approved is disputed.
func (w *world) change(t *rapid.T) {
	next := map[payment.Status][]payment.Status{
		"pending": {"approved", "cancelled", "in_process"}, "in_process": {"approved", "rejected"},
		"approved": {"in_mediation", "charged_back"}, "in_mediation": {"approved", "charged_back"}, "charged_back": {"approved"},
	}
	p := w.pick(t, func(p *payment.Payment) bool { return next[p.Status] != nil && p.Provider == payment.MercadoPago })
	p.Status = rapid.SampledFrom(next[p.Status]).Draw(t, "status")
	w.panel = w.panel || p.Status == payment.ChargedBack || p.Status == payment.InMediation
	w.say(p)
}

func (w *world) giveBack(p *payment.Payment, amount money.Cents) bool {
	if p.Status != payment.Approved || amount > p.Amount-p.Refunded {
		return false
	}
	if p.Refunded += amount; p.Refunded == p.Amount {
		p.Status = payment.Refunded
	}
	w.say(p)
	return true
}

func (w *world) refundInPanel(t *rapid.T) {
	p := w.pick(t, func(p *payment.Payment) bool {
		return p.Status == payment.Approved && p.Provider == payment.MercadoPago
	})
	w.panel = true
	w.giveBack(p, min(p.Amount-p.Refunded, rapid.SampledFrom([]money.Cents{1, deposit, total}).Draw(t, "amount")))
}

// hear learns of something that the provider said, at any time, in any order, and again.
func (w *world) hear(t *rapid.T) {
	if len(w.words) == 0 {
		t.Skip("nothing was said")
	}
	word := rapid.SampledFrom(w.words).Draw(t, "word")
	before := w.Reservation
	w.see(t, word)
	w.judge(t, before)
}

// judge holds a decision against what a person would expect.
func (w *world) judge(t *rapid.T, before booking.Reservation) {
	after := &w.Reservation
	if before.StatusAt(w.now) != booking.StatusConfirmed && after.Status == booking.StatusConfirmed && w.sum(true) < max(after.Deposit, 1) {
		t.Fatalf("%s of %s confirms", w.sum(true), after.Deposit)
	}
	if after.StatusAt(w.now) == booking.StatusPreReserved && after.Approval != booking.ApprovalWaiting && w.sum(true) >= max(after.Deposit, 1) {
		t.Fatalf("%s of %s does not confirm", w.sum(true), after.Deposit)
	}
	if before.Status == booking.StatusConfirmed && after.Status != booking.StatusConfirmed {
		t.Fatalf("a confirmed reservation becomes %s", after.Status)
	}
	if after.Status == booking.StatusPreReserved && after.ExpiresAt.Before(before.ExpiresAt) && after.ExpiresAt.Before(w.now.Add(booking.HoldFor)) {
		t.Fatalf("a hold is shortened to %s", after.ExpiresAt.Sub(w.now))
	}
}

// sum is what is known to be paid and not promised back: for what was approved, or disputed too.
func (w *world) sum(sure bool) money.Cents {
	var sum money.Cents
	for i := range w.Payments {
		p := &w.Payments[i]
		hand := payment.ByHand(p.Provider)
		if p.Currency != "ARS" || w.Production && !p.Live && !hand || p.Status != payment.Approved && (sure || p.Status != payment.InMediation) {
			continue
		}
		left, done, retried := p.Amount, money.Cents(0), map[int]bool{}
		for _, r := range w.Refunds {
			if r.Payment == p.ID {
				retried[r.Retries] = true
			}
		}
		for _, r := range w.Refunds {
			switch {
			case r.Payment != p.ID || r.State == payment.RepaymentWithdrawn || r.State == payment.RepaymentFailed && retried[r.Ordinal]:
			case r.State == payment.RepaymentDone:
				done += r.Amount
			default:
				left -= r.Amount
			}
		}
		sum += max(0, left-max(p.Refunded, done))
	}
	return sum
}

// carry is a step of whoever carries out repayments: each may be the last before he dies.
func (w *world) carry(t *rapid.T) {
	var open []*payment.Repayment
	for i := range w.Refunds {
		if r := &w.Refunds[i]; r.State == payment.RepaymentQueued || r.State == payment.RepaymentSent {
			open = append(open, r)
		}
	}
	if len(open) == 0 {
		t.Skip("nothing is to be given back")
	}
	r := rapid.SampledFrom(open).Draw(t, "repayment")
	w.step(t, r, rapid.Bool().Draw(t, "answer is lost"), rapid.IntRange(0, 9).Draw(t, "account is empty") == 0)
}

func (w *world) step(t *rapid.T, r *payment.Repayment, lost, refused bool) {
	i := slices.IndexFunc(w.truth, func(p payment.Payment) bool { return p.ID == r.Payment })
	switch made := w.by[r.Key()]; {
	case r.ByHand && payment.ByHand(r.Provider):
		r.State = payment.RepaymentDone
	case r.ByHand: // in the panel
		done := w.giveBack(&w.truth[i], r.Amount)
		w.heed(t, &w.truth[i])
		if r = w.row(r.Key()); done && r.State != payment.RepaymentWithdrawn {
			r.State = payment.RepaymentDone
		}
	case made || !refused && w.giveBack(&w.truth[i], r.Amount):
		w.by[r.Key()] = true
		if r.State = payment.RepaymentDone; lost && !made {
			r.State = payment.RepaymentSent
		}
	default:
		if !refused && !w.panel {
			t.Fatalf("the provider has not so much: %+v of %+v", r, w.truth[i])
		}
		r.State = payment.RepaymentFailed
	}
	w.settle(t)
}

// heed hears how a payment stands now.
func (w *world) heed(t failer, p *payment.Payment) { w.see(t, *p) }

func (w *world) cancel(t *rapid.T) {
	who := rapid.SampledFrom([]payment.Who{payment.ByGuest, payment.ByOwner}).Draw(t, "who")
	var override *money.Cents
	if who == payment.ByOwner && rapid.Bool().Draw(t, "override") {
		back := money.Cents(rapid.Int64Range(0, int64(max(0, w.sum(false)))).Draw(t, "back"))
		override = &back
	}
	if d, err := payment.Cancel(w.Account, who, "", override, w.now); err == nil {
		w.write(t, d)
	} else if w.Reservation.StatusAt(w.now).Live() && who == payment.ByOwner {
		t.Fatal(err)
	}
}

func (w *world) word(t *rapid.T) {
	decide := rapid.SampledFrom([]func(payment.Account, time.Time) (payment.Decision, error){payment.Confirm, payment.Approve}).Draw(t, "word")
	if d, err := decide(w.Account, w.now); err == nil {
		w.write(t, d)
	}
}

// TestWhateverHappensEveryCentIsAccountedFor lets a provider, a guest, an owner and time do as they please. Each decision is held
// against books.check and judge on the way; then everything is heard and carried out, and nothing must be left to wait for.
func TestWhateverHappensEveryCentIsAccountedFor(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		t.Repeat(map[string]func(*rapid.T){
			"pay": w.pay, "pay more": w.pay, "change": w.change, "panel": w.refundInPanel, "hear": w.hear, "hear more": w.hear,
			"hear again": w.hear, "carry": w.carry, "carry more": w.carry, "cancel": w.cancel, "word": w.word,
			"time": func(t *rapid.T) {
				w.now = w.now.Add(rapid.SampledFrom([]time.Duration{time.Minute, time.Hour, 24 * time.Hour}).Draw(t, "passes"))
			},
			"nights": func(t *rapid.T) {
				w.NightsFree, w.Clash = rapid.Bool().Draw(t, "free"), rapid.IntRange(0, 3).Draw(t, "clash") == 0
			},
			"settle": func(t *rapid.T) { before := w.Reservation; w.settle(t); w.judge(t, before) },
		})
		w.rest(t)
		w.balance(t)
	})
}

// rest hears everything and carries out everything, until nothing is left to do.
func (w *world) rest(t *rapid.T) {
	w.now = w.now.Add(48 * time.Hour)
	for range 100 {
		for i := range w.truth {
			w.heed(t, &w.truth[i])
		}
		i := slices.IndexFunc(w.Refunds, func(r payment.Repayment) bool {
			held := slices.ContainsFunc(w.truth, func(p payment.Payment) bool { return p.ID == r.Payment && p.Status == payment.InMediation })
			return !held && (r.State == payment.RepaymentQueued || r.State == payment.RepaymentSent)
		})
		if i < 0 {
			w.settle(t)
			return
		}
		w.step(t, &w.Refunds[i], false, false)
		w.now = w.now.Add(24 * time.Hour)
	}
	t.Fatalf("there is no end: %+v", w.Refunds)
}

// balance holds the books against the provider.
func (w *world) balance(t *rapid.T) {
	var received, held money.Cents
	for i := range w.truth {
		p := &w.truth[i]
		counts := p.Currency == "ARS" && (p.Live || !w.Production)
		var byHand money.Cents
		for _, r := range w.Refunds {
			if r.Payment == p.ID && payment.ByHand(p.Provider) && r.State == payment.RepaymentDone {
				byHand += r.Amount
			}
		}
		if counts = counts || payment.ByHand(p.Provider); counts && (p.Status == payment.Approved || p.Status == payment.InMediation) {
			received += p.Amount - p.Refunded - byHand
			if p.Status == payment.InMediation {
				held += p.Amount - p.Refunded
			}
		}
		gone := w.Reservation.StatusAt(w.now) == booking.StatusExpired || w.Reservation.Kept != nil
		if money := p.Live || !w.Production; gone && money && p.Currency != "ARS" && p.Status == payment.Approved && p.Refunded < p.Amount {
			t.Fatalf("dollars wait for ever: %+v", p)
		}
	}
	var entries money.Cents
	for _, e := range w.Ledger {
		entries += e.Amount
	}
	if received != w.Reservation.Paid || entries != received {
		t.Fatalf("the provider has %s of ours, the reservation says %s, the ledger %s", received, w.Reservation.Paid, entries)
	}
	most := w.Reservation.Total
	switch w.Reservation.StatusAt(w.now) {
	case booking.StatusExpired:
		most = 0
	case booking.StatusCancelled:
		most = *w.Reservation.Kept
	}
	if received-held > most { // what is disputed may be kept beside it
		t.Fatalf("%s are kept of %s, where the reservation is %s", received-held, most, w.Reservation.Status)
	}
	if w.Reservation.Status == booking.StatusPreReserved && w.Reservation.Paid > 0 {
		t.Fatalf("a hold with money in it waits for ever: %+v", w.Reservation)
	}
}

// TestPaymentsInAnyOrderComeToTheSame hears of the same payments in two orders, some of them twice.
func TestPaymentsInAnyOrderComeToTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var all []payment.Payment
		for n := range rapid.IntRange(1, 6).Draw(t, "payments") {
			status := rapid.SampledFrom([]payment.Status{"approved", "approved", "rejected", "pending"}).Draw(t, "status")
			p := paying(n, status, rapid.SampledFrom([]money.Cents{1, deposit / 2, deposit, total}).Draw(t, "amount"))
			switch rapid.IntRange(0, 7).Draw(t, "kind") {
			case 0:
				inDollars(&p)
			case 1:
				inTest(&p)
			}
			all = append(all, p)
		}
		states := []func(*payment.Account){func(*payment.Account) {}, waiting}
		state := rapid.SampledFrom(states).Draw(t, "state")
		run := func(order []payment.Payment) string {
			b := open(account(state))
			b.see(t, order...)
			b.see(t, order[0])
			promised := map[payment.Because]money.Cents{}
			for _, r := range b.Refunds {
				promised[r.Because] += r.Amount
			}
			flags := map[string]payment.Flag{}
			for _, p := range b.Payments {
				if f := p.Flag; f != "" {
					flags[p.ID] = f
				}
			}
			r := b.Reservation
			return fmt.Sprintf("%s %s paid %s until %s, back %v, flags %v", r.Status, r.PaymentStatus, r.Paid, r.ExpiresAt, promised, flags)
		}
		one, other := run(all), run(rapid.Permutation(all).Draw(t, "order"))
		// A voucher that is heard of after the confirmation has no hold to extend.
		if diff := cmp.Diff(one, other); diff != "" && !slices.ContainsFunc(all, func(p payment.Payment) bool { return p.Status == payment.Pending }) {
			t.Fatal(diff)
		}
	})
}

func BenchmarkSettle(b *testing.B) {
	a := account()
	for n := range 3 {
		a.Payments = append(a.Payments, approved(n, deposit))
	}
	b.ReportAllocs()
	for b.Loop() {
		payment.Settle(a, noon)
	}
}
