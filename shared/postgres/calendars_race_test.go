package postgres_test

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

// unknownOverlaps counts the pairs that share a night, are live, and are in no conflict that stands. A hold opens none: one that
// was made over an event that was there before is among them.
func (b *bundle) unknownOverlaps(t testing.TB) int {
	t.Helper()
	return one[int](t, b, `
		with live as (select * from reservations where status in ('pre_reserved', 'confirmed')),
		pairs as (
			select e.id as event, r.id as reservation, null::bigint as other from calendar_events e join live r
				on r.accommodation_id = e.accommodation_id and r.check_in < e.end_date and e.start_date < r.check_out where e.active
			union all
			select e.id, null, o.id from calendar_events e join calendar_events o
				on o.accommodation_id = e.accommodation_id and o.start_date < e.end_date and e.start_date < o.end_date and o.feed_id <> e.feed_id and o.id > e.id
				where e.active and o.active)
		select count(*) from pairs full join (select * from calendar_conflicts where resolved_at is null) c
			on c.event_id = event and c.reservation_id is not distinct from reservation and c.other_event_id is not distinct from other
		where event is null or c.id is null`)
}

// TestAGuestAndAChannelWantTheSameNightsAtOnce lets either be first: then the guest is refused, or it is a conflict.
func TestAGuestAndAChannelWantTheSameNightsAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	feeds := []calendar.Feed{b.feed(t, cabin, "airbnb"), b.feed(t, cabin, "vrbo")}
	second, _ := b.process(t, 8)
	processes := []*postgres.Calendars{b.Calendars, postgres.NewCalendars(second.Share(8))}
	refused, kept := 0, 0
	for round := 0; round < 200 && (round < 30 || refused == 0 || kept == 0); round++ {
		night := 10 + round*10
		var group sync.WaitGroup
		start := make(chan struct{})
		outcomes := make([]error, 3)
		for i := range outcomes {
			group.Go(func() {
				<-start
				outcomes[i] = b.Hold(t.Context(), wish(cabin, nights(night+i, night+i+2)), "guest", booking.Answer{}, noon)
			})
		}
		for i, feed := range feeds {
			listed := stay(fmt.Sprint(round), night+1, night+3)
			group.Go(func() {
				<-start
				_, err := processes[i].Apply(t.Context(), feed.ID, noon, said(listed), false, exactly(listed))
				if err != nil {
					t.Errorf("round %d: %v", round, err)
				}
			})
		}
		close(start)
		group.Wait()
		for i, err := range outcomes {
			switch {
			case err == nil:
				kept++
			case !errors.Is(err, booking.ErrTaken):
				t.Errorf("round %d: guest %d: %v", round, i, err)
			default:
				refused++
			}
		}
		if n := b.unknownOverlaps(t); n != 0 {
			t.Fatalf("round %d: %d overlaps that nobody knows of, or conflicts of what does not overlap", round, n)
		}
	}
	if refused == 0 || kept == 0 {
		t.Errorf("%d guests were refused and %d were not: one never comes first", refused, kept)
	}
	b.noOverlaps(t)
	b.noDeadlocks(t, b.pool, second)
}

// TestEverybodyAtTheCalendarsAtOnce lets channels, guests, the owner and the task change the same nights in two processes.
func TestEverybodyAtTheCalendarsAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabins := []int64{b.cabin(t), b.cabin(t)}
	var feeds []calendar.Feed
	for _, cabin := range cabins {
		feeds = append(feeds, b.feed(t, cabin, "airbnb"), b.feed(t, cabin, "vrbo"))
	}
	second, _ := b.process(t, 8)
	var group sync.WaitGroup
	for client := range 8 {
		pool := []*postgres.Pool{b.pool, second}[client%2]
		bookings, calendars := postgres.NewBookings(pool.Share(2)), postgres.NewCalendars(pool.Share(2))
		random := rand.New(rand.NewPCG(uint64(client), 0))
		group.Go(func() {
			for range 40 {
				if err := b.anything(t, bookings, calendars, cabins[random.IntN(2)], feeds[random.IntN(4)], random); err != nil &&
					!errors.Is(err, booking.ErrTaken) && !errors.Is(err, booking.ErrInvalidState) && !errors.Is(err, fault.ErrBusy) {
					t.Errorf("client %d: %v", client, err)
				}
			}
		})
	}
	group.Wait()
	b.settled(t, noon)
	if n := b.unknownOverlaps(t); n != 0 {
		t.Errorf("%d overlaps that nobody knows of, or conflicts of what does not overlap", n)
	}
	b.noOverlaps(t)
	b.noDeadlocks(t, b.pool, second)
}

// anything does one thing that somebody might.
func (b *bundle) anything(t *testing.T, bookings *postgres.Bookings, calendars *postgres.Calendars, cabin int64, feed calendar.Feed, random *rand.Rand) error {
	t.Helper()
	from := random.IntN(30)
	switch random.IntN(5) {
	case 0:
		_, _, err := calendars.SettleConflicts(t.Context(), noon)
		return err
	case 1, 2:
		var listed []calendar.Listed
		for i := range random.IntN(6) {
			listed = append(listed, stay(fmt.Sprint(i), from+i*3, from+i*3+2+random.IntN(3)))
		}
		_, err := calendars.Apply(t.Context(), feed.ID, noon, said(listed...), false, exactly(listed...))
		return err
	case 3:
		return calendars.Unchanged(t.Context(), feed.ID, noon, calendar.Said{})
	default:
		r := wish(cabin, nights(from, from+1+random.IntN(3)))
		err := bookings.Hold(t.Context(), r, "guest", booking.Answer{}, noon)
		if err == nil && random.IntN(2) == 0 {
			_, _, err = bookings.Change(t.Context(), r.Code, "guest", "cancelled", noon, cancel)
		}
		return err
	}
}

// asSync makes a process of this test apply one set of events after another to a feed, until it is killed.
const asSync = "POSTGRES_TEST_SYNC_IN"

func twoSets() [2][]calendar.Listed {
	one, two := many(300, 0), many(300, 1)
	for i := range 100 {
		two[i].UID = fmt.Sprint("new", i)
	}
	return [2][]calendar.Listed{one, two}
}

func TestASyncThatIsKilledLeavesTheOldSetOrTheNew(t *testing.T) {
	t.Parallel()
	sets := twoSets()
	if dsn := os.Getenv(asSync); dsn != "" {
		applyForEver(t, dsn, sets)
	}
	b := setup(t)
	feed := b.feed(t, b.cabin(t), "airbnb")
	b.apply(t, feed, noon, sets[0]...)
	var want [2][]civil.Nights
	for i, set := range sets {
		for _, l := range set {
			want[i] = append(want[i], l.Nights)
		}
	}
	var seen [2]int
	for kill := 0; kill < 60 && (kill < 8 || seen[0] == 0 || seen[1] == 0); kill++ {
		b.killASync(t)
		got := b.closedBy(t, feed.ID)
		set := slices.IndexFunc(want[:], func(w []civil.Nights) bool { return slices.Equal(got, w) })
		if set < 0 {
			t.Fatalf("after kill %d the feed closes %d nights of neither set", kill, len(got))
		}
		seen[set]++
		if found := b.read(t, feed); string(found.Digest) != string(calendar.Digest(sets[set])) {
			t.Errorf("after kill %d the feed is not said to list what it holds", kill)
		}
	}
	if seen[0] == 0 || seen[1] == 0 {
		t.Errorf("found one set %d times and the other %d", seen[0], seen[1])
	}
}

// killASync kills a process at some moment while it applies, and returns when the server has noticed.
func (b *bundle) killASync(t *testing.T) {
	t.Helper()
	sync := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestASyncThatIsKilledLeavesTheOldSetOrTheNew$")
	sync.Env = append(os.Environ(), asSync+"="+b.dsn)
	out, err := sync.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	before := one[int](t, b, `select count(*) from pg_stat_activity where datname = current_database()`)
	if err := sync.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for range 1 + rand.IntN(3) { // that many are through
		if !lines.Scan() {
			t.Fatal("it ended by itself")
		}
	}
	time.Sleep(rand.N(30 * time.Millisecond)) // and this one is somewhere
	sync.Process.Kill()                       //nolint:errcheck // it lives
	sync.Wait()                               //nolint:errcheck // it was killed
	b.await(t, `select count(*) <= $1 from pg_stat_activity where datname = current_database()`, before)
}

func applyForEver(t *testing.T, dsn string, sets [2][]calendar.Listed) {
	t.Helper()
	pool, err := postgres.Open(postgres.Config{URL: config.Secret(dsn)}, 1, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	calendars := postgres.NewCalendars(pool.Share(1))
	due, err := calendars.Due(t.Context(), noon, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; ; i++ {
		listed := sets[i%2]
		if _, err := calendars.Apply(t.Context(), due[0].ID, noon, said(listed...), false, exactly(listed...)); err != nil {
			t.Fatal(err)
		}
		fmt.Println("applied")
	}
}
