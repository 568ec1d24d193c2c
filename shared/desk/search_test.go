package desk_test

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/desk"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

func yes() bool { return true }

func TestASearchSaysOfEveryCabinWhatItCostsOrWhyNot(t *testing.T) {
	t.Parallel()
	b := newBooks()
	b.taken[3] = []civil.Nights{nights(9, 11)}
	b.cabins = append(b.cabins, &booking.Accommodation{ID: 4, Capacity: 2, Zone: b.cabins[0].Zone, WeekendMultiplier: 100, MinNights: 1},
		&booking.Accommodation{ID: 5, Capacity: 4, MinNights: 5, Zone: b.cabins[0].Zone, WeekendMultiplier: 100})
	offers, err := b.desk(yes).Search(t.Context(), stay(8, 10, 4), 0)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"2 08-10 20000.00", "1 08-10 40000.00", "3 08-10 dates_taken", "4 08-10 too_many_guests", "5 08-10 min_nights"}
	if got := said(t, offers); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if b.asked != 2 {
		t.Errorf("%d questions", b.asked)
	}
}

func TestASearchInOneCabinIsOfThatOne(t *testing.T) {
	t.Parallel()
	offers, err := newBooks().desk(yes).Search(t.Context(), stay(8, 10, 2), 1)
	if got := said(t, offers); err != nil || !slices.Equal(got, []string{"1 08-10 40000.00"}) {
		t.Errorf("%q %v", got, err)
	}
	if offers, err := newBooks().desk(yes).Search(t.Context(), stay(8, 10, 2), 99); err != nil || len(offers) != 0 {
		t.Errorf("a cabin that there is not: %q %v", said(t, offers), err)
	}
}

func TestWhatIsNoStayIsNotSearchedFor(t *testing.T) {
	t.Parallel()
	b := newBooks()
	d := b.desk(yes)
	for _, nonsense := range []booking.Stay{stay(10, 8, 2), stay(8, 8, 2), stay(8, 10, 0), {}} {
		if _, err := d.Search(t.Context(), nonsense, 0); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("search %v: %v", nonsense, err)
		}
		if _, err := d.Near(t.Context(), nonsense, 0); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("near %v: %v", nonsense, err)
		}
		if _, err := d.Hold(t.Context(), desk.Ask{Cabin: 1, Stay: nonsense}); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("hold %v: %v", nonsense, err)
		}
	}
	if b.asked != 0 {
		t.Errorf("%d questions", b.asked)
	}
}

func TestWhereNothingIsFreeTheNearestNightsAreOffered(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		taken map[int64][]civil.Nights
		cabin int64
		want  []string
	}{
		"a day later and a day earlier": {
			map[int64][]civil.Nights{1: {nights(1, 31)}, 2: {nights(10, 11)}, 3: {nights(1, 31)}},
			0,
			[]string{"2 11-13 20000.00", "2 08-10 20000.00"},
		},
		"the other cabins, on the very nights": {
			map[int64][]civil.Nights{2: {nights(1, 31)}},
			2,
			[]string{"3 10-12 30000.00", "1 10-12 40000.00"},
		},
		"the cabin that was asked for before a cheaper one": {
			map[int64][]civil.Nights{1: {nights(11, 12)}, 2: {nights(11, 12)}, 3: {nights(1, 31)}},
			1,
			[]string{"1 09-11 40000.00", "2 09-11 20000.00", "1 12-14 40000.00", "2 12-14 20000.00"},
		},
		"nothing within three days": {
			map[int64][]civil.Nights{1: {nights(6, 16)}, 2: {nights(6, 16)}, 3: {nights(6, 16)}}, 0, nil,
		},
		"three days away": {
			map[int64][]civil.Nights{1: {nights(8, 13)}, 2: {nights(6, 16)}, 3: {nights(9, 16)}},
			0,
			[]string{"1 13-15 40000.00", "3 07-09 30000.00"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBooks()
			b.taken = test.taken
			near, err := b.desk(yes).Near(t.Context(), stay(10, 12, 4), test.cabin)
			if got := said(t, near); err != nil || !slices.Equal(got, test.want) {
				t.Errorf("%q %v", got, err)
			}
			if b.asked != 1+len(b.cabins) {
				t.Errorf("%d questions for %d cabins", b.asked, len(b.cabins))
			}
		})
	}
}

func TestACabinThatIsTooSmallIsNotLookedAt(t *testing.T) {
	t.Parallel()
	b := newBooks()
	b.cabins[1].Capacity, b.cabins[2].MaxNights = 2, 1
	near, err := b.desk(yes).Near(t.Context(), stay(10, 12, 4), 0)
	if got := said(t, near); err != nil || !slices.Equal(got, []string{"1 10-12 40000.00"}) || b.asked != 2 {
		t.Errorf("%q %v, %d questions", got, err, b.asked)
	}
}

// TestWhatIsNearCanBeHad is about any calendar: what is offered is free, as long as what was asked for, at most three days away
// and not in the past, and nothing nearer in the same cabin was passed over.
func TestWhatIsNearCanBeHad(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := newBooks()
		for _, c := range b.cabins {
			for range rapid.IntRange(0, 4).Draw(t, "stays") {
				from := rapid.IntRange(1, 25).Draw(t, "from")
				b.taken[c.ID] = append(b.taken[c.ID], nights(from, from+rapid.IntRange(1, 5).Draw(t, "nights")))
			}
		}
		from := rapid.IntRange(1, 20).Draw(t, "check-in")
		wanted := stay(from, from+rapid.IntRange(1, 7).Draw(t, "length"), 2)
		near, err := b.desk(yes).Near(t.Context(), wanted, 0)
		if err != nil || len(near) > desk.MostNear {
			t.Fatal(len(near), err)
		}
		last := 0
		for _, o := range near {
			away := o.Stay.Nights.From.Sub(wanted.Nights.From)
			distance := max(away, -away)
			if distance > desk.Days || distance < last || o.Stay.Nights.Len() != wanted.Nights.Len() || !b.isFree(o.Cabin.ID, o.Stay.Nights) ||
				o.WhyNot != nil || o.Stay.Nights.From.Before(civil.Of(noon, o.Cabin.Zone)) || o.Quote.Total == 0 {
				t.Fatalf("%+v for %+v", o, wanted)
			}
			last = distance
		}
		if len(near) == 0 {
			for _, c := range b.cabins {
				for shift := -desk.Days; shift <= desk.Days; shift++ {
					n := civil.Nights{From: wanted.Nights.From.AddDays(shift), To: wanted.Nights.To.AddDays(shift)}
					if b.isFree(c.ID, n) && !n.From.Before(civil.Of(noon, c.Zone)) {
						t.Fatalf("%s are free in %d and not offered", n, c.ID)
					}
				}
			}
		}
	})
}
