package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// Calendars keeps what other channels say of the cabins' nights, what the owner has closed by hand, and what overlaps.
//
// Whatever changes which nights are closed first locks the cabin's row, as Hold does, so that it sees every hold that is
// kept and every hold that follows sees it. The order of locks is: cabin, feed, events, conflicts.
type Calendars struct{ db *DB }

// NewCalendars returns the calendars of a share.
func NewCalendars(db *DB) *Calendars { return &Calendars{db: db} }

var (
	errNoCabin = fault.ErrNotFound.WithDetail("There is no such accommodation.")
	errNoFeed  = fault.ErrNotFound.WithDetail("There is no such feed.")
	errNoBlock = fault.ErrNotFound.WithDetail("There is no such block.")
)

// lockCabin takes the lock of a cabin, and returns no row if there is none.
const lockCabin = `select id from accommodations where id = $1 for no key update`

// feedColumns are those of calendar_feeds f and its cabin a that scanFeed reads.
const feedColumns = `f.id, f.accommodation_id, a.timezone, f.source, f.url, f.paused, f.token, f.created_at,
	f.etag, f.last_modified, f.digest, f.pending, f.last_attempt_at, f.last_success_at, f.failures, f.next_attempt_at, f.last_error,
	f.quarantined_at, f.quarantine_reason, f.last_read_at`

const feedsOfCabins = ` from calendar_feeds f join accommodations a on a.id = f.accommodation_id `

// nightsBlocked is how many nights a feed f of a cabin a closes from today on, where the cabin is; $1 is now.
const nightsBlocked = `(
	select coalesce(sum(upper(stretch) - lower(stretch)), 0)
	from (
		select unnest(range_agg(e.period * daterange(($1::timestamptz at time zone a.timezone)::date, null))) as stretch
		from calendar_events e
		where e.feed_id = f.id and e.active and not e.echo and e.end_date > ($1::timestamptz at time zone a.timezone)::date) closed)::int`

// scanFeed reads feedColumns and what else is selected after them.
func scanFeed(row pgx.CollectableRow, more ...any) (calendar.Feed, error) {
	var f calendar.Feed
	var zone string
	var attempt, success, next, quarantined, read *time.Time
	err := row.Scan(append([]any{
		&f.ID, &f.AccommodationID, &zone, &f.Source, &f.URL, &f.Paused, &f.Token, &f.CreatedAt,
		&f.ETag, &f.LastModified, &f.Digest, &f.Pending, &attempt, &success, &f.Failures, &next, &f.LastError,
		&quarantined, &f.QuarantineReason, &read,
	}, more...)...)
	if err != nil {
		return f, err
	}
	f.CreatedAt = f.CreatedAt.UTC()
	f.LastAttempt, f.LastSuccess, f.NextAttempt = inUTC(attempt), inUTC(success), inUTC(next)
	f.QuarantinedAt, f.LastRead = inUTC(quarantined), inUTC(read)
	f.Zone, err = time.LoadLocation(zone)
	return f, err
}

func scanPlainFeed(row pgx.CollectableRow) (calendar.Feed, error) { return scanFeed(row) }

func scanShownFeed(row pgx.CollectableRow) (calendar.Feed, error) {
	nights := 0
	f, err := scanFeed(row, &nights)
	f.NightsBlocked = nights
	return f, err
}

// Due returns the feeds that are to be read: those of active cabins with an address that are not paused and do not wait after
// a failure, by id, those after the id after, at most limit.
func (c *Calendars) Due(ctx context.Context, now time.Time, after int64, limit int) ([]calendar.Feed, error) {
	return collect(ctx, c.db, scanPlainFeed, `
		select `+feedColumns+feedsOfCabins+`
		where a.active and `+readFeed+` and (f.next_attempt_at is null or f.next_attempt_at <= $1) and f.id > $2
		order by f.id limit $3`, now, after, limit)
}

// Feed returns a feed, without NightsBlocked, or fault.ErrNotFound.
func (c *Calendars) Feed(ctx context.Context, id int64) (calendar.Feed, error) {
	list, err := collect(ctx, c.db, scanPlainFeed, `select `+feedColumns+feedsOfCabins+`where f.id = $1`, id)
	return only(list, err, errNoFeed)
}

// maxFeeds is how many feeds a cabin may have. There are not as many sites; it bounds what every export compares.
const maxFeeds = 50

// Stale returns the feeds of a cabin that are read and not paused, and were last read well before an instant, or never.
func (c *Calendars) Stale(ctx context.Context, accommodationID int64, before time.Time) ([]calendar.Feed, error) {
	return collect(ctx, c.db, scanPlainFeed, `
		select `+feedColumns+feedsOfCabins+`
		where f.accommodation_id = $1 and `+readFeed+` and (f.last_success_at is null or f.last_success_at < $2)
		order by f.id limit $3`, accommodationID, before, maxFeeds)
}

// Unchanged records a good fetch, begun at an instant, that lists what the last one did: that the feed is fresh, in one
// statement. It is for a feed that is not Pending. Of said it keeps what is not empty. If the feed has been read meanwhile by
// one that saw something else, it is calendar.ErrOutrun.
func (c *Calendars) Unchanged(ctx context.Context, id int64, began time.Time, said calendar.Said) error {
	changed, err := c.db.changes(ctx, `
		update calendar_feeds set last_attempt_at = greatest(last_attempt_at, $2), last_success_at = greatest(last_success_at, $2),
			failures = 0, next_attempt_at = null, last_error = '',
			etag = coalesce(nullif($3, ''), etag), last_modified = coalesce(nullif($4, ''), last_modified)
		where id = $1 and (digest = $5 or $5 = '')`, id, began, said.ETag, said.LastModified, orEmpty(said.Digest))
	if err == nil && !changed {
		err = calendar.ErrOutrun
	}
	return err
}

// Failed records a fetch, begun at an instant, that got no answer: the reason as a sentence for the owner, and when to try
// again. A feed that has been read well since that instant, or is gone, stays as it is.
func (c *Calendars) Failed(ctx context.Context, id int64, began time.Time, reason string, next time.Time) error {
	_, err := c.db.changes(ctx, `
		update calendar_feeds set last_attempt_at = greatest(last_attempt_at, $2), failures = failures + 1,
			next_attempt_at = $3, last_error = $4
		where id = $1 and (last_success_at is null or last_success_at <= $2)`, id, began, next, reason)
	return err
}

// Read records that a channel has read the feed that it is given: once a minute at most, so that a reader in a hurry writes
// nothing.
func (c *Calendars) Read(ctx context.Context, feedID int64, now time.Time) error {
	_, err := c.db.changes(ctx, `
		update calendar_feeds set last_read_at = $2 where id = $1 and (last_read_at is null or last_read_at <= $3)`,
		feedID, now, now.Add(-time.Minute))
	return err
}

// Forget deletes events that were freed before an instant and the conflicts they were in, at most limit events, and returns
// how many.
func (c *Calendars) Forget(ctx context.Context, before time.Time, limit int) (int, error) {
	return c.db.affect(ctx, `
		delete from calendar_events where id in (
			select id from calendar_events where not active and freed_at < $1 order by freed_at limit $2)`, before, limit)
}

// orEmpty is what a column of bytes holds that is never null.
func orEmpty(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
