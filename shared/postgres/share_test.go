package postgres_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

// occupy keeps connections of a share in use until the returned function is called: a rule thinks for as long as it likes.
func occupy(t *testing.T, b *bundle, share *postgres.DB, connections int) (release func()) {
	t.Helper()
	cabin := b.cabin(t)
	bookings := postgres.NewBookings(share)
	var began, group sync.WaitGroup
	free := make(chan struct{})
	began.Add(connections)
	for i := range connections {
		code := b.row(t, cabin, nights(i, i+1), booking.StatusConfirmed, noon)
		group.Go(func() {
			_, _, err := bookings.Change(t.Context(), code, "guest", "seen", noon, func(*booking.Reservation) error {
				began.Done()
				<-free
				return nil
			})
			if err != nil {
				t.Errorf("change: %v", err)
			}
		})
	}
	began.Wait()
	return sync.OnceFunc(func() {
		close(free)
		group.Wait()
	})
}

func TestABurstOnOneShareLeavesTheOthersTheirs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pool, _ := b.process(t, 3)
	burst, other := pool.Share(2), pool.Share(1)
	release := occupy(t, b, burst, 2)
	defer release()

	began := time.Now()
	refused := make(chan error)
	go func() { refused <- burst.Ping(t.Context()) }()
	for range 20 { // while the one above waits
		if err := other.Ping(t.Context()); err != nil {
			t.Errorf("the other share: %v", err)
		}
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the other share took %s", took)
	}
	err := <-refused
	var busy *fault.Error
	if !errors.Is(err, fault.ErrBusy) || !errors.As(err, &busy) || busy.RetryAfter <= 0 {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took < time.Second || took > 10*time.Second {
		t.Errorf("refused after %s", took)
	}
	release()
	if err := burst.Ping(t.Context()); err != nil {
		t.Errorf("when the burst is over: %v", err)
	}
}

func TestWhoeverWaitsForAShareGetsWhatIsGivenBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pool, _ := b.process(t, 1)
	share := pool.Share(1)
	release := occupy(t, b, share, 1)
	defer release()
	waited := make(chan error)
	go func() { waited <- share.Ping(t.Context()) }()
	select {
	case err := <-waited:
		t.Errorf("it did not wait: %v", err)
	case <-time.After(50 * time.Millisecond): // surely in the queue, or about to be: either way it has to succeed
	}
	release()
	if err := <-waited; err != nil {
		t.Errorf("got %v", err)
	}
}

func TestWhoeverWaitsForAShareMayGoAway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pool, _ := b.process(t, 1)
	share := pool.Share(1)
	release := occupy(t, b, share, 1)
	defer release()
	ctx, leave := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer leave()
	if err := share.Ping(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if err := share.Ping(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("gone before: %v", err)
	}
	release()
	if err := share.Ping(t.Context()); err != nil {
		t.Errorf("the next: %v", err)
	}
	if err := share.Ping(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("gone before, with room: %v", err)
	}
}

func TestAConnectionThatIsKilledInUse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.hold(t, b.cabin(t), nights(3, 5))
	pool, _ := b.process(t, 1)
	bookings := postgres.NewBookings(pool.Share(1))
	kill := func() {
		b.exec(t, `select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`)
	}
	_, _, err := bookings.Change(t.Context(), r.Code, "guest", "confirmed", noon, func(r *booking.Reservation) error {
		kill()
		return r.Confirm(noon)
	})
	if !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if got := b.events(t, r.Code); b.status(t, r.Code) != booking.StatusPreReserved || len(got) != 1 {
		t.Errorf("%s, %v", b.status(t, r.Code), got)
	}
	if _, _, err := bookings.Change(t.Context(), r.Code, "guest", "confirmed", noon, confirm); err != nil {
		t.Errorf("the next call: %v", err)
	}

	// One that is killed between two calls may cost the first of them, and never the second.
	kill()
	if _, _, err := bookings.Reservation(t.Context(), r.Code); err != nil && !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("after a kill between two calls: %v", err)
	}
	if _, _, err := bookings.Reservation(t.Context(), r.Code); err != nil {
		t.Errorf("the call after that: %v", err)
	}
}

func TestAPoolThatIsClosedIsUnavailable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	share := b.pool.Share(1)
	b.pool.Close()
	if err := share.Ping(t.Context()); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}
