package postgres_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
)

// TestADumpIsOfOneInstantWhateverOthersWrite has sessions that keep two tables in step, and move rows from one to the other.
func TestADumpIsOfOneInstantWhateverOthersWrite(t *testing.T) {
	t.Parallel()
	s := odd(t)
	run(t, s.Pool, `insert into accommodations (name, type, capacity, base_price) values ('a', 'b', 1, 1)`)
	run(t, s.Pool, `insert into "Odd Table" (id) values (1)`)
	var stop atomic.Bool
	var wait sync.WaitGroup
	for writer := range 3 {
		wait.Go(func() {
			for n := 0; !stop.Load(); n++ {
				// A reservation and its event are one; rates and no_rows always add up to the number of both.
				_, err := s.Exec(t.Context(), fmt.Sprintf(`
					with r as (insert into reservations (code, accommodation_id, check_in, check_out, status) values ('%d-%d', 1, '2026-12-04', '2026-12-07', 'cancelled') returning id)
					insert into reservation_events (reservation_id, at, actor, event) select id, now(), 'a', 'b' from r`, writer, n))
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	defer wait.Wait()
	defer stop.Store(true)
	seen := make(map[int64]bool)
	for range 12 {
		dumped, contents := s.dump(t)
		rows := make(map[string]int64)
		for _, sum := range contents.Sums {
			rows[sum.Name] = sum.Rows
		}
		if rows["reservations"] != rows["reservation_events"] {
			t.Fatalf("%d reservations and %d events: not of one instant", rows["reservations"], rows["reservation_events"])
		}
		seen[rows["reservations"]] = true
		if last := lastValue(t, dumped, "reservation_events_id_seq"); last < rows["reservation_events"] {
			t.Fatalf("the sequence stands at %d, with %d rows: the next id would clash", last, rows["reservation_events"])
		}
	}
	if len(seen) < 2 {
		t.Error("nobody wrote meanwhile, so that nothing is proved")
	}
}

func lastValue(t *testing.T, dumped []byte, sequence string) int64 {
	t.Helper()
	at := bytes.LastIndex(dumped, []byte(`{"name":"`+sequence+`"`))
	if at < 0 {
		t.Fatalf("sequence %s is not in the dump", sequence)
	}
	var s struct{ Last int64 }
	check(t, json.NewDecoder(bytes.NewReader(dumped[at:])).Decode(&s))
	return s.Last
}

func TestEveryTableOfADumpComesAfterWhatItRefersTo(t *testing.T) {
	t.Parallel()
	s := odd(t)
	_, contents := s.dump(t)
	at := make(map[string]int)
	for i, table := range contents.Tables {
		at[table.Name] = i
		for _, column := range table.Columns {
			if column.Name == "period" || column.Name == "twice" {
				t.Errorf("%s.%s is generated, and in the dump", table.Name, column.Name)
			}
		}
	}
	for _, order := range [][2]string{{"accommodations", "rates"}, {"accommodations", "reservations"}, {"reservations", "reservation_events"}, {"Odd Table", "a_child"}} {
		if at[order[0]] >= at[order[1]] {
			t.Errorf("%s comes after %s", order[0], order[1])
		}
	}
	if len(at) != len(tables(t, s.Pool)) {
		t.Errorf("%d tables of %d are in the dump", len(at), len(tables(t, s.Pool)))
	}
}

func TestForeignKeysInACircleAreAnErrorThatNamesThem(t *testing.T) {
	t.Parallel()
	s := odd(t)
	run(t, s.Pool, `create table one (id int primary key); create table two (id int primary key references one); alter table one add foreign key (id) references two`)
	_, err := share(t, s.dsn).Dump(t.Context(), new(bytes.Buffer), dumpedAt)
	if err == nil || !strings.Contains(err.Error(), "one, two") {
		t.Errorf("got %v", err)
	}
}

func TestADumpOfNothingIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := share(t, bare(t)).Dump(t.Context(), new(bytes.Buffer), dumpedAt); err == nil || !strings.Contains(err.Error(), "has the database been migrated?") {
		t.Errorf("got %v", err)
	}
}

func TestADumpThatCannotBeWrittenFailsAndGivesItsConnectionBack(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	db := share(t, dsn)
	for _, after := range []int{0, 1, 1000, 5000} {
		full := &fullDisk{left: after}
		_, err := db.Dump(t.Context(), full, dumpedAt)
		if !errors.Is(err, errFull) || errors.Is(err, fault.ErrUnavailable) {
			t.Errorf("full after %d bytes: got %v", after, err)
		}
	}
	if _, err := db.Dump(t.Context(), new(bytes.Buffer), dumpedAt); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

var errFull = errors.New("the disk is full")

type fullDisk struct{ left int }

func (f *fullDisk) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestADumpLeavesTheSessionAsItWas(t *testing.T) {
	t.Parallel()
	pool, err := postgres.Open(postgres.Config{URL: config.Secret(pgtest.NewDSN(t))}, 1, prometheus.NewRegistry())
	check(t, err)
	t.Cleanup(pool.Close)
	const settings = `select pg_backend_pid() || ' ' || string_agg(name || '=' || setting, ' ' order by name) from pg_settings where name not like 'in_hot%'`
	before := soleValue(t, pool.Raw(), settings)
	_, err = pool.Share(1).Dump(t.Context(), new(bytes.Buffer), dumpedAt)
	check(t, err)
	if after := soleValue(t, pool.Raw(), settings); after != before {
		t.Errorf("before: %s\nafter: %s", before, after)
	}
}
