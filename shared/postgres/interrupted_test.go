package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

// wholeOrNothing fails the test unless every reservation has the event and the key of its hold, and nothing else has one.
func (b *bundle) wholeOrNothing(t *testing.T) {
	t.Helper()
	var halves int
	err := b.operator.QueryRow(t.Context(), `
		select count(*) from reservations r
		full join reservation_events e on e.reservation_id = r.id and e.event = 'held'
		full join idempotency_keys k on k.key = r.code
		where num_nulls(r.id, e.id, k.key) > 0`).Scan(&halves)
	if err != nil || halves != 0 {
		t.Errorf("%d are done by half, %v", halves, err)
	}
}

func TestAGuestWhoGoesAwayWhileWaiting(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	pool, _ := b.process(t, 1)
	alone := postgres.NewBookings(pool.Share(1)) // on one connection, which the guest must not take along
	owner := b.begin(t)
	if _, err := owner.Exec(t.Context(), `select from accommodations for update`); err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(t.Context())
	held := make(chan error)
	r := wish(cabin, nights(3, 5))
	go func() { held <- alone.Hold(ctx, r, "guest", answer(r.Code), noon) }()
	b.awaitWaiting(t, 1)
	leave()
	if err := <-held; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := alone.Accommodation(t.Context(), "1"); err != nil {
		t.Errorf("the next guest: %v", err)
	}
	if err := owner.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.await(t, `select count(*) = 0 from pg_stat_activity where datname = current_database() and state = 'active' and pid <> pg_backend_pid()`)
	b.wholeOrNothing(t)
	other := wish(cabin, nights(5, 6))
	if err := alone.Hold(t.Context(), other, "guest", answer(other.Code), noon); err != nil {
		t.Errorf("another hold: %v", err)
	}
	b.wholeOrNothing(t)
}

// TestGuestsWhoGoAwayAtAnyMoment interrupts holds at times that nobody chose, within twice what a hold takes.
func TestGuestsWhoGoAwayAtAnyMoment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	pool, _ := b.process(t, 1)
	bookings := postgres.NewBookings(pool.Share(1))
	hold := func(ctx context.Context, day int) error {
		r := wish(cabin, nights(day, day+1))
		return bookings.Hold(ctx, r, "guest", answer(r.Code), noon)
	}
	inPeace, done, left := 0, 0, 0
	for day := 0; day < 2000 && (day < 400 || done == 0 || left == 0); day += 2 {
		began := time.Now()
		if err := hold(t.Context(), day); err != nil {
			t.Fatalf("day %d, in peace: %v", day, err) // and on a connection of its own: the interrupted one has lost its
		}
		inPeace++
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(2*rand.Float64()*float64(time.Since(began))))
		switch err := hold(ctx, day+1); {
		case err == nil:
			done++
		case errors.Is(err, context.DeadlineExceeded):
			left++
		default:
			t.Errorf("day %d: %v", day, err)
		}
		cancel()
	}
	if done == 0 || left == 0 {
		t.Errorf("%d were done and %d interrupted: the times are not right", done, left)
	}
	b.await(t, `select count(*) = 0 from pg_stat_activity where datname = current_database() and state = 'active' and pid <> pg_backend_pid()`)
	b.wholeOrNothing(t)
	if n := one[int](t, b, `select count(*) from reservations`); n < inPeace+done {
		t.Errorf("%d guests were told that they have it, %d have", inPeace+done, n)
	}
}

func TestAWaitForACabinIsBounded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	pool, _ := b.process(t, 1)
	alone := postgres.NewBookings(pool.Share(1))
	owner := b.begin(t)
	if _, err := owner.Exec(t.Context(), `select from accommodations for update`); err != nil {
		t.Fatal(err)
	}
	for limits, want := range map[string]error{
		"set lock_timeout = '100ms'; set statement_timeout = '20s'": fault.ErrBusy,
		"set lock_timeout = '20s'; set statement_timeout = '100ms'": context.DeadlineExceeded,
	} {
		if _, err := pool.Raw().Exec(t.Context(), limits); err != nil {
			t.Fatal(err)
		}
		err := alone.Hold(t.Context(), wish(cabin, nights(3, 5)), "guest", answer("k"), noon)
		if !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", limits, err, want)
		}
		if _, err := alone.Accommodation(t.Context(), "1"); err != nil {
			t.Errorf("%s: what locks nothing: %v", limits, err)
		}
	}
	if got := b.written(t); got != [3]int{} {
		t.Errorf("reservations, events, keys: %v", got)
	}
}

func TestEverySessionHasItsLimits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for setting, want := range map[string]string{
		"lock_timeout": "1s", "statement_timeout": "20s", "idle_in_transaction_session_timeout": "20s",
	} {
		var got string
		if err := b.pool.Raw().QueryRow(t.Context(), fmt.Sprintf("show %s", setting)).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s, %v", setting, got, err)
		}
	}
}
