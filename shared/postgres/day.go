package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/command"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
)

// Days tells owners what a day brings, who has which nights, and whatever else they ask about.
type Days struct{ db *DB }

// NewDays returns the days of a share.
func NewDays(db *DB) *Days { return &Days{db: db} }

const (
	// dayLimit is how many of each list are read; of the others it is told how many there are.
	dayLimit = 20
	// owedAhead is how many days before they arrive those are told of who have not paid all.
	owedAhead = 7
	// staleAfter is how long ago a calendar was read last when the owner should know.
	staleAfter = 2 * time.Hour
	// lately is for how long something that has gone wrong once is told.
	lately = 24 * time.Hour
	// oddFor is for how long a payment is told of that has to be looked at.
	oddFor = 7 * 24 * time.Hour
)

// stayColumns are those of a reservation r in a cabin a that scanStay reads.
const stayColumns = `r.code, r.channel, r.accommodation_id, a.name, r.check_in, r.check_out, r.guests, r.contact_name, r.contact_phone, r.contact_email,
	r.special_requests, r.status, r.approval, r.currency, r.total_price, r.deposit_amount, r.paid_amount, r.expires_at,
	exists (select from messages m where m.reservation_id = r.id and m.kind = 'transfer_details') as transfer,
	exists (select from receipts x where x.reservation_id = r.id) as receipt`

// guestColumns are the same of an event e of another channel in a cabin a: of its guest nothing is known.
const guestColumns = `'', e.source, e.accommodation_id, a.name, e.start_date, e.end_date, 0, '', '', '', '', 'confirmed', 'none', '', 0, 0, 0,
	null::timestamptz, false, false`

// scanStay reads stayColumns or guestColumns as of an instant, and what else is selected after them.
func scanStay(row pgx.Row, now time.Time, more ...any) (command.Stay, error) {
	var s command.Stay
	var expires *time.Time
	err := row.Scan(append([]any{
		&s.Code, &s.Source, &s.CabinID, &s.Cabin, &s.Nights.From, &s.Nights.To, &s.Guests, &s.Contact.Name, &s.Contact.Phone, &s.Contact.Email,
		&s.Requests, &s.Status, &s.Approval, &s.Currency, &s.Total, &s.Deposit, &s.Paid, &expires, &s.Transfer, &s.Receipt,
	}, more...)...)
	s.Expires = inUTC(expires)
	if s.Status == "pre_reserved" && !now.Before(s.Expires) {
		s.Status = "expired"
	}
	return s, err
}

// Day returns what a date brings, where the cabins are, as of an instant, in one round trip. Guests of other channels are among those
// who come, go and stay. Today is whether the date is that of today.
func (d *Days) Day(ctx context.Context, date civil.Date, today bool, now time.Time) (command.Day, error) {
	day := command.Day{Date: date}
	err := d.db.use(ctx, func(conn *pgxpool.Conn) error {
		batch := &pgx.Batch{}
		queueMoves(batch, &day, now)
		queueStays(batch, &day.Holds, now, `
			select `+stayColumns+`, count(*) over () from reservations r join accommodations a on a.id = r.accommodation_id
			where r.status = 'pre_reserved' and r.expires_at > $1 and ($2 or (r.expires_at at time zone a.timezone)::date = $3)
			order by r.expires_at, r.id limit $4`, now, today, date, dayLimit)
		queueStays(batch, &day.Owing, now, `
			select `+stayColumns+`, count(*) over () from reservations r join accommodations a on a.id = r.accommodation_id
			where r.status = 'confirmed' and r.paid_amount < r.total_price and r.period && daterange($1::date + 1, $1::date + $2::integer + 1)
				and r.check_in < r.check_out and r.status in ('pre_reserved', 'confirmed') and r.check_in > $1
			order by r.check_in, r.id limit $3`, date, owedAhead, dayLimit)
		batch.Queue(people+` where v.awaiting_owner and v.handed_over_until > $1 order by v.updated_at limit $2`, now, dayLimit).
			Query(func(rows pgx.Rows) error {
				waiting, err := pgx.CollectRows(rows, scanPerson)
				for _, p := range waiting {
					day.Waiting = append(day.Waiting, command.Addressee{ID: p.ID, Name: p.Name, Phone: p.Phone, Last: p.LastInbound, HandedOver: p.HandedOver})
				}
				return err
			})
		batch.Queue(`select count(*) from conversations where awaiting_owner and handed_over_until > $1`, now).
			QueryRow(func(row pgx.Row) error { return row.Scan(&day.WaitingAll) })
		queueAlerts(batch, &day.Alerts, now)
		return conn.SendBatch(ctx, batch).Close()
	})
	return day, err
}

// queueMoves reads who comes, goes and stays. Those who left as told are told of as those who go.
func queueMoves(batch *pgx.Batch, day *command.Day, now time.Time) {
	batch.Queue(`
		with moves as (
			select `+stayColumns+`, r.id as n from reservations r join accommodations a on a.id = r.accommodation_id
			where r.period && daterange($2::date - 1, $2::date + 1) and r.check_in < r.check_out
				and r.status in ('pre_reserved', 'confirmed') and (r.status = 'confirmed' or r.status = 'pre_reserved' and r.expires_at > $1)
			union all
			select `+stayColumns+`, r.id from reservations r join accommodations a on a.id = r.accommodation_id
			where r.status = 'completed' and r.check_out = $2
			union all
			select `+guestColumns+`, e.id from accommodations a join calendar_events e on e.accommodation_id = a.id
			where e.period && daterange($2::date - 1, $2::date + 1) and e.active and not e.echo and e.kind = 'reserved'),
		parts as (
			select *, case $2 when check_in then 1 when check_out then 2 else 3 end as part from moves),
		sorted as (
			select *, count(*) over (partition by part) as total, row_number() over (partition by part order by name, n) as place from parts)
		select code, channel, accommodation_id, name, check_in, check_out, guests, contact_name, contact_phone, contact_email, special_requests,
			status, approval, currency, total_price, deposit_amount, paid_amount, expires_at, transfer, receipt, part, total
		from sorted where place <= $3 order by part, place`, now, day.Date, dayLimit).Query(func(rows pgx.Rows) error {
		lists := [...]*command.List{&day.Arrivals, &day.Departures, &day.Staying}
		for rows.Next() {
			part, total := 0, 0
			s, err := scanStay(rows, now, &part, &total)
			if err != nil {
				return err
			}
			list := lists[part-1]
			list.Stays, list.Total = append(list.Stays, s), total
		}
		return rows.Err()
	})
}

// queueStays reads stayColumns and how many there are of them in all.
func queueStays(batch *pgx.Batch, list *command.List, now time.Time, statement string, args ...any) {
	batch.Queue(statement, args...).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			s, err := scanStay(rows, now, &list.Total)
			if err != nil {
				return err
			}
			list.Stays = append(list.Stays, s)
		}
		return rows.Err()
	})
}

// queueAlerts counts what has to be looked at.
func queueAlerts(batch *pgx.Batch, a *command.Alerts, now time.Time) {
	batch.Queue(`
		select (select count(distinct reservation_id) + count(other_event_id) from calendar_conflicts where resolved_at is null and severity = 'double_booking'),
			(select count(distinct reservation_id) + count(other_event_id) from calendar_conflicts where resolved_at is null and severity <> 'double_booking'),
			(select count(*) from calendar_feeds f join accommodations a on a.id = f.accommodation_id
				where a.active and `+readFeed+` and (f.quarantined_at is not null or coalesce(f.last_success_at, f.created_at) < $1)),
			(select count(*) from payments where flag <> '' and first_seen_at > $2),
			(select count(*) from refunds where by_hand and state in ('queued', 'sent', 'in_process')),
			(select count(*) from messages where status = 'given_up' and given_up_at > $3)`,
		now.Add(-staleAfter), now.Add(-oddFor), now.Add(-lately)).QueryRow(func(row pgx.Row) error {
		return row.Scan(&a.DoubleBookings, &a.Overlaps, &a.StaleFeeds, &a.OddPayments, &a.RefundsByHand, &a.Undelivered)
	})
}

// Stay returns the reservation of a code, as of an instant, with all that its owner may know. fault.ErrNotFound.
func (d *Days) Stay(ctx context.Context, code string, now time.Time) (command.Stay, error) {
	found, err := collect(ctx, d.db, func(row pgx.CollectableRow) (command.Stay, error) { return scanStay(row, now) }, `
		select `+stayColumns+` from reservations r join accommodations a on a.id = r.accommodation_id where r.code = $1`, storable(code, 256))
	return only(found, err, errNoReservation)
}

// takenLimit is how many of those are told who have nights.
const takenLimit = 50

// Taken returns who has one of these nights, in a cabin or in all (0), as of an instant: guests of ours, and what is closed by other
// channels and by hand, in the order in which they begin, at most 50 of each.
func (d *Days) Taken(ctx context.Context, cabin int64, nights civil.Nights, now time.Time) (stays []command.Stay, closed []command.Closure, err error) {
	err = d.db.use(ctx, func(conn *pgxpool.Conn) error {
		batch := &pgx.Batch{}
		queueCollect(batch, &stays, func(row pgx.CollectableRow) (command.Stay, error) { return scanStay(row, now) }, `
			select `+stayColumns+` from reservations r join accommodations a on a.id = r.accommodation_id
			where r.period && daterange($2, $3) and r.check_in < r.check_out and ($4 = 0 or r.accommodation_id = $4)
				and r.status in ('pre_reserved', 'confirmed') and (r.status = 'confirmed' or r.status = 'pre_reserved' and r.expires_at > $1)
			order by r.check_in, r.id limit $5`, now, nights.From, nights.To, cabin, takenLimit)
		queueCollect(batch, &closed, scanClosure, closures+`
			where e.period && daterange($1, $2) and ($3 = 0 or e.accommodation_id = $3) and e.active and not e.echo
			order by e.start_date, e.id limit $4`, nights.From, nights.To, cabin, takenLimit)
		return conn.SendBatch(ctx, batch).Close()
	})
	return stays, closed, err
}

// closures reads events e of cabins a, for scanClosure. Cabins come first: their index is by cabin.
const closures = `
	select e.id, e.accommodation_id, a.name, e.start_date, e.end_date, e.note, case e.kind when 'manual' then '' else coalesce(nullif(e.source, ''), 'other') end
	from accommodations a join calendar_events e on e.accommodation_id = a.id`

func scanClosure(row pgx.CollectableRow) (command.Closure, error) {
	var c command.Closure
	return c, row.Scan(&c.ID, &c.CabinID, &c.Cabin, &c.Nights.From, &c.Nights.To, &c.Note, &c.Source)
}

// Closures returns what is closed by hand and not over yet, in a cabin or in all (0), of it what has one of these nights where there
// are any, in the order in which it begins, at most 50.
func (d *Days) Closures(ctx context.Context, cabin int64, nights civil.Nights, now time.Time) ([]command.Closure, error) {
	from, to := nights.From, nights.To
	if !from.IsZero() && !nights.Valid() {
		to = from.AddDays(1)
	}
	return collect(ctx, d.db, scanClosure, closures+`
		where e.active and e.kind = 'manual' and ($2 = 0 or e.accommodation_id = $2) and ($3::date is null or e.period && daterange($3, $4))
			and e.end_date > ($1::timestamptz at time zone a.timezone)::date
		order by e.start_date, e.id limit $5`, now, cabin, orNoDate(from), orNoDate(to), takenLimit)
}

func orNoDate(d civil.Date) *civil.Date {
	if d.IsZero() {
		return nil
	}
	return &d
}

// PersonAt returns who writes from one of these numbers, as WhatsApp has them. fault.ErrNotFound: nobody does.
func (d *Days) PersonAt(ctx context.Context, waIDs ...string) (conversation.Person, error) {
	found, err := collect(ctx, d.db, scanPerson, people+` where c.wa_id = any($1) order by c.last_inbound_at desc nulls last limit 1`, waIDs)
	return only(found, err, errNobody)
}

// Record writes into the history of a reservation what somebody has done about it that changes nothing else. A code that there is not
// is nothing to be recorded.
func (d *Days) Record(ctx context.Context, code, by, event string, now time.Time) error {
	_, err := d.db.affect(ctx, `
		insert into reservation_events (reservation_id, at, actor, event) select id, $2, $3, $4 from reservations where code = $1`, code, now, by, event)
	return err
}
