package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/eevans-d/sist-cabanas/migrations"
	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

// refused fails the test unless a statement ends with one of the SQLSTATEs.
func (b *bundle) refused(t *testing.T, statement string, states ...string) {
	t.Helper()
	_, err := b.operator.Exec(t.Context(), statement)
	pg, ok := errors.AsType[*pgconn.PgError](err)
	for _, state := range states {
		if ok && pg.Code == state {
			return
		}
	}
	t.Errorf("%s: %v, want SQLSTATE %v", statement, err, states)
}

const (
	checkViolation = "23514"
	invalidValue   = "22023"
	outOfRange     = "22003"
)

func TestTheTableRefusesWhatTheProgramCouldNotRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.cabin(t)
	for column, values := range map[string][]string{
		"timezone": {
			"'Mars/Olympus'", "''", "'ART'", "'-03'", "'UTC+3'", "'america/argentina/buenos_aires'", "'America/argentina/Cordoba'", "'utc'",
			"'posix/America/Bogota'", "'localtime'", "'America/Bogota '", "'../etc/passwd'",
		},
		"base_price":         {"-0.01", "'NaN'", "'Infinity'", "10000000000"},
		"extra_guest_price":  {"-0.01", "'NaN'"},
		"cleaning_fee":       {"-0.01", "'NaN'"},
		"weekend_multiplier": {"0", "-1", "'NaN'", "100"},
		"weekend_nights":     {"'{0}'", "'{8}'", "'{5,null}'"},
		"included_guests":    {"0"},
		"capacity":           {"0", "101"},
		"deposit_percent":    {"-1", "101"},
		"min_nights":         {"0", "61"},
		"max_nights":         {"0", "366"},
		"currency":           {"''", "'ars'", "'ARSX'", "'A\"S'", "E'ARS\\n'"},
		"slug":               {"''", "'7'", "'007'", "'Lake'", "'lake-'", "'a b'", "'ñandu'", "E'lake\\n'"},
		"name":               {"''", "repeat('x', 101)"},
		"type":               {"''"},
		"cancellation_policy": {
			"''", "'Flexible'",
		},
		"amenities": {"'{}'", "'null'", `'"wifi"'`, "'[1]'", "'[null]'", `'[["wifi"]]'`, `'[{"name": "wifi"}]'`},
		"photos": {
			"'{}'", "'[null]'", `'["https://example.com/1.jpg"]'`, "'[{}]'", `'[{"url": 1}]'`, `'[[{"url": "x"}]]'`, `'[{"url": ["x"]}]'`,
			`'[{"url": "x", "caption": 1}]'`, `'[{"url": "x", "caption": ["x"]}]'`, `'[{"url": "x", "is_primary": "yes"}]'`,
		},
	} {
		for _, value := range values {
			b.refused(t, fmt.Sprintf("update accommodations set %s = %s", column, value), checkViolation, invalidValue, outOfRange)
		}
	}
	b.refused(t, `insert into accommodations (name, type, capacity, base_price, timezone) values ('a', 'b', 1, 1, 'ART')`, invalidValue)
	for _, season := range []string{
		"'2026-12-04', '2026-12-04', 1", "'2026-12-05', '2026-12-04', 1", "'-infinity', '2026-12-04', 1", "'2026-12-04', 'infinity', 1",
		"'1899-12-31', '2026-12-04', 1", "'2026-12-04', '10000-01-01', 1", "'2026-12-04', '2026-12-05', -1", "'2026-12-04', '2026-12-05', 'NaN'",
	} {
		b.refused(t, `insert into rates (accommodation_id, name, start_date, end_date, price) values (1, 'Summer', `+season+`)`, checkViolation)
	}
	b.exec(t, `update accommodations set timezone = 'America/Argentina/Cordoba', weekend_nights = '{}', slug = 'a-1-b', deposit_percent = 0`)
	if found, err := b.Accommodation(t.Context(), "a-1-b"); err != nil || found.Zone.String() != "America/Argentina/Cordoba" {
		t.Errorf("after all that: %+v, %v", found, err)
	}
}

func TestTheTableOfReservationsRefusesNonsense(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.cabin(t)
	for values, state := range map[string]string{
		"1, '2026-12-04', '2026-12-04', 'confirmed', null":    checkViolation,
		"1, '2026-12-05', '2026-12-04', 'confirmed', null":    "22000", // already the range
		"1, '2026-12-04', 'infinity', 'confirmed', null":      checkViolation,
		"1, '-infinity', '2026-12-04', 'confirmed', null":     checkViolation,
		"1, '2026-12-04', '2026-12-05', 'held', now()":        checkViolation,
		"1, '2026-12-04', '2026-12-05', 'pre_reserved', null": checkViolation,
		"2, '2026-12-04', '2026-12-05', 'confirmed', null":    "23503", // there is no such cabin
	} {
		b.refused(t, `insert into reservations (code, accommodation_id, check_in, check_out, status, expires_at) values ('A', `+values+`)`, state)
	}
	code := b.row(t, 1, nights(3, 5), booking.StatusConfirmed, noon)
	for _, change := range []string{
		"status = 'Cancelled'", "payment_status = 'maybe'", "total_price = 'NaN'", "total_price = -1", "deposit_amount = 1", "deposit_amount = 'NaN'",
		"paid_amount = 'NaN'", "guests = 0", "price_lines = '{}'",
	} {
		b.refused(t, `update reservations set `+change, checkViolation)
	}
	if _, _, err := b.Reservation(t.Context(), code); err != nil {
		t.Error(err)
	}
}

func TestTheTablesOfCalendarsRefuseNonsense(t *testing.T) {
	t.Parallel()
	b := setup(t)
	feed := b.feed(t, b.cabin(t), "airbnb")
	b.apply(t, feed, noon, stay("a", 3, 5))
	for _, change := range []string{
		"source = ''", "source = 'Airbnb'", "source = '-a'", "source = repeat('a', 31)", `source = E'a\n'`, "url = repeat('x', 2001)",
		"token = ''", "token = repeat('A', 32)", "token = repeat('a', 31)", "failures = -1",
	} {
		b.refused(t, `update calendar_feeds set `+change, checkViolation)
	}
	for _, change := range []string{
		"kind = 'other'", "end_date = start_date", "end_date = 'infinity'", "start_date = '-infinity'", "start_date = '1899-12-31'", "note = repeat('x', 501)",
		"active = false", "freed_at = now()", // either without the other
		"kind = 'manual'", "feed_id = null", // what the owner closed is of no feed, and what is of none is his
	} {
		b.refused(t, `update calendar_events set `+change, checkViolation)
	}
	b.exec(t, `insert into calendar_events (accommodation_id, feed_id, kind, start_date, end_date, created_at, changed_at) values (1, 1, 'blocked', '2026-12-04', '2026-12-05', now(), now())`)
	insert := `insert into calendar_conflicts (accommodation_id, event_id, reservation_id, other_event_id, severity, start_date, end_date, detected_at) values `
	for values, state := range map[string]string{
		"(1, 1, null, null, 'overlap', '2026-12-04', '2026-12-05', now())": checkViolation, // with nobody
		"(1, 1, null, 1, 'overlap', '2026-12-04', '2026-12-05', now())":    checkViolation, // with itself
		"(1, 2, null, 1, 'overlap', '2026-12-04', '2026-12-05', now())":    checkViolation, // the wrong way round
		"(1, 1, null, 2, 'bad', '2026-12-04', '2026-12-05', now())":        checkViolation,
		"(1, 1, null, 2, 'overlap', '2026-12-04', '2026-12-04', now())":    checkViolation,
	} {
		b.refused(t, insert+values, state)
	}
	once := insert + "(1, 1, null, 2, 'overlap', '2026-12-04', '2026-12-05', now())"
	b.exec(t, once)
	b.refused(t, once, "23505")
	b.exec(t, `update calendar_conflicts set resolved_at = now()`)
	b.exec(t, once)
	b.refused(t, `insert into reservations (code, accommodation_id, check_in, check_out, status, approval)
		values ('A', 1, '2026-12-04', '2026-12-05', 'confirmed', 'maybe')`, checkViolation)
}

func TestTheConstraintStandsUnderItsName(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const want = "EXCLUDE USING gist (accommodation_id WITH =, period WITH &&)" +
		" WHERE ((status = ANY (ARRAY['pre_reserved'::text, 'confirmed'::text])))"
	got := one[string](t, b, `select pg_get_constraintdef(oid) from pg_constraint where conname = 'no_overlap_reservations'`)
	if got != want {
		t.Errorf("no_overlap_reservations is %s", got)
	}
	cabin := b.cabin(t)
	b.row(t, cabin, nights(3, 5), booking.StatusConfirmed, noon)
	// Whoever goes around the program, and whatever hold is overdue, the constraint sees rows.
	for _, status := range []string{"confirmed", "pre_reserved"} {
		b.refused(t, `insert into reservations (code, accommodation_id, check_in, check_out, status, expires_at)
			values ('X', 1, '2026-12-05', '2026-12-09', '`+status+`', '2020-01-01')`, "23P01")
	}
	for _, status := range []string{"cancelled", "expired", "completed", "no_show"} {
		b.row(t, cabin, nights(3, 5), booking.Status(status), noon)
	}
	b.row(t, cabin, nights(5, 6), booking.StatusConfirmed, noon)
	b.row(t, cabin, nights(2, 3), booking.StatusConfirmed, noon)
	b.row(t, b.cabin(t), nights(3, 5), booking.StatusConfirmed, noon)
}

func TestHistoryCannotBeRewritten(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.hold(t, b.cabin(t), nights(3, 5))
	const raised = "P0001"
	b.refused(t, `update reservation_events set actor = 'nobody'`, raised)
	b.refused(t, `update reservation_events set event = event`, raised)
	b.refused(t, `delete from reservation_events`, raised)
	b.refused(t, `delete from reservations`, "23503") // what has a history stays
	if got := b.events(t, r.Code); len(got) != 1 || got[0] != "guest held" {
		t.Errorf("history: %v", got)
	}
}

// TestTheCatalogueVersionNeverComesBack restores what a backup of an hour ago held: a copy of the catalogue that was made in
// between must not be taken for what is changed afterwards.
func TestTheCatalogueVersionNeverComesBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.cabin(t)
	saved := one[int64](t, b, `select version from catalog`)
	b.exec(t, `update accommodations set base_price = 20000`)
	if _, err := b.Accommodation(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	b.exec(t, `update accommodations set base_price = 10000`)
	b.exec(t, `update catalog set version = $1`, saved)
	b.exec(t, `update accommodations set base_price = 30000`)
	if found, err := b.Accommodation(t.Context(), "1"); err != nil || found.BasePrice != 3000000 {
		t.Errorf("after a restored backup and a change: %+v, %v", found, err)
	}
	// Nor does a clock that is set back make it count backwards.
	b.exec(t, `update catalog set version = 1::bigint << 60`)
	b.exec(t, `update accommodations set base_price = 40000`)
	if version := one[int64](t, b, `select version from catalog`); version != 1<<60+1 {
		t.Errorf("version is %d", version)
	}
}

func TestDownAndUpAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.hold(t, b.cabin(t), nights(3, 5))
	before := shape(t, b)
	if !strings.Contains(before, "no_overlap_reservations") || !strings.Contains(before, "claim_idempotency_key") {
		t.Fatalf("the shape is not seen:\n%s", before)
	}
	config, err := pgx.ParseConfig(b.dsn)
	if err != nil {
		t.Fatal(err)
	}
	db := stdlib.OpenDB(*config)
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.Files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.DownTo(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if left := shape(t, b); left != "" {
		t.Errorf("left after down:\n%s", left)
	}
	if applied, err := postgres.Migrate(t.Context(), b.dsn, migrations.Files); err != nil || len(applied) == 0 {
		t.Fatalf("up again: %v, %v", applied, err)
	}
	if diff := cmp.Diff(before, shape(t, b)); diff != "" {
		t.Errorf("down and up made a difference (-before +after):\n%s", diff)
	}
	if applied, err := postgres.Migrate(t.Context(), b.dsn, migrations.Files); err != nil || len(applied) != 0 {
		t.Errorf("up twice: %v, %v", applied, err)
	}
	b.hold(t, b.cabin(t), nights(3, 5))
}

// shape describes our own tables and functions, not goose's, the queue's or an extension's.
func shape(t *testing.T, b *bundle) string {
	t.Helper()
	return strings.Join(list[string](t, b, `
		with ours as (
			select c.oid, c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
				and c.relname !~ '^(river|goose)')
		select relname || '.' || attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull || ' ' || attidentity::text || attgenerated::text
			|| coalesce(' ' || pg_get_expr(adbin, adrelid), '')
		from ours join pg_attribute a on a.attrelid = ours.oid and attnum > 0 left join pg_attrdef d on d.adrelid = ours.oid and d.adnum = attnum
		union all select relname || ': ' || conname || ' ' || pg_get_constraintdef(k.oid) from ours join pg_constraint k on k.conrelid = ours.oid
		union all select pg_get_indexdef(indexrelid) from ours join pg_index i on i.indrelid = ours.oid
		union all select pg_get_triggerdef(g.oid) from ours join pg_trigger g on g.tgrelid = ours.oid where not tgisinternal
		union all select pg_get_functiondef(p.oid) from pg_proc p
			where p.pronamespace = 'public'::regnamespace and p.prokind = 'f' and p.proname !~ '^river'
			and not exists (select from pg_depend where objid = p.oid and deptype = 'e')
		order by 1`), "\n")
}
