package postgres_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

func TestWhatTakesNights(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const instant = time.Microsecond // the shortest that the database knows
	stay := nights(10, 14)
	for _, c := range []struct {
		name    string
		status  booking.Status
		expires time.Time
		asked   civil.Nights
		taken   bool
	}{
		{"a hold", booking.StatusPreReserved, noon.Add(time.Minute), stay, true},
		{"a hold in its last instant", booking.StatusPreReserved, noon.Add(instant), stay, true},
		{"a hold at the instant at which it runs out", booking.StatusPreReserved, noon, stay, false},
		{"a hold that nobody has written down as overdue", booking.StatusPreReserved, noon.Add(-time.Hour), stay, false},
		{"a confirmed stay", booking.StatusConfirmed, noon.Add(time.Minute), stay, true},
		{"a confirmed stay whose hold would be over", booking.StatusConfirmed, noon.Add(-time.Hour), stay, true},
		{"an expired hold", booking.StatusExpired, noon.Add(time.Minute), stay, false},
		{"a cancelled stay", booking.StatusCancelled, noon.Add(time.Minute), stay, false},
		{"a stay that is over", booking.StatusCompleted, noon.Add(time.Minute), stay, false},
		{"a guest who never came", booking.StatusNoShow, noon.Add(time.Minute), stay, false},

		{"asked until the arrival", booking.StatusConfirmed, noon, nights(8, 10), false},
		{"asked from the departure", booking.StatusConfirmed, noon, nights(14, 16), false},
		{"asked for the first night", booking.StatusConfirmed, noon, nights(10, 11), true},
		{"asked for the last night", booking.StatusConfirmed, noon, nights(13, 14), true},
		{"asked for a night within", booking.StatusConfirmed, noon, nights(11, 12), true},
		{"asked over the arrival", booking.StatusConfirmed, noon, nights(8, 11), true},
		{"asked over the departure", booking.StatusConfirmed, noon, nights(13, 16), true},
		{"asked around it", booking.StatusConfirmed, noon, nights(8, 16), true},
		{"asked for a hold's neighbours", booking.StatusPreReserved, noon.Add(time.Minute), nights(14, 15), false},
	} {
		cabin := b.cabin(t)
		b.row(t, cabin, stay, c.status, c.expires)
		occupied, err := b.Occupied(t.Context(), strconv.FormatInt(cabin, 10), c.asked, noon)
		if err != nil || (len(occupied.Nights) > 0) != c.taken || c.taken && occupied.Nights[0] != stay {
			t.Errorf("%s: occupied %v, %v", c.name, occupied.Nights, err)
		}
		offer, err := b.Offer(t.Context(), cabin, c.asked, "", noon)
		if err != nil || offer.Free == c.taken || offer.Cabin.ID != cabin {
			t.Errorf("%s: offer %+v, %v", c.name, offer, err)
		}
		free, err := b.Free(t.Context(), c.asked, noon)
		if err != nil || slices.ContainsFunc(free, func(a *booking.Accommodation) bool { return a.ID == cabin }) == c.taken {
			t.Errorf("%s: free %v, %v", c.name, ids(free), err)
		}
	}
}

func TestOccupiedNightsComeInOrderAndWhole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin, other := b.cabin(t), b.cabin(t)
	for _, n := range []civil.Nights{nights(20, 22), nights(5, 9), nights(9, 10), nights(30, 31), nights(0, 5)} {
		b.row(t, cabin, n, booking.StatusConfirmed, noon)
	}
	b.row(t, other, nights(10, 20), booking.StatusConfirmed, noon)
	found, err := b.Occupied(t.Context(), strconv.FormatInt(cabin, 10), nights(8, 21), noon)
	if want := []civil.Nights{nights(5, 9), nights(9, 10), nights(20, 22)}; err != nil || !slices.Equal(found.Nights, want) {
		t.Errorf("got %v, want %v; %v", found.Nights, want, err)
	}
	if found, err := b.Occupied(t.Context(), strconv.FormatInt(cabin, 10), nights(10, 20), noon); err != nil || found.Nights != nil {
		t.Errorf("between two stays: %v, %v", found.Nights, err)
	}
}

func TestSearchingManyCabins(t *testing.T) {
	t.Parallel()
	b := setup(t)
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	b.exec(t, `insert into accommodations (name, type, capacity, base_price, active)
		select 'Cabin ' || n, 'cabin', 4, 1, n % 10 <> 0 from generate_series(1, 120) n`)
	taken := make(map[int64][]civil.Nights)
	for cabin := int64(1); cabin <= 120; cabin++ {
		for day := random.IntN(4); day < 40; day += random.IntN(4) {
			stay := nights(day, day+1+random.IntN(3))
			day += stay.Len()
			if random.IntN(5) == 0 {
				b.row(t, cabin, stay, booking.StatusPreReserved, noon.Add(-time.Second)) // in nobody's way
				continue
			}
			taken[cabin] = append(taken[cabin], stay)
			b.row(t, cabin, stay, booking.StatusConfirmed, noon)
		}
	}
	for range 60 {
		from := random.IntN(42) - 1
		asked := nights(from, from+1+random.IntN(4))
		var want []int64
		for cabin := int64(1); cabin <= 120; cabin++ {
			if cabin%10 != 0 && !slices.ContainsFunc(taken[cabin], asked.Overlaps) {
				want = append(want, cabin)
			}
		}
		free, err := b.Free(t.Context(), asked, noon)
		if err != nil || !slices.Equal(ids(free), want) {
			t.Errorf("seed %d, %v: got %v, want %v; %v", seed, asked, ids(free), want, err)
		}
	}
}

func ids(cabins []*booking.Accommodation) []int64 {
	var all []int64
	for _, a := range cabins {
		all = append(all, a.ID)
	}
	return all
}

func TestWhatOfACalendarTakesNights(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		name  string
		set   string
		asked civil.Nights
		taken bool
	}{
		{"an event", "kind = 'reserved'", nights(10, 14), true},
		{"a closure", "kind = 'blocked'", nights(13, 14), true},
		{"what the owner closed", "kind = 'manual', feed_id = null", nights(10, 11), true},
		{"one that the feed does not list any more", "gone = true, misses = 1", nights(10, 11), true},
		{"our own nights coming back", "echo = true", nights(10, 14), false},
		{"what was freed", "active = false, freed_at = now()", nights(10, 14), false},
		{"asked until it begins", "kind = 'reserved'", nights(8, 10), false},
		{"asked from its end", "kind = 'reserved'", nights(14, 16), false},
		{"asked around it", "kind = 'reserved'", nights(8, 16), true},
	} {
		cabin := b.cabin(t)
		b.apply(t, b.feed(t, cabin, "airbnb"), noon, stay("a", 10, 14))
		b.exec(t, `update calendar_events set `+c.set+` where accommodation_id = $1`, cabin)
		occupied, err := b.Occupied(t.Context(), strconv.FormatInt(cabin, 10), c.asked, noon)
		if err != nil || (len(occupied.Nights) > 0) != c.taken || c.taken && occupied.Nights[0] != nights(10, 14) {
			t.Errorf("%s: occupied %v, %v", c.name, occupied.Nights, err)
		}
		offer, err := b.Offer(t.Context(), cabin, c.asked, "", noon)
		if err != nil || offer.Free == c.taken {
			t.Errorf("%s: offer %+v, %v", c.name, offer, err)
		}
		free, err := b.Free(t.Context(), c.asked, noon)
		if err != nil || slices.ContainsFunc(free, func(a *booking.Accommodation) bool { return a.ID == cabin }) == c.taken {
			t.Errorf("%s: free %v, %v", c.name, ids(free), err)
		}
		if err := b.Hold(t.Context(), wish(cabin, c.asked), "guest", booking.Answer{}, noon); errors.Is(err, booking.ErrTaken) != c.taken {
			t.Errorf("%s: hold %v", c.name, err)
		}
	}
}

func TestNightsOfGuestsAndChannelsComeInOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	b.row(t, cabin, nights(5, 9), booking.StatusConfirmed, noon)
	b.row(t, cabin, nights(20, 22), booking.StatusConfirmed, noon)
	b.apply(t, b.feed(t, cabin, "airbnb"), noon, stay("a", 9, 12), stay("b", 7, 8), stay("c", 30, 31))
	want := []civil.Nights{nights(5, 9), nights(7, 8), nights(9, 12), nights(20, 22)}
	if got, err := b.Occupied(t.Context(), strconv.FormatInt(cabin, 10), nights(6, 21), noon); err != nil || !slices.Equal(got.Nights, want) {
		t.Errorf("got %v, want %v; %v", got.Nights, want, err)
	}
}

func TestAnOfferSaysHowFreshTheCalendarsAre(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	code := b.row(t, cabin, nights(3, 5), booking.StatusConfirmed, noon)
	expect := func(when string, has bool, asOf time.Time) {
		t.Helper()
		offer, err := b.Offer(t.Context(), cabin, nights(10, 12), "", noon)
		if err != nil || offer.HasFeeds != has || !offer.FeedsAsOf.Equal(asOf) {
			t.Errorf("%s: %t, %s, %v", when, offer.HasFeeds, offer.FeedsAsOf, err)
		}
		if _, terms, err := b.Reservation(t.Context(), code); err != nil || terms.HasFeeds != has || !terms.FeedsAsOf.Equal(asOf) {
			t.Errorf("%s: a reservation: %t, %s, %v", when, terms.HasFeeds, terms.FeedsAsOf, err)
		}
	}
	if _, err := b.Calendars.Add(t.Context(), cabin, "reader", "", noon); err != nil {
		t.Fatal(err)
	}
	b.feed(t, b.cabin(t), "elsewhere")
	expect("none that is read", false, time.Time{})
	airbnb, vrbo := b.feed(t, cabin, "airbnb"), b.feed(t, cabin, "vrbo")
	b.apply(t, airbnb, noon)
	expect("one that never was", true, time.Time{})
	b.apply(t, vrbo, noon.Add(-time.Minute))
	expect("both", true, noon.Add(-time.Minute))
	must(t, b.Calendars.Pause(t.Context(), cabin, vrbo.ID))
	expect("one paused", true, noon)
	must(t, b.Calendars.Pause(t.Context(), cabin, airbnb.ID))
	expect("both paused", false, time.Time{})
}

func TestAReservationSaysWhetherAChannelHasSoldItsNights(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, c := range map[string]struct {
		listed calendar.Listed
		set    string
		clash  bool
	}{
		"a stay":                {stay("a", 4, 6), "sure = true", true},
		"what the owner closed": {stay("a", 4, 6), "kind = 'manual', feed_id = null", true},
		"a closure":             {closed("a", 4, 6), "sure = false", false},
		"our own coming back":   {stay("a", 3, 5), "echo = true", false},
		"what was freed":        {stay("a", 4, 6), "active = false, freed_at = now()", false},
		"back to back":          {stay("a", 5, 6), "sure = true", false},
	} {
		cabin := b.cabin(t)
		r := b.hold(t, cabin, nights(3, 5))
		b.apply(t, b.feed(t, cabin, "airbnb"), noon, c.listed)
		b.exec(t, `update calendar_events set `+c.set+` where accommodation_id = $1`, cabin)
		_, terms, err := b.Reservation(t.Context(), r.Code)
		if err != nil || terms.Clash != c.clash {
			t.Errorf("%s: %t, %v", name, terms.Clash, err)
		}
		if _, terms, err := b.Change(t.Context(), r.Code, "owner", "confirmed", noon, confirm); err != nil || terms.Clash != c.clash {
			t.Errorf("%s: confirmed: %t, %v", name, terms.Clash, err)
		}
	}
}

// TestEachQuestionHasItsIndex counts how often the index for searches is read, with nothing in the table and with much.
func TestEachQuestionHasItsIndex(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(t, `insert into accommodations (name, type, capacity, base_price) select 'Cabin ' || n, 'cabin', 4, 1 from generate_series(1, 50) n`)
	for stage, fill := range []string{
		`analyze`,
		`insert into reservations (code, accommodation_id, check_in, check_out, status)
			select a || '-' || n, a, date '2026-12-01' + n * 3, date '2026-12-01' + n * 3 + 2, 'confirmed' from generate_series(1, 50) a, generate_series(0, 100) n;
		insert into calendar_feeds (accommodation_id, source, token) select a, 'airbnb', md5(a::text) from generate_series(1, 50) a;
		insert into calendar_events (accommodation_id, feed_id, kind, start_date, end_date, created_at, changed_at)
			select f.accommodation_id, f.id, 'reserved', date '2028-12-01' + n * 3, date '2028-12-01' + n * 3 + 2, now(), now() from calendar_feeds f, generate_series(0, 100) n`,
		`vacuum analyze`,
	} {
		b.exec(t, fill)
		searches, closing := b.scansOf(t, "reservations_live_by_period"), b.scansOf(t, "calendar_events_closing")
		b.byAProcess(t, func(bookings *postgres.Bookings) {
			for cabin := range int64(10) {
				if _, err := bookings.Offer(t.Context(), cabin+1, nights(350, 352), "", noon); err != nil {
					t.Error(err)
				}
				if _, err := bookings.Occupied(t.Context(), "1", nights(0, 365), noon); err != nil {
					t.Error(err)
				}
				if err := bookings.Hold(t.Context(), wish(cabin+1, nights(stage+400, stage+401)), "guest", booking.Answer{}, noon); err != nil {
					t.Error(err)
				}
			}
		})
		if n := b.scansOf(t, "reservations_live_by_period") - searches; n != 0 {
			t.Errorf("stage %d: questions about one cabin read the index for searches %d times", stage, n)
		}
		if n := b.scansOf(t, "calendar_events_closing") - closing; stage > 0 && n < 30 {
			t.Errorf("stage %d: thirty questions about one cabin read the index of what calendars close %d times", stage, n)
		}
	}
	searches, closing := b.scansOf(t, "reservations_live_by_period"), b.scansOf(t, "calendar_events_closing")
	b.byAProcess(t, func(bookings *postgres.Bookings) {
		for day := range 10 {
			if _, err := bookings.Free(t.Context(), nights(day, day+2), noon); err != nil {
				t.Error(err)
			}
		}
	})
	if n := b.scansOf(t, "reservations_live_by_period") - searches; n < 10 {
		t.Errorf("ten searches read their index %d times", n)
	}
	if n := b.scansOf(t, "calendar_events_closing") - closing; n < 10*50 {
		t.Errorf("ten searches of fifty cabins read the index of what calendars close %d times", n)
	}
}

// byAProcess acts as a process that ends, and returns when the server has counted what it did.
func (b *bundle) byAProcess(t *testing.T, act func(*postgres.Bookings)) {
	t.Helper()
	pool, _ := b.process(t, 1)
	before := one[int](t, b, `select count(*) from pg_stat_activity where datname = current_database()`)
	act(postgres.NewBookings(pool.Share(1)))
	pool.Close()
	b.await(t, `select count(*) <= $1 from pg_stat_activity where datname = current_database()`, before)
}

func (b *bundle) scansOf(t *testing.T, index string) int64 {
	t.Helper()
	return one[int64](t, b, `select idx_scan from pg_stat_user_indexes where indexrelname = $1`, index)
}
