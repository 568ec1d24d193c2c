//go:build bench

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pglocal"
)

// TestBench prints how fast the binary is on this machine, in one run, against a Postgres of its own. Figures of shared
// machines mean little; ratios within one run mean more. It only fails if something is wrong, never for being slow.
func TestBench(t *testing.T) {
	b := newBench(t)
	b.startUp()
	b.holds()
	b.fight()
	b.reads()
}

const (
	benchCabins = 200
	benchDays   = 530 // nights on sale that are used, below the horizon
)

type bench struct {
	*testing.T
	server *pglocal.Server
	pool   *pgxpool.Pool
	router *process
	first  civil.Date // the first night that is used
}

func newBench(t *testing.T) *bench {
	t.Helper()
	debug.SetGCPercent(800) // this process is the clients, whose time is taken from what they measure
	server, err := pglocal.Start(t.Context(), pglocal.Options{Log: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop() }) //nolint:errcheck // the watcher stops it anyway
	pool, err := pgxpool.New(t.Context(), server.DSN("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	b := &bench{T: t, server: server, pool: pool, first: civil.Of(time.Now(), time.UTC).AddDays(2)}
	binary := buildRouter(t)
	runRouter(t, binary, server.DSN("postgres"), "run", "migrate")
	b.exec(`insert into accommodations (slug, name, type, capacity, base_price, photos)
		select 'cabin-x' || n, 'Cabin ' || n, 'cabin', 4, 10000 + n, '[{"url":"https://example.com/1.jpg"}]' from generate_series(1, $1) n`, benchCabins)
	b.exec(`insert into rates (accommodation_id, name, start_date, end_date, price)
		select id, 'Summer', $1::date + 60, $1::date + 120, 15000 from accommodations`, b.first)
	b.router = startRouter(t, binary, server.DSN("postgres"))
	return b
}

func (b *bench) exec(statement string, args ...any) {
	b.Helper()
	if _, err := b.pool.Exec(context.Background(), statement, args...); err != nil {
		b.Fatal(err)
	}
}

// reset empties what grows. No analyze: it would tell the planner that the table is empty, and sessions would keep a plan that
// reads all of it while it fills.
func (b *bench) reset() {
	b.exec(`truncate reservations, reservation_events, idempotency_keys cascade`)
}

// startUp: (d) exec → first 200 of /readyz, and memory at rest.
func (b *bench) startUp() {
	var took []time.Duration
	for range 11 {
		extra := startRouter(b.T, b.router.binary, b.server.DSN("postgres"))
		took = append(took, extra.ready)
		extra.kill()
	}
	slices.Sort(took)
	fmt.Printf("(d) exec → readyz 200: median %s, worst %s; resident at rest %d MB\n",
		took[len(took)/2].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond), b.router.residentMB())
}

// slot is a one-night stay that no other slot overlaps.
func (b *bench) slot(n int) (cabin int, checkIn, checkOut civil.Date) {
	checkIn = b.first.AddDays(n / benchCabins % benchDays)
	return n%benchCabins + 1, checkIn, checkIn.AddDays(1)
}

func holdBody(cabin int, checkIn, checkOut civil.Date) string {
	return fmt.Sprintf(`{"accommodation_id":%d,"check_in":"%s","check_out":"%s","guests":2,"contact_name":"Test User",`+
		`"contact_phone":"+5491155443322","channel":"web"}`, cabin, checkIn, checkOut)
}

// holds: (a) holds per second over HTTP, beside pgbench sending the same statements.
func (b *bench) holds() {
	script := b.capture()
	for _, clients := range []int{1, 16, 64} {
		b.reset()
		took := load(b.T, b.router.addr, clients, 4*time.Second, func(client, round int) *call {
			return post("/api/v1/reservations", holdBody(b.slot(round*clients+client)))
		}, func(_ int, status int, _ []byte) *call {
			if status != http.StatusCreated {
				b.Errorf("hold: status %d", status)
			}
			return nil
		})
		b.reset()
		reference := b.pgbench(script, clients, 4)
		fmt.Printf("(a) %2d clients: %6.0f holds/s over HTTP, p50 %s p99 %s; pgbench %6.0f/s; ratio %.2f\n",
			clients, took.perSecond(), took.at(.5), took.at(.99), reference, took.perSecond()/reference)
	}
	fmt.Printf("(d) resident after the load %d MB\n", b.router.residentMB())
}

// fight: (b) 64 clients want the same nights, and whoever gets them gives them back.
func (b *bench) fight() {
	b.reset()
	before := b.deadlocks()
	stay := holdBody(1, b.first, b.first.AddDays(3))
	wins, refusals := newCounter(), newCounter()
	took := load(b.T, b.router.addr, 64, 5*time.Second, func(int, int) *call { return post("/api/v1/reservations", stay) },
		func(_ int, status int, body []byte) *call {
			switch status {
			case http.StatusCreated:
				wins.add()
				return post(cancelPath(body), "{}")
			case http.StatusConflict:
				refusals.add()
			case http.StatusOK: // cancelled
			default:
				b.Errorf("fight: status %d: %s", status, body)
			}
			return nil
		})
	var overlaps int
	err := b.pool.QueryRow(context.Background(), `
		select count(*) from reservations x join reservations y
			on x.id < y.id and x.accommodation_id = y.accommodation_id and x.period && y.period
		where x.status in ('pre_reserved', 'confirmed') and y.status in ('pre_reserved', 'confirmed')`).Scan(&overlaps)
	if err != nil {
		b.Fatal(err)
	}
	deadlocks := b.deadlocks() - before
	fmt.Printf("(b) 64 clients, same nights: %.0f answers/s, %d winners, %.0f refusals/s, p50 %s p99 %s worst %s; overlaps %d, deadlocks %d\n",
		took.perSecond(), wins.n(), float64(refusals.n())/took.elapsed.Seconds(), took.at(.5), took.at(.99), took.at(1), overlaps, deadlocks)
	if overlaps != 0 || deadlocks != 0 {
		b.Errorf("%d overlaps, %d deadlocks", overlaps, deadlocks)
	}
}

func (b *bench) deadlocks() int {
	log, err := os.ReadFile(b.server.LogPath())
	if err != nil {
		b.Fatal(err)
	}
	return strings.Count(string(log), "deadlock")
}

// reads: (c) a year of availability, and a search over all cabins, half of them taken.
func (b *bench) reads() {
	b.reset()
	b.exec(`
		insert into reservations (code, accommodation_id, check_in, check_out, status)
		select 'B' || a.id || '-' || n, a.id, $1::date + n * 6 + a.id::int % 3, $1::date + n * 6 + a.id::int % 3 + 3, 'confirmed'
		from accommodations a, generate_series(0, 80) n`, b.first)
	b.exec(`vacuum analyze`)
	to := b.first.AddDays(365)
	year := load(b.T, b.router.addr, 16, 4*time.Second, func(client, round int) *call {
		return get(fmt.Sprintf("/api/v1/accommodations/%d/availability?from=%s&to=%s", (client*31+round)%benchCabins+1, b.first, to))
	}, expect200(b.T))
	search := load(b.T, b.router.addr, 16, 4*time.Second, func(int, int) *call {
		from := b.first.AddDays(rand.IntN(300))
		return get(fmt.Sprintf("/api/v1/availability?check_in=%s&check_out=%s&guests=2&limit=200", from, from.AddDays(2)))
	}, expect200(b.T))
	fmt.Printf("(c) 365 nights: %.0f/s, p99 %s, %d kB each; search over %d cabins: %.0f/s, p99 %s, %d kB each\n",
		year.perSecond(), year.at(.99), year.bytes/len(year.latencies)/1024, benchCabins,
		search.perSecond(), search.at(.99), search.bytes/len(search.latencies)/1024)
}

func expect200(t *testing.T) func(int, int, []byte) *call {
	t.Helper()
	return func(_ int, status int, body []byte) *call {
		if status != http.StatusOK {
			t.Errorf("status %d: %.200s", status, body)
		}
		return nil
	}
}
