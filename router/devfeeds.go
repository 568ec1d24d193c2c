//go:build dev

package main

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/function"
)

// demoEvent is a stay, or nights closed, that stands in a demo feed.
type demoEvent struct {
	UID    string
	Nights civil.Nights
	Stay   bool
}

// demoFeed plays the calendar of another site: with its shape, and with the faults that real ones have.
type demoFeed struct {
	Source, Title string
	Events        []demoEvent
	Fault         string // one of demoFaults
}

// demoFaults are the ways in which a demo feed can be wrong.
func demoFaults() []string {
	return []string{"none", "empty calendar", "error page with status 200", "cut off in the middle", "status 500", "hangs"}
}

// demoFeeds are the demo feeds and the page on which one edits them. They are kept in a file, so that a restart forgets nothing.
type demoFeeds struct {
	file string
	now  func() time.Time
	page *template.Template

	mu    sync.Mutex
	Feeds []*demoFeed
}

//go:embed devfeeds.html
var demoFeedsPage string

// demoCalendars declares the function that serves the demo feeds.
func demoCalendars(r *resources) function.Function {
	spec := function.Spec{
		Name: "demo-feeds", Summary: "two calendars to play with, as Airbnb and Booking.com make them",
		Routes:  []string{"GET /dev/feeds", "POST /dev/feeds", "GET /dev/feeds/{file}"},
		Timeout: 30 * time.Second, Concurrency: 32, MaxBody: 16 << 10,
	}
	return function.Serve(spec, func(context.Context, struct{}) (http.Handler, error) {
		d := &demoFeeds{file: filepath.Join(devState, "feeds.json"), now: r.now}
		if err := d.load(); err != nil {
			return nil, err
		}
		var err error
		if d.page, err = template.New("feeds").Parse(demoFeedsPage); err != nil {
			return nil, err
		}
		mux := http.NewServeMux()
		mux.HandleFunc("GET /dev/feeds", d.show)
		mux.HandleFunc("POST /dev/feeds", d.edit)
		mux.HandleFunc("GET /dev/feeds/{file}", d.serve)
		return http.NewCrossOriginProtection().Handler(mux), nil
	})
}

func (d *demoFeeds) load() error {
	text, err := os.ReadFile(d.file)
	if err == nil {
		return json.Unmarshal(text, &d.Feeds)
	}
	if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	today := civil.Of(d.now(), time.UTC)
	// Long enough for every season of the demo cabins: who asks for such a stay is told that it is taken, not that it is too short.
	nights := func(weeks, days int) civil.Nights {
		from := nextFriday(today.AddDays(7 * weeks))
		return civil.Nights{From: from, To: from.AddDays(days)}
	}
	d.Feeds = []*demoFeed{
		{Source: "airbnb", Title: "Airbnb", Events: []demoEvent{newDemoEvent(nights(8, 4), true), newDemoEvent(nights(10, 7), true)}},
		{Source: "booking", Title: "Booking.com", Events: []demoEvent{newDemoEvent(nights(9, 5), true), newDemoEvent(nights(12, 4), true)}},
	}
	return d.save()
}

func newDemoEvent(nights civil.Nights, stay bool) demoEvent {
	uid := make([]byte, 16)
	rand.Read(uid)
	return demoEvent{UID: hex.EncodeToString(uid), Nights: nights, Stay: stay}
}

func (d *demoFeeds) save() error {
	text, err := json.MarshalIndent(d.Feeds, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(d.file, text, 0o600)
}

func (d *demoFeeds) feed(source string) *demoFeed {
	i := slices.IndexFunc(d.Feeds, func(f *demoFeed) bool { return f.Source == source })
	if i < 0 {
		return nil
	}
	return d.Feeds[i]
}

// show is the page.
func (d *demoFeeds) show(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	from := nextFriday(civil.Of(d.now(), time.UTC).AddDays(14))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	err := d.page.Execute(w, map[string]any{
		"Feeds": d.Feeds, "Faults": demoFaults(), "Base": "http://" + r.Host, "From": from, "To": from.AddDays(2), "Error": r.URL.Query().Get("error"),
	})
	if err != nil {
		fmt.Fprintln(w, err)
	}
}

// edit does what a button of the page asks, and shows the page again.
func (d *demoFeeds) edit(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	target := "/dev/feeds"
	if err := d.change(r); err != nil {
		target += "?error=" + template.URLQueryEscaper(err.Error())
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
}

func (d *demoFeeds) change(r *http.Request) error {
	f := d.feed(r.FormValue("feed"))
	if f == nil {
		return errors.New("there is no such feed")
	}
	switch r.FormValue("do") {
	case "add":
		var nights civil.Nights
		err := errors.Join(nights.From.UnmarshalText([]byte(r.FormValue("from"))), nights.To.UnmarshalText([]byte(r.FormValue("to"))))
		if err != nil || !nights.Valid() {
			return errors.New("the departure has to be after the arrival")
		}
		f.Events = append(f.Events, newDemoEvent(nights, r.FormValue("stay") == "true"))
		slices.SortFunc(f.Events, func(a, b demoEvent) int { return a.Nights.From.Compare(b.Nights.From) })
	case "remove":
		f.Events = slices.DeleteFunc(f.Events, func(e demoEvent) bool { return e.UID == r.FormValue("uid") })
	case "fault":
		f.Fault = r.FormValue("fault")
	default:
		return errors.New("there is no such button")
	}
	return d.save()
}

// serve is a feed, or what its fault makes of it.
func (d *demoFeeds) serve(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	f := d.feed(strings.TrimSuffix(r.PathValue("file"), ".ics"))
	var text, fault string
	if f != nil {
		text, fault = f.text(d.now()), f.Fault
	}
	d.mu.Unlock()
	if f == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	switch fault {
	case "error page with status 200":
		w.Header().Set("Content-Type", "text/html")
		text = "<!doctype html><title>Oops</title><p>We will be right back."
	case "cut off in the middle":
		text = text[:len(text)/2]
	case "status 500":
		w.WriteHeader(http.StatusInternalServerError)
		text = ""
	case "hangs":
		<-r.Context().Done()
		return
	}
	fmt.Fprint(w, text)
}

// text is the feed as its site writes it: Airbnb tells stays from closed nights, Booking.com does not.
func (f *demoFeed) text(now time.Time) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	compact := func(date civil.Date) string { return strings.ReplaceAll(date.String(), "-", "") }
	line("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nCALSCALE:GREGORIAN")
	if f.Source == "airbnb" {
		line("PRODID:-//Airbnb Inc//Hosting Calendar 1.0//EN")
	} else {
		line(`PRODID:-//admin.booking.com\\\, b.v.//NONSGML v1.0//EN` + "\r\nMETHOD:PUBLISH")
	}
	events := f.Events
	if f.Fault == "empty calendar" {
		events = nil
	}
	for _, e := range events {
		line("BEGIN:VEVENT\r\nDTSTAMP:%s", now.UTC().Format("20060102T150405Z"))
		line("DTSTART;VALUE=DATE:%s\r\nDTEND;VALUE=DATE:%s", compact(e.Nights.From), compact(e.Nights.To))
		switch {
		case f.Source == "airbnb" && e.Stay:
			line("UID:1418fb94e984-%s@airbnb.com\r\nSUMMARY:Reserved", e.UID)
			line(`DESCRIPTION:Reservation URL: https://www.airbnb.com/hosting/reservations/det` + "\r\n " + `ails/HMDEMO1234\nPhone Number (Last 4 Digits): 0000`)
		case f.Source == "airbnb":
			line("UID:7f662ec65913-%s@airbnb.com\r\nSUMMARY:Airbnb (Not available)", e.UID)
		default:
			line("UID:%s@booking.com\r\nSUMMARY:CLOSED - Not available", e.UID)
		}
		line("END:VEVENT")
	}
	line("END:VCALENDAR")
	return b.String()
}
