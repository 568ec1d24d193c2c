package healthz

import (
	"fmt"
	"strconv"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
)

const (
	// staleAfter is how old what we know of a calendar may be: it is read every five minutes, and six misses are no accident.
	staleAfter = 30 * time.Minute
	// maxAlerts is how much of what is wrong is told: whoever has ten things to do looks for the rest himself.
	maxAlerts = 10
)

// judge says how the feeds are. Their age is that of the oldest: one calendar that nobody reads is one cabin that is sold twice.
func judge(known calendar.Health, now time.Time) Finding {
	finding := Finding{Status: Off, Alerts: alerts(known, now)}
	old := false
	if len(known.Feeds) > 0 {
		minutes := 0.0
		for _, feed := range known.Feeds {
			minutes = max(minutes, age(feed, now).Minutes())
			old = old || age(feed, now) > staleAfter
		}
		finding.Status, finding.LastMinutes = OK, &minutes
	}
	switch {
	case old:
		finding.Status = stale
	case len(finding.Alerts) > 0:
		finding.Status = alert
	}
	return finding
}

// age is how long ago a feed was read; one that never was counts from when it was given to us.
func age(feed calendar.FeedHealth, now time.Time) time.Duration {
	read := feed.LastSuccess
	if read.IsZero() {
		read = feed.CreatedAt
	}
	return max(now.Sub(read), 0)
}

// oldest is the age in minutes of the oldest feed of each cabin, by its id; "none" is 0 where there are no feeds.
func oldest(feeds []calendar.FeedHealth, now time.Time) map[string]float64 {
	if len(feeds) == 0 {
		return map[string]float64{"none": 0}
	}
	minutes := make(map[string]float64)
	for _, feed := range feeds {
		cabin := strconv.FormatInt(feed.AccommodationID, 10)
		minutes[cabin] = max(minutes[cabin], age(feed, now).Minutes())
	}
	return minutes
}

// alerts are sentences about what is wrong, the worst first. Anybody may read them: they name no address and no guest.
func alerts(known calendar.Health, now time.Time) []string {
	var said []string
	say := func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
	if n := known.OpenConflicts[calendar.DoubleBooking]; n > 0 {
		say("%s that the owner has to decide", counted(n, "double booking"))
	}
	switch n := known.Waiting; {
	case n == 1:
		say("1 reservation waits for the owner's approval")
	case n > 1:
		say("%d reservations wait for the owner's approval", n)
	}
	for _, feed := range known.Feeds {
		if !feed.QuarantinedAt.IsZero() {
			say("%s is in quarantine since %s: %s", called(feed), instant(feed.QuarantinedAt), feed.QuarantineReason)
		}
	}
	for _, feed := range known.Feeds {
		switch {
		case age(feed, now) <= staleAfter:
		case feed.LastSuccess.IsZero():
			say("%s has never been read, and is there since %s", called(feed), instant(feed.CreatedAt))
		default:
			say("%s was last read at %s", called(feed), instant(feed.LastSuccess))
		}
	}
	if n := known.StaleAccepted; n > 0 {
		say("%s of the last 24 hours taken while a calendar could not be read", counted(n, "reservation"))
	}
	if len(said) > maxAlerts {
		said = append(said[:maxAlerts-1], fmt.Sprintf("and %d more", len(said)-maxAlerts+1))
	}
	return said
}

func called(feed calendar.FeedHealth) string {
	return fmt.Sprintf("%s feed %d of cabin %d", feed.Source, feed.FeedID, feed.AccommodationID)
}

func instant(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
