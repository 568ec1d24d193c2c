package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	closecheckouts "github.com/eevans-d/sist-cabanas/functions/close-checkouts"
	"github.com/eevans-d/sist-cabanas/functions/deliver"
	"github.com/eevans-d/sist-cabanas/functions/expire"
	"github.com/eevans-d/sist-cabanas/functions/reconcile"
	"github.com/eevans-d/sist-cabanas/functions/refund"
	"github.com/eevans-d/sist-cabanas/functions/settle"
	webhookmp "github.com/eevans-d/sist-cabanas/functions/webhook-mp"
	"github.com/eevans-d/sist-cabanas/shared/cashier"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago/mptest"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// moneyWorld is a database and a provider with all functions that money goes through, put together as the binary does. The test
// has the clock, the queue and the mail in its hand, and can end any connection to the database at any moment.
type moneyWorld struct {
	db   *pgxpool.Pool  // the test's own: nobody cuts it
	pool *postgres.Pool // the process's
	cut  *cutter
	mp   *mptest.Server
	hook *httptest.Server
	pay  *mercadopago.Client

	bookings  *postgres.Bookings
	calendars *postgres.Calendars
	payments  *postgres.Payments
	checkouts *postgres.Checkouts
	settle    function.Worker[payment.Look]
	refund    function.Worker[payment.Return]
	close     function.Worker[payment.Close]
	deliver   function.Worker[notice.Deliver]
	expire    function.Task
	reconcile function.Task

	mu       sync.Mutex
	clock    time.Time
	mailDown int            // how many letters more are not taken
	letters  map[string]int // how often each was taken
}

func newMoneyWorld(t *testing.T) *moneyWorld {
	t.Helper()
	dsn := pgtest.NewDSN(t)
	w := &moneyWorld{clock: time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC), letters: map[string]int{}}
	var err error
	if w.db, err = pgxpool.New(t.Context(), dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.db.Close)
	w.exec(t, `create table model_jobs (
		id bigint generated always as identity primary key, kind text not null, args jsonb not null, key text unique,
		after timestamptz not null default '-infinity', done boolean not null default false, error text not null default '')`)
	w.exec(t, `create index on model_jobs (id) where not done`)
	var through string
	w.cut, through = newCutter(t, dsn)
	if w.pool, err = postgres.Open(postgres.Config{URL: config.Secret(through)}, 3, prometheus.NewRegistry()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.pool.Close)
	w.openShop(t)
	return w
}

// openShop makes the functions, and the provider that calls them.
func (w *moneyWorld) openShop(t *testing.T) {
	t.Helper()
	registry := prometheus.NewRegistry()
	db := w.pool.Share(3)
	inbox := postgres.NewInbox(db, w.enqueue)
	hook, err := webhookmp.New(webhookmp.Config{Secret: mptest.Secret, Strict: true}, webhookmp.Deps{Inbox: inbox, Now: w.now, Metrics: registry})
	if err != nil {
		t.Fatal(err)
	}
	w.hook = httptest.NewServer(hook)
	t.Cleanup(w.hook.Close)
	w.mp, err = mptest.New(mptest.Config{Clock: w.now, NotificationURL: w.hook.URL + "/api/v1/webhooks/mercadopago?source_news=webhooks"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.mp.Close)
	w.mp.Hold()
	w.pay, err = mercadopago.New(mercadopago.Config{AccessToken: mptest.Token, BaseURL: w.mp.URL, Backoff: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.pay.Close)
	w.bookings, w.calendars = postgres.NewDesk(db, w.enqueue), postgres.NewCalendars(db)
	w.payments = postgres.NewPayments(db, w.enqueue, postgres.Rules{Production: true})
	w.checkouts = postgres.NewCheckouts(db, 15*time.Second)
	w.employ(t, db, inbox, registry)
}

func (w *moneyWorld) employ(t *testing.T, db *postgres.DB, inbox *postgres.Inbox, registry *prometheus.Registry) {
	t.Helper()
	messages := postgres.NewMessages(db, w.enqueue)
	desk := cashier.New(cashier.Deps{
		Provider: w.pay, Payments: w.payments, Reservation: w.bookings.Reservation, Now: w.now,
		Refresh: func(context.Context, int64) bool { return true },
	})
	fail := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	w.settle, err = settle.New(settle.Deps{
		Cashier: desk, Dismiss: inbox.Dismiss, Alarm: w.payments.Alarm, Now: w.now, Log: zerolog.Nop(), Metrics: registry,
		Enqueue: func(ctx context.Context, job payment.Look) error { return w.put(ctx, job) },
	})
	fail(err)
	w.refund, err = refund.New(refund.Deps{
		Refunds: w.payments, Provider: w.pay, Now: w.now, Log: zerolog.Nop(), Metrics: registry,
		Enqueue: func(ctx context.Context, job payment.Return) error { return w.put(ctx, job) },
	})
	fail(err)
	w.close = closecheckouts.New(closecheckouts.Deps{Pages: w.checkouts, Expire: w.pay.ExpireCheckout, Now: w.now})
	c := deliver.Config{SiteConfig: web.SiteConfig{BaseURL: "https://cabanas.example"}}
	c.Admins = config.List{"marta@example.com"}
	w.deliver, err = deliver.New(c, deliver.Deps{Messages: messages, Mail: w.mail, Now: w.now, Metrics: registry})
	fail(err)
	w.expire = expire.New(expire.Deps{Bookings: w.bookings, Payments: w.payments, Now: w.now, Report: func(string) {}})
	w.reconcile = reconcile.New(reconcile.Deps{
		Cashier: desk, Payments: w.payments, Inbox: inbox, Messages: messages, Enqueue: w.put, Now: w.now, Log: zerolog.Nop(),
		Report: func(string) {},
	})
}

func (w *moneyWorld) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clock
}

func (w *moneyWorld) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(d)
}

// mail takes a letter, or does not.
func (w *moneyWorld) mail(_ context.Context, l deliver.Letter) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.mailDown > 0 {
		w.mailDown--
		return notice.ErrTemporary
	}
	w.letters[l.Key]++
	return nil
}

// job is one that waits in the queue.
type job struct {
	ID   int64
	Kind string
	Args []byte
}

const insertJob = `insert into model_jobs (kind, args, key, after) values ($1, $2, $3, $4) on conflict (key) do nothing`

// enqueue puts jobs into the queue in a transaction; put does it without one.
func (w *moneyWorld) enqueue(ctx context.Context, tx pgx.Tx, jobs ...postgres.Job) error {
	for _, j := range jobs {
		args, err := columnsOf(j)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, insertJob, args...); err != nil {
			return err
		}
	}
	return nil
}

func (w *moneyWorld) put(ctx context.Context, j postgres.Job) error {
	args, err := columnsOf(j)
	if err != nil {
		return err
	}
	_, err = w.pool.Raw().Exec(ctx, insertJob, args...)
	return err
}

func columnsOf(j postgres.Job) ([]any, error) {
	args, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	var key *string
	if unique, ok := j.(interface{ UniqueKey() string }); ok {
		k := j.Kind() + " " + unique.UniqueKey()
		key = &k
	}
	after := time.Time{}
	if later, ok := j.(interface{ RunAt() time.Time }); ok {
		after = later.RunAt()
	}
	return []any{j.Kind(), args, key, after}, nil
}

// runnable are the jobs whose time has come.
func (w *moneyWorld) runnable(t fataler) []job {
	rows, _ := w.db.Query(context.Background(), `select id, kind, args from model_jobs where not done and after <= $1 order by id`, w.now())
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[job])
	if err != nil {
		t.Fatalf("read the jobs: %v", err)
	}
	return found
}

// work makes one attempt at a job: what fails is tried again a minute later.
func (w *moneyWorld) work(ctx context.Context, t fataler, j job) error {
	var err error
	switch j.Kind {
	case payment.Look{}.Kind():
		err = workOne(ctx, w.settle, j.Args)
	case payment.Return{}.Kind():
		err = workOne(ctx, w.refund, j.Args)
	case payment.Close{}.Kind():
		err = workOne(ctx, w.close, j.Args)
	case notice.Deliver{}.Kind():
		err = workOne(ctx, w.deliver, j.Args)
	default:
		t.Fatalf("nobody works %s", j.Kind)
	}
	if err != nil {
		w.exec(t, `update model_jobs set after = $2, error = $3 where id = $1`, j.ID, w.now().Add(time.Minute), err.Error())
		return fmt.Errorf("%s %s: %w", j.Kind, j.Args, err)
	}
	w.exec(t, `update model_jobs set done = true where id = $1`, j.ID)
	return nil
}

func workOne[J postgres.Job](ctx context.Context, worker function.Worker[J], args []byte) error {
	var j J
	if err := json.Unmarshal(args, &j); err != nil {
		return err
	}
	return worker(ctx, j)
}

// fataler is a test, or a check of rapid's.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func (w *moneyWorld) exec(t fataler, statement string, args ...any) {
	t.Helper()
	if _, err := w.db.Exec(context.Background(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// askMoney is the single column that a query returns.
func askMoney[T any](w *moneyWorld, t fataler, query string, args ...any) []T {
	t.Helper()
	rows, _ := w.db.Query(context.Background(), query, args...) // its error comes back from the collecting
	values, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return values
}
