package ical

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/icalendar"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// What owners read at other sites of nights that are taken here. It names nobody.
const (
	summaryStay   = "Reservado"
	summaryClosed = "Bloqueado"
)

const (
	// cacheControl lets whoever reads the feed keep it for five minutes, which none of the platforms does for less than
	// half an hour, and nobody on the way: the address is a secret.
	cacheControl = "private, max-age=300"
	queryTime    = 5 * time.Second
)

type fileRequest struct {
	ID   string `path:"id" description:"The id of the cabin"`
	File string `path:"file" description:"The token of the feed, as a rule with .ics behind it"`
}

type tokenRequest struct {
	ID    string `path:"id" description:"The id of the cabin"`
	Token string `path:"token" description:"The token of the feed, with or without .ics behind it"`
}

// rendered is a feed as it goes over the wire, and when it was looked up.
type rendered struct {
	*page
	at time.Time
}

// page is what there is to say of what is taken. It never changes, so that all who read it share it.
type page struct {
	of       calendar.Export
	filename string
	text     []byte
	tag      string // its ETag, of what is listed and when that changed, and not of when it was asked for
}

func (h *handler) export(w http.ResponseWriter, r *http.Request) error {
	feed, err := h.desk.ask(r.Context(), addressOf(r))
	if errors.Is(err, fault.ErrNotFound) {
		return fault.ErrNotFound // the same whatever was wrong
	}
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Cache-Control", cacheControl)
	header.Set("ETag", feed.tag)
	if web.HasTag(r, feed.tag) {
		w.WriteHeader(http.StatusNotModified)
	} else {
		header.Set("Content-Type", "text/calendar; charset=utf-8")
		header.Set("Content-Disposition", `inline; filename="`+feed.filename+`.ics"`)
		header.Set("Content-Length", strconv.Itoa(len(feed.text)))
		w.WriteHeader(http.StatusOK)
		if r.Method == http.MethodHead {
			return nil // it has not read any night
		}
		w.Write(feed.text) //nolint:errcheck // the client has gone: nothing is left to tell it
	}
	h.noteRead(w, r, feed)
	return nil
}

// noteRead records that the channel knows now what is taken here, once it has its answer.
func (h *handler) noteRead(w http.ResponseWriter, r *http.Request, feed rendered) {
	if !h.reads.due(feed.of.FeedID) {
		return
	}
	if http.NewResponseController(w).Flush() != nil {
		return // it never got it
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), queryTime)
	defer cancel()
	if err := h.Calendars.Read(ctx, feed.of.FeedID, feed.at); err != nil {
		web.Note(r.Context(), "read_not_recorded", err.Error())
	}
}

// address is whose feed is asked for. What cannot be one is made one that nobody has, so that asking for it takes as long.
type address struct {
	cabin int64
	token string
}

// noToken is asked for where there is no token in the request. A feed that had it by chance would be found by chance.
const noToken = "00000000000000000000000000000000"

func addressOf(r *http.Request) address {
	token := r.PathValue("file")
	if token == "" {
		token = r.PathValue("token")
	}
	a := address{token: strings.TrimSuffix(token, ".ics")}
	if !isToken(a.token) {
		return address{token: noToken}
	}
	id := r.PathValue("id")
	if n, err := strconv.ParseInt(id, 10, 64); err == nil && strconv.FormatInt(n, 10) == id {
		a.cabin = n // and not "+1" or "01": one thing has one address
	}
	return a
}

// isToken reports whether a text is 32 lower-case hexadecimal digits.
func isToken(text string) bool {
	return len(text) == len(noToken) && strings.Trim(text, "0123456789abcdef") == ""
}

// render looks a feed up and writes it down.
func (h *handler) render(ctx context.Context, a address) (rendered, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	now := h.Now()
	export, err := h.Calendars.Export(ctx, a.cabin, a.token, now)
	if err != nil {
		return rendered{}, err
	}
	return rendered{h.pages.of(export, h.write), now}, nil
}

// write makes the page of an export.
func (h *handler) write(export calendar.Export) *page {
	name := export.Slug
	if name == "" {
		name = strconv.FormatInt(export.AccommodationID, 10)
	}
	own := calendar.Own{CabinID: export.AccommodationID, Host: h.host}
	entries := make([]icalendar.Entry, len(export.Entries))
	for i, e := range export.Entries {
		summary := summaryClosed
		if e.Stay {
			summary = summaryStay
		}
		entries[i] = icalendar.Entry{UID: own.Name(e), Nights: e.Nights, Summary: summary, Changed: e.Changed, Sequence: e.Version}
	}
	text := icalendar.Append(make([]byte, 0, 512+256*len(entries)), name, entries)
	sum := sha256.Sum256(text)
	return &page{of: export, filename: name, text: text, tag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
}

// maxPages bounds the pages that are kept, of some ten kilobytes each.
const maxPages = 128

// pages keeps the latest page of each feed, so that what has not changed since is not written down again for everybody who
// asks. What is taken is looked up all the same.
type pages struct {
	mu     sync.Mutex
	latest map[int64]*page // by feed
}

func newPages() *pages { return &pages{latest: make(map[int64]*page)} }

func (p *pages) of(export calendar.Export, write func(calendar.Export) *page) *page {
	p.mu.Lock()
	kept := p.latest[export.FeedID]
	p.mu.Unlock()
	if kept != nil && sameExport(kept.of, export) {
		return kept
	}
	written := write(export)
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.latest) >= maxPages {
		clear(p.latest)
	}
	p.latest[export.FeedID] = written
	return written
}

func sameExport(a, b calendar.Export) bool {
	return a.FeedID == b.FeedID && a.AccommodationID == b.AccommodationID && a.Slug == b.Slug &&
		slices.EqualFunc(a.Entries, b.Entries, func(a, b calendar.Entry) bool {
			return a.UID == b.UID && a.Origin == b.Origin && a.Nights == b.Nights && a.Stay == b.Stay && a.Changed.Equal(b.Changed) && a.Version == b.Version
		})
}
