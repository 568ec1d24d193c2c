package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/eevans-d/sist-cabanas/migrations"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pglocal"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
)

func open(t *testing.T, address string, connections int) *postgres.Pool {
	t.Helper()
	pool, err := postgres.Open(postgres.Config{URL: config.Secret(address)}, connections, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// relay stands at an address that stays the same, in front of a server that comes and goes.
type relay struct {
	address string
	mu      sync.Mutex
	behind  string // "" = nobody answers
}

func newRelay(t *testing.T) *relay {
	t.Helper()
	listener := listen(t)
	r := &relay{address: listener.Addr().String()}
	go accept(listener, func(client net.Conn) {
		r.mu.Lock()
		behind := r.behind
		r.mu.Unlock()
		server, err := net.Dial("tcp", behind)
		if behind == "" || err != nil {
			return
		}
		defer server.Close()
		go func() {
			_, _ = io.Copy(server, client)
			_ = server.Close()
		}()
		_, _ = io.Copy(client, server)
	})
	return r
}

func (r *relay) to(behind string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.behind = behind
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

// accept lets serve have each connection, until the listener is closed.
func accept(listener net.Listener, serve func(net.Conn)) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			serve(conn)
		}()
	}
}

func TestADatabaseThatComesAndGoes(t *testing.T) {
	t.Parallel()
	r := newRelay(t)
	pool := open(t, "postgres://postgres@"+r.address+"/postgres?sslmode=disable", 4)
	share := pool.Share(4)
	bookings := postgres.NewBookings(share)
	if _, err := bookings.Accommodations(t.Context(), 0, 10); !errors.Is(err, fault.ErrUnavailable) {
		t.Fatalf("down at the start: %v", err)
	}
	dir := t.TempDir()
	for round := range 2 {
		server, err := pglocal.Start(t.Context(), pglocal.Options{Dir: dir, Log: io.Discard})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { server.Stop() }) //nolint:errcheck // it is stopped below; this is for when the test fails before
		address := server.DSN("postgres")
		if _, err := postgres.Migrate(t.Context(), address, migrations.Files); err != nil {
			t.Fatal(err)
		}
		parsed, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		r.to(parsed.Host)
		for range 20 {
			if _, err := bookings.Accommodations(t.Context(), 0, 10); err != nil {
				t.Errorf("round %d, up: %v", round, err)
			}
		}
		if err := server.Stop(); err != nil {
			t.Fatal(err)
		}
		r.to("")
		for range 5 {
			if err := share.Ping(t.Context()); !errors.Is(err, fault.ErrUnavailable) {
				t.Errorf("round %d, down: %v", round, err)
			}
		}
	}
}

func TestNoErrorTellsWhereTheDatabaseIs(t *testing.T) {
	t.Parallel()
	const user, password, database = "user-x7", "password-x7", "database-x7"
	refusing := listen(t)
	go accept(refusing, func(conn net.Conn) {
		backend := pgproto3.NewBackend(conn, conn)
		if _, err := backend.ReceiveStartupMessage(); err != nil {
			return
		}
		backend.Send(&pgproto3.ErrorResponse{
			Severity: "FATAL", SeverityUnlocalized: "FATAL", Code: "28P01", Message: `password authentication failed for user "` + user + `"`,
		})
		_ = backend.Flush()
	})
	silent := listen(t)
	go accept(silent, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
	hangingUp := listen(t)
	go accept(hangingUp, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1024)) }) // or what it leaves unread would reset it
	plain := listen(t)
	go accept(plain, func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 1024))
		_, _ = conn.Write([]byte("N")) // no encryption here
	})
	closed := listen(t)
	closed.Close()
	server, err := url.Parse(pgtest.NewDSN(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ host, options, want string }{
		"a wrong password":                {refusing.Addr().String(), "?sslmode=disable", "28P01"},
		"a server that says nothing":      {silent.Addr().String(), "?sslmode=disable", "no answer in time"},
		"a server that hangs up":          {hangingUp.Addr().String(), "?sslmode=disable", "hung up"},
		"nobody there":                    {closed.Addr().String(), "", "refused"},
		"no such host":                    {"host-x7.invalid:5432", "", "look up the host"},
		"a user or database not known":    {server.Host, "?sslmode=disable", "SQLSTATE"},
		"a server that has no encryption": {plain.Addr().String(), "?sslmode=require", "TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := open(t, fmt.Sprintf("postgres://%s:%s@%s/%s%s", user, password, c.host, database, c.options), 2)
			_, err := postgres.NewBookings(pool.Share(1)).Accommodations(t.Context(), 0, 10)
			if !errors.Is(err, fault.ErrUnavailable) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v", err)
			}
			for ; err != nil; err = errors.Unwrap(err) {
				for _, secret := range []string{user, password, database, "host-x7", "postgres://", c.host} {
					if strings.Contains(err.Error(), secret) {
						t.Errorf("%q is in %v", secret, err)
					}
				}
			}
		})
	}
}

func TestWhoeverAsksADatabaseThatIsSilentMayGoAway(t *testing.T) {
	t.Parallel()
	silent := listen(t)
	go accept(silent, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
	pool := open(t, "postgres://postgres@"+silent.Addr().String()+"/postgres?sslmode=disable", 2)
	ctx, leave := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer leave()
	began := time.Now()
	if err := pool.Share(2).Ping(ctx); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("after %s", took)
	}
}

// TestASilentServerDoesNotKeepAPlace meets one that lets us in and then says nothing to the first statement.
func TestASilentServerDoesNotKeepAPlace(t *testing.T) {
	t.Parallel()
	half := listen(t)
	go accept(half, func(conn net.Conn) {
		backend := pgproto3.NewBackend(conn, conn)
		if _, err := backend.ReceiveStartupMessage(); err != nil {
			return
		}
		backend.Send(&pgproto3.AuthenticationOk{})
		backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
		_ = backend.Flush()
		_, _ = io.Copy(io.Discard, conn)
	})
	share := open(t, "postgres://postgres@"+half.Addr().String()+"/postgres?sslmode=disable", 1).Share(1)
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	if err := share.Ping(ctx); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

func TestAnAddressThatIsNone(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"postgres://user:s3cret@127.0.0.1:port/x", "postgres://user:s3cret%zz@127.0.0.1/x", "host=127.0.0.1 password=s3cret port=none",
		"postgres://user:s3cret@127.0.0.1/x?sslmode=perhaps",
	} {
		_, err := postgres.Open(postgres.Config{URL: config.Secret(address)}, 1, prometheus.NewRegistry())
		if err == nil || !strings.Contains(err.Error(), "DATABASE_URL") || strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("got %v", err)
		}
	}
}
