package postgres_test

import (
	"context"
	"testing"
	"time"
	_ "time/tzdata" // the machine may have no zones of its own

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
)

// noon is when tests happen, and the first of December the day from which they count nights.
var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

// nights are those from one day after the first of December until another.
func nights(from, to int) civil.Nights {
	first := civil.New(2026, 12, 1)
	return civil.Nights{From: first.AddDays(from), To: first.AddDays(to)}
}

// bundle is a database with one process connected to it, and an operator who has SQL.
type bundle struct {
	*postgres.Bookings
	Calendars *postgres.Calendars

	dsn      string
	operator *pgxpool.Pool
	pool     *postgres.Pool
	registry *prometheus.Registry
}

func setup(t testing.TB) *bundle {
	t.Helper()
	b := &bundle{dsn: pgtest.NewDSN(t)}
	operator, err := pgxpool.New(t.Context(), b.dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(operator.Close)
	b.operator = operator
	b.pool, b.registry = b.process(t, 8)
	b.Bookings = postgres.NewBookings(b.pool.Share(8))
	b.Calendars = postgres.NewCalendars(b.pool.Share(8))
	return b
}

// process is another machine with connections of its own.
func (b *bundle) process(t testing.TB, connections int) (*postgres.Pool, *prometheus.Registry) {
	t.Helper()
	registry := prometheus.NewRegistry()
	pool, err := postgres.Open(postgres.Config{URL: config.Secret(b.dsn)}, connections, registry)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool, registry
}

// exec does what an operator types.
func (b *bundle) exec(t testing.TB, statement string, args ...any) {
	t.Helper()
	if _, err := b.operator.Exec(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// begin opens an operator's transaction, which is rolled back when the test ends if it has not ended before.
func (b *bundle) begin(t *testing.T) pgx.Tx {
	t.Helper()
	tx, err := b.operator.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) })
	return tx
}

// one is the single value that a query returns.
func one[T any](t testing.TB, b *bundle, query string, args ...any) T {
	t.Helper()
	rows, _ := b.operator.Query(t.Context(), query, args...) // its error comes back from the collecting
	value, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

// list is the single column that a query returns.
func list[T any](t testing.TB, b *bundle, query string, args ...any) []T {
	t.Helper()
	rows, _ := b.operator.Query(t.Context(), query, args...) // its error comes back from the collecting
	values, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return values
}

// cabin makes a cabin that has everything by default.
func (b *bundle) cabin(t testing.TB) int64 {
	t.Helper()
	return one[int64](t, b, `insert into accommodations (name, type, capacity, base_price) values ('Lake', 'cabin', 4, 10000) returning id`)
}

// wish is a hold that a guest asks for.
func wish(cabin int64, n civil.Nights) *booking.Reservation {
	return &booking.Reservation{
		Code: booking.NewCode(), AccommodationID: cabin, Stay: booking.Stay{Nights: n, Guests: 2},
		Status: booking.StatusPreReserved, PaymentStatus: booking.PaymentPending, Channel: "web",
		Contact:  booking.Contact{Name: "Ana Pérez", Phone: "+5491155443322", Email: "ana@example.com"},
		Currency: "ARS", Total: 3400000, Deposit: 1020000,
		Lines:     []booking.Line{{Kind: booking.LineNights, Label: "3 nights", Quantity: 3, UnitPrice: 1133333, Amount: 3400000}},
		Approval:  booking.ApprovalNone,
		ExpiresAt: noon.Add(booking.HoldFor), CreatedAt: noon,
	}
}

// hold holds nights without a key.
func (b *bundle) hold(t testing.TB, cabin int64, n civil.Nights) *booking.Reservation {
	t.Helper()
	r := wish(cabin, n)
	if err := b.Hold(t.Context(), r, "guest", booking.Answer{}, noon); err != nil {
		t.Fatalf("hold %v: %v", n, err)
	}
	return r
}

// row writes a reservation as it may have come to be, and returns its code.
func (b *bundle) row(t *testing.T, cabin int64, n civil.Nights, status booking.Status, expires time.Time) string {
	t.Helper()
	code := booking.NewCode()
	b.exec(t, `insert into reservations (code, accommodation_id, check_in, check_out, status, expires_at) values ($1, $2, $3, $4, $5, $6)`,
		code, cabin, n.From, n.To, string(status), expires)
	return code
}

// taken are the nights of a cabin in the two months around the first of December that a guest does not get.
func (b *bundle) taken(t *testing.T, cabin int64, now time.Time) []civil.Nights {
	t.Helper()
	found, err := b.Occupied(t.Context(), one[string](t, b, `select $1::bigint::text`, cabin), nights(-30, 60), now)
	if err != nil {
		t.Fatal(err)
	}
	return found.Nights
}

// status is what a reservation's row says.
func (b *bundle) status(t *testing.T, code string) booking.Status {
	t.Helper()
	return booking.Status(one[string](t, b, `select status from reservations where code = $1`, code))
}

// events are a reservation's audit trail, as "actor event".
func (b *bundle) events(t *testing.T, code string) []string {
	t.Helper()
	return list[string](t, b, `
		select e.actor || ' ' || e.event from reservation_events e join reservations r on r.id = e.reservation_id
		where r.code = $1 order by e.id`, code)
}

// awaitWaiting returns when a number of sessions wait for a lock of somebody else's.
func (b *bundle) awaitWaiting(t *testing.T, sessions int) {
	t.Helper()
	b.await(t, `select count(*) >= $1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`, sessions)
}

// await returns when a query says true.
func (b *bundle) await(t *testing.T, query string, args ...any) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !one[bool](t, b, query, args...); {
		if time.Now().After(deadline) {
			t.Fatalf("in vain: %s %v", query, args)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// statements is how many statements or pipelines a process has sent.
func statements(t *testing.T, registry *prometheus.Registry) uint64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == "pg_latency_seconds" {
			return family.GetMetric()[0].GetHistogram().GetSampleCount()
		}
	}
	t.Fatal("pg_latency_seconds is not measured")
	return 0
}
