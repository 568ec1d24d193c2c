package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// dumpLockTimeout is for a migration that is under way; nobody waits behind a reader.
	dumpLockTimeout = "'2min'"
	// dumpTries is how often the list of tables may change under us before we give up.
	dumpTries = 5
)

// Dump writes everything in the schema to w, as it was at one instant, whatever others write meanwhile: every ordinary
// table, the queue's and the migrations' own records included, and where the sequences stand. Memory does not grow with
// the tables, only with the longest single row. The format is described beside its constants.
func (d *DB) Dump(ctx context.Context, w io.Writer, now time.Time) (Contents, error) {
	out := &outlet{to: w}
	var done Contents
	err := d.use(ctx, func(conn *pgxpool.Conn) (err error) {
		done, err = dump(ctx, conn.Conn(), out, now)
		return err
	})
	if out.err != nil {
		// Not the database's fault, though it may look like that: a lost connection to where the dump goes.
		return Contents{}, fmt.Errorf("write the dump: %w", out.err)
	}
	if err != nil {
		return Contents{}, fmt.Errorf("dump: %w", err)
	}
	return done, nil
}

// outlet remembers that writing failed.
type outlet struct {
	to  io.Writer
	err error
}

func (o *outlet) Write(p []byte) (int, error) {
	n, err := o.to.Write(p)
	if err != nil && o.err == nil {
		o.err = err
	}
	return n, err
}

var errTablesChanged = errors.New("the tables keep changing: is a migration running?")

func dump(ctx context.Context, conn *pgx.Conn, w io.Writer, now time.Time) (Contents, error) {
	for range dumpTries {
		done, err := tryDump(ctx, conn, w, now)
		if !errors.Is(err, errTablesChanged) {
			return done, err
		}
	}
	return Contents{}, errTablesChanged
}

// tryDump locks the tables before it takes its snapshot. The other way round, a migration that rewrites a table in between
// would leave the snapshot with an empty one. So the list of tables is read first and compared later; nothing is written
// before that.
func tryDump(ctx context.Context, conn *pgx.Conn, w io.Writer, now time.Time) (Contents, error) {
	before, err := listTables(ctx, conn)
	if err != nil {
		return Contents{}, err
	}
	if len(before) == 0 {
		return Contents{}, errors.New("there are no tables: has the database been migrated?")
	}
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return Contents{}, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	if err := steady(ctx, tx, dumpLockTimeout); err != nil {
		return Contents{}, err
	}
	if _, err := tx.Exec(ctx, "lock table "+quoteAll(before)+" in access share mode"); err != nil {
		return Contents{}, fmt.Errorf("lock the tables: %w", err)
	}
	header, err := describe(ctx, tx, now)
	if err != nil {
		return Contents{}, err
	}
	if !slices.Equal(before, tableNames(header.Tables)) {
		return Contents{}, errTablesChanged
	}
	return writeDump(ctx, tx, w, header)
}

func tableNames(tables []DumpTable) []string {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.Name
	}
	slices.Sort(names)
	return names
}

// steady makes the transaction independent of how the server and the role are set up: of what statements may take, and of
// how values are written. All of it ends with the transaction. None of it is a query, which would take the snapshot.
func steady(ctx context.Context, tx pgx.Tx, lockTimeout string) error {
	settings := []string{
		"lock_timeout = " + lockTimeout,
		"statement_timeout = 0",
		"idle_in_transaction_session_timeout = 0",
		"client_encoding = 'UTF8'",
		"datestyle = 'ISO, YMD'",
		"intervalstyle = 'postgres'",
		"timezone = 'UTC'",
		"bytea_output = 'hex'",
		"extra_float_digits = 3", // every bit of a float
		"xmloption = content",
		"row_security = off",          // rather fail than leave out rows that the role may not see
		"synchronize_seqscans = off",  // begin where the table begins, so that rows keep their order
		"quote_all_identifiers = off", // names in the catalogue as they are
	}
	if serverMajor(tx) >= 17 {
		settings = append(settings, "transaction_timeout = 0")
	}
	_, err := tx.Exec(ctx, "set local "+strings.Join(settings, "; set local "))
	return err
}

func serverMajor(tx pgx.Tx) int {
	digits, _, _ := strings.Cut(tx.Conn().PgConn().ParameterStatus("server_version"), ".")
	major, _ := strconv.Atoi(digits) // 18beta1 is 0: then the setting is left alone
	return major
}

func writeDump(ctx context.Context, tx pgx.Tx, w io.Writer, header DumpHeader) (Contents, error) {
	done := Contents{DumpHeader: header}
	out, err := newFrameWriter(w)
	if err != nil {
		return done, err
	}
	if err := out.json(frameHeader, header); err != nil {
		return done, err
	}
	for _, table := range header.Tables {
		sum, err := writeTable(ctx, tx, out, table)
		if err != nil {
			return done, fmt.Errorf("table %s: %w", table.Name, err)
		}
		done.add(sum)
	}
	// After the snapshot: sequences are read as they are now, so that none is behind a row that is in the dump.
	sequences, err := readSequences(ctx, tx)
	if err != nil {
		return done, err
	}
	if err := out.json(frameSequences, sequences); err != nil {
		return done, err
	}
	done.Sequences = sumSequences(sequences)
	return done, out.json(frameTrailer, done.trailer())
}

func writeTable(ctx context.Context, tx pgx.Tx, out *frameWriter, table DumpTable) (TableSum, error) {
	if err := out.json(frameTable, tableBegin{table.Name}); err != nil {
		return TableSum{}, err
	}
	rows := &rowWriter{out: out, sum: newRowSum(), pending: make([]byte, 0, dataFrame)}
	tag, err := tx.Conn().PgConn().CopyTo(ctx, rows, "copy "+table.quoted()+" to stdout")
	if err != nil {
		return TableSum{}, err
	}
	if err := rows.flush(); err != nil {
		return TableSum{}, err
	}
	sum := rows.sum.sum(table.Name)
	if sum.Rows != tag.RowsAffected() {
		return sum, fmt.Errorf("got %d rows of %d", sum.Rows, tag.RowsAffected())
	}
	return sum, out.json(frameEnd, sum)
}

// quoted is the table with its columns, as COPY takes it.
func (t DumpTable) quoted() string {
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = c.Name
	}
	return quoteAll([]string{t.Name}) + " (" + quoteAll(columns) + ")"
}

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = pgx.Identifier{name}.Sanitize()
	}
	return strings.Join(quoted, ", ")
}

// rowWriter gathers rows, which come one by one, into frames.
type rowWriter struct {
	out     *frameWriter
	sum     *rowSum
	pending []byte
}

func (r *rowWriter) Write(p []byte) (int, error) {
	_, _ = r.sum.Write(p) // never fails
	for rest := p; len(rest) > 0; {
		n := min(len(rest), cap(r.pending)-len(r.pending))
		r.pending = append(r.pending, rest[:n]...)
		rest = rest[n:]
		if len(r.pending) == cap(r.pending) {
			if err := r.flush(); err != nil {
				return 0, err
			}
		}
	}
	return len(p), nil
}

func (r *rowWriter) flush() error {
	if len(r.pending) == 0 {
		return nil
	}
	err := r.out.frame(frameData, r.pending)
	r.pending = r.pending[:0]
	return err
}
