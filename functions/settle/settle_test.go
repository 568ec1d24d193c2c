package settle_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/functions/settle"
	"github.com/eevans-d/sist-cabanas/shared/cashier"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/inbox"
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
	worker   function.Worker[payment.Look]
	inbox    *postgres.Inbox
	payments *postgres.Payments
	registry *prometheus.Registry
	read     atomic.Int64 // how often the calendars of cabin 1 were read
	refresh  func()       // what reading them finds

	mu    sync.Mutex
	now   time.Time
	later []payment.Look // jobs that the function has left for later
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

// setup has a hold that costs 340.00, with a deposit of 102.00, until half past twelve.
func setup(t testing.TB) *bundle {
	t.Helper()
	pool, err := postgres.Open(postgres.Config{URL: config.Secret(pgtest.NewDSN(t))}, 8, prometheus.NewRegistry())
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
	b := &bundle{db: pool.Raw(), registry: prometheus.NewRegistry(), now: noon, refresh: func() {}}
	if b.provider, err = mptest.New(mptest.Config{Clock: b.clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.provider.Close)
	client, err := mercadopago.New(mercadopago.Config{AccessToken: mptest.Token, BaseURL: b.provider.URL, Timeout: time.Second, Backoff: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	db := pool.Share(4)
	b.inbox, b.payments = postgres.NewInbox(db, q.Insert), postgres.NewPayments(db, q.Insert, postgres.Rules{})
	b.build(t, cashier.New(cashier.Deps{
		Provider: client, Payments: b.payments, Reservation: postgres.NewBookings(db).Reservation, Now: b.clock,
		Refresh: func(_ context.Context, cabin int64) bool {
			if cabin == 1 {
				b.read.Add(1)
				b.refresh()
			}
			return true
		},
	}))
	b.sql(t, `insert into accommodations (slug, name, type, capacity, base_price) values ('bosque', 'Cabaña del Bosque', 'cabin', 4, 100)`)
	b.sql(t, `
		insert into reservations (code, accommodation_id, check_in, check_out, guests, contact_name, contact_phone, contact_email, total_price, deposit_amount, expires_at, created_at)
		values ($1, 1, '2026-12-04', '2026-12-07', 2, 'Ana Pérez', '+5491155443322', 'ana@example.com', 340, 102, $2, $3)`, code, noon.Add(30*time.Minute), noon)
	return b
}

func (b *bundle) build(t testing.TB, c settle.Cashier) {
	t.Helper()
	var err error
	b.worker, err = settle.New(settle.Deps{
		Cashier: c, Dismiss: b.inbox.Dismiss, Alarm: b.payments.Alarm, Now: b.clock, Log: zerolog.Nop(), Metrics: b.registry,
		Enqueue: func(_ context.Context, job payment.Look) error {
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

func (b *bundle) sql(t testing.TB, statement string, args ...any) {
	t.Helper()
	if _, err := b.db.Exec(context.WithoutCancel(t.Context()), statement, args...); err != nil {
		t.Fatal(err)
	}
}

// read reads one value.
func one[T any](t testing.TB, b *bundle, query string, args ...any) T {
	t.Helper()
	rows, err := b.db.Query(context.WithoutCancel(t.Context()), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	value, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatal(query, err)
	}
	return value
}

// paid is a payment of the reservation at the provider.
func (b *bundle) paid(t testing.TB, buy mptest.Buy) payment.Payment {
	t.Helper()
	if buy.Reference == "" {
		buy.Reference = code
	}
	if buy.Amount == 0 {
		buy.Amount = 10200
	}
	if buy.Currency == "" {
		buy.Currency = "ARS"
	}
	p, err := b.provider.Pay(buy)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (b *bundle) look(t testing.TB, id string) error {
	t.Helper()
	return b.worker(t.Context(), payment.Look{Provider: payment.MercadoPago, PaymentID: id, Event: "test"})
}

const standing = `select status || ' ' || payment_status || ' ' || paid_amount from reservations`

func TestAnApprovedPaymentConfirmsAndIsSettledOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.paid(t, mptest.Buy{})
	if _, err := b.inbox.Accept(t.Context(), inbox.Event{Source: payment.MercadoPago, EventID: "e1", Subject: p.ID, Signed: true, At: noon}, nil); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if err := b.look(t, p.ID); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if got := one[string](t, b, standing); got != "confirmed partially_paid 102.00" {
		t.Errorf("the reservation is %s", got)
	}
	if n := one[int64](t, b, `select count(*) from ledger`); n != 1 {
		t.Errorf("%d entries in the ledger", n)
	}
	if got := one[string](t, b, `select string_agg(kind, ' ' order by kind) from messages`); got != "confirmed owner_confirmed" {
		t.Errorf("messages: %s", got)
	}
	if n := one[int64](t, b, `select count(*) from river_job where kind = 'notice_deliver'`); n != 2 {
		t.Errorf("%d jobs deliver them", n)
	}
	if n := one[int64](t, b, `select count(*) from inbox where settled_at is null`); n != 0 {
		t.Error("what was told is not settled")
	}
	if b.read.Load() == 0 {
		t.Error("nobody has looked at the calendars before")
	}
	if n := b.counted(t, "approved"); n != 8 {
		t.Errorf("%v were counted", n)
	}
}

// counted is payments_total of a status.
func (b *bundle) counted(t testing.TB, status string) float64 {
	t.Helper()
	families, err := b.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetName() == "payments_total" && m.GetLabel()[0].GetValue() == status {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

func TestTheCalendarsAreReadBeforeAStayIsConfirmedAndNotAfterwards(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.refresh = func() {
		b.sql(t, `insert into calendar_events (accommodation_id, kind, start_date, end_date, changed_at, created_at, public_uid)
			select 1, 'manual', '2026-12-05', '2026-12-06', now(), now(), gen_random_uuid() where not exists (select from calendar_events)`)
	}
	p := b.paid(t, mptest.Buy{})
	if err := b.look(t, p.ID); err != nil {
		t.Fatal(err)
	}
	if got := one[string](t, b, `select status from reservations`); got == "confirmed" {
		t.Error("it is confirmed for nights that somebody else has")
	}
	if n := one[int64](t, b, `select count(*) from refunds`); n != 1 {
		t.Errorf("%d refunds", n)
	}

	b = setup(t)
	b.sql(t, `update reservations set status = 'confirmed'`)
	if err := b.look(t, b.paid(t, mptest.Buy{}).ID); err != nil || b.read.Load() != 0 {
		t.Errorf("a confirmed one: read %d times; %v", b.read.Load(), err)
	}
}

func TestWhatIsPendingThenApprovedConfirms(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.paid(t, mptest.Buy{Status: payment.Pending, Method: "rapipago", Type: "ticket"})
	if err := b.look(t, p.ID); err != nil {
		t.Fatal(err)
	}
	if got := one[string](t, b, standing); got != "pre_reserved pending 0.00" {
		t.Errorf("pending: %s", got)
	}
	if until := one[time.Time](t, b, `select expires_at from reservations`); until.Before(noon.Add(23 * time.Hour)) {
		t.Errorf("the nights are kept until %s", until)
	}
	b.move(20 * time.Hour)
	if err := b.provider.Change(p.ID, payment.Approved, ""); err != nil {
		t.Fatal(err)
	}
	if err := b.look(t, p.ID); err != nil {
		t.Fatal(err)
	}
	if got := one[string](t, b, standing); got != "confirmed partially_paid 102.00" {
		t.Errorf("approved: %s", got)
	}
}

func TestAProviderThatFailsChangesNothingAndIsAskedAgain(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]mptest.Fault{
		"an error of its own":  {Status: http.StatusInternalServerError},
		"garbage":              {Status: http.StatusOK, Body: "<html>maintenance"},
		"another's answer":     {Status: http.StatusOK, Body: `{"id":1,"status":"approved"}`},
		"no answer":            {Hang: true},
		"half an answer":       {Cut: true},
		"a token that is none": {Status: http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			p := b.paid(t, mptest.Buy{})
			b.provider.Fail(f)
			if err := b.look(t, p.ID); err == nil {
				t.Fatal("the job is taken for done")
			}
			if got := one[string](t, b, standing); got != "pre_reserved pending 0.00" || len(b.later) != 0 {
				t.Errorf("meanwhile: %s; %v", got, b.later)
			}
			b.provider.Heal()
			if err := b.look(t, p.ID); err != nil {
				t.Fatal(err)
			}
			if got := one[string](t, b, standing); got != "confirmed partially_paid 102.00" {
				t.Errorf("afterwards: %s", got)
			}
		})
	}
}

func TestAProviderThatWantsToBeLeftAloneIs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.paid(t, mptest.Buy{})
	b.provider.Fail(mptest.Fault{Status: http.StatusTooManyRequests, RetryAfter: "60", Times: 1})
	if err := b.look(t, p.ID); !errors.Is(err, payment.ErrRateLimited) {
		t.Fatal(err)
	}
	asked := b.provider.Seen(mptest.GetPayment)
	b.move(59 * time.Second)
	err := b.look(t, p.ID)
	if f, ok := errors.AsType[*fault.Error](err); !ok || f.RetryAfter != time.Second || b.provider.Seen(mptest.GetPayment) != asked {
		t.Errorf("%v; it was asked %d times more", err, b.provider.Seen(mptest.GetPayment)-asked)
	}
	b.move(time.Second)
	if err := b.look(t, p.ID); err != nil {
		t.Error(err)
	}
}

func TestAPaymentThatThereIsNotIsLookedForSixTimes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	event := inbox.Event{Source: payment.MercadoPago, EventID: "e1", Subject: "99", Signed: true, At: noon}
	if _, err := b.inbox.Accept(t.Context(), event, nil); err != nil {
		t.Fatal(err)
	}
	job := payment.Look{Provider: payment.MercadoPago, PaymentID: "99", Event: "e1"}
	keys := []string{job.UniqueKey()}
	for looks := 1; ; looks++ {
		b.later = nil
		if err := b.worker(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		if len(b.later) == 0 {
			if looks != 6 {
				t.Errorf("it was looked for %d times", looks)
			}
			break
		}
		job = b.later[0]
		if !job.After.After(b.clock()) || slices.Contains(keys, job.UniqueKey()) || job.PaymentID != "99" {
			t.Fatalf("%+v", job)
		}
		keys = append(keys, job.UniqueKey())
		b.move(job.After.Sub(b.clock()))
	}
	if got := one[string](t, b, `select outcome from inbox where settled_at is not null`); got != "not_found" {
		t.Errorf("the notification is %q", got)
	}
}

func TestANumberThatTheProviderRefusesToLookUpIsDismissed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := strings.Repeat("9", 20)
	b.provider.Fail(mptest.Fault{Status: http.StatusBadRequest})
	if _, err := b.inbox.Accept(t.Context(), inbox.Event{Source: payment.MercadoPago, EventID: "e1", Subject: id, Signed: true, At: noon}, nil); err != nil {
		t.Fatal(err)
	}
	job := payment.Look{Provider: payment.MercadoPago, PaymentID: id, Event: "e1 again 5"}
	if err := b.worker(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	if got := one[string](t, b, `select outcome from inbox where settled_at is not null`); got != "not_found" || len(b.later) != 0 {
		t.Errorf("the notification is %q; %v", got, b.later)
	}
}

func TestAllPaymentsOfAReservationAreFound(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.paid(t, mptest.Buy{Status: payment.Rejected})
	b.paid(t, mptest.Buy{})
	b.paid(t, mptest.Buy{Amount: 23800})
	b.paid(t, mptest.Buy{Reference: "XYZ789"})
	if err := b.worker(t.Context(), payment.LookFor(payment.MercadoPago, code, "the guest is back")); err != nil {
		t.Fatal(err)
	}
	if got := one[string](t, b, standing); got != "confirmed paid 340.00" {
		t.Errorf("the reservation is %s", got)
	}
	if n := one[int64](t, b, `select count(*) from payments`); n != 3 {
		t.Errorf("%d payments are known", n)
	}
}

func TestAPaymentOfNobodyIsKeptAndTheOwnerTold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, reference := range []string{"invoice-2026-77", strings.Repeat("x", 300), "semi;colon"} {
		if err := b.look(t, b.paid(t, mptest.Buy{Reference: reference, Amount: money.Cents(5000)}).ID); err != nil {
			t.Errorf("%s: %v", reference, err)
		}
	}
	if n := one[int64](t, b, `select count(*) from payments where reservation_id is null and flag = 'unknown_reference'`); n != 3 {
		t.Errorf("%d are kept", n)
	}
	if n := one[int64](t, b, `select count(*) from messages where kind = 'owner_unknown_reference'`); n != 3 {
		t.Errorf("the owner was told %d times", n)
	}
}

func TestWhereNobodyTakesPaymentsALookWaits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.registry = prometheus.NewRegistry()
	b.build(t, nil)
	if err := b.look(t, "99"); err == nil || !strings.Contains(err.Error(), "MERCADOPAGO_ACCESS_TOKEN") {
		t.Error(err)
	}
}
