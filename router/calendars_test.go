package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
)

// otherSite is another site's calendar, whose stays tests change.
type otherSite struct {
	*httptest.Server
	mu    sync.Mutex
	stays []civil.Nights
	text  string // instead of the calendar, if not empty
	reads int
}

func newOtherSite(t *testing.T, stays ...civil.Nights) *otherSite {
	t.Helper()
	s := &otherSite{stays: stays}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.reads++
		if s.text != "" {
			io.WriteString(w, s.text)
			return
		}
		fmt.Fprint(w, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Airbnb Inc//Hosting Calendar 1.0//EN\r\n")
		for _, n := range s.stays {
			fmt.Fprintf(w, "BEGIN:VEVENT\r\nDTSTAMP:%s\r\nDTSTART;VALUE=DATE:%s\r\nDTEND;VALUE=DATE:%s\r\nSUMMARY:Reserved\r\n"+
				"UID:1418fb94e984-%s@airbnb.com\r\nEND:VEVENT\r\n", time.Now().UTC().Format("20060102T150405Z"), compact(n.From), compact(n.To), n.From)
		}
		fmt.Fprint(w, "END:VCALENDAR\r\n")
	}))
	t.Cleanup(s.Close)
	return s
}

func compact(d civil.Date) string { return strings.ReplaceAll(d.String(), "-", "") }

func (s *otherSite) set(stays ...civil.Nights) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stays = stays
}

// owner calls the API as the owner does.
type owner struct {
	t     *testing.T
	p     *process
	token string
}

func newOwner(t *testing.T, p *process, dsn string) owner {
	t.Helper()
	command := exec.CommandContext(t.Context(), p.binary, "token", "owner@example.com")
	command.Env = environment(dsn)
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	return owner{t, p, strings.TrimSpace(string(out))}
}

// call sends a request, wants a status, and decodes the answer into out, if there is one.
func (o owner) call(method, path, body string, want int, out any) string {
	o.t.Helper()
	request, err := http.NewRequestWithContext(o.t.Context(), method, o.p.url(path), bytes.NewReader([]byte(body)))
	if err != nil {
		o.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+o.token)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		o.t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	if response.StatusCode != want {
		o.t.Fatalf("%s %s: %d, want %d: %s", method, path, response.StatusCode, want, answer)
	}
	if out != nil {
		if err := json.Unmarshal(answer, out); err != nil {
			o.t.Fatalf("%s %s: %v: %s", method, path, err, answer)
		}
	}
	return string(answer)
}

func (o owner) book(n civil.Nights, want int) string {
	o.t.Helper()
	return o.call("POST", "/api/v1/reservations", fmt.Sprintf(`{"accommodation_id":1,"check_in":"%s","check_out":"%s","guests":2,`+
		`"contact_name":"Ana","contact_phone":"+5491155443322"}`, n.From, n.To), want, nil)
}

// sync runs the task as an operator does.
func (o owner) sync(dsn string, args ...string) string {
	o.t.Helper()
	command := exec.CommandContext(o.t.Context(), o.p.binary, append([]string{"run", "sync-ical"}, args...)...)
	command.Env = environment(dsn, "ICAL_ALLOW_PRIVATE_HOSTS=true")
	out, err := command.CombinedOutput()
	if err != nil {
		o.t.Fatalf("sync-ical: %v\n%s", err, out)
	}
	return string(out)
}

type feedShown struct {
	ID            int64  `json:"id"`
	State         string `json:"state"`
	URL           string `json:"url"`
	NightsBlocked int    `json:"nights_blocked"`
	ExportURL     string `json:"export_url"`
}

// feed is the text of a feed that a channel is given.
func (o owner) feed(f feedShown) string {
	o.t.Helper()
	_, path, _ := strings.Cut(f.ExportURL, "/api/")
	return o.call("GET", "/api/"+path, "", http.StatusOK, nil)
}

func TestACalendarFromTheFirstFeedToTheAlert(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	mustExec(t, connect(t, dsn), addCabin, "Del Bosque")
	// Without the clock, which would read the feeds at times of its own.
	p := startRouter(t, buildRouter(t), dsn, "ICAL_ALLOW_PRIVATE_HOSTS=true", "SERVE=reserve ical admin healthz")
	o := newOwner(t, p, dsn)
	first := civil.Of(time.Now(), time.UTC).AddDays(30)
	stay := func(day int) civil.Nights { return civil.Nights{From: first.AddDays(day), To: first.AddDays(day + 2)} }

	airbnb := newOtherSite(t, stay(0), stay(10), stay(20), stay(30))
	var feed, booking feedShown
	o.call("POST", "/api/v1/admin/accommodations/1/feeds", `{"source":"airbnb","url":"`+airbnb.URL+`/calendar/secret-of-the-owner.ics"}`, http.StatusCreated, &feed)
	o.call("POST", "/api/v1/admin/accommodations/1/feeds", `{"source":"booking"}`, http.StatusCreated, &booking)
	o.sync(dsn)
	if answer := o.book(stay(0), http.StatusConflict); !strings.Contains(answer, "dates_taken") {
		t.Errorf("taken by the feed: %s", answer)
	}

	airbnb.set(stay(10), stay(20), stay(30))
	o.sync(dsn)
	o.book(stay(0), http.StatusConflict) // once is not enough
	o.sync(dsn)
	o.book(stay(0), http.StatusCreated)

	// What was booked here stands in both feeds, what came from Airbnb only in the other one.
	for name, text := range map[string]string{"airbnb": o.feed(feed), "booking": o.feed(booking)} {
		if !strings.Contains(text, "DTSTART;VALUE=DATE:"+compact(stay(0).From)) || !strings.Contains(text, "SUMMARY:Reservado") {
			t.Errorf("the booking is not in the feed of %s:\n%s", name, text)
		}
		if got := strings.Contains(text, "DTSTART;VALUE=DATE:"+compact(stay(10).From)); got != (name == "booking") {
			t.Errorf("Airbnb's stay in the feed of %s: %t", name, got)
		}
	}

	airbnb.set()
	o.sync(dsn)
	said := o.sync(dsn)
	o.book(stay(10), http.StatusConflict)
	health := o.call("GET", "/healthz", "", http.StatusOK, nil)
	if !strings.Contains(health, `"degraded"`) || !strings.Contains(health, "quarantine") {
		t.Errorf("health says nothing of it: %s", health)
	}
	o.call("PATCH", fmt.Sprintf("/api/v1/admin/accommodations/1/feeds/%d", feed.ID), `{"state":"ok"}`, http.StatusOK, &feed)
	o.book(stay(10), http.StatusCreated)
	if feed.State != "ok" || feed.NightsBlocked != 0 {
		t.Errorf("after the owner's word: %+v", feed)
	}
	for _, text := range []string{said, p.log.String(), health} {
		if strings.Contains(text, "secret-of-the-owner") {
			t.Errorf("the feed's address is told:\n%s", text)
		}
	}
}
