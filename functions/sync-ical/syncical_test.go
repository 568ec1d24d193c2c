package syncical_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	syncical "github.com/eevans-d/sist-cabanas/functions/sync-ical"
	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/channels"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// reader plays the channels, which have one feed, of the number 3.
type reader struct {
	feed   calendar.Feed
	change calendar.Change
	err    error // of the feed
	ours   error
	asked  []channels.Options
}

func (r *reader) Sync(_ context.Context, _ calendar.Feed, o channels.Options) (calendar.Change, error) {
	r.asked = append(r.asked, o)
	return r.change, r.err
}

func (r *reader) SyncAll(_ context.Context, o channels.Options) (channels.Report, error) {
	if o.Each != nil {
		o.Each(r.feed, r.change, r.err)
	}
	o.Each = nil
	r.asked = append(r.asked, o)
	return channels.Report{Feeds: 1, Failing: 1}, r.ours
}

func (r *reader) find(_ context.Context, id int64) (calendar.Feed, error) {
	if r.ours != nil {
		return calendar.Feed{}, r.ours
	}
	if id != r.feed.ID {
		return calendar.Feed{}, fault.ErrNotFound
	}
	return r.feed, nil
}

// run runs the task, and returns what it reports and logs.
func (r *reader) run(t *testing.T, args ...string) (report, log string, err error) {
	t.Helper()
	var logged bytes.Buffer
	var reports []string
	said, err := syncical.Spec.ParseArgs(args)
	if err != nil {
		t.Fatal(err)
	}
	err = syncical.New(syncical.Deps{
		Channels: r, Feed: r.find, Said: said, Log: zerolog.New(&logged), Report: func(s string) { reports = append(reports, s) },
	})(t.Context())
	return strings.Join(reports, "\n"), logged.String(), err
}

func newReader() *reader {
	return &reader{
		feed: calendar.Feed{ID: 3, AccommodationID: 7, Source: "airbnb", URL: "https://airbnb.example/calendar.ics?t=secret"},
		change: calendar.Change{
			Added: 1, Freed: 1, Closes: []civil.Nights{{From: civil.New(2026, 12, 4), To: civil.New(2026, 12, 6)}},
			Opens: []civil.Nights{{From: civil.New(2026, 12, 24), To: civil.New(2026, 12, 25)}, {From: civil.New(2027, 1, 1), To: civil.New(2027, 1, 9)}},
		},
	}
}

func TestAllFeedsAreReadAndOneThatFailsIsNoFailureOfTheTask(t *testing.T) {
	t.Parallel()
	r := newReader()
	report, log, err := r.run(t)
	if err != nil || !strings.HasPrefix(report, "1 feeds: ") || log != "" {
		t.Errorf("%s\n%s%v", report, log, err)
	}
	if d := cmp.Diff([]channels.Options{{}}, r.asked); d != "" {
		t.Error(d)
	}
	r.ours = fault.ErrUnavailable
	if report, _, err = r.run(t); !errors.Is(err, fault.ErrUnavailable) || report == "" {
		t.Errorf("%s, %v", report, err)
	}
}

func TestADryRunSaysOfEachFeedWhatWouldChange(t *testing.T) {
	t.Parallel()
	r := newReader()
	report, log, err := r.run(t, "--dry-run")
	want := "feed 3 (airbnb, cabin 7): would close 2026-12-04 to 2026-12-06; would open 2026-12-24 to 2026-12-25, 2027-01-01 to 2027-01-09"
	if err != nil || !strings.Contains(log, want) || !strings.HasSuffix(report, "; this was a dry run: nothing was written") {
		t.Errorf("%s\n%s%v", report, log, err)
	}
	r.err = channels.ErrBroken.WithDetail("This is a web page.").WithCause(errors.New("secret"))
	if _, log, err = r.run(t, "--dry-run"); err != nil || !strings.Contains(log, "cabin 7): cannot be read: feed_broken: This is a web page.") {
		t.Errorf("%s%v", log, err)
	}
	if strings.Contains(log, "secret") {
		t.Errorf("a secret is in %s", log)
	}
	if d := cmp.Diff([]channels.Options{{Dry: true}, {Dry: true}}, r.asked); d != "" {
		t.Error(d)
	}
}

func TestOneFeedIsReadAndWhatChangedIsReported(t *testing.T) {
	t.Parallel()
	r := newReader()
	report, _, err := r.run(t, "--feed", "3")
	if want := "feed 3 (airbnb, cabin 7): closed 2026-12-04 to 2026-12-06; opened 2026-12-24 to 2026-12-25, 2027-01-01 to 2027-01-09"; err != nil || report != want {
		t.Errorf("%s, %v", report, err)
	}
	r.change = calendar.Change{Echoes: 2, QuarantineBegan: true, Reason: "It lists nothing any more."}
	report, _, err = r.run(t, "--feed=3", "--dry-run")
	want := "feed 3 (airbnb, cabin 7): no night changes; 2 events are our own nights coming back; it would be in quarantine: It lists nothing any more.; " +
		"this was a dry run: nothing was written"
	if err != nil || report != want {
		t.Errorf("%s, %v", report, err)
	}
	if d := cmp.Diff([]channels.Options{{}, {Dry: true}}, r.asked); d != "" {
		t.Error(d)
	}
	r.err = calendar.ErrOutrun
	if report, _, err = r.run(t, "--feed", "3"); err != nil || !strings.Contains(report, "somebody else has read it") {
		t.Errorf("%s, %v", report, err)
	}
}

func TestWhyOneFeedIsNotReadIsAFailure(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		feed   string
		change func(*reader)
		want   string
	}{
		"unknown":    {"4", func(*reader) {}, "there is no feed 4"},
		"paused":     {"3", func(r *reader) { r.feed.Paused = true }, "feed 3 (airbnb, cabin 7) is paused"},
		"no address": {"3", func(r *reader) { r.err = channels.ErrNoAddress }, "feed 3 (airbnb, cabin 7): feed_without_address: The feed has no address"},
		"failing":    {"3", func(r *reader) { r.err = channels.ErrBroken.WithDetail("This is a web page.") }, "feed_broken: This is a web page."},
		"store away": {"3", func(r *reader) { r.ours = fault.ErrUnavailable }, "look up feed 3: unavailable"},
		"no disk":    {"3", func(r *reader) { r.err = errors.New("no disk") }, "feed 3 (airbnb, cabin 7): no disk"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReader()
			c.change(r)
			report, _, err := r.run(t, "--feed", c.feed)
			if err == nil || !strings.Contains(err.Error(), c.want) || report != "" || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s, %v", report, err)
			}
		})
	}
}

func TestALineListsOnlySoManyNights(t *testing.T) {
	t.Parallel()
	r := newReader()
	r.change.Closes = nil
	for i := range 60 {
		day := civil.New(2027, 1, 1).AddDays(2 * i)
		r.change.Closes = append(r.change.Closes, civil.Nights{From: day, To: day.AddDays(1)})
	}
	report, _, err := r.run(t, "--feed", "3")
	if err != nil || !strings.Contains(report, ", 10 more; opened") || strings.Count(report, " to ") != 52 {
		t.Errorf("%s, %v", report, err)
	}
}
