package postgres_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

func TestANewFeed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	b.exec(t, `update accommodations set timezone = 'America/Bogota', active = false`) // an owner prepares
	added, err := b.Calendars.Add(t.Context(), cabin, "airbnb", "https://example.com/1.ics?t=s", noon)
	if err != nil {
		t.Fatal(err)
	}
	want := calendar.Feed{
		ID: added.ID, AccommodationID: cabin, Zone: added.Zone, Source: "airbnb", URL: "https://example.com/1.ics?t=s",
		Token: added.Token, CreatedAt: noon, Digest: []byte{},
	}
	if diff := cmp.Diff(want, added, cmp.Comparer(func(x, y *time.Location) bool { return x == y })); diff != "" || added.Zone.String() != "America/Bogota" {
		t.Errorf("in %s (-want +added):\n%s", added.Zone, diff)
	}
	if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(added.Token) {
		t.Errorf("its token is %q", added.Token)
	}
	if found := b.read(t, added); found.Token != added.Token || found.URL != added.URL {
		t.Errorf("it is read as %+v", found)
	}
	again, err := b.Calendars.Add(t.Context(), cabin, "booking", "https://example.com/2.ics", noon)
	if err != nil || again.Token == added.Token {
		t.Errorf("another: %+v, %v", again, err)
	}
}

func TestFeedsThatCannotBeAdded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin, other := b.cabin(t), b.cabin(t)
	b.feed(t, cabin, "airbnb")
	b.feed(t, other, "airbnb") // whoever manages both from one account
	if _, err := b.Calendars.Add(t.Context(), cabin, "other", "https://airbnb.example/calendar.ics?t=secret", noon); !errors.Is(err, calendar.ErrFeedExists) {
		t.Errorf("the same address: %v", err)
	} else if strings.Contains(err.Error(), "t=secret") {
		t.Errorf("the address is in %v", err)
	}
	if _, err := b.Calendars.Add(t.Context(), other+1, "airbnb", "https://example.com", noon); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("no cabin: %v", err)
	}
	for range 49 { // that only read ours
		if _, err := b.Calendars.Add(t.Context(), cabin, "google", "", noon); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Calendars.Add(t.Context(), cabin, "google", "", noon); !errors.Is(err, calendar.ErrTooManyFeeds) {
		t.Errorf("the 51st: %v", err)
	}
}

func TestWhichFeedsAreDue(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin, closed := b.cabin(t), b.cabin(t)
	due := func() string {
		t.Helper()
		var names []string
		for after := int64(0); ; {
			page, err := b.Calendars.Due(t.Context(), noon, after, 2)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				return strings.Join(names, " ")
			}
			for _, f := range page {
				names, after = append(names, f.Source), f.ID
			}
		}
	}
	var feeds []calendar.Feed
	for i := range 5 {
		feeds = append(feeds, b.feed(t, cabin, fmt.Sprint("site", i)))
	}
	b.feed(t, closed, "closed")
	b.exec(t, `update accommodations set active = false where id = $1`, closed)
	if _, err := b.Calendars.Add(t.Context(), cabin, "reader", "", noon); err != nil {
		t.Fatal(err)
	}
	if got := due(); got != "site0 site1 site2 site3 site4" {
		t.Errorf("at first: %s", got)
	}
	must(t, b.Calendars.Pause(t.Context(), cabin, feeds[1].ID))
	must(t, b.Calendars.Failed(t.Context(), feeds[2].ID, noon.Add(-time.Minute), "It did not answer.", noon.Add(time.Microsecond)))
	must(t, b.Calendars.Failed(t.Context(), feeds[3].ID, noon.Add(-time.Minute), "It did not answer.", noon))
	if got := due(); got != "site0 site3 site4" {
		t.Errorf("one paused, one waiting: %s", got)
	}
	must(t, b.Calendars.Resume(t.Context(), cabin, feeds[1].ID))
	must(t, b.Calendars.Resume(t.Context(), cabin, feeds[2].ID))
	if got := due(); got != "site0 site1 site2 site3 site4" {
		t.Errorf("resumed: %s", got)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestFailuresAreCountedUntilOneReads(t *testing.T) {
	t.Parallel()
	b := setup(t)
	feed := b.feed(t, b.cabin(t), "airbnb")
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	must(t, b.Calendars.Failed(t.Context(), feed.ID, at(1), "It did not answer.", at(11)))
	must(t, b.Calendars.Failed(t.Context(), feed.ID, at(12), "It answered 500.", at(32)))
	found := b.read(t, feed)
	if found.Failures != 2 || found.LastError != "It answered 500." || !found.LastAttempt.Equal(at(12)) || !found.NextAttempt.Equal(at(32)) || !found.LastSuccess.IsZero() {
		t.Errorf("after two: %+v", found)
	}
	b.apply(t, feed, at(33), stay("a", 3, 5))
	found = b.read(t, feed)
	if found.Failures != 0 || found.LastError != "" || !found.LastAttempt.Equal(at(33)) || !found.LastSuccess.Equal(at(33)) || !found.NextAttempt.IsZero() {
		t.Errorf("after a good one: %+v", found)
	}
	must(t, b.Calendars.Failed(t.Context(), feed.ID, at(32), "It did not answer.", at(60))) // it took longer to fail
	if again := b.read(t, feed); !cmp.Equal(found, again, cmp.Comparer(func(x, y *time.Location) bool { return x.String() == y.String() })) {
		t.Errorf("after one that began before: %+v", again)
	}
}

func TestAnUnchangedFeedIsOneStatement(t *testing.T) {
	t.Parallel()
	b := setup(t)
	feed := b.feed(t, b.cabin(t), "airbnb")
	listed := []calendar.Listed{stay("a", 3, 5)}
	b.apply(t, feed, noon, listed...)
	must(t, b.Calendars.Failed(t.Context(), feed.ID, noon.Add(time.Minute), "It did not answer.", noon.Add(time.Hour)))
	rows := one[string](t, b, `select string_agg(e::text, '') from calendar_events e`)
	pool, counter := b.counted(t)
	calendars := postgres.NewCalendars(pool.Share(1))
	if n := counter.since(func() {
		must(t, calendars.Unchanged(t.Context(), feed.ID, noon.Add(2*time.Minute), calendar.Said{ETag: `"new"`, Digest: calendar.Digest(listed)}))
	}); n != [2]int64{1, 1} {
		t.Errorf("statements and round trips: %d", n)
	}
	found := b.read(t, feed)
	if !found.LastSuccess.Equal(noon.Add(2*time.Minute)) || found.Failures != 0 || found.LastError != "" || !found.NextAttempt.IsZero() {
		t.Errorf("got %+v", found)
	}
	if found.ETag != `"new"` || found.LastModified != "Tue, 01 Dec 2026 12:00:00 GMT" {
		t.Errorf("it is asked for with %q, %q", found.ETag, found.LastModified)
	}
	if after := one[string](t, b, `select string_agg(e::text, '') from calendar_events e`); after != rows {
		t.Errorf("events are %s, were %s", after, rows)
	}
	for name, err := range map[string]error{
		"what somebody else saw": b.Calendars.Unchanged(t.Context(), feed.ID, noon.Add(3*time.Minute), said(stay("b", 3, 5))),
		"no feed":                b.Calendars.Unchanged(t.Context(), feed.ID+1, noon.Add(3*time.Minute), said(listed...)),
	} {
		if !errors.Is(err, calendar.ErrOutrun) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if again := b.read(t, feed); !again.LastSuccess.Equal(found.LastSuccess) {
		t.Errorf("read at %s", again.LastSuccess)
	}
}

func TestWhichFeedsAreStale(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	never, old, fresh, paused := b.feed(t, cabin, "never"), b.feed(t, cabin, "old"), b.feed(t, cabin, "fresh"), b.feed(t, cabin, "paused")
	b.feed(t, b.cabin(t), "elsewhere")
	if _, err := b.Calendars.Add(t.Context(), cabin, "reader", "", noon); err != nil {
		t.Fatal(err)
	}
	b.apply(t, old, noon.Add(-time.Minute-time.Microsecond))
	b.apply(t, fresh, noon.Add(-time.Minute))
	must(t, b.Calendars.Pause(t.Context(), cabin, paused.ID))
	stale, err := b.Calendars.Stale(t.Context(), cabin, noon.Add(-time.Minute))
	if err != nil || len(stale) != 2 || stale[0].ID != never.ID || stale[1].ID != old.ID {
		t.Errorf("got %+v, %v", stale, err)
	}
}

func TestWhatAnOwnerSeesOfFeeds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin, other := b.cabin(t), b.cabin(t)
	airbnb, vrbo := b.feed(t, cabin, "airbnb"), b.feed(t, cabin, "vrbo")
	// Two nights of a stay that is going on, three that two events share, two of an echo that close nothing by themselves.
	b.apply(t, airbnb, noon, stay("a", -3, 2), stay("b", 10, 12), closed("c", 11, 13), stay("past", -9, 0), stay("echo", 20, 22))
	b.exec(t, `update calendar_events set echo = true where uid = 'echo'`)
	at := time.Date(2026, 12, 2, 2, 59, 59, 0, time.UTC) // a second before midnight where the cabin is
	feeds, err := b.Calendars.Feeds(t.Context(), cabin, at, 0, 10)
	if err != nil || len(feeds) != 2 || feeds[0].ID != airbnb.ID || feeds[1].ID != vrbo.ID {
		t.Fatalf("got %+v, %v", feeds, err)
	}
	if feeds[0].NightsBlocked != 5 || feeds[1].NightsBlocked != 0 {
		t.Errorf("nights: %d, %d", feeds[0].NightsBlocked, feeds[1].NightsBlocked)
	}
	if f, err := b.Calendars.FeedOf(t.Context(), cabin, airbnb.ID, at.Add(time.Second)); err != nil || f.NightsBlocked != 4 {
		t.Errorf("past midnight %d, %v", f.NightsBlocked, err)
	}
	if feeds, err = b.Calendars.Feeds(t.Context(), cabin, at, airbnb.ID, 10); err != nil || len(feeds) != 1 || feeds[0].ID != vrbo.ID {
		t.Errorf("the next page: %+v, %v", feeds, err)
	}
	if feeds, err = b.Calendars.Feeds(t.Context(), cabin, at, 0, 1); err != nil || len(feeds) != 1 {
		t.Errorf("a short page: %+v, %v", feeds, err)
	}
	if feeds, err = b.Calendars.Feeds(t.Context(), other, at, 0, 10); err != nil || len(feeds) != 0 {
		t.Errorf("another cabin: %+v, %v", feeds, err)
	}
	_, errList := b.Calendars.Feeds(t.Context(), other+1, at, 0, 10)
	_, errBelieve := b.Calendars.Believe(t.Context(), other, airbnb.ID, at)
	_, errOne := b.Calendars.FeedOf(t.Context(), other, airbnb.ID, at)
	_, errFeed := b.Calendars.Feed(t.Context(), vrbo.ID+1)
	for name, err := range map[string]error{
		"list": errList, "believe": errBelieve, "one": errOne, "feed": errFeed,
		"pause":  b.Calendars.Pause(t.Context(), other, airbnb.ID),
		"resume": b.Calendars.Resume(t.Context(), other, airbnb.ID),
		"rotate": b.Calendars.Rotate(t.Context(), other, airbnb.ID),
		"delete": b.Calendars.Delete(t.Context(), other, airbnb.ID, at),
	} {
		if !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("another cabin's: %s: %v", name, err)
		}
	}
	if got := b.closedBy(t, airbnb.ID); len(got) != 5 {
		t.Errorf("after all that it holds %v", got)
	}
}

func TestAFeedThatIsPausedGoesOnClosingItsNights(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	feed := b.feed(t, cabin, "airbnb")
	b.apply(t, feed, noon, stay("a", 3, 5))
	must(t, b.Calendars.Pause(t.Context(), cabin, feed.ID))
	if got := b.taken(t, cabin, noon); !slices.Equal(got, []civil.Nights{nights(3, 5)}) || !b.read(t, feed).Paused {
		t.Errorf("taken: %v", got)
	}
	if _, err := b.Calendars.Export(t.Context(), cabin, feed.Token, noon); err != nil {
		t.Errorf("what it is given: %v", err)
	}
}

func TestADeletedFeedFreesItsNightsAndLeavesAHistory(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	feed, other := b.feed(t, cabin, "airbnb"), b.feed(t, cabin, "vrbo")
	b.hold(t, cabin, nights(4, 6))
	b.apply(t, feed, noon, stay("a", 3, 5))
	b.apply(t, other, noon, stay("b", 8, 9))
	must(t, b.Calendars.Delete(t.Context(), cabin, feed.ID, noon.Add(time.Minute)))
	if got := b.taken(t, cabin, noon); !slices.Equal(got, []civil.Nights{nights(4, 6), nights(8, 9)}) {
		t.Errorf("taken: %v", got)
	}
	all, err := b.Calendars.Conflicts(t.Context(), cabin, false, 0, 10)
	if err != nil || len(all) != 1 || !all[0].ResolvedAt.Equal(noon.Add(time.Minute)) || all[0].Event.Source != "airbnb" || all[0].Event.FeedID != 0 {
		t.Errorf("conflicts: %+v, %v", all, err)
	}
	if _, err := b.Calendars.Export(t.Context(), cabin, feed.Token, noon); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("its token: %v", err)
	}
	_, err = b.Calendars.Apply(t.Context(), feed.ID, noon, said(), false, exactly())
	if again := b.Calendars.Delete(t.Context(), cabin, feed.ID, noon); !errors.Is(err, fault.ErrNotFound) || !errors.Is(again, fault.ErrNotFound) {
		t.Errorf("a fetch that was on its way: %v; deleted again: %v", err, again)
	}
	if n, err := b.Calendars.Forget(t.Context(), noon.Add(time.Minute), 10); err != nil || n != 0 {
		t.Errorf("forgot %d, %v", n, err)
	}
	if n, err := b.Calendars.Forget(t.Context(), noon.Add(2*time.Minute), 10); err != nil || n != 1 {
		t.Errorf("forgot %d, %v", n, err)
	}
	if all, err := b.Calendars.Conflicts(t.Context(), cabin, false, 0, 10); err != nil || len(all) != 0 {
		t.Errorf("conflicts: %+v, %v", all, err)
	}
}

func TestNightsThatTheOwnerCloses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin, other := b.cabin(t), b.cabin(t)
	feed := b.feed(t, cabin, "airbnb")
	b.apply(t, feed, noon, stay("a", 3, 5))
	b.row(t, cabin, nights(20, 22), booking.StatusPreReserved, noon) // overdue
	b.row(t, cabin, nights(24, 26), booking.StatusConfirmed, noon)
	block, err := b.Calendars.Close(t.Context(), cabin, nights(4, 24), "ñandú ☕", noon)
	if err != nil {
		t.Fatal(err)
	}
	if want := (calendar.Block{ID: block.ID, Nights: nights(4, 24), Note: "ñandú ☕", CreatedAt: noon}); block != want {
		t.Errorf("got %+v", block)
	}
	if err := b.Hold(t.Context(), wish(cabin, nights(10, 11)), "guest", booking.Answer{}, noon); !errors.Is(err, booking.ErrTaken) {
		t.Errorf("a guest who wants one of them: %v", err)
	}
	for name, c := range map[string]struct {
		cabin  int64
		nights civil.Nights
		note   string
		want   error
	}{
		"a guest's":   {cabin, nights(23, 25), "", booking.ErrTaken},
		"no night":    {cabin, nights(23, 23), "", fault.ErrInvalid},
		"backwards":   {cabin, nights(23, 22), "", fault.ErrInvalid},
		"a long note": {cabin, nights(30, 31), strings.Repeat("ñ", 501), fault.ErrInvalid},
		"all over":    {cabin, nights(-3, 0), "", fault.ErrInvalid},
		"too far":     {cabin, nights(5*366, 5*366+1), "", fault.ErrInvalid},
		"no cabin":    {other + 1, nights(30, 31), "", fault.ErrNotFound},
	} {
		if _, err := b.Calendars.Close(t.Context(), c.cabin, c.nights, c.note, noon); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.Calendars.Close(t.Context(), cabin, nights(30, 31), strings.Repeat("ñ", 500), noon); err != nil {
		t.Errorf("a note that just fits: %v", err)
	}
	for name, n := range map[string]civil.Nights{"the last that is left": nights(-3, 1), "the furthest": nights(5*366-1, 5*366)} {
		far, err := b.Calendars.Close(t.Context(), cabin, n, "", noon)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		must(t, b.Calendars.Open(t.Context(), cabin, far.ID, noon))
	}
	b.exec(t, `update accommodations set timezone = 'Pacific/Kiritimati' where id = $1`, other) // it is tomorrow there
	if _, err := b.Calendars.Close(t.Context(), other, nights(0, 1), "", noon); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("a night that is over there: %v", err)
	}
	blocks, err := b.Calendars.Blocks(t.Context(), cabin, noon, 0, 10)
	if err != nil || len(blocks) != 2 || blocks[0] != block {
		t.Errorf("blocks: %+v, %v", blocks, err)
	}
	if page, err := b.Calendars.Blocks(t.Context(), cabin, noon, block.ID, 1); err != nil || len(page) != 1 || page[0] != blocks[1] {
		t.Errorf("the next page: %+v, %v", page, err)
	}
	_, missing := b.Calendars.Blocks(t.Context(), other+1, noon, 0, 10)
	if elsewhere := b.Calendars.Open(t.Context(), other, block.ID, noon); !errors.Is(elsewhere, fault.ErrNotFound) || !errors.Is(missing, fault.ErrNotFound) {
		t.Errorf("another cabin's: %v; no cabin: %v", elsewhere, missing)
	}
	event := one[int64](t, b, `select id from calendar_events where uid = 'a'`)
	if err := b.Calendars.Open(t.Context(), cabin, event, noon); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("what a channel closed: %v", err)
	}
	must(t, b.Calendars.Open(t.Context(), cabin, block.ID, noon))
	if err := b.Calendars.Open(t.Context(), cabin, block.ID, noon); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("twice: %v", err)
	}
	b.hold(t, cabin, nights(10, 11))
}
