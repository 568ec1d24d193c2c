// Package pgtest gives every test a database of its own, migrated and empty, on a real Postgres: the server of
// TEST_DATABASE_URL if that is set, else one that this test process starts and that ends with it.
package pgtest

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// poolSize is enough for a test that races, and lets dozens of tests run side by side on one server.
	poolSize = 10

	// cleanupTimeout bounds what happens after a test, when its own context is already gone.
	cleanupTimeout = 20 * time.Second
)

// New returns connections to a fresh, migrated database, which is dropped when the test ends.
func New(t testing.TB) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(NewDSN(t))
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	config.MaxConns = poolSize
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() { closePool(t, pool) })
	return pool
}

// NewDSN is New for a test that starts the real binary: the address of a fresh, migrated database. It is dropped when the
// test ends, whoever is still connected.
func NewDSN(t testing.TB) string {
	t.Helper()
	server, err := theServer()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	name := databaseName(time.Now())
	if err := server.create(t.Context(), name); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), cleanupTimeout)
		defer cancel()
		if err := server.drop(ctx, name); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	return server.dsn(name)
}

// closePool names the mistake of a test that keeps a connection, where Close would wait for it for ever.
func closePool(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	closed := make(chan struct{})
	go func() {
		pool.Close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(cleanupTimeout):
		t.Error("pgtest: the test has not given back all connections: close its rows, end its transactions")
	}
}
