package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pressly/goose/v3"
)

// isBookkeeping reports whether a table has rows in a database that nobody has used yet, or has only started the service on:
// which migrations there are, the catalogue's counter, and who works the queue at the moment.
func isBookkeeping(table string) bool {
	switch table {
	case "goose_db_version", "catalog", "river_migration", "river_leader", "river_queue", "river_notification":
		return true
	}
	return false
}

// patientSession lifts what a role or a server may allow a statement: enough for a request, not for what is done here.
const patientSession = "set statement_timeout = 0; set lock_timeout = '" + migrateTableLockTimeout + "'"

// mustBeEmpty returns ErrNotEmpty with the names of tables that have rows.
func mustBeEmpty(ctx context.Context, db querier) error {
	names, err := listTables(ctx, db)
	if err != nil {
		return err
	}
	var filled []string
	for _, name := range names {
		if isBookkeeping(name) {
			continue
		}
		var some bool
		if err := db.QueryRow(ctx, "select exists (select from "+quoteAll([]string{name})+")").Scan(&some); err != nil {
			return fmt.Errorf("look into table %s: %w", name, err)
		}
		if some {
			filled = append(filled, name)
		}
	}
	if len(filled) > 0 {
		return fmt.Errorf("%w: there are rows in %s", ErrNotEmpty, strings.Join(filled, ", "))
	}
	return nil
}

// knows refuses a dump whose schema has migrations that this program has never heard of, before anything is changed.
func (t Target) knows(header DumpHeader) error {
	names, err := fs.Glob(t.Files, "*.sql")
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	var newest int64
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return fmt.Errorf("read the migrations: %w", err)
		}
		newest = max(newest, version)
	}
	if header.Schema > newest {
		return fmt.Errorf("%w: its schema is version %d, known are up to %d", ErrNewerSchema, header.Schema, newest)
	}
	return nil
}

// migrate makes the tables as they were when the dump was written; for an empty header as this program wants them.
func (t Target) migrate(ctx context.Context, header DumpHeader) error {
	if _, err := migrateTo(ctx, t.URL.Reveal(), t.Files, header.Schema); err != nil {
		return err
	}
	config, err := pgxpool.ParseConfig(t.URL.Reveal())
	if err != nil {
		return errors.New("the database's address cannot be parsed") // the parser's error quotes it
	}
	config.MaxConns = 2 // the queue may want one for a lock
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, patientSession)
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer pool.Close()
	return t.Queue(ctx, pool, header.Queue)
}

// checkTables makes sure that the tables are those of the dump, column by column.
func checkTables(ctx context.Context, tx pgx.Tx, header DumpHeader) error {
	schema, queue, err := readVersions(ctx, tx)
	if err != nil {
		return err
	}
	if schema != header.Schema || queue != header.Queue {
		return fmt.Errorf("the database has schema version %d (queue %d), the dump %d (queue %d): restore into a database without tables",
			schema, queue, header.Schema, header.Queue)
	}
	have, err := readTables(ctx, tx)
	if err != nil {
		return err
	}
	for _, want := range header.Tables {
		same := func(t DumpTable) bool { return t.Name == want.Name && sameColumns(t.Columns, want.Columns) }
		if !slices.ContainsFunc(have, same) {
			return fmt.Errorf("%w: table %s is not as its migrations make it", ErrNewerSchema, want.Name)
		}
	}
	return nil
}

// sameColumns compares names only: what a column's type is called is for people.
func sameColumns(a, b []DumpColumn) bool {
	name := func(c DumpColumn) string { return c.Name }
	return slices.Equal(sorted(a, name), sorted(b, name))
}

func sorted(columns []DumpColumn, key func(DumpColumn) string) []string {
	keys := make([]string, len(columns))
	for i, c := range columns {
		keys[i] = key(c)
	}
	slices.Sort(keys)
	return keys
}

// silence keeps triggers from firing at rows that they have already seen, and returns what puts each back to how it was.
// Foreign keys are not triggers in this sense and go on checking. session_replication_role would do it in one line, and the
// keys too, but only for a superuser.
func silence(ctx context.Context, tx pgx.Tx) (wakeUp func() error, err error) {
	rows, err := tx.Query(ctx, `
		select c.relname::text, t.tgname::text, t.tgenabled::text
		from pg_catalog.pg_trigger t join pg_catalog.pg_class c on c.oid = t.tgrelid
		where not t.tgisinternal and t.tgenabled <> 'D'
			and c.relkind = 'r' and c.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = current_schema())`)
	if err != nil {
		return nil, err
	}
	type trigger struct{ Table, Name, Enabled string }
	triggers, err := pgx.CollectRows(rows, pgx.RowToStructByPos[trigger])
	if err != nil {
		return nil, err
	}
	alter := func(how string, t trigger) error {
		statement := "alter table " + quoteAll([]string{t.Table}) + " " + how + " trigger " + quoteAll([]string{t.Name})
		if _, err := tx.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s trigger %s of %s: %w", how, t.Name, t.Table, err)
		}
		return nil
	}
	for _, t := range triggers {
		if err := alter("disable", t); err != nil {
			return nil, err
		}
	}
	enable := map[string]string{"O": "enable", "R": "enable replica", "A": "enable always"}
	return func() error {
		for _, t := range triggers {
			if err := alter(enable[t.Enabled], t); err != nil {
				return err
			}
		}
		return nil
	}, nil
}
