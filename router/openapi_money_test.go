package main

import (
	"crypto/rand"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
)

const (
	stayPayments  = "/api/v1/admin/reservations/{code}/payments"
	stayRefunds   = "/api/v1/admin/reservations/{code}/refunds/{refund}/done"
	cancelPreview = "GET /api/v1/reservations/{code}/cancel-preview"
	transferRoute = "POST /api/v1/reservations/{code}/transfer"
)

// money has an owner take money and give it back, and guests ask about it.
func (c *interview) money(t *testing.T) {
	t.Helper()
	c.transfers(t)
	c.received(t)
	c.previews(t)
	c.lists(t)
	c.again(t)
}

// givenUp writes a message to the owner that nobody could deliver.
func (c *interview) givenUp(t *testing.T) (id int64) {
	t.Helper()
	if err := c.conn.QueryRow(t.Context(), `insert into messages (kind, recipient, dedupe_key, status, attempts, last_error, created_at)
		values ('owner_confirmed', 'owner', $1, 'given_up', 8, 'refused', now()) returning id`, rand.Text()).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

// lists reads what is listed over all reservations: with one and without, flagged and not.
func (c *interview) lists(t *testing.T) {
	t.Helper()
	c.givenUp(t)
	for route, queries := range map[string][]string{
		"GET /api/v1/admin/payments": {"", "flagged=true", "flagged=false&limit=1", "after=1"},
		"GET /api/v1/admin/refunds":  {"", "limit=1", "after=9"},
		"GET /api/v1/admin/messages": {"", "status=given_up", "status=queued&limit=1", "status=sent", "status=failed&after=9"},
	} {
		c.strangers(t, to(route, ""))
		for _, query := range queries {
			c.expect(t, "200", to(route, query).with("Authorization", c.owner(t)))
		}
		c.expect(t, "422 invalid", to(route, "limit=0.5").with("Authorization", c.owner(t)))
	}
}

func (c *interview) again(t *testing.T) {
	t.Helper()
	const route = "POST /api/v1/admin/messages/{message}/again"
	ask := c.asOwner(t, route, strconv.FormatInt(c.givenUp(t), 10))
	c.strangers(t, ask)
	c.expect(t, "404 not_found", c.asOwner(t, route, "777777"))
	c.expect(t, "200", ask)
	c.expect(t, "409 message_not_given_up", ask)
}

// forGuests expects what every route of a reservation answers to those who may not.
func (c *interview) forGuests(t *testing.T, route string, h held) {
	t.Helper()
	c.expect(t, "401 unauthenticated", to(route, "", h.code))
	c.expect(t, "401 unauthenticated", to(route, "", h.code).with("Authorization", "Bearer of good news"))
	c.expect(t, "403 denied", to(route, "", h.code).with("Authorization", stranger(t)))
	c.expect(t, "403 denied", to(route, "", h.code).with("X-Guest-Token", h.token+"x"))
	c.expect(t, "404 not_found", to(route, "", "000000").with("Authorization", c.owner(t)))
}

func (c *interview) transfers(t *testing.T) {
	t.Helper()
	h := c.hold(t)
	c.forGuests(t, transferRoute, h)
	ask := to(transferRoute, "", h.code).with("X-Guest-Token", h.token)
	mustExec(t, c.conn, `update accommodations set transfer_alias = '', transfer_cbu = '' where id = 1`)
	c.expect(t, "409 transfer_not_offered", ask)
	mustExec(t, c.conn, `update accommodations set transfer_alias = 'bosque.mp', transfer_cbu = '0000003100010000000001',
		transfer_holder = 'Marta Ruiz', transfer_bank = 'Nación' where id = 1`)
	mustExec(t, c.conn, `update reservations set approval = 'waiting' where code = $1`, h.code)
	c.expect(t, "409 awaiting_approval", ask)
	mustExec(t, c.conn, `update reservations set approval = 'approved' where code = $1`, h.code)
	c.badBodies(t, ask, 20<<10)
	if w := c.expect(t, "200", ask.saying(`{"amount":"total"}`)); !strings.Contains(w.Body.String(), "bosque.mp") {
		t.Errorf("a guest is told to transfer by %s", w.Body)
	}
	mustExec(t, c.conn, `update reservations set paid_amount = total_price where code = $1`, h.code)
	c.expect(t, "409 nothing_owed", ask)
	mustExec(t, c.conn, `update reservations set status = 'cancelled' where code = $1`, h.code)
	c.expect(t, "409 invalid_state", ask)
}

func (c *interview) received(t *testing.T) {
	t.Helper()
	h := c.hold(t)
	add, list := c.asOwner(t, "POST "+stayPayments, h.code), c.asOwner(t, "GET "+stayPayments, h.code)
	const body = `{"provider":"transfer","amount":"1.00","note":"por alias"}`
	c.strangers(t, add.saying(body))
	c.strangers(t, list)
	c.badBodies(t, add, 20<<10)
	c.expect(t, "404 not_found", c.asOwner(t, "POST "+stayPayments, "000000").saying(body))
	c.expect(t, "404 not_found", c.asOwner(t, "GET "+stayPayments, "000000"))
	c.expect(t, "422 invalid", add.saying(`{"provider":"transfer","amount":"0"}`))
	c.expect(t, "201", add.saying(body).with("Idempotency-Key", "k"))
	c.expect(t, "201", add.saying(body).with("Idempotency-Key", "k"))
	c.expect(t, "409 payment_key_used", add.saying(strings.Replace(body, "1.00", "2.00", 1)).with("Idempotency-Key", "k"))
	c.expect(t, "200", list)

	var got struct{ Refunds []struct{ ID int64 } }
	w := c.expect(t, "201", add.saying(`{"provider":"cash","amount":"999999"}`))
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || len(got.Refunds) != 1 {
		t.Fatalf("too much is answered with %s", w.Body)
	}
	id := strconv.FormatInt(got.Refunds[0].ID, 10)
	done := c.asOwner(t, "POST "+stayRefunds, h.code, id)
	c.strangers(t, done)
	c.expect(t, "404 not_found", c.asOwner(t, "POST "+stayRefunds, h.code, "777777"))
	mustExec(t, c.conn, `update refunds set by_hand = false, next_attempt_at = now() + interval '1 hour' where id = $1`, got.Refunds[0].ID)
	c.expect(t, "409 refund_not_by_hand", done)
	mustExec(t, c.conn, `update refunds set by_hand = true, state = 'withdrawn', next_attempt_at = null where id = $1`, got.Refunds[0].ID)
	c.expect(t, "409 refund_over", done)
	mustExec(t, c.conn, `update refunds set state = 'queued' where id = $1`, got.Refunds[0].ID)
	c.expect(t, "200", done)
	c.expect(t, "200", done)
	c.expect(t, "200", list)
}

func (c *interview) previews(t *testing.T) {
	t.Helper()
	h := c.hold(t)
	c.forGuests(t, cancelPreview, h)
	asGuest, asOwner := to(cancelPreview, "", h.code).with("X-Guest-Token", h.token), c.asOwner(t, cancelPreview, h.code)
	c.expect(t, "200", asGuest)
	c.expect(t, "201", c.asOwner(t, "POST "+stayPayments, h.code).saying(`{"provider":"transfer","amount":"1000000"}`))
	c.expect(t, "200", asGuest)
	c.expect(t, "200", asOwner)
	cancel := c.asOwner(t, "POST /api/v1/reservations/{code}/cancel", h.code)
	c.expect(t, "422 invalid", cancel.saying(`{"refund_amount":"2000000"}`))
	c.expect(t, "200", cancel.saying(`{"refund_amount":"10"}`))
	c.expect(t, "409 invalid_state", asGuest)
	c.expect(t, "200", c.asOwner(t, "GET "+stayPayments, h.code))
}
