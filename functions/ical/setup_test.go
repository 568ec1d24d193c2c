package ical_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/functions/ical"
	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

const owner = "owner@example.com"

// noon is when tests begin: Tuesday, 9 in the morning in Buenos Aires.
var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

// clock is a time that tests move by hand.
type clock struct{ since atomic.Int64 }

func (c *clock) now() time.Time       { return noon.Add(time.Duration(c.since.Load())) }
func (c *clock) move(d time.Duration) { c.since.Add(int64(d)) }

type logged struct {
	mu   sync.Mutex
	text []byte
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	return len(p), nil
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// bundle is the function with the contract around it, as the router puts it together.
type bundle struct {
	http.Handler
	clock  *clock
	log    *logged
	access *web.Access
}

func serve(t testing.TB, deps func(now func() time.Time) ical.Deps) *bundle {
	t.Helper()
	b := &bundle{clock: &clock{}, log: &logged{}}
	access := web.AccessConfig{JWTSecret: "the owner's key, of these tests only", Admins: []string{owner}}
	b.access = web.NewAccess(access, b.clock.now)
	f := function.Serve(ical.Spec, func(context.Context, struct{}) (http.Handler, error) {
		c := ical.Config{AccessConfig: access, SiteConfig: web.SiteConfig{BaseURL: "https://cabins.test:8443/"}}
		return ical.New(c, deps(b.clock.now)), nil
	})
	host := &function.Host{Metrics: function.NewMetrics(prometheus.NewRegistry()), Log: zerolog.New(b.log)}
	handler, err := host.Handler(t.Context(), f, func(any) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	mux := function.NewMux(host)
	mux.Mount(f, handler)
	b.Handler = mux
	return b
}

// fake is a Calendars of which a test says what it answers; what it does not say must not be asked.
type fake struct {
	ical.Calendars
	export func(cabin int64, token string) (calendar.Export, error)
	read   func(feedID int64, at time.Time) error
	feeds  func(cabin, after int64) ([]calendar.Feed, error)
	add    func(cabin int64, source, url string) (calendar.Feed, error)
}

func (f *fake) Export(_ context.Context, cabin int64, token string, _ time.Time) (calendar.Export, error) {
	return f.export(cabin, token)
}

func (f *fake) Read(_ context.Context, feedID int64, at time.Time) error {
	if f.read == nil {
		return nil
	}
	return f.read(feedID, at)
}

func (f *fake) Feeds(_ context.Context, cabin int64, _ time.Time, after int64, _ int) ([]calendar.Feed, error) {
	return f.feeds(cabin, after)
}

func (f *fake) Add(_ context.Context, cabin int64, source, url string, _ time.Time) (calendar.Feed, error) {
	return f.add(cabin, source, url)
}

// with is the function on a fake.
func with(t testing.TB, f *fake) *bundle {
	t.Helper()
	return serve(t, func(now func() time.Time) ical.Deps { return ical.Deps{Calendars: f, Now: now} })
}

const token = "0123456789abcdef0123456789abcdef"

// lists is the export of cabin 1 to the holder of token, of one stay for each version, and of a closure.
func lists(version int) func(int64, string) (calendar.Export, error) {
	return func(cabin int64, asked string) (calendar.Export, error) {
		if cabin != 1 || asked != token {
			return calendar.Export{}, fault.ErrNotFound.WithDetail("There is no such feed.")
		}
		export := calendar.Export{FeedID: 7, AccommodationID: 1, Slug: "bosque", Source: "airbnb"}
		for i := range version {
			export.Entries = append(export.Entries, calendar.Entry{
				UID: "stay-" + string(rune('a'+i)), Nights: nights(2026, 12, 4+3*i, 2), Stay: true, Changed: noon, Version: i,
			})
		}
		export.Entries = append(export.Entries, calendar.Entry{UID: "closed", Nights: nights(2027, 1, 10, 5), Changed: noon})
		return export, nil
	}
}

func nights(year int, month time.Month, day, n int) civil.Nights {
	from := civil.New(year, month, day)
	return civil.Nights{From: from, To: from.AddDays(n)}
}

type answer struct {
	status int
	header http.Header
	body   string
}

// do asks; headers are names and values in turn.
func (b *bundle) do(ctx context.Context, method, path, body string, headers ...string) answer {
	r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Add(pair[0], pair[1])
	}
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.String()}
}

func (b *bundle) get(path string, headers ...string) answer {
	return b.do(context.Background(), http.MethodGet, path, "", headers...)
}

const feedPath = "/api/v1/ical/1/" + token + ".ics"

// asOwner is the header of an owner.
func (b *bundle) asOwner(t testing.TB) []string {
	t.Helper()
	token, err := b.access.AdminToken(owner, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return []string{"Authorization", "Bearer " + token}
}

// refusal checks that an answer is a problem document about certain fields, and returns it without what differs each time.
func (a answer) refusal(t testing.TB, status int, code string, fields ...string) string {
	t.Helper()
	var p map[string]any
	err := json.Unmarshal([]byte(a.body), &p)
	if err != nil || a.status != status || p["code"] != code || a.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %.500s, want %d %s", a.status, a.body, status, code)
		return ""
	}
	var named []string
	list, _ := p["errors"].([]any)
	for _, e := range list {
		named = append(named, e.(map[string]any)["field"].(string))
	}
	if !slices.Equal(named, fields) {
		t.Errorf("names the fields %q, want %q: %s", named, fields, a.body)
	}
	delete(p, "request_id")
	rest, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(rest)
}

func readAll(t testing.TB, r io.Reader) string {
	t.Helper()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
