package healthz

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/outbox"
)

// Messages is where it is kept what has become of messages over WhatsApp; see postgres.Messages.
type Messages interface {
	Health(ctx context.Context, now time.Time) (outbox.Health, error)
}

// phone tells whether messages go out over WhatsApp, and how many of them Meta has billed.
type phone struct {
	glances[outbox.Health]
}

// check is what health says of that.
func (p *phone) check(ctx context.Context) Finding {
	known, _, err := p.look(ctx)
	if err != nil {
		return Finding{Status: Error, err: err}
	}
	if alerts := phoneAlerts(known); len(alerts) > 0 {
		return Finding{Status: alert, Alerts: alerts}
	}
	return Finding{Status: OK}
}

// phoneAlerts are sentences about what is wrong, the worst first. Anybody may read them: they name nobody.
func phoneAlerts(known outbox.Health) []string {
	var said []string
	switch {
	case known.Halted == "":
	case known.Halted == string(chat.ActionTokenDead):
		said = append(said, fmt.Sprintf("WhatsApp's token is refused; waiting for another: %s", counted(known.Waiting, "message")))
	default:
		said = append(said, fmt.Sprintf("WhatsApp takes nothing from the account; waiting: %s", counted(known.Waiting, "message")))
	}
	if known.Refused > 0 {
		said = append(said, fmt.Sprintf("lost in the last 24 hours because Meta refuses a template: %s", counted(known.Refused, "message")))
	}
	return said
}

var billedDesc = prometheus.NewDesc("whatsapp_billed_messages",
	"Messages over WhatsApp that Meta said it bills, by category, of this month and of the one before, by UTC.", []string{"month", "category"}, nil)

// usual is the category of nearly all that is billed: it is there from the beginning of a month.
const usual = "utility"

// Describe makes the phone a collector of Prometheus, as feeds are.
func (p *phone) Describe(to chan<- *prometheus.Desc) { to <- billedDesc }

// Collect tells nothing while the database cannot be asked.
func (p *phone) Collect(to chan<- prometheus.Metric) {
	known, now, err := p.look(context.Background())
	if err != nil {
		return
	}
	type of struct{ month, category string }
	billed := map[of]int{{now.UTC().Format("2006-01"), usual}: 0}
	for _, b := range known.Billed {
		billed[of{b.Month.UTC().Format("2006-01"), b.Category}] += b.Messages
	}
	for what, n := range billed {
		to <- prometheus.MustNewConstMetric(billedDesc, prometheus.GaugeValue, float64(n), what.month, what.category)
	}
}
