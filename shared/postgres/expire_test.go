package postgres_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

func TestOnlyOverdueHoldsExpire(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	before := map[string]booking.Status{
		b.row(t, cabin, nights(0, 1), booking.StatusPreReserved, noon.Add(-time.Hour)):       booking.StatusExpired,
		b.row(t, cabin, nights(1, 2), booking.StatusPreReserved, noon):                       booking.StatusExpired,
		b.row(t, cabin, nights(2, 3), booking.StatusPreReserved, noon.Add(time.Microsecond)): booking.StatusPreReserved,
		b.row(t, cabin, nights(3, 4), booking.StatusConfirmed, noon.Add(-time.Hour)):         booking.StatusConfirmed,
		b.row(t, cabin, nights(4, 5), booking.StatusCancelled, noon.Add(-time.Hour)):         booking.StatusCancelled,
		b.row(t, cabin, nights(4, 5), booking.StatusExpired, noon.Add(-time.Hour)):           booking.StatusExpired,
		b.row(t, cabin, nights(5, 6), booking.StatusCompleted, noon.Add(-time.Hour)):         booking.StatusCompleted,
		b.row(t, cabin, nights(6, 7), booking.StatusNoShow, noon.Add(-time.Hour)):            booking.StatusNoShow,
	}
	for _, want := range []int{2, 0} {
		if n, err := b.ExpireHolds(t.Context(), noon, 100); err != nil || n != want {
			t.Errorf("expired %d, want %d; %v", n, want, err)
		}
	}
	for code, want := range before {
		if got := b.status(t, code); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	events := list[string](t, b, `select format('%s %s %s %s', r.check_in, e.actor, e.event, e.at at time zone 'UTC')
		from reservation_events e join reservations r on r.id = e.reservation_id order by 1`)
	want := []string{"2026-12-01 system expired 2026-12-01 12:00:00", "2026-12-02 system expired 2026-12-01 12:00:00"}
	if !slices.Equal(events, want) {
		t.Errorf("events %v", events)
	}
}

func TestHoldsExpireInBatchesTheOldestFirst(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	for i := range 7 {
		b.row(t, cabin, nights(i, i+1), booking.StatusPreReserved, noon.Add(-time.Duration(i)*time.Minute))
	}
	for _, step := range []struct{ limit, want, left int }{{3, 3, 4}, {0, 0, 4}, {3, 3, 1}, {3, 1, 0}, {3, 0, 0}} {
		n, err := b.ExpireHolds(t.Context(), noon, step.limit)
		left := one[int](t, b, `select count(*) from reservations where status = 'pre_reserved'`)
		if err != nil || n != step.want || left != step.left {
			t.Errorf("expired %d, want %d; left %d, want %d; %v", n, step.want, left, step.left, err)
		}
		if left == 4 && one[int](t, b, `select count(*) from reservations where status = 'expired' and check_in >= '2026-12-05'`) != 3 {
			t.Error("not the oldest first")
		}
	}
}

func TestAHoldThatSomebodyIsBusyWithIsLeftForLater(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	busy := b.row(t, cabin, nights(0, 1), booking.StatusPreReserved, noon)
	idle := b.row(t, cabin, nights(1, 2), booking.StatusPreReserved, noon)
	owner := b.begin(t)
	if _, err := owner.Exec(t.Context(), `update reservations set status = 'confirmed' where code = $1`, busy); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if n, err := b.ExpireHolds(t.Context(), noon, 100); err != nil || n != 1 {
		t.Errorf("expired %d, %v", n, err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %s: it waited", took)
	}
	if err := owner.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := b.ExpireHolds(t.Context(), noon, 100); err != nil || n != 0 {
		t.Errorf("later it expired %d, %v", n, err)
	}
	if b.status(t, busy) != booking.StatusConfirmed || b.status(t, idle) != booking.StatusExpired {
		t.Errorf("busy is %s, idle is %s", b.status(t, busy), b.status(t, idle))
	}
}

// TestWhatIsConfirmedInTheLastSecondStaysConfirmed lets two tasks write down as expired what guests are paying for at that very
// moment, on a machine whose clock is a second behind.
func TestWhatIsConfirmedInTheLastSecondStaysConfirmed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	second, _ := b.process(t, 8)
	other := postgres.NewBookings(second.Share(8))
	const holds = 240
	codes := make([]string, holds)
	for i := range codes {
		codes[i] = b.row(t, cabin, nights(i, i+1), booking.StatusPreReserved, noon)
	}
	confirmed, expired := make([]bool, holds), make([]int, 2)
	var group sync.WaitGroup
	start := make(chan struct{})
	for client := range 4 {
		group.Go(func() {
			<-start
			for i := client; i < holds; i += 4 {
				_, _, err := other.Change(t.Context(), codes[holds-1-i], "guest", "confirmed", noon, func(r *booking.Reservation) error {
					return r.Confirm(noon.Add(-time.Second))
				})
				confirmed[holds-1-i] = err == nil
				if err != nil && !errors.Is(err, booking.ErrInvalidState) {
					t.Errorf("confirm: %v", err)
				}
			}
		})
	}
	for task := range expired {
		group.Go(func() {
			<-start
			for n := 1; n > 0; {
				var err error
				if n, err = b.ExpireHolds(t.Context(), noon, 3); err != nil {
					t.Errorf("expire: %v", err)
				}
				expired[task] += n
			}
		})
	}
	close(start)
	group.Wait()
	last, err := b.ExpireHolds(t.Context(), noon, holds) // what was busy when the tasks came by
	if err != nil {
		t.Fatal(err)
	}
	paid := 0
	for i, code := range codes {
		want, event := booking.StatusExpired, "system expired"
		if confirmed[i] {
			paid++
			want, event = booking.StatusConfirmed, "guest confirmed"
		}
		if got := b.events(t, code); b.status(t, code) != want || !slices.Equal(got, []string{event}) {
			t.Errorf("hold %d is %s with %v, want %s", i, b.status(t, code), got, want)
		}
	}
	if total := expired[0] + expired[1] + last; total != holds-paid || paid == 0 || total == last {
		t.Errorf("%d paid; tasks say that %v expired, and %d in the end", paid, expired, last)
	}
}

func TestOldKeysAreForgotten(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i, expires := range []time.Duration{-3 * time.Hour, -2 * time.Hour, -time.Hour, 0, time.Microsecond, time.Hour} {
		b.exec(t, `insert into idempotency_keys (key, request_hash, status, response, created_at, expires_at) values ($1, '', 201, '', $2, $3)`,
			string(rune('a'+i)), noon, noon.Add(expires))
	}
	for _, step := range []struct {
		want int
		left []string
	}{{3, []string{"d", "e", "f"}}, {1, []string{"e", "f"}}, {0, []string{"e", "f"}}} {
		n, err := b.ForgetKeys(t.Context(), noon, 3)
		if left := list[string](t, b, `select key from idempotency_keys order by key`); err != nil || n != step.want || !slices.Equal(left, step.left) {
			t.Errorf("forgot %d, want %d; left %v; %v", n, step.want, left, err)
		}
	}
	// A key that a guest is using at this moment is nobody's to wait for.
	b.exec(t, `update idempotency_keys set expires_at = $1`, noon)
	guest := b.begin(t)
	if _, err := guest.Exec(t.Context(), `delete from idempotency_keys where key = 'e'`); err != nil {
		t.Fatal(err)
	}
	if n, err := b.ForgetKeys(t.Context(), noon, 3); err != nil || n != 1 {
		t.Errorf("forgot %d, %v", n, err)
	}
}
