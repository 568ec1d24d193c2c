package postgres_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

// noOverlaps counts live reservations that share a night, which must be none, without trusting the constraint.
func (b *bundle) noOverlaps(t *testing.T) {
	t.Helper()
	if n := one[int](t, b, `
		select count(*) from reservations x join reservations y
			on x.id < y.id and x.accommodation_id = y.accommodation_id and x.check_in < y.check_out and y.check_in < x.check_out
		where x.status in ('pre_reserved', 'confirmed') and y.status in ('pre_reserved', 'confirmed')`); n != 0 {
		t.Errorf("%d pairs of guests share a cabin", n)
	}
}

// noDeadlocks looks at what the server has counted, once the sessions that count have ended.
func (b *bundle) noDeadlocks(t *testing.T, pools ...*postgres.Pool) {
	t.Helper()
	for _, pool := range pools {
		pool.Close()
	}
	b.await(t, `select count(*) = 1 from pg_stat_activity where datname = current_database()`)
	if n := one[int](t, b, `select deadlocks from pg_stat_database where datname = current_database()`); n != 0 {
		t.Errorf("%d deadlocks", n)
	}
}

func TestARushForTheSameNightHasOneWinner(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	second, _ := b.process(t, 8)
	processes := []*postgres.Bookings{b.Bookings, postgres.NewBookings(second.Share(8))}
	for round := range 12 {
		night := 100 + round*20 // that all want, and some days around it
		if round%3 == 1 {
			b.row(t, cabin, nights(night-1, night+1), booking.StatusPreReserved, noon) // somebody did not pay
		}
		var group sync.WaitGroup
		outcomes := make([]error, 60)
		start := make(chan struct{})
		for i := range outcomes {
			stay := nights(night-rand.IntN(4), night+1+rand.IntN(4))
			group.Go(func() {
				<-start
				outcomes[i] = processes[i%2].Hold(t.Context(), wish(cabin, stay), "guest", booking.Answer{}, noon)
			})
		}
		close(start)
		group.Wait()
		won := 0
		for _, err := range outcomes {
			if err == nil {
				won++
			} else if !errors.Is(err, booking.ErrTaken) {
				t.Errorf("round %d: %v", round, err)
			}
		}
		if won != 1 {
			t.Errorf("round %d: %d winners", round, won)
		}
	}
	b.noOverlaps(t)
	b.noDeadlocks(t, b.pool, second)
}

// TestEverybodyAtOnce lets guests hold, confirm and cancel, holds run out, and the task that writes that down run, all at the
// same time in two processes.
func TestEverybodyAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabins := []int64{b.cabin(t), b.cabin(t)}
	second, _ := b.process(t, 8)
	processes := []*postgres.Bookings{b.Bookings, postgres.NewBookings(second.Share(8))}
	var group sync.WaitGroup
	for client := range 16 {
		mine, random := processes[client%2], rand.New(rand.NewPCG(uint64(client), 1))
		group.Go(func() {
			for round := range 25 {
				now := noon.Add(time.Duration(round) * 5 * time.Minute) // holds run out while this goes on
				from := random.IntN(20)
				r := wish(cabins[random.IntN(2)], nights(from, from+1+random.IntN(4)))
				r.ExpiresAt = now.Add(booking.HoldFor)
				err := mine.Hold(t.Context(), r, "guest", booking.Answer{}, now)
				if err != nil && !errors.Is(err, booking.ErrTaken) {
					t.Errorf("hold: %v", err)
				}
				if err == nil && random.IntN(2) == 0 {
					b.changeAtRandom(t, mine, r.Code, now, random)
				}
				if client < 2 {
					if _, err := mine.ExpireHolds(t.Context(), now, 3); err != nil {
						t.Errorf("expire: %v", err)
					}
				}
			}
		})
	}
	group.Wait()
	b.noOverlaps(t)
	// What the history says is what became of each, and nothing has happened twice.
	for _, row := range list[string](t, b, `
		select r.code || ': ' || r.status || ' after ' || string_agg(e.event, ', ' order by e.id)
		from reservations r left join reservation_events e on e.reservation_id = r.id group by r.id
		having string_agg(e.event, ', ' order by e.id) is distinct from (case r.status
			when 'pre_reserved' then 'held' when 'confirmed' then 'held, confirmed' when 'expired' then 'held, expired'
			when 'cancelled' then 'held, ' || case when r.confirmed_at is null then '' else 'confirmed, ' end || 'cancelled' end)`) {
		t.Error(row)
	}
	b.noDeadlocks(t, b.pool, second)
}

func (b *bundle) changeAtRandom(t *testing.T, bookings *postgres.Bookings, code string, now time.Time, random *rand.Rand) {
	t.Helper()
	event, rule := "confirmed", func(r *booking.Reservation) error { return r.Confirm(now) }
	if random.IntN(2) == 0 {
		event, rule = "cancelled", func(r *booking.Reservation) error { return r.Cancel(now, "") }
	}
	if _, _, err := bookings.Change(t.Context(), code, "guest", event, now, rule); err != nil && !errors.Is(err, booking.ErrInvalidState) {
		t.Errorf("%s: %v", event, err)
	}
}

// ledger is the dullest thing that could be right: a list of stays.
type ledger struct{ stays []*booked }

type booked struct {
	code    string
	cabin   int64
	nights  civil.Nights
	status  booking.Status
	expires time.Time
}

func (s *booked) live(now time.Time) bool {
	return s.status == booking.StatusConfirmed || s.status == booking.StatusPreReserved && now.Before(s.expires)
}

func (c *ledger) taken(cabin int64, now time.Time) []civil.Nights {
	var all []civil.Nights
	for _, s := range c.stays {
		if s.cabin == cabin && s.live(now) {
			all = append(all, s.nights)
		}
	}
	slices.SortFunc(all, func(x, y civil.Nights) int { return x.From.Compare(y.From) })
	return all
}

// TestTheSameNightsAreFreeAsOnPaper does what guests, owners, tasks and time do, in any order, in the store and in a list, and
// compares after each act.
func TestTheSameNightsAreFreeAsOnPaper(t *testing.T) {
	t.Parallel()
	b := setup(t)
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	cabins := []int64{b.cabin(t), b.cabin(t), b.cabin(t)}
	paper, now := &ledger{}, noon
	for act := range 500 {
		cabin, from := cabins[random.IntN(3)], random.IntN(40)
		stay := nights(from, from+1+random.IntN(7))
		var err, want error
		switch random.IntN(10) {
		case 0, 1, 2, 3, 4:
			err, want = b.holdOnPaper(t, paper, cabin, stay, now)
		case 5, 6, 7:
			err, want = b.changeOnPaper(t, paper, now, random)
		case 8:
			now = now.Add(time.Duration(random.IntN(20)) * time.Minute)
		case 9:
			_, err = b.ExpireHolds(t.Context(), now, random.IntN(3))
		}
		if !errors.Is(err, want) || err != nil && want == nil {
			t.Fatalf("seed %d, act %d: got %v, want %v", seed, act, err, want)
		}
		var free []int64
		for _, c := range cabins {
			taken := paper.taken(c, now)
			if got := b.taken(t, c, now); !slices.Equal(got, taken) {
				t.Fatalf("seed %d, act %d: taken in cabin %d are %v, on paper %v", seed, act, c, got, taken)
			}
			if !slices.ContainsFunc(taken, stay.Overlaps) {
				free = append(free, c)
			}
		}
		if got, err := b.Free(t.Context(), stay, now); err != nil || !slices.Equal(ids(got), free) {
			t.Fatalf("seed %d, act %d: free for %v are %v, on paper %v; %v", seed, act, stay, ids(got), free, err)
		}
	}
	b.noOverlaps(t)
}

func (b *bundle) holdOnPaper(t *testing.T, paper *ledger, cabin int64, stay civil.Nights, now time.Time) (err, want error) {
	t.Helper()
	if slices.ContainsFunc(paper.taken(cabin, now), stay.Overlaps) {
		want = booking.ErrTaken
	}
	offer, err := b.Offer(t.Context(), cabin, stay, "", now)
	if err != nil || offer.Free != (want == nil) {
		t.Fatalf("offer of %v: %+v, %v", stay, offer, err)
	}
	r := wish(cabin, stay)
	r.ExpiresAt = now.Add(booking.HoldFor)
	if err = b.Hold(t.Context(), r, "guest", booking.Answer{}, now); err == nil {
		paper.stays = append(paper.stays, &booked{r.Code, cabin, stay, booking.StatusPreReserved, r.ExpiresAt})
	}
	return err, want
}

func (b *bundle) changeOnPaper(t *testing.T, paper *ledger, now time.Time, random *rand.Rand) (err, want error) {
	t.Helper()
	if len(paper.stays) == 0 {
		_, _, err = b.Change(t.Context(), "NOBODY", "guest", "confirmed", now, func(*booking.Reservation) error { return nil })
		return err, fault.ErrNotFound
	}
	s := paper.stays[max(0, len(paper.stays)-1-random.IntN(12))]
	if !s.live(now) {
		want = booking.ErrInvalidState
	}
	next, rule := booking.StatusCancelled, func(r *booking.Reservation) error { return r.Cancel(now, "") }
	if random.IntN(2) == 0 {
		next, rule = booking.StatusConfirmed, func(r *booking.Reservation) error { return r.Confirm(now) }
		if s.status == booking.StatusConfirmed {
			want = booking.ErrInvalidState
		}
	}
	if want == nil {
		s.status = next
	}
	_, _, err = b.Change(t.Context(), s.code, "guest", string(next), now, rule)
	return err, want
}
