package pglocal_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eevans-d/sist-cabanas/shared/postgres/pglocal"
)

func TestATemporaryServerGoesAwayWithItsData(t *testing.T) {
	t.Parallel()
	server := start(t, pglocal.Options{Settings: map[string]string{"max_connections": "42"}})
	dsn := server.DSN("postgres")
	for query, want := range map[string]string{
		"show max_connections":                         "42",
		"show fsync":                                   "off",
		"show listen_addresses":                        "127.0.0.1",
		"show server_encoding":                         "UTF8",
		"show timezone":                                "UTC",
		"show server_version_num":                      serverVersionNumber(server.Version()),
		"select lower('ÁÑ')":                           "áñ",
		"select max(v) from unnest('{Z,a}'::text[]) v": "a",
	} {
		if got := ask(t, dsn, query); got != want {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
	ask(t, dsn, "create extension btree_gist")

	pid := postmaster(t, server)
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	if alive(pid) {
		t.Error("the server is still running")
	}
	if _, err := os.Stat(filepath.Dir(server.LogPath())); !os.IsNotExist(err) {
		t.Errorf("its directory is still there: %v", err)
	}
	if err := server.Stop(); err != nil {
		t.Errorf("stopped again: %v", err)
	}
}

func TestDataOutlivesTheServer(t *testing.T) {
	t.Parallel()
	// Far longer than the path of a socket may be, and with what has to be quoted in a shell.
	dir := filepath.Join(reachable(t), strings.Repeat("a clone's folder/", 8), ".local", "postgres")
	options := pglocal.Options{Dir: dir, Durable: true}

	first := start(t, options)
	ask(t, first.DSN("postgres"), "create table kept ()")
	if got := ask(t, first.DSN("postgres"), "show fsync"); got != "on" {
		t.Errorf("fsync is %s", got)
	}
	_, err := pglocal.Start(t.Context(), options)
	if err == nil || !strings.Contains(err.Error(), dir+" is in use") || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Errorf("a second server on the same directory: %v", err)
	}
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	second := start(t, options)
	ask(t, second.DSN("postgres"), "table kept")
	if !strings.HasPrefix(second.LogPath(), dir) {
		t.Errorf("the log is %s", second.LogPath())
	}
}

func TestAnotherVersionsDataIsRefused(t *testing.T) {
	t.Parallel()
	dir := reachable(t)
	if err := os.MkdirAll(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data", "PG_VERSION"), []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := pglocal.Start(t.Context(), pglocal.Options{Dir: dir, Log: t.Output()})
	if err == nil || !strings.Contains(err.Error(), "Postgres 9") || !strings.Contains(err.Error(), "`make clean`") {
		t.Errorf("got %v", err)
	}
}

func TestAServerThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	began := time.Now()
	_, err := pglocal.Start(t.Context(), pglocal.Options{Settings: map[string]string{"shared_buffers": "plenty"}})
	if err == nil || !strings.Contains(err.Error(), `invalid value for parameter "shared_buffers": "plenty"`) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("after %s", took)
	}
}

func TestStartingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if server, err := pglocal.Start(ctx, pglocal.Options{}); err == nil {
		_ = server.Stop()
		t.Error("it started")
	}
}

func TestPrograms(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ version, extension, want string }{
		"none":         {want: "no program initdb"},
		"old":          {version: "14.9", want: "version 14.9; it must be 15 or newer"},
		"no extension": {version: "99.1", want: "btree_gist (package postgresql-contrib)"},
		"something":    {version: "x", want: "gives no version"},
		"suitable":     {version: "99beta1", extension: "btree_gist.control", want: "make a cluster"}, // its initdb is none
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := reachable(t)
			bin := filepath.Join(root, "bin")
			if test.version != "" {
				script(t, filepath.Join(bin, "postgres"), `echo "postgres (PostgreSQL) `+test.version+` (somebody's)"`)
				script(t, filepath.Join(bin, "initdb"), "exit 1")
			}
			if test.extension != "" {
				script(t, filepath.Join(root, "share", "extension", test.extension), "")
			}
			_, err := pglocal.Start(t.Context(), pglocal.Options{Dir: filepath.Join(root, "state"), BinDir: bin, Log: t.Output()})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q in it", err, test.want)
			}
		})
	}
}

// Root cannot run Postgres, and whom it becomes instead cannot go everywhere.
func TestRootsHomeIsLeft(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	home := t.TempDir()
	if err := os.Chmod(home, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(home, ".local", "postgres")
	serverWith := func(query string) {
		t.Helper()
		server := start(t, pglocal.Options{Dir: dir})
		ask(t, server.DSN("postgres"), query)
		if err := server.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	serverWith("create table kept ()")
	moved, err := os.Readlink(dir)
	if err != nil || !strings.HasPrefix(moved, "/var/tmp/cabanas-") {
		t.Fatalf("%s leads to %q: %v", dir, moved, err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(moved) })

	serverWith("table kept")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	serverWith("create table kept ()") // as if made afresh: what was removed here does not come back from there
}

func start(t *testing.T, options pglocal.Options) *pglocal.Server {
	t.Helper()
	if options.Log == nil {
		options.Log = t.Output()
	}
	server, err := pglocal.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// ask returns the first value of the first row, if there is any.
func ask(t *testing.T, dsn, query string) (answer string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	rows, err := conn.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		answer = string(rows.RawValues()[0])
	}
	if rows.Err() != nil {
		t.Fatalf("%s: %v", query, rows.Err())
	}
	return answer
}

// reachable is a temporary directory that other users may enter too.
func reachable(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func script(t *testing.T, path, body string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// postmaster is the server's main process.
func postmaster(t *testing.T, server *pglocal.Server) int {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(filepath.Dir(server.LogPath()), "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

// serverVersionNumber is how Postgres writes 17.4 as a number.
func serverVersionNumber(version string) string {
	var major, minor int
	_, _ = fmt.Sscanf(version, "%d.%d", &major, &minor)
	return strconv.Itoa(major*10000 + minor)
}

func TestDSN(t *testing.T) {
	t.Parallel()
	server := new(pglocal.Server)
	address, err := url.Parse(server.DSN("año 1/2?"))
	if err != nil || address.Path != "/año 1/2?" || address.Query().Get("sslmode") != "disable" {
		t.Errorf("got %v, %v", address, err)
	}
}
