package channels_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/channels"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/feeds"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

func TestAFeedThatHangsDelaysNoOther(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	const hanging = 12 // more than are read at once
	for i := range hanging {
		_, page := b.add(t, cabin, fmt.Sprintf("hangs%d", i))
		page.set(func(p *feedPage) { p.hang = true })
	}
	_, page := b.add(t, cabin, "fails")
	page.set(func(p *feedPage) { p.status = http.StatusInternalServerError })
	_, page = b.add(t, cabin, "lies")
	page.set(func(p *feedPage) { p.text = "<html>" })
	for i := range 10 {
		_, page := b.add(t, b.cabin(t), fmt.Sprintf("good%d", i))
		page.lists(nights(10, 13))
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var mu sync.Mutex
	good := 0
	report, err := b.SyncAll(ctx, channels.Options{Each: func(_ calendar.Feed, _ calendar.Change, err error) {
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			if good++; good == 10 {
				stop() // which the hanging ones would else be waited for
			}
		}
	}})
	if !errors.Is(err, context.Canceled) || report.Changed != 10 || report.Added != 10 || report.Failing != hanging+2 {
		t.Errorf("%+v, %v", report, err)
	}
	if failing := one[int](t, b, `select count(*) from calendar_feeds where failures > 0`); failing != 2 {
		t.Errorf("%d feeds are said to fail", failing)
	}
}

func TestTheReportCountsWhatBecameOfTheFeeds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	_, one := b.add(t, cabin, "one")
	_, two := b.add(t, cabin, "two")
	_, three := b.add(t, cabin, "three")
	one.lists(nights(10, 13), nights(20, 22))
	two.lists(nights(11, 14), nights(40, 42), nights(50, 53))
	three.set(func(p *feedPage) { p.status = http.StatusNotFound })
	paused, _ := b.add(t, cabin, "paused")
	if err := b.calendars.Pause(t.Context(), cabin, paused.ID); err != nil {
		t.Fatal(err)
	}
	first := b.all(t)
	want := channels.Report{Feeds: 3, Changed: 2, Failing: 1, Added: 5}
	if first.Opened = 0; first != want { // one of the two that overlap has opened the conflict itself
		t.Errorf("%+v, want %+v", first, want)
	}
	one.lists(nights(10, 13), nights(25, 27))
	two.lists()
	second := b.all(t)
	second.Opened, second.Resolved = 0, 0
	if want = (channels.Report{Feeds: 3, Changed: 2, Failing: 1, Added: 1, Quarantined: 1}); second != want {
		t.Errorf("%+v, want %+v", second, want)
	}
	if words := "3 feeds: 0 unchanged, 2 changed (1 events added, 0 moved, 0 freed), 1 failing, 1 in quarantine"; !strings.Contains(second.String(), words) {
		t.Errorf("%s", second)
	}
	third := b.all(t) // the third feed waits
	third.Opened, third.Resolved = 0, 0
	if want = (channels.Report{Feeds: 2, Unchanged: 1, Changed: 1, Freed: 1, Quarantined: 1}); third != want {
		t.Errorf("%+v, want %+v", third, want)
	}
}

func TestAConflictEndsWithTheOverlapThoughNobodyTouchesIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	_, page := b.add(t, cabin, "a")
	code := one[string](t, b, `
		insert into reservations (code, accommodation_id, check_in, check_out, status, expires_at)
		values ('TESTCODE', $1, $2, $3, 'pre_reserved', $4) returning code`, cabin, nights(10, 12).From, nights(10, 12).To, noon.Add(30*time.Minute))
	page.lists(nights(11, 13))
	b.all(t)
	open := func() int {
		t.Helper()
		return one[int](t, b, `select count(*) from calendar_conflicts c join reservations r on r.id = c.reservation_id where resolved_at is null and r.code = $1`, code)
	}
	if open() != 1 {
		t.Error("no conflict")
	}
	b.clock.move(time.Hour) // the hold runs out
	if report := b.all(t); report.Resolved != 1 || open() != 0 {
		t.Errorf("%+v", report)
	}
}

func TestAllFeedsAreReadHoweverManyThereAre(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const feeds = 410 // more than two pages
	for i := range feeds / 41 {
		cabin := b.cabin(t)
		for j := range 41 {
			_, page := b.add(t, cabin, fmt.Sprintf("f%d-%d", i, j))
			page.lists(nights(3*j, 3*j+3))
		}
	}
	if report := b.all(t); report.Feeds != feeds || report.Changed != feeds {
		t.Errorf("%+v", report)
	}
	if report := b.all(t); report.Feeds != feeds || report.Unchanged != feeds {
		t.Errorf("%+v", report)
	}
}

func TestNoMoreFeedsThanAFewAreReadAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 40 {
		b.add(t, b.cabin(t), fmt.Sprintf("f%d", i))
	}
	var mu sync.Mutex
	now, most := 0, 0
	c := b.with(odd(func(context.Context) (feeds.Response, error) {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		time.Sleep(2 * time.Millisecond) // for others to come
		mu.Lock()
		now--
		mu.Unlock()
		return feeds.Response{Body: []byte(ics(nights(10, 13)))}, nil
	}))
	if report, err := c.SyncAll(t.Context(), channels.Options{}); err != nil || report.Changed != 40 || most > 8 {
		t.Errorf("%+v, %v, %d at once", report, err, most)
	}
}

func TestTwoTasksAtOnceCountWhatIsMissingOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other, _ := b.process(t, nil)
	for i := range 20 {
		_, page := b.add(t, b.cabin(t), fmt.Sprintf("f%d", i))
		page.lists(nights(10, 13), nights(20, 22), nights(30, 33))
	}
	b.all(t)
	for i := range 20 {
		page := b.site.page(fmt.Sprintf("/f%d.ics", i))
		page.lists(nights(20, 22), nights(30, 33))
		page.set(func(p *feedPage) { p.began, p.goOn = make(chan struct{}), make(chan struct{}) })
	}
	var wait sync.WaitGroup
	for i := range 20 { // both have looked the feed up and asked for it, before either gets an answer
		page := b.site.page(fmt.Sprintf("/f%d.ics", i))
		wait.Go(func() {
			<-page.began
			<-page.began
			close(page.goOn)
		})
	}
	b.clock.move(5 * time.Minute)
	for _, c := range []*channels.Channels{b.Channels, other} {
		wait.Go(func() {
			if _, err := c.SyncAll(t.Context(), channels.Options{}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if active := one[int](t, b, `select count(*) from calendar_events where active`); active != 60 {
		t.Errorf("one sight was counted twice: %d events are held", active)
	}
}

func TestARestartInBetweenForgetsNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	_, page := b.add(t, cabin, "a")
	page.lists(nights(10, 13), nights(20, 22))
	b.all(t)
	page.lists(nights(20, 22))
	b.all(t)
	b.Channels, b.calendars = b.process(t, nil)
	if report := b.all(t); report.Freed != 1 || !b.free(t, cabin, nights(10, 13)) {
		t.Errorf("%+v", report)
	}
}

func TestADryRunOfAllWritesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	_, good := b.add(t, cabin, "good")
	good.lists(nights(10, 13))
	_, bad := b.add(t, cabin, "bad")
	bad.set(func(p *feedPage) { p.status = http.StatusTeapot })
	told := make(map[string]error)
	report, err := b.SyncAll(t.Context(), channels.Options{Dry: true, Each: func(f calendar.Feed, _ calendar.Change, err error) {
		told[f.URL[len(b.site.URL):]] = err
	}})
	if err != nil || report.Changed != 1 || report.Failing != 1 || len(told) != 2 || told["/bad.ics?t=secret"] == nil {
		t.Errorf("%+v, %v, %v", report, err, told)
	}
	if written := one[int](t, b, `select (select count(*) from calendar_events) + (select count(*) from calendar_feeds where last_attempt_at is not null)`); written != 0 {
		t.Errorf("%d rows were written", written)
	}
}

func TestAStoreThatIsAwayIsAFailureOfTheTask(t *testing.T) {
	t.Parallel()
	b := setup(t)
	broken := &fails{}
	c, _ := b.process(t, func(s *postgres.Calendars) channels.Store { broken.Store = s; return broken })
	cabin := b.cabin(t)
	b.add(t, cabin, "a")
	_, page := b.add(t, cabin, "b")
	page.lists(nights(10, 13))

	broken.apply = fault.ErrUnavailable
	report, err := c.SyncAll(t.Context(), channels.Options{})
	if !errors.Is(err, fault.ErrUnavailable) || report.Feeds != 2 || report.Unkept != 2 || !strings.Contains(report.String(), "2 could not be written down") {
		t.Errorf("%+v, %v", report, err)
	}
	broken.due = fault.ErrUnavailable
	if report, err = c.SyncAll(t.Context(), channels.Options{}); !errors.Is(err, fault.ErrUnavailable) || report.Feeds != 0 {
		t.Errorf("%+v, %v", report, err)
	}
}

func TestAFeedThatIsDeletedWhileItIsReadIsNobodysFailure(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	f, page := b.add(t, cabin, "a")
	page.lists(nights(10, 13))
	page.set(func(p *feedPage) { p.began, p.goOn = make(chan struct{}), make(chan struct{}) })
	go func() {
		<-page.began
		if err := b.calendars.Delete(t.Context(), cabin, f.ID, noon); err != nil {
			t.Error(err)
		}
		close(page.goOn)
	}()
	if report := b.all(t); report.Feeds != 1 || report.Unkept != 0 {
		t.Errorf("%+v", report)
	}
}

func TestWhatWasFreedLongAgoIsForgotten(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	_, page := b.add(t, cabin, "a")
	page.lists(nights(10, 13), nights(100, 102))
	b.all(t)
	page.lists(nights(100, 102))
	b.all(t)
	b.all(t)
	count := func() int { return one[int](t, b, `select count(*) from calendar_events where not active`) }
	if count() != 1 {
		t.Fatal("nothing was freed")
	}
	b.clock.move(89 * 24 * time.Hour)
	if report := b.all(t); report.Forgotten != 0 {
		t.Errorf("%+v", report)
	}
	b.clock.move(2 * 24 * time.Hour)
	if report := b.all(t); report.Forgotten != 1 || count() != 0 {
		t.Errorf("%+v", report)
	}
}
