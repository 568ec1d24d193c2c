package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

const (
	feedsRoute  = "/api/v1/admin/accommodations/{id}/feeds"
	blocksRoute = "/api/v1/admin/accommodations/{id}/blocks"
)

// siteOfChannel serves a calendar of one stay, from 20 to 23 days ahead, as long as it is up.
func siteOfChannel(t *testing.T) (server *httptest.Server, down *atomic.Bool) {
	t.Helper()
	down = &atomic.Bool{}
	compact := strings.NewReplacer("-", "")
	text := "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//EN\r\nBEGIN:VEVENT\r\nUID:a@example.com\r\nDTSTART;VALUE=DATE:" +
		compact.Replace(daysAhead(20)) + "\r\nDTEND;VALUE=DATE:" + compact.Replace(daysAhead(23)) + "\r\nSUMMARY:Reserved\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if down.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Type", "text/calendar")
		w.Write([]byte(text)) //nolint:errcheck // the reader has gone
	}))
	t.Cleanup(server.Close)
	return server, down
}

// shownFeed is what of a feed these tests look at.
type shownFeed struct {
	ID        int64
	State     string
	ExportURL string `json:"export_url"`
	LastError string `json:"last_error"`
	Nights    int    `json:"nights_blocked"`
}

func (f shownFeed) token() string { return strings.TrimSuffix(path.Base(f.ExportURL), ".ics") }

func (f shownFeed) id() string { return strconv.FormatInt(f.ID, 10) }

func readFeed(t *testing.T, w *httptest.ResponseRecorder) shownFeed {
	t.Helper()
	var f shownFeed
	if err := json.Unmarshal(w.Body.Bytes(), &f); err != nil {
		t.Fatal(err)
	}
	return f
}

// addFeed gives accommodation 1 a feed.
func (c *interview) addFeed(t *testing.T, body string) shownFeed {
	t.Helper()
	return readFeed(t, c.expect(t, "201", c.asOwner(t, "POST "+feedsRoute, "1").saying(body)))
}

// closeNight closes a night of accommodation 1 by hand that nobody else in these tests asks for.
func (c *interview) closeNight(t *testing.T) int64 {
	t.Helper()
	var block struct{ ID int64 }
	body := fmt.Sprintf(`{"from":%q,"to":%q,"note":"Paint"}`, daysAhead(500), daysAhead(501))
	w := c.expect(t, "201", c.asOwner(t, "POST "+blocksRoute, "1").saying(body))
	if err := json.Unmarshal(w.Body.Bytes(), &block); err != nil {
		t.Fatal(err)
	}
	return block.ID
}

// asOwner is an ask of an owner's.
func (c *interview) asOwner(t *testing.T, route string, parameters ...string) ask {
	t.Helper()
	return to(route, "", parameters...).with("Authorization", c.owner(t))
}

// strangers expects that a route is for owners.
func (c *interview) strangers(t *testing.T, a ask) {
	t.Helper()
	c.expect(t, "401 unauthenticated", a.with("Authorization", "Bearer of good news"))
	c.expect(t, "403 denied", a.with("Authorization", stranger(t)))
}

// badBodies expects what any body can be refused for.
func (c *interview) badBodies(t *testing.T, a ask, large int) {
	t.Helper()
	c.expect(t, "400 malformed", a.saying(`{"source":`))
	c.expect(t, "422 invalid", a.saying(`{"no":"field"}`))
	c.expect(t, "413 too_large", a.saying(`{"source":"`+strings.Repeat("x", large)+`"}`))
	c.expect(t, "415 unsupported_media_type", a.with("Content-Type", "text/plain").saying(`{}`))
}

// calendars keeps the calendars of other channels as an owner does, and reads ours as they do.
func (c *interview) calendars(t *testing.T) {
	t.Helper()
	c.feeds(t)
	c.blocks(t)
	c.conflicts(t)
	c.exports(t)
	c.imports(t)
}

func (c *interview) feeds(t *testing.T) {
	t.Helper()
	other, down := siteOfChannel(t)
	add, list := c.asOwner(t, "POST "+feedsRoute, "1"), c.asOwner(t, "GET "+feedsRoute, "1")
	body := fmt.Sprintf(`{"source":"airbnb","url":"%s/secret.ics"}`, other.URL)
	c.strangers(t, add.saying(body))
	c.badBodies(t, add, 20<<10)
	c.expect(t, "422 invalid", add.saying(`{"source":"airbnb","url":"file:///etc/passwd"}`))
	c.expect(t, "404 not_found", c.asOwner(t, "POST "+feedsRoute, "77").saying(body))
	added := c.expect(t, "201", add.saying(body))
	if f := readFeed(t, added); f.State != "ok" || f.Nights != 3 || strings.Contains(added.Body.String(), "secret") {
		t.Errorf("a feed is added as %s", added.Body)
	}
	c.expect(t, "409 feed_exists", add.saying(body))
	c.addFeed(t, `{"source":"vrbo"}`)

	c.strangers(t, list)
	c.expect(t, "200", list)
	list.path += "?limit=1"
	c.expect(t, "200", list)
	list.path += "000"
	c.expect(t, "422 invalid", list)
	c.expect(t, "404 not_found", c.asOwner(t, "GET "+feedsRoute, "77"))
	c.oneFeed(t, readFeed(t, added), down)

	mustExec(t, c.conn, `insert into calendar_feeds (accommodation_id, source, token) select 2, 'other', md5(n::text) from generate_series(1, 1000) n`)
	c.expect(t, "409 too_many_feeds", c.asOwner(t, "POST "+feedsRoute, "2").saying(`{"source":"other"}`))
}

// oneFeed does everything that can be done with a feed, and deletes it in the end.
func (c *interview) oneFeed(t *testing.T, f shownFeed, down *atomic.Bool) {
	t.Helper()
	one := feedsRoute + "/{feed}"
	for _, route := range []string{"PATCH " + one, "DELETE " + one, "POST " + one + "/sync", "POST " + one + "/rotate"} {
		c.strangers(t, to(route, "", "1", f.id()).saying(`{"state":"ok"}`))
		c.expect(t, "404 not_found", c.asOwner(t, route, "1", "777").saying(`{"state":"ok"}`))
		c.expect(t, "404 not_found", c.asOwner(t, route, "2", f.id()).saying(`{"state":"ok"}`))
		c.expect(t, "404 not_found", c.asOwner(t, route, "1", "99999999999999999999"))
	}
	sync := c.asOwner(t, "POST "+one+"/sync", "1", f.id())
	c.expect(t, "200", sync)
	down.Store(true)
	if f := readFeed(t, c.expect(t, "200", sync)); f.State != "failing" || f.LastError == "" || f.Nights != 3 {
		t.Errorf("a feed that is down is %+v", f)
	}
	down.Store(false)
	c.expect(t, "409 feed_without_address", c.asOwner(t, "POST "+one+"/sync", "1", c.addFeed(t, `{"source":"google"}`).id()))

	set := c.asOwner(t, "PATCH "+one, "1", f.id())
	c.badBodies(t, set, 20<<10)
	c.expect(t, "422 invalid", set.saying(`{"state":"failing"}`))
	for _, state := range []string{"paused", "ok"} {
		c.expect(t, "200", set.saying(`{"state":"`+state+`"}`))
	}
	mustExec(t, c.conn, `update calendar_feeds set quarantined_at = now(), quarantine_reason = 'It came back empty.' where id = $1`, f.ID)
	c.expect(t, "200", c.asOwner(t, "GET "+feedsRoute, "1"))
	c.expect(t, "200", set.saying(`{"state":"ok"}`))
	rotated := readFeed(t, c.expect(t, "200", c.asOwner(t, "POST "+one+"/rotate", "1", f.id())))
	if rotated.ExportURL == f.ExportURL {
		t.Errorf("the token is still %s", rotated.ExportURL)
	}
	remove := c.asOwner(t, "DELETE "+one, "1", f.id())
	c.expect(t, "204", remove)
	c.expect(t, "404 not_found", remove)
}

func (c *interview) blocks(t *testing.T) {
	t.Helper()
	add, list := c.asOwner(t, "POST "+blocksRoute, "1"), c.asOwner(t, "GET "+blocksRoute, "1")
	body := fmt.Sprintf(`{"from":%q,"to":%q,"note":"Paint"}`, daysAhead(40), daysAhead(42))
	c.strangers(t, add.saying(body))
	c.badBodies(t, add, 20<<10)
	c.expect(t, "422 invalid", add.saying(fmt.Sprintf(`{"from":%q,"to":%q}`, daysAhead(42), daysAhead(40))))
	c.expect(t, "404 not_found", c.asOwner(t, "POST "+blocksRoute, "77").saying(body))
	var block struct{ ID int64 }
	if err := json.Unmarshal(c.expect(t, "201", add.saying(body)).Body.Bytes(), &block); err != nil {
		t.Fatal(err)
	}
	c.hold(t)
	c.expect(t, "409 dates_taken", add.saying(fmt.Sprintf(`{"from":%q,"to":%q}`, daysAhead(60+7*c.week), daysAhead(61+7*c.week))))

	c.strangers(t, list)
	c.expect(t, "200", list)
	list.path += "?limit=0.5"
	c.expect(t, "422 invalid", list)
	c.expect(t, "404 not_found", c.asOwner(t, "GET "+blocksRoute, "77"))

	remove := c.asOwner(t, "DELETE "+blocksRoute+"/{block}", "1", strconv.FormatInt(block.ID, 10))
	c.strangers(t, remove)
	c.expect(t, "204", remove)
	c.expect(t, "404 not_found", remove)
}

func (c *interview) conflicts(t *testing.T) {
	t.Helper()
	h := c.hold(t)
	for _, source := range []string{"airbnb", "booking"} {
		mustExec(t, c.conn, `with f as (insert into calendar_feeds (accommodation_id, source, token) values (1, $1, md5($1)) returning id)
			insert into calendar_events (accommodation_id, feed_id, source, uid, kind, start_date, end_date, changed_at, created_at)
			select 1, id, $1, $1, 'reserved', $2::date, $3::date, now(), now() from f`, source, daysAhead(60+7*c.week), daysAhead(62+7*c.week))
	}
	mustExec(t, c.conn, `insert into calendar_conflicts (accommodation_id, event_id, reservation_id, severity, start_date, end_date, detected_at)
		select 1, max(e.id), max(r.id), 'double_booking', $2::date, $3::date, now() from calendar_events e, reservations r where r.code = $1 and e.kind = 'reserved'`,
		h.code, daysAhead(60+7*c.week), daysAhead(62+7*c.week))
	mustExec(t, c.conn, `insert into calendar_conflicts (accommodation_id, event_id, other_event_id, severity, start_date, end_date, detected_at, resolved_at)
		select 1, max(id) - 1, max(id), 'overlap', $1::date, $2::date, now(), now() from calendar_events where kind = 'reserved'`,
		daysAhead(60+7*c.week), daysAhead(62+7*c.week))

	const route = "GET /api/v1/admin/conflicts"
	c.strangers(t, to(route, ""))
	for query, want := range map[string]int{"": 1, "resolved=true": 2, "accommodation_id=2": 0, "resolved=true&limit=1": 1} {
		a := to(route, query).with("Authorization", c.owner(t))
		if w := c.expect(t, "200", a); strings.Count(w.Body.String(), `"detected_at"`) != want {
			t.Errorf("%q: want %d conflicts in %s", query, want, w.Body)
		}
	}
	c.expect(t, "422 invalid", to(route, "resolved=perhaps").with("Authorization", c.owner(t)))
	c.approvals(t, h.code)
	// Another channel has sold what is to be confirmed.
	for _, act := range []string{"approve", "confirm"} {
		mustExec(t, c.conn, `update reservations set approval = 'waiting' where code = $1`, h.code)
		c.expect(t, "409 dates_taken", c.asOwner(t, "POST /api/v1/reservations/{code}/"+act, h.code))
	}
}

// approvals asks for what waits for the owner, which is a hold of cabin 1 in the end.
func (c *interview) approvals(t *testing.T, code string) {
	t.Helper()
	const route = "GET /api/v1/admin/approvals"
	c.strangers(t, to(route, ""))
	mustExec(t, c.conn, `update reservations set approval = 'waiting' where code = $1`, code)
	for query, want := range map[string]int{"": 1, "accommodation_id=2": 0, "limit=1": 1} {
		if w := c.expect(t, "200", to(route, query).with("Authorization", c.owner(t))); strings.Count(w.Body.String(), code) != want {
			t.Errorf("%q: want %d in %s", query, want, w.Body)
		}
	}
	c.expect(t, "422 invalid", to(route, "limit=0.5").with("Authorization", c.owner(t)))
}

func (c *interview) exports(t *testing.T) {
	t.Helper()
	f := c.addFeed(t, `{"source":"booking"}`)
	for route, file := range map[string]string{"GET /api/v1/ical/{id}/{file}": f.token() + ".ics", "GET /api/v1/ical/export/{id}/{token}": f.token()} {
		c.cached(t, to(route, "", "1", file))
		c.expect(t, "404 not_found", to(route, "", "2", file))
		c.expect(t, "404 not_found", to(route, "", "1", "x"+file[1:]))
	}
}

func (c *interview) imports(t *testing.T) {
	t.Helper()
	const route = "POST /api/v1/ical/import"
	bring := c.asOwner(t, route)
	text := `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//EN\r\nBEGIN:VEVENT\r\nUID:b\r\nDTSTART:20\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`
	body := `{"accommodation_id":1,"source":"vrbo","ics":"` + text + `"`
	c.strangers(t, bring.saying(body+"}"))
	c.badBodies(t, bring, 14<<20)
	c.expect(t, "404 not_found", bring.saying(strings.Replace(body, ":1,", ":77,", 1)+"}"))
	c.expect(t, "422 invalid", bring.saying(`{"accommodation_id":1,"source":"vrbo","ics":"<html>"}`))
	c.expect(t, "200", bring.saying(body+`,"dry_run":true}`))
	if w := c.expect(t, "200", bring.saying(body+"}")); !strings.Contains(w.Body.String(), `"line":`) {
		t.Errorf("a bad event is not told of: %s", w.Body)
	}
	bring.path += "?accommodation_id=1&source=vrbo&dry_run=true"
	c.expect(t, "200", bring.with("Content-Type", "text/calendar").saying(strings.ReplaceAll(text, `\r\n`, "\r\n")))
}

// TestANightThatAChannelHasSoldIsSoldNowhereElse follows a night through the whole service: from a channel's calendar into
// ours, into the feed of another channel, and not back.
func TestANightThatAChannelHasSoldIsSoldNowhereElse(t *testing.T) {
	t.Parallel()
	c := newInterview(t)
	other, _ := siteOfChannel(t)
	airbnb := c.addFeed(t, fmt.Sprintf(`{"source":"airbnb","url":"%s/calendar.ics"}`, other.URL))
	booking := c.addFeed(t, `{"source":"booking"}`)
	wish := wishedStay{1, 20, 3, 2}
	c.expect(t, "409 dates_taken", to("POST /api/v1/reservations", "").saying(wish.body()))
	c.hold(t)
	export := func(f shownFeed) string {
		t.Helper()
		return c.expect(t, "200", to("GET /api/v1/ical/{id}/{file}", "", "1", f.token()+".ics")).Body.String()
	}
	sold := "DTSTART;VALUE=DATE:" + strings.ReplaceAll(daysAhead(20), "-", "")
	ours := "DTSTART;VALUE=DATE:" + strings.ReplaceAll(daysAhead(60+7*c.week), "-", "")
	if text := export(airbnb); strings.Contains(text, sold) || !strings.Contains(text, ours) {
		t.Errorf("Airbnb is told\n%s", text)
	}
	if text := export(booking); !strings.Contains(text, sold) || !strings.Contains(text, ours) || strings.Contains(text, "Test User") {
		t.Errorf("Booking.com is told\n%s", text)
	}
	c.expect(t, "204", c.asOwner(t, "DELETE "+feedsRoute+"/{feed}", "1", airbnb.id()))
	c.expect(t, "201", to("POST /api/v1/reservations", "").saying(wish.body()))
}
