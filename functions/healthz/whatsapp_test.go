package healthz_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/functions/healthz"
	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/outbox"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// setupSending has messages that are so.
func setupSending(t *testing.T, messages sends) *bundle {
	t.Helper()
	return setupAll(t, healthz.Config{}, told(calendar.Health{}), owes(func() (payment.Health, error) { return payment.Health{}, nil }), messages)
}

func TestHealthTellsThatWhatsAppTakesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		known  outbox.Health
		alerts []string
	}{
		"nothing":                             {outbox.Health{}, nil},
		"what waits to be sent is no trouble": {outbox.Health{Waiting: 12, Billed: []outbox.Billed{{Month: noon, Category: "utility", Messages: 3}}}, nil},
		"the token is dead":                   {outbox.Health{Halted: "token_dead", Waiting: 1}, []string{"WhatsApp's token is refused; waiting for another: 1 message"}},
		"the account is locked":               {outbox.Health{Halted: "alarm", Waiting: 7}, []string{"WhatsApp takes nothing from the account; waiting: 7 messages"}},
		"a template is refused": {
			outbox.Health{Halted: "token_dead", Waiting: 2, Refused: 1},
			[]string{
				"WhatsApp's token is refused; waiting for another: 2 messages",
				"lost in the last 24 hours because Meta refuses a template: 1 message",
			},
		},
	} {
		got := setupSending(t, func() (outbox.Health, error) { return c.known, nil }).get("/healthz").report(t, http.StatusOK)
		status, overall := "ok", "healthy"
		if c.alerts != nil {
			status, overall = "alert", "degraded"
		}
		if whatsapp := got.Checks["whatsapp"]; whatsapp.Status != status || got.Status != overall || !slices.Equal(whatsapp.Alerts, c.alerts) {
			t.Errorf("%s: %s, %+v", name, got.Status, whatsapp)
		}
	}
}

func TestMetricsTellWhatMetaBills(t *testing.T) {
	t.Parallel()
	b := setupSending(t, func() (outbox.Health, error) { return outbox.Health{}, nil })
	if body := string(b.get("/metrics").body); !strings.Contains(body, `whatsapp_billed_messages{category="utility",month="2026-12"} 0`+"\n") {
		t.Errorf("a month begins without a figure: %s", body)
	}
	november := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	b = setupSending(t, func() (outbox.Health, error) {
		return outbox.Health{Billed: []outbox.Billed{
			{Month: november, Category: "utility", Messages: 41},
			{Month: november.AddDate(0, 1, 0), Category: "utility", Messages: 5},
			{Month: november.AddDate(0, 1, 0), Category: "marketing", Messages: 2},
		}}, nil
	})
	body := string(b.get("/metrics").body)
	for _, line := range []string{`category="utility",month="2026-11"} 41`, `category="utility",month="2026-12"} 5`, `category="marketing",month="2026-12"} 2`} {
		if !strings.Contains(body, "whatsapp_billed_messages{"+line+"\n") {
			t.Errorf("no %s in %s", line, body)
		}
	}
}

func TestMessagesThatCannotBeAskedAboutAreAnErrorAndNoFigure(t *testing.T) {
	t.Parallel()
	b := setupSending(t, func() (outbox.Health, error) { return outbox.Health{}, errors.New("hunter2") })
	a := b.get("/healthz")
	if got := a.report(t, http.StatusOK); got.Status != "degraded" || got.Checks["whatsapp"].Status != "error" || strings.Contains(string(a.body), "hunter2") {
		t.Errorf("%s", a.body)
	}
	if body := string(b.get("/metrics").body); !strings.Contains(body, "app_up 1") || strings.Contains(body, "whatsapp_billed") {
		t.Errorf("%s", body)
	}
}
