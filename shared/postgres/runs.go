package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/runs"
)

// Runs keeps the record of what tasks did.
type Runs struct{ db *DB }

// NewRuns returns the record of a share.
func NewRuns(db *DB) *Runs { return &Runs{db} }

const (
	liveRun    = `state in ('queued', 'launching', 'running')`
	runColumns = `id, task, slot, state, cause, args, machine_id, attempts, asked_at, deadline, heartbeat_at, created_at, started_at,
		finished_at, exit_code, oom, error, summary`
)

// Claim records a run that is due, and returns it. Of all who claim the same slot one succeeds; for the others ok is false.
// While an earlier run of the task is live, the slot is recorded as skipped.
func (r *Runs) Claim(ctx context.Context, want runs.Request, now time.Time) (claimed runs.Run, ok bool, err error) {
	err = r.db.use(ctx, func(conn *pgxpool.Conn) error {
		// Two slots of one task claimed at the same instant: the index refuses the second, which then sees the first.
		for range 3 {
			claimed, err = insertRun(ctx, conn, want, now, `case when exists (select from task_runs where task = @task and `+liveRun+`)
				then 'skipped' else 'queued' end`)
			if !isAlreadyRunning(err) {
				break
			}
		}
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		ok = err == nil
		return err
	})
	return claimed, ok, err
}

// Demand records a run that an operator asks for, or refuses with runs.ErrAlreadyRunning.
func (r *Runs) Demand(ctx context.Context, want runs.Request, now time.Time) (demanded runs.Run, err error) {
	err = r.db.use(ctx, func(conn *pgxpool.Conn) (err error) {
		demanded, err = insertRun(ctx, conn, want, now, `'queued'`)
		// No row: another operator asked in the very same microsecond, so that the slot is taken.
		if isAlreadyRunning(err) || errors.Is(err, pgx.ErrNoRows) {
			return runs.ErrAlreadyRunning
		}
		return err
	})
	return demanded, err
}

func isAlreadyRunning(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.ConstraintName == "task_runs_one_live"
}

func insertRun(ctx context.Context, conn *pgxpool.Conn, want runs.Request, now time.Time, state string) (runs.Run, error) {
	args := want.Args
	if args == nil {
		args = []string{}
	}
	rows, err := conn.Query(ctx, `
		insert into task_runs (task, slot, state, cause, args, deadline, created_at, finished_at)
		select @task, @slot, s, @cause, @args, @deadline, @now, case when s = 'skipped' then @now::timestamptz end
		from (select `+state+` as s) decided
		where not exists (select from task_runs where task = @task and slot = @slot) -- the conflict would cost an id each time
		on conflict (task, slot) do nothing
		returning `+runColumns,
		pgx.NamedArgs{"task": want.Task, "slot": want.Slot, "cause": want.Cause, "args": args, "deadline": want.Deadline, "now": now})
	if err != nil {
		return runs.Run{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scanRun)
}

func scanRun(row pgx.CollectableRow) (runs.Run, error) {
	var r runs.Run
	var asked, heard, started, ended *time.Time
	err := row.Scan(&r.ID, &r.Task, &r.Slot, &r.State, &r.Cause, &r.Args, &r.MachineID, &r.Attempts, &asked, &r.Deadline, &heard, &r.CreatedAt,
		&started, &ended, &r.ExitCode, &r.OOM, &r.Error, &r.Summary)
	r.AskedAt, r.HeardFrom, r.StartedAt, r.EndedAt = orZero(asked), orZero(heard), orZero(started), orZero(ended)
	if !r.State.Live() {
		r.Outcome = r.State
	}
	return r, err
}

// Launching records, before anybody is asked for a machine, that one is: the attempt of that number, and when its task must
// have ended. It reports false if the run waits for no machine, or somebody else has made that attempt.
func (r *Runs) Launching(ctx context.Context, run runs.Run, now time.Time) (ok bool, err error) {
	return r.db.changes(ctx, `
		update task_runs set state = 'launching', attempts = $2, asked_at = $3, deadline = $4
		where id = $1 and attempts = $2 - 1 and state in ('queued', 'launching')`, run.ID, run.Attempts, now, run.Deadline)
}

// Launched records the machine that a run was given.
func (r *Runs) Launched(ctx context.Context, id int64, machineID string) error {
	_, err := r.db.changes(ctx, `update task_runs set machine_id = $2 where id = $1`, id, machineID)
	return err
}

// Begin records that the task itself has begun, in whatever process says so. It reports false if the run is over, or has begun
// elsewhere: then this process must not do it.
func (r *Runs) Begin(ctx context.Context, id int64, now time.Time) (ok bool, err error) {
	return r.db.changes(ctx, `
		update task_runs set state = 'running', started_at = $2, heartbeat_at = $2
		where id = $1 and state in ('queued', 'launching')`, id, now)
}

// Beat records that a running task is alive. It reports false if the run is over: then whoever beats must stop.
func (r *Runs) Beat(ctx context.Context, id int64, now time.Time) (ok bool, err error) {
	return r.db.changes(ctx, `update task_runs set heartbeat_at = $2 where id = $1 and state = 'running'`, id, now)
}

// Finish records how a run ended. It reports false if somebody else has already.
func (r *Runs) Finish(ctx context.Context, id int64, e runs.Ending, now time.Time) (ok bool, err error) {
	return r.db.changes(ctx, `
		update task_runs set state = $2, exit_code = $3, oom = $4, error = $5, summary = $6, finished_at = $7
		where id = $1 and `+liveRun, id, e.Outcome, e.ExitCode, e.OOM, runs.Line(e.Error), runs.Line(e.Summary), now)
}

// Live returns the runs that are going on, oldest first; there is one per task at most.
func (r *Runs) Live(ctx context.Context) ([]runs.Run, error) {
	return collect(ctx, r.db, scanRun, `select `+runColumns+` from task_runs where `+liveRun+` order by id limit 100`)
}

// Run returns one run.
func (r *Runs) Run(ctx context.Context, id int64) (runs.Run, error) {
	list, err := collect(ctx, r.db, scanRun, `select `+runColumns+` from task_runs where id = $1`, id)
	return only(list, err, fault.ErrNotFound)
}

// History returns runs, newest first: of one task or of all (""), only those that went wrong or all, those before the id
// before (0 = from the newest), at most limit.
func (r *Runs) History(ctx context.Context, task string, failed bool, before int64, limit int) ([]runs.Run, error) {
	return collect(ctx, r.db, scanRun, `
		select `+runColumns+` from task_runs
		where ($1 = '' or task = $1) and (not $2 or state in ('failed', 'lost')) and ($3 = 0 or id < $3)
		order by id desc limit $4`, task, failed, before, limit)
}

// LaunchedSince counts the runs that were given a machine of their own since an instant. Those inside a serving process cost
// nothing, and do not count.
func (r *Runs) LaunchedSince(ctx context.Context, since time.Time) (n int, err error) {
	err = r.db.use(ctx, func(conn *pgxpool.Conn) error {
		return conn.QueryRow(ctx, `
			select count(*) from task_runs where created_at >= $1 and machine_id not in ('', $2)`, since, runs.InlineMachine).Scan(&n)
	})
	return n, err
}

// Forget deletes runs that ended before an instant, limit of them at most.
func (r *Runs) Forget(ctx context.Context, before time.Time, limit int) (int, error) {
	return r.db.affect(ctx, `
		delete from task_runs where id in (
			select id from task_runs where created_at < $1 and finished_at < $1 order by created_at limit $2)`, before, limit)
}

// unlockPatience is how long Postgres may take to let go of a lock before the connection that holds it is closed.
const unlockPatience = 5 * time.Second

// Alone runs act if nobody else in the whole system runs under the same name, and reports whether it did. The lock is the
// session's: when the process dies, Postgres lets go of it.
func (r *Runs) Alone(ctx context.Context, name string, act func(context.Context) error) (ran bool, err error) {
	var failure error // of act: not translated, it is not the driver's
	err = r.db.use(ctx, func(conn *pgxpool.Conn) error {
		if err := conn.QueryRow(ctx, `select pg_try_advisory_lock(hashtextextended($1, 0))`, name).Scan(&ran); err != nil || !ran {
			return err
		}
		defer unlock(context.WithoutCancel(ctx), conn)
		failure = holding(ctx, conn, act)
		return nil
	})
	return ran, errors.Join(failure, err)
}

// lockCheck is how often it is made sure that a lock is still held.
const lockCheck = 20 * time.Second

// holding runs act while the connection lives, and with it the lock: without it somebody else may begin, so act is told to end.
func holding(ctx context.Context, conn *pgxpool.Conn, act func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	checked := make(chan struct{})
	go func() {
		defer close(checked)
		ticker := time.NewTicker(lockCheck)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			if err := alive(context.WithoutCancel(ctx), conn); err != nil {
				cancel(fmt.Errorf("the lock of the run is lost: %w", translate(err)))
				return
			}
		}
	}()
	err := act(ctx)
	if lost := context.Cause(ctx); err != nil && lost != nil && !errors.Is(err, lost) {
		err = fmt.Errorf("%w: %w", lost, err)
	}
	cancel(nil)
	<-checked // the connection is used by one at a time
	return err
}

func alive(ctx context.Context, conn *pgxpool.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, unlockPatience)
	defer cancel()
	_, err := conn.Exec(ctx, "select 1")
	return err
}

func unlock(ctx context.Context, conn *pgxpool.Conn) {
	ctx, cancel := context.WithTimeout(ctx, unlockPatience)
	defer cancel()
	if _, err := conn.Exec(ctx, `select pg_advisory_unlock_all()`); err != nil {
		conn.Conn().Close(ctx) //nolint:errcheck // the pool drops a closed connection, and the lock goes with it
	}
}
