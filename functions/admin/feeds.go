package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/channels"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// firstSyncTime is how long an owner who adds a feed waits to see whether it can be read. What takes longer is read by the task.
const firstSyncTime = 3 * time.Second

// The states of a feed, of which it has the first that is true.
const (
	paused      = "paused"
	quarantined = "quarantined"
	failing     = "failing"
	ok          = "ok"
)

// feedView is what an owner sees of a feed.
type feedView struct {
	ID               int64       `json:"id" required:"true"`
	Source           string      `json:"source" required:"true" description:"airbnb, booking, vrbo, google, …"`
	URL              string      `json:"url" required:"true" description:"Where it is read, without the part that is a secret; empty: it is not read"`
	State            string      `json:"state" required:"true" enum:"ok,failing,quarantined,paused" description:"quarantined: it lost so much at once that nothing is freed before it comes back, six hours have passed, or you set it to ok"`
	LastSuccessAt    *time.Time  `json:"last_success_at" required:"true" description:"When it was last read; null: never"`
	NightsBlocked    int         `json:"nights_blocked" required:"true" description:"That it closes, from today on"`
	ExportURL        string      `json:"export_url" required:"true" description:"What to give the channel to read: our calendar without what came from there. A secret"`
	LastError        string      `json:"last_error" required:"true" description:"Why it could not be read the last time; empty: it could"`
	QuarantineReason string      `json:"quarantine_reason,omitempty"`
	LastReadAt       *time.Time  `json:"last_read_at,omitempty" description:"When the channel last read export_url; absent: never"`
	CreatedAt        time.Time   `json:"created_at" required:"true"`
	Change           *changeView `json:"change,omitempty" description:"What the request has changed; only where something was read or believed"`
}

// changeView is what reading a feed has done.
type changeView struct {
	Added        int          `json:"added" required:"true" description:"Events"`
	Moved        int          `json:"moved" required:"true"`
	Freed        int          `json:"freed" required:"true"`
	Echoes       int          `json:"echoes" required:"true" description:"Events that are our own nights coming back"`
	NightsClosed []web.Nights `json:"nights_closed" required:"true" nullable:"false"`
	NightsOpened []web.Nights `json:"nights_opened" required:"true" nullable:"false"`
}

func showChange(c calendar.Change) *changeView {
	return &changeView{
		Added: c.Added, Moved: c.Moved, Freed: c.Freed, Echoes: c.Echoes, NightsClosed: web.ShowNights(c.Closes), NightsOpened: web.ShowNights(c.Opens),
	}
}

func (h *handler) show(f calendar.Feed) feedView {
	shown := feedView{
		ID: f.ID, Source: f.Source, State: stateOf(f), LastSuccessAt: web.Instant(f.LastSuccess), NightsBlocked: f.NightsBlocked,
		ExportURL: fmt.Sprintf("%s/api/v1/ical/%d/%s.ics", h.baseURL, f.AccommodationID, f.Token),
		LastError: f.LastError, QuarantineReason: f.QuarantineReason, LastReadAt: web.Instant(f.LastRead), CreatedAt: f.CreatedAt.UTC(),
	}
	if f.URL != "" {
		shown.URL = h.Feeds.Mask(f.URL)
	}
	return shown
}

func stateOf(f calendar.Feed) string {
	switch {
	case f.Paused:
		return paused
	case !f.QuarantinedAt.IsZero():
		return quarantined
	case f.Failures > 0:
		return failing
	default:
		return ok
	}
}

type feedsRequest struct {
	AccommodationID int64 `path:"id" description:"The id of the cabin"`
	web.Page
	web.Credentials
}

type feedList struct {
	Feeds []feedView `json:"feeds" required:"true" nullable:"false"`
	Next  string     `json:"next,omitempty" description:"Give it as after to get the next page; absent: there is none"`
}

func (h *handler) feeds(ctx context.Context, r feedsRequest) (feedList, error) {
	if _, err := h.access.Admin(r.Credentials); err != nil {
		return feedList{}, err
	}
	found, err := h.Calendars.Feeds(ctx, r.AccommodationID, h.Now(), r.After, r.Size()+1)
	if err != nil {
		return feedList{}, err
	}
	var list feedList
	list.Feeds, list.Next = web.CutPage(r.Page, found, func(f calendar.Feed) int64 { return f.ID }, h.show)
	return list, nil
}

type addRequest struct {
	AccommodationID int64  `path:"id" json:"-" description:"The id of the cabin"`
	Source          string `json:"source" validate:"required,max=30,line" example:"google" description:"airbnb, booking, vrbo, google, or any other word of small letters and digits"`
	URL             string `json:"url,omitempty" validate:"omitempty,max=2000,line" description:"Where the channel's calendar is read; absent: it only reads ours"`
	web.Credentials
}

func (h *handler) addFeed(ctx context.Context, r addRequest) (feedView, error) {
	if _, err := h.access.Admin(r.Credentials); err != nil {
		return feedView{}, err
	}
	source, url := strings.ToLower(strings.TrimSpace(r.Source)), h.Feeds.Normalize(r.URL)
	if !channels.ValidSource(source) {
		return feedView{}, fault.InField("source", "must be a word of small letters and digits, such as airbnb")
	}
	if url != "" {
		if err := h.Feeds.Check(url); err != nil {
			return feedView{}, err
		}
	}
	added, err := h.Calendars.Add(ctx, r.AccommodationID, source, url, h.Now())
	if err != nil {
		return feedView{}, err
	}
	web.Note(ctx, "feed", strconv.FormatInt(added.ID, 10))
	if url == "" {
		return h.show(added), nil
	}
	// The feed is there, whatever comes of reading it: a failure now is told by its state, and the task tries again.
	bounded, cancel := context.WithTimeout(ctx, firstSyncTime)
	defer cancel()
	change, failed := h.Sync(bounded, added)
	shown, err := h.read(ctx, added, change, failed)
	if err != nil {
		web.Note(ctx, "first_sync", err.Error())
		return h.show(added), nil
	}
	return shown, nil
}

type feedRequest struct {
	AccommodationID int64 `path:"id" json:"-" description:"The id of the cabin"`
	FeedID          int64 `path:"feed" json:"-" description:"The id of the feed"`
	web.Credentials
}

func (h *handler) syncFeed(ctx context.Context, r feedRequest) (feedView, error) {
	if _, err := h.access.Admin(r.Credentials); err != nil {
		return feedView{}, err
	}
	found, err := h.Calendars.FeedOf(ctx, r.AccommodationID, r.FeedID, h.Now())
	if err != nil {
		return feedView{}, err
	}
	if found.URL == "" {
		return feedView{}, channels.ErrNoAddress
	}
	change, failed := h.Sync(ctx, found)
	return h.read(ctx, found, change, failed)
}

// read shows a feed that was just read. That it could not be read is no failure of ours, and is shown.
func (h *handler) read(ctx context.Context, f calendar.Feed, change calendar.Change, failed error) (feedView, error) {
	after, err := h.Calendars.FeedOf(ctx, f.AccommodationID, f.ID, h.Now())
	if err != nil {
		return feedView{}, err
	}
	if failed != nil && after.Failures == 0 && !errors.Is(failed, calendar.ErrOutrun) {
		return feedView{}, failed
	}
	shown := h.show(after)
	if failed == nil {
		shown.Change = showChange(change)
	}
	return shown, nil
}

type setRequest struct {
	feedRequest
	State string `json:"state" validate:"required,oneof=paused ok" description:"What it is to be"`
}

func (h *handler) setFeed(ctx context.Context, r setRequest) (feedView, error) {
	if _, err := h.access.Admin(r.Credentials); err != nil {
		return feedView{}, err
	}
	if r.State == paused {
		return h.after(ctx, r.feedRequest, h.Calendars.Pause(ctx, r.AccommodationID, r.FeedID))
	}
	before, err := h.Calendars.FeedOf(ctx, r.AccommodationID, r.FeedID, h.Now())
	if err != nil {
		return feedView{}, err
	}
	if stateOf(before) != quarantined {
		return h.after(ctx, r.feedRequest, h.Calendars.Resume(ctx, r.AccommodationID, r.FeedID))
	}
	change, err := h.Calendars.Believe(ctx, r.AccommodationID, r.FeedID, h.Now())
	shown, err := h.after(ctx, r.feedRequest, err)
	shown.Change = showChange(change)
	return shown, err
}

// after shows a feed once something was done to it, if it was.
func (h *handler) after(ctx context.Context, r feedRequest, done error) (feedView, error) {
	if done != nil {
		return feedView{}, done
	}
	found, err := h.Calendars.FeedOf(ctx, r.AccommodationID, r.FeedID, h.Now())
	if err != nil {
		return feedView{}, err
	}
	return h.show(found), nil
}

func (h *handler) rotateFeed(ctx context.Context, r feedRequest) (feedView, error) {
	if _, err := h.access.Admin(r.Credentials); err != nil {
		return feedView{}, err
	}
	return h.after(ctx, r, h.Calendars.Rotate(ctx, r.AccommodationID, r.FeedID))
}

func (h *handler) deleteFeed(w http.ResponseWriter, r *http.Request) error {
	return h.remove(w, r, "feed", func(ctx context.Context, cabin, feed int64) error {
		return h.Calendars.Delete(ctx, cabin, feed, h.Now())
	})
}

// remove takes away what a part of the path names.
func (h *handler) remove(w http.ResponseWriter, r *http.Request, part string, act func(ctx context.Context, cabin, id int64) error) error {
	if _, err := h.access.Admin(web.Credentials{Authorization: r.Header.Get("Authorization")}); err != nil {
		return err
	}
	cabin, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return fault.ErrNotFound
	}
	id, err := strconv.ParseInt(r.PathValue(part), 10, 64)
	if err != nil {
		return fault.ErrNotFound
	}
	if err := act(r.Context(), cabin, id); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}
