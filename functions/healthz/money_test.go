package healthz_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/functions/healthz"
	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// setupOwing has a till that tells so.
func setupOwing(t *testing.T, money owes) *bundle {
	t.Helper()
	return setupMoney(t, healthz.Config{}, told(calendar.Health{}), money)
}

func TestHealthTellsWhatIsWrongWithTheMoney(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		known  payment.Health
		alerts []string
	}{
		"nothing":                          {payment.Health{}, nil},
		"what is on its way alarms nobody": {payment.Health{RefundsUndone: 3, MessagesQueued: 4, MessagesFailed: 1}, nil},
		"one of each": {
			payment.Health{RefundsUndone: 3, RefundsFailing: 1, RefundsLate: 1, RefundsByHand: 1, MessagesGivenUp: 1, MessagesLate: 1},
			[]string{
				"1 refund was refused and is tried again", "1 refund has not gone back for more than an hour", "1 refund waits for the owner to make it",
				"1 message of the last 24 hours was given up", "1 message has not been sent for more than an hour",
			},
		},
		"more of each": {
			payment.Health{RefundsUndone: 9, RefundsFailing: 2, RefundsLate: 3, RefundsByHand: 4, MessagesGivenUp: 5, MessagesLate: 6},
			[]string{
				"2 refunds were refused and are tried again", "3 refunds have not gone back for more than an hour", "4 refunds wait for the owner to make them",
				"5 messages of the last 24 hours were given up", "6 messages have not been sent for more than an hour",
			},
		},
	} {
		got := setupOwing(t, func() (payment.Health, error) { return c.known, nil }).get("/healthz").report(t, http.StatusOK)
		status, overall := "ok", "healthy"
		if c.alerts != nil {
			status, overall = "alert", "degraded"
		}
		if money := got.Checks["money"]; money.Status != status || got.Status != overall || !slices.Equal(money.Alerts, c.alerts) {
			t.Errorf("%s: %s, %+v", name, got.Status, money)
		}
	}
}

func TestMetricsTellWhatIsUndone(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	b := setupOwing(t, func() (payment.Health, error) {
		return payment.Health{RefundsUndone: int(asked.Add(1)), MessagesQueued: 2, MessagesFailed: 3, MessagesGivenUp: 4}, nil
	})
	look := func(want int32, line string) {
		t.Helper()
		b.get("/healthz")
		if body := string(b.get("/metrics").body); asked.Load() != want || !strings.Contains(body, line+"\n") {
			t.Errorf("asked %d times; no %s", asked.Load(), line)
		}
	}
	for _, line := range []string{`messages_unsent{status="queued"} 2`, `messages_unsent{status="failed"} 3`, `messages_unsent{status="given_up"} 4`} {
		look(1, line)
	}
	b.clock.move(time.Second - 1)
	look(1, `refunds_undone 1`)
	b.clock.move(1)
	look(2, `refunds_undone 2`)
}

func TestMoneyThatCannotBeAskedAboutIsAnErrorAndNoFigure(t *testing.T) {
	t.Parallel()
	b := setupOwing(t, func() (payment.Health, error) { return payment.Health{}, errors.New("hunter2") })
	a := b.get("/healthz")
	if got := a.report(t, http.StatusOK); got.Status != "degraded" || got.Checks["money"].Status != "error" || strings.Contains(string(a.body), "hunter2") {
		t.Errorf("%s", a.body)
	}
	if body := string(b.get("/metrics").body); !strings.Contains(body, "app_up 1") || strings.Contains(body, "refunds_undone") || strings.Contains(body, "messages_unsent") {
		t.Errorf("%s", body)
	}
}
