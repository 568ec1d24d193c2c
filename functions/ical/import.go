package ical

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/channels"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/icalendar"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

const (
	// maxBody is a calendar of the largest size with what JSON makes of its line ends and quotes, and the fields beside it.
	maxBody = icalendar.MaxBytes + icalendar.MaxBytes/4
	// maxSkipped is how many of the events that could not be read are told of.
	maxSkipped = 100
	feedsPage  = 100
)

var importDoc = web.Doc{
	Route: "POST /api/v1/ical/import", Status: http.StatusOK, Request: importRequest{}, Response: imported{}, Secured: web.AdminOnly,
	Summary:  "Import a calendar's text by hand, or see what that would change; also as text/calendar, with the other fields in the query",
	Problems: []*fault.Error{web.ErrMalformed, fault.ErrNotFound},
}

type importRequest struct {
	AccommodationID int64  `json:"accommodation_id" validate:"min=1" required:"true" description:"The id of the cabin"`
	Source          string `json:"source" validate:"required,max=30,line" example:"other" description:"Where the calendar is from: airbnb, booking, vrbo, google, or any word of small letters"`
	ICS             string `json:"ics" validate:"required" example:"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//EN\r\nEND:VCALENDAR\r\n" description:"The whole text, RFC 5545; at most 10 MB"`
	DryRun          bool   `json:"dry_run,omitempty" description:"Change nothing, only tell what would change"`
	Believe         bool   `json:"believe,omitempty" description:"The text is all there is: free at once what it does not list, instead of when a second import does not list it either"`
}

type imported struct {
	FeedID       int64        `json:"feed_id" required:"true" description:"The feed that it went into: the cabin's of that source without an address; 0 in a dry run that would make one"`
	DryRun       bool         `json:"dry_run" required:"true"`
	Added        int          `json:"added" required:"true" description:"Events"`
	Moved        int          `json:"moved" required:"true"`
	Freed        int          `json:"freed" required:"true"`
	Echoes       int          `json:"echoes" required:"true" description:"Events that are our own nights coming back"`
	NightsClosed []web.Nights `json:"nights_closed" required:"true" nullable:"false" description:"From today on"`
	NightsOpened []web.Nights `json:"nights_opened" required:"true" nullable:"false" description:"From today on"`
	Skipped      []skipped    `json:"skipped" required:"true" nullable:"false" description:"Events that could not be read; the first 100"`
	Quarantined  bool         `json:"quarantined" required:"true" description:"So much is missing that nothing is freed before it is confirmed"`
	Reason       string       `json:"reason,omitempty" description:"Why it is in quarantine"`
}

type skipped struct {
	Line   int    `json:"line" required:"true" description:"Of the text, from 1"`
	Reason string `json:"reason" required:"true"`
}

// importText lets in one text of an owner's at a time: of them all others share the memory of a small machine. Who asks is
// looked at before a byte of the body is read.
func (h *handler) importText(w http.ResponseWriter, r *http.Request) error {
	if _, err := h.access.Admin(web.Credentials{Authorization: r.Header.Get("Authorization")}); err != nil {
		return err
	}
	select {
	case h.importing <- struct{}{}:
	default:
		return fault.ErrBusy.WithDetail("Another calendar is being imported; try again in a moment.")
	}
	defer func() { <-h.importing }()
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "text/calendar" {
		h.asJSON.ServeHTTP(w, r)
		return nil
	}
	asked, err := queryOf(r.URL.Query())
	if err != nil {
		return err
	}
	text, err := io.ReadAll(r.Body)
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return err
		}
		return web.ErrMalformed.WithDetail("The body ended before it was complete.").WithCause(err)
	}
	answer, err := h.act(r.Context(), asked, text)
	if err != nil {
		return err
	}
	web.WriteJSON(w, r, http.StatusOK, answer)
	return nil
}

func (h *handler) importJSON(ctx context.Context, r importRequest) (imported, error) {
	return h.act(ctx, r, []byte(r.ICS))
}

// queryOf reads what comes beside a text/calendar body. A name that is not known is refused like a field that is not: an
// import that was meant as a dry run cannot be taken back.
func queryOf(query url.Values) (importRequest, error) {
	var asked importRequest
	var wrong []fault.Field
	refuse := func(name, message string) { wrong = append(wrong, fault.Field{Field: name, Message: message}) }
	for name, values := range query {
		value := values[len(values)-1]
		var err error
		switch name {
		case "accommodation_id":
			if asked.AccommodationID, err = strconv.ParseInt(value, 10, 64); err != nil {
				refuse(name, "must be a whole number")
			}
		case "source":
			asked.Source = value
		case "dry_run":
			if asked.DryRun, err = strconv.ParseBool(value); err != nil {
				refuse(name, "must be true or false")
			}
		case "believe":
			if asked.Believe, err = strconv.ParseBool(value); err != nil {
				refuse(name, "must be true or false")
			}
		default:
			refuse(shorten(name), "is not a parameter of this request")
		}
	}
	if len(wrong) > 0 {
		slices.SortFunc(wrong, func(a, b fault.Field) int { return strings.Compare(a.Field, b.Field) })
		return asked, fault.ErrInvalid.WithFields(wrong[:min(len(wrong), 20)]...)
	}
	return asked, nil
}

func shorten(name string) string {
	if len(name) > 64 {
		return strings.ToValidUTF8(name[:64], "") + "…"
	}
	return name
}

// check is what the fields' own rules do not say, and all of them for what did not come as JSON.
func (r importRequest) check(text []byte) error {
	var wrong []fault.Field
	refuse := func(name, message string) { wrong = append(wrong, fault.Field{Field: name, Message: message}) }
	if r.AccommodationID < 1 {
		refuse("accommodation_id", "must be at least 1")
	}
	if !channels.ValidSource(r.Source) {
		refuse("source", "must be a word of small letters and digits, such as airbnb")
	}
	if len(text) == 0 {
		refuse("ics", "is required")
	}
	if wrong != nil {
		return fault.ErrInvalid.WithFields(wrong...)
	}
	return nil
}

func (h *handler) act(ctx context.Context, r importRequest, text []byte) (imported, error) {
	r.Source = strings.ToLower(strings.TrimSpace(r.Source))
	if err := r.check(text); err != nil {
		return imported{}, err
	}
	feed, err := h.unaddressed(ctx, r.AccommodationID, r.Source)
	if errors.Is(err, errNoFeed) && r.DryRun {
		return h.imagine(ctx, r, text)
	}
	if errors.Is(err, errNoFeed) {
		feed, err = h.addFor(ctx, r, text)
	}
	if err != nil {
		return imported{}, err
	}
	bring := h.Channels.Import
	if r.Believe {
		bring = h.Channels.Replace
	}
	change, unread, err := bring(ctx, feed.ID, text, r.DryRun)
	if err != nil {
		return imported{}, err
	}
	answer := show(change, unread, r.DryRun)
	answer.FeedID = feed.ID
	return answer, nil
}

var errNoFeed = errors.New("the cabin has no such feed")

// unaddressed finds the feed of a cabin that a source's texts are imported into: the one without an address, which nobody
// reads, so that the next fetch does not undo what was imported.
func (h *handler) unaddressed(ctx context.Context, cabin int64, source string) (calendar.Feed, error) {
	for after := int64(0); ; {
		page, err := h.Calendars.Feeds(ctx, cabin, h.Now(), after, feedsPage)
		if err != nil {
			return calendar.Feed{}, err
		}
		for _, feed := range page {
			if feed.Source == source && feed.URL == "" {
				return feed, nil
			}
			after = feed.ID
		}
		if len(page) < feedsPage {
			return calendar.Feed{}, errNoFeed
		}
	}
}

// addFor makes the feed that a text goes into, unless the text is no calendar: that leaves no feed behind.
func (h *handler) addFor(ctx context.Context, r importRequest, text []byte) (calendar.Feed, error) {
	now := h.Now()
	if read, _ := calendar.Read(text, r.Source, time.UTC, civil.Of(now, time.UTC), calendar.Own{}); read.Broken != "" {
		return calendar.Feed{}, fault.InField("ics", read.Broken)
	}
	return h.Calendars.Add(ctx, r.AccommodationID, r.Source, "", now)
}

// imagine tells what a text would change that is the first of its feed: nothing is held yet, and a channel that was never
// given a feed of ours echoes nothing.
func (h *handler) imagine(ctx context.Context, r importRequest, text []byte) (imported, error) {
	cabin, err := h.Cabin(ctx, strconv.FormatInt(r.AccommodationID, 10))
	if err != nil {
		return imported{}, err
	}
	now := h.Now()
	today := cabin.Today(now)
	fetched, unread := calendar.Read(text, r.Source, cabin.Zone, today, calendar.Own{CabinID: cabin.ID, Host: h.host})
	if fetched.Broken != "" {
		return imported{}, fault.InField("ics", fetched.Broken)
	}
	var before calendar.State
	after := before.Step(fetched, calendar.Facts{Now: now, Today: today})
	return show(calendar.Compare(before, after, today), unread, true), nil
}

func show(change calendar.Change, unread []icalendar.Skipped, dry bool) imported {
	shown := imported{
		DryRun: dry, Added: change.Added, Moved: change.Moved, Freed: change.Freed, Echoes: change.Echoes,
		NightsClosed: web.ShowNights(change.Closes), NightsOpened: web.ShowNights(change.Opens),
		Skipped: []skipped{}, Quarantined: change.Reason != "", Reason: change.Reason,
	}
	for _, s := range unread[:min(len(unread), maxSkipped)] {
		shown.Skipped = append(shown.Skipped, skipped{s.Line, s.Reason})
	}
	return shown
}
