package queue_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
	"github.com/eevans-d/sist-cabanas/shared/queue"
)

// emptyDatabase is one without River's tables: pgtest's own has them, but not in this schema.
func emptyDatabase(t testing.TB) *pgxpool.Pool {
	t.Helper()
	full := pgtest.New(t)
	_, err := full.Exec(t.Context(), "create schema fresh")
	must(t, err)
	config := full.Config()
	config.ConnConfig.RuntimeParams["search_path"] = "fresh"
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	must(t, err)
	t.Cleanup(pool.Close)
	return pool
}

func TestTenMachinesMayMigrateAtOnce(t *testing.T) {
	t.Parallel()
	pool := emptyDatabase(t)
	errs := make([]error, 10)
	var wait sync.WaitGroup
	for i := range errs {
		wait.Go(func() { errs[i] = queue.Migrate(t.Context(), pool) })
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	version := newest(t, pool)
	if err := queue.Migrate(t.Context(), pool); err != nil {
		t.Error(err)
	}
	if again := newest(t, pool); version == 0 || again != version {
		t.Errorf("version %d, after another run %d", version, again)
	}
}

func newest(t *testing.T, pool *pgxpool.Pool) (version int) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), "select count(*) from river_migration").Scan(&version); err != nil {
		t.Fatal(err)
	}
	return version
}

func TestMigratingNeedsNoConnectionOfThePool(t *testing.T) {
	t.Parallel()
	empty := emptyDatabase(t)
	config := empty.Config()
	config.MaxConns = 1
	config.ConnConfig.RuntimeParams["statement_timeout"] = "1ms" // a request's limit is not a migration's
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if err := queue.Migrate(t.Context(), pool); err != nil {
		t.Error(err)
	}
}

func TestWaitingForAnotherMachineEndsWithTheContext(t *testing.T) {
	t.Parallel()
	pool := emptyDatabase(t)
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(t.Context(), "select pg_advisory_lock(7218416553201)"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := queue.Migrate(ctx, pool); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
