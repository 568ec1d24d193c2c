package channels_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/channels"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/feeds"
)

func TestWhatAFeedListsIsClosedAndOpensAtTheSecondReadingWithoutIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	f, page := b.add(t, cabin, "a")
	page.lists(nights(10, 13), nights(20, 22))
	if change := b.sync(t, f); change.Added != 2 || b.free(t, cabin, nights(12, 13)) || b.free(t, cabin, nights(20, 21)) {
		t.Fatalf("%+v", change)
	}
	page.lists(nights(20, 22))
	b.clock.move(5 * time.Minute)
	if change := b.sync(t, f); change.Freed != 0 || b.free(t, cabin, nights(10, 13)) {
		t.Errorf("freed at once: %+v", change)
	}
	b.clock.move(5 * time.Minute)
	if change := b.sync(t, f); change.Freed != 1 || !b.free(t, cabin, nights(10, 13)) || b.free(t, cabin, nights(20, 22)) {
		t.Errorf("not freed: %+v", change)
	}
}

func TestAFeedThatOnlyStampsAnewCostsOneRequestAndOneStatement(t *testing.T) {
	t.Parallel()
	b := setup(t)
	f, page := b.add(t, b.cabin(t), "a")
	page.lists(nights(10, 13), nights(20, 22))
	b.sync(t, f)
	known := b.feed(t, f)
	b.clock.move(5 * time.Minute)
	before := b.statements(t)
	change, err := b.Sync(t.Context(), known, channels.Options{})
	if err != nil || change.Added+change.Moved+change.Freed != 0 {
		t.Fatal(change, err)
	}
	if spent := b.statements(t) - before; spent != 1 {
		t.Errorf("%d statements", spent)
	}
	if reads, _, _ := page.seen(); reads != 2 {
		t.Errorf("%d requests", reads)
	}
	if now := b.feed(t, f); !now.LastSuccess.Equal(b.clock.now()) {
		t.Errorf("it is as of %s", now.LastSuccess)
	}
}

func TestAChannelIsAskedOnlyForWhatHasChanged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	f, page := b.add(t, b.cabin(t), "a")
	page.set(func(p *feedPage) { p.etag = `"one"` })
	page.lists(nights(10, 13), nights(20, 22))
	b.sync(t, f)
	known := b.feed(t, f)
	before := b.statements(t)
	if _, err := b.Sync(t.Context(), known, channels.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, answered304, _ := page.seen(); answered304 != 1 || b.statements(t)-before != 1 {
		t.Errorf("%d answers 304, %d statements", answered304, b.statements(t)-before)
	}
	page.set(func(p *feedPage) { p.etag = `"two"` })
	page.lists(nights(10, 13), nights(20, 22), nights(30, 31))
	if change := b.sync(t, f); change.Added != 1 || b.feed(t, f).ETag != `"two"` {
		t.Errorf("%+v", change)
	}
}

func TestWhatIsHeldBackIsReadWhole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	f, page := b.add(t, cabin, "a")
	page.set(func(p *feedPage) { p.etag = `"the same always"` })
	page.lists(nights(10, 13), nights(20, 22), nights(30, 31))
	b.sync(t, f)
	page.set(func(p *feedPage) { p.etag = `"another"` })
	page.lists(nights(20, 22), nights(30, 31))
	b.sync(t, f)
	b.sync(t, f) // the channel would say 304
	_, answered304, sent := page.seen()
	if answered304 != 0 || sent[2].Get("If-None-Match") != "" || !b.free(t, cabin, nights(10, 13)) {
		t.Errorf("%d answers 304, asked with %q", answered304, sent[2].Get("If-None-Match"))
	}
	b.sync(t, f)
	if _, answered304, _ = page.seen(); answered304 != 1 {
		t.Error("then it is asked for what has changed again")
	}
}

func TestTheFirstReadingOfADayIsWhole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	f, page := b.add(t, b.cabin(t), "a")
	page.set(func(p *feedPage) { p.etag = `"the same always"` })
	page.lists(nights(10, 13), nights(20, 22))
	b.sync(t, f)
	b.sync(t, f)
	b.clock.move(24 * time.Hour)
	b.sync(t, f)
	b.sync(t, f)
	_, answered304, sent := page.seen()
	if answered304 != 2 || len(sent) != 4 || sent[2].Get("If-None-Match") != "" {
		t.Errorf("%d of %d answers are 304", answered304, len(sent))
	}
}

func TestAPackedFeedIsRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	f, page := b.add(t, b.cabin(t), "a")
	page.set(func(p *feedPage) { p.gzip = true })
	page.lists(nights(10, 13))
	if change := b.sync(t, f); change.Added != 1 {
		t.Errorf("%+v", change)
	}
}

func TestAFeedThatFailsIsLeftAloneLongerAndLonger(t *testing.T) {
	t.Parallel()
	b := setup(t)
	f, page := b.add(t, b.cabin(t), "a")
	page.lists(nights(10, 13))
	b.sync(t, f)
	page.set(func(p *feedPage) { p.status = http.StatusInternalServerError })
	for i, minutes := range []int{5, 10, 20, 40, 60, 60} {
		_, err := b.Sync(t.Context(), b.feed(t, f), channels.Options{})
		now := b.feed(t, f)
		wait := now.NextAttempt.Sub(b.clock.now())
		if !errors.Is(err, fault.New(fault.Unavailable, "feed_status", "")) || now.Failures != i+1 || now.LastError == "" {
			t.Fatalf("%v, %+v", err, now)
		}
		if want := time.Duration(minutes) * time.Minute; wait < want*4/5-time.Second || wait > min(want*6/5, time.Hour)+time.Second {
			t.Errorf("after %d failures it waits %s", i+1, wait)
		}
		due, err := b.calendars.Due(t.Context(), b.clock.now(), 0, 10)
		if err != nil || len(due) != 0 {
			t.Errorf("%d are due, %v", len(due), err)
		}
	}
	page.set(func(p *feedPage) { p.status = 0 })
	b.sync(t, f) // by the owner's hand
	if now := b.feed(t, f); now.Failures != 0 || !now.NextAttempt.IsZero() || now.LastError != "" {
		t.Errorf("%+v", now)
	}
}

func TestAChannelThatWantsToBeLeftAloneIs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	f, page := b.add(t, b.cabin(t), "a")
	page.set(func(p *feedPage) {
		p.status, p.header = http.StatusTooManyRequests, http.Header{"Retry-After": {"1800"}}
	})
	if _, err := b.Sync(t.Context(), f, channels.Options{}); err == nil {
		t.Fatal("no error")
	}
	if wait := b.feed(t, f).NextAttempt.Sub(b.clock.now()); wait != 30*time.Minute {
		t.Errorf("it waits %s", wait)
	}
	page.set(func(p *feedPage) { p.header = http.Header{"Retry-After": {"99999"}} })
	if _, err := b.Sync(t.Context(), f, channels.Options{}); err == nil {
		t.Fatal("no error")
	}
	if wait := b.feed(t, f).NextAttempt.Sub(b.clock.now()); wait != time.Hour {
		t.Errorf("it waits %s", wait)
	}
}

func TestATextThatIsNoCalendarIsAFailureAndOpensNothing(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a web page":    "<!doctype html><title>Oops</title>",
		"json":          `{"code":500,"message":"oops"}`,
		"half of it":    ics(nights(10, 13), nights(20, 22))[:200],
		"another thing": "hello",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			cabin := b.cabin(t)
			f, page := b.add(t, cabin, "a")
			page.lists(nights(10, 13), nights(20, 22))
			b.sync(t, f)
			page.set(func(p *feedPage) { p.text = text })
			for range 3 {
				b.clock.move(5 * time.Minute)
				if _, err := b.Sync(t.Context(), b.feed(t, f), channels.Options{}); !errors.Is(err, channels.ErrBroken) {
					t.Errorf("got %v", err)
				}
			}
			now := b.feed(t, f)
			if b.free(t, cabin, nights(10, 13)) || now.Failures != 3 || now.NextAttempt.IsZero() || now.QuarantinedAt.IsZero() || now.LastError == "" {
				t.Errorf("%+v", now)
			}
			page.set(func(p *feedPage) { p.text = "" })
			if change := b.sync(t, f); !change.QuarantineEnded || b.feed(t, f).Failures != 0 {
				t.Errorf("%+v", change)
			}
		})
	}
}

func TestAnEmptiedFeedOpensNothingUntilThePatienceIsOver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	f, page := b.add(t, cabin, "a")
	page.lists(nights(10, 13), nights(20, 22), nights(30, 34))
	b.sync(t, f)
	page.lists()
	b.clock.move(5 * time.Minute)
	if change := b.sync(t, f); !change.QuarantineBegan || change.Reason == "" {
		t.Errorf("%+v", change)
	}
	for range 5 {
		b.clock.move(time.Hour)
		b.sync(t, f)
	}
	if b.free(t, cabin, nights(10, 13)) {
		t.Error("freed within six hours")
	}
	for range 2 {
		b.clock.move(time.Hour)
		b.sync(t, f)
	}
	if !b.free(t, cabin, nights(10, 13)) {
		t.Error("not believed after six hours")
	}
}

func TestADryReadingTellsWhatWouldChangeAndWritesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	f, page := b.add(t, cabin, "a")
	page.lists(nights(10, 13))
	before := b.feed(t, f)
	change, err := b.Sync(t.Context(), before, channels.Options{Dry: true})
	if err != nil || change.Added != 1 || len(change.Closes) != 1 || change.Closes[0] != nights(10, 13) {
		t.Errorf("%+v, %v", change, err)
	}
	for _, breakIt := range []func(*feedPage){
		func(p *feedPage) { p.status = http.StatusForbidden },
		func(p *feedPage) { p.status, p.text = 0, "<html>" },
	} {
		page.set(breakIt)
		if _, err := b.Sync(t.Context(), before, channels.Options{Dry: true}); err == nil {
			t.Error("no error")
		}
	}
	after := b.feed(t, f)
	if !b.free(t, cabin, nights(10, 13)) || !after.LastAttempt.IsZero() || after.Failures != 0 || len(after.Digest) != 0 {
		t.Errorf("something was written: %+v", after)
	}
}

func TestNoLineHasAnAddressOrWhatAFeedSays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	f, page := b.add(t, b.cabin(t), "a")
	page.lists(nights(10, 13))
	b.sync(t, f)
	page.set(func(p *feedPage) {
		p.text = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:ana@airbnb.com\r\nSUMMARY:Ana\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	})
	b.sync(t, f)
	page.set(func(p *feedPage) { p.status = http.StatusBadGateway })
	if _, err := b.Sync(t.Context(), b.feed(t, f), channels.Options{}); err == nil {
		t.Error("no error")
	}
	log := b.log.String()
	for _, secret := range []string{"secret", "127.0.0.1", "a.ics", "airbnb.com", "Ana", "1234"} {
		if strings.Contains(log, secret) {
			t.Errorf("%q is in the log:\n%s", secret, log)
		}
	}
	for _, want := range []string{`"source":"airbnb"`, `"added":1`, `"nights_closed":3`, "feed_status"} {
		if !strings.Contains(log, want) {
			t.Errorf("%q is not in the log:\n%s", want, log)
		}
	}
}

// odd is a Fetcher that is not as it should be.
type odd func(ctx context.Context) (feeds.Response, error)

func (o odd) Fetch(ctx context.Context, _, _, _ string) (feeds.Response, error) { return o(ctx) }

func (b *bundle) with(f channels.Fetcher) *channels.Channels {
	return channels.New(channels.Config{FreshFor: 10 * time.Minute, Quarantine: 6 * time.Hour}, channels.Deps{
		Store: b.calendars, Fetch: f, Now: b.clock.now,
	})
}

func TestAPanicOverOneFeedIsItsFailure(t *testing.T) {
	t.Parallel()
	b := setup(t)
	f, _ := b.add(t, b.cabin(t), "a")
	c := b.with(odd(func(context.Context) (feeds.Response, error) { panic("Ana") }))
	if _, err := c.Sync(t.Context(), f, channels.Options{}); err == nil || strings.Contains(err.Error(), "Ana") {
		t.Errorf("got %v", err)
	}
	if now := b.feed(t, f); now.Failures != 1 || now.NextAttempt.IsZero() {
		t.Errorf("%+v", now)
	}
}

func TestAnErrorThatNobodyWroteForPeopleIsNotShown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	f, _ := b.add(t, b.cabin(t), "a")
	c := b.with(odd(func(context.Context) (feeds.Response, error) {
		return feeds.Response{}, errors.New("GET " + f.URL + ": oops")
	}))
	_, err := c.Sync(t.Context(), f, channels.Options{})
	if err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(b.feed(t, f).LastError, "secret") {
		t.Errorf("got %v", err)
	}
}

func TestAReadingThatIsBrokenOffSaysNothingAboutTheFeed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	f, page := b.add(t, b.cabin(t), "a")
	page.set(func(p *feedPage) { p.began, p.goOn = make(chan struct{}), make(chan struct{}) })
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		<-page.began
		stop()
		close(page.goOn)
	}()
	if _, err := b.Sync(ctx, f, channels.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if now := b.feed(t, f); now.Failures != 0 || !now.LastAttempt.IsZero() {
		t.Errorf("%+v", now)
	}
}

func TestAFeedWithoutAnAddressIsNotRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	f, err := b.calendars.Add(t.Context(), b.cabin(t), "google", "", noon)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Sync(t.Context(), f, channels.Options{}); !errors.Is(err, channels.ErrNoAddress) {
		t.Errorf("got %v", err)
	}
}

func TestTwoWhoReadAtOnceAreNotTwoReadingsInARow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	f, page := b.add(t, cabin, "a")
	page.lists(nights(10, 13), nights(20, 22), nights(30, 33))
	b.sync(t, f)
	page.lists(nights(20, 22), nights(30, 33))
	known := b.feed(t, f) // by both, before either has read
	for range 3 {
		b.clock.move(time.Second)
		if _, err := b.Sync(t.Context(), known, channels.Options{}); err != nil && !errors.Is(err, calendar.ErrOutrun) {
			t.Fatal(err)
		}
	}
	if b.free(t, cabin, nights(10, 13)) {
		t.Error("one sight was counted twice")
	}
	b.sync(t, f)
	if !b.free(t, cabin, nights(10, 13)) {
		t.Error("the next reading does not count any more")
	}
}
