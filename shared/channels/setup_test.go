package channels_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	_ "time/tzdata" // the machine may have no zones of its own

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/channels"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/feeds"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// noon is when tests begin, and the first of December the day from which they count nights.
var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

// nights are those from one day after the first of December until another.
func nights(from, to int) civil.Nights {
	first := civil.New(2026, 12, 1)
	return civil.Nights{From: first.AddDays(from), To: first.AddDays(to)}
}

// clock stands still until it is moved.
type clock struct{ since atomic.Int64 }

func (c *clock) now() time.Time       { return noon.Add(time.Duration(c.since.Load())) }
func (c *clock) move(d time.Duration) { c.since.Add(int64(d)) }

type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// bundle is the channels of a process with a real store, a real client, and a site that has feeds.
type bundle struct {
	*channels.Channels
	calendars *postgres.Calendars
	bookings  *postgres.Bookings
	clock     clock
	log       *logged
	site      *site
	dsn       string
	operator  *pgxpool.Pool
	registry  *prometheus.Registry
}

func setup(t testing.TB) *bundle {
	t.Helper()
	b := &bundle{dsn: pgtest.NewDSN(t), log: &logged{}, site: newSite(t)}
	operator, err := pgxpool.New(t.Context(), b.dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(operator.Close)
	b.operator = operator
	b.Channels, b.calendars = b.process(t, nil)
	return b
}

// process is another process at the same feeds. Something may stand between it and its store.
func (b *bundle) process(t testing.TB, between func(*postgres.Calendars) channels.Store) (*channels.Channels, *postgres.Calendars) {
	t.Helper()
	b.registry = prometheus.NewRegistry()
	pool, err := postgres.Open(postgres.Config{URL: config.Secret(b.dsn)}, 8, b.registry)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	b.bookings = postgres.NewBookings(pool.Share(4))
	calendars := postgres.NewCalendars(pool.Share(4))
	store := channels.Store(calendars)
	if between != nil {
		store = between(calendars)
	}
	made := channels.New(channels.Config{
		SiteConfig: web.SiteConfig{BaseURL: "https://cabanas.example"}, FreshFor: 10 * time.Minute, Quarantine: 6 * time.Hour,
	}, channels.Deps{
		Store: store, Fetch: feeds.New(feeds.Config{AllowPrivate: true}), Now: b.clock.now, Log: zerolog.New(b.log),
		Jitter: func(below time.Duration) time.Duration { return min(below/2, time.Millisecond) },
	})
	t.Cleanup(made.Close)
	return made, calendars
}

// cabin makes a cabin that has everything by default.
func (b *bundle) cabin(t testing.TB) int64 {
	t.Helper()
	return one[int64](t, b, `insert into accommodations (name, type, capacity, base_price) values ('Lake', 'cabin', 4, 10000) returning id`)
}

func one[T any](t testing.TB, b *bundle, query string, args ...any) (value T) {
	t.Helper()
	if err := b.operator.QueryRow(t.Context(), query, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

// add gives a cabin a feed of the site.
func (b *bundle) add(t testing.TB, cabin int64, name string) (calendar.Feed, *feedPage) {
	t.Helper()
	f, err := b.calendars.Add(t.Context(), cabin, "airbnb", b.site.URL+"/"+name+".ics?t=secret", b.clock.now())
	if err != nil {
		t.Fatal(err)
	}
	return f, b.site.page("/" + name + ".ics")
}

// feed is how a feed is now.
func (b *bundle) feed(t testing.TB, f calendar.Feed) calendar.Feed {
	t.Helper()
	found, err := b.calendars.Feed(t.Context(), f.ID)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// sync reads a feed as it is now, and fails the test if that fails.
func (b *bundle) sync(t testing.TB, f calendar.Feed) calendar.Change {
	t.Helper()
	change, err := b.Sync(t.Context(), b.feed(t, f), channels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return change
}

// all reads all feeds that are due, five minutes after whatever was before.
func (b *bundle) all(t testing.TB) channels.Report {
	t.Helper()
	b.clock.move(5 * time.Minute)
	report, err := b.SyncAll(t.Context(), channels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// free reports whether a guest gets nights of a cabin.
func (b *bundle) free(t testing.TB, cabin int64, n civil.Nights) bool {
	t.Helper()
	offer, err := b.bookings.Offer(t.Context(), cabin, n, "", b.clock.now())
	if err != nil {
		t.Fatal(err)
	}
	return offer.Free
}

// statements is how many statements or pipelines the process has sent.
func (b *bundle) statements(t testing.TB) uint64 {
	t.Helper()
	families, err := b.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == "pg_latency_seconds" {
			return family.GetMetric()[0].GetHistogram().GetSampleCount()
		}
	}
	t.Fatal("pg_latency_seconds is not measured")
	return 0
}

// site is another site that has feeds.
type site struct {
	*httptest.Server
	mu    sync.Mutex
	pages map[string]*feedPage
	over  chan struct{} // closed at the end: what hangs stops hanging
}

// feedPage is one feed. Its fields are changed under set.
type feedPage struct {
	site   *site
	stays  []civil.Nights
	text   string // instead of the stays
	status int    // instead of 200
	header http.Header
	etag   string
	gzip   bool
	hang   bool

	reads, answered304 int
	sent               []http.Header
	began, goOn        chan struct{} // if not nil: told of every request, and waited for before the answer
}

func newSite(t testing.TB) *site {
	t.Helper()
	s := &site{pages: make(map[string]*feedPage), over: make(chan struct{})}
	s.Server = httptest.NewServer(s)
	t.Cleanup(func() { close(s.over); s.Close() })
	return s
}

func (s *site) page(path string) *feedPage {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pages[path] == nil {
		s.pages[path] = &feedPage{site: s}
	}
	return s.pages[path]
}

func (p *feedPage) set(change func(*feedPage)) {
	p.site.mu.Lock()
	defer p.site.mu.Unlock()
	change(p)
}

func (p *feedPage) lists(stays ...civil.Nights) {
	p.set(func(p *feedPage) { p.stays = stays })
}

// seen is how often it was read, and what was sent.
func (p *feedPage) seen() (reads, answered304 int, sent []http.Header) {
	p.site.mu.Lock()
	defer p.site.mu.Unlock()
	return p.reads, p.answered304, p.sent
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p := s.page(r.URL.Path)
	s.mu.Lock()
	p.reads++
	p.sent = append(p.sent, r.Header)
	now, text := *p, p.text
	if text == "" {
		text = ics(p.stays...)
	}
	if p.etag != "" && r.Header.Get("If-None-Match") == p.etag && p.status == 0 {
		p.answered304++
		now.status = http.StatusNotModified
	}
	s.mu.Unlock()
	if now.began != nil {
		now.began <- struct{}{}
		<-now.goOn
	}
	if now.hang {
		select {
		case <-r.Context().Done():
		case <-s.over:
		}
		return
	}
	now.answer(w, text)
}

func (p *feedPage) answer(w http.ResponseWriter, text string) {
	maps.Copy(w.Header(), p.header)
	if p.etag != "" {
		w.Header().Set("ETag", p.etag)
	}
	if p.gzip {
		w.Header().Set("Content-Encoding", "gzip")
	}
	if p.status != 0 {
		w.WriteHeader(p.status)
		return
	}
	if p.gzip {
		packed := gzip.NewWriter(w)
		io.WriteString(packed, text)
		packed.Close()
		return
	}
	io.WriteString(w, text)
}

var stamps atomic.Int64

// ics is a feed as Airbnb makes it, no two alike.
func ics(stays ...civil.Nights) string {
	var text strings.Builder
	text.WriteString("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Airbnb Inc//Hosting Calendar 1.0//EN\r\n")
	compact := func(d civil.Date) string { return strings.ReplaceAll(d.String(), "-", "") }
	for _, n := range stays {
		fmt.Fprintf(&text, "BEGIN:VEVENT\r\nDTSTAMP:%s\r\nDTSTART;VALUE=DATE:%s\r\nDTEND;VALUE=DATE:%s\r\nSUMMARY:Reserved\r\n"+
			"UID:1418fb94e984-%s@airbnb.com\r\nDESCRIPTION:Phone Number (Last 4 Digits): 1234\r\nEND:VEVENT\r\n",
			noon.Add(time.Duration(stamps.Add(1))*time.Second).Format("20060102T150405Z"), compact(n.From), compact(n.To), n.From)
	}
	text.WriteString("END:VCALENDAR\r\n")
	return text.String()
}

// fails is a store that does as it is told.
type fails struct {
	channels.Store
	due, apply, stale error
}

func (f *fails) Due(ctx context.Context, now time.Time, after int64, limit int) ([]calendar.Feed, error) {
	if f.due != nil {
		return nil, f.due
	}
	return f.Store.Due(ctx, now, after, limit)
}

func (f *fails) Apply(ctx context.Context, id int64, began time.Time, said calendar.Said, dry bool, step func(calendar.State, calendar.Facts) calendar.State) (calendar.Change, error) {
	if f.apply != nil {
		return calendar.Change{}, f.apply
	}
	return f.Store.Apply(ctx, id, began, said, dry, step)
}

func (f *fails) Stale(ctx context.Context, accommodationID int64, before time.Time) ([]calendar.Feed, error) {
	if f.stale != nil {
		return nil, f.stale
	}
	return f.Store.Stale(ctx, accommodationID, before)
}
