package healthz

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// Money is where it is kept what goes back to guests and what they are told; see postgres.Payments.
type Money interface {
	Health(ctx context.Context, now time.Time) (payment.Health, error)
}

// till tells whether money that is to go back does, and whether people are told what they should be.
type till struct {
	glances[payment.Health]
}

// check is what health says of that.
func (t *till) check(ctx context.Context) Finding {
	known, _, err := t.look(ctx)
	if err != nil {
		return Finding{Status: Error, err: err}
	}
	if alerts := moneyAlerts(known); len(alerts) > 0 {
		return Finding{Status: alert, Alerts: alerts}
	}
	return Finding{Status: OK}
}

// moneyAlerts are sentences about what is wrong, the worst first. Anybody may read them: they name nobody.
func moneyAlerts(known payment.Health) []string {
	var said []string
	say := func(n int, what, one, many string) {
		if n == 1 {
			said = append(said, "1 "+what+" "+one)
		} else if n > 1 {
			said = append(said, counted(n, what)+" "+many)
		}
	}
	say(known.RefundsFailing, "refund", "was refused and is tried again", "were refused and are tried again")
	say(known.RefundsLate, "refund", "has not gone back for more than an hour", "have not gone back for more than an hour")
	say(known.RefundsByHand, "refund", "waits for the owner to make it", "wait for the owner to make them")
	say(known.MessagesGivenUp, "message", "of the last 24 hours was given up", "of the last 24 hours were given up")
	say(known.MessagesLate, "message", "has not been sent for more than an hour", "have not been sent for more than an hour")
	return said
}

var (
	unsentDesc = prometheus.NewDesc("messages_unsent",
		"Messages that were not sent, by status; of those that were given up only the last 24 hours'.", []string{"status"}, nil)
	undoneDesc = prometheus.NewDesc("refunds_undone", "Refunds that have not gone back yet, those by hand too.", nil, nil)
)

// Describe makes the till a collector of Prometheus, as feeds are.
func (t *till) Describe(to chan<- *prometheus.Desc) {
	to <- unsentDesc
	to <- undoneDesc
}

// Collect tells nothing while the database cannot be asked.
func (t *till) Collect(to chan<- prometheus.Metric) {
	known, _, err := t.look(context.Background())
	if err != nil {
		return
	}
	tell := func(desc *prometheus.Desc, n int, labels ...string) {
		to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(n), labels...)
	}
	tell(unsentDesc, known.MessagesQueued, "queued")
	tell(unsentDesc, known.MessagesFailed, "failed")
	tell(unsentDesc, known.MessagesGivenUp, "given_up")
	tell(undoneDesc, known.RefundsUndone)
}
