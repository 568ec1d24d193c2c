// Package ical is the function that other sites read our calendars from, a feed for each cabin and channel, and that an
// operator hands a calendar to which no address can be read from.
package ical

import (
	"context"
	"net/http"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/icalendar"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// Spec describes the function.
var Spec = function.Spec{
	Name:        "ical",
	Summary:     "the calendars that other sites read of ours, and those that are imported by hand",
	Routes:      web.Routes(operations),
	Docs:        web.Docs(operations),
	Public:      true,
	Timeout:     30 * time.Second,
	Concurrency: 256,
	MaxBody:     maxBody,
	Connections: 4,
}

// Config is what the function reads from its environment.
type Config struct {
	web.AccessConfig
	web.SiteConfig
}

// Deps is what the function is given.
type Deps struct {
	Calendars Calendars
	Cabin     func(ctx context.Context, ref string) (*booking.Accommodation, error) // an active one; fault.ErrNotFound
	Channels  Channels
	Now       func() time.Time
}

// Calendars is where feeds are kept; see postgres.Calendars for what each method promises.
type Calendars interface {
	Export(ctx context.Context, accommodationID int64, token string, now time.Time) (calendar.Export, error)
	Read(ctx context.Context, feedID int64, now time.Time) error
	Feeds(ctx context.Context, accommodationID int64, now time.Time, after int64, limit int) ([]calendar.Feed, error)
	Add(ctx context.Context, accommodationID int64, source, url string, now time.Time) (calendar.Feed, error)
}

// Channels make a text what a feed lists; see channels.Channels for what each method promises.
type Channels interface {
	Import(ctx context.Context, feedID int64, text []byte, dry bool) (calendar.Change, []icalendar.Skipped, error)
	Replace(ctx context.Context, feedID int64, text []byte, dry bool) (calendar.Change, []icalendar.Skipped, error)
}

var operations = []web.Operation[*handler]{
	web.Raw(exportDoc("GET /api/v1/ical/{id}/{file}", fileRequest{}), (*handler).export),
	web.Raw(exportDoc("GET /api/v1/ical/export/{id}/{token}", tokenRequest{}), (*handler).export),
	web.Raw(importDoc, (*handler).importText),
}

func exportDoc(route string, request any) web.Doc {
	return web.Doc{
		Route: route, Status: http.StatusOK, Request: request, Media: "text/calendar", Response: "", Cached: true,
		Summary:  "The calendar of a cabin as a channel reads it: what is taken, without what came from that channel",
		Problems: []*fault.Error{fault.ErrNotFound},
	}
}

type handler struct {
	Deps
	access *web.Access
	host   string // what the UIDs of our events end in
	desk   *desk
	pages  *pages
	reads  *reads

	importing chan struct{} // taken by the import that is going on
	asJSON    http.Handler  // imports that come as JSON
}

// New returns the function's handler.
func New(c Config, d Deps) http.Handler {
	h := &handler{
		Deps: d, access: web.NewAccess(c.AccessConfig, d.Now), host: c.Host(),
		pages: newPages(), reads: newReads(d.Now), importing: make(chan struct{}, 1),
	}
	h.desk = newDesk(h.render)
	h.asJSON = web.Mount(h, []web.Operation[*handler]{web.Act(importDoc, (*handler).importJSON)})
	return web.Mount(h, operations)
}
