package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
)

// maxHealthFeeds bounds what the health of the calendars tells one by one.
const maxHealthFeeds = 1000

// Health returns how the calendars are that are read, those of active cabins with an address that are not paused, and what
// came of all, in one round trip. Beyond a thousand feeds those that were read longest ago are told.
func (c *Calendars) Health(ctx context.Context, now time.Time) (calendar.Health, error) {
	h := calendar.Health{OpenConflicts: make(map[calendar.Severity]int)}
	err := c.db.use(ctx, func(conn *pgxpool.Conn) error {
		batch := &pgx.Batch{}
		queueCollect(batch, &h.Feeds, scanFeedHealth, `
			select f.id, f.accommodation_id, f.source, f.last_success_at, f.created_at, f.failures, f.quarantined_at, f.quarantine_reason`+feedsOfCabins+`
			where a.active and `+readFeed+` order by coalesce(f.last_success_at, f.created_at), f.id limit $1`, maxHealthFeeds)
		queueCollect(batch, &h.Events, scanEvents, `
			select source, sum(events_added)::bigint, sum(events_moved)::bigint, sum(events_freed)::bigint
			from calendar_feeds group by source order by source limit $1`, maxHealthFeeds)
		// A stay may be in the way of every event of a feed that has gone wrong: that is one guest whom it concerns.
		batch.Queue(`
			select severity, count(distinct reservation_id) + count(other_event_id)
			from calendar_conflicts where resolved_at is null group by severity`).
			Query(func(rows pgx.Rows) error {
				var severity calendar.Severity
				var n int
				_, err := pgx.ForEachRow(rows, []any{&severity, &n}, func() error { h.OpenConflicts[severity] = n; return nil })
				return err
			})
		batch.Queue(`
			select count(*) from reservation_events s join reservations r on r.id = s.reservation_id
			where s.event = 'held' and s.details ? 'stale_calendar' and s.at > $2
				and r.status in ('pre_reserved', 'confirmed') and r.approval = 'none' and `+liveNights, now, now.Add(-24*time.Hour)).
			QueryRow(func(row pgx.Row) error { return row.Scan(&h.StaleAccepted) })
		batch.Queue(`select count(*) from reservations where `+awaitsApproval, now).
			QueryRow(func(row pgx.Row) error { return row.Scan(&h.Waiting) })
		return conn.SendBatch(ctx, batch).Close()
	})
	return h, err
}

func scanFeedHealth(row pgx.CollectableRow) (calendar.FeedHealth, error) {
	var f calendar.FeedHealth
	var success, quarantined *time.Time
	err := row.Scan(&f.FeedID, &f.AccommodationID, &f.Source, &success, &f.CreatedAt, &f.Failures, &quarantined, &f.QuarantineReason)
	f.LastSuccess, f.CreatedAt, f.QuarantinedAt = inUTC(success), f.CreatedAt.UTC(), inUTC(quarantined)
	return f, err
}

func scanEvents(row pgx.CollectableRow) (calendar.Events, error) {
	var e calendar.Events
	err := row.Scan(&e.Source, &e.Added, &e.Moved, &e.Freed)
	return e, err
}
