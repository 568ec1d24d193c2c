package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago/mptest"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// moneyWorlds is how many databases the stories are spread over; each has as many stories as -rapid.checks says, 100 by default.
const moneyWorlds = 20

// TestMoneyModel tells stories of guests, an owner, a provider and processes that die, in any order, and looks after every step
// whether the books are right. In the end all that is under way comes to an end, and then everything has to be settled and told.
func TestMoneyModel(t *testing.T) {
	t.Parallel()
	for n := range moneyWorlds {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			w := newMoneyWorld(t)
			clean := true
			rapid.Check(t, func(t *rapid.T) {
				if !clean {
					w.clear(t)
				}
				clean = false
				tellMoneyStory(t, w)
				clean = true
			})
		})
	}
}

// clear takes away what a story has left that did not come to its end.
func (w *moneyWorld) clear(t *rapid.T) {
	w.cut.disarm()
	w.mp.Heal()
	w.exec(t, `truncate model_jobs, inbox, checkouts, payments, refunds, ledger, messages, reservation_events, reservations, calendar_events, calendar_conflicts`)
	for _, h := range w.mp.Outbox() {
		w.mp.Drop(h.ID) //nolint:errcheck // it is there
	}
	w.mu.Lock()
	w.mailDown = 0
	w.mu.Unlock()
}

// story is a run of the model over a cabin of its own.
type story struct {
	*moneyWorld
	t      *rapid.T
	cabin  int64
	today  civil.Date
	codes  []string
	passed time.Duration
	before int64 // the last message of those before it
}

func tellMoneyStory(t *rapid.T, w *moneyWorld) {
	w.pass(30 * 24 * time.Hour) // what was paid in earlier stories is of no interest any more
	s := &story{moneyWorld: w, t: t, today: civil.Of(w.now(), time.UTC)}
	policy := rapid.SampledFrom([]string{"flexible", "moderate", "strict"}).Draw(t, "policy")
	deposit := rapid.SampledFrom([]int{30, 30, 0, 100}).Draw(t, "deposit percent")
	s.cabin = askMoney[int64](w, t, `
		insert into accommodations (name, type, capacity, base_price, cancellation_policy, deposit_percent) values ('Lake', 'cabin', 4, 10000, $1, $2) returning id`,
		policy, deposit)[0]
	s.before = askMoney[int64](w, t, `select coalesce(max(id), 0) from messages`)[0]
	s.reserve()
	for range rapid.IntRange(5, 12).Draw(t, "steps") {
		s.step()
	}
	s.rest()
	s.lookAtBooks()
	s.lookAtEnd()
}

// step does one thing, and looks at the books unless it was done elsewhere.
func (s *story) step() {
	actions := []struct {
		weight int
		name   string
		do     func()
		away   bool
	}{
		{weight: 3, name: "reserve", do: s.reserve},
		{weight: 5, name: "pay", do: s.buy},
		{weight: 5, name: "deliver", do: s.deliverOne},
		{weight: 2, name: "deliver again", do: s.deliverAgain},
		{weight: 2, name: "lose", do: s.lose, away: true},
		{weight: 8, name: "work", do: s.workOne},
		{weight: 4, name: "change", do: s.change, away: true},
		{weight: 4, name: "tick", do: s.tick},
		{weight: 1, name: "expire", do: s.writeOff},
		{weight: 3, name: "cancel", do: s.cancel},
		{weight: 1, name: "confirm", do: s.confirm},
		{weight: 2, name: "receive", do: s.receive},
		{weight: 1, name: "transfer", do: s.transfer},
		{weight: 1, name: "give back by hand", do: s.giveBackByHand},
		{weight: 2, name: "trouble", do: s.trouble, away: true},
		{weight: 3, name: "reconcile", do: s.look},
		{weight: 1, name: "block", do: s.block},
		{weight: 1, name: "stray", do: s.stray, away: true},
	}
	var bag []int
	for n, a := range actions {
		for range a.weight {
			bag = append(bag, n)
		}
	}
	a := actions[rapid.SampledFrom(bag).Draw(s.t, "action")]
	s.t.Log(a.name)
	if a.do(); !a.away {
		s.lookAtBooks()
	}
}

// risk does something during which the process may die. What it refuses is no error; what it could not do is tried again by
// whoever wanted it, or not.
func (s *story) risk(do func(context.Context) error) error {
	dies := rapid.IntRange(0, 7).Draw(s.t, "dies") == 0
	if dies {
		s.cut.arm(rapid.IntRange(1, 14).Draw(s.t, "statement"), rapid.Bool().Draw(s.t, "and it is done"))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	err := do(ctx)
	fired := s.cut.disarm()
	if !fired {
		s.sound(err)
	}
	if err != nil {
		s.t.Logf("died %v: %v", fired, err)
	}
	return err
}

// sound complains of an error of the database's where nobody has died. Nobody else is there either, so that not even a constraint
// has anything to refuse.
func (s *story) sound(err error) {
	if _, broken := errors.AsType[*pgconn.PgError](err); broken {
		s.t.Fatalf("a statement failed: %v", err)
	}
}

func (s *story) code() string {
	return rapid.SampledFrom(s.codes).Draw(s.t, "reservation")
}

func (s *story) reserve() {
	if len(s.codes) >= 4 {
		return
	}
	from := rapid.IntRange(2, 4).Draw(s.t, "from")
	nights := civil.Nights{From: s.today.AddDays(from), To: s.today.AddDays(from + rapid.IntRange(1, 3).Draw(s.t, "nights"))}
	total := money.Cents(1000000 * nights.Len())
	percent := askMoney[int](s.moneyWorld, s.t, `select deposit_percent from accommodations where id = $1`, s.cabin)[0]
	r := &booking.Reservation{
		Code: booking.NewCode(), AccommodationID: s.cabin, Stay: booking.Stay{Nights: nights, Guests: 2},
		Status: booking.StatusPreReserved, PaymentStatus: booking.PaymentPending, Channel: "web", Currency: "ARS",
		Contact: booking.Contact{Name: "Ana", Email: "ana@example.com"},
		Total:   total, Deposit: total.Percent(percent), Lines: []booking.Line{}, ExpiresAt: s.now().Add(booking.HoldFor), CreatedAt: s.now(),
	}
	err := s.risk(func(ctx context.Context) error { return s.bookings.Hold(ctx, r, "guest", booking.Answer{}, s.now()) })
	if err == nil || slices.Contains(askMoney[string](s.moneyWorld, s.t, `select code from reservations where accommodation_id = $1`, s.cabin), r.Code) {
		s.codes = append(s.codes, r.Code)
	}
}

// buy goes to the checkout and pays there, more or less. An old page can be paid too, and twice.
func (s *story) buy() {
	if len(s.codes) == 0 {
		return
	}
	code := s.code()
	page := ""
	err := s.risk(func(ctx context.Context) error {
		o, err := s.checkouts.Open(ctx, code, rapid.SampledFrom([]string{payment.Deposit, payment.Total}).Draw(s.t, "what"), s.now())
		if err != nil {
			return err
		}
		if page = o.Link.ID; !o.Mine {
			return nil
		}
		link, err := s.pay.CreateCheckout(ctx, payment.Checkout{
			Reference: code, Title: "Lake", Amount: o.Amount, Currency: o.Currency, ExpiresAt: o.ExpiresAt, Edition: o.Edition,
		})
		if err != nil {
			return err
		}
		page = link.ID
		return s.checkouts.Store(ctx, o.ID, link)
	})
	if all := s.mp.Checkouts(code); len(all) > 0 && (err != nil || rapid.IntRange(0, 3).Draw(s.t, "old page") == 0) {
		page = rapid.SampledFrom(all).Draw(s.t, "page")
	}
	if page == "" || err != nil && rapid.Bool().Draw(s.t, "gives up") {
		return
	}
	b := mptest.Buy{Checkout: page, Status: rapid.SampledFrom([]payment.Status{
		payment.Approved, payment.Approved, payment.Approved, payment.Approved, payment.Pending, payment.InProcess, payment.Rejected,
	}).Draw(s.t, "status")}
	switch rapid.IntRange(0, 15).Draw(s.t, "odd") {
	case 0:
		b.Amount = money.Cents(rapid.IntRange(1, 2_000_000).Draw(s.t, "amount"))
	case 1:
		b.Currency = "USD"
	case 2:
		b.Test = true
	}
	if _, err := s.mp.Pay(b); err != nil {
		s.t.Fatalf("pay: %v", err)
	}
}

// stray is a payment that has nothing to do with us.
func (s *story) stray() {
	if _, err := s.mp.Pay(mptest.Buy{Reference: rapid.SampledFrom([]string{"", "NOBODY"}).Draw(s.t, "reference"), Amount: 4200}); err != nil {
		s.t.Fatalf("pay: %v", err)
	}
}

// paid are the provider's payments of the story.
func (s *story) paid() []payment.Payment {
	var all []payment.Payment
	for _, code := range s.codes {
		all = append(all, s.mp.Payments(code)...)
	}
	return all
}

// change is what becomes of a payment at the provider.
func (s *story) change() {
	all := s.paid()
	if len(all) == 0 {
		return
	}
	p := rapid.SampledFrom(all).Draw(s.t, "payment")
	var next []payment.Status
	switch p.Status {
	case payment.Pending, payment.InProcess:
		next = []payment.Status{payment.Approved, payment.Approved, payment.Rejected, payment.Cancelled}
	case payment.Approved:
		next = []payment.Status{payment.InMediation, payment.ChargedBack, payment.Refunded}
	case payment.InMediation:
		next = []payment.Status{payment.Approved, payment.ChargedBack}
	case payment.ChargedBack:
		next = []payment.Status{payment.Approved}
	default:
		return
	}
	to := rapid.SampledFrom(next).Draw(s.t, "to")
	if to != payment.Refunded {
		if err := s.mp.Change(p.ID, to, ""); err != nil {
			s.t.Fatalf("change: %v", err)
		}
		return
	}
	amount := money.Cents(0) // all of it
	if left := p.Amount - p.Refunded; left > 1 && rapid.Bool().Draw(s.t, "a part") {
		amount = money.Cents(rapid.Int64Range(1, int64(left)-1).Draw(s.t, "amount"))
	}
	if _, err := s.mp.RefundFromPanel(p.ID, amount); err != nil {
		s.t.Logf("refund from the panel: %v", err)
	}
}

func (s *story) deliverOne() {
	if outbox := s.mp.Outbox(); len(outbox) > 0 {
		s.post(rapid.SampledFrom(outbox).Draw(s.t, "webhook").ID)
	}
}

// deliverAgain repeats one of the last notifications, whether it was accepted or not.
func (s *story) deliverAgain() {
	all := s.mp.Webhooks()
	if all = all[max(0, len(all)-5):]; len(all) > 0 {
		s.post(rapid.SampledFrom(all).Draw(s.t, "webhook").ID)
	}
}

func (s *story) post(id int64) {
	s.risk(func(ctx context.Context) error { //nolint:errcheck // the provider repeats what was not accepted
		status, err := s.mp.Deliver(ctx, id)
		if err == nil && status != 200 {
			err = fmt.Errorf("answered %d", status)
		}
		return err
	})
}

// lose loses a notification; one of a payment of nobody's is found in no other way.
func (s *story) lose() {
	outbox := slices.DeleteFunc(s.mp.Outbox(), func(h mptest.Webhook) bool { return s.isStray(h.PaymentID) })
	if len(outbox) > 0 {
		s.mp.Drop(rapid.SampledFrom(outbox).Draw(s.t, "webhook").ID) //nolint:errcheck // it is there
	}
}

func (s *story) isStray(id string) bool {
	return !slices.ContainsFunc(s.paid(), func(p payment.Payment) bool { return p.ID == id })
}

func (s *story) workOne() {
	if jobs := s.runnable(s.t); len(jobs) > 0 {
		j := rapid.SampledFrom(jobs).Draw(s.t, "job")
		s.risk(func(ctx context.Context) error { return s.work(ctx, s.t, j) }) //nolint:errcheck // the queue tries again
	}
}

func (s *story) tick() {
	d := rapid.SampledFrom([]time.Duration{time.Minute, 10 * time.Minute, 31 * time.Minute, 3 * time.Hour, 25 * time.Hour}).Draw(s.t, "time")
	if s.passed+d < 4*24*time.Hour { // after a week nobody looks for a payment that nobody tells of
		s.passed += d
		s.pass(d)
	}
}

func (s *story) writeOff() {
	s.risk(func(ctx context.Context) error { return s.expire(ctx) }) //nolint:errcheck // the next run does it
}

func (s *story) cancel() {
	if len(s.codes) == 0 {
		return
	}
	code, who, by := s.code(), payment.ByGuest, "guest"
	var override *money.Cents
	if rapid.Bool().Draw(s.t, "by the owner") {
		who, by = payment.ByOwner, "admin:marta@example.com"
		if rapid.Bool().Draw(s.t, "otherwise") {
			amount := money.Cents(rapid.IntRange(0, 500_000).Draw(s.t, "back"))
			override = &amount
		}
	}
	s.risk(func(ctx context.Context) error { //nolint:errcheck // refused, or not done
		_, err := s.payments.Cancel(ctx, code, who, by, "", override, s.now())
		return err
	})
}

func (s *story) confirm() {
	if len(s.codes) == 0 {
		return
	}
	code := s.code()
	s.risk(func(ctx context.Context) error { //nolint:errcheck // refused, or not done
		_, err := s.payments.Decide(ctx, code, "admin:marta@example.com", s.now(), func(a payment.Account) (payment.Decision, error) {
			return payment.Confirm(a, s.now())
		})
		return err
	})
}

func (s *story) transfer() {
	if len(s.codes) == 0 {
		return
	}
	code := s.code()
	s.risk(func(ctx context.Context) error { //nolint:errcheck // refused, or not done
		_, err := s.payments.Decide(ctx, code, "guest", s.now(), func(a payment.Account) (payment.Decision, error) {
			return payment.AwaitTransfer(a, max(a.Reservation.Deposit, 1), 24*time.Hour, s.now())
		})
		return err
	})
}

// receive is money that comes by hand; whoever was not answered says so again.
func (s *story) receive() {
	if len(s.codes) == 0 {
		return
	}
	code, provider := s.code(), rapid.SampledFrom([]string{payment.Transfer, payment.Cash}).Draw(s.t, "provider")
	amount, key := money.Cents(rapid.SampledFrom([]int{300_000, 1_000_000, 5_000}).Draw(s.t, "amount")), booking.NewCode()+booking.NewCode()
	for range 3 {
		err := s.risk(func(ctx context.Context) error {
			_, err := s.payments.Receive(ctx, code, provider, amount, "", "admin:marta@example.com", key, s.now())
			return err
		})
		if err == nil && !rapid.Bool().Draw(s.t, "says so again") {
			return
		}
	}
}

// giveBackByHand is the owner saying that he has given back what only he can.
func (s *story) giveBackByHand() {
	for _, id := range s.owedByHand() {
		s.risk(func(ctx context.Context) error { //nolint:errcheck // he will say so again
			_, err := s.payments.RefundEnded(ctx, id, payment.RepaymentEnd{State: payment.RepaymentDone}, "admin:marta@example.com", s.now())
			return err
		})
	}
}

func (s *story) owedByHand() []int64 {
	return askMoney[int64](s.moneyWorld, s.t, `
		select f.id from refunds f join payments p on p.id = f.payment_id join reservations r on r.id = p.reservation_id
		where r.accommodation_id = $1 and f.by_hand and f.state = 'queued' order by f.id`, s.cabin)
}

// trouble is what the provider and the mail can do to us.
func (s *story) trouble() {
	switch rapid.IntRange(0, 4).Draw(s.t, "trouble") {
	case 0:
		s.mp.RefundsBecome(rapid.SampledFrom([]payment.RefundStatus{payment.RefundInProcess, payment.RefundRejected}).Draw(s.t, "refund"))
	case 1:
		s.mp.Fail(mptest.Fault{
			Times: rapid.IntRange(1, 4).Draw(s.t, "times"), After: rapid.Bool().Draw(s.t, "done all the same"),
			Status: rapid.SampledFrom([]int{404, 500, 429}).Draw(s.t, "answer"), RetryAfter: "60",
		})
	case 2:
		s.mp.Fail(mptest.Fault{Times: 1, After: true, Cut: true})
	case 3:
		s.mp.Heal()
	case 4:
		s.mu.Lock()
		s.mailDown = 2
		s.mu.Unlock()
	}
}

func (s *story) look() {
	s.risk(func(ctx context.Context) error { return s.reconcile(ctx) }) //nolint:errcheck // the next run does it
}

// block closes nights by hand, where nobody has them.
func (s *story) block() {
	from := s.today.AddDays(rapid.IntRange(2, 6).Draw(s.t, "from"))
	s.risk(func(ctx context.Context) error { //nolint:errcheck // refused, or not done
		_, err := s.calendars.Close(ctx, s.cabin, civil.Nights{From: from, To: from.AddDays(1)}, "", s.now())
		return err
	})
}
