package postgres

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// errDry ends a transaction that was to be tried only.
var errDry = errors.New("only tried")

// Apply lets step make of what is held of a feed what a fetch says that began at an instant, and writes it down: all or
// nothing, under the cabin's lock, in a number of statements that does not depend on the number of events. Facts come with
// that instant as Now; their Patience is for step to set. What changed is returned, also if the transaction is dry: then
// nothing is written.
//
// A fetch that was no calendar (see Said.Broken) counts as a failure, but step may put what is held into quarantine for it. A
// glance makes the feed fresh; unless it saw what the last fetch saw, the next one asks for the whole calendar and compares it.
//
// Errors: calendar.ErrOutrun, with no change, if a fetch that began later was kept already, or see Said.Unchanged;
// fault.ErrNotFound.
func (c *Calendars) Apply(ctx context.Context, id int64, began time.Time, said calendar.Said, dry bool, step func(calendar.State, calendar.Facts) calendar.State) (calendar.Change, error) {
	return c.alter(ctx, id, 0, began, dry, func(h *held) (calendar.State, error) {
		if began.Before(h.success) || said.Unchanged && !bytes.Equal(said.Digest, h.digest) {
			return calendar.State{}, calendar.ErrOutrun
		}
		h.hear(said, began)
		return step(h.state, h.facts), nil
	})
}

// Believe is the owner's word on what a feed listed last: see calendar.State.Believe. A feed that is not in quarantine stays as
// it is, and another cabin's is fault.ErrNotFound.
func (c *Calendars) Believe(ctx context.Context, accommodationID, feedID int64, now time.Time) (calendar.Change, error) {
	return c.alter(ctx, feedID, accommodationID, now, false, func(h *held) (calendar.State, error) {
		return h.state.Believe(h.facts), nil
	})
}

// alter lets a rule decide what is held of a feed, if it is one of the cabin's (0 = of whichever).
func (c *Calendars) alter(ctx context.Context, id, cabin int64, now time.Time, dry bool, rule func(*held) (calendar.State, error)) (change calendar.Change, err error) {
	var refusal error // of the rule: not translated, it is not the driver's
	err = c.db.use(ctx, func(conn *pgxpool.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			h, err := lockFeed(ctx, tx, id, cabin, now)
			if err != nil {
				return err
			}
			after, err := rule(h)
			if err != nil {
				refusal = err
				return err
			}
			change = calendar.Compare(h.state, after, h.facts.Today)
			if dry {
				return errDry
			}
			return h.write(ctx, tx, after, change)
		})
	})
	switch {
	case refusal != nil:
		return calendar.Change{}, refusal
	case errors.Is(err, errDry):
		return change, nil
	case err != nil:
		return calendar.Change{}, err
	}
	return change, nil
}

// held is a feed under its cabin's lock: what is held of it, and what becomes of its row.
type held struct {
	id, cabin      int64
	source         string
	now            time.Time
	state          calendar.State
	facts          calendar.Facts
	success        time.Time // of the last good fetch
	attempt, next  *time.Time
	freshAt        *time.Time
	failures       int
	lastError      string
	etag, modified string
	digest         []byte
	blind          bool // the next fetch has to be compared whole, whatever the state says
}

// hear records what a fetch leaves behind for the next.
func (h *held) hear(said calendar.Said, began time.Time) {
	h.attempt = &began
	if said.Broken != "" {
		h.failures++
		h.lastError, h.next = said.Broken, orNull(said.Next)
		return
	}
	h.freshAt, h.failures, h.lastError, h.next = &began, 0, "", nil
	switch same := bytes.Equal(h.digest, said.Digest); {
	case same: // an answer without a body need not repeat what names it
		h.etag, h.modified, h.blind = cmp.Or(said.ETag, h.etag), cmp.Or(said.LastModified, h.modified), h.blind && said.Glance
	case said.Glance: // what the channel would call unchanged is not what is held any more
		h.etag, h.modified, h.digest, h.blind = "", "", nil, true
	default:
		h.etag, h.modified, h.digest, h.blind = said.ETag, said.LastModified, said.Digest, false
	}
}

// lockFeed takes the locks of the cabin and the feed, and then reads: each statement sees what was committed before it started.
func lockFeed(ctx context.Context, tx pgx.Tx, id, cabin int64, now time.Time) (*held, error) {
	h := &held{id: id, now: now, facts: calendar.Facts{Now: now}}
	batch := &pgx.Batch{}
	batch.Queue(`
		select a.id from accommodations a join calendar_feeds f on f.accommodation_id = a.id
		where f.id = $1 and ($2 = 0 or a.id = $2) for no key update of a`, id, cabin)
	batch.Queue(`
		select a.id, a.timezone, f.source, f.last_attempt_at, f.last_success_at, f.failures, f.next_attempt_at, f.last_error,
			f.etag, f.last_modified, f.digest, f.quarantined_at, f.quarantine_reason, f.unreadable_since, f.last_read_at,
			f.pending and f.digest = ''
		from calendar_feeds f join accommodations a on a.id = f.accommodation_id
		where f.id = $1 and ($2 = 0 or a.id = $2) for no key update of f`, id, cabin).QueryRow(h.scan)
	queueCollect(batch, &h.state.Held, scanHeld, `
		select id, uid, kind, sure, start_date, end_date, changed_at, gone, misses, echo, echo_ends_at
		from calendar_events where feed_id = $1 and active order by id`, id)
	queueCollect(batch, &h.facts.Ours, scanOurs, `
		select r.check_in, r.check_out, r.changed_at from reservations r join calendar_feeds f on f.accommodation_id = r.accommodation_id
		where f.id = $2 and r.status in ('pre_reserved', 'confirmed') and `+liveNights+`
		union all
		select e.start_date, e.end_date, e.changed_at from calendar_events e join calendar_feeds f on f.accommodation_id = e.accommodation_id
		where f.id = $2 and e.feed_id is distinct from f.id and `+closing+`
		order by 1, 2, 3`, now, id)
	err := tx.SendBatch(ctx, batch).Close()
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errNoFeed
	}
	return h, err
}

func (h *held) scan(row pgx.Row) error {
	var zoneName string
	var success, quarantined, unreadable, read *time.Time
	err := row.Scan(&h.cabin, &zoneName, &h.source, &h.attempt, &success, &h.failures, &h.next, &h.lastError,
		&h.etag, &h.modified, &h.digest, &quarantined, &h.state.QuarantineReason, &unreadable, &read, &h.blind)
	if err != nil {
		return err
	}
	zone, err := time.LoadLocation(zoneName)
	h.facts.Today = civil.Of(h.now, zone)
	h.success, h.freshAt = inUTC(success), success
	h.state.QuarantinedAt, h.state.UnreadableSince, h.facts.LastRead = inUTC(quarantined), inUTC(unreadable), inUTC(read)
	return err
}

func scanHeld(row pgx.CollectableRow) (calendar.Held, error) {
	var e calendar.Held
	var ends *time.Time
	err := row.Scan(&e.ID, &e.UID, &e.Kind, &e.Sure, &e.Nights.From, &e.Nights.To, &e.Since, &e.Gone, &e.Misses, &e.Echo, &ends)
	e.Since, e.EchoEnd = e.Since.UTC(), inUTC(ends)
	return e, err
}

func scanOurs(row pgx.CollectableRow) (calendar.Ours, error) {
	var o calendar.Ours
	err := row.Scan(&o.Nights.From, &o.Nights.To, &o.Since)
	o.Since = o.Since.UTC()
	return o, err
}

// write makes the rows what the state after says.
func (h *held) write(ctx context.Context, tx pgx.Tx, after calendar.State, change calendar.Change) error {
	insert, update, end := calendar.Diff(h.state, after)
	batch := &pgx.Batch{}
	h.queueEvents(batch, insert, update, end)
	batch.Queue(`
		update calendar_feeds set last_attempt_at = @attempt, last_success_at = @success, failures = @failures, next_attempt_at = @next,
			last_error = @error, etag = @etag, last_modified = @modified, digest = @digest, pending = @pending,
			quarantined_at = @quarantined, quarantine_reason = @reason, unreadable_since = @unreadable,
			events_added = events_added + @added, events_moved = events_moved + @moved, events_freed = events_freed + @freed
		where id = @id`,
		pgx.NamedArgs{
			"id": h.id, "attempt": h.attempt, "success": h.freshAt, "failures": h.failures, "next": h.next, "error": h.lastError,
			"etag": h.etag, "modified": h.modified, "digest": orEmpty(h.digest), "pending": h.blind || after.Pending(),
			"quarantined": orNull(after.QuarantinedAt), "reason": after.QuarantineReason, "unreadable": orNull(after.UnreadableSince),
			"added": change.Added, "moved": change.Moved, "freed": change.Freed,
		})
	queueSettle(batch, h.cabin, h.now)
	return tx.SendBatch(ctx, batch).Close()
}

// queueEvents queues what changes of the events: a statement for the new, one for the changed, one for the freed.
func (h *held) queueEvents(batch *pgx.Batch, insert, update []calendar.Held, end []int64) {
	if len(end) > 0 {
		batch.Queue(`
			update calendar_events set active = false, freed_at = $3 where feed_id = $2 and active and id = any($1)`, end, h.id, h.now)
	}
	if len(update) > 0 {
		columns := columnsOf(update)
		batch.Queue(`
			update calendar_events e set uid = n.uid, kind = n.kind, sure = n.sure, start_date = n.start_date, end_date = n.end_date,
				changed_at = n.since, gone = n.gone, misses = n.misses, echo = n.echo, echo_ends_at = n.echo_ends_at,
				version = e.version + ((e.start_date, e.end_date) is distinct from (n.start_date, n.end_date))::integer
			from unnest($1::text[], $2::text[], $3::boolean[], $4::date[], $5::date[], $6::timestamptz[], $7::boolean[], $8::integer[],
				$9::boolean[], $10::timestamptz[], $12::bigint[])
				n (uid, kind, sure, start_date, end_date, since, gone, misses, echo, echo_ends_at, id)
			where e.id = n.id and e.feed_id = $11 and e.active`, append(columns.values(), h.id, columns.ids)...)
	}
	if len(insert) > 0 {
		batch.Queue(`
			insert into calendar_events (accommodation_id, feed_id, source, created_at,
				uid, kind, sure, start_date, end_date, changed_at, gone, misses, echo, echo_ends_at)
			select $11, $12, $13, $14, *
			from unnest($1::text[], $2::text[], $3::boolean[], $4::date[], $5::date[], $6::timestamptz[], $7::boolean[], $8::integer[],
				$9::boolean[], $10::timestamptz[])`,
			append(columnsOf(insert).values(), h.cabin, h.id, h.source, h.now)...)
	}
}

// columns are events turned into a list per column, so that any number of them is one statement.
type columns struct {
	ids         []int64
	uids, kinds []string
	sure        []bool
	from, to    []civil.Date
	since       []time.Time
	gone        []bool
	misses      []int
	echo        []bool
	echoEnds    []*time.Time
}

func columnsOf(events []calendar.Held) *columns {
	c := &columns{}
	for _, e := range events {
		c.ids = append(c.ids, e.ID)
		c.uids, c.kinds, c.sure = append(c.uids, e.UID), append(c.kinds, string(e.Kind)), append(c.sure, e.Sure)
		c.from, c.to, c.since = append(c.from, e.Nights.From), append(c.to, e.Nights.To), append(c.since, e.Since)
		c.gone, c.misses = append(c.gone, e.Gone), append(c.misses, e.Misses)
		c.echo, c.echoEnds = append(c.echo, e.Echo), append(c.echoEnds, orNull(e.EchoEnd))
	}
	return c
}

func (c *columns) values() []any {
	return []any{c.uids, c.kinds, c.sure, c.from, c.to, c.since, c.gone, c.misses, c.echo, c.echoEnds}
}
