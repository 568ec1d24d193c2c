package postgres_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

func TestWhatAFetchSaysIsHeld(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	feed := b.feed(t, cabin, "airbnb")
	sure := stay("ñ☕\\", 3, 5)
	sure.Sure = true
	change := b.apply(t, feed, noon, sure, closed("b", 8, 9))
	if change.Added != 2 || !slices.Equal(change.Closes, []civil.Nights{nights(3, 5), nights(8, 9)}) {
		t.Errorf("at first %+v", change)
	}
	if got := b.taken(t, cabin, noon); !slices.Equal(got, []civil.Nights{nights(3, 5), nights(8, 9)}) {
		t.Errorf("taken: %v", got)
	}
	found := b.read(t, feed)
	if !found.LastSuccess.Equal(noon) || found.ETag != `"e"` || !bytes.Equal(found.Digest, calendar.Digest([]calendar.Listed{closed("b", 8, 9), sure})) || found.Pending {
		t.Errorf("the feed: %+v", found)
	}
	// What is loaded again is what was written, whatever a rule puts there.
	held := []calendar.Held{
		{Listed: sure, Since: noon.Add(-time.Hour), Gone: true, Misses: 3, Echo: true, EchoEnd: noon.Add(time.Hour)},
		{Listed: closed("c", 20, 30), Since: noon},
	}
	state := calendar.State{Held: held, QuarantinedAt: noon, QuarantineReason: "It lost «much».", UnreadableSince: noon.Add(-time.Minute)}
	var before, after calendar.State
	_, err := b.Calendars.Apply(t.Context(), feed.ID, noon.Add(time.Minute), said(), false, func(s calendar.State, _ calendar.Facts) calendar.State {
		before = s
		state.Held[0].ID = s.Held[0].ID
		return state
	})
	must(t, err)
	_, err = b.Calendars.Apply(t.Context(), feed.ID, noon.Add(time.Minute), said(), true, func(s calendar.State, _ calendar.Facts) calendar.State {
		after = s
		return s
	})
	must(t, err)
	if len(before.Held) != 2 || before.Held[0].Listed != sure || !before.Held[0].Since.Equal(noon) {
		t.Errorf("before: %+v", before)
	}
	if diff := cmp.Diff(state, after, cmpopts.IgnoreFields(calendar.Held{}, "ID")); diff != "" {
		t.Errorf("(-written +read):\n%s", diff)
	}
	if found := b.read(t, feed); !found.Pending || !found.QuarantinedAt.Equal(noon) || found.QuarantineReason != "It lost «much»." {
		t.Errorf("the feed: %+v", found)
	}
	b.exec(t, `update accommodations set active = false`)
	b.apply(t, feed, noon.Add(time.Hour), stay("b", 8, 9)) // what nobody can book now can be opened again
}

func TestWhatAStepKnows(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin, other := b.cabin(t), b.cabin(t)
	b.exec(t, `update accommodations set timezone = 'Pacific/Kiritimati'`) // where it is tomorrow already
	feed, vrbo := b.feed(t, cabin, "airbnb"), b.feed(t, cabin, "vrbo")
	b.apply(t, feed, noon, stay("mine", 1, 2))
	b.apply(t, vrbo, noon.Add(time.Minute), stay("theirs", 3, 5), closed("echo", 6, 7))
	b.exec(t, `update calendar_events set echo = true where uid = 'echo'`)
	b.hold(t, cabin, nights(10, 12))
	b.row(t, cabin, nights(20, 22), booking.StatusPreReserved, noon.Add(2*time.Minute)) // runs out just now
	b.row(t, cabin, nights(24, 26), booking.StatusCancelled, noon)
	b.row(t, other, nights(10, 12), booking.StatusConfirmed, noon)
	if _, err := b.Calendars.Close(t.Context(), cabin, nights(30, 31), "", noon.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	must(t, b.Calendars.Read(t.Context(), feed.ID, noon.Add(3*time.Second)))
	var facts calendar.Facts
	_, err := b.Calendars.Apply(t.Context(), feed.ID, noon.Add(2*time.Minute), said(), false, func(s calendar.State, at calendar.Facts) calendar.State {
		facts = at
		return s
	})
	must(t, err)
	want := calendar.Facts{
		Now: noon.Add(2 * time.Minute), Today: civil.New(2026, 12, 2), LastRead: noon.Add(3 * time.Second),
		Ours: []calendar.Ours{
			{Nights: nights(3, 5), Since: noon.Add(time.Minute)}, {Nights: nights(10, 12), Since: noon}, {Nights: nights(30, 31), Since: noon.Add(time.Second)},
		},
	}
	if diff := cmp.Diff(want, facts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestADryRunTellsAndWritesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	feed := b.feed(t, b.cabin(t), "airbnb")
	b.apply(t, feed, noon, stay("a", 3, 5))
	before := everything(t, b.operator)
	change, err := b.Calendars.Apply(t.Context(), feed.ID, noon.Add(time.Hour), said(stay("b", 8, 9)), true, exactly(stay("b", 8, 9)))
	if err != nil || change.Added != 1 || change.Freed != 1 {
		t.Errorf("got %+v, %v", change, err)
	}
	expectSame(t, everything(t, b.operator), before)
}

func TestAFetchThatIsOutrun(t *testing.T) {
	t.Parallel()
	b := setup(t)
	feed := b.feed(t, b.cabin(t), "airbnb")
	b.apply(t, feed, noon, stay("a", 3, 5))
	before := everything(t, b.operator)
	change, err := b.Calendars.Apply(t.Context(), feed.ID, noon.Add(-time.Microsecond), said(), false, func(s calendar.State, _ calendar.Facts) calendar.State {
		t.Error("the step is asked")
		return s
	})
	if !errors.Is(err, calendar.ErrOutrun) || !cmp.Equal(change, calendar.Change{}) {
		t.Errorf("got %+v, %v", change, err)
	}
	expectSame(t, everything(t, b.operator), before)
	// The channel says that nothing has changed, but what it means is not what was kept last.
	unchanged := said(stay("c", 3, 5))
	unchanged.Unchanged = true
	if _, err := b.Calendars.Apply(t.Context(), feed.ID, noon.Add(time.Minute), unchanged, false, exactly()); !errors.Is(err, calendar.ErrOutrun) {
		t.Errorf("unchanged since another: %v", err)
	}
	expectSame(t, everything(t, b.operator), before)
	b.apply(t, feed, noon, stay("b", 8, 9)) // at the very same instant, as a clock that stands still has it
	if got := b.closedBy(t, feed.ID); !slices.Equal(got, []civil.Nights{nights(8, 9)}) {
		t.Errorf("it closes %v", got)
	}
}

func TestAnAnswerWithoutABodyKeepsItsName(t *testing.T) {
	t.Parallel()
	b := setup(t)
	feed := b.feed(t, b.cabin(t), "airbnb")
	listed := stay("a", 3, 5)
	b.apply(t, feed, noon, listed)
	unchanged := calendar.Said{Digest: calendar.Digest([]calendar.Listed{listed}), Unchanged: true}
	if _, err := b.Calendars.Apply(t.Context(), feed.ID, noon.Add(time.Minute), unchanged, false, exactly(listed)); err != nil {
		t.Fatal(err)
	}
	if found := b.read(t, feed); found.ETag != `"e"` || found.LastModified == "" || !bytes.Equal(found.Digest, unchanged.Digest) {
		t.Errorf("got %+v", found)
	}
}

func TestATextThatIsNoCalendarCountsAsAFailure(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	feed := b.feed(t, cabin, "airbnb")
	b.apply(t, feed, noon, stay("a", 3, 5))
	good := b.read(t, feed)
	broken := calendar.Said{ETag: `"of an error page"`, Broken: "It is a web page.", Next: noon.Add(time.Hour)}
	change, err := b.Calendars.Apply(t.Context(), feed.ID, noon.Add(time.Minute), broken, false, func(s calendar.State, at calendar.Facts) calendar.State {
		s.QuarantinedAt, s.QuarantineReason = at.Now, "It is a web page."
		return s
	})
	if err != nil || !change.QuarantineBegan {
		t.Errorf("got %+v, %v", change, err)
	}
	found := b.read(t, feed)
	if found.Failures != 1 || found.LastError != "It is a web page." || !found.NextAttempt.Equal(noon.Add(time.Hour)) || !found.LastSuccess.Equal(noon) ||
		!found.LastAttempt.Equal(noon.Add(time.Minute)) || !found.QuarantinedAt.Equal(noon.Add(time.Minute)) || !found.Pending {
		t.Errorf("the feed: %+v", found)
	}
	if found.ETag != good.ETag || !bytes.Equal(found.Digest, good.Digest) {
		t.Errorf("it is asked for with %q, and compared with %x", found.ETag, found.Digest)
	}
	if got := b.taken(t, cabin, noon); !slices.Equal(got, []civil.Nights{nights(3, 5)}) {
		t.Errorf("taken: %v", got)
	}
}

func TestAGlanceMakesAFeedFreshAndTheNextFetchWhole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	feed := b.feed(t, b.cabin(t), "airbnb")
	listed := []calendar.Listed{stay("a", 3, 5)}
	b.apply(t, feed, noon, listed...)
	good := b.read(t, feed)
	glance := func(minutes int, listed ...calendar.Listed) calendar.Feed {
		t.Helper()
		s := said(listed...)
		s.Glance, s.ETag = true, `"of the glance"`
		if _, err := b.Calendars.Apply(t.Context(), feed.ID, noon.Add(time.Duration(minutes)*time.Minute), s, false, exactly(listed...)); err != nil {
			t.Fatal(err)
		}
		return b.read(t, feed)
	}
	found := glance(1, listed...)
	if !found.LastSuccess.Equal(noon.Add(time.Minute)) || found.ETag != `"of the glance"` || !bytes.Equal(found.Digest, good.Digest) || found.Pending {
		t.Errorf("one that saw the same: %+v", found)
	}
	found = glance(2, stay("a", 3, 5), stay("b", 8, 9))
	if !found.LastSuccess.Equal(noon.Add(2*time.Minute)) || found.ETag != "" || found.LastModified != "" || len(found.Digest) > 0 || !found.Pending {
		t.Errorf("one that saw something else: %+v", found)
	}
	if err := b.Calendars.Unchanged(t.Context(), feed.ID, noon.Add(3*time.Minute), said(listed...)); !errors.Is(err, calendar.ErrOutrun) {
		t.Errorf("a fetch that was compared with what was before: %v", err)
	}
	if _, err := b.Calendars.Believe(t.Context(), feed.AccommodationID, feed.ID, noon.Add(3*time.Minute)); err != nil || !b.read(t, feed).Pending {
		t.Errorf("the owner's word in between: %+v, %v", b.read(t, feed), err)
	}
	b.apply(t, feed, noon.Add(4*time.Minute), listed...)
	if found = b.read(t, feed); found.Pending || !bytes.Equal(found.Digest, good.Digest) {
		t.Errorf("after a whole fetch: %+v", found)
	}
}

func TestTheOwnersWordOnAQuarantine(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	feed := b.feed(t, cabin, "airbnb")
	var listed []calendar.Listed
	for i := range 10 {
		listed = append(listed, stay(fmt.Sprint("guest", i), 5+i*5, 8+i*5))
	}
	mirror := func(f calendar.Fetched) func(calendar.State, calendar.Facts) calendar.State {
		return func(s calendar.State, at calendar.Facts) calendar.State { return s.Step(f, at) }
	}
	for minutes, f := range []calendar.Fetched{{Listed: listed}, {Listed: listed}, {}} {
		if _, err := b.Calendars.Apply(t.Context(), feed.ID, noon.Add(time.Duration(minutes)*time.Minute), said(f.Listed...), false, mirror(f)); err != nil {
			t.Fatal(err)
		}
	}
	if found := b.read(t, feed); found.QuarantinedAt.IsZero() || len(b.closedBy(t, feed.ID)) != 10 {
		t.Fatalf("a feed that turns empty: %+v", found)
	}
	change, err := b.Calendars.Believe(t.Context(), cabin, feed.ID, noon.Add(time.Hour))
	if err != nil || change.Freed != 10 || !change.QuarantineEnded {
		t.Errorf("got %+v, %v", change, err)
	}
	found := b.read(t, feed)
	if !found.QuarantinedAt.IsZero() || len(b.closedBy(t, feed.ID)) != 0 || !found.LastSuccess.Equal(noon.Add(2*time.Minute)) || found.Pending {
		t.Errorf("afterwards: %+v, %v", found, b.closedBy(t, feed.ID))
	}
}

func TestTheFeedsThatOthersReadTellOfChangesOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	feed := b.feed(t, cabin, "airbnb")
	b.apply(t, feed, noon, stay("a", 3, 5), stay("b", 8, 9), stay("c", 20, 22))
	later := noon.Add(time.Hour)
	_, err := b.Calendars.Apply(t.Context(), feed.ID, later, said(), false, func(s calendar.State, at calendar.Facts) calendar.State {
		moved := slices.Clone(s.Held)
		moved[0].Nights, moved[0].Since = nights(4, 6), at.Now
		moved[1].Gone, moved[1].Misses = true, 1
		return calendar.State{Held: moved}
	})
	must(t, err)
	got := list[string](t, b, `select format('%s v%s %s', uid, version, changed_at at time zone 'UTC') from calendar_events order by uid`)
	if want := []string{"a v1 2026-12-01 13:00:00", "b v0 2026-12-01 12:00:00", "c v0 2026-12-01 12:00:00"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	b.apply(t, feed, later, stay("a", 4, 6), stay("b", 8, 9))
	if freed := one[time.Time](t, b, `select freed_at from calendar_events where not active and uid = 'c'`); !freed.Equal(later) {
		t.Errorf("freed at %s", freed)
	}
	if n := one[int](t, b, `select events_added * 100 + events_moved * 10 + events_freed from calendar_feeds`); n != 311 {
		t.Errorf("added, moved, freed: %d", n)
	}
}

// TestAnyNumberOfEventsIsTheSameNumberOfStatements counts what goes over the wire, and what the server is asked to do.
func TestAnyNumberOfEventsIsTheSameNumberOfStatements(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pool, counter := b.counted(t)
	calendars := postgres.NewCalendars(pool.Share(1))
	var counts [][2]int64
	for _, n := range []int{5, 500} {
		cabin := b.cabin(t)
		feed := b.feed(t, cabin, "airbnb")
		b.apply(t, b.feed(t, cabin, "vrbo"), noon, many(n, 1)...) // all in conflict
		first, second := many(n, 0), many(n, 1)
		for i := range n / 2 { // a half is freed and as many are new, and the other half moves
			second[i].UID = fmt.Sprint("new", i)
		}
		for _, listed := range [][]calendar.Listed{first, second} {
			counts = append(counts, counter.since(func() {
				if _, err := calendars.Apply(t.Context(), feed.ID, noon, said(listed...), false, exactly(listed...)); err != nil {
					t.Fatal(err)
				}
			}))
			open := one[int](t, b, `select count(*) from calendar_conflicts where resolved_at is null and accommodation_id = $1`, cabin)
			if open < n {
				t.Errorf("%d conflicts of %d events", open, n)
			}
		}
	}
	// Begin, lock, lock, two reads; free, move, add, the feed, the conflicts, commit: in four round trips.
	if want := [][2]int64{{9, 4}, {11, 4}, {9, 4}, {11, 4}}; !slices.Equal(counts, want) {
		t.Errorf("statements and round trips for 5 and for 500 events: %v, want %v", counts, want)
	}
}

// many are stays of two nights, all of them moved by some days.
func many(n, shift int) []calendar.Listed {
	listed := make([]calendar.Listed, n)
	for i := range n {
		listed[i] = stay(fmt.Sprint("guest", i), 1+3*i+shift, 3+3*i+shift)
	}
	return listed
}
