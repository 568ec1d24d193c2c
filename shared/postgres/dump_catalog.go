package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// What the catalogue is asked for is in current_schema(), which is public but where a backup is tried out in a schema of
// its own. What an extension has brought is the extension's to restore.
const (
	ordinaryTables = `
		from pg_catalog.pg_class c
		where c.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = current_schema()) and c.relkind = 'r'
			and not exists (select from pg_catalog.pg_depend d
				where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e')`
	versionOfSchema = `select coalesce(max(version_id), 0) from goose_db_version where is_applied`
	versionOfQueue  = `select coalesce(max(version), 0) from river_migration where line = 'main'`
)

// querier is a connection or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// listTables returns the names of all ordinary tables, sorted.
func listTables(ctx context.Context, db querier) ([]string, error) {
	rows, err := db.Query(ctx, `select c.relname::text `+ordinaryTables)
	if err != nil {
		return nil, err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	slices.Sort(names) // here, not by a collation of the server's
	return names, err
}

// describe reads what there is to dump.
func describe(ctx context.Context, tx pgx.Tx, now time.Time) (DumpHeader, error) {
	header := DumpHeader{CreatedAt: now.UTC(), Postgres: tx.Conn().PgConn().ParameterStatus("server_version")}
	tables, err := readTables(ctx, tx)
	if err != nil {
		return header, fmt.Errorf("read the tables: %w", err)
	}
	references, err := readReferences(ctx, tx)
	if err != nil {
		return header, fmt.Errorf("read the foreign keys: %w", err)
	}
	if header.Tables, err = inOrder(tables, references); err != nil {
		return header, err
	}
	header.Schema, header.Queue, err = readVersions(ctx, tx)
	return header, err
}

// readVersions returns the newest migrations applied, 0 for none.
func readVersions(ctx context.Context, db querier) (schema, queue int64, err error) {
	names, err := listTables(ctx, db)
	if err != nil {
		return 0, 0, err
	}
	if slices.Contains(names, "goose_db_version") {
		if err := db.QueryRow(ctx, versionOfSchema).Scan(&schema); err != nil {
			return 0, 0, fmt.Errorf("read the schema's version: %w", err)
		}
	}
	if slices.Contains(names, "river_migration") {
		if err := db.QueryRow(ctx, versionOfQueue).Scan(&queue); err != nil {
			return 0, 0, fmt.Errorf("read the queue's version: %w", err)
		}
	}
	return schema, queue, nil
}

func readTables(ctx context.Context, tx pgx.Tx) ([]DumpTable, error) {
	rows, err := tx.Query(ctx, `
		select t.name, a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod)
		from (select c.oid, c.relname::text as name `+ordinaryTables+`) t
		join pg_catalog.pg_attribute a on a.attrelid = t.oid
		where a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
		order by t.oid, a.attnum`)
	if err != nil {
		return nil, err
	}
	var tables []DumpTable
	var table string
	var column DumpColumn
	_, err = pgx.ForEachRow(rows, []any{&table, &column.Name, &column.Type}, func() error {
		if len(tables) == 0 || tables[len(tables)-1].Name != table {
			tables = append(tables, DumpTable{Name: table})
		}
		last := &tables[len(tables)-1]
		last.Columns = append(last.Columns, column)
		return nil
	})
	return tables, err
}

// readReferences returns, for every table, those that its foreign keys point to. A table's keys to itself do not count:
// they are checked when all its rows are there.
func readReferences(ctx context.Context, tx pgx.Tx) (map[string][]string, error) {
	rows, err := tx.Query(ctx, `
		select distinct c.relname::text, target.relname::text
		from pg_catalog.pg_constraint k
		join pg_catalog.pg_class c on c.oid = k.conrelid
		join pg_catalog.pg_class target on target.oid = k.confrelid
		where k.contype = 'f' and k.conrelid <> k.confrelid
			and c.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = current_schema())`)
	if err != nil {
		return nil, err
	}
	references := make(map[string][]string)
	var from, to string
	_, err = pgx.ForEachRow(rows, []any{&from, &to}, func() error {
		references[from] = append(references[from], to)
		return nil
	})
	return references, err
}

// inOrder sorts tables so that none refers to a later one; among those that could come next, by name.
func inOrder(tables []DumpTable, references map[string][]string) ([]DumpTable, error) {
	left := slices.SortedFunc(slices.Values(tables), func(a, b DumpTable) int { return strings.Compare(a.Name, b.Name) })
	ordered := make([]DumpTable, 0, len(tables))
	for len(left) > 0 {
		next := slices.IndexFunc(left, func(t DumpTable) bool {
			return !slices.ContainsFunc(references[t.Name], func(target string) bool {
				return slices.ContainsFunc(left, func(other DumpTable) bool { return other.Name == target })
			})
		})
		if next < 0 {
			// None of our tables does that, and a test would fail before a migration that begins to reaches anybody.
			return nil, fmt.Errorf("foreign keys go in a circle among %s", strings.Join(tableNames(left), ", "))
		}
		ordered = append(ordered, left[next])
		left = slices.Delete(left, next, next+1)
	}
	return ordered, nil
}

// readSequences returns where each sequence stands, those of identity columns included.
func readSequences(ctx context.Context, tx pgx.Tx) ([]sequence, error) {
	rows, err := tx.Query(ctx, `
		select c.relname::text
		from pg_catalog.pg_class c
		where c.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = current_schema()) and c.relkind = 'S'
			and not exists (select from pg_catalog.pg_depend d
				where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e')`)
	if err != nil {
		return nil, err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	sequences := make([]sequence, len(names))
	for i, name := range names {
		sequences[i].Name = name
		// pg_sequences would do it in one query, but shows null both for "not called yet" and for "may not look".
		row := tx.QueryRow(ctx, `select last_value, is_called from `+quoteAll([]string{name}))
		if err := row.Scan(&sequences[i].Last, &sequences[i].Called); err != nil {
			return nil, errors.Join(fmt.Errorf("sequence %s", name), err)
		}
	}
	return sequences, nil
}
