package ical_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/eevans-d/sist-cabanas/functions/ical"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
)

// furnished is the function over a real database, with a cabin 1 and a feed of it for Airbnb, whose path is returned.
func furnished(t testing.TB) (b *bundle, db *pgxpool.Pool, path string) {
	t.Helper()
	pool, err := postgres.Open(postgres.Config{URL: config.Secret(pgtest.NewDSN(t))}, ical.Spec.Connections, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	share := pool.Share(ical.Spec.Connections)
	calendars := postgres.NewCalendars(share)
	b = serve(t, func(now func() time.Time) ical.Deps {
		return ical.Deps{Calendars: calendars, Cabin: postgres.NewBookings(share).Accommodation, Now: now}
	})
	db = pool.Raw()
	if _, err := db.Exec(t.Context(), `insert into accommodations (slug, name, type, capacity, base_price) values ('bosque', 'Bosque', 'cabin', 4, 10000)`); err != nil {
		t.Fatal(err)
	}
	feed, err := calendars.Add(t.Context(), 1, "airbnb", "", b.clock.now())
	if err != nil {
		t.Fatal(err)
	}
	return b, db, fmt.Sprintf("/api/v1/ical/1/%s.ics", feed.Token)
}

// BenchmarkExport asks for a feed of 200 stays, over HTTP on kept connections, by 16 clients at once, with a real database
// behind. The clients take their share of the machine.
func BenchmarkExport(b *testing.B) {
	function, db, path := furnished(b)
	if _, err := db.Exec(b.Context(), book, 1, 200); err != nil {
		b.Fatal(err)
	}
	server := start(b, function)
	whole := function.get(path)
	if n := stays(whole.body); n != 200 {
		b.Fatalf("%d stays: %d %.300s", n, whole.status, whole.body)
	}
	for name, c := range map[string]struct {
		header string
		status int
	}{
		"200": {"", http.StatusOK},
		"304": {"If-None-Match: " + whole.header.Get("ETag") + "\r\n", http.StatusNotModified},
	} {
		b.Run(name, func(b *testing.B) {
			request := []byte("GET " + path + " HTTP/1.1\r\nHost: cabins.test\r\n" + c.header + "\r\n")
			b.SetParallelism(8) // 16 clients on two processors
			b.RunParallel(func(pb *testing.PB) {
				client := dial(b, server.Listener.Addr().String())
				for pb.Next() {
					if status, err := client.ask(request); err != nil || status != c.status {
						b.Errorf("%d %v", status, err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "answers/s")
		})
	}
}

// client is a connection that is kept, and as little else as can be.
type client struct {
	net.Conn
	reader *bufio.Reader
}

func dial(t testing.TB, address string) *client {
	t.Helper()
	var dialer net.Dialer
	conn, err := dialer.DialContext(context.Background(), "tcp", address)
	if err != nil {
		t.Error(err)
		return nil
	}
	t.Cleanup(func() { conn.Close() })
	return &client{conn, bufio.NewReaderSize(conn, 64<<10)}
}

// ask sends a request and reads the whole answer.
func (c *client) ask(request []byte) (status int, err error) {
	if _, err := c.Write(request); err != nil {
		return 0, err
	}
	length := int64(0)
	for first := true; ; first = false {
		line, err := c.reader.ReadSlice('\n')
		switch text := string(line); {
		case err != nil:
			return 0, err
		case first:
			if status, err = strconv.Atoi(text[len("HTTP/1.1 "):][:3]); err != nil {
				return 0, err
			}
		case text == "\r\n":
			_, err := io.CopyN(io.Discard, c.reader, length)
			return status, err
		case strings.HasPrefix(text, "Content-Length: "):
			if length, err = strconv.ParseInt(strings.TrimSpace(text[len("Content-Length: "):]), 10, 64); err != nil {
				return 0, err
			}
		}
	}
}
