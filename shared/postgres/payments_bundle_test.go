package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

// till is a bundle with what takes money, and a queue whose jobs can be read.
type till struct {
	*bundle
	Payments  *postgres.Payments
	Inbox     *postgres.Inbox
	Checkouts *postgres.Checkouts
	Messages  *postgres.Messages
	Cabin     int64
}

// enqueue keeps jobs in a table, in the transaction that it is given.
func enqueue(ctx context.Context, tx pgx.Tx, jobs ...postgres.Job) error {
	for _, job := range jobs {
		args, err := json.Marshal(job)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into jobs (kind, args) values ($1, $2)`, job.Kind(), args); err != nil {
			return err
		}
	}
	return nil
}

// enqueueMany is enqueue in one statement, as a queue does it.
func enqueueMany(ctx context.Context, tx pgx.Tx, jobs ...postgres.Job) error {
	kinds, args := make([]string, len(jobs)), make([]string, len(jobs))
	for n, job := range jobs {
		text, err := json.Marshal(job)
		if err != nil {
			return err
		}
		kinds[n], args[n] = job.Kind(), string(text)
	}
	_, err := tx.Exec(ctx, `insert into jobs (kind, args) select kind, args::jsonb from unnest($1::text[], $2::text[]) j (kind, args)`, kinds, args)
	return err
}

func setupTill(t testing.TB) *till {
	t.Helper()
	b := &till{bundle: setup(t)}
	b.exec(t, `create table jobs (id bigint generated always as identity primary key, kind text not null, args jsonb not null)`)
	b.Payments = postgres.NewPayments(b.pool.Share(8), enqueue, postgres.Rules{})
	b.Inbox = postgres.NewInbox(b.pool.Share(2), enqueue)
	b.Checkouts = postgres.NewCheckouts(b.pool.Share(4), 15*time.Second)
	b.Messages = postgres.NewMessages(b.pool.Share(4), enqueue)
	b.Cabin = b.cabin(t)
	return b
}

// jobs are those that wait, as "kind args".
func (b *till) jobs(t testing.TB) []string {
	t.Helper()
	return list[string](t, b.bundle, `select kind || ' ' || args from jobs order by id`)
}

// paid is a payment of a reservation as the provider tells of it.
func paid(r *booking.Reservation, id int, amount money.Cents) payment.Payment {
	return payment.Payment{
		Provider: payment.MercadoPago, ID: fmt.Sprint(id), Status: payment.Approved, StatusDetail: "accredited", Amount: amount, Currency: "ARS",
		ExternalReference: r.Code, Live: true, CollectorID: "239610915", DateCreated: noon, DateApproved: noon, LastUpdated: noon, Method: "visa", Type: "credit_card",
	}
}

// settle settles what the provider says.
func (b *till) settle(t testing.TB, p payment.Payment, now time.Time) payment.Decision {
	t.Helper()
	d, err := b.Payments.Settle(t.Context(), p, now)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// balanced complains where what a reservation is said to be paid is not what its ledger says.
func (b *till) balanced(t testing.TB) {
	t.Helper()
	for _, odd := range list[string](t, b.bundle, `
		select code || ' ' || paid_amount || ' ' || coalesce(sum(amount), 0) from reservations r left join ledger l on l.reservation_id = r.id
		group by r.id having paid_amount <> coalesce(sum(amount), 0)`) {
		t.Errorf("paid and ledger differ: %s", odd)
	}
}

// stay is a held reservation of the till's cabin.
func (b *till) stay(t testing.TB, n civil.Nights) *booking.Reservation {
	t.Helper()
	return b.hold(t, b.Cabin, n)
}
