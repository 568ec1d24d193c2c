package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestAGuestsPageActs goes through what a guest can do on his page, over the real store.
func TestAGuestsPageActs(t *testing.T) {
	t.Parallel()
	c := newInterview(t)
	mustExec(t, c.conn, `update accommodations set transfer_alias = 'bosque.demo', transfer_holder = 'Marta Ruiz'`)
	h := c.hold(t)
	self := "/r/" + h.code + "?t=" + h.token
	says := func(path string, wanted ...string) {
		t.Helper()
		w := c.answer(t, ask{route: "GET", path: path})
		for _, want := range wanted {
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s answers %d, and does not say %q", path, w.Code, want)
			}
		}
	}
	send := func(below string, form url.Values) *httptest.ResponseRecorder {
		form.Set("t", h.token)
		return c.answer(t, ask{route: "POST", path: "/r/" + h.code + below, body: form.Encode()}.with("Content-Type", "application/x-www-form-urlencoded"))
	}
	says(self, "Reservada hasta", "bosque.demo", "Pagar la seña", "Voy a transferir")
	if w := c.answer(t, ask{route: "GET", path: "/r/" + h.code + "/estadia.ics?t=" + h.token}); w.Code != http.StatusNotFound {
		t.Errorf("the calendar of a hold answers %d", w.Code)
	}

	w := c.answer(t, ask{route: "GET", path: self + "&payment_id=123&status=approved"})
	if !regexp.MustCompile(`^/r/`+h.code+`\?t=[\w-]+&pago=\d+-123$`).MatchString(w.Header().Get("Location")) || c.number(t, `select count(*) from river_job where kind = 'payment_look'`) != 1 {
		t.Errorf("the return from the checkout answers %d to %s", w.Code, w.Header().Get("Location"))
	}

	if w := send("/transferencia", url.Values{}); w.Code != http.StatusSeeOther {
		t.Errorf("%d", w.Code)
	}
	says(self, "Esperando tu transferencia")
	if left := c.number(t, `select extract(epoch from expires_at - $2)::integer from reservations where code = $1`, h.code, time.Now()); left < 23*3600 {
		t.Errorf("the nights are kept for %d s", left)
	}

	says("/r/"+h.code+"/cancelar?t="+h.token, "Todavía no pagaste nada")
	if w := send("/cancelar", url.Values{"motivo": {"Llueve"}}); w.Header().Get("Location") != self {
		t.Errorf("%d to %q", w.Code, w.Header().Get("Location"))
	}
	says(self, "Reserva cancelada", "Reservar de nuevo")
	if c.number(t, `select count(*) from reservations where code = $1 and status = 'cancelled' and cancel_reason = 'Llueve'`, h.code) != 1 {
		t.Error("it is not cancelled for that reason")
	}
}

func (c *interview) number(t *testing.T, query string, args ...any) int {
	t.Helper()
	var n int
	if err := c.conn.QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
