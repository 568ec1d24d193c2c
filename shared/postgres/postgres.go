// Package postgres is the truth: every statement that the system sends to its database, beside the method that sends it.
// One exported method is one transaction and one business act. Its time is a parameter, never the server's.
package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// Config says where the database is.
type Config struct {
	URL config.Secret `envconfig:"DATABASE_URL" validate:"required,startswith=postgres://|startswith=postgresql://"`
}

// Check reports an address that no connection could be made with.
func (c Config) Check() config.Problems {
	if _, err := parse(c); err != nil {
		return config.Problems{{Variable: "DATABASE_URL", Message: "is not a usable Postgres URL"}}
	}
	return nil
}

// Pool is the process's connections. Functions do not get it: each gets a share.
type Pool struct{ pool *pgxpool.Pool }

// Limits of a connection, whoever uses it.
const (
	connectTimeout = 3 * time.Second
	sessionLimits  = "set lock_timeout = '1s'; set statement_timeout = '20s'; set idle_in_transaction_session_timeout = '20s'; set default_transaction_isolation = 'read committed'; " +
		// To compile a statement takes longer than any of ours does.
		"set jit = off; " +
		// A host that vanishes takes its locks along within a minute, and not when the kernel of the server gives up, hours later.
		"set tcp_keepalives_idle = 15; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3; set tcp_user_timeout = 30000"
	// Fly's managed Postgres ends connections after ten minutes; leave first.
	maxConnLifetime = 9 * time.Minute
	maxConnIdle     = 4 * time.Minute
	// A connection that was idle for longer is tried before it is used, at the price of a round trip: what stands in between may
	// have forgotten it. The driver's own second would make that two round trips of one for every guest of a quiet site.
	pingAfter = 30 * time.Second
	// A request waits this long for its function's share before it is told that we are busy.
	shareWait = 2 * time.Second
)

// Open prepares a pool of at most size connections and connects to nothing: a database that is down is found out by whoever
// asks it, and the rest goes on.
func Open(c Config, size int, r prometheus.Registerer) (*Pool, error) {
	pc, err := parse(c)
	if err != nil {
		return nil, err
	}
	latency := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "pg_latency_seconds", Help: "Time a statement, or a pipeline of them, took at the database.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5},
	})
	r.MustRegister(latency)
	pc.MaxConns = int32(size)
	pc.MinConns = 0
	pc.MaxConnLifetime = maxConnLifetime
	pc.MaxConnLifetimeJitter = time.Minute
	pc.MaxConnIdleTime = maxConnIdle
	pc.ConnConfig.ConnectTimeout = connectTimeout
	pc.ConnConfig.Tracer = tracer{latency}
	pc.AfterConnect = prepareSession
	pc.ShouldPing = func(_ context.Context, p pgxpool.ShouldPingParams) bool { return p.IdleDuration > pingAfter }
	pool, err := pgxpool.NewWithConfig(context.Background(), pc)
	if err != nil {
		return nil, errors.New("DATABASE_URL is not a usable Postgres URL")
	}
	return &Pool{pool: pool}, nil
}

// prepareSession is bounded like the connecting itself, and by the pool as little: a server that accepts and then says nothing
// would keep the connection's place for ever. The limits are not start-up parameters because poolers refuse those.
func prepareSession(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	_, err := conn.Exec(ctx, sessionLimits, pgx.QueryExecModeSimpleProtocol)
	return err
}

// parse hides pgx's own error, which quotes the URL and with it the password.
func parse(c Config) (*pgxpool.Config, error) {
	pc, err := pgxpool.ParseConfig(c.URL.Reveal())
	if err != nil {
		return nil, errors.New("DATABASE_URL is not a usable Postgres URL")
	}
	return pc, nil
}

// Close ends all connections, once those in use are given back.
func (p *Pool) Close() { p.pool.Close() }

// Raw is the driver's pool, for the queue, which brings its own statements.
func (p *Pool) Raw() *pgxpool.Pool { return p.pool }

// Share returns a function's share: it holds at most size connections at once, so that a burst on it leaves the others theirs.
func (p *Pool) Share(size int) *DB {
	return &DB{pool: p.pool, slots: make(chan struct{}, size)}
}

// DB is one function's share of the pool.
type DB struct {
	pool  *pgxpool.Pool
	slots chan struct{}
}

// use lends act a connection of the share. What comes back is translated: a fault, or an internal error.
func (d *DB) use(ctx context.Context, act func(*pgxpool.Conn) error) error {
	select {
	case d.slots <- struct{}{}:
	default:
		if err := d.queueUp(ctx); err != nil {
			return err
		}
	}
	defer func() { <-d.slots }()
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return unreachable(ctx, err)
	}
	defer conn.Release()
	return translate(act(conn))
}

func (d *DB) queueUp(ctx context.Context) error {
	timer := time.NewTimer(shareWait)
	defer timer.Stop()
	select {
	case d.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return fault.ErrBusy
	}
}

// affect sends one statement, and returns how many rows it has affected.
func (d *DB) affect(ctx context.Context, statement string, args ...any) (rows int, err error) {
	err = d.use(ctx, func(conn *pgxpool.Conn) error {
		tag, err := conn.Exec(ctx, statement, args...)
		rows = int(tag.RowsAffected())
		return err
	})
	return rows, err
}

// changes is affect for a statement about one row: it reports whether it was changed.
func (d *DB) changes(ctx context.Context, statement string, args ...any) (bool, error) {
	rows, err := d.affect(ctx, statement, args...)
	return rows > 0, err
}

// collect runs a query and reads its rows.
func collect[T any](ctx context.Context, db *DB, scan pgx.RowToFunc[T], statement string, args ...any) (list []T, err error) {
	err = db.use(ctx, func(conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, statement, args...)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, scan)
		return err
	})
	return list, err
}

// only is the one of a list, or missing if there is none.
func only[T any](list []T, err error, missing *fault.Error) (T, error) {
	if err == nil && len(list) == 0 {
		err = missing
	}
	if err != nil {
		var none T
		return none, err
	}
	return list[0], nil
}

// Ping asks the database for a sign of life.
func (d *DB) Ping(ctx context.Context) error {
	return d.use(ctx, func(conn *pgxpool.Conn) error {
		_, err := conn.Exec(ctx, "select 1")
		return err
	})
}

// tracer times what goes over the wire. A connection does one thing at a time, so it carries the time at which that began.
type tracer struct{ latency prometheus.Observer }

const began = "began" // among the connection's custom data

func (t tracer) start(conn *pgx.Conn) {
	data := conn.PgConn().CustomData()
	at, ok := data[began].(*time.Time)
	if !ok {
		at = new(time.Time)
		data[began] = at
	}
	*at = time.Now()
}

func (t tracer) end(conn *pgx.Conn) {
	if at, ok := conn.PgConn().CustomData()[began].(*time.Time); ok {
		t.latency.Observe(time.Since(*at).Seconds())
	}
}

func (t tracer) TraceQueryStart(ctx context.Context, conn *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	t.start(conn)
	return ctx
}

func (t tracer) TraceQueryEnd(_ context.Context, conn *pgx.Conn, _ pgx.TraceQueryEndData) {
	t.end(conn)
}

func (t tracer) TraceBatchStart(ctx context.Context, conn *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	t.start(conn)
	return ctx
}

func (t tracer) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

func (t tracer) TraceBatchEnd(_ context.Context, conn *pgx.Conn, _ pgx.TraceBatchEndData) {
	t.end(conn)
}
