package main

import (
	"context"
	"io"
	"net"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// cutter stands between a process and its database, and ends a connection when it is told to: before or after the n-th thing that
// is sent, as when the process dies between two statements, or after its commit and before it knows.
type cutter struct {
	dial func(context.Context) (net.Conn, error)

	mu    sync.Mutex
	left  int // how many more things may be sent; 0 = it is not armed
	after bool
	fired bool
}

// newCutter returns a cutter, and the address of the database through it.
func newCutter(t *testing.T, dsn string) (*cutter, string) {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	network, address := "tcp", net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))
	if config.Host != "" && config.Host[0] == '/' {
		network, address = "unix", config.Host+"/.s.PGSQL."+strconv.Itoa(int(config.Port))
	}
	c := &cutter{dial: func(ctx context.Context) (net.Conn, error) { return (&net.Dialer{}).DialContext(ctx, network, address) }}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	t.Cleanup(func() {
		listener.Close()
		running.Wait()
	})
	running.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { c.carry(context.WithoutCancel(t.Context()), client) })
		}
	})
	through := url.URL{
		Scheme: "postgres", User: url.UserPassword(config.User, config.Password), Host: listener.Addr().String(),
		Path: "/" + config.Database, RawQuery: "sslmode=disable",
	}
	return c, through.String()
}

func (c *cutter) carry(ctx context.Context, client net.Conn) {
	defer client.Close()
	server, err := c.dial(ctx)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		io.Copy(client, server) //nolint:errcheck // it ends with one of the two
		client.Close()
	}()
	buffer := make([]byte, 256<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		before, after := c.pass()
		if before {
			return
		}
		if after {
			client.Close() // before there is an answer
		}
		if _, err := server.Write(buffer[:n]); err != nil || after {
			return
		}
	}
}

// pass counts what is sent, and says whether the connection ends before it or after it.
func (c *cutter) pass() (before, after bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left == 0 {
		return false, false
	}
	if c.left--; c.left > 0 {
		return false, false
	}
	c.fired = true
	return !c.after, c.after
}

// arm has the n-th thing that is sent from now on be the last one of its connection.
func (c *cutter) arm(n int, after bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left, c.after, c.fired = n, after, false
}

// disarm reports whether it has come to that.
func (c *cutter) disarm() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	fired := c.fired
	c.left, c.fired = 0, false
	return fired
}

// TestTheCutterCuts makes sure that the model test has something to survive: what was cut before was not done, what was cut after
// was as a rule (the driver asks the server to give up), and in neither case does anybody know.
func TestTheCutterCuts(t *testing.T) {
	t.Parallel()
	w := newMoneyWorld(t)
	w.interrupt(t, false)
	w.awaitNobody(t)
	if done := askMoney[string](w, t, `select kind from model_jobs`); len(done) != 0 {
		t.Errorf("cut before, and done: %v", done)
	}
	for range 20 {
		w.interrupt(t, true)
		w.awaitNobody(t)
		if len(askMoney[string](w, t, `select kind from model_jobs`)) > 0 {
			return
		}
	}
	t.Error("what is cut after is never done")
}

// interrupt sends a statement whose connection is cut.
func (w *moneyWorld) interrupt(t *testing.T, after bool) {
	t.Helper()
	conn, err := pgx.ConnectConfig(t.Context(), w.pool.Raw().Config().ConnConfig)
	if err != nil {
		t.Fatal(err)
	}
	w.cut.arm(1, after)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err = conn.Exec(ctx, `insert into model_jobs (kind, args) values ('x', '{}')`)
	if fired := w.cut.disarm(); !fired || err == nil {
		t.Errorf("after %v: fired %v, %v", after, fired, err)
	}
}

// awaitNobody returns when no session of the process's is left.
func (w *moneyWorld) awaitNobody(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		left := askMoney[int](w, t, `select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`)[0]
		if left == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d sessions do not end", left)
		}
	}
}
