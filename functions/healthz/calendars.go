package healthz

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
)

// Calendars is where it is kept how the feeds of other channels are; see postgres.Calendars.
type Calendars interface {
	Health(ctx context.Context, now time.Time) (calendar.Health, error)
}

// feeds tells how the feeds are, whoever asks: health, and everybody who reads the metrics.
type feeds struct {
	glances[calendar.Health]
}

// check is what health says of the feeds.
func (f *feeds) check(ctx context.Context) Finding {
	known, now, err := f.look(ctx)
	if err != nil {
		return Finding{Status: Error, err: err}
	}
	return judge(known, now)
}

var (
	ageDesc = prometheus.NewDesc("ical_sync_age_minutes",
		"Minutes since a cabin's oldest calendar feed was read; accommodation_id none while there are no feeds.",
		[]string{"accommodation_id"}, nil)
	eventsDesc = prometheus.NewDesc("ical_events_total",
		"Events that the feeds of a source have added, moved and freed, as the database counts them.",
		[]string{"source", "change"}, nil)
	conflictsDesc = prometheus.NewDesc("calendar_conflicts", "Reservations in conflict with a calendar, and pairs of events of two calendars, that are not resolved.", []string{"severity"}, nil)
)

// Describe makes the feeds a collector of Prometheus: what they tell is in the database, and the same for all machines.
func (f *feeds) Describe(to chan<- *prometheus.Desc) {
	to <- ageDesc
	to <- eventsDesc
	to <- conflictsDesc
}

// Collect tells nothing while the database cannot be asked: no figure is better than an old one that looks new.
func (f *feeds) Collect(to chan<- prometheus.Metric) {
	known, now, err := f.look(context.Background())
	if err != nil {
		return
	}
	tell := func(desc *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(desc, kind, value, labels...)
	}
	for cabin, minutes := range oldest(known.Feeds, now) {
		tell(ageDesc, prometheus.GaugeValue, minutes, cabin)
	}
	for _, events := range known.Events {
		tell(eventsDesc, prometheus.CounterValue, float64(events.Added), events.Source, "added")
		tell(eventsDesc, prometheus.CounterValue, float64(events.Moved), events.Source, "moved")
		tell(eventsDesc, prometheus.CounterValue, float64(events.Freed), events.Source, "freed")
	}
	for _, severity := range []calendar.Severity{calendar.DoubleBooking, calendar.Overlap} {
		tell(conflictsDesc, prometheus.GaugeValue, float64(known.OpenConflicts[severity]), string(severity))
	}
}
