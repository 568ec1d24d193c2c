package civil_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/civil"
)

func TestNightsAreHalfOpen(t *testing.T) {
	t.Parallel()
	stay := civil.Nights{From: day(t, "2026-12-04"), To: day(t, "2026-12-07")}
	if !stay.Valid() || stay.Len() != 3 {
		t.Errorf("Friday to Monday: valid %t, %d nights", stay.Valid(), stay.Len())
	}
	for date, want := range map[string]bool{
		"2026-12-03": false, "2026-12-04": true, "2026-12-06": true, "2026-12-07": false,
	} {
		if got := stay.Contains(day(t, date)); got != want {
			t.Errorf("contains the night of %s: %t", date, got)
		}
	}
	if stay.Contains(civil.Date{}) {
		t.Error("contains the zero Date")
	}
}

func TestNightsWithoutANightAreNotValid(t *testing.T) {
	t.Parallel()
	a, b := day(t, "2026-12-04"), day(t, "2026-12-07")
	long := civil.Nights{From: day(t, "1900-01-01"), To: day(t, "9999-12-31")}
	for name, n := range map[string]civil.Nights{
		"empty":      {From: a, To: a},
		"backwards":  {From: b, To: a},
		"no end":     {From: a},
		"no start":   {To: a},
		"no dates":   {},
		"to nowhere": {From: b, To: civil.Date{}},
	} {
		if n.Valid() || n.Len() != 0 || n.Contains(a) || n.Contains(civil.Date{}) || n.Overlaps(long) || long.Overlaps(n) {
			t.Errorf("%s: %v is taken for nights", name, n)
		}
		for d := range n.All() {
			t.Fatalf("%s: yields %s", name, d)
		}
	}
	if long.Len() != 2_958_463 {
		t.Errorf("all nights there are: %d", long.Len())
	}
}

func TestNightsAreYieldedInOrderAndCanBeLeftEarly(t *testing.T) {
	t.Parallel()
	stay := civil.Nights{From: day(t, "2026-12-30"), To: day(t, "2027-01-02")}
	want := []civil.Date{day(t, "2026-12-30"), day(t, "2026-12-31"), day(t, "2027-01-01")}
	if got := slices.Collect(stay.All()); !slices.Equal(got, want) {
		t.Errorf("All = %v", got)
	}
	var seen []civil.Date
	for d := range stay.All() {
		seen = append(seen, d)
		if len(seen) == 2 {
			break
		}
	}
	if !slices.Equal(seen, want[:2]) {
		t.Errorf("left early after %v", seen)
	}
}

func TestOnlyASharedNightIsAnOverlap(t *testing.T) {
	t.Parallel()
	stay := civil.Nights{From: day(t, "2026-12-04"), To: day(t, "2026-12-07")}
	for _, c := range []struct {
		name, from, to string
		want           bool
	}{
		{"the same", "2026-12-04", "2026-12-07", true},
		{"within", "2026-12-05", "2026-12-06", true},
		{"around", "2026-12-01", "2026-12-10", true},
		{"its first night", "2026-12-01", "2026-12-05", true},
		{"its last night", "2026-12-06", "2026-12-10", true},
		{"leaves the day it begins", "2026-12-01", "2026-12-04", false},
		{"arrives the day it ends", "2026-12-07", "2026-12-10", false},
		{"long before", "2026-11-01", "2026-11-04", false},
		{"a year later", "2027-12-04", "2027-12-07", false},
	} {
		other := civil.Nights{From: day(t, c.from), To: day(t, c.to)}
		if got := stay.Overlaps(other); got != c.want || other.Overlaps(stay) != got {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func TestOverlapMeansThatSomeNightIsInBoth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		from := anyDate(t, "from")
		span := func(label string) civil.Nights {
			start := from.AddDays(rapid.IntRange(-6, 6).Draw(t, label))
			return civil.Nights{From: start, To: start.AddDays(rapid.IntRange(-2, 6).Draw(t, label+" nights"))}
		}
		a, b := span("a"), span("b")
		shared, nights := false, 0
		for d := range a.All() {
			nights++
			shared = shared || b.Contains(d)
		}
		if nights != a.Len() || a.Overlaps(b) != shared {
			t.Fatalf("%v and %v: %d nights, overlap %t, shared %t", a, b, a.Len(), a.Overlaps(b), shared)
		}
	})
}
