package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/migrations"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

func TestARestoredDatabaseIsTheSameToTheLastBit(t *testing.T) {
	t.Parallel()
	s := odd(t)
	fill(t, s)
	want := everything(t, s.Pool)
	for name, rows := range want {
		if strings.HasPrefix(name, "rows of ") && strings.HasPrefix(rows, "0 ") && name != "rows of no_rows" {
			t.Errorf("%s: there are none, so that nothing is proved of it", name)
		}
	}
	dumped, contents := s.dump(t)
	if contents.Rows == 0 || len(contents.Sums) != len(tables(t, s.Pool)) || contents.Schema != 900 {
		t.Errorf("the dump has %d rows of %d tables, schema %d", contents.Rows, len(contents.Sums), contents.Schema)
	}
	dsn := bare(t)
	restored, err := restoreInto(t, s, dsn, dumped)
	check(t, err)
	if restored.Rows != contents.Rows || restored.Bytes != contents.Bytes || !restored.CreatedAt.Equal(dumpedAt) {
		t.Errorf("restored %d rows of %d", restored.Rows, contents.Rows)
	}
	expectSame(t, everything(t, poolOf(t, dsn)), want)
	again, _ := source{dsn: dsn}.dump(t)
	if !bytes.Equal(again, dumped) {
		t.Error("a dump of the restored database is another one")
	}
}

func restoreInto(t testing.TB, s source, dsn string, dumped []byte) (postgres.Contents, error) {
	t.Helper()
	return postgres.Restore(t.Context(), s.target(dsn), bytes.NewReader(dumped))
}

func TestHowTheServerIsSetUpDoesNotMatter(t *testing.T) {
	t.Parallel()
	s := odd(t)
	fill(t, s)
	want := everything(t, s.Pool)
	plain, _ := s.dump(t)
	dsn := bare(t)
	for _, db := range []*pgxpool.Pool{s.Pool, poolOf(t, dsn)} {
		name := pgx.Identifier{soleValue(t, db, "select current_database()")}.Sanitize()
		for _, setting := range []string{
			"datestyle = 'German, DMY'", "intervalstyle = 'sql_standard'", "timezone = 'Asia/Kathmandu'", "bytea_output = 'escape'",
			"extra_float_digits = -15", "client_encoding = 'LATIN1'", "statement_timeout = '100ms'", "quote_all_identifiers = on",
		} {
			run(t, db, "alter database "+name+" set "+setting)
		}
	}
	strange, _ := s.dump(t)
	if !bytes.Equal(strange, plain) {
		t.Error("the dump depends on the settings of the session")
	}
	_, err := restoreInto(t, s, dsn, strange)
	check(t, err)
	expectSame(t, everything(t, poolOf(t, dsn)), want)
}

func TestOnlyAnEmptyDatabaseIsRestoredInto(t *testing.T) {
	t.Parallel()
	s := odd(t)
	run(t, s.Pool, "insert into no_rows default values")
	dumped, _ := s.dump(t)

	t.Run("one that was migrated, and whose service was started, counts as empty", func(t *testing.T) {
		t.Parallel()
		fresh := odd(t)
		run(t, fresh.Pool, "insert into river_leader (elected_at, expires_at, leader_id) values (now(), now(), 'me')")
		run(t, fresh.Pool, "update catalog set version = 7")
		_, err := restoreInto(t, s, fresh.dsn, dumped)
		check(t, err)
		expectSame(t, everything(t, fresh.Pool), everything(t, s.Pool))
	})
	t.Run("one with rows of ours does not", func(t *testing.T) {
		t.Parallel()
		used := odd(t)
		fillOurs(t, used)
		before := everything(t, used.Pool)
		_, err := restoreInto(t, s, used.dsn, dumped)
		if !errors.Is(err, postgres.ErrNotEmpty) || !strings.Contains(err.Error(), "accommodations, calendar_conflicts, calendar_events, calendar_feeds, checkouts, contacts, conversations, idempotency_keys, inbox, ledger") {
			t.Errorf("got %v, want a refusal that names the tables", err)
		}
		expectSame(t, everything(t, used.Pool), before)
	})
}

func TestADatabaseOfOthersOrOfALaterTimeIsRefused(t *testing.T) {
	t.Parallel()
	s := odd(t)
	dumped, _ := s.dump(t)
	t.Run("one with rows of somebody else", func(t *testing.T) {
		t.Parallel()
		dsn := bare(t)
		db := poolOf(t, dsn)
		run(t, db, `create table "Their Table" (a int); insert into "Their Table" values (1)`)
		_, err := restoreInto(t, s, dsn, dumped)
		if !errors.Is(err, postgres.ErrNotEmpty) || !strings.Contains(err.Error(), "Their Table") {
			t.Errorf("got %v", err)
		}
		if got := tables(t, db); len(got) != 1 {
			t.Errorf("there are now %v", got)
		}
	})
	t.Run("one whose schema is newer, with a way out", func(t *testing.T) {
		t.Parallel()
		newer := odd(t)
		_, err := postgres.Migrate(t.Context(), newer.dsn, overlay(t, "00901_more.sql", "-- +goose Up\ncreate table more ();"))
		check(t, err)
		_, err = restoreInto(t, s, newer.dsn, dumped)
		if err == nil || !strings.Contains(err.Error(), "schema version 901") || !strings.Contains(err.Error(), "a database without tables") {
			t.Errorf("got %v", err)
		}
	})
}

func TestAnOlderDumpIsBroughtUpToDate(t *testing.T) {
	t.Parallel()
	s := odd(t)
	fill(t, s)
	dumped, _ := s.dump(t)
	newer := s
	newer.files = overlay(t, "00901_more.sql", "-- +goose Up\nalter table no_rows add column more text not null default 'new'; insert into no_rows default values; create table more as select count(*) from reservations;")
	files := newer.files.(fstest.MapFS)
	files["00900_odd.sql"] = &fstest.MapFile{Data: []byte(oddTables)}
	dsn := bare(t)
	_, err := restoreInto(t, newer, dsn, dumped)
	check(t, err)
	db := poolOf(t, dsn)
	if got := soleValue(t, db, "select count(*)::text || (select more from no_rows) from reservations"); got != soleValue(t, s.Pool, "select count(*)::text from reservations")+"new" {
		t.Errorf("got %s", got)
	}
	if got := soleValue(t, db, "select count::text from more"); got == "0" {
		t.Error("the later migration has run before the rows were there")
	}
}

func TestADumpOfANewerProgramIsRefused(t *testing.T) {
	t.Parallel()
	s := odd(t)
	dumped, _ := s.dump(t)
	dsn := bare(t)
	older := s
	older.files = migrations.Files
	_, err := restoreInto(t, older, dsn, dumped)
	if !errors.Is(err, postgres.ErrNewerSchema) || !strings.Contains(err.Error(), "version 900") {
		t.Errorf("a schema that is not known: %v", err)
	}
	if _, err := restoreInto(t, s, dsn, append([]byte("cabanas-dump/2\n"), dumped[len("cabanas-dump/1\n"):]...)); !errors.Is(err, postgres.ErrNewerDump) {
		t.Errorf("a newer format: %v", err)
	}
	for _, strange := range []string{"", "x", "cabanas-dump", "cabanas-dump/", "cabanas-dump/0\n", "cabanas-dump/one\n", "PGDMP\x01\x0e", strings.Repeat("x", 100_000)} {
		if _, err := restoreInto(t, s, dsn, []byte(strange)); !errors.Is(err, postgres.ErrNotADump) && !errors.Is(err, postgres.ErrDamagedDump) {
			t.Errorf("%.20q: %v", strange, err)
		}
	}
	if got := tables(t, poolOf(t, dsn)); len(got) != 0 {
		t.Errorf("the refused dumps have left %v", got)
	}
}

// TestDamageAnywhereInADumpLeavesTheTargetEmpty flips bits all over a dump and cuts it off all over. Encryption would notice
// all of that; a dump does not rely on it.
func TestDamageAnywhereInADumpLeavesTheTargetEmpty(t *testing.T) {
	t.Parallel()
	s := odd(t)
	fillQueue(t, s)
	run(t, s.Pool, `insert into "Odd Table" (amount) select generate_series(1, 200)`)
	dumped, _ := s.dump(t)
	empty := odd(t)
	before := everything(t, empty.Pool)
	step := max(1, len(dumped)/60)
	for i := 0; i < len(dumped); i += step {
		damaged := bytes.Clone(dumped)
		damaged[i] ^= 1 << (i % 8)
		if _, err := restoreInto(t, s, empty.dsn, damaged); err == nil {
			t.Fatalf("byte %d of %d: not noticed", i, len(dumped))
		}
		if _, err := restoreInto(t, s, empty.dsn, dumped[:i]); err == nil {
			t.Fatalf("cut off after %d of %d bytes: not noticed", i, len(dumped))
		}
	}
	for i := len(dumped) - 12; i < len(dumped); i++ {
		if _, err := restoreInto(t, s, empty.dsn, dumped[:i]); err == nil {
			t.Fatalf("cut off after %d of %d bytes: not noticed", i, len(dumped))
		}
	}
	if _, err := restoreInto(t, s, empty.dsn, append(bytes.Clone(dumped), 'x')); !errors.Is(err, postgres.ErrDamagedDump) {
		t.Errorf("something follows: %v", err)
	}
	expectSame(t, everything(t, empty.Pool), before)
	_, err := restoreInto(t, s, empty.dsn, dumped)
	check(t, err)
	expectSame(t, everything(t, empty.Pool), everything(t, s.Pool))
}

func TestARestoreThatIsKilledLeavesTheTargetEmpty(t *testing.T) {
	t.Parallel()
	s := odd(t)
	fill(t, s)
	dumped, _ := s.dump(t)
	empty := odd(t)
	before := everything(t, empty.Pool)
	kill := map[string]func(context.CancelFunc){
		"by its operator": func(cancel context.CancelFunc) { cancel() },
		"by the server": func(context.CancelFunc) {
			soleValue(t, empty.Pool, `select count(pg_terminate_backend(pid))::text from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and query like 'copy %'`)
		},
	}
	for _, who := range slices.Sorted(maps.Keys(kill)) {
		ctx, cancel := context.WithCancel(t.Context())
		half := &atHalf{r: bytes.NewReader(dumped), left: len(dumped) * 2 / 3, then: func() { kill[who](cancel) }}
		if _, err := postgres.Restore(ctx, s.target(empty.dsn), half); err == nil {
			t.Errorf("%s: no error", who)
		}
		cancel()
		if half.left > 0 {
			t.Errorf("%s: it ended before it was killed", who)
		}
		eventuallySame(t, empty.Pool, before)
	}
	_, err := restoreInto(t, s, empty.dsn, dumped)
	check(t, err)
	expectSame(t, everything(t, empty.Pool), everything(t, s.Pool))
}

// atHalf is a reader that does something once, on its way.
type atHalf struct {
	r    io.Reader
	left int
	then func()
}

func (a *atHalf) Read(p []byte) (int, error) {
	n, err := a.r.Read(p[:min(len(p), 4096)])
	if a.left > 0 && a.left <= n {
		a.then()
	}
	a.left -= n
	return n, err
}

// eventuallySame waits for the server to notice that a session has gone.
func eventuallySame(t *testing.T, db *pgxpool.Pool, want map[string]string) {
	t.Helper()
	for range 100 {
		if soleValue(t, db, `select count(*)::text from pg_stat_activity where datname = current_database() and query like 'copy %' and state <> 'idle'`) == "0" {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	expectSame(t, everything(t, db), want)
}

func TestARestoreThatCannotConnectTellsNobodyWhere(t *testing.T) {
	t.Parallel()
	s := odd(t)
	dumped, _ := s.dump(t)
	_, err := postgres.Restore(t.Context(), s.target("postgres://secretuser:hunter2@nohost.invalid/secretdb"), bytes.NewReader(dumped))
	if err == nil {
		t.Fatal("it connected")
	}
	for _, part := range []string{"secretuser", "hunter2", "nohost", "secretdb"} {
		if strings.Contains(err.Error(), part) {
			t.Errorf("%s is in %v", part, err)
		}
	}
}
