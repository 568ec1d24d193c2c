package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/functions/admin"
	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
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

// bundle is the function over a real database with a cabin 1 and a cabin 2, put together as the router does it. What is read of
// feeds a test says with sync; what it does not say must not be asked for.
type bundle struct {
	server    *httptest.Server
	db        *pgxpool.Pool
	calendars *postgres.Calendars
	bookings  *postgres.Bookings
	payments  *postgres.Payments
	messages  *postgres.Messages
	talks     *postgres.Conversations
	clock     *clock
	log       *logged
	access    *web.Access
	sync      func(ctx context.Context, feed calendar.Feed) (calendar.Change, error)
}

func setup(t *testing.T) *bundle {
	t.Helper()
	pool, err := postgres.Open(postgres.Config{URL: config.Secret(pgtest.NewDSN(t))}, 4, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	share := pool.Share(4)
	noQueue := func(context.Context, pgx.Tx, ...postgres.Job) error { return nil } // nobody does jobs here
	b := &bundle{
		db: pool.Raw(), calendars: postgres.NewCalendars(share), bookings: postgres.NewBookings(share), clock: &clock{}, log: &logged{},
		payments: postgres.NewPayments(share, noQueue, postgres.Rules{}), messages: postgres.NewMessages(share, noQueue),
		talks: postgres.NewConversations(share, noQueue),
	}
	b.sql(t, `insert into accommodations (slug, name, type, capacity, base_price) values ('bosque', 'Bosque', 'cabin', 4, 10000), ('lago', 'Lago', 'cabin', 4, 10000)`)
	access := web.AccessConfig{JWTSecret: "the owner's key, of these tests only", Admins: []string{owner}}
	b.access = web.NewAccess(access, b.clock.now)
	f := function.Serve(admin.Spec, func(context.Context, struct{}) (http.Handler, error) {
		return admin.New(admin.Config{AccessConfig: access, SiteConfig: web.SiteConfig{BaseURL: "https://cabins.test/"}}, admin.Deps{
			Payments: b.payments, Messages: b.messages, Conversations: b.talks,
			Calendars: b.calendars, AwaitingApproval: b.bookings.AwaitingApproval, Now: b.clock.now,
			Sync: func(ctx context.Context, feed calendar.Feed) (calendar.Change, error) {
				if b.sync == nil {
					t.Error("a feed is read")
					return calendar.Change{}, nil
				}
				return b.sync(ctx, feed)
			},
			Feeds: admin.Addresses{
				Normalize: strings.TrimSpace,
				Mask:      func(string) string { return "https://example.com/…" },
				Check: func(url string) error {
					if !strings.HasPrefix(url, "https://example.com/") {
						return fault.InField("url", "must be on the public Internet")
					}
					return nil
				},
			},
		}), nil
	})
	host := &function.Host{Metrics: function.NewMetrics(prometheus.NewRegistry()), Log: zerolog.New(b.log)}
	handler, err := host.Handler(t.Context(), f, func(any) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	mux := function.NewMux(host)
	mux.Mount(f, handler)
	b.server = httptest.NewServer(mux)
	t.Cleanup(b.server.Close)
	return b
}

// sql changes the database as an operator would.
func (b *bundle) sql(t testing.TB, statement string, args ...any) {
	t.Helper()
	if _, err := b.db.Exec(context.WithoutCancel(t.Context()), statement, args...); err != nil {
		t.Fatal(err)
	}
}

// reads makes every feed list what events say when it is read.
func (b *bundle) reads(events ...calendar.Listed) {
	b.sync = func(ctx context.Context, feed calendar.Feed) (calendar.Change, error) {
		fetched := calendar.Fetched{Listed: events}
		return b.calendars.Apply(ctx, feed.ID, b.clock.now(), calendar.Said{Digest: calendar.Digest(events)}, false,
			func(s calendar.State, at calendar.Facts) calendar.State { return s.Step(fetched, at) })
	}
}

// fails makes every feed fail when it is read.
func (b *bundle) fails() {
	b.sync = func(ctx context.Context, feed calendar.Feed) (calendar.Change, error) {
		now := b.clock.now()
		return calendar.Change{}, errors.Join(errors.New("hunter2"), b.calendars.Failed(ctx, feed.ID, now, "The calendar answers 502.", now.Add(time.Hour)))
	}
}

type answer struct {
	status int
	header http.Header
	body   string
}

// as sends a request; headers are names and values in turn.
func (b *bundle) as(t testing.TB, headers []string, method, path, body string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, b.server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	response, err := b.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(read)}
}

// do is as for an owner.
func (b *bundle) do(t testing.TB, method, path, body string) answer {
	t.Helper()
	token, err := b.access.AdminToken(owner, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return b.as(t, []string{"Authorization", "Bearer " + token}, method, path, body)
}

// decode reads an answer of a status, which must have the fields of T and no others: what was read is written again, and
// must be what was sent.
func decode[T any](t testing.TB, a answer, status int) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(a.body), &v); err != nil || a.status != status {
		t.Fatalf("status %d, want %d, %v: %s", a.status, status, err, a.body)
	}
	var again strings.Builder
	encoder := json.NewEncoder(&again)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		t.Fatal(err)
	}
	if again.String() != a.body {
		t.Errorf("other fields than expected:\nsent %s\nread %s", a.body, again.String())
	}
	return v
}

// refusal checks that an answer is a problem document of a status and code, about certain fields.
func (a answer) refusal(t testing.TB, status int, code string, fields ...string) {
	t.Helper()
	var p struct {
		Code   string
		Errors []struct{ Field string }
	}
	err := json.Unmarshal([]byte(a.body), &p)
	if err != nil || a.status != status || p.Code != code || a.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s, want %d %s", a.status, a.body, status, code)
	}
	var named []string
	for _, e := range p.Errors {
		named = append(named, e.Field)
	}
	if !slices.Equal(named, fields) {
		t.Errorf("names the fields %q, want %q: %s", named, fields, a.body)
	}
}
