package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago/mptest"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
)

// notYet are answers that the document describes and that cannot be had, each with the reason.
func notYet() map[string]string {
	return map[string]string{}
}

// TestEveryAnswerOfTheDocumentIsGivenAsDescribed calls every operation until each of its answers has come, and measures each
// against the document: status, content type, schema, and that no field is there that the schema does not know.
func TestEveryAnswerOfTheDocumentIsGivenAsDescribed(t *testing.T) {
	t.Parallel()
	c := newInterview(t)
	// One after the other: what is taken, held or cancelled in one is not touched by the others.
	c.cabins(t)
	for _, route := range []string{"POST /api/v1/reservations", "POST /api/v1/reservations/pre-reserve"} {
		c.holds(t, route)
	}
	c.readings(t)
	c.changes(t)
	c.payments(t)
	c.money(t)
	c.whatsapp(t)
	c.conversations(t)
	c.calendars(t)
	c.health(t)
	c.pages(t)
	c.troubles(t)

	exceptions := notYet()
	for _, name := range c.document.expected() {
		_, excused := exceptions[name]
		switch seen := c.document.seen[name]; {
		case seen && excused:
			t.Errorf("%s comes now: it is no exception any more", name)
		case !seen && !excused:
			t.Errorf("%s is described and never came", name)
		}
		delete(exceptions, name)
	}
	for name := range exceptions {
		t.Errorf("%s is an exception and not described", name)
	}
}

// interview is a site and what its document says of it.
type interview struct {
	*service
	document *specification
	provider *mptest.Server // who takes payments
	dsn      string
	conn     *pgx.Conn
	week     int // the last one in which nights were held
}

func newInterview(t *testing.T) *interview {
	t.Helper()
	dsn := pgtest.NewDSN(t)
	conn := connect(t, dsn)
	furnish(t, conn)
	provider, variables := takingPayments(t)
	variables["ICAL_ALLOW_PRIVATE_HOSTS"] = "true" // the channels are on this machine
	variables["WHATSAPP_APP_SECRET"], variables["WHATSAPP_VERIFY_TOKEN"] = appSecret, verifyToken
	s := newSite(t, dsn, variables, nil)
	return &interview{service: s, document: readSpecification(t, s), provider: provider, dsn: dsn, conn: conn}
}

// expect asks, measures the answer, and insists on one: its status, and its code if it is a refusal.
func (c *interview) expect(t *testing.T, want string, a ask) *httptest.ResponseRecorder {
	t.Helper()
	return c.expectOf(t, c.service, want, a)
}

func (c *interview) expectOf(t *testing.T, s *service, want string, a ask) *httptest.ResponseRecorder {
	t.Helper()
	w := s.answer(t, a)
	if got := c.document.check(t, a.route, w); got != want {
		t.Errorf("%s %s %s: got %s, want %s: %s", a.route, a.path, a.body, got, want, w.Body)
	}
	return w
}

// cached expects an answer, and that who has it already is told so.
func (c *interview) cached(t *testing.T, a ask) {
	t.Helper()
	first := c.expect(t, "200", a)
	c.expect(t, "304", a.with("If-None-Match", first.Header().Get("ETag")))
}

// stay is a query for a stay that begins so many days from now.
func stay(from, nights, guests int) string {
	return url.Values{"check_in": {daysAhead(from)}, "check_out": {daysAhead(from + nights)}, "guests": {fmt.Sprint(guests)}}.Encode()
}

func (c *interview) cabins(t *testing.T) {
	t.Helper()
	const (
		list, one    = "GET /api/v1/accommodations", "GET /api/v1/accommodations/{id}"
		nights       = one + "/availability"
		quote, which = one + "/quote", "GET /api/v1/availability"
	)
	c.cached(t, to(list, ""))
	c.cached(t, to(list, "limit=1"))
	c.expect(t, "422 invalid", to(list, "limit=999"))
	c.cached(t, to(one, "", "1"))
	c.cached(t, to(one, "", "del-bosque"))
	c.expect(t, "404 not_found", to(one, "", "99999999999999999999"))

	c.cached(t, to(nights, "", "1"))
	c.cached(t, to(nights, "from="+daysAhead(10)+"&to="+daysAhead(100), "del-bosque"))
	c.expect(t, "404 not_found", to(nights, "", "no-such-cabin"))
	c.expect(t, "422 invalid", to(nights, "from=tomorrow", "1"))

	c.expect(t, "200", to(quote, stay(70, 7, 4), "1"))
	c.expect(t, "404 not_found", to(quote, stay(70, 7, 4), "77"))
	for want, asked := range refusedStays() {
		c.expect(t, "422 "+want, to(quote, asked.query(), fmt.Sprint(asked.cabin)))
	}

	c.expect(t, "200", to(which, stay(70, 7, 2)))
	c.expect(t, "200", to(which, stay(70, 7, 2)+"&limit=1"))
	for _, want := range []string{"invalid", "past_date", "too_far"} {
		c.expect(t, "422 "+want, to(which, refusedStays()[want].query()))
	}
}

// wishedStay is a stay that somebody asks for.
type wishedStay struct{ cabin, from, nights, guests int }

func (w wishedStay) query() string { return stay(w.from, w.nights, w.guests) }

func (w wishedStay) body() string {
	return fmt.Sprintf(`{"accommodation_id":%d,"check_in":%q,"check_out":%q,"guests":%d,"contact_name":"Test User","contact_phone":"+5491155443322","channel":"web"}`,
		w.cabin, daysAhead(w.from), daysAhead(w.from+w.nights), w.guests)
}

// refusedStays are stays that break one rule each, by its code.
func refusedStays() map[string]wishedStay {
	return map[string]wishedStay{
		"invalid":          {1, 70, 7, 0},
		"past_date":        {1, -2, 7, 2},
		"too_far":          {1, 538, 7, 2},
		"too_many_guests":  {1, 70, 7, 5},
		"min_nights":       {1, 70, 3, 2},
		"max_nights":       {1, 70, 31, 2},
		"amount_too_large": {2, 70, 7, 2},
	}
}

// held is what an answer to a hold opens.
type held struct{ code, token string }

// hold makes a new reservation, in a week of its own.
func (c *interview) hold(t *testing.T) held {
	t.Helper()
	c.week++
	w := c.expect(t, "201", to("POST /api/v1/reservations", "").saying(wishedStay{1, 60 + 7*c.week, 7, 3}.body()))
	return opened(t, w)
}

func opened(t *testing.T, w *httptest.ResponseRecorder) held {
	t.Helper()
	var answer struct {
		Code      string
		ManageURL string `json:"manage_url"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	manage, err := url.Parse(answer.ManageURL)
	if err != nil {
		t.Fatal(err)
	}
	return held{answer.Code, manage.Query().Get("t")}
}

func (c *interview) holds(t *testing.T, route string) {
	t.Helper()
	c.week++
	hold := to(route, "")
	wish := wishedStay{1, 60 + 7*c.week, 7, 3}
	key := route[len(route)-8:]
	first := c.expect(t, "201", hold.saying(wish.body()).with("Idempotency-Key", key))
	again := c.expect(t, "201", hold.saying(wish.body()).with("Idempotency-Key", key))
	if first.Body.String() != again.Body.String() || again.Header().Get("Idempotent-Replayed") != "true" {
		t.Errorf("the same key got\n%s and then\n%s", first.Body, again.Body)
	}
	c.expect(t, "422 idempotency_mismatch", hold.saying(wishedStay{1, 60 + 7*c.week, 7, 2}.body()).with("Idempotency-Key", key))
	c.expect(t, "409 dates_taken", hold.saying(wish.body()))
	for want, asked := range refusedStays() {
		c.expect(t, "422 "+want, hold.saying(asked.body()))
	}
	c.expect(t, "422 invalid", hold.saying(strings.Replace(wish.body(), "channel", "chanel", 1)))
	c.expect(t, "404 not_found", hold.saying(wishedStay{77, 70, 7, 2}.body()))
	c.expect(t, "400 malformed", hold.saying(`{"accommodation_id":1,`))
	c.expect(t, "413 too_large", hold.saying(wish.body()+strings.Repeat(" ", 20<<10)))
	c.expect(t, "415 unsupported_media_type", hold.with("Content-Type", "text/plain").saying(wish.body()))
	c.inProgress(t, hold)
}

// inProgress repeats a request while another with the same key is being answered, which is the case as long as somebody has
// the lock of the key.
func (c *interview) inProgress(t *testing.T, hold ask) {
	t.Helper()
	tx, err := c.conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}()
	const key = "being answered"
	if _, err := tx.Exec(t.Context(), `select claim_idempotency_key($1)`, key); err != nil {
		t.Fatal(err)
	}
	wish := wishedStay{1, 60 + 7*(c.week+1), 7, 2} // free: what is taken is refused before the key is looked at
	c.expect(t, "409 idempotency_in_progress", hold.saying(wish.body()).with("Idempotency-Key", key))
}

// readings looks at a reservation in each of its states, as guest and as owner.
func (c *interview) readings(t *testing.T) {
	t.Helper()
	h := c.hold(t)
	for _, status := range []string{"pre_reserved", "confirmed", "completed", "no_show", "expired", "cancelled"} {
		mustExec(t, c.conn, `
			update reservations set status = $2, paid_amount = 1, payment_status = 'partially_paid', special_requests = 'late',
				contact_email = 'guest@example.com', confirmed_at = now(), cancelled_at = case $2 when 'cancelled' then now() end
			where code = $1`, h.code, status)
		view := to("GET /api/v1/reservations/{code}", "", h.code)
		for _, a := range []ask{view.with("X-Guest-Token", h.token), view.with("Authorization", c.owner(t))} {
			if w := c.expect(t, "200", a); !strings.Contains(w.Body.String(), status) {
				t.Errorf("a reservation that is %s is shown as %s", status, w.Body)
			}
		}
	}
}

func (c *interview) changes(t *testing.T) {
	t.Helper()
	const one = "GET /api/v1/reservations/{code}"
	for _, action := range []string{"", "cancel", "extend", "approve", "confirm"} {
		route := one
		if action != "" {
			route = "POST " + strings.TrimPrefix(one, "GET ") + "/" + action
		}
		h := c.hold(t)
		owner := to(route, "", h.code).with("Authorization", c.owner(t))
		proof := to(route, "", h.code).with("X-Guest-Token", h.token)
		c.expect(t, "401 unauthenticated", to(route, "", h.code))
		c.expect(t, "401 unauthenticated", to(route, "", h.code).with("Authorization", "Bearer of good news"))
		c.expect(t, "403 denied", to(route, "", h.code).with("Authorization", stranger(t)))
		c.expect(t, "404 not_found", to(route, "", "000000").with("Authorization", c.owner(t)))
		ownersOnly := action == "approve" || action == "confirm"
		if ownersOnly {
			c.expect(t, "401 unauthenticated", proof)
			proof = owner
		} else {
			c.expect(t, "403 denied", to(route, "", h.code).with("X-Guest-Token", h.token+"x"))
		}
		if action == "cancel" {
			c.expect(t, "400 malformed", proof.saying(`{"reason":`))
			c.expect(t, "422 invalid", proof.saying(`{"reason":"`+strings.Repeat("x", 501)+`"}`))
			c.expect(t, "413 too_large", proof.saying(`{"reason":"`+strings.Repeat("x", 20<<10)+`"}`))
			c.expect(t, "415 unsupported_media_type", proof.with("Content-Type", "text/plain").saying(`{"reason":"none"}`))
			proof = proof.saying(`{"reason":"We cannot come."}`)
		}
		if ownersOnly || action == "extend" {
			mustExec(t, c.conn, `update reservations set approval = 'waiting' where code = $1`, h.code)
		}
		switch {
		case ownersOnly:
			c.badBodies(t, proof, 20<<10)
		case action == "extend":
			c.expect(t, "409 awaiting_approval", proof)
			mustExec(t, c.conn, `update reservations set approval = 'approved' where code = $1`, h.code)
		}
		c.expect(t, "200", proof)
		if action != "" {
			c.expect(t, "409 invalid_state", proof)
			c.expect(t, "200", to(one, "t="+h.token, h.code))
		}
	}
}

func (c *interview) health(t *testing.T) {
	t.Helper()
	blind := newSite(t, nowhere, nil, nil)
	leaving := newSite(t, c.dsn, nil, nil)
	leaving.resources.draining.Store(true)
	production := newSite(t, c.dsn, map[string]string{"ENVIRONMENT": "production", "METRICS_TOKEN": "scrape me"}, nil)
	for _, prefix := range []string{"", "/api/v1"} {
		healthz, readyz, metrics := to("GET "+prefix+"/healthz", ""), to("GET "+prefix+"/readyz", ""), to("GET "+prefix+"/metrics", "")
		c.expect(t, "200", healthz)
		c.expectOf(t, blind, "503", healthz)
		c.expect(t, "200", readyz)
		c.expectOf(t, leaving, "503 draining", readyz)
		c.expect(t, "200", metrics)
		c.expectOf(t, production, "401 unauthenticated", metrics)
		c.expectOf(t, production, "200", metrics.with("Authorization", "Bearer scrape me"))
	}
}

func (c *interview) pages(t *testing.T) {
	t.Helper()
	c.expect(t, "200", to("GET /", ""))
	c.expect(t, "200", to("GET /docs", ""))
	c.cached(t, to("GET /api/v1/openapi.json", ""))
}

// troubles provokes what any route may answer.
func (c *interview) troubles(t *testing.T) {
	t.Helper()
	crowded := newSite(t, c.dsn, nil, func(s *function.Spec) { s.Concurrency = 0 })
	limited := newSite(t, c.dsn, map[string]string{"RATE_LIMIT_ENABLED": "true", "RATE_LIMIT_REQUESTS": "1", "RATE_LIMIT_WINDOW_SECONDS": "86400"}, nil)
	limited.answer(t, to("GET /", ""))
	for _, f := range c.resources.served {
		if !describes(f) {
			continue
		}
		for _, route := range f.Routes {
			a := to(strings.TrimSuffix(route, "{$}"), "", "1")
			c.expectOf(t, crowded, "503 busy", a)
			if f.Public {
				c.expectOf(t, limited, "429 too_many_requests", a)
			}
		}
	}
	list := to("GET /api/v1/accommodations", "")
	hurried := newSite(t, c.dsn, nil, func(s *function.Spec) { s.Timeout = 1 })
	c.expectOf(t, hurried, "503 timeout", list)
	c.expectOf(t, newSite(t, nowhere, nil, nil), "503 unavailable", list)

	dsn := pgtest.NewDSN(t)
	broken := newSite(t, dsn, nil, nil)
	mustExec(t, connect(t, dsn), `drop table catalog`)
	w := c.expectOf(t, broken, "500 internal", list)
	if strings.Contains(w.Body.String(), "catalog") || w.Code != http.StatusInternalServerError {
		t.Errorf("an internal error tells %s", w.Body)
	}
}
