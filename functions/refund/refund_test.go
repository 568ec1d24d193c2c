package refund_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/functions/refund"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago/mptest"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
	"github.com/eevans-d/sist-cabanas/shared/queue"
)

var noon = time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)

const code = "ABC234"

// bundle is the function over a real database, and a provider that speaks the wire protocol.
type bundle struct {
	db       *pgxpool.Pool
	provider *mptest.Server
	client   *mercadopago.Client
	payments *postgres.Payments
	worker   function.Worker[payment.Return]
	payment  string // the guest's

	mu    sync.Mutex
	now   time.Time
	later []payment.Return
}

func (b *bundle) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bundle) move(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// setup has a stay that was paid and then cancelled by the owner: all of it goes back.
func setup(t *testing.T) *bundle {
	t.Helper()
	pool, err := postgres.Open(postgres.Config{URL: config.Secret(pgtest.NewDSN(t))}, 6, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	q, err := queue.Open(pool.Raw(), []queue.Consumer{
		queue.Declare[payment.Look]("settle", time.Minute), queue.Declare[payment.Return]("refund", time.Minute), queue.Declare[notice.Deliver]("deliver", time.Minute),
	}, zerolog.Nop(), queue.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := &bundle{db: pool.Raw(), now: noon}
	if b.provider, err = mptest.New(mptest.Config{Clock: b.clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.provider.Close)
	b.client, err = mercadopago.New(mercadopago.Config{AccessToken: mptest.Token, BaseURL: b.provider.URL, Timeout: time.Second, Backoff: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.client.Close)
	b.payments = postgres.NewPayments(pool.Share(4), q.Insert, postgres.Rules{})
	b.build(t, b.client)
	b.sql(t, `insert into accommodations (slug, name, type, capacity, base_price) values ('bosque', 'Cabaña del Bosque', 'cabin', 4, 100)`)
	b.sql(t, `
		insert into reservations (code, accommodation_id, check_in, check_out, guests, contact_name, contact_phone, total_price, deposit_amount, expires_at, created_at)
		values ($1, 1, '2026-12-20', '2026-12-23', 2, 'Ana Pérez', '+5491155443322', 340, 102, $2, $3)`, code, noon.Add(30*time.Minute), noon)
	b.payment = b.paid(t, 10200)
	b.cancel(t)
	return b
}

func (b *bundle) build(t *testing.T, provider refund.Provider) {
	t.Helper()
	var err error
	b.worker, err = refund.New(refund.Deps{
		Refunds: b.payments, Provider: provider, Now: b.clock, Log: zerolog.Nop(), Metrics: prometheus.NewRegistry(),
		Enqueue: func(_ context.Context, job payment.Return) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.later = append(b.later, job)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// paid makes a payment, and settles it.
func (b *bundle) paid(t *testing.T, amount money.Cents) string {
	t.Helper()
	p, err := b.provider.Pay(mptest.Buy{Reference: code, Amount: amount, Currency: "ARS"})
	if err != nil {
		t.Fatal(err)
	}
	b.settled(t, p.ID)
	return p.ID
}

// settled does what the jobs that look payments up do.
func (b *bundle) settled(t *testing.T, id string) {
	t.Helper()
	seen, err := b.client.GetPayment(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.payments.Settle(t.Context(), seen, b.clock()); err != nil {
		t.Fatal(err)
	}
}

func (b *bundle) cancel(t *testing.T) {
	t.Helper()
	all := one[string](t, b, `select paid_amount::text from reservations`)
	back, err := money.Parse(all)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.payments.Cancel(t.Context(), code, payment.ByOwner, "admin:owner@example.com", "the roof is gone", &back, b.clock()); err != nil {
		t.Fatal(err)
	}
}

func (b *bundle) sql(t *testing.T, statement string, args ...any) {
	t.Helper()
	if _, err := b.db.Exec(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

// one reads one value.
func one[T any](t *testing.T, b *bundle, query string, args ...any) T {
	t.Helper()
	rows, err := b.db.Query(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	value, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatal(query, err)
	}
	return value
}

// work does the jobs of all refunds that are due now.
func (b *bundle) work(t *testing.T) {
	t.Helper()
	rows, err := b.db.Query(t.Context(), `select id from refunds where state in ('queued', 'sent', 'in_process') order by id`)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if err := b.worker(t.Context(), payment.Return{RefundID: id}); err != nil {
			t.Fatal(err)
		}
	}
}

// goneBack is what the provider has given back.
func (b *bundle) goneBack(id string) (total money.Cents) {
	for _, r := range b.provider.Refunds(id) {
		if r.Status == payment.RefundApproved {
			total += r.Amount
		}
	}
	return total
}

const states = `select string_agg(state, ' ' order by id) from refunds`

func TestMoneyGoesBackOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := one[int64](t, b, `select id from refunds`)
	var wait sync.WaitGroup
	for range 6 {
		wait.Go(func() {
			if err := b.worker(t.Context(), payment.Return{RefundID: id}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	b.work(t)
	if got := one[string](t, b, states); got != "done" || b.goneBack(b.payment) != 10200 || b.provider.Seen(mptest.CreateRefund) != 1 {
		t.Errorf("%s; %s went back, asked for %d times", got, b.goneBack(b.payment), b.provider.Seen(mptest.CreateRefund))
	}
	b.settled(t, b.payment) // as the job does that the end of a refund leaves
	if n := one[int64](t, b, `select count(*) from river_job where kind = 'payment_look'`); n == 0 {
		t.Error("nobody looks at the payment afterwards")
	}
	if got := one[string](t, b, `select payment_status || ' ' || paid_amount || ' ' || (select sum(amount) from ledger) from reservations`); got != "refunded 0.00 0.00" {
		t.Errorf("the reservation is %s", got)
	}
	if n := one[int64](t, b, `select count(*) from messages where kind = 'refund_done'`); n != 1 {
		t.Errorf("the guest was told %d times", n)
	}
}

func TestARefundThatFailsIsTriedUntilItIsDone(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]mptest.Fault{
		"an error of the provider's":  {Status: http.StatusInternalServerError},
		"done, and then an error":     {Status: http.StatusInternalServerError, After: true},
		"done, and the answer is cut": {Cut: true, After: true},
		"garbage":                     {Status: http.StatusCreated, Body: "<html>"},
		"done, and garbage":           {Status: http.StatusCreated, Body: "<html>", After: true},
		"no answer":                   {Hang: true},
		"a token that is none":        {Status: http.StatusUnauthorized},
		"too many requests":           {Status: http.StatusTooManyRequests, RetryAfter: "120"},
		"already at it":               {Status: http.StatusConflict, Body: `{"error":"refund_in_progress","status":409}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			f.Action = mptest.CreateRefund
			b.provider.Fail(f)
			b.work(t)
			if len(b.later) != 1 || !b.later[0].After.After(b.clock()) {
				t.Fatalf("what is to be done later: %+v", b.later)
			}
			if failure := one[string](t, b, `select last_error from refunds`); failure == "" {
				t.Error("nobody can see why")
			}
			b.work(t) // too early
			if n := len(b.later); n != 1 {
				t.Errorf("it was tried again at once: %+v", b.later)
			}
			b.provider.Heal()
			b.move(b.later[0].After.Sub(b.clock()))
			b.work(t)
			if got := one[string](t, b, states); got != "done" || b.goneBack(b.payment) != 10200 || len(b.provider.Refunds(b.payment)) != 1 {
				t.Errorf("%s; %s went back, in %d refunds", got, b.goneBack(b.payment), len(b.provider.Refunds(b.payment)))
			}
		})
	}
}

// TestARefundWhoseAnswerWasLostLongAgoIsLookedFor is about what the provider has forgotten by then: that the same order was there
// before.
func TestARefundWhoseAnswerWasLostLongAgoIsLookedFor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.provider.Fail(mptest.Fault{Action: mptest.CreateRefund, Status: http.StatusInternalServerError, After: true})
	b.work(t)
	b.provider.Heal()
	b.move(49 * time.Hour)
	asked := b.provider.Seen(mptest.CreateRefund)
	b.work(t)
	if got := one[string](t, b, states); got != "done" || b.provider.Seen(mptest.CreateRefund) != asked || b.goneBack(b.payment) != 10200 {
		t.Errorf("%s; asked for %d times more; %s went back", got, b.provider.Seen(mptest.CreateRefund)-asked, b.goneBack(b.payment))
	}
	if name := one[string](t, b, `select provider_id from refunds`); name != b.provider.Refunds(b.payment)[0].ID {
		t.Errorf("it is called %q", name)
	}
}

func TestARefundInProcessIsAskedAboutUntilItIsDecided(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.provider.RefundsBecome(payment.RefundInProcess)
	b.work(t)
	if got := one[string](t, b, states); got != "in_process" || len(b.later) != 1 {
		t.Fatalf("%s; %+v", got, b.later)
	}
	b.provider.Fail(mptest.Fault{Action: mptest.GetRefunds, Status: http.StatusBadGateway})
	b.move(time.Hour)
	b.work(t)
	b.provider.Heal()
	if got := one[string](t, b, states); got != "in_process" {
		t.Fatalf("while nobody answers: %s", got)
	}
	b.move(time.Hour)
	b.work(t)
	if got := one[string](t, b, states); got != "in_process" {
		t.Fatalf("not decided: %s", got)
	}
	if err := b.provider.SettleRefund(b.payment, b.provider.Refunds(b.payment)[0].ID, payment.RefundApproved); err != nil {
		t.Fatal(err)
	}
	b.move(time.Hour)
	b.work(t)
	if got := one[string](t, b, states); got != "done" || b.provider.Seen(mptest.CreateRefund) != 1 || b.goneBack(b.payment) != 10200 {
		t.Errorf("%s; asked for %d times", got, b.provider.Seen(mptest.CreateRefund))
	}
}

func TestARejectedRefundIsOrderedAnewUnderAnotherName(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.provider.RefundsBecome(payment.RefundRejected)
	b.work(t)
	if got := one[string](t, b, states); got != "failed queued" {
		t.Fatalf("%s", got)
	}
	b.move(24 * time.Hour)
	b.work(t)
	if got := one[string](t, b, states); got != "failed done" || b.goneBack(b.payment) != 10200 {
		t.Errorf("%s; %s went back", got, b.goneBack(b.payment))
	}
	if n := one[int64](t, b, `select count(distinct idempotency_key) from refunds`); n != 2 {
		t.Errorf("%d names", n)
	}
}

func TestARefusedRefundIsOrderedAnew(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.provider.Fail(mptest.Fault{Action: mptest.CreateRefund, Status: http.StatusBadRequest, Body: `{"message":"no money","error":"bad_request","status":400,"cause":[{"code":2001}]}`})
	b.work(t)
	b.provider.Heal()
	if got := one[string](t, b, states); got != "failed queued" {
		t.Fatalf("%s", got)
	}
	b.move(24 * time.Hour)
	b.work(t)
	if got := one[string](t, b, states); got != "failed done" || b.goneBack(b.payment) != 10200 {
		t.Errorf("%s; %s went back", got, b.goneBack(b.payment))
	}
}

func TestWhereNobodyTakesPaymentsARefundWaits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.build(t, nil)
	if err := b.worker(t.Context(), payment.Return{RefundID: 1}); err == nil {
		t.Error("it is taken for done")
	}
	if got := one[string](t, b, states); got != "queued" {
		t.Errorf("%s", got)
	}
}

func TestARefundThatThereIsNotIsNothingToDo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if err := b.worker(t.Context(), payment.Return{RefundID: 4711}); err != nil {
		t.Error(err)
	}
}
