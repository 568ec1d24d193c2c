package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/mercadopago/mptest"
)

// takingPayments is a provider, and what a site needs to take payments through it.
func takingPayments(t *testing.T) (*mptest.Server, map[string]string) {
	t.Helper()
	provider, err := mptest.New(mptest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(provider.Close)
	return provider, map[string]string{
		"MERCADOPAGO_ACCESS_TOKEN": mptest.Token, "MERCADOPAGO_BASE_URL": provider.URL, "MERCADOPAGO_WEBHOOK_SECRET": mptest.Secret,
	}
}

// payments takes a guest to the checkout, and has the provider tell of what he does there.
func (c *interview) payments(t *testing.T) {
	t.Helper()
	const route = "GET /pay/{code}"
	h := c.hold(t)
	byProgram := to(route, "", h.code).with("Accept", "application/json")
	asGuest := byProgram.with("X-Guest-Token", h.token)
	c.expect(t, "401 unauthenticated", byProgram)
	c.expect(t, "403 denied", byProgram.with("X-Guest-Token", h.token+"x"))
	c.expect(t, "404 not_found", to(route, "", "000000").with("Accept", "application/json").with("Authorization", c.owner(t)))
	c.expect(t, "422 invalid", to(route, "amount=all", h.code).with("Accept", "application/json").with("X-Guest-Token", h.token))
	c.expectOf(t, newSite(t, c.dsn, nil, nil), "503 payments_off", asGuest)
	c.provider.Fail(mptest.Fault{Action: mptest.CreateCheckout, Status: http.StatusInternalServerError})
	c.expect(t, "503 payments_unavailable", asGuest)
	c.provider.Heal()
	if w := c.expect(t, "303", asGuest); !strings.HasPrefix(w.Header().Get("Location"), c.provider.URL) {
		t.Errorf("the guest is taken to %q", w.Header().Get("Location"))
	}
	mustExec(t, c.conn, `update reservations set approval = 'waiting' where code = $1`, h.code)
	c.expect(t, "409 awaiting_approval", asGuest)
	mustExec(t, c.conn, `update reservations set status = 'confirmed', paid_amount = total_price where code = $1`, h.code)
	mustExec(t, c.conn, `update reservations set approval = 'approved' where code = $1`, h.code)
	c.expect(t, "409 nothing_owed", asGuest)
	mustExec(t, c.conn, `update reservations set status = 'cancelled' where code = $1`, h.code)
	c.expect(t, "409 invalid_state", asGuest)
	for _, route := range []string{"POST /api/v1/webhooks/mercadopago", "POST /api/v1/mercadopago/webhook"} {
		c.notifications(t, route)
	}
}

func (c *interview) notifications(t *testing.T, route string) {
	t.Helper()
	now := time.Now()
	signed := func(a ask, at time.Time, id string) ask {
		return a.with("X-Request-Id", "r-1").with("X-Signature", mptest.Sign(mptest.Secret, "r-1", id, at.UnixMilli()))
	}
	a := to(route, "data.id=143845427326&type=payment").saying(`{"action":"payment.updated","data":{"id":"143845427326"},"id":1}`)
	c.expect(t, "200", signed(a, now, "143845427326"))
	c.expect(t, "200", signed(a, now, "143845427326"))
	c.expect(t, "401 signature_missing", a)
	c.expect(t, "401 signature_malformed", a.with("X-Signature", "yours truly"))
	c.expect(t, "401 signature_mismatch", signed(a, now, "143845427327"))
	c.expect(t, "401 signature_stale", signed(a, now.AddDate(-1, 0, 0), "143845427326"))
	c.expect(t, "413 too_large", signed(a.saying(strings.Repeat(" ", 2<<20)), now, "143845427326"))
}
