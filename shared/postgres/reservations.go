package postgres

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// keyKept is how long the answer to an idempotency key can be had again.
const keyKept = 48 * time.Hour

// Offer looks at an accommodation for a guest who asks for nights: what it is, whether they are free, and what the request
// of that key was answered before ("" = no key). It locks nothing, so refusing is cheap; Hold decides.
func (b *Bookings) Offer(ctx context.Context, id int64, nights civil.Nights, key string, now time.Time) (booking.Offer, error) {
	var offer booking.Offer
	var answer booking.Answer
	var asOf *time.Time
	err := b.about(ctx, strconv.FormatInt(id, 10), &offer.Cabin, func(conn *pgxpool.Conn, id int64) (version int64, err error) {
		err = conn.QueryRow(ctx, `
			select c.version, coalesce(k.key, ''), coalesce(k.request_hash, ''), coalesce(k.status, 0), coalesce(k.response, ''),
				not exists (select from reservations
					where accommodation_id = $2 and period && daterange($3, $4)
						and status in ('pre_reserved', 'confirmed') and `+liveNights+`)
					and (select count(*) = 0 from calendar_events
						where accommodation_id = $2 and period && daterange($3, $4) and `+closing+`),
				f.has_feeds, f.as_of
			from catalog c left join idempotency_keys k on k.key = $5 and k.expires_at > $1
				cross join (select `+feedsAsOf+` from calendar_feeds where accommodation_id = $2 and `+readFeed+`) f`,
			now, id, nights.From, nights.To, key).
			Scan(&version, &answer.Key, &answer.RequestHash, &answer.Status, &answer.Body, &offer.Free, &offer.HasFeeds, &asOf)
		return version, err
	})
	if answer.Key != "" {
		// The answer stands even if the accommodation has been closed since.
		return booking.Offer{Answer: &answer}, nil
	}
	offer.FeedsAsOf = inUTC(asOf)
	return offer, err
}

// feedsAsOf says of the feeds of a cabin whether there are any, and when the one that was read longest ago was read: null if one
// never was.
const feedsAsOf = `count(*) > 0 as has_feeds, case when bool_and(last_success_at is not null) then min(last_success_at) end as as_of`

// readFeed is the condition under which a feed is read.
const readFeed = `url <> '' and not paused`

// Hold keeps the nights of r for its guest, writes its first audit event, what is told of it (see payment.Held) and, if the
// request came with a key, its answer: all or nothing. The accommodation's row is locked first, so that a rush for the same nights queues up instead of
// deadlocking on the constraint; overdue holds in the way are released; then the nights are looked at again.
//
// Errors: booking.ErrTaken; booking.ErrKeyInProgress; booking.ErrKeyUsed and booking.ErrCodeClash, on which the caller tries
// again; fault.ErrNotFound if the accommodation is not active any more.
func (b *Bookings) Hold(ctx context.Context, r *booking.Reservation, by string, answer booking.Answer, now time.Time) error {
	var told []payment.Message
	if b.enqueue != nil {
		told = payment.Held(r)
	}
	return b.db.use(ctx, func(conn *pgxpool.Conn) error {
		if len(told) == 0 {
			return hold(ctx, conn, r, by, answer, now)
		}
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if err := hold(ctx, tx, r, by, answer, now); err != nil {
				return err
			}
			return b.tell(ctx, tx, r, told, now)
		})
	})
}

// hold keeps the nights. One pipeline is one round trip and, without an explicit begin, one transaction. Each statement still sees
// what was committed before it started: the insert looks at the nights after the lock has been waited for.
func hold(ctx context.Context, conn interface {
	SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults
}, r *booking.Reservation, by string, answer booking.Answer, now time.Time,
) error {
	batch := &pgx.Batch{}
	if answer.Key != "" {
		batch.Queue(`select claim_idempotency_key($1)`, answer.Key)
		batch.Queue(`delete from idempotency_keys where key = $1 and expires_at <= $2`, answer.Key, now)
	}
	found, held := false, false
	batch.Queue(`select from accommodations where id = $1 and active for no key update`, r.AccommodationID).
		Exec(func(tag pgconn.CommandTag) error { found = tag.RowsAffected() == 1; return nil })
	queueRelease(batch, r, now)
	queueInsert(batch, r, by, answer, now).Exec(func(tag pgconn.CommandTag) error { held = tag.RowsAffected() == 1; return nil })
	if err := conn.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	switch {
	case !found:
		return fault.ErrNotFound.WithDetail("There is no such accommodation.")
	case !held:
		return booking.ErrTaken
	}
	return nil
}

// tell writes what is told of a hold that was just made.
func (b *Bookings) tell(ctx context.Context, tx pgx.Tx, r *booking.Reservation, told []payment.Message, now time.Time) error {
	about := &books{}
	if err := tx.QueryRow(ctx, `select id from reservations where code = $1`, r.Code).Scan(&about.row.ID); err != nil {
		return err
	}
	var jobs []Job
	batch := &pgx.Batch{}
	if err := about.queueMessages(batch, told, "", now, &jobs); err != nil {
		return err
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	return b.enqueue(ctx, tx, jobs...)
}

// queueRelease expires the overdue holds that are in the way of r.
func queueRelease(batch *pgx.Batch, r *booking.Reservation, now time.Time) {
	batch.Queue(`
		with released as (
			update reservations set status = 'expired', updated_at = $1
			where accommodation_id = $2 and period && daterange($3, $4) and status = 'pre_reserved' and expires_at <= $1
			returning id)
		insert into reservation_events (reservation_id, at, actor, event)
		select id, $1, 'system', 'expired' from released`,
		now, r.AccommodationID, r.Stay.Nights.From, r.Stay.Nights.To)
}

// queueInsert writes the hold, its event and its answer, if neither a live reservation nor a calendar has a night of it.
func queueInsert(batch *pgx.Batch, r *booking.Reservation, by string, answer booking.Answer, now time.Time) *pgx.QueuedQuery {
	return batch.Queue(`
		with held as (
			insert into reservations (code, accommodation_id, check_in, check_out, guests, status, channel,
				contact_name, contact_phone, contact_email, special_requests,
				currency, total_price, deposit_amount, price_lines, approval, expires_at, created_at, updated_at, changed_at)
			select @code, a.id, @check_in, @check_out, @guests, 'pre_reserved', @channel,
				@name, @phone, @email, @requests,
				@currency, @total, @deposit, @lines, @approval, @expires_at, @now, @now, @now
			from accommodations a
			where a.id = @accommodation and a.active and not exists (
				select from reservations x
				where x.accommodation_id = a.id and x.period && daterange(@check_in, @check_out)
					and x.status in ('pre_reserved', 'confirmed'))
				and (select count(*) = 0 from calendar_events e
					where e.accommodation_id = a.id and e.period && daterange(@check_in, @check_out) and `+closing+`)
			returning id),
		answered as (
			insert into idempotency_keys (key, request_hash, status, response, created_at, expires_at)
			select @key, @hash, @answer_status, @body, @now, @key_expires_at from held where @key <> '')
		insert into reservation_events (reservation_id, at, actor, event, details)
		select id, @now, @by, 'held', jsonb_build_object('channel', @channel::text, 'expires_at', @expires_at::timestamptz)
			|| case when @stale then '{"stale_calendar": true}'::jsonb else '{}' end
		from held`,
		pgx.NamedArgs{
			"code": r.Code, "accommodation": r.AccommodationID, "check_in": r.Stay.Nights.From, "check_out": r.Stay.Nights.To,
			"guests": r.Stay.Guests, "channel": r.Channel, "name": r.Contact.Name, "phone": r.Contact.Phone, "email": r.Contact.Email,
			"requests": r.SpecialRequests, "currency": r.Currency, "total": r.Total, "deposit": r.Deposit, "lines": r.Lines,
			"approval": cmp.Or(r.Approval, booking.ApprovalNone), "stale": r.StaleCalendar, "expires_at": r.ExpiresAt, "now": now, "by": by,
			"key": answer.Key, "hash": answer.RequestHash, "answer_status": answer.Status, "body": answer.Body,
			"key_expires_at": now.Add(keyKept),
		})
}

// Reservation returns the reservation of a code, and with it the rules for what a cancellation of it gives back and what the
// calendars of other channels say of its nights.
func (b *Bookings) Reservation(ctx context.Context, code string) (booking.Reservation, booking.Terms, error) {
	var found row
	err := b.db.use(ctx, func(conn *pgxpool.Conn) (err error) {
		found, err = read(ctx, conn, code)
		return err
	})
	return found.Reservation, found.terms, err
}

// Change applies a rule to the reservation of a code and writes what it made of it, with an audit event. Nothing is locked
// while the rule thinks: if the row has changed under it, the rule is asked again with the row as it is now. What the rule
// returns is returned; then nothing is written.
func (b *Bookings) Change(ctx context.Context, code, by, event string, now time.Time, rule func(*booking.Reservation) error) (booking.Reservation, booking.Terms, error) {
	var found row
	err := b.db.use(ctx, func(conn *pgxpool.Conn) (err error) {
		for range 10 {
			if found, err = read(ctx, conn, code); err != nil {
				return err
			}
			if err = rule(&found.Reservation); err != nil {
				return err
			}
			if err = swap(ctx, conn, found, by, event, now); !errors.Is(err, errChanged) {
				return err
			}
		}
		return fault.ErrBusy
	})
	return found.Reservation, found.terms, err
}

// row is a reservation as it was read; version is the transaction that wrote it (xmin), which changes with every update,
// an operator's too.
type row struct {
	booking.Reservation
	terms   booking.Terms
	version uint32
}

func read(ctx context.Context, conn *pgxpool.Conn, code string) (row, error) {
	return scanRow(conn.QueryRow(ctx, oneRow+` where r.code = $1`, code))
}

// oneRow reads a reservation r for scanRow.
const oneRow = `
		select r.xmin, r.id, r.code, r.accommodation_id, r.check_in, r.check_out, r.guests, r.status, r.payment_status, r.channel,
			r.contact_name, r.contact_phone, r.contact_email, r.special_requests,
			r.currency, r.total_price, r.deposit_amount, r.paid_amount, r.price_lines,
			r.approval, r.expires_at, r.created_at, r.extended_once, r.confirmed_at, r.cancelled_at, r.cancel_reason,
			r.kept_amount, a.cancellation_steps,
			a.name, a.cancellation_policy, a.timezone, f.has_feeds, f.as_of,
			(select count(*) > 0 from calendar_events e
				where e.accommodation_id = r.accommodation_id and e.period && r.period and e.kind in ('reserved', 'manual') and ` + closing + `)
		from reservations r join accommodations a on a.id = r.accommodation_id
			cross join lateral (select ` + feedsAsOf + ` from calendar_feeds where accommodation_id = r.accommodation_id and ` + readFeed + `) f`

func scanRow(found pgx.Row) (row, error) {
	var r row
	var zone string
	var expires, confirmed, cancelled, asOf *time.Time
	err := found.Scan(
		&r.version, &r.ID, &r.Code, &r.AccommodationID, &r.Stay.Nights.From, &r.Stay.Nights.To, &r.Stay.Guests, &r.Status, &r.PaymentStatus, &r.Channel,
		&r.Contact.Name, &r.Contact.Phone, &r.Contact.Email, &r.SpecialRequests,
		&r.Currency, &r.Total, &r.Deposit, &r.Paid, &r.Lines,
		&r.Approval, &expires, &r.CreatedAt, &r.ExtendedOnce, &confirmed, &cancelled, &r.CancelReason,
		&r.Kept, &r.terms.Steps,
		&r.terms.AccommodationName, &r.terms.Policy, &zone, &r.terms.HasFeeds, &asOf, &r.terms.Clash)
	if err != nil {
		return r, err
	}
	r.ExpiresAt, r.ConfirmedAt, r.CancelledAt = orZero(expires), orZero(confirmed), orZero(cancelled)
	r.terms.FeedsAsOf = inUTC(asOf)
	r.terms.Zone, err = time.LoadLocation(zone)
	return r, err
}

var errChanged = errors.New("the reservation has changed meanwhile")

func swap(ctx context.Context, conn *pgxpool.Conn, r row, by, event string, now time.Time) error {
	tag, err := conn.Exec(ctx, `
		with changed as (
			update reservations set status = @status, approval = @approval, expires_at = @expires_at, extended_once = @extended_once,
				confirmed_at = @confirmed_at, cancelled_at = @cancelled_at, cancel_reason = @cancel_reason, updated_at = @now
			where id = @id and xmin = @version
			returning id),
		-- Those that somebody is busy with are left to the next who settles them.
		resolved as (
			update calendar_conflicts set resolved_at = @now where id in (
				select c.id from calendar_conflicts c join changed on c.reservation_id = changed.id
				where c.resolved_at is null and not @live for update of c skip locked))
		insert into reservation_events (reservation_id, at, actor, event)
		select id, @now, @by, @event from changed`,
		pgx.NamedArgs{
			"id": r.ID, "version": r.version, "status": r.Status, "live": r.Status.Live(),
			"approval": cmp.Or(r.Approval, booking.ApprovalNone), "expires_at": orNull(r.ExpiresAt), "extended_once": r.ExtendedOnce,
			"confirmed_at": orNull(r.ConfirmedAt), "cancelled_at": orNull(r.CancelledAt), "cancel_reason": r.CancelReason,
			"now": now, "by": by, "event": event,
		})
	if err == nil && tag.RowsAffected() == 0 {
		return errChanged
	}
	return err
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// inUTC is orZero, in UTC.
func inUTC(t *time.Time) time.Time { return orZero(t).UTC() }

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// ExpireHolds writes down that overdue holds have run out, at most limit of them, and returns how many. Rows that another
// run or a guest is busy with are left for the next time.
func (b *Bookings) ExpireHolds(ctx context.Context, now time.Time, limit int) (int, error) {
	return b.db.affect(ctx, `
		with due as (
			select id from reservations where status = 'pre_reserved' and expires_at <= $1
			order by expires_at limit $2 for update skip locked),
		expired as (
			update reservations r set status = 'expired', updated_at = $1 from due
			where r.id = due.id and r.status = 'pre_reserved' and r.expires_at <= $1
			returning r.id)
		insert into reservation_events (reservation_id, at, actor, event)
		select id, $1, 'system', 'expired' from expired`, now, limit)
}

// ForgetKeys deletes idempotency keys that are too old to be answered, at most limit of them, and returns how many.
func (b *Bookings) ForgetKeys(ctx context.Context, now time.Time, limit int) (int, error) {
	return b.db.affect(ctx, `
		delete from idempotency_keys where key in (
			select key from idempotency_keys where expires_at <= $1 order by expires_at limit $2 for update skip locked)`, now, limit)
}
