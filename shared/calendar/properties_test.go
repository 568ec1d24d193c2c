package calendar_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// anyListed draws an event of a small world, in which UIDs and nights collide.
func anyListed(t *rapid.T) calendar.Listed {
	from := rapid.IntRange(-40, 60).Draw(t, "from")
	length := rapid.SampledFrom([]int{1, 1, 2, 3, 5, 9, 30, 200}).Draw(t, "length")
	kind := rapid.SampledFrom([]calendar.Kind{calendar.Reserved, calendar.Reserved, calendar.Blocked}).Draw(t, "kind")
	return calendar.Listed{
		UID:    fmt.Sprint("u", rapid.IntRange(0, 12).Draw(t, "uid")),
		Nights: nights(from, from+length), Kind: kind, Sure: kind == calendar.Reserved && rapid.Bool().Draw(t, "sure"),
	}
}

func anyList(t *rapid.T) []calendar.Listed {
	return rapid.SliceOfN(rapid.Custom(anyListed), 0, 8).Draw(t, "listed")
}

// anyFetched draws what a feed says, often something near to what it said before.
func anyFetched(t *rapid.T, s calendar.State) calendar.Fetched {
	f := calendar.Fetched{Glance: rapid.IntRange(0, 5).Draw(t, "glance") == 0}
	switch rapid.IntRange(0, 9).Draw(t, "what") {
	case 0:
		f.Broken = "It is no calendar."
	case 1:
		f.Unchanged = true
	case 2, 3, 4, 5:
		for _, h := range s.Held {
			if rapid.IntRange(0, 4).Draw(t, "keep") > 0 {
				f.Listed = append(f.Listed, h.Listed)
			}
		}
		fallthrough
	default:
		f.Listed = append(f.Listed, anyList(t)...)
	}
	if rapid.IntRange(0, 5).Draw(t, "bad") == 0 {
		f.Unreadable = []string{rapid.SampledFrom([]string{"", "u1", "u2", "strange"}).Draw(t, "unreadable")}
	}
	return f
}

func anyOurs(t *rapid.T, now time.Time) []calendar.Ours {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) calendar.Ours {
		from := rapid.IntRange(-5, 40).Draw(t, "from")
		return calendar.Ours{
			Nights: nights(from, from+rapid.IntRange(1, 9).Draw(t, "length")),
			Since:  now.Add(-time.Duration(rapid.IntRange(0, 600).Draw(t, "minutes")) * time.Minute),
		}
	}), 0, 3).Draw(t, "ours")
}

// walk takes a state through any number of steps, and hands each to a check.
func walk(t *testing.T, echoes bool, check func(t *rapid.T, before calendar.State, f calendar.Fetched, at calendar.Facts, after calendar.State)) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		var s calendar.State
		at := calendar.Facts{Now: noon}
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			at.Now = at.Now.Add(time.Duration(rapid.SampledFrom([]int{5, 15, 15, 15, 120, 800}).Draw(t, "minutes")) * time.Minute)
			at.Today = civil.Of(at.Now, time.UTC)
			if echoes {
				at.Ours, at.LastRead = anyOurs(t, at.Now), at.Now.Add(-time.Duration(rapid.IntRange(0, 300).Draw(t, "read"))*time.Minute)
			}
			f := anyFetched(t, s)
			next := s.Step(f, at)
			check(t, s, f, at, next)
			for i := range next.Held {
				if next.Held[i].ID == 0 {
					next.Held[i].ID = at.Now.UnixNano() + int64(i)
				}
			}
			s = next
		}
	})
}

// set is the nights of some stretches.
func set(all ...civil.Nights) (s nightset) {
	for _, n := range all {
		s.add(n)
	}
	return s
}

// ahead returns the nights that are in one set and not in the other, from a day on, within two years.
func ahead(s, without nightset, today civil.Date) int {
	count := 0
	for day := today.Sub(epoch); day < today.Sub(epoch)+800; day += horizon {
		count += s.countWithout(without, day)
	}
	return count
}

func nightsOf(listed []calendar.Listed) (s nightset) {
	for _, l := range listed {
		s.add(l.Nights)
	}
	return s
}

func TestWhatIsListedIsClosedAfterAnyStep(t *testing.T) {
	t.Parallel()
	walk(t, false, func(t *rapid.T, _ calendar.State, f calendar.Fetched, at calendar.Facts, after calendar.State) {
		if open := ahead(nightsOf(f.Listed), set(after.Closed(at.Today)...), at.Today); f.Broken == "" && !f.Unchanged && open > 0 {
			t.Fatalf("%d nights that are listed are open", open)
		}
	})
}

func TestWhatIsListedAndNoEchoIsClosedAfterAnyStep(t *testing.T) {
	t.Parallel()
	walk(t, true, func(t *rapid.T, _ calendar.State, f calendar.Fetched, at calendar.Facts, after calendar.State) {
		var ours nightset
		for _, h := range after.Held {
			if h.Echo {
				ours.add(h.Nights)
			}
			if h.Echo && h.Sure {
				t.Fatalf("a guest's stay is taken for an echo: %+v", h)
			}
		}
		if open := ahead(nightsOf(f.Listed), set(after.Closed(at.Today)...).or(ours), at.Today); f.Broken == "" && !f.Unchanged && open > 0 {
			t.Fatalf("%d nights that are listed are open", open)
		}
	})
}

func TestAQuarantineAGlanceAndABrokenTextFreeNothing(t *testing.T) {
	t.Parallel()
	walk(t, false, func(t *rapid.T, before calendar.State, f calendar.Fetched, at calendar.Facts, after calendar.State) {
		quiet := f.Broken != "" || f.Glance
		for _, h := range before.Held { // the season of a closure is opened even in quarantine
			quiet = quiet || !after.QuarantinedAt.IsZero() && h.Nights.Len() < 60
		}
		for _, h := range before.Held {
			quiet = quiet && (h.Nights.Len() < 60 || f.Glance || f.Broken != "")
		}
		if freed := ahead(set(before.Closed(at.Today)...), set(after.Closed(at.Today)...), at.Today); quiet && freed > 0 {
			t.Fatalf("%d nights are freed", freed)
		}
	})
}

func TestNightsThatTwoGoodFetchesDoNotListAreFreeOutsideAQuarantine(t *testing.T) {
	t.Parallel()
	missed := 0
	var last nightset
	walk(t, false, func(t *rapid.T, before calendar.State, f calendar.Fetched, at calendar.Facts, after calendar.State) {
		if len(before.Held) == 0 || f.Glance || f.Broken != "" || f.Unchanged || len(f.Unreadable) > 0 || !after.QuarantinedAt.IsZero() || !after.UnreadableSince.IsZero() {
			missed = 0
			return
		}
		missed++
		listed := nightsOf(f.Listed)
		if ghosts := ahead(set(after.Closed(at.Today)...), listed.or(last), at.Today); missed > 1 && ghosts > 0 {
			t.Fatalf("%d nights are closed that no fetch of the last two listed", ghosts)
		}
		last = listed
	})
}

func TestAStepIsPureAndDeterministicAndDoesNotMindTheOrder(t *testing.T) {
	t.Parallel()
	walk(t, true, func(t *rapid.T, before calendar.State, f calendar.Fetched, at calendar.Facts, after calendar.State) {
		kept := before
		kept.Held = slices.Clone(before.Held)
		said := slices.Clone(f.Listed)
		if diff := cmp.Diff(after, before.Step(f, at)); diff != "" {
			t.Fatal("the same step again:", diff)
		}
		if !cmp.Equal(kept, before) || !cmp.Equal(said, f.Listed) {
			t.Fatal("a step has changed what it was given")
		}
		f.Listed = rapid.Permutation(f.Listed).Draw(t, "permuted")
		if diff := cmp.Diff(after, before.Step(f, at)); diff != "" {
			t.Fatal("in another order:", diff)
		}
	})
}

func TestUnchangedIsToRepeatWhatWasListed(t *testing.T) {
	t.Parallel()
	walk(t, true, func(t *rapid.T, _ calendar.State, f calendar.Fetched, at calendar.Facts, after calendar.State) {
		if f.Glance || f.Broken != "" || f.Unchanged || len(f.Unreadable) > 0 {
			return
		}
		at.Now = at.Now.Add(poll)
		repeated, unchanged := after.Step(f, at), after.Step(calendar.Fetched{Unchanged: true}, at)
		if diff := cmp.Diff(repeated, unchanged); diff != "" {
			t.Fatal(diff)
		}
		if !after.Pending() && !after.QuarantinedAt.IsZero() {
			t.Fatal("a quarantine is not pending")
		}
		if !after.Pending() && !cmp.Equal(after.Closed(at.Today), unchanged.Closed(at.Today)) {
			t.Fatal("nothing was pending, but a step has changed what is closed")
		}
	})
}

func TestADiffTurnsTheRowsOfOneStateIntoThoseOfTheNext(t *testing.T) {
	t.Parallel()
	walk(t, true, func(t *rapid.T, before calendar.State, _ calendar.Fetched, _ calendar.Facts, after calendar.State) {
		insert, update, end := calendar.Diff(before, after)
		rows := map[int64]calendar.Held{}
		for _, h := range before.Held {
			rows[h.ID] = h
		}
		for _, id := range end {
			if _, ok := rows[id]; !ok {
				t.Fatalf("row %d is ended and was never there", id)
			}
			delete(rows, id)
		}
		for _, h := range update {
			if was, ok := rows[h.ID]; !ok || cmp.Equal(was, h) {
				t.Fatalf("row %d is updated in vain", h.ID)
			}
			rows[h.ID] = h
		}
		if len(rows)+len(insert) != len(after.Held) {
			t.Fatalf("%d rows and %d new ones for %d events", len(rows), len(insert), len(after.Held))
		}
		for _, h := range after.Held {
			if h.ID == 0 && !slices.ContainsFunc(insert, func(i calendar.Held) bool { return cmp.Equal(h, i) }) || h.ID != 0 && !cmp.Equal(rows[h.ID], h) {
				t.Fatalf("%+v is not there", h)
			}
		}
	})
}

func TestAChangeAddsUp(t *testing.T) {
	t.Parallel()
	walk(t, true, func(t *rapid.T, before calendar.State, _ calendar.Fetched, at calendar.Facts, after calendar.State) {
		c := calendar.Compare(before, after, at.Today)
		was, is := set(before.Closed(at.Today)...), set(after.Closed(at.Today)...)
		if ahead(is, was.or(set(c.Closes...)), at.Today) != 0 || ahead(was, is.or(set(c.Opens...)), at.Today) != 0 ||
			ahead(set(c.Closes...), is, at.Today) != 0 || ahead(set(c.Opens...), was, at.Today) != 0 {
			t.Fatalf("closed were %v, are %v, but %+v", before.Closed(at.Today), after.Closed(at.Today), c)
		}
		if c.Added < 0 || c.Moved < 0 || c.Freed < 0 || c.Freed > len(before.Held) || c.Added+c.Moved > len(after.Held) {
			t.Fatalf("%+v", c)
		}
	})
}

func TestADigestStandsForTheSetThatIsListed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := anyList(t)
		b := rapid.Permutation(a).Draw(t, "permuted")
		if !cmp.Equal(calendar.Digest(a), calendar.Digest(append(b, b...))) {
			t.Fatal("the order or a repetition changes it")
		}
		at := calendar.Facts{Now: noon, Today: today.AddDays(-30)} // so that nothing is too old to be held
		if s := (calendar.State{}).Step(list(a...), at); !cmp.Equal(s.Digest(), calendar.Digest(a)) {
			t.Fatal("that of the state is another")
		}
		if len(a) > 0 && cmp.Equal(calendar.Digest(a), calendar.Digest(nil)) {
			t.Fatal("it is that of nothing")
		}
	})
}
