package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/config"
)

// ErrNotEmpty refuses to restore over what somebody may still want.
var ErrNotEmpty = errors.New("the database is not empty")

// ErrNewerSchema refuses a dump of tables that this program does not know.
var ErrNewerSchema = errors.New("the dump was made by a newer version of this program")

// Target is where a dump is restored to, and how its tables are made.
type Target struct {
	URL   config.Secret
	Files fs.FS // our migrations
	// Queue brings the queue's own tables to a version, or with 0 to the newest that it knows.
	Queue func(ctx context.Context, pool *pgxpool.Pool, version int64) error
}

// restoreConnect bounds how long a server may take to answer at all.
const restoreConnect = 10 * time.Second

// restoreLockTimeout: an empty database has no business that could hold a table longer.
const restoreLockTimeout = "'15s'"

// Restore fills an empty database from a dump, all or nothing: the tables are made as they were when it was written, the
// rows of all of them come in one transaction that is committed once the dump has been read to its end and found whole, and
// then the schema is brought up to date. Interrupted before that it leaves tables without rows, which count as empty.
//
// Nothing but the ownership of the tables is needed; a managed Postgres gives nobody more.
func Restore(ctx context.Context, t Target, from io.Reader) (Contents, error) {
	done, err := restore(ctx, t, from)
	if err != nil {
		return Contents{}, fmt.Errorf("restore: %w", err)
	}
	if err := t.migrate(ctx, DumpHeader{}); err != nil {
		return done, fmt.Errorf("the rows are restored, but bringing the schema up to date failed: %w", err)
	}
	return done, nil
}

func restore(ctx context.Context, t Target, from io.Reader) (Contents, error) {
	in, err := newFrameReader(from)
	if err != nil {
		return Contents{}, err
	}
	var header DumpHeader
	if err := in.json(frameHeader, &header); err != nil {
		return Contents{}, err
	}
	if err := t.knows(header); err != nil {
		return Contents{}, err
	}
	conn, err := t.connect(ctx)
	if err != nil {
		return Contents{}, err
	}
	defer closeConn(ctx, conn)
	if err := mustBeEmpty(ctx, conn); err != nil { // before anything is made in it
		return Contents{}, err
	}
	if err := t.migrate(ctx, header); err != nil {
		return Contents{}, err
	}
	var done Contents
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		done, err = load(ctx, tx, in, header)
		return err
	})
	return done, err
}

func (t Target) connect(ctx context.Context) (*pgx.Conn, error) {
	c, err := pgx.ParseConfig(t.URL.Reveal())
	if err != nil {
		return nil, errors.New("the database's address cannot be parsed") // the parser's error quotes it
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = restoreConnect
	}
	conn, err := pgx.ConnectConfig(ctx, c)
	if err != nil {
		return nil, unreachable(ctx, err)
	}
	if _, err := conn.Exec(ctx, patientSession); err != nil {
		closeConn(ctx, conn)
		return nil, fmt.Errorf("connect: %w", translate(err))
	}
	return conn, nil
}

// closeConn says goodbye even when the time for everything else is up.
func closeConn(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restoreConnect)
	defer cancel()
	_ = conn.Close(ctx) // it is over either way
}

// load replaces the rows of all tables by those of the dump.
func load(ctx context.Context, tx pgx.Tx, in *frameReader, header DumpHeader) (Contents, error) {
	done := Contents{DumpHeader: header}
	if err := steady(ctx, tx, restoreLockTimeout); err != nil {
		return done, err
	}
	if err := checkTables(ctx, tx, header); err != nil {
		return done, err
	}
	all := quoteAll(tableNames(header.Tables))
	if _, err := tx.Exec(ctx, "lock table "+all+" in access exclusive mode"); err != nil {
		return done, fmt.Errorf("lock the tables, is the service running? %w", err)
	}
	if err := mustBeEmpty(ctx, tx); err != nil { // nobody can change that any more
		return done, err
	}
	wakeUp, err := silence(ctx, tx)
	if err != nil {
		return done, err
	}
	// What migrations have put there is in the dump too.
	if _, err := tx.Exec(ctx, "truncate "+all); err != nil {
		return done, err
	}
	for _, table := range header.Tables {
		sum, err := loadTable(ctx, tx, in, table)
		if err != nil {
			return done, err
		}
		done.add(sum)
	}
	if err := finish(ctx, tx, in, &done); err != nil {
		return done, err
	}
	return done, wakeUp()
}

func loadTable(ctx context.Context, tx pgx.Tx, in *frameReader, table DumpTable) (TableSum, error) {
	var begin tableBegin
	if err := in.json(frameTable, &begin); err != nil {
		return TableSum{}, err
	}
	if begin.Name != table.Name {
		return TableSum{}, fmt.Errorf("%w: table %s where %s belongs", ErrDamagedDump, begin.Name, table.Name)
	}
	rows := &rowReader{in: in, sum: newRowSum()}
	tag, err := tx.Conn().PgConn().CopyFrom(ctx, rows, "copy "+table.quoted()+" from stdin")
	// The driver reads in a goroutine that it does not always wait for.
	if cause := rows.stop(); cause != nil {
		err = cause // of which the server's complaint is only the echo
	}
	if err != nil {
		return TableSum{}, fmt.Errorf("table %s: %w", table.Name, err)
	}
	got := rows.sum.sum(table.Name)
	if got != rows.want || got.Rows != tag.RowsAffected() {
		return got, fmt.Errorf("%w: table %s has other rows than it should", ErrDamagedDump, table.Name)
	}
	return got, nil
}

// finish reads what follows the tables, to the very end.
func finish(ctx context.Context, tx pgx.Tx, in *frameReader, done *Contents) error {
	var sequences []sequence
	if err := in.json(frameSequences, &sequences); err != nil {
		return err
	}
	done.Sequences = sumSequences(sequences)
	for _, s := range sequences {
		// setval alone would outlive a rollback; restart gives the sequence new storage, which a rollback throws away.
		name := quoteAll([]string{s.Name})
		if _, err := tx.Exec(ctx, "alter sequence "+name+" restart"); err != nil {
			return fmt.Errorf("sequence %s: %w", s.Name, err)
		}
		if _, err := tx.Exec(ctx, "select setval($1::text::regclass, $2, $3)", name, s.Last, s.Called); err != nil {
			return fmt.Errorf("sequence %s: %w", s.Name, err)
		}
	}
	var trailer dumpTrailer
	if err := in.json(frameTrailer, &trailer); err != nil {
		return err
	}
	if trailer != done.trailer() {
		return fmt.Errorf("%w: it is not complete", ErrDamagedDump)
	}
	return in.end()
}
