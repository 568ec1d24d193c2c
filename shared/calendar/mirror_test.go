package calendar_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/civil"
)

var (
	today = civil.New(2026, time.March, 2)
	noon  = time.Date(2026, time.March, 2, 15, 0, 0, 0, time.UTC)
)

// nights are those from one day after today until another.
func nights(from, to int) civil.Nights {
	return civil.Nights{From: today.AddDays(from), To: today.AddDays(to)}
}

func sold(uid string, from, to int) calendar.Listed {
	return calendar.Listed{UID: uid, Nights: nights(from, to), Kind: calendar.Reserved}
}

func blocked(uid string, from, to int) calendar.Listed {
	return calendar.Listed{UID: uid, Nights: nights(from, to), Kind: calendar.Blocked}
}

func list(events ...calendar.Listed) calendar.Fetched { return calendar.Fetched{Listed: events} }

// feed is a feed under the mirror, read every 15 minutes.
type feed struct {
	calendar.State
	now  time.Time
	ours []calendar.Ours
	read time.Time
}

func newFeed(events ...calendar.Listed) *feed {
	f := &feed{now: noon}
	f.get(list(events...))
	return f
}

func (f *feed) facts() calendar.Facts {
	return calendar.Facts{Now: f.now, Today: civil.Of(f.now, time.UTC), Ours: f.ours, LastRead: f.read}
}

// get reads the feed, writes the rows down as a store does, and returns what has changed.
func (f *feed) get(said calendar.Fetched) calendar.Change {
	before := f.State
	f.State = before.Step(said, f.facts())
	change := calendar.Compare(before, f.State, civil.Of(f.now, time.UTC))
	next := int64(1)
	for _, h := range f.Held {
		next = max(next, h.ID+1)
	}
	for i := range f.Held {
		if f.Held[i].ID == 0 {
			f.Held[i].ID = next
			next++
		}
	}
	f.now = f.now.Add(poll)
	return change
}

// getFor reads the same for a while.
func (f *feed) getFor(d time.Duration, said calendar.Fetched) {
	for end := f.now.Add(d); f.now.Before(end); {
		f.get(said)
	}
}

// closed is the nights that are closed, as days after today: "3-6 10-12".
func (f *feed) closed() string {
	var all []string
	for _, n := range f.Closed(today) {
		all = append(all, fmt.Sprintf("%d-%d", n.From.Sub(today), n.To.Sub(today)))
	}
	return strings.Join(all, " ")
}

func (f *feed) expect(t *testing.T, want string) {
	t.Helper()
	if got := f.closed(); got != want {
		t.Errorf("closed are %q, want %q", got, want)
	}
}

func (f *feed) quarantined() bool { return !f.QuarantinedAt.IsZero() }

func TestNewEventsCloseTheirNightsAtOnce(t *testing.T) {
	t.Parallel()
	f := newFeed(sold("a", 3, 6))
	c := f.get(list(sold("a", 3, 6), blocked("b", 10, 12)))
	f.expect(t, "3-6 10-12")
	if diff := cmp.Diff(calendar.Change{Added: 1, Closes: []civil.Nights{nights(10, 12)}}, c); diff != "" {
		t.Error(diff)
	}
}

func TestMovedEventsAreFollowedAtOnceBothWays(t *testing.T) {
	t.Parallel()
	f := newFeed(sold("a", 3, 6), sold("b", 20, 24), sold("c", 30, 34))
	c := f.get(list(sold("a", 4, 8), sold("b", 20, 24), sold("c", 30, 34)))
	f.expect(t, "4-8 20-24 30-34")
	want := calendar.Change{Moved: 1, Closes: []civil.Nights{nights(6, 8)}, Opens: []civil.Nights{nights(3, 4)}}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
}

func TestAVanishedEventIsFreedAtTheSecondGoodFetchWithoutIt(t *testing.T) {
	t.Parallel()
	rest := list(sold("b", 20, 24), sold("c", 30, 34))
	for name, between := range map[string]calendar.Fetched{
		"nothing":       {Glance: true, Broken: "x"},
		"a broken text": {Broken: "This is a web page."},
		"a glance":      {Glance: true, Listed: rest.Listed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFeed(sold("a", 3, 6), sold("b", 20, 24), sold("c", 30, 34))
			f.get(rest)
			f.expect(t, "3-6 20-24 30-34")
			f.get(between)
			f.expect(t, "3-6 20-24 30-34")
			c := f.get(rest)
			f.expect(t, "20-24 30-34")
			if c.Freed != 1 || len(c.Opens) != 1 {
				t.Errorf("%+v", c)
			}
		})
	}
}

func TestAnEventThatFlickersIsNeverFreed(t *testing.T) {
	t.Parallel()
	f := newFeed(sold("a", 3, 6), sold("b", 20, 24), sold("c", 30, 34))
	for range 6 {
		f.get(list(sold("b", 20, 24), sold("c", 30, 34)))
		f.expect(t, "3-6 20-24 30-34")
		f.get(list(sold("a", 3, 6), sold("b", 20, 24), sold("c", 30, 34)))
	}
}

func TestASightAtAGlanceBreaksTheRowOfMisses(t *testing.T) {
	t.Parallel()
	whole, rest := list(sold("a", 3, 6), sold("b", 20, 24), sold("c", 30, 34)), list(sold("b", 20, 24), sold("c", 30, 34))
	f := newFeed(whole.Listed...)
	f.get(rest)
	whole.Glance = true
	f.get(whole)
	f.get(rest)
	f.expect(t, "3-6 20-24 30-34")
	f.get(rest)
	f.expect(t, "20-24 30-34")
}

func TestWhatVanishesUnderNewNightsIsReplacedAtOnce(t *testing.T) {
	t.Parallel()
	f := newFeed(sold("a", 3, 6), sold("b", 20, 24), sold("c", 30, 34))
	f.get(list(sold("merged", 5, 8), sold("b", 20, 24), sold("c", 30, 34)))
	f.expect(t, "5-8 20-24 30-34")
}

func TestWhatVanishesUnderNightsThatWereThereBeforeIsNotReplaced(t *testing.T) {
	t.Parallel()
	rest := list(sold("twice", 5, 8), sold("b", 20, 24), sold("c", 30, 34))
	f := newFeed(append(rest.Listed, sold("a", 3, 6))...)
	f.get(rest)
	f.expect(t, "3-8 20-24 30-34")
	f.get(rest)
	f.expect(t, "5-8 20-24 30-34")
}

func TestPastEventsThatAPlatformDropsAreNoCancellations(t *testing.T) {
	t.Parallel()
	f := newFeed(sold("past", -4, -1), sold("tonight", -2, 1), sold("b", 20, 24), sold("c", 30, 34))
	f.now = f.now.AddDate(0, 0, 1)
	c := f.get(list(sold("b", 20, 24), sold("c", 30, 34)))
	if c.Freed != 0 || f.Pending() || len(f.Held) != 4 {
		t.Errorf("%+v, pending %t, %d held", c, f.Pending(), len(f.Held))
	}
	f.now = f.now.AddDate(0, 0, 29)
	f.get(list(sold("c", 30, 34)))
	if len(f.Held) != 3 || f.Held[0].UID == "past" { // the others are not yet so long ago that the calendar would not show them
		t.Errorf("%+v", f.Held)
	}
	f.now = f.now.AddDate(0, 0, 60)
	f.get(list())
	if len(f.Held) != 0 || f.quarantined() {
		t.Errorf("still held: %+v", f.Held)
	}
}

func TestARunningEventLosesItsPastNightsAndStaysTheSameRow(t *testing.T) {
	t.Parallel()
	for name, from := range map[string]int{"at our midnight": 1, "at a midnight before ours": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFeed(sold("f(room, 0)", 0, 300), sold("c", 400, 402))
			running := f.Held[slices.IndexFunc(f.Held, func(h calendar.Held) bool { return h.UID == "f(room, 0)" })]
			f.now = f.now.AddDate(0, 0, 1)
			c := f.get(list(sold("f(room, 1)", from, 300), sold("c", 400, 402)))
			h := f.Held[slices.IndexFunc(f.Held, func(h calendar.Held) bool { return h.ID == running.ID })]
			if h.UID != "f(room, 1)" || !h.Since.Equal(running.Since) || c.Added+c.Moved+c.Freed != 0 || f.quarantined() || len(f.Held) != 2 {
				t.Errorf("%+v, change %+v", f.Held, c)
			}
		})
	}
}

func TestANewUIDForTheSameNightsIsTheSameRow(t *testing.T) {
	t.Parallel()
	f := newFeed(sold("a", 3, 6), sold("b", 20, 24))
	before := slices.Clone(f.Held)
	c := f.get(list(sold("other", 20, 24), sold("another", 3, 6)))
	for i := range before {
		before[i].UID = map[string]string{"a": "another", "b": "other"}[before[i].UID]
	}
	if diff := cmp.Diff(before, f.Held); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(calendar.Change{}, c, cmp.Comparer(func(a, b []civil.Nights) bool { return len(a) == len(b) })); diff != "" {
		t.Error(diff)
	}
}

func TestAUIDThatIsListedTwiceHoldsBothStays(t *testing.T) {
	t.Parallel()
	f := newFeed(sold("x", 3, 6), sold("x", 10, 12), sold("x", 10, 12), sold("", 40, 41), sold("", 50, 51))
	f.expect(t, "3-6 10-12 40-41 50-51")
	for range 2 {
		f.get(list(sold("x", 10, 12), sold("", 40, 41), sold("", 50, 51)))
	}
	f.expect(t, "10-12 40-41 50-51")
}

func TestAGlanceClosesAndNeverFrees(t *testing.T) {
	t.Parallel()
	f := newFeed(sold("a", 3, 6), sold("b", 20, 24))
	f.get(calendar.Fetched{Glance: true, Listed: []calendar.Listed{sold("a", 4, 8), sold("new", 40, 42)}})
	f.expect(t, "3-8 20-24 40-42")
	for range 5 {
		f.get(calendar.Fetched{Glance: true})
		f.get(calendar.Fetched{Glance: true, Broken: "x"})
	}
	f.expect(t, "3-8 20-24 40-42")
	if f.quarantined() || !f.Pending() {
		t.Error("a glance must begin no quarantine, and see to it that the next fetch is looked at")
	}
	f.get(list(sold("a", 4, 8), sold("b", 20, 24), sold("new", 40, 42)))
	f.get(list(sold("a", 4, 8), sold("b", 20, 24), sold("new", 40, 42)))
	f.expect(t, "4-8 20-24 40-42")
	if f.Pending() || len(f.Held) != 3 || f.Held[slices.IndexFunc(f.Held, func(h calendar.Held) bool { return h.UID == "a" })].ID != 1 {
		t.Errorf("%+v", f.Held)
	}
}

func TestWhatOnlyAGlanceSawIsFreedByTwoFetches(t *testing.T) {
	t.Parallel()
	f := newFeed(sold("a", 3, 6), sold("b", 20, 24))
	f.get(calendar.Fetched{Glance: true, Listed: []calendar.Listed{sold("a", 3, 6), sold("b", 20, 24), sold("new", 40, 42)}})
	f.get(calendar.Fetched{Unchanged: true})
	f.expect(t, "3-6 20-24 40-42")
	f.get(calendar.Fetched{Unchanged: true})
	f.expect(t, "3-6 20-24")
}

func TestAGlanceDoesNotEndAQuarantine(t *testing.T) {
	t.Parallel()
	all := list(sold("a", 3, 6), sold("b", 20, 24), sold("c", 30, 34))
	f := newFeed(all.Listed...)
	f.get(list())
	all.Glance = true
	f.getFor(10*time.Hour, all)
	if !f.quarantined() {
		t.Error("it ended")
	}
	all.Glance = false
	if f.get(all); f.quarantined() {
		t.Error("it did not end")
	}
}

func TestAnUnreadableEventThatWeHoldIsStillListed(t *testing.T) {
	t.Parallel()
	f := newFeed(sold("a", 3, 6), sold("b/2026-03-22", 20, 24), sold("c", 30, 34))
	bad := calendar.Fetched{Listed: []calendar.Listed{sold("c", 30, 34)}, Unreadable: []string{"a", "b"}}
	f.getFor(48*time.Hour, bad)
	f.expect(t, "3-6 20-24 30-34")
	if f.Pending() || f.quarantined() || !f.UnreadableSince.IsZero() {
		t.Errorf("%+v", f.State)
	}
}

func TestAnUnreadableEventThatMayBeAnyFreezesForAWhile(t *testing.T) {
	t.Parallel()
	for _, uid := range []string{"", "never heard of"} {
		f := newFeed(sold("a", 3, 6), sold("b", 20, 24), sold("c", 30, 34))
		began := f.now
		bad := calendar.Fetched{Listed: []calendar.Listed{sold("b", 20, 24), sold("c", 31, 35)}, Unreadable: []string{uid}}
		f.getFor(calendar.DefaultPatience, bad)
		f.expect(t, "3-6 20-24 31-35")
		if !f.UnreadableSince.Equal(began) || !f.Pending() {
			t.Errorf("unreadable since %s", f.UnreadableSince)
		}
		f.get(bad)
		f.get(bad)
		f.expect(t, "20-24 31-35")
		f.get(list(bad.Listed...))
		if !f.UnreadableSince.IsZero() {
			t.Error("it is readable again")
		}
	}
}

func TestADeadlineOfAQuarantineWaitsForWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	f := newFeed(sold("a", 3, 6), sold("b", 20, 24), sold("c", 30, 34))
	f.getFor(4*time.Hour, list())
	f.getFor(5*time.Hour, calendar.Fetched{Unreadable: []string{""}})
	f.expect(t, "3-6 20-24 30-34")
}

func TestAStateDoesNotGrowForEver(t *testing.T) {
	t.Parallel()
	s := calendar.State{}
	at := calendar.Facts{Now: noon, Today: today}
	for i := range 60 {
		var all []calendar.Listed
		for j := range 1000 { // other events at every fetch, each a loss of all that was there
			all = append(all, sold(fmt.Sprint(i, j), 1+(i*37+j*13)%900, 3+(i*37+j*13)%900+j%7))
		}
		s = s.Step(list(all...), at)
		at.Now = at.Now.Add(poll)
	}
	if len(s.Held) > 21_000 {
		t.Errorf("%d events are held", len(s.Held))
	}
}
