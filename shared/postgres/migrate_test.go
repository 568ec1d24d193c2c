package postgres_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eevans-d/sist-cabanas/migrations"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
)

func TestTenMachinesMigrateAtOnce(t *testing.T) {
	t.Parallel()
	dsn := emptyDatabase(t)
	var (
		mu      sync.Mutex
		applied []string
		wait    sync.WaitGroup
	)
	for range 10 {
		wait.Go(func() {
			names, err := postgres.Migrate(t.Context(), dsn, migrations.Files)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			applied = append(applied, names...)
		})
	}
	wait.Wait()
	want, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil || !slices.Equal(applied, want) {
		t.Errorf("together they applied %v, want %v once each, %v", applied, want, err)
	}
	if again, err := postgres.Migrate(t.Context(), dsn, migrations.Files); err != nil || len(again) != 0 {
		t.Errorf("again: %v, %v", again, err)
	}
}

func TestMigrateStopsAtAFailure(t *testing.T) {
	t.Parallel()
	dsn := emptyDatabase(t)
	files := fstest.MapFS{
		"00001_good.sql":  {Data: []byte("-- +goose Up\ncreate table good ();")},
		"00002_bad.sql":   {Data: []byte("-- +goose Up\ncreate table half (); create table good ();")},
		"00003_later.sql": {Data: []byte("-- +goose Up\ncreate table later ();")},
	}
	applied, err := postgres.Migrate(t.Context(), dsn, files)
	if err == nil || !strings.Contains(err.Error(), "migrate 00002_bad.sql") || !slices.Equal(applied, []string{"00001_good.sql"}) {
		t.Errorf("got %v, %v", applied, err)
	}
	files["00002_bad.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\ncreate table half ();")}
	applied, err = postgres.Migrate(t.Context(), dsn, files)
	if err != nil || !slices.Equal(applied, []string{"00002_bad.sql", "00003_later.sql"}) {
		t.Errorf("repaired: %v, %v", applied, err)
	}
}

func TestMigrateIgnoresLimitsMeantForRequests(t *testing.T) {
	t.Parallel()
	dsn := emptyDatabase(t)
	execute(t, dsn, "do $$ begin execute format('alter database %I set statement_timeout = 50', current_database()); end $$")
	files := fstest.MapFS{"00001_slow.sql": {Data: []byte("-- +goose Up\nselect pg_sleep(0.2);")}}
	if _, err := postgres.Migrate(t.Context(), dsn, files); err != nil {
		t.Error(err)
	}
}

func TestMigrateEndsWithItsContext(t *testing.T) {
	t.Parallel()
	dsn := emptyDatabase(t)
	slow := fstest.MapFS{"00001_slow.sql": {Data: []byte("-- +goose Up\nselect pg_sleep(60);")}}
	quick := fstest.MapFS{"00001_slow.sql": {Data: []byte("-- +goose Up\nselect 1;")}}

	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := postgres.Migrate(ctx, dsn, slow); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("after %s", took)
	}
	// It has let go of the lock, and left nothing half done.
	if applied, err := postgres.Migrate(t.Context(), dsn, quick); err != nil || len(applied) != 1 {
		t.Errorf("afterwards: %v, %v", applied, err)
	}
}

func TestMigrateKeepsTheAddressSecret(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{
		"postgres://user:s3cret@127.0.0.1:1/cabanas",
		"postgres://user:s3cret@127.0.0.1:port/cabanas",
		"postgres://user:s3cret%zz@127.0.0.1/cabanas",
		"host=127.0.0.1 password=s3cret port=none",
	} {
		_, err := postgres.Migrate(t.Context(), dsn, migrations.Files)
		if err == nil || strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "postgres://") {
			t.Errorf("%s: got %v", dsn, err)
		}
	}
}

// emptyDatabase has nothing in it, not even what has been migrated for everybody else.
func emptyDatabase(t *testing.T) string {
	t.Helper()
	dsn := pgtest.NewDSN(t)
	execute(t, dsn, "drop schema public cascade; create schema public")
	return dsn
}

func execute(t *testing.T, dsn, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func TestAMigrationThatCannotConnectTellsNobodyWhere(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"postgres://secretuser:hunter2@127.0.0.1:1/secretdb?sslmode=disable", "postgres://secretuser:hunter2@nohost.invalid/secretdb",
	} {
		_, err := postgres.Migrate(t.Context(), address, migrations.Files)
		if !errors.Is(err, fault.ErrUnavailable) {
			t.Errorf("got %v", err)
			continue
		}
		for _, part := range []string{"secretuser", "hunter2", "nohost", "secretdb"} {
			if strings.Contains(err.Error(), part) {
				t.Errorf("%s is in %v", part, err)
			}
		}
	}
}
