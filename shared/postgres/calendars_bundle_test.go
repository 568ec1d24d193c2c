package postgres_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

// feed gives a cabin a feed that is read.
func (b *bundle) feed(t testing.TB, cabin int64, source string) calendar.Feed {
	t.Helper()
	f, err := b.Calendars.Add(t.Context(), cabin, source, "https://"+source+".example/calendar.ics?t=secret", noon.Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// stay and closed are what a feed lists.
func stay(uid string, from, to int) calendar.Listed {
	return calendar.Listed{UID: uid, Nights: nights(from, to), Kind: calendar.Reserved}
}

func closed(uid string, from, to int) calendar.Listed {
	return calendar.Listed{UID: uid, Nights: nights(from, to), Kind: calendar.Blocked}
}

// exactly is a step without any guard: what is held becomes what is listed.
func exactly(listed ...calendar.Listed) func(calendar.State, calendar.Facts) calendar.State {
	return func(s calendar.State, at calendar.Facts) calendar.State {
		known := make(map[string]calendar.Held)
		for _, h := range s.Held {
			known[h.UID] = h
		}
		s.Held = nil
		for _, l := range listed {
			h, found := known[l.UID]
			if !found || h.Nights != l.Nights {
				h.Since = at.Now
			}
			h.Listed = l
			s.Held = append(s.Held, h)
		}
		return s
	}
}

// said is what a good fetch of them leaves behind.
func said(listed ...calendar.Listed) calendar.Said {
	return calendar.Said{ETag: `"e"`, LastModified: "Tue, 01 Dec 2026 12:00:00 GMT", Digest: calendar.Digest(listed)}
}

// apply makes a feed hold exactly what it lists.
func (b *bundle) apply(t testing.TB, feed calendar.Feed, began time.Time, listed ...calendar.Listed) calendar.Change {
	t.Helper()
	change, err := b.Calendars.Apply(t.Context(), feed.ID, began, said(listed...), false, exactly(listed...))
	if err != nil {
		t.Fatal(err)
	}
	return change
}

// read is a feed as it is now.
func (b *bundle) read(t testing.TB, feed calendar.Feed) calendar.Feed {
	t.Helper()
	found, err := b.Calendars.Feed(t.Context(), feed.ID)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// closedBy are the nights of a feed's active events, in order.
func (b *bundle) closedBy(t testing.TB, feed int64) []civil.Nights {
	t.Helper()
	rows, err := b.operator.Query(t.Context(), `select start_date, end_date from calendar_events where feed_id = $1 and active order by 1, 2`, feed)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []civil.Nights
	for rows.Next() {
		var n civil.Nights
		if err := rows.Scan(&n.From, &n.To); err != nil {
			t.Fatal(err)
		}
		all = append(all, n)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// counter counts what is sent to the server: statements, and round trips, in each of which there may be many.
type counter struct{ statements, trips atomic.Int64 }

func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.statements.Add(1)
	c.trips.Add(1)
	return ctx
}

func (c *counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (c *counter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	c.trips.Add(1)
	return ctx
}

func (c *counter) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {
	c.statements.Add(1)
}

func (c *counter) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// since is how many statements and round trips act sends.
func (c *counter) since(act func()) [2]int64 {
	statements, trips := c.statements.Load(), c.trips.Load()
	act()
	return [2]int64{c.statements.Load() - statements, c.trips.Load() - trips}
}

// counted is a process with one connection whose statements are counted.
func (b *bundle) counted(t testing.TB) (*postgres.Pool, *counter) {
	t.Helper()
	c := &counter{}
	pool, err := postgres.Traced(b.pool, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	if err := pool.Raw().Ping(t.Context()); err != nil { // what a new connection is told first is not counted
		t.Fatal(err)
	}
	return pool, c
}
