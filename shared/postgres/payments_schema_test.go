package postgres_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/eevans-d/sist-cabanas/migrations"
	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

func TestTheTableRefusesArrangementsThatTheProgramCouldNotRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.cabin(t)
	for column, values := range map[string][]string{
		"cancellation_policy": {"'Custom'", "''"},
		"cancellation_steps": {
			"'{}'", "'null'", "'[1]'", "'[null]'", "'[{}]'", `'[{"days_before": 1}]'`, `'[{"percent": 1}]'`, `'[{"days_before": "1", "percent": 1}]'`,
			`'[{"days_before": -1, "percent": 1}]'`, `'[{"days_before": 1.5, "percent": 1}]'`, `'[{"days_before": 541, "percent": 1}]'`,
			`'[{"days_before": 1, "percent": 101}]'`, `'[{"days_before": 1, "percent": 0.5}]'`, `'[[{"days_before": 1, "percent": 1}]]'`,
			`(select jsonb_agg('{"days_before": 1, "percent": 1}'::jsonb) from generate_series(1, 11))`,
		},
		"transfer_cbu":  {"'1'", "'285059094009041813520x'", "'28505909400904181352011'"},
		"check_in_time": {"'24:00'"}, "check_out_time": {"'24:00'"},
		"address": {"repeat('x', 301)"}, "host_name": {"repeat('x', 101)"},
	} {
		for _, value := range values {
			b.refused(t, fmt.Sprintf("update accommodations set %s = %s", column, value), checkViolation, "0A000")
		}
	}
	b.exec(t, `update accommodations set cancellation_policy = 'custom', cancellation_steps = '[{"days_before": 30, "percent": 100}, {"days_before": 0, "percent": 25}]',
		transfer_cbu = '2850590940090418135201', check_in_time = '15:00'`)
	r := b.hold(t, 1, nights(3, 5))
	_, terms, err := b.Reservation(t.Context(), r.Code)
	if want := (booking.Steps{{DaysBefore: 30, Percent: 100}, {DaysBefore: 0, Percent: 25}}); err != nil || !slices.Equal(terms.Steps, want) || terms.Policy != booking.PolicyCustom {
		t.Errorf("%+v, %v", terms, err)
	}
}

// TestWhatWasPaidBeforeThereWasALedgerIsInIt migrates a database in which somebody has written what was paid.
func TestWhatWasPaidBeforeThereWasALedgerIsInIt(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	config, err := pgx.ParseConfig(b.dsn)
	if err != nil {
		t.Fatal(err)
	}
	db := stdlib.OpenDB(*config)
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.Files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.DownTo(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	code := b.row(t, b.Cabin, nights(3, 5), booking.StatusConfirmed, noon)
	b.exec(t, `update reservations set paid_amount = 100, total_price = 200, deposit_amount = 100, payment_status = 'partially_paid'`)
	b.row(t, b.Cabin, nights(5, 7), booking.StatusConfirmed, noon)
	if _, err = postgres.Migrate(t.Context(), b.dsn, migrations.Files); err != nil {
		t.Fatal(err)
	}
	b.balanced(t)
	book, err := b.Payments.Book(t.Context(), code)
	if err != nil || len(book.Payments) != 1 || book.Payments[0].Provider != payment.Cash || book.Payments[0].Amount != 10000 {
		t.Errorf("%+v, %v", book, err)
	}
	if d, err := b.Payments.Resettle(t.Context(), code, noon); err != nil || d.Reservation.Paid != 10000 || d.Ledger != nil || d.Messages != nil {
		t.Errorf("it is news: %+v, %v", d, err)
	}
}
