package healthz_test

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/functions/healthz"
	"github.com/eevans-d/sist-cabanas/shared/calendar"
)

// ago is an instant before noon.
func ago(d time.Duration) time.Time { return noon.Add(-d) }

// read is a feed of a cabin that was read so long ago.
func read(id, cabin int64, d time.Duration) calendar.FeedHealth {
	return calendar.FeedHealth{FeedID: id, AccommodationID: cabin, Source: "airbnb", CreatedAt: ago(1000 * time.Hour), LastSuccess: ago(d)}
}

func told(known calendar.Health) tells {
	return func() (calendar.Health, error) { return known, nil }
}

func TestHealthTellsHowTheCalendarsAre(t *testing.T) {
	t.Parallel()
	quarantined := read(3, 1, 2*time.Minute)
	quarantined.QuarantinedAt, quarantined.QuarantineReason = ago(time.Hour), "it came back empty"
	unread := calendar.FeedHealth{FeedID: 4, AccommodationID: 2, Source: "booking", CreatedAt: ago(40 * time.Minute)}
	fresh := unread
	fresh.CreatedAt = ago(4 * time.Minute)

	for name, c := range map[string]struct {
		known   calendar.Health
		status  string
		minutes float64 // -1: none
		overall string
		alerts  []string
	}{
		"no feeds are nothing to worry about":  {calendar.Health{}, "off", -1, "healthy", nil},
		"the oldest feed is what counts":       {calendar.Health{Feeds: []calendar.FeedHealth{read(1, 1, 3*time.Minute), read(2, 2, 12*time.Minute+30*time.Second)}}, "ok", 12.5, "healthy", nil},
		"half an hour is just in time":         {calendar.Health{Feeds: []calendar.FeedHealth{read(1, 1, 30*time.Minute)}}, "ok", 30, "healthy", nil},
		"a new feed counts from when it came":  {calendar.Health{Feeds: []calendar.FeedHealth{fresh}}, "ok", 4, "healthy", nil},
		"a clock that was set back is no harm": {calendar.Health{Feeds: []calendar.FeedHealth{read(1, 1, -time.Minute)}}, "ok", 0, "healthy", nil},
		"one feed that is not read is one too many": {
			calendar.Health{Feeds: []calendar.FeedHealth{read(1, 1, time.Minute), read(2, 7, 45*time.Minute)}},
			"stale", 45, "degraded",
			[]string{"airbnb feed 2 of cabin 7 was last read at 2026-12-01 11:15 UTC"},
		},
		"a feed that never was read": {
			calendar.Health{Feeds: []calendar.FeedHealth{unread}},
			"stale", 40, "degraded",
			[]string{"booking feed 4 of cabin 2 has never been read, and is there since 2026-12-01 11:20 UTC"},
		},
		"a quarantine": {
			calendar.Health{Feeds: []calendar.FeedHealth{quarantined}},
			"alert", 2, "degraded",
			[]string{"airbnb feed 3 of cabin 1 is in quarantine since 2026-12-01 11:00 UTC: it came back empty"},
		},
		"two guests for the same nights": {
			calendar.Health{OpenConflicts: map[calendar.Severity]int{calendar.DoubleBooking: 1, calendar.Overlap: 3}},
			"alert", -1, "degraded",
			[]string{"1 double booking that the owner has to decide"},
		},
		"an overlap without guests alarms nobody": {
			calendar.Health{OpenConflicts: map[calendar.Severity]int{calendar.Overlap: 3}}, "off", -1, "healthy", nil,
		},
		"stays that were taken in the dark": {
			calendar.Health{Feeds: []calendar.FeedHealth{read(1, 1, time.Minute)}, StaleAccepted: 2},
			"alert", 1, "degraded",
			[]string{"2 reservations of the last 24 hours taken while a calendar could not be read"},
		},
		"a guest who waits for the owner": {
			calendar.Health{Waiting: 1}, "alert", -1, "degraded", []string{"1 reservation waits for the owner's approval"},
		},
		"everything at once, the worst first": {
			calendar.Health{Feeds: []calendar.FeedHealth{unread, quarantined}, OpenConflicts: map[calendar.Severity]int{calendar.DoubleBooking: 2}, Waiting: 3},
			"stale", 40, "degraded",
			[]string{
				"2 double bookings that the owner has to decide",
				"3 reservations wait for the owner's approval",
				"airbnb feed 3 of cabin 1 is in quarantine since 2026-12-01 11:00 UTC: it came back empty",
				"booking feed 4 of cabin 2 has never been read, and is there since 2026-12-01 11:20 UTC",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := setupWith(t, healthz.Config{}, told(c.known)).get("/healthz").report(t, http.StatusOK)
			ical := got.Checks["ical_sync"]
			minutes := -1.0
			if ical.LastMinutes != nil {
				minutes = *ical.LastMinutes
			}
			if got.Status != c.overall || ical.Status != c.status || minutes != c.minutes || !slices.Equal(ical.Alerts, c.alerts) {
				t.Errorf("%s, %s, %v minutes, %q", got.Status, ical.Status, minutes, ical.Alerts)
			}
		})
	}

	t.Run("no more than ten alerts are told", func(t *testing.T) {
		t.Parallel()
		var known calendar.Health
		for i := range int64(25) {
			known.Feeds = append(known.Feeds, read(i, i, time.Hour))
		}
		ical := setupWith(t, healthz.Config{}, told(known)).get("/healthz").report(t, http.StatusOK).Checks["ical_sync"]
		if len(ical.Alerts) != 10 || ical.Alerts[9] != "and 16 more" {
			t.Errorf("%q", ical.Alerts)
		}
	})

	t.Run("calendars that cannot be asked about are an error, of which the world is not told why", func(t *testing.T) {
		t.Parallel()
		a := setupWith(t, healthz.Config{}, tells(func() (calendar.Health, error) { return calendar.Health{}, errors.New("hunter2") })).get("/healthz")
		if got := a.report(t, http.StatusOK); got.Status != "degraded" || got.Checks["ical_sync"].Status != "error" || strings.Contains(string(a.body), "hunter2") {
			t.Errorf("%s", a.body)
		}
	})
}

func TestMetricsTellHowTheCalendarsAre(t *testing.T) {
	t.Parallel()

	t.Run("by cabin, by source and by severity", func(t *testing.T) {
		t.Parallel()
		b := setupWith(t, healthz.Config{}, told(calendar.Health{
			Feeds:         []calendar.FeedHealth{read(1, 1, 3*time.Minute), read(2, 1, 90*time.Second), read(3, 8, 45*time.Minute)},
			Events:        []calendar.Events{{Source: "airbnb", Added: 7, Moved: 2, Freed: 1}},
			OpenConflicts: map[calendar.Severity]int{calendar.DoubleBooking: 2},
		}))
		body := string(b.get("/metrics").body)
		for _, line := range []string{
			`ical_sync_age_minutes{accommodation_id="1"} 3`, `ical_sync_age_minutes{accommodation_id="8"} 45`,
			`ical_events_total{change="added",source="airbnb"} 7`, `ical_events_total{change="moved",source="airbnb"} 2`,
			`ical_events_total{change="freed",source="airbnb"} 1`,
			`calendar_conflicts{severity="double_booking"} 2`, `calendar_conflicts{severity="overlap"} 0`,
		} {
			if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(line) + `$`).MatchString(body) {
				t.Errorf("there is no %s", line)
			}
		}
		if strings.Contains(body, `"none"`) {
			t.Error("there are feeds, and no feeds")
		}
	})

	t.Run("however often they are asked for, the database is asked once a second", func(t *testing.T) {
		t.Parallel()
		var asked atomic.Int32
		b := setupWith(t, healthz.Config{}, tells(func() (calendar.Health, error) {
			return calendar.Health{OpenConflicts: map[calendar.Severity]int{calendar.Overlap: int(asked.Add(1))}}, nil
		}))
		scrape := func(want int32) {
			t.Helper()
			b.get("/healthz")
			body := string(b.get("/metrics").body)
			if line := fmt.Sprintf(`calendar_conflicts{severity="overlap"} %d`, want); asked.Load() != want || !strings.Contains(body, line) {
				t.Errorf("asked %d times, want %d", asked.Load(), want)
			}
		}
		scrape(1)
		b.clock.move(time.Second - 1)
		scrape(1)
		b.clock.move(1)
		scrape(2)
	})

	t.Run("without a database the other metrics are there", func(t *testing.T) {
		t.Parallel()
		b := setupWith(t, healthz.Config{}, tells(func() (calendar.Health, error) { return calendar.Health{}, errors.New("hunter2") }))
		a := b.get("/metrics")
		if body := string(a.body); a.status != http.StatusOK || !strings.Contains(body, "app_up 1") || strings.Contains(body, "ical_sync_age") || strings.Contains(body, "hunter2") {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}
