package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

const (
	// Another machine may be migrating: look again every second, for two minutes at most.
	migrateLockPeriod = 1 // in seconds, the unit that goose takes
	migrateLockTries  = 120

	// A statement that waits for a table's lock makes every later query on that table wait behind it. Better to give
	// up and be run again than to stop the service behind one long transaction.
	migrateTableLockTimeout = "15s"

	migrateConnectTimeout = 10 * time.Second
)

// Migrate brings the schema up to the newest of files and returns the names of those that it applied, also when a later
// one failed. Any number of machines may call it at once: one works, the others wait for it and find nothing left to do.
// The queue's own tables are not among these files.
func Migrate(ctx context.Context, dsn string, files fs.FS) (applied []string, err error) {
	return migrateTo(ctx, dsn, files, newestVersion)
}

// newestVersion stands for that of the last of the files.
const newestVersion = 0

// migrateTo is Migrate up to a version.
func migrateTo(ctx context.Context, dsn string, files fs.FS, version int64) (applied []string, err error) {
	db, err := openForMigration(dsn)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	provider, err := newProvider(db, files)
	if err != nil {
		return nil, err
	}
	up := provider.Up
	if version != newestVersion {
		up = func(ctx context.Context) ([]*goose.MigrationResult, error) { return provider.UpTo(ctx, version) }
	}
	results, err := up(ctx)
	if partial, ok := errors.AsType[*goose.PartialError](err); ok {
		return names(partial.Applied), fmt.Errorf("migrate %s: %w", path.Base(partial.Failed.Source.Path), partial.Err)
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return nil, unreachable(ctx, err)
	}
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	return names(results), nil
}

func newProvider(db *sql.DB, files fs.FS) (*goose.Provider, error) {
	locker, err := lock.NewPostgresSessionLocker(
		lock.WithLockTimeout(migrateLockPeriod, migrateLockTries),
		lock.WithUnlockTimeout(migrateLockPeriod, 5),
	)
	if err != nil {
		return nil, fmt.Errorf("prepare the migration lock: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return provider, nil
}

// openForMigration opens no connection yet.
func openForMigration(dsn string) (*sql.DB, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		// Not wrapped: the parser's error quotes what it could not parse, password included.
		return nil, errors.New("migrate: the database's address cannot be parsed")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = migrateConnectTimeout
	}
	// Set on the open connection, not as start-up parameters, which poolers in front of Postgres refuse. A role or a
	// server may limit statements to what suits a request; building an index takes longer.
	return stdlib.OpenDB(*config, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "set lock_timeout = '"+migrateTableLockTimeout+"'; set statement_timeout = 0")
		return err
	})), nil
}

func names(results []*goose.MigrationResult) []string {
	list := make([]string, 0, len(results))
	for _, result := range results {
		list = append(list, path.Base(result.Source.Path))
	}
	return list
}
