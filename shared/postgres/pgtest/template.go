package pgtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/eevans-d/sist-cabanas/migrations"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/queue"
)

const (
	databasePrefix = "cabanas_test_"
	templatePrefix = "cabanas_template_"

	// templateLock is an arbitrary number: whoever makes a template holds the advisory lock of that number.
	templateLock = 7_201_954_203

	// abandonedAfter is how old a test's database is when its test has surely been killed.
	abandonedAfter = time.Hour
)

// databaseName carries the time, so that a later run can tell what a killed one has left on a shared server.
func databaseName(now time.Time) string {
	return databasePrefix + strconv.FormatInt(now.Unix(), 10) + "_" + strings.ToLower(rand.Text()[:12])
}

// bornAt reads the time back; false for a name that is not ours.
func bornAt(name string) (time.Time, bool) {
	rest, ours := strings.CutPrefix(name, databasePrefix)
	seconds, _, _ := strings.Cut(rest, "_")
	unix, err := strconv.ParseInt(seconds, 10, 64)
	return time.Unix(unix, 0), ours && err == nil
}

// templateName changes with every migration, ours or the queue's.
func templateName() (string, error) {
	hash := sha256.New()
	queue := riverpgxv5.New(nil).GetMigrationFS(riverdriver.MigrationLineMain)
	for _, files := range []fs.FS{migrations.Files, queue} {
		err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := fs.ReadFile(files, path)
			_, _ = fmt.Fprintf(hash, "%s %d\n%s", path, len(content), content)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("read the migrations: %w", err)
		}
	}
	return templatePrefix + hex.EncodeToString(hash.Sum(nil)[:8]), nil
}

// ensureTemplate makes the migrated database that the tests' are cloned from. On a shared server one process makes it
// and the others wait. It counts as made only when it is marked, in the end; one whose maker was killed is made again.
func (s *server) ensureTemplate(ctx context.Context) (err error) {
	if s.template, err = templateName(); err != nil {
		return err
	}
	conn, err := s.admin.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("make the template: %w", err)
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", templateLock); err != nil {
		return fmt.Errorf("make the template: %w", err)
	}
	defer func() {
		_, unlockErr := conn.Exec(context.WithoutCancel(ctx), "select pg_advisory_unlock($1)", templateLock)
		err = errors.Join(err, unlockErr)
	}()

	var complete bool
	err = conn.QueryRow(ctx, "select datistemplate from pg_database where datname = $1", s.template).Scan(&complete)
	if complete {
		return nil
	}
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("look for the template: %w", err)
	}
	if err := s.makeTemplate(ctx, conn); err != nil {
		return fmt.Errorf("make the template: %w", err)
	}
	return nil
}

func (s *server) makeTemplate(ctx context.Context, conn *pgxpool.Conn) error {
	name := quote(s.template)
	if err := s.drop(ctx, s.template); err != nil {
		return err
	}
	// template0, because what somebody has added to template1 is not what production has.
	if _, err := conn.Exec(ctx, "create database "+name+" template template0 encoding 'UTF8'"); err != nil {
		return err
	}
	if _, err := postgres.Migrate(ctx, s.dsn(s.template), migrations.Files); err != nil {
		return err
	}
	if err := migrateQueue(ctx, s.dsn(s.template)); err != nil {
		return err
	}
	// Closed to connections, because a database that somebody is connected to cannot be cloned.
	if _, err := conn.Exec(ctx, "alter database "+name+" with allow_connections false"); err != nil {
		return err
	}
	s.disconnect(ctx, s.template)
	_, err := conn.Exec(ctx, "alter database "+name+" with is_template true")
	return err
}

// migrateQueue installs the tables of the queue.
func migrateQueue(ctx context.Context, dsn string) error {
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return err
	}
	defer pool.Close()
	return queue.Migrate(ctx, pool)
}

// sweep drops what killed test runs have left on a server that outlives them.
func (s *server) sweep(ctx context.Context, now time.Time) error {
	rows, err := s.admin.Query(ctx, "select datname from pg_database where starts_with(datname, $1)", databasePrefix)
	if err != nil {
		return fmt.Errorf("look for abandoned databases: %w", err)
	}
	databases, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("look for abandoned databases: %w", err)
	}
	for _, name := range databases {
		if born, ours := bornAt(name); ours && now.Sub(born) > abandonedAfter {
			// Another run may be sweeping too, and fail or be failed by us: then it is dropped all the same.
			_ = s.drop(ctx, name)
		}
	}
	return nil
}
