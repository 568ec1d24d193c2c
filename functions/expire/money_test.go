package expire_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/eevans-d/sist-cabanas/functions/expire"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
)

// TestTheMoneyInAHoldThatHasRunOutIsDecidedAbout has holds of every sort lapse, and looks where their money goes.
func TestTheMoneyInAHoldThatHasRunOutIsDecidedAbout(t *testing.T) {
	t.Parallel()
	db, err := postgres.Open(postgres.Config{URL: config.Secret(pgtest.NewDSN(t))}, 1, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	exec := func(statement string, args ...any) {
		if _, err := db.Raw().Exec(t.Context(), statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`insert into accommodations (name, type, capacity, base_price) values ('Lake', 'cabin', 4, 10000)`)
	exec(`insert into reservations (code, accommodation_id, check_in, check_out, expires_at, created_at, total_price, deposit_amount, currency)
		select code, 1, date '2026-12-04' + n::int, date '2026-12-05' + n::int, $1::timestamptz + interval '20 minutes', $1, 1000, 300, 'ARS'
		from unnest(array['SHORT', 'LATER', 'HAND', 'GONE', 'EMPTY', 'LIVE']) with ordinality x (code, n)`, noon)
	exec(`update reservations set expires_at = $1 where code = 'LIVE'`, noon.Add(time.Hour))
	jobs := 0
	payments := postgres.NewPayments(db.Share(1), func(_ context.Context, _ pgx.Tx, all ...postgres.Job) error {
		jobs += len(all)
		return nil
	}, postgres.Rules{})
	pay := func(code string, amount money.Cents) {
		if _, err := payments.Settle(t.Context(), payment.Payment{
			Provider: payment.MercadoPago, ID: code, Status: payment.Approved, Amount: amount, Currency: "ARS", ExternalReference: code,
			DateCreated: noon, DateApproved: noon, LastUpdated: noon,
		}, noon); err != nil {
			t.Fatal(err)
		}
	}
	for _, code := range []string{"SHORT", "GONE", "LIVE"} {
		pay(code, 10000)
	}
	exec(`update reservations set paid_amount = 300 where code = 'LATER'`) // an operator wrote it there
	if _, err := payments.Receive(t.Context(), "HAND", payment.Cash, 5000, "", "admin", "k", noon); err != nil {
		t.Fatal(err)
	}
	exec(`update reservations set status = 'expired', updated_at = $1 where code = 'GONE'`, noon.Add(21*time.Minute)) // a guest who held its nights has
	jobs = 0
	var reports []string
	task := expire.New(expire.Deps{
		Bookings: postgres.NewBookings(db.Share(1)), Payments: payments,
		Report: func(summary string) { reports = append(reports, summary) }, Now: func() time.Time { return noon.Add(30 * time.Minute) },
	})
	for range 2 { // the second finds nothing to do
		if err := task(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"expired 1 holds, forgot 0 idempotency keys, settled 4 holds with money in them", "expired 0 holds, forgot 0 idempotency keys"}; !slices.Equal(reports, want) {
		t.Errorf("reported %q", reports)
	}
	rows, err := db.Raw().Query(t.Context(), `
		select concat_ws(' ', r.code, r.status, f.amount, f.reason, f.by_hand, f.state) from reservations r
		left join payments p on p.reservation_id = r.id left join refunds f on f.payment_id = p.id order by r.id`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	want := []string{
		"SHORT expired 100.00 unconfirmed f queued", "LATER confirmed", "HAND expired 50.00 unconfirmed t queued",
		"GONE expired 100.00 unconfirmed f queued", "EMPTY expired", "LIVE pre_reserved",
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s\n%v", strings.Join(got, "\n"), strings.Join(want, "\n"), err)
	}
	if jobs < 2 {
		t.Errorf("%d jobs, want the two refunds and the messages", jobs)
	}
}

// purse is so many holds with money in them, of which some cannot be decided about.
type purse struct {
	*bookings
	left    int
	broken  func(n int) bool
	asked   int
	listErr error
}

func (p *purse) Lapsed(_ context.Context, _ time.Time, after int64, limit int) ([]payment.Overdue, error) {
	var list []payment.Overdue
	for n := int(after) + 1; n <= p.left && len(list) < limit; n++ {
		list = append(list, payment.Overdue{ReservationID: int64(n), Code: fmt.Sprint(n)})
	}
	return list, p.listErr
}

func (p *purse) Resettle(_ context.Context, code string, _ time.Time) (payment.Decision, error) {
	p.asked++
	if p.broken != nil && p.broken(p.asked) {
		return payment.Decision{}, errBroken
	}
	return payment.Decision{Changed: true}, nil
}

var errBroken = errors.New("this one cannot be settled")

func TestOneHoldThatCannotBeSettledKeepsNoOtherWaiting(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		purse purse
		asked int
		fails bool
	}{
		"all go well, page after page": {purse{left: 1100}, 1100, false},
		"one is broken":                {purse{left: 600, broken: func(n int) bool { return n == 3 }}, 600, true},
		"all are":                      {purse{left: 600, broken: func(int) bool { return true }}, 10, true},
		"they cannot be listed":        {purse{listErr: errBroken}, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := c.purse
			p.bookings = &bookings{holds: 3, keys: 2}
			var reported []string
			err := expire.New(expire.Deps{
				Bookings: p.bookings, Payments: &p, Report: func(summary string) { reported = append(reported, summary) }, Now: func() time.Time { return noon },
			})(t.Context())
			if errors.Is(err, errBroken) != c.fails || p.asked != c.asked {
				t.Errorf("%v after %d holds, want %d", err, p.asked, c.asked)
			}
			if p.holds != 0 || p.keys != 0 {
				t.Errorf("%d holds and %d keys are left", p.holds, p.keys)
			}
			if c.fails != (reported == nil) {
				t.Errorf("reported %q", reported)
			}
		})
	}
}
