package reserve_test

import (
	"context"
	"encoding/json"
	"io"
	"maps"
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

	"github.com/eevans-d/sist-cabanas/functions/reserve"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/desk"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

const (
	owner     = "owner@example.com"
	jwtSecret = "the owner's key, of these tests only"
)

// noon is when tests begin: Tuesday, 9 in the morning in Buenos Aires.
var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

// clock is a time that tests move by hand.
type clock struct{ since atomic.Int64 }

func (c *clock) now() time.Time       { return noon.Add(time.Duration(c.since.Load())) }
func (c *clock) move(d time.Duration) { c.since.Add(int64(d)) }
func (c *clock) set(now time.Time)    { c.since.Store(int64(now.Sub(noon))) }

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

// bundle is the function behind a real server, put together as the router does it.
type bundle struct {
	db        *pgxpool.Pool        // nil without a database
	wire      *prometheus.Registry // what was sent to it
	mux       http.Handler
	server    *httptest.Server
	clock     *clock
	log       *logged
	registry  *prometheus.Registry
	access    *web.Access
	calendars *channel
}

// channel stands for what reads the calendars of other channels.
type channel struct {
	asked atomic.Int32
	read  func(cabin int64) (fresh bool) // nil: they can be read, and nothing is new
}

func (c *channel) Refresh(_ context.Context, cabin int64) bool {
	c.asked.Add(1)
	return c.read == nil || c.read(cabin)
}

// setup has a database of its own with one cabin, number 1, which has everything by default: it sleeps 4, a night costs
// 10 000, and 12 000 on Fridays and Saturdays.
func setup(t *testing.T, adjust ...func(*reserve.Config)) *bundle {
	t.Helper()
	wire := prometheus.NewRegistry()
	pool, err := postgres.Open(postgres.Config{URL: config.Secret(pgtest.NewDSN(t))}, 8, wire)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	share := pool.Share(8)
	b := serve(t, store{postgres.NewBookings(share), postgres.NewPayments(share, noQueue, postgres.Rules{})}, adjust...)
	b.db, b.wire = pool.Raw(), wire
	b.sql(t, `insert into accommodations (slug, name, type, capacity, base_price) values ('bosque', 'Cabaña del Bosque', 'cabin', 4, 10000)`)
	return b
}

// store is both sides of the database that the function is given.
type store struct {
	*postgres.Bookings
	*postgres.Payments
}

// noQueue is for jobs that nobody does here.
func noQueue(context.Context, pgx.Tx, ...postgres.Job) error { return nil }

// serve is the function on whatever Bookings there are, which may be Payments too.
func serve(t testing.TB, bookings reserve.Bookings, adjust ...func(*reserve.Config)) *bundle {
	t.Helper()
	b := &bundle{
		clock: &clock{}, log: &logged{}, registry: prometheus.NewRegistry(), server: httptest.NewUnstartedServer(nil), calendars: &channel{},
	}
	access := web.AccessConfig{JWTSecret: jwtSecret, Admins: []string{owner}, GuestSecret: "the guests' key, of these tests only"}
	b.access = web.NewAccess(access, b.clock.now)
	f := function.Serve(reserve.Spec, func(context.Context, struct{}) (http.Handler, error) {
		c := reserve.Config{
			AccessConfig: access, SiteConfig: web.SiteConfig{BaseURL: "http://" + b.server.Listener.Addr().String() + "/"},
			Config: desk.Config{FreshFor: 10 * time.Minute, WhenStale: "accept"},
		}
		for _, a := range adjust {
			a(&c)
		}
		payments, _ := bookings.(reserve.Payments)
		return reserve.New(c, reserve.Deps{Bookings: bookings, Payments: payments, Calendars: b.calendars, Now: b.clock.now, Metrics: b.registry})
	})
	host := &function.Host{Metrics: function.NewMetrics(b.registry), Log: zerolog.New(b.log)}
	handler, err := host.Handler(t.Context(), f, func(any) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	mux := function.NewMux(host)
	mux.Mount(f, handler)
	b.mux = mux
	b.server.Config.Handler = mux
	b.server.Config.MaxHeaderBytes = 16 << 10 // the router's
	b.server.Start()
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

// one reads one value.
func one[T any](t testing.TB, b *bundle, query string, args ...any) T {
	t.Helper()
	rows, err := b.db.Query(context.WithoutCancel(t.Context()), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	value, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatal(query, err)
	}
	return value
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// do sends a request; headers are names and values in turn. A path may be a whole URL.
func (b *bundle) do(t testing.TB, method, path, body string, headers ...string) answer {
	t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = b.server.URL + path
	}
	r, err := http.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
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
	return answer{response.StatusCode, response.Header, read}
}

func (b *bundle) get(t testing.TB, path string, headers ...string) answer {
	t.Helper()
	return b.do(t, http.MethodGet, path, "", headers...)
}

func (b *bundle) post(t testing.TB, path, body string, headers ...string) answer {
	t.Helper()
	return b.do(t, http.MethodPost, path, body, headers...)
}

// asked is a good request for the nights from Friday 4 to Monday 7 December, with some fields changed; nil takes one away.
func asked(change map[string]any) string {
	request := map[string]any{
		"accommodation_id": 1, "check_in": "2026-12-04", "check_out": "2026-12-07", "guests": 2,
		"contact_name": "Ana Pérez", "contact_phone": "+5491155443322",
	}
	maps.Copy(request, change)
	maps.DeleteFunc(request, func(_ string, value any) bool { return value == nil })
	body, err := json.Marshal(request)
	if err != nil {
		panic(err) // a map of strings and numbers
	}
	return string(body)
}

// nights changes which nights are asked for.
func nights(from, to string) map[string]any { return map[string]any{"check_in": from, "check_out": to} }

const reservations = "/api/v1/reservations"

// held makes a reservation, which must be possible.
func (b *bundle) held(t testing.TB, change map[string]any, headers ...string) shown {
	t.Helper()
	return b.post(t, reservations, asked(change), headers...).reservation(t, http.StatusCreated)
}

// asOwner is the header of an owner.
func (b *bundle) asOwner(t testing.TB) []string {
	t.Helper()
	token, err := b.access.AdminToken(owner, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return []string{"Authorization", "Bearer " + token}
}
