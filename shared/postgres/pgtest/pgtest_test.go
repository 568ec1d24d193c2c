package pgtest_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/postgres/pglocal"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
)

const (
	insertCabin = "insert into accommodations (name, type, capacity, base_price) values ('Alerce', 'cabin', 4, 10000)"
	countCabins = "select count(*) from accommodations"
)

func TestEveryTestHasItsOwnDatabase(t *testing.T) {
	t.Parallel()
	mine, yours := pgtest.New(t), pgtest.New(t)
	if _, err := mine.Exec(t.Context(), insertCabin); err != nil {
		t.Fatal(err)
	}
	if got := value[int](t, mine, countCabins); got != 1 {
		t.Errorf("mine has %d cabins", got)
	}
	if got := value[int](t, yours, countCabins); got != 0 {
		t.Errorf("yours has %d cabins", got)
	}
	if got := value[int](t, yours, "select count(*) from river_job"); got != 0 {
		t.Errorf("yours has %d jobs", got)
	}
	if got := yours.Config().MaxConns; got != 10 {
		t.Errorf("a test may have %d connections", got)
	}
}

func TestTheDatabaseIsDroppedWithTheTest(t *testing.T) {
	t.Parallel()
	test := &scope{TB: t}
	first := value[string](t, pgtest.New(test), "select current_database()")

	// As a program that the test has started, and that outlives it.
	conn, err := pgx.Connect(t.Context(), pgtest.NewDSN(test))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	second := conn.Config().Database

	pool := pgtest.New(t)
	if !exists(t, pool, first) || !exists(t, pool, second) {
		t.Error("they are not even there while the test runs")
	}
	test.end()
	if exists(t, pool, first) || exists(t, pool, second) {
		t.Error("they are still there")
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			pool := pgtest.New(t)
			if _, err := pool.Exec(t.Context(), insertCabin); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}

func TestProcessesShareAServer(t *testing.T) {
	t.Parallel()
	address := freshServer(t)
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestEveryTestHasItsOwnDatabase$")
			cmd.Env = append(os.Environ(), "TEST_DATABASE_URL="+address)
			if output, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, output)
			}
		})
	}
	wait.Wait()
	left := value[string](t, connect(t, address), `select coalesce(string_agg(datname, ' '), '') from pg_database where datname like 'cabanas%'`)
	if !strings.HasPrefix(left, "cabanas_template_") || strings.Contains(left, " ") {
		t.Errorf("what is left should be one template: %q", left)
	}
}

func TestATemplateWhoseMakerWasKilledIsMadeAgain(t *testing.T) {
	t.Parallel()
	address := freshServer(t)
	admin := connect(t, address)
	template, err := pgtest.Open(t.Context(), t, address)
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{"alter database %s is_template false", "drop database %s", "create database %s"} {
		if _, err := admin.Exec(t.Context(), fmt.Sprintf(statement, template)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := pgtest.Open(t.Context(), t, address); err != nil {
		t.Fatal(err)
	}
	const marked = "select datistemplate and not datallowconn from pg_database where datname = '%s'"
	if !value[bool](t, admin, fmt.Sprintf(marked, template)) {
		t.Error("it is not marked")
	}
	if _, err := admin.Exec(t.Context(), "create database clone template "+template); err != nil {
		t.Fatal(err)
	}
	if got := value[int](t, connect(t, strings.Replace(address, "/postgres?", "/clone?", 1)), countCabins); got != 0 {
		t.Errorf("it has %d cabins", got)
	}
}

func TestWhatKilledRunsLeftIsDropped(t *testing.T) {
	t.Parallel()
	address := freshServer(t)
	admin := connect(t, address)
	stays := map[string]bool{
		fmt.Sprintf("cabanas_test_%d_old", time.Now().Add(-61*time.Minute).Unix()):   false,
		fmt.Sprintf("cabanas_test_%d_young", time.Now().Add(-59*time.Minute).Unix()): true,
		"cabanas_test_1_old": false,
		"cabanas_test_mine":  true, // not made by us: no time in it
		"another":            true,
	}
	for name := range stays {
		if _, err := admin.Exec(t.Context(), "create database "+name); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := pgtest.Open(t.Context(), t, address); err != nil {
		t.Fatal(err)
	}
	for name, want := range stays {
		if got := exists(t, admin, name); got != want {
			t.Errorf("%s is there: %t", name, got)
		}
	}
}

func TestAnAddressThatDoesNotWorkStaysSecret(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"postgres://user:s3cret@127.0.0.1:1/postgres",
		"postgres://user:s3cret@127.0.0.1:port/postgres",
		"postgres://user:s3cret@127.0.0.1/postgres?sslmode=perhaps",
		"host=127.0.0.1 password=s3cret",
		"mysql://user:s3cret@127.0.0.1/",
	} {
		_, err := pgtest.Open(t.Context(), t, address)
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: got %v", address, err)
		}
	}
}

// freshServer is one without a template.
func freshServer(t *testing.T) string {
	t.Helper()
	server, err := pglocal.Start(t.Context(), pglocal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return server.DSN("postgres")
}

func connect(t *testing.T, address string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func value[T any](t *testing.T, pool *pgxpool.Pool, query string) (answer T) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), query).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return answer
}

func exists(t *testing.T, pool *pgxpool.Pool, name string) bool {
	t.Helper()
	return value[bool](t, pool, "select exists (select from pg_database where datname = '"+name+"')")
}

// BenchmarkNew measures what a test pays: its database, the first statement in it, and dropping it.
func BenchmarkNew(b *testing.B) {
	pgtest.NewDSN(b) // the server and the template are there
	b.Run("one at a time", func(b *testing.B) {
		for b.Loop() {
			oneTest(b)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.SetParallelism(2)
		b.RunParallel(func(loop *testing.PB) {
			for loop.Next() {
				oneTest(b)
			}
		})
	})
}

func oneTest(b *testing.B) {
	b.Helper()
	test := &scope{TB: b}
	if _, err := pgtest.New(test).Exec(context.Background(), insertCabin); err != nil {
		b.Error(err)
	}
	test.end()
}

// scope is a test that ends when we say so.
type scope struct {
	testing.TB

	cleanups []func()
}

func (s *scope) Cleanup(cleanup func()) { s.cleanups = append(s.cleanups, cleanup) }

func (s *scope) end() {
	for _, cleanup := range slices.Backward(s.cleanups) {
		cleanup()
	}
}
