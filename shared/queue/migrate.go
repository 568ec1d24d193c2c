package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

const (
	// migrationLock is an arbitrary number; whoever holds its advisory lock may change River's tables.
	migrationLock = 7_218_416_553_201

	lockRetry = 50 * time.Millisecond
)

// Migrate installs River's tables, or brings them up to date. It may be repeated, and ten machines may do it at once: the
// others wait for the first. It needs a direct connection, not one through a pooler in transaction mode.
//
// One transaction around everything would be simpler, but River advises against that: some of its migrations use what an
// earlier one must have committed (an enum's new value). So a session lock is held beside them, on connections of our own:
// the pool may have only one, and may limit how long a statement can take.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error { return MigrateTo(ctx, pool, 0) }

// MigrateTo is Migrate up to a version, for tables that rows of an older backup go into; 0 is the newest.
func MigrateTo(ctx context.Context, pool *pgxpool.Pool, version int64) error {
	own, err := migrationPool(ctx, pool)
	if err != nil {
		return err
	}
	defer own.Close()
	conn, err := own.Acquire(ctx)
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return errors.New("migrate the queue: the database cannot be reached") // the driver's words quote user, database and host
	}
	if err != nil {
		return fmt.Errorf("migrate the queue: %w", err)
	}
	defer conn.Release()
	if err := lock(ctx, conn.Conn()); err != nil {
		return fmt.Errorf("migrate the queue: wait for another machine: %w", err)
	}

	migrator, err := rivermigrate.New(riverpgxv5.New(own), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("migrate the queue: %w", err)
	}
	if err := migrateUp(ctx, migrator, int(version)); err != nil {
		return fmt.Errorf("migrate the queue: %w", err)
	}
	return nil // closing the connections ends the lock
}

// migrateUp does nothing where the version has been applied, which River takes for a mistake.
func migrateUp(ctx context.Context, migrator *rivermigrate.Migrator[pgx.Tx], version int) error {
	if version != 0 {
		applied, err := migrator.ExistingVersions(ctx)
		if err != nil || slices.ContainsFunc(applied, func(m rivermigrate.Migration) bool { return m.Version == version }) {
			return err
		}
	}
	_, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{TargetVersion: version})
	return err
}

func migrationPool(ctx context.Context, pool *pgxpool.Pool) (*pgxpool.Pool, error) {
	config := pool.Config()
	config.MinConns, config.MinIdleConns, config.MaxConns = 0, 0, 2
	// A limit that the pool's connections begin with would also be one for the statement that lifts it.
	delete(config.ConnConfig.RuntimeParams, "statement_timeout")
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "set statement_timeout = 0; set lock_timeout = '15s'")
		return err
	}
	own, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("migrate the queue: %w", err)
	}
	return own, nil
}

// lock asks again and again, rather than once with pg_advisory_lock: a statement that waits holds a snapshot, and an index
// that another machine builds concurrently would wait for that.
func lock(ctx context.Context, conn *pgx.Conn) error {
	for {
		var got bool
		if err := conn.QueryRow(ctx, "select pg_try_advisory_lock($1)", int64(migrationLock)).Scan(&got); err != nil || got {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lockRetry):
		}
	}
}
