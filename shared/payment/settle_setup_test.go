package payment_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// noon is when everything here happens; the hold of account runs out 20 minutes later.
var noon = time.Date(2026, time.December, 1, 15, 0, 0, 0, time.UTC)

const (
	deposit = money.Cents(10_200_00)
	total   = money.Cents(34_000_00)
)

// account is that of a live hold for which nobody has paid, in production, from the 10th to the 13th.
func account(changes ...func(*payment.Account)) payment.Account {
	a := payment.Account{
		Reservation: booking.Reservation{
			ID: 7, Code: "7K3M9Q", Status: booking.StatusPreReserved, PaymentStatus: booking.PaymentPending, Currency: "ARS",
			Total: total, Deposit: deposit, CreatedAt: noon.Add(-10 * time.Minute), ExpiresAt: noon.Add(20 * time.Minute),
			Stay: booking.Stay{Nights: civil.Nights{From: civil.New(2026, 12, 10), To: civil.New(2026, 12, 13)}, Guests: 2},
		},
		Policy: booking.PolicyModerate, Zone: time.FixedZone("", -3*60*60), NightsFree: true, Production: true, CollectorID: "239610915",
	}
	for _, change := range changes {
		change(&a)
	}
	return a
}

func lapsed(a *payment.Account) { a.Reservation.ExpiresAt = noon.Add(-time.Hour) }
func taken(a *payment.Account)  { a.NightsFree = false }
func clash(a *payment.Account)  { a.Clash = true }
func waiting(a *payment.Account) {
	a.Reservation.Approval, a.Reservation.ExpiresAt = booking.ApprovalWaiting, a.Reservation.CreatedAt.Add(booking.ApprovalFor)
}

// paying is a payment of so much; its number orders payments in time.
func paying(n int, status payment.Status, amount money.Cents, changes ...func(*payment.Payment)) payment.Payment {
	at := noon.Add(-5*time.Minute + time.Duration(n)*time.Second)
	p := payment.Payment{
		Provider: payment.MercadoPago, ID: fmt.Sprint(143_000 + n), Status: status, Amount: amount, Currency: "ARS", Live: true,
		CollectorID: "239610915", ExternalReference: "7K3M9Q", DateCreated: at, LastUpdated: at,
	}
	if status == payment.Approved {
		p.DateApproved = at
	}
	for _, change := range changes {
		change(&p)
	}
	return p
}

func approved(n int, amount money.Cents, changes ...func(*payment.Payment)) payment.Payment {
	return paying(n, payment.Approved, amount, changes...)
}

func by(provider string) func(*payment.Payment) {
	return func(p *payment.Payment) {
		p.Provider, p.Live, p.CollectorID, p.ID = provider, false, "", "hand-"+p.ID
	}
}

func inTest(p *payment.Payment)    { p.Live = false }
func inDollars(p *payment.Payment) { p.Currency = "USD" }

// books is an account over time: what is decided is written into it, as a store would.
type books struct {
	payment.Account
	now time.Time
	// all that was ever decided
	messages []payment.Message
	events   []string
}

func open(a payment.Account) *books { return &books{Account: a, now: noon} }

// see merges payments into the account, one by one, and settles after each.
func (b *books) see(t failer, seen ...payment.Payment) payment.Decision {
	t.Helper()
	var last payment.Decision
	for _, p := range seen {
		i := slices.IndexFunc(b.Payments, func(known payment.Payment) bool { return known.Name() == p.Name() })
		if i < 0 {
			b.Payments = append(b.Payments, payment.Payment{})
			i = len(b.Payments) - 1
		}
		b.Payments[i], _ = payment.Merge(b.Payments[i], p)
		last = b.settle(t)
	}
	return last
}

type failer interface {
	Helper()
	Fatalf(string, ...any)
}

func (b *books) settle(t failer) payment.Decision {
	t.Helper()
	d := payment.Settle(b.Account, b.now)
	b.write(t, d)
	return d
}

// write does what a store does with a decision, and holds it against what is true of any.
func (b *books) write(t failer, d payment.Decision) {
	t.Helper()
	b.check(t, d)
	b.Reservation = d.Reservation
	b.Ledger = append(b.Ledger, d.Ledger...)
	for _, r := range d.Refunds {
		r.ID = int64(len(b.Refunds) + 1)
		b.Refunds = append(b.Refunds, r)
	}
	for _, key := range d.Withdrawn {
		b.row(key).State = payment.RepaymentWithdrawn
	}
	for _, m := range d.Messages {
		b.Told = append(b.Told, m.Key)
	}
	for _, mark := range d.Marks {
		for i := range b.Payments {
			if b.Payments[i].Name() == mark.Name {
				b.Payments[i].Flag = mark.Flag
			}
		}
	}
	b.messages = append(b.messages, d.Messages...)
	for _, e := range d.Events {
		b.events = append(b.events, e.Name)
	}
	if again := payment.Settle(b.Account, b.now); !again.Empty() {
		t.Fatalf("what was decided is decided again: %+v\nafter %+v\nof %+v", again, d, b.Account)
	}
}

func (b *books) row(key string) *payment.Repayment {
	for i := range b.Refunds {
		if b.Refunds[i].Key() == key {
			return &b.Refunds[i]
		}
	}
	return nil
}

// check holds a decision against what is true of every one.
func (b *books) check(t failer, d payment.Decision) {
	t.Helper()
	paid := b.Reservation.Paid
	for _, e := range d.Ledger {
		paid += e.Amount
	}
	if paid != d.Reservation.Paid {
		t.Fatalf("paid is %s, its entries say %s", d.Reservation.Paid, paid)
	}
	for _, m := range d.Messages {
		if slices.Contains(b.Told, m.Key) || m.Kind == "" {
			t.Fatalf("%s is told again: %+v", m.Key, m)
		}
	}
	promised := map[payment.Name]money.Cents{}
	for _, r := range b.Refunds {
		if r.State == payment.RepaymentQueued || r.State == payment.RepaymentSent || r.State == payment.RepaymentInProcess {
			if !slices.Contains(d.Withdrawn, r.Key()) {
				promised[payment.Name{Provider: r.Provider, ID: r.Payment}] += r.Amount
			}
		}
	}
	for _, r := range d.Refunds {
		name := payment.Name{Provider: r.Provider, ID: r.Payment}
		i := slices.IndexFunc(b.Payments, func(p payment.Payment) bool { return p.Name() == name })
		promised[name] += r.Amount
		if p := b.Payments[i]; r.Amount <= 0 || p.Status != payment.Approved || promised[name] > p.Amount-p.Refunded || b.row(r.Key()) != nil {
			t.Fatalf("%s of %+v is promised back by %+v", promised[name], p, r)
		}
	}
	if !d.Changed && cmp.Diff(b.Reservation, d.Reservation) != "" {
		t.Fatalf("the reservation changes in silence:\n%s", cmp.Diff(b.Reservation, d.Reservation))
	}
}

// end carries out a repayment: the provider makes it, and says so of the payment.
func (b *books) end(t failer, key string, state payment.RepaymentState) payment.Decision {
	t.Helper()
	r := b.row(key)
	if r == nil {
		t.Fatalf("there is no repayment %s", key)
		return payment.Decision{}
	}
	r.State = state
	for i := range b.Payments {
		if p := &b.Payments[i]; state == payment.RepaymentDone && p.Name() == (payment.Name{Provider: r.Provider, ID: r.Payment}) && !r.ByHand {
			p.Refunded += r.Amount
			p.LastUpdated = p.LastUpdated.Add(time.Minute)
			if p.Refunded == p.Amount {
				p.Status = payment.Refunded
			}
		}
	}
	return b.settle(t)
}

// kinds are the messages of a decision.
func kinds(d payment.Decision) []string {
	var list []string
	for _, m := range d.Messages {
		list = append(list, string(m.Kind))
	}
	return list
}

// want compares what was decided with what should have been.
type want struct {
	status   booking.Status
	payment  booking.PaymentStatus
	paid     money.Cents
	back     []string // key and amount and reason
	messages []string
	flag     payment.Flag
}

func (w want) of(t *testing.T, d payment.Decision) {
	t.Helper()
	var back []string
	for _, r := range d.Refunds {
		text := fmt.Sprintf("%s %s %s", r.Key(), r.Amount, r.Because)
		if r.ByHand {
			text += " by hand"
		}
		back = append(back, text)
	}
	got := want{d.Reservation.Status, d.Reservation.PaymentStatus, d.Reservation.Paid, back, kinds(d), d.Flag}
	if diff := cmp.Diff(w, got, cmp.AllowUnexported(want{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
