package ical_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eevans-d/sist-cabanas/functions/ical"
	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/icalendar"
)

const importPath = "/api/v1/ical/import"

// sold is a feed of one stay, from 4 to 7 December.
const sold = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//EN\r\n" +
	"BEGIN:VEVENT\r\nUID:a@example.com\r\nDTSTART;VALUE=DATE:20261204\r\nDTEND;VALUE=DATE:20261207\r\nSUMMARY:Reserved\r\nEND:VEVENT\r\n" +
	"END:VCALENDAR\r\n"

// imported is what an import is answered. It is written down here once more, so that a renamed field is noticed.
type imported struct {
	FeedID       int64     `json:"feed_id"`
	DryRun       bool      `json:"dry_run"`
	Added        int       `json:"added"`
	Moved        int       `json:"moved"`
	Freed        int       `json:"freed"`
	Echoes       int       `json:"echoes"`
	NightsClosed []stretch `json:"nights_closed"`
	NightsOpened []stretch `json:"nights_opened"`
	Skipped      []unread  `json:"skipped"`
	Quarantined  bool      `json:"quarantined"`
	Reason       string    `json:"reason,omitempty"`
}

type stretch struct {
	From string `json:"from"`
	To   string `json:"to"`
}

type unread struct {
	Line   int    `json:"line"`
	Reason string `json:"reason"`
}

func (a answer) imported(t testing.TB) imported {
	t.Helper()
	var v imported
	if err := json.Unmarshal([]byte(a.body), &v); err != nil || a.status != http.StatusOK || a.header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %v: %s", a.status, err, a.body)
	}
	again, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if string(again)+"\n" != a.body {
		t.Errorf("other fields than expected:\nsent %s\nread %s", a.body, again)
	}
	return v
}

// office is a function on one cabin that has two feeds: one of Airbnb that is read, and one of Vrbo that is not.
type office struct {
	*bundle
	*fake
	into   []int64 // the feeds that were imported into
	dry    []bool
	final  []bool // by the owner's word
	texts  []string
	change calendar.Change
	unread []icalendar.Skipped
	err    error
}

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{fake: &fake{}}
	o.fake.feeds = func(cabin, after int64) ([]calendar.Feed, error) {
		if cabin != 1 {
			return nil, fault.ErrNotFound
		}
		all := []calendar.Feed{{ID: 3, Source: "airbnb", URL: "https://example.com/secret"}, {ID: 4, Source: "vrbo"}}
		return slices.DeleteFunc(all, func(f calendar.Feed) bool { return f.ID <= after }), nil
	}
	o.bundle = serve(t, func(now func() time.Time) ical.Deps {
		return ical.Deps{
			Calendars: o.fake, Now: now,
			Cabin: func(_ context.Context, ref string) (*booking.Accommodation, error) {
				if ref != "1" {
					return nil, fault.ErrNotFound
				}
				return &booking.Accommodation{ID: 1, Zone: time.FixedZone("Buenos Aires", -3*60*60)}, nil
			},
			Channels: o,
		}
	})
	return o
}

func (o *office) Import(_ context.Context, feedID int64, text []byte, dry bool) (calendar.Change, []icalendar.Skipped, error) {
	return o.note(feedID, text, dry, false)
}

func (o *office) Replace(_ context.Context, feedID int64, text []byte, dry bool) (calendar.Change, []icalendar.Skipped, error) {
	return o.note(feedID, text, dry, true)
}

func (o *office) note(feedID int64, text []byte, dry, final bool) (calendar.Change, []icalendar.Skipped, error) {
	o.into, o.dry, o.final, o.texts = append(o.into, feedID), append(o.dry, dry), append(o.final, final), append(o.texts, string(text))
	return o.change, o.unread, o.err
}

// send imports JSON as an owner.
func (o *office) send(t testing.TB, fields map[string]any) answer {
	t.Helper()
	body, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return o.do(t.Context(), http.MethodPost, importPath, string(body), append(o.asOwner(t), "Content-Type", "application/json")...)
}

// post imports a text as an owner does from a shell.
func (o *office) post(t testing.TB, query url.Values, text string) answer {
	t.Helper()
	return o.do(t.Context(), http.MethodPost, importPath+"?"+query.Encode(), text, append(o.asOwner(t), "Content-Type", "text/calendar; charset=utf-8")...)
}

func TestAnImportGoesIntoTheFeedThatNobodyReads(t *testing.T) {
	t.Parallel()

	t.Run("which is there, whichever way it comes", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		o.change = calendar.Change{
			Added: 2, Moved: 1, Freed: 3, Echoes: 1, Closes: []civil.Nights{nights(2026, 12, 4, 3)}, Opens: []civil.Nights{nights(2027, 1, 1, 1)},
		}
		o.unread = []icalendar.Skipped{{Line: 12, UID: "Ana Pérez", Reason: "has no start"}}
		want := imported{
			FeedID: 4, Added: 2, Moved: 1, Freed: 3, Echoes: 1, NightsClosed: []stretch{{"2026-12-04", "2026-12-07"}},
			NightsOpened: []stretch{{"2027-01-01", "2027-01-02"}}, Skipped: []unread{{12, "has no start"}},
		}
		same := func(got imported) {
			t.Helper()
			if g, w := asText(t, got), asText(t, want); g != w {
				t.Errorf("got  %s\nwant %s", g, w)
			}
		}
		same(o.send(t, map[string]any{"accommodation_id": 1, "source": " Vrbo ", "ics": sold}).imported(t))
		same(o.post(t, url.Values{"accommodation_id": {"1"}, "source": {"vrbo"}}, sold).imported(t))
		want.DryRun = true
		same(o.send(t, map[string]any{"accommodation_id": 1, "source": "vrbo", "ics": sold, "dry_run": true}).imported(t))
		same(o.post(t, url.Values{"accommodation_id": {"1"}, "source": {"vrbo"}, "dry_run": {"1"}}, sold).imported(t))
		if !slices.Equal(o.into, []int64{4, 4, 4, 4}) || !slices.Equal(o.dry, []bool{false, false, true, true}) {
			t.Errorf("%v %v", o.into, o.dry)
		}
		for _, text := range o.texts {
			if text != sold {
				t.Errorf("the text was %q", text)
			}
		}
	})

	t.Run("or which is made, but not by a dry run", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		made := 0
		o.add = func(cabin int64, source, url string) (calendar.Feed, error) {
			if cabin != 1 || source != "airbnb" || url != "" {
				t.Errorf("added %d %q %q", cabin, source, url)
			}
			made++
			return calendar.Feed{ID: 9}, nil
		}
		body := map[string]any{"accommodation_id": 1, "source": "airbnb", "ics": sold, "dry_run": true}
		got := o.send(t, body).imported(t)
		if got.FeedID != 0 || !got.DryRun || got.Added != 1 || !slices.Equal(got.NightsClosed, []stretch{{"2026-12-04", "2026-12-07"}}) || o.into != nil {
			t.Errorf("%+v, imported into %v", got, o.into)
		}
		body["ics"] = "<html>"
		o.send(t, body).refusal(t, http.StatusUnprocessableEntity, "invalid", "ics")
		delete(body, "dry_run")
		o.send(t, body).refusal(t, http.StatusUnprocessableEntity, "invalid", "ics")
		if made > 0 {
			t.Error("a text that is no calendar leaves a feed behind")
		}
		body["ics"] = sold
		if got := o.send(t, body).imported(t); got.FeedID != 9 || made != 1 || !slices.Equal(o.into, []int64{9}) {
			t.Errorf("%+v, imported into %v", got, o.into)
		}
	})

	t.Run("and is quarantined like any other, unless it is believed", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		o.change = calendar.Change{QuarantineBegan: true, Reason: "everything is gone"}
		body := map[string]any{"accommodation_id": 1, "source": "vrbo", "ics": sold}
		if got := o.send(t, body).imported(t); !got.Quarantined || got.Reason != "everything is gone" {
			t.Errorf("%+v", got)
		}
		body["believe"] = true
		o.send(t, body).imported(t)
		body["dry_run"] = true
		o.send(t, body).imported(t)
		if !slices.Equal(o.final, []bool{false, true, true}) || !slices.Equal(o.dry, []bool{false, false, true}) {
			t.Errorf("by the owner's word %v, dry %v", o.final, o.dry)
		}
	})

	t.Run("and of ten thousand bad events a hundred are told", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		o.unread = make([]icalendar.Skipped, 10_000)
		if got := o.post(t, url.Values{"accommodation_id": {"1"}, "source": {"vrbo"}}, sold).imported(t); len(got.Skipped) != 100 {
			t.Errorf("%d", len(got.Skipped))
		}
	})
}

func asText(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestImportsThatAreRefused(t *testing.T) {
	t.Parallel()
	good := map[string]any{"accommodation_id": 1, "source": "vrbo", "ics": sold}
	but := func(name string, value any) map[string]any {
		changed := map[string]any{name: value}
		for other, v := range good {
			if other != name {
				changed[other] = v
			}
		}
		if value == nil {
			delete(changed, name)
		}
		return changed
	}
	for name, c := range map[string]struct {
		body   map[string]any
		status int
		code   string
		fields []string
	}{
		"an unknown cabin":      {but("accommodation_id", 2), 404, "not_found", nil},
		"no cabin":              {but("accommodation_id", nil), 422, "invalid", []string{"accommodation_id"}},
		"no source":             {but("source", nil), 422, "invalid", []string{"source"}},
		"a source of two words": {but("source", "my friend"), 422, "invalid", []string{"source"}},
		"no text":               {but("ics", nil), 422, "invalid", []string{"ics"}},
		"a misspelt field":      {but("dryrun", true), 422, "invalid", []string{"dryrun"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.send(t, c.body).refusal(t, c.status, c.code, c.fields...)
			if o.into != nil {
				t.Error("it was imported all the same")
			}
		})
	}

	t.Run("a query that says something else", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		for want, query := range map[string]url.Values{
			"accommodation_id": {"source": {"vrbo"}},
			"source":           {"accommodation_id": {"1"}, "source": {""}},
			"dry-run":          {"accommodation_id": {"1"}, "source": {"vrbo"}, "dry-run": {"true"}},
			"dry_run":          {"accommodation_id": {"1"}, "source": {"vrbo"}, "dry_run": {"maybe"}},
			"believe":          {"accommodation_id": {"1"}, "source": {"vrbo"}, "believe": {""}},
		} {
			o.post(t, query, sold).refusal(t, http.StatusUnprocessableEntity, "invalid", want)
		}
		o.post(t, url.Values{"accommodation_id": {"one"}, "t": {"x"}}, sold).refusal(t, http.StatusUnprocessableEntity, "invalid", "accommodation_id", "t")
		o.post(t, url.Values{"accommodation_id": {"1"}, "source": {"vrbo"}}, "").refusal(t, http.StatusUnprocessableEntity, "invalid", "ics")
		o.do(t.Context(), http.MethodPost, importPath, "{}", append(o.asOwner(t), "Content-Type", "text/plain")...).refusal(t, http.StatusUnsupportedMediaType, "unsupported_media_type")
		if o.into != nil {
			t.Error("it was imported all the same")
		}
	})

	t.Run("what is too large", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		large := strings.Repeat("x", 14<<20)
		o.post(t, url.Values{"accommodation_id": {"1"}, "source": {"vrbo"}}, large).refusal(t, http.StatusRequestEntityTooLarge, "too_large")
		o.send(t, but("ics", large)).refusal(t, http.StatusRequestEntityTooLarge, "too_large")
	})

	t.Run("what the importer finds wrong", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		o.err = fault.InField("ics", "is no calendar")
		o.send(t, good).refusal(t, http.StatusUnprocessableEntity, "invalid", "ics")
	})
}

// unwilling is a body that must not be read.
type unwilling struct{ t *testing.T }

func (u unwilling) Read([]byte) (int, error) {
	u.t.Error("the body of somebody who may not import is read")
	return 0, context.Canceled
}

func TestOnlyOwnersImport(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, headers := range [][]string{nil, {"Authorization", "Bearer nonsense"}, {"X-Guest-Token", "x"}} {
		o.do(t.Context(), http.MethodPost, importPath, `{"accommodation_id":1}`, headers...).refusal(t, http.StatusUnauthorized, "unauthenticated")
	}
	server := start(t, o.bundle)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+importPath, unwilling{t})
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Expect", "100-continue")
	server.Client().Transport.(*http.Transport).ExpectContinueTimeout = time.Minute
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusUnauthorized {
		t.Errorf("%d", response.StatusCode)
	}
}

func TestTextsAreImportedOneAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		o := newOffice(t)
		o.feeds = func(int64, int64) ([]calendar.Feed, error) {
			<-hold
			return nil, fault.ErrNotFound
		}
		body := map[string]any{"accommodation_id": 1, "source": "vrbo", "ics": sold}
		var first sync.WaitGroup
		first.Go(func() { o.send(t, body).refusal(t, http.StatusNotFound, "not_found") })
		synctest.Wait()
		a := o.send(t, body)
		if a.refusal(t, http.StatusServiceUnavailable, "busy"); a.header.Get("Retry-After") == "" {
			t.Errorf("%v", a.header)
		}
		close(hold)
		first.Wait()
		o.send(t, body).refusal(t, http.StatusNotFound, "not_found")
	})
}

func FuzzImport(f *testing.F) {
	f.Add("application/json", `{"accommodation_id":1,"source":"vrbo","ics":"BEGIN:VCALENDAR"}`, "")
	f.Add("text/calendar", sold, "accommodation_id=1&source=vrbo")
	f.Add("text/calendar", "", "dry_run=%zz&&;=")
	o := newOffice(f)
	o.add = func(int64, string, string) (calendar.Feed, error) { return calendar.Feed{ID: 9}, nil }
	headers := o.asOwner(f)
	f.Fuzz(func(t *testing.T, kind, body, query string) {
		if strings.Contains(query, " ") || !isPrintable(query) || !isPrintable(kind) { // no client sends that
			return
		}
		target := &url.URL{Path: importPath, RawQuery: query}
		a := o.do(context.Background(), http.MethodPost, target.String(), body, append(headers, "Content-Type", kind)...)
		if a.status >= 500 {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}

func isPrintable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
}
