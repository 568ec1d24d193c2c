package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

// settleAll opens the conflicts that there are at $1 and resolves those that there are no more, in one statement: who overlaps is
// found once.
//
// Two overlap from today on, where the cabin is, if one is an event of a channel and the other a live reservation or an event of
// another feed; two closures do each other no harm, nor does what the owner closed by hand. As a rule nobody overlaps, so
// that is found first, from the order in which nights begin, at a fraction of what a look into an index for each would take.
//
// Nothing here waits for a row that somebody else settles right now, and conflicts are opened in the same order by all, so that
// nobody deadlocks: what is passed over is left to the next run.
const settleAll = settleCabins + settleOverlaps + settleConflicts

// settleCabin is settleAll for the cabin $2.
const settleCabin = settleCabins + ` where a.id = $2` + settleOverlaps + ` and c.accommodation_id = $2` + settleConflicts

const settleCabins = `
	with cabins as (
		select id, ($1::timestamptz at time zone timezone)::date as today from accommodations a`

const settleOverlaps = `),
	taken as (
		select e.accommodation_id, e.start_date, e.end_date, c.today, e.id as event_id, e.feed_id, e.kind
		from calendar_events e join cabins c on c.id = e.accommodation_id
		where e.active and not e.echo and e.kind <> 'manual' and e.end_date > c.today
		union all
		select r.accommodation_id, r.check_in, r.check_out, c.today, null, null, null
		from reservations r join cabins c on c.id = r.accommodation_id
		where r.status in ('pre_reserved', 'confirmed') and ` + liveNights + ` and r.check_out > c.today),
	crowded as materialized (
		select * from (
			select *, start_date < max(end_date) over (sorted rows between unbounded preceding and 1 preceding)
				or end_date > lead(start_date) over sorted as shared
			from taken window sorted as (partition by accommodation_id order by start_date, end_date, event_id)) t
		where shared and event_id is not null),
	common as materialized ( -- offset 0 keeps the planner, which expects many more of them, from comparing all with all
		select e.event_id, r.id as reservation_id, null::bigint as other_event_id, e.accommodation_id,
			case e.kind when 'reserved' then 'double_booking' else 'overlap' end as severity,
			greatest(e.start_date, r.check_in) as start_date, least(e.end_date, r.check_out) as end_date
		from crowded e, lateral (
			select id, check_in, check_out from reservations
			where accommodation_id = e.accommodation_id and period && daterange(e.start_date, e.end_date) and check_out > e.today
				and status in ('pre_reserved', 'confirmed') and ` + liveNights + ` offset 0) r
		union all
		select e.event_id, null, o.id, e.accommodation_id,
			case when e.kind = 'reserved' and o.kind = 'reserved' then 'double_booking' else 'overlap' end,
			greatest(e.start_date, o.start_date), least(e.end_date, o.end_date)
		from crowded e, lateral (
			select id, kind, start_date, end_date from calendar_events
			where accommodation_id = e.accommodation_id and period && daterange(e.start_date, e.end_date) and end_date > e.today
				and active and not echo and kind <> 'manual' and feed_id <> e.feed_id and id > e.event_id
				and (e.kind = 'reserved' or kind = 'reserved') offset 0) o),
	moved as (
		select c.id, o.event_id is null as ended, o.severity, o.start_date, o.end_date
		from calendar_conflicts c left join common o on o.event_id = c.event_id
			and coalesce(o.reservation_id, 0) = coalesce(c.reservation_id, 0) and coalesce(o.other_event_id, 0) = coalesce(c.other_event_id, 0)
		where c.resolved_at is null`

const settleConflicts = `
			and (o.event_id is null or (o.severity, o.start_date, o.end_date) is distinct from (c.severity, c.start_date, c.end_date))
		for update of c skip locked),
	changed as (
		update calendar_conflicts c set resolved_at = case when m.ended then $1::timestamptz end, severity = coalesce(m.severity, c.severity),
			start_date = coalesce(m.start_date, c.start_date), end_date = coalesce(m.end_date, c.end_date)
		from moved m where c.id = m.id
		returning m.ended),
	opened as (
		insert into calendar_conflicts (accommodation_id, event_id, reservation_id, other_event_id, severity, start_date, end_date, detected_at)
		select accommodation_id, event_id, reservation_id, other_event_id, severity, start_date, end_date, $1
		from common o
		where not exists (
			select from calendar_conflicts c
			where c.resolved_at is null and c.event_id = o.event_id
				and coalesce(c.reservation_id, 0) = coalesce(o.reservation_id, 0) and coalesce(c.other_event_id, 0) = coalesce(o.other_event_id, 0))
		order by event_id, coalesce(reservation_id, 0), coalesce(other_event_id, 0)
		on conflict do nothing
		returning id)
	select (select count(*) from opened), (select count(*) from changed where ended)`

// queueSettle queues what settles the conflicts of one cabin, by whoever holds its lock.
func queueSettle(batch *pgx.Batch, accommodationID int64, now time.Time) {
	batch.Queue(settleCabin, now, accommodationID)
}

// SettleConflicts opens and resolves the conflicts of all cabins, as they are at an instant, in one statement. Those of a cabin
// are settled with every change of its events and every cancellation too; what time alone brings about is left to this: holds
// that run out or were taken before an event was, nights that pass.
func (c *Calendars) SettleConflicts(ctx context.Context, now time.Time) (opened, resolved int, err error) {
	err = c.db.use(ctx, func(conn *pgxpool.Conn) error {
		return conn.QueryRow(ctx, settleAll, now).Scan(&opened, &resolved)
	})
	return opened, resolved, err
}

// Conflicts returns conflicts, newest first: of one cabin or of all (0), only those that are open or all, those before the id
// before (0 = from the newest), at most limit. Events and reservations are as they are now.
func (c *Calendars) Conflicts(ctx context.Context, accommodationID int64, open bool, before int64, limit int) ([]calendar.Conflict, error) {
	return collect(ctx, c.db, scanConflict, `
		select c.id, c.accommodation_id, c.severity, c.start_date, c.end_date, c.detected_at, c.resolved_at,
			e.id, coalesce(e.feed_id, 0), e.source, e.kind, e.start_date, e.end_date,
			coalesce(o.id, 0), coalesce(o.feed_id, 0), coalesce(o.source, ''), coalesce(o.kind, ''), o.start_date, o.end_date,
			coalesce(r.code, ''), r.check_in, r.check_out, coalesce(r.paid_amount, 0)
		from calendar_conflicts c
			join calendar_events e on e.id = c.event_id
			left join calendar_events o on o.id = c.other_event_id
			left join reservations r on r.id = c.reservation_id
		where ($1 = 0 or c.accommodation_id = $1) and (not $2 or c.resolved_at is null) and ($3 = 0 or c.id < $3)
		order by c.id desc limit $4`, accommodationID, open, before, limit)
}

func scanConflict(row pgx.CollectableRow) (calendar.Conflict, error) {
	var c calendar.Conflict
	var resolved *time.Time
	var paid money.Cents
	err := row.Scan(&c.ID, &c.AccommodationID, &c.Severity, &c.Nights.From, &c.Nights.To, &c.DetectedAt, &resolved,
		&c.Event.EventID, &c.Event.FeedID, &c.Event.Source, &c.Event.Kind, &c.Event.Nights.From, &c.Event.Nights.To,
		&c.Other.EventID, &c.Other.FeedID, &c.Other.Source, &c.Other.Kind, &c.Other.Nights.From, &c.Other.Nights.To,
		&c.ReservationCode, &c.ReservationNights.From, &c.ReservationNights.To, &paid)
	c.DetectedAt, c.ResolvedAt, c.ReservationPaid = c.DetectedAt.UTC(), inUTC(resolved), paid
	return c, err
}
