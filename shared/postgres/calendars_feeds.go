package postgres

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// newToken is 128 bits that nobody guesses.
func newToken() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// page reads a list that belongs to a cabin in one round trip, or fault.ErrNotFound if there is no such cabin.
func page[T any](ctx context.Context, db *DB, cabin int64, scan pgx.RowToFunc[T], statement string, args ...any) (list []T, err error) {
	err = db.use(ctx, func(conn *pgxpool.Conn) error {
		found := false
		batch := &pgx.Batch{}
		batch.Queue(`select exists (select from accommodations where id = $1)`, cabin).
			QueryRow(func(row pgx.Row) error { return row.Scan(&found) })
		queueCollect(batch, &list, scan, statement, args...)
		if err := conn.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		if !found {
			return errNoCabin
		}
		return nil
	})
	return list, err
}

// queueCollect queues a query whose rows go into a list.
func queueCollect[T any](batch *pgx.Batch, list *[]T, scan pgx.RowToFunc[T], statement string, args ...any) {
	batch.Queue(statement, args...).Query(func(rows pgx.Rows) (err error) {
		*list, err = pgx.CollectRows(rows, scan)
		return err
	})
}

// Feeds returns the feeds of a cabin by id, those after the id after, at most limit. If there is no such cabin, active or not,
// it is fault.ErrNotFound.
func (c *Calendars) Feeds(ctx context.Context, accommodationID int64, now time.Time, after int64, limit int) ([]calendar.Feed, error) {
	return page(ctx, c.db, accommodationID, scanShownFeed, `
		select `+feedColumns+`, `+nightsBlocked+feedsOfCabins+`
		where f.accommodation_id = $2 and f.id > $3 order by f.id limit $4`, now, accommodationID, after, limit)
}

// FeedOf returns a feed of a cabin. Another cabin's is fault.ErrNotFound.
func (c *Calendars) FeedOf(ctx context.Context, accommodationID, feedID int64, now time.Time) (calendar.Feed, error) {
	list, err := collect(ctx, c.db, scanShownFeed, `
		select `+feedColumns+`, `+nightsBlocked+feedsOfCabins+`where f.id = $3 and f.accommodation_id = $2`, now, accommodationID, feedID)
	return only(list, err, errNoFeed)
}

// Add gives a cabin a feed with a token of its own. The address may be "": then the site only reads ours, or its calendar is
// imported by hand. The source is lower-case letters, digits, "-" and "_", at most 30, and the address at most 2,000
// characters, which the caller has made sure of.
//
// Errors: calendar.ErrFeedExists, calendar.ErrTooManyFeeds; fault.ErrNotFound if there is no such cabin.
func (c *Calendars) Add(ctx context.Context, accommodationID int64, source, url string, now time.Time) (added calendar.Feed, err error) {
	err = c.db.use(ctx, func(conn *pgxpool.Conn) error {
		found := false
		var list []calendar.Feed
		batch := &pgx.Batch{}
		batch.Queue(lockCabin, accommodationID).Exec(func(tag pgconn.CommandTag) error { found = tag.RowsAffected() == 1; return nil })
		queueCollect(batch, &list, scanPlainFeed, `
			with f as (
				insert into calendar_feeds (accommodation_id, source, url, token, created_at)
				select id, $2, $3, $4, $5 from accommodations
				where id = $1 and (select count(*) from calendar_feeds where accommodation_id = $1) < $6
				returning *)
			select `+feedColumns+` from f join accommodations a on a.id = f.accommodation_id`,
			accommodationID, source, url, newToken(), now, maxFeeds)
		if err := conn.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		if !found {
			return errNoCabin
		}
		added, err = only(list, nil, calendar.ErrTooManyFeeds)
		return err
	})
	return added, err
}

// Pause stops the reading of a feed. What it closes stays closed, and the site goes on reading ours. fault.ErrNotFound.
func (c *Calendars) Pause(ctx context.Context, accommodationID, feedID int64) error {
	return c.changeFeed(ctx, `update calendar_feeds set paused = true where id = $2 and accommodation_id = $1`, accommodationID, feedID)
}

// Resume lets a feed be read again, and at once: it waits no longer after a failure. fault.ErrNotFound.
func (c *Calendars) Resume(ctx context.Context, accommodationID, feedID int64) error {
	return c.changeFeed(ctx, `
		update calendar_feeds set paused = false, next_attempt_at = null where id = $2 and accommodation_id = $1`, accommodationID, feedID)
}

// Rotate gives a feed a new token. The address that the site was given ends there. fault.ErrNotFound.
func (c *Calendars) Rotate(ctx context.Context, accommodationID, feedID int64) error {
	return c.changeFeed(ctx, `
		update calendar_feeds set token = $3, last_read_at = null where id = $2 and accommodation_id = $1`, accommodationID, feedID, newToken())
}

func (c *Calendars) changeFeed(ctx context.Context, statement string, args ...any) error {
	changed, err := c.db.changes(ctx, statement, args...)
	if err == nil && !changed {
		err = errNoFeed
	}
	return err
}

// Delete forgets a feed of a cabin and its token. Its nights are free, and what they were in conflict with is resolved.
// fault.ErrNotFound.
func (c *Calendars) Delete(ctx context.Context, accommodationID, feedID int64, now time.Time) error {
	return c.db.use(ctx, func(conn *pgxpool.Conn) error {
		deleted := false
		batch := &pgx.Batch{}
		batch.Queue(lockCabin, accommodationID)
		batch.Queue(`
			update calendar_events set active = false, freed_at = $3
			where feed_id = $2 and accommodation_id = $1 and active`, accommodationID, feedID, now)
		queueSettle(batch, accommodationID, now)
		batch.Queue(`delete from calendar_feeds where id = $2 and accommodation_id = $1`, accommodationID, feedID).
			Exec(func(tag pgconn.CommandTag) error { deleted = tag.RowsAffected() == 1; return nil })
		if err := conn.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		if !deleted {
			return errNoFeed
		}
		return nil
	})
}

const (
	// maxNote is how long the note of a block may be, in characters.
	maxNote = 500
	// maxAhead is how many days from today on nights are closed at most: five years, so that a wrong century is found out.
	maxAhead = 5 * 366
)

// Close closes nights of a cabin by hand. It is booking.ErrTaken if a guest has one of them; what other channels have sold or
// closed does not matter. It is fault.ErrInvalid if there is no night, or none that is not over yet where the cabin is, or one
// that is further than five years ahead, or the note has more than 500 characters. If there is no such cabin, active or not,
// it is fault.ErrNotFound.
func (c *Calendars) Close(ctx context.Context, accommodationID int64, nights civil.Nights, note string, now time.Time) (calendar.Block, error) {
	block := calendar.Block{Nights: nights, Note: note, CreatedAt: now.Truncate(time.Microsecond).UTC()}
	if !nights.Valid() {
		return block, fault.InField("to", "must be after from")
	}
	if utf8.RuneCountInString(note) > maxNote {
		return block, fault.InField("note", "must be of 500 characters or fewer")
	}
	err := c.db.use(ctx, func(conn *pgxpool.Conn) error {
		var today []civil.Date
		var closed []int64
		batch := &pgx.Batch{}
		queueCollect(batch, &today, pgx.RowTo[civil.Date], `
			select ($2::timestamptz at time zone timezone)::date from accommodations where id = $1 for no key update`, accommodationID, now)
		queueCollect(batch, &closed, pgx.RowTo[int64], `
			insert into calendar_events (accommodation_id, kind, start_date, end_date, note, created_at, changed_at)
			select id, 'manual', $3, $4, $5, $1, $1
			from (select id, ($1::timestamptz at time zone timezone)::date as today from accommodations where id = $2) a
			where $4 > today and $4 <= today + $6::integer and not exists (
				select from reservations
				where accommodation_id = $2 and period && daterange($3, $4) and status in ('pre_reserved', 'confirmed') and `+liveNights+`)
			returning id`, now, accommodationID, nights.From, nights.To, note, maxAhead)
		if err := conn.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		switch {
		case len(today) == 0:
			return errNoCabin
		case !nights.To.After(today[0]):
			return fault.InField("to", "must be after today: there is no night left to close")
		case nights.To.After(today[0].AddDays(maxAhead)):
			return fault.InField("to", "must be at most five years ahead")
		case len(closed) == 0:
			return booking.ErrTaken
		}
		block.ID = closed[0]
		return nil
	})
	return block, err
}

// Blocks returns what is closed by hand in a cabin and not over there yet, by id, those after the id after, at most limit. If
// there is no such cabin, it is fault.ErrNotFound.
func (c *Calendars) Blocks(ctx context.Context, accommodationID int64, now time.Time, after int64, limit int) ([]calendar.Block, error) {
	return page(ctx, c.db, accommodationID, scanBlock, `
		select e.id, e.start_date, e.end_date, e.note, e.created_at
		from calendar_events e join accommodations a on a.id = e.accommodation_id
		where e.accommodation_id = $2 and e.active and e.kind = 'manual' and e.id > $3
			and e.end_date > ($1::timestamptz at time zone a.timezone)::date
		order by e.id limit $4`, now, accommodationID, after, limit)
}

func scanBlock(row pgx.CollectableRow) (calendar.Block, error) {
	var b calendar.Block
	err := row.Scan(&b.ID, &b.Nights.From, &b.Nights.To, &b.Note, &b.CreatedAt)
	b.CreatedAt = b.CreatedAt.UTC()
	return b, err
}

// Open frees what was closed by hand in a cabin. fault.ErrNotFound, also if it is free already.
func (c *Calendars) Open(ctx context.Context, accommodationID, blockID int64, now time.Time) error {
	changed, err := c.db.changes(ctx, `
		update calendar_events set active = false, freed_at = $3
		where id = $2 and accommodation_id = $1 and kind = 'manual' and active`, accommodationID, blockID, now)
	if err == nil && !changed {
		err = errNoBlock
	}
	return err
}
