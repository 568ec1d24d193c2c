package expire_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eevans-d/sist-cabanas/functions/expire"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
)

var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

// bookings has so many holds that are overdue and so many old keys; calls is what it was asked to do.
type bookings struct {
	holds, keys       int
	holdsErr, keysErr error
	fed               bool // somebody makes more of them all the time
	calls             []string
	limit             int
	moments           []time.Time
}

func (b *bookings) ExpireHolds(_ context.Context, now time.Time, limit int) (int, error) {
	return b.take("holds", &b.holds, b.holdsErr, now, limit)
}

func (b *bookings) ForgetKeys(_ context.Context, now time.Time, limit int) (int, error) {
	return b.take("keys", &b.keys, b.keysErr, now, limit)
}

func (b *bookings) take(what string, left *int, err error, now time.Time, limit int) (int, error) {
	b.calls, b.moments, b.limit = append(b.calls, what), append(b.moments, now), limit
	if err != nil {
		return 0, err
	}
	if b.fed {
		return limit, nil
	}
	n := min(*left, limit)
	*left -= n
	return n, nil
}

// Lapsed is what else the task asks about: no hold has money in it.
func (b *bookings) Lapsed(context.Context, time.Time, int64, int) ([]payment.Overdue, error) {
	return nil, nil
}

func (b *bookings) Resettle(context.Context, string, time.Time) (payment.Decision, error) {
	panic("there is nothing to settle")
}

func run(b *bookings) (reported string, err error) {
	clock := noon
	err = expire.New(expire.Deps{Bookings: b, Payments: b, Report: func(summary string) { reported += summary }, Now: func() time.Time {
		clock = clock.Add(time.Second)
		return clock
	}})(context.Background())
	return reported, err
}

func TestHoldsAndThenKeysUntilNoneIsLeft(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		holds, keys int
		calls       []string
	}{
		{0, 0, []string{"holds", "keys"}},
		{499, 1, []string{"holds", "keys"}},
		{500, 0, []string{"holds", "holds", "keys"}}, // a full batch says nothing of what is left
		{1200, 600, []string{"holds", "holds", "holds", "keys", "keys"}},
	} {
		b := &bookings{holds: c.holds, keys: c.keys}
		reported, err := run(b)
		if err != nil || b.holds != 0 || b.keys != 0 || !slices.Equal(b.calls, c.calls) {
			t.Errorf("%d holds, %d keys: left %d and %d after %v; %v", c.holds, c.keys, b.holds, b.keys, b.calls, err)
		}
		if want := fmt.Sprintf("expired %d holds, forgot %d idempotency keys", c.holds, c.keys); reported != want {
			t.Errorf("reported %q, want %q", reported, want)
		}
		for _, moment := range b.moments {
			if !moment.Equal(noon.Add(time.Second)) {
				t.Errorf("%d holds, %d keys: moments %v in one run", c.holds, c.keys, b.moments)
			}
		}
	}
}

func TestARunThatOthersKeepFeedingEnds(t *testing.T) {
	t.Parallel()
	b := &bookings{fed: true}
	if _, err := run(b); err != nil {
		t.Fatal(err)
	}
	holds := 0
	for _, call := range b.calls {
		if call == "holds" {
			holds++
		}
	}
	if holds < 100 || holds > 5000 || len(b.calls) != 2*holds {
		t.Errorf("%d batches of holds, %d of keys", holds, len(b.calls)-holds)
	}
}

func TestARunThatFailsSaysWhy(t *testing.T) {
	t.Parallel()
	down := errors.New("the database is down")
	for name, b := range map[string]*bookings{
		"holds": {holds: 600, holdsErr: down},
		"keys":  {holds: 600, keysErr: down},
	} {
		if reported, err := run(b); !errors.Is(err, down) || reported != "" {
			t.Errorf("%s: %v; reported %q", name, err, reported)
		}
		if last := b.calls[len(b.calls)-1]; last != name {
			t.Errorf("%s: it went on: %v", name, b.calls)
		}
	}
}

func TestARunAgainstTheDatabase(t *testing.T) {
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
	exec(`insert into reservations (code, accommodation_id, check_in, check_out, expires_at)
		select 'H' || n, 1, date '2026-12-04' + n, date '2026-12-05' + n, $1::timestamptz + (n - 1001) * interval '1 second' from generate_series(0, 1200) n`, noon)
	exec(`insert into idempotency_keys (key, request_hash, status, response, created_at, expires_at)
		select n, '', 201, '', $1, $1::timestamptz + (n - 600) * interval '1 second' from generate_series(0, 1200) n`, noon)
	task := expire.New(expire.Deps{
		Bookings: postgres.NewBookings(db.Share(1)), Payments: postgres.NewPayments(db.Share(1), nil, postgres.Rules{}), Report: func(string) {}, Now: func() time.Time { return noon },
	})
	for range 2 { // the second finds nothing to do
		if err := task(t.Context()); err != nil {
			t.Fatal(err)
		}
		var expired, events, holds, keys int
		err := db.Raw().QueryRow(t.Context(), `
			select count(*) filter (where status = 'expired' and expires_at <= $1), (select count(*) from reservation_events where event = 'expired'),
				count(*) filter (where status = 'pre_reserved' and expires_at > $1), (select count(*) from idempotency_keys where expires_at > $1)
			from reservations`, noon).Scan(&expired, &events, &holds, &keys)
		if err != nil || expired != 1002 || events != 1002 || holds != 199 || keys != 600 {
			t.Errorf("%d expired, %d events, %d holds and %d keys left; %v", expired, events, holds, keys, err)
		}
	}
}
