package postgres_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

// reader is a way to see cabin 1: nil, nil if it is not there.
type reader func(context.Context, *postgres.Bookings) (*booking.Accommodation, error)

// readers is every way there is.
var readers = map[string]reader{
	"Accommodations": func(ctx context.Context, b *postgres.Bookings) (*booking.Accommodation, error) {
		all, err := b.Accommodations(ctx, 0, 100)
		return first(all), err
	},
	"Accommodation": func(ctx context.Context, b *postgres.Bookings) (*booking.Accommodation, error) {
		return orNone(b.Accommodation(ctx, "1"))
	},
	"Occupied": func(ctx context.Context, b *postgres.Bookings) (*booking.Accommodation, error) {
		found, err := b.Occupied(ctx, "1", nights(0, 3), noon)
		return orNone(found.Cabin, err)
	},
	"Free": func(ctx context.Context, b *postgres.Bookings) (*booking.Accommodation, error) {
		all, err := b.Free(ctx, nights(0, 3), noon)
		return first(all), err
	},
	"Offer": func(ctx context.Context, b *postgres.Bookings) (*booking.Accommodation, error) {
		offer, err := b.Offer(ctx, 1, nights(0, 3), "", noon)
		return orNone(offer.Cabin, err)
	},
}

func first(all []*booking.Accommodation) *booking.Accommodation {
	if len(all) > 0 && all[0].ID == 1 {
		return all[0]
	}
	return nil
}

func orNone(found *booking.Accommodation, err error) (*booking.Accommodation, error) {
	if errors.Is(err, fault.ErrNotFound) {
		return nil, nil
	}
	return found, err
}

func TestWhateverChangesIsSeenByTheVeryNextRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(t, `insert into accommodations (slug, name, type, capacity, base_price) values ('lake', 'Lake', 'cabin', 4, 10000)`)
	warm := make(map[string]*postgres.Bookings) // each a process that has seen cabin 1 in its own way, and none other
	for name, read := range readers {
		pool, _ := b.process(t, 1)
		warm[name] = postgres.NewBookings(pool.Share(1))
		if seen, err := read(t.Context(), warm[name]); err != nil || seen == nil {
			t.Fatalf("%s: %v, %v", name, seen, err)
		}
	}
	price := func(want money.Cents) func(*booking.Accommodation) bool {
		return func(a *booking.Accommodation) bool { return a != nil && a.BasePrice == want }
	}
	season := func(want ...money.Cents) func(*booking.Accommodation) bool {
		return func(a *booking.Accommodation) bool {
			return a != nil && slices.EqualFunc(a.Rates, want, func(r booking.Rate, c money.Cents) bool { return r.Price == c })
		}
	}
	gone := func(a *booking.Accommodation) bool { return a == nil }
	for _, step := range []struct {
		change string
		want   func(*booking.Accommodation) bool
	}{
		{`update accommodations set base_price = 20000`, price(2000000)},
		{`insert into rates (accommodation_id, name, start_date, end_date, price) values (1, 'Summer', '2026-12-20', '2027-03-01', 30000)`, season(3000000)},
		{`update rates set price = 35000.50`, season(3500050)},
		{`delete from rates`, season()},
		{`insert into rates (accommodation_id, name, start_date, end_date, price) values (1, 'Summer', '2026-12-20', '2027-03-01', 30000)`, season(3000000)},
		{`truncate rates`, season()},
		{`update accommodations set active = false`, gone},
		{`update accommodations set active = true`, price(2000000)},
		{`update accommodations set slug = 'forest'`, func(a *booking.Accommodation) bool { return a != nil && a.Slug == "forest" }},
		{`delete from accommodations`, gone},
		{`insert into accommodations (id, name, type, capacity, base_price) overriding system value values (1, 'Lake', 'cabin', 4, 40000)`, price(4000000)},
		{`truncate accommodations cascade`, gone},
	} {
		b.exec(t, step.change)
		for name, read := range readers {
			if seen, err := read(t.Context(), warm[name]); err != nil || !step.want(seen) {
				t.Errorf("%s after %q: %+v, %v", name, step.change, seen, err)
			}
		}
	}
}

func TestANewCabinIsFoundAtOnceAndAnOldSlugNoMore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if _, err := b.Accommodation(t.Context(), "lake"); !errors.Is(err, fault.ErrNotFound) {
		t.Fatalf("before it is there: %v", err)
	}
	b.exec(t, `insert into accommodations (slug, name, type, capacity, base_price) values ('lake', 'Lake', 'cabin', 4, 10000)`)
	if found, err := b.Accommodation(t.Context(), "lake"); err != nil || found.ID != 1 {
		t.Errorf("the new one: %+v, %v", found, err)
	}
	b.exec(t, `update accommodations set slug = 'forest'`)
	if _, err := b.Occupied(t.Context(), "lake", nights(0, 1), noon); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("by its old slug: %v", err)
	}
	if found, err := b.Occupied(t.Context(), "forest", nights(0, 1), noon); err != nil || found.Cabin.ID != 1 {
		t.Errorf("by its new slug: %+v, %v", found, err)
	}
	// A slug may go to another cabin within one change.
	b.exec(t, `update accommodations set slug = null;
		insert into accommodations (slug, name, type, capacity, base_price) values ('forest', 'Forest', 'cabin', 4, 10000)`)
	if found, err := b.Accommodation(t.Context(), "forest"); err != nil || found.ID != 2 {
		t.Errorf("by a slug that has moved: %+v, %v", found, err)
	}
}

func TestAReadIsOneStatementWhenNothingHasChanged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.cabin(t)
	for name, read := range readers {
		pool, registry := b.process(t, 1)
		fresh := postgres.NewBookings(pool.Share(1))
		see := func() uint64 {
			before := statements(t, registry)
			if seen, err := read(t.Context(), fresh); err != nil || seen == nil {
				t.Fatalf("%s: %v, %v", name, seen, err)
			}
			return statements(t, registry) - before
		}
		see()
		for range 3 {
			if n := see(); n != 1 {
				t.Errorf("%s sent %d statements", name, n)
			}
		}
		b.exec(t, `update accommodations set base_price = base_price + 1`)
		if n := see(); n < 4 {
			t.Errorf("%s sent only %d statements to see a change: the count cannot be right", name, n)
		}
		if n := see(); n != 1 {
			t.Errorf("%s sent %d statements after a change was seen", name, n)
		}
	}
}

// TestReadersNeverSeeAMixture changes three prices together, again and again, under the eyes of readers.
func TestReadersNeverSeeAMixture(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(t, `
		insert into accommodations (name, type, capacity, base_price) values ('Lake', 'cabin', 4, 1), ('Forest', 'cabin', 4, 1);
		insert into rates (accommodation_id, name, start_date, end_date, price) values (1, 'Summer', '2026-12-20', '2027-03-01', 1)`)
	pool, _ := b.process(t, 4)
	processes := []*postgres.Bookings{b.Bookings, postgres.NewBookings(pool.Share(4))}
	done := make(chan struct{})
	var group sync.WaitGroup
	for name, read := range readers {
		for _, process := range processes {
			group.Go(func() {
				last := money.Cents(0)
				for running := true; running; {
					select {
					case <-done:
						running = false // one more look, after the last change
					default:
					}
					seen, err := read(t.Context(), process)
					if err != nil || seen == nil || len(seen.Rates) != 1 || seen.Rates[0].Price != seen.BasePrice {
						t.Errorf("%s: %+v, %v", name, seen, err)
						return
					}
					if seen.BasePrice < last {
						t.Errorf("%s: %s after %s", name, seen.BasePrice, last)
					}
					last = seen.BasePrice
				}
				if last != 15100 {
					t.Errorf("%s: %s in the end", name, last)
				}
			})
		}
	}
	for range 150 {
		b.exec(t, `begin; update rates set price = price + 1; update accommodations set base_price = base_price + 1; commit`)
	}
	close(done)
	group.Wait()
	all, err := b.Accommodations(t.Context(), 0, 10)
	if err != nil || len(all) != 2 || all[0].BasePrice != all[1].BasePrice {
		t.Errorf("both cabins: %v, %v", all, err)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(t, `insert into accommodations (id, name, type, capacity, base_price, active)
		select n, 'Cabin ' || n, 'cabin', 4, 1, n <> 4 from unnest('{2,3,4,5,8,9223372036854775807}'::bigint[]) n`)
	for _, c := range []struct {
		after int64
		limit int
		want  []int64
	}{
		{0, 100, []int64{2, 3, 5, 8, math.MaxInt64}},
		{0, 2, []int64{2, 3}},
		{3, 2, []int64{5, 8}},
		{4, 1, []int64{5}}, // the one the page ended with has been closed since
		{8, 2, []int64{math.MaxInt64}},
		{math.MaxInt64, 2, nil},
		{math.MinInt64, 1, []int64{2}},
		{-1, 1, []int64{2}},
		{0, math.MaxInt32, []int64{2, 3, 5, 8, math.MaxInt64}},
	} {
		page, err := b.Accommodations(t.Context(), c.after, c.limit)
		var ids []int64
		for _, a := range page {
			ids = append(ids, a.ID)
		}
		if err != nil || !slices.Equal(ids, c.want) {
			t.Errorf("after %d, %d at most: %v, want %v; %v", c.after, c.limit, ids, c.want, err)
		}
	}
	// A page is the caller's own: what is done to it does not reach other readers.
	page, _ := b.Accommodations(t.Context(), 0, 2)
	_ = append(page, nil)
	page[0] = nil
	if again, err := b.Accommodations(t.Context(), 0, 3); err != nil || again[0] == nil || again[2] == nil {
		t.Errorf("another reader's page: %v, %v", again, err)
	}
}

func TestLookingForACabin(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(t, `insert into accommodations (id, slug, name, type, capacity, base_price)
		values (7, 'lake-7', 'Lake', 'cabin', 4, 1), (9223372036854775807, null, 'Last', 'cabin', 4, 1)`)
	for ref, want := range map[string]int64{"7": 7, "lake-7": 7, strconv.Itoa(math.MaxInt64): math.MaxInt64} {
		found, err := b.Accommodation(t.Context(), ref)
		if err != nil || found.ID != want {
			t.Errorf("%q: %+v, %v", ref, found, err)
		}
		if occupied, err := b.Occupied(t.Context(), ref, nights(0, 1), noon); err != nil || occupied.Cabin != found {
			t.Errorf("%q: %+v, %v", ref, occupied, err)
		}
	}
	for _, ref := range []string{
		"", "0", "-7", "8", "9223372036854775808", "99999999999999999999999999", "-9223372036854775809", "1e3", "7.0", "0x7", "7 ",
		"lake", "LAKE-7", "lake-7/", "'; drop table rates; --", "\x00", "ñandú", "%",
	} {
		if found, err := b.Accommodation(t.Context(), ref); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%q: %+v, %v", ref, found, err)
		}
		if found, err := b.Occupied(t.Context(), ref, nights(0, 1), noon); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%q: %+v, %v", ref, found, err)
		}
	}
	for _, id := range []int64{0, -7, 8, math.MinInt64} {
		if _, err := b.Offer(t.Context(), id, nights(0, 1), "", noon); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%d: %v", id, err)
		}
	}
}

func TestFourColumnsMakeACabin(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(t, `insert into accommodations (name, type, capacity, base_price) values ('Lake', 'cabin', 4, 10000)`)
	zone, err := time.LoadLocation("America/Argentina/Buenos_Aires")
	if err != nil {
		t.Fatal(err)
	}
	want := &booking.Accommodation{
		ID: 1, Name: "Lake", Type: "cabin", Capacity: 4, Currency: "ARS", BasePrice: 1000000,
		WeekendMultiplier: 120, WeekendNights: booking.DefaultWeekend, DepositPercent: 30, MinNights: 1, MaxNights: 60,
		Policy: booking.PolicyFlexible, Zone: zone,
	}
	compareCabin(t, b, want)
}

func TestEveryColumnOfACabinIsRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(t, `
		insert into accommodations (slug, name, type, capacity, base_price, currency, weekend_multiplier, weekend_nights, included_guests,
			extra_guest_price, cleaning_fee, deposit_percent, min_nights, max_nights, cancellation_policy, timezone, description, amenities, photos)
		values ('lago-2', 'Lago 🏔', 'dome', 100, 9999999999.99, 'USD', 99.99, '{{7},{1}}', 2, 0.01, 1500.5, 100, 2, 365, 'strict', 'UTC',
			'a view', '["wifi", "fire place"]', '[{"url": "https://example.com/1.jpg", "caption": "The lake", "is_primary": true, "width": 3}, {"url": ""}]');
		insert into rates (accommodation_id, name, start_date, end_date, price, min_nights)
			values (1, 'Summer', '2026-12-20', '2027-03-01', 0, null), (1, 'All', '1900-01-01', '9999-12-31', 9999999999.99, 7)`)
	compareCabin(t, b, &booking.Accommodation{
		ID: 1, Slug: "lago-2", Name: "Lago 🏔", Type: "dome", Description: "a view", Amenities: []string{"wifi", "fire place"},
		Photos:   []booking.Photo{{URL: "https://example.com/1.jpg", Caption: "The lake", Primary: true}, {}},
		Capacity: 100, Currency: "USD", BasePrice: money.Max, WeekendMultiplier: 9999, WeekendNights: booking.WeekdaysFromISO([]int16{7, 1}),
		IncludedGuests: 2, ExtraGuestPrice: 1, CleaningFee: 150050, DepositPercent: 100, MinNights: 2, MaxNights: 365,
		Policy: booking.PolicyStrict, Zone: time.UTC,
		Rates: []booking.Rate{
			{ID: 1, Name: "Summer", Nights: civil.Nights{From: civil.New(2026, 12, 20), To: civil.New(2027, 3, 1)}},
			{ID: 2, Name: "All", Nights: civil.Nights{From: civil.New(1900, 1, 1), To: civil.New(9999, 12, 31)}, Price: money.Max, MinNights: 7},
		},
	})
}

func compareCabin(t *testing.T, b *bundle, want *booking.Accommodation) {
	t.Helper()
	found, err := b.Accommodation(t.Context(), "1")
	if err != nil {
		t.Fatal(err)
	}
	zones := cmp.Comparer(func(x, y *time.Location) bool { return x.String() == y.String() })
	if diff := cmp.Diff(want, found, zones, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the cabin (-want +got):\n%s", diff)
	}
}
