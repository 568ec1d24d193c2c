package reconcile_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/functions/reconcile"
	"github.com/eevans-d/sist-cabanas/shared/cashier"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/inbox"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago/mptest"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
	"github.com/eevans-d/sist-cabanas/shared/queue"
)

var noon = time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)

// bundle is the task over a real database, and a provider that speaks the wire protocol.
type bundle struct {
	db       *pgxpool.Pool
	provider *mptest.Server
	deps     reconcile.Deps
	inbox    *postgres.Inbox
	reported string

	mu  sync.Mutex
	now time.Time
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

func setup(t *testing.T) *bundle {
	t.Helper()
	pool, err := postgres.Open(postgres.Config{URL: config.Secret(pgtest.NewDSN(t))}, 4, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	q, err := queue.Open(pool.Raw(), []queue.Consumer{
		queue.Declare[payment.Look]("settle", time.Minute), queue.Declare[payment.Return]("refund", time.Minute), queue.Declare[notice.Deliver]("deliver", time.Minute),
		queue.Declare[conversation.Talk]("converse", time.Minute), queue.Declare[conversation.Track]("track", time.Minute),
	}, zerolog.Nop(), queue.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := &bundle{db: pool.Raw(), now: noon}
	if b.provider, err = mptest.New(mptest.Config{Clock: b.clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.provider.Close)
	client, err := mercadopago.New(mercadopago.Config{AccessToken: mptest.Token, BaseURL: b.provider.URL, Timeout: time.Second, Backoff: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	db := pool.Share(2)
	payments := postgres.NewPayments(db, q.Insert, postgres.Rules{})
	b.inbox = postgres.NewInbox(db, q.Insert)
	b.deps = reconcile.Deps{
		Cashier: cashier.New(cashier.Deps{
			Provider: client, Payments: payments, Reservation: postgres.NewBookings(db).Reservation, Now: b.clock,
			Refresh: func(context.Context, int64) bool { return true },
		}),
		Payments: payments, Inbox: b.inbox, Messages: postgres.NewMessages(db, q.Insert), Enqueue: q.Enqueue,
		Unanswered: postgres.NewConversations(db, q.Insert).Unanswered,
		Now:        b.clock, Log: zerolog.Nop(), Report: func(summary string) { b.reported = summary },
	}
	b.sql(t, `insert into accommodations (slug, name, type, capacity, base_price) values ('bosque', 'Cabaña del Bosque', 'cabin', 4, 100)`)
	return b
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

// held is the n-th hold, of whose guest it is known that he was sent to pay.
func (b *bundle) held(t *testing.T, n int) (code string) {
	t.Helper()
	code = fmt.Sprintf("CODE%02d", n)
	b.sql(t, `
		insert into reservations (code, accommodation_id, check_in, check_out, contact_name, contact_phone, contact_email, total_price, deposit_amount, expires_at, created_at)
		values ($1, 1, date '2027-01-01' + $2::integer, date '2027-01-02' + $2::integer, 'Ana Pérez', '+5491155443322', 'ana@example.com', 340, 102, $3, $4)`,
		code, n, b.clock().Add(30*time.Minute), b.clock())
	b.sql(t, `
		insert into checkouts (reservation_id, what, amount, currency, expires_at, claimed_at, provider_id, init_point, created_at)
		select id, 'deposit', 102, 'ARS', expires_at, created_at, 'p' || id, 'https://mp.example/' || id, created_at from reservations where code = $1`, code)
	return code
}

func (b *bundle) paid(t *testing.T, code string, status payment.Status) payment.Payment {
	t.Helper()
	p, err := b.provider.Pay(mptest.Buy{Reference: code, Amount: 10200, Currency: "ARS", Status: status})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (b *bundle) run(t *testing.T) error {
	t.Helper()
	b.reported = ""
	return reconcile.New(b.deps)(t.Context())
}

func (b *bundle) says(t *testing.T, pieces ...string) {
	t.Helper()
	for _, piece := range pieces {
		if !strings.Contains(b.reported, piece) {
			t.Errorf("it reports %q, not %q", b.reported, piece)
		}
	}
}

func TestAPaymentOfWhichNobodyToldIsFound(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.provider.Hold() // every notification is lost
	paid, unpaid := b.held(t, 1), b.held(t, 2)
	b.paid(t, paid, payment.Approved)
	b.move(10 * time.Minute)
	if err := b.run(t); err != nil {
		t.Fatal(err)
	}
	b.says(t, "looked at 2 reservations", "settled 1 payments, 1 of them news")
	if got := one[string](t, b, `select string_agg(status, ' ' order by code) from reservations where code in ($1, $2)`, paid, unpaid); got != "confirmed pre_reserved" {
		t.Errorf("they are %s", got)
	}
	asked := b.provider.Seen(mptest.GetPayment)
	if err := b.run(t); err != nil {
		t.Fatal(err)
	}
	b.says(t, "settled 0 payments, 0 of them news")
	if b.provider.Seen(mptest.GetPayment) != asked {
		t.Error("what is known is asked for again")
	}
}

func TestAPaymentThatWasPendingIsAskedForUntilItIsDecided(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.provider.Hold()
	code := b.held(t, 1)
	p := b.paid(t, code, payment.Pending)
	if err := b.run(t); err != nil {
		t.Fatal(err)
	}
	b.move(10 * time.Hour)
	if err := b.provider.Change(p.ID, payment.Approved, ""); err != nil {
		t.Fatal(err)
	}
	if err := b.run(t); err != nil {
		t.Fatal(err)
	}
	if got := one[string](t, b, `select status from reservations`); got != "confirmed" {
		t.Errorf("it is %s", got)
	}
}

func TestAPaymentThatIsNeverDecidedIsNotAskedForForEver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.provider.Hold()
	p := b.paid(t, b.held(t, 1), payment.Pending)
	asked := 0
	for _, run := range []struct {
		after time.Duration
		asks  bool
	}{{0, true}, {29 * 24 * time.Hour, true}, {24*time.Hour + time.Second, false}} {
		b.move(run.after)
		if err := b.run(t); err != nil {
			t.Fatal(err)
		}
		before := asked
		if asked = b.provider.Seen(mptest.GetPayment); asked > before != run.asks {
			t.Errorf("after %s it was asked for %d times", b.clock().Sub(noon), asked-before)
		}
	}
	// Somebody may still tell of it.
	if err := b.provider.Change(p.ID, payment.Cancelled, "expired"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.inbox.Accept(t.Context(), inbox.Event{Source: payment.MercadoPago, Subject: p.ID, At: b.clock()}, nil); err != nil {
		t.Fatal(err)
	}
	b.move(time.Hour)
	if err := b.run(t); err != nil {
		t.Fatal(err)
	}
	if got := one[string](t, b, `select status from payments`); got != "cancelled" {
		t.Errorf("it is %s", got)
	}
}

func TestANotificationThatNobodyLookedUpIs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	code := b.held(t, 1)
	b.sql(t, `delete from checkouts`) // the notification is all there is
	p := b.paid(t, code, payment.Approved)
	for i, id := range []string{p.ID, p.ID, "4711"} {
		event := inbox.Event{Source: payment.MercadoPago, EventID: fmt.Sprint(i), Subject: id, Signed: true, At: b.clock()}
		if _, err := b.inbox.Accept(t.Context(), event, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.run(t); err != nil {
		t.Fatal(err)
	}
	b.says(t, "0 notifications") // the queue is about to see to them
	b.move(10 * time.Minute)
	if err := b.run(t); err != nil {
		t.Fatal(err)
	}
	b.says(t, "2 notifications that waited", "1 of them news")
	if n := one[int64](t, b, `select count(*) from inbox where settled_at is null`); n != 1 {
		t.Errorf("%d are left", n)
	}
	b.move(2 * time.Hour)
	if err := b.run(t); err != nil {
		t.Fatal(err)
	}
	b.says(t, "dismissed 1 notifications")
	if n := one[int64](t, b, `select count(*) from inbox where settled_at is null`); n != 0 {
		t.Errorf("%d wait for ever", n)
	}
}

func TestNotificationsThatWereMadeUpKeepNoPaymentFromBeingFound(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"refused": http.StatusBadRequest, "not ours": http.StatusForbidden, "garbage": http.StatusOK} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			p := b.paid(t, b.held(t, 1), payment.Approved)
			for n := range 8 {
				event := inbox.Event{Source: payment.MercadoPago, Subject: fmt.Sprintf("9999999999999999999%d", n), At: b.clock()}
				if _, err := b.inbox.Accept(t.Context(), event, nil); err != nil {
					t.Fatal(err)
				}
			}
			b.move(2 * time.Hour)
			b.deps.Cashier = &doubtful{Cashier: b.deps.Cashier, status: status, provider: b.provider, real: p.ID}
			err := b.run(t)
			if n := one[int64](t, b, `select count(*) from payments where status = 'approved'`); n != 1 {
				t.Errorf("the payment was not found: %v; %s", err, b.reported)
			}
			if n := one[int64](t, b, `select count(*) from inbox where settled_at is null`); status != http.StatusOK && (n != 0 || err != nil) {
				t.Errorf("%d wait for ever; %v", n, err)
			}
		})
	}
}

// doubtful has the provider answer with a status about every payment but one.
type doubtful struct {
	reconcile.Cashier
	status   int
	provider *mptest.Server
	real     string
}

func (d *doubtful) Look(ctx context.Context, id string) (cashier.Settled, error) {
	if id != d.real {
		d.provider.Fail(mptest.Fault{Action: mptest.GetPayment, Status: d.status, Body: "<html>"})
		defer d.provider.Heal()
	}
	return d.Cashier.Look(ctx, id)
}

func TestWhatTheQueueHasLostIsResumed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	code := b.held(t, 1)
	b.paid(t, code, payment.Approved)
	b.sql(t, `update reservations set status = 'cancelled', cancelled_at = $1`, noon.Add(-time.Minute)) // so that it goes back
	if err := b.run(t); err != nil {
		t.Fatal(err)
	}
	if n := one[int64](t, b, `select count(*) from refunds where state = 'queued'`); n != 1 {
		t.Fatalf("%d refunds", n)
	}
	unsent := one[int64](t, b, `select count(*) from messages where status = 'queued'`)
	b.sql(t, `delete from river_job`)
	b.move(time.Hour)
	if err := b.run(t); err != nil {
		t.Fatal(err)
	}
	b.says(t, "resumed 1 refunds", fmt.Sprintf("resumed %d messages", unsent))
	if got := one[string](t, b, `select string_agg(distinct kind, ' ' order by kind) from river_job`); unsent == 0 || got != "chat_track notice_deliver payment_return" {
		t.Errorf("the queue has %s", got)
	}
}

func TestAHoldThatRanOutWithMoneyInItIsDecided(t *testing.T) {
	t.Parallel()
	b := setup(t)
	code := b.held(t, 1)
	p, err := b.provider.Pay(mptest.Buy{Reference: code, Amount: 5000, Currency: "ARS"})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.run(t); err != nil {
		t.Fatal(err)
	}
	if got := one[string](t, b, `select status || ' ' || paid_amount from reservations`); got != "pre_reserved 50.00" {
		t.Fatalf("it is %s", got)
	}
	b.move(2 * 24 * time.Hour)
	if err := b.run(t); err != nil {
		t.Fatal(err)
	}
	b.says(t, "decided about 1 reservations")
	if n := one[int64](t, b, `select count(*) from refunds f join payments p on p.id = f.payment_id where p.provider_id = $1`, p.ID); n != 1 {
		t.Errorf("%d refunds", n)
	}
}

func TestARunThatGetsNoAnswerFailsAndSaysSo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault mptest.Fault
		says  string
	}{
		"down":       {mptest.Fault{Status: http.StatusBadGateway}, "payments_unavailable"},
		"limited":    {mptest.Fault{Status: http.StatusTooManyRequests, RetryAfter: "60"}, "the next run goes on"},
		"not let in": {mptest.Fault{Status: http.StatusUnauthorized}, "is MERCADOPAGO_ACCESS_TOKEN right?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			for n := range 30 {
				b.held(t, n)
			}
			b.sql(t, `insert into messages (kind, recipient, dedupe_key, created_at) values ('owner_chargeback', 'owner', 'k', $1)`, noon.Add(-time.Hour))
			b.provider.Fail(test.fault)
			err := b.run(t)
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("it says %v", err)
			}
			b.says(t, "resumed 1 messages") // what needs no provider is done all the same
			if n := b.provider.Seen(mptest.SearchPayments); n > 30 {
				t.Errorf("the provider was asked %d times", n)
			}
		})
	}
}

func TestWithoutAProviderPaymentsAreOff(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.deps.Cashier = nil
	b.held(t, 1)
	if err := b.run(t); err != nil {
		t.Fatal(err)
	}
	b.says(t, "payments are off", "MERCADOPAGO_ACCESS_TOKEN")
}

func TestEveryPageIsRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.provider.Hold()
	var last string
	for n := range 120 {
		last = b.held(t, n)
	}
	b.sql(t, `update reservations set expires_at = $1`, noon.Add(24*time.Hour))
	b.paid(t, last, payment.Approved)
	if err := b.run(t); err != nil {
		t.Fatal(err)
	}
	b.says(t, "looked at 120 reservations", "1 of them news")
	b.move(8 * 24 * time.Hour)
	if err := b.run(t); err != nil {
		t.Fatal(err)
	}
	b.says(t, "looked at 0 reservations")
}

func TestWhoeverWroteAndWasForgottenIsAnswered(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for n, key := range []string{"AR.1", "AR.1", "AR.2"} {
		event := inbox.Event{Source: inbox.WhatsApp, EventID: fmt.Sprint(n), Subject: key, Signed: true, At: b.clock()}
		if _, err := b.inbox.Accept(t.Context(), event, nil); err != nil {
			t.Fatal(err)
		}
	}
	b.move(time.Minute)
	if err := b.run(t); err != nil || strings.Contains(b.reported, "conversations") {
		t.Errorf("too early: %s, %v", b.reported, err)
	}
	b.move(2 * time.Minute)
	if err := b.run(t); err != nil || !strings.Contains(b.reported, "resumed 2 conversations") {
		t.Errorf("%s, %v", b.reported, err)
	}
	if n := one[int64](t, b, `select count(*) from river_job where kind = 'conversation_talk'`); n != 2 {
		t.Errorf("%d jobs", n)
	}
}
