package main

import (
	"context"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/migrations"
)

const (
	// oldestPostgres is the oldest version that tests run on.
	oldestPostgres = 15
	// queueVersion is the newest migration of River that this binary brings; a test holds it against the module.
	queueVersion = 8

	// Our time is the process's: machines that disagree by minutes see a hold expire at different times.
	oddSkew    = 2 * time.Second
	brokenSkew = time.Minute
)

const runMigrate = "router run migrate (on Fly the release_command of each deploy does)"

// reachDatabase asks for a sign of life. Its context is its own, because whoever asks first asks for all.
func (e *examination) reachDatabase() error {
	if e.poolErr != nil {
		return e.poolErr
	}
	ctx, cancel := context.WithTimeout(context.Background(), min(reachPatience, e.patience))
	defer cancel()
	return e.pool.Raw().Ping(ctx)
}

// needsDatabase says why a check cannot be made; nil: it can. The check of the database tells what is wrong with it.
func (e *examination) needsDatabase() *finding {
	if e.reach() == nil {
		return nil
	}
	return &finding{isOff, "not known while the database is not reached", ""}
}

// ask puts one question to the database.
func (e *examination) ask(ctx context.Context, into any, question string) error {
	return e.pool.Raw().QueryRow(ctx, question).Scan(into)
}

func (e *examination) database(context.Context) finding {
	begin := time.Now()
	switch err := e.reach(); {
	case e.poolErr != nil:
		return finding{isBroken, strings.ReplaceAll(e.poolErr.Error(), "\n", "; "), "set DATABASE_URL to postgres://user:password@host:5432/database"}
	case err != nil:
		return finding{isBroken, "not reached: " + whyNot(err), "see that DATABASE_URL is right, and that the server runs and lets this machine in"}
	}
	return finding{isFine, "answers, after " + time.Since(begin).Round(time.Millisecond).String(), ""}
}

// databaseAddress warns of what a pooler in transaction mode takes away: a session, and with it advisory locks and notifications.
func (e *examination) databaseAddress(context.Context) finding {
	address, err := url.Parse(e.address.URL.Reveal())
	if err != nil || address.Host == "" {
		return finding{isOff, "not known", ""}
	}
	host := address.Hostname()
	switch {
	case strings.HasPrefix(host, "pgbouncer."):
		return finding{isOdd, "that of Fly's pooler", "take the direct one: in DATABASE_URL, replace pgbouncer. by direct."}
	case strings.Contains(host, "-pooler."):
		return finding{isOdd, "that of Neon's pooler", "take the direct one: in DATABASE_URL, leave -pooler out of the host's name"}
	case address.Port() == "6543":
		return finding{isOdd, "that of a pooler in transaction mode", "take the direct address, or the pooler's session mode: in DATABASE_URL, port 5432"}
	case host == "":
		return finding{isOff, "that of a socket", ""}
	}
	return finding{isFine, "direct, as far as its name tells", ""}
}

func (e *examination) databaseVersion(ctx context.Context) finding {
	if unreached := e.needsDatabase(); unreached != nil {
		return *unreached
	}
	var number int
	if err := e.ask(ctx, &number, `select current_setting('server_version_num')::int`); err != nil {
		return finding{isBroken, "not known: " + whyNot(err), ""}
	}
	return judgeVersion(number)
}

func judgeVersion(number int) finding {
	what := fmt.Sprintf("%d.%d", number/10000, number%10000)
	if number/10000 < oldestPostgres {
		return finding{isBroken, fmt.Sprintf("%s, older than %d", what, oldestPostgres), "move to a newer server: back up here, restore there"}
	}
	return finding{isFine, what, ""}
}

func (e *examination) extension(ctx context.Context) finding {
	if unreached := e.needsDatabase(); unreached != nil {
		return *unreached
	}
	var state string
	err := e.ask(ctx, &state, `
		select case when exists (select from pg_extension where extname = 'btree_gist') then 'installed'
			when exists (select from pg_available_extensions where name = 'btree_gist') then 'available' else 'missing' end`)
	switch {
	case err != nil:
		return finding{isBroken, "not known: " + whyNot(err), ""}
	case state == "available":
		return finding{isBroken, "not installed", "create extension btree_gist, as the database's owner; then " + runMigrate}
	case state == "missing":
		return finding{isBroken, "not installed, and this server does not have it", "install the server's contrib package, or take a provider that has it"}
	}
	return finding{isFine, "installed", ""}
}

// constraint looks at what keeps two guests out of one cabin when everything else fails.
func (e *examination) constraint(ctx context.Context) finding {
	if unreached := e.needsDatabase(); unreached != nil {
		return *unreached
	}
	const restore = "stop taking bookings, and restore it as migrations/00001_reservations.sql has it; it refuses if stays overlap already"
	var definition string
	err := e.ask(ctx, &definition, `
		select coalesce((select pg_get_constraintdef(oid) from pg_constraint
			where conname = 'no_overlap_reservations' and contype = 'x' and convalidated and conrelid = to_regclass('reservations')), '')`)
	switch {
	case err != nil:
		return finding{isBroken, "not known: " + whyNot(err), ""}
	case definition == "":
		return finding{isBroken, "the constraint no_overlap_reservations is missing", "if nothing was ever migrated: " + runMigrate + "; else " + restore}
	}
	for _, part := range []string{"accommodation_id WITH =", "period WITH &&", "'pre_reserved'", "'confirmed'"} {
		if !strings.Contains(definition, part) {
			return finding{isBroken, "no_overlap_reservations is not what it was: it does not say " + part, restore}
		}
	}
	return finding{isFine, "no_overlap_reservations stands", ""}
}

func (e *examination) migrations(ctx context.Context) finding {
	if unreached := e.needsDatabase(); unreached != nil {
		return *unreached
	}
	ours, err := migrationVersions()
	if err != nil {
		return finding{isBroken, "this binary's migrations cannot be read", "report it"}
	}
	var applied []int64
	err = e.ask(ctx, &applied, `select coalesce(array_agg(distinct version_id), '{}') from goose_db_version where is_applied and version_id > 0`)
	if sqlState(err) == undefinedTable {
		return finding{isBroken, "the database was never migrated", runMigrate}
	}
	if err != nil {
		return finding{isBroken, "not known: " + whyNot(err), ""}
	}
	return judgeMigrations(ours, applied)
}

func judgeMigrations(ours, applied []int64) finding {
	var missing []string
	for _, version := range ours {
		if !slices.Contains(applied, version) {
			missing = append(missing, fmt.Sprintf("%05d", version))
		}
	}
	if len(missing) > 0 {
		return finding{isBroken, "not applied: " + strings.Join(missing, ", "), runMigrate}
	}
	if newest := slices.Max(applied); newest > slices.Max(ours) {
		what := fmt.Sprintf("the database is at %05d, newer than this binary, which ends at %05d", newest, slices.Max(ours))
		return finding{isOdd, what, "right after a roll-back this is as it should be; else deploy the newer version"}
	}
	return finding{isFine, fmt.Sprintf("all %d applied", len(ours)), ""}
}

// migrationVersions are the numbers that the names of our migrations begin with.
func migrationVersions() ([]int64, error) {
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		return nil, err
	}
	versions := make([]int64, len(names))
	for i, name := range names {
		number, _, _ := strings.Cut(name, "_")
		if versions[i], err = strconv.ParseInt(number, 10, 64); err != nil {
			return nil, err
		}
	}
	return versions, nil
}

func (e *examination) queueMigrations(ctx context.Context) finding {
	if unreached := e.needsDatabase(); unreached != nil {
		return *unreached
	}
	var version int
	err := e.ask(ctx, &version, `select coalesce(max(version), 0) from river_migration where line = 'main'`)
	switch {
	case sqlState(err) == undefinedTable:
		return finding{isBroken, "the queue's tables were never made", runMigrate}
	case err != nil:
		return finding{isBroken, "not known: " + whyNot(err), ""}
	case version < queueVersion:
		return finding{isBroken, fmt.Sprintf("at %d of %d", version, queueVersion), runMigrate}
	case version > queueVersion:
		return finding{isOdd, fmt.Sprintf("at %d, newer than this binary, which knows %d", version, queueVersion), "deploy the newer version"}
	}
	return finding{isFine, fmt.Sprintf("at %d", version), ""}
}

// clock compares our clock with the database's, and gives it the benefit of the time that the answer took.
func (e *examination) clock(ctx context.Context) finding {
	if unreached := e.needsDatabase(); unreached != nil {
		return *unreached
	}
	if e.moved {
		return finding{isOff, "not compared with the database's: CLOCK has it begin at another instant", ""}
	}
	conn, err := e.pool.Raw().Acquire(ctx) // so that connecting does not count
	if err != nil {
		return finding{isBroken, "not known: " + whyNot(err), ""}
	}
	defer conn.Release()
	var theirs time.Time
	before := e.now()
	err = conn.QueryRow(ctx, `select clock_timestamp()`).Scan(&theirs)
	after := e.now()
	if err != nil {
		return finding{isBroken, "not known: " + whyNot(err), ""}
	}
	return judgeSkew(before, theirs, after)
}

func judgeSkew(before, theirs, after time.Time) finding {
	var skew time.Duration
	side := "behind"
	switch {
	case theirs.After(after):
		skew = theirs.Sub(after)
	case theirs.Before(before):
		skew, side = before.Sub(theirs), "ahead of"
	}
	what := fmt.Sprintf("%s %s the database's", skew.Round(time.Millisecond), side)
	const cure = "set this machine's clock by NTP; holds, tokens and the slots of tasks go by it"
	switch {
	case skew >= brokenSkew:
		return finding{isBroken, what, cure}
	case skew >= oddSkew:
		return finding{isOdd, what, cure}
	}
	return finding{isFine, "agrees with the database's", ""}
}
