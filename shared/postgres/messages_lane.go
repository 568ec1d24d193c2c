package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/outbox"
)

// laneLease is how long whoever sends to a person has for each message, before another goes on in his place.
const laneLease = time.Minute

// unsaid is the condition under which a message is to be sent over WhatsApp.
const unsaid = `channel = 'whatsapp' and status in ('queued', 'failed')`

// Next takes the first message that is to be sent to a person over WhatsApp, for one attempt. The speaker is a name that whoever
// asks makes up for all of his turns: while one sends to a person nobody else does, so that messages arrive in the order in which
// they were written. Whoever is told that there is none is the speaker no more.
//
// There is none also where somebody else is the speaker, or the time of the first message has not come: nothing goes before one that
// waits. There is a job for when that is over: that of its failure or, where somebody is at it and might die, another.
func (m *Messages) Next(ctx context.Context, contactID int64, speaker string, now time.Time) (t outbox.Turn, found bool, err error) {
	var again time.Time
	err = m.db.use(ctx, func(conn *pgxpool.Conn) error {
		t, found, again, err = next(ctx, conn, contactID, speaker, now)
		return err
	})
	if err != nil || again.IsZero() {
		return t, found, err
	}
	return t, false, m.put(ctx, notice.Deliver{ContactID: contactID, After: again})
}

// put enqueues a job that no other change goes with.
func (m *Messages) put(ctx context.Context, jobs ...Job) error {
	return m.db.use(ctx, func(conn *pgxpool.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return m.enqueue(ctx, tx, jobs...) })
	})
}

// takeNext makes $2 the speaker to person $1 until $3, if nobody else is at $4, and takes the first message if its time has come; if
// there is none to be taken, he is the speaker no more. It returns the message that was taken, the first one, when its time comes, or
// came, if it is not known what became of the attempt before, and until when somebody else speaks.
const takeNext = `
	with head as (
		select m.id, greatest(m.next_attempt_at, c.quiet_until) as due, m.last_error = 'unsure' as unsure, c.speaker, c.speaking_until
		from contacts c left join lateral (
			select id, next_attempt_at, last_error from messages where contact_id = c.id and ` + unsaid + ` order by id limit 1) m on true
		where c.id = $1),
	taken as (
		update messages m set attempts = attempts + 1, first_attempt_at = coalesce(first_attempt_at, $4), next_attempt_at = $3, last_error = 'unsure'
		from head where m.id = head.id and head.speaker = $2 and (head.due is null or head.due <= $4) and m.status in ('queued', 'failed')
		returning m.id),
	rested as (
		update contacts set speaker = '', speaking_until = null where id = $1 and speaker = $2 and not exists (select from taken))
	select (select id from taken), id, case when unsure then due end, case when speaker <> $2 then speaking_until end from head`

// next is one transaction, and one round trip: what is looked at is what is there once the person's row is had.
func next(ctx context.Context, conn *pgxpool.Conn, contactID int64, speaker string, now time.Time) (t outbox.Turn, found bool, again time.Time, err error) {
	var taken, waiting *int64
	var due, busy *time.Time
	var first []outbox.Turn
	batch := &pgx.Batch{}
	batch.Queue(`select from contacts where id = $1 for no key update`, contactID)
	batch.Queue(`
		update contacts set speaker = $2, speaking_until = $3
		where id = $1 and (speaker in ('', $2) or speaking_until is null or speaking_until <= $4)`, contactID, speaker, now.Add(laneLease), now)
	batch.Queue(takeNext, contactID, speaker, now.Add(laneLease), now).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&taken, &waiting, &due, &busy}, func() error { return nil })
		return err
	})
	queueCollect(batch, &first, scanTurn, turns+` where m.id = (select id from messages where contact_id = $1 and `+unsaid+` order by id limit 1)`, contactID)
	if err := conn.SendBatch(ctx, batch).Close(); err != nil {
		return t, false, again, err
	}
	switch {
	case taken != nil && len(first) > 0:
		first[0].Unsure = due != nil
		return first[0], true, again, nil
	case waiting == nil:
		return t, false, again, nil
	case busy != nil && busy.After(now):
		again = busy.Add(time.Second)
	case due != nil && due.After(now):
		again = *due
	}
	return t, false, again, nil
}

// Stalled returns the persons whose first message should have been sent over WhatsApp by an instant, while nobody is at it, at most
// limit: whoever was at it has died, or his job is lost. Those who wait longest come first.
func (m *Messages) Stalled(ctx context.Context, before time.Time, limit int) ([]int64, error) {
	return collect(ctx, m.db, pgx.RowTo[int64], `
		select c.id from (
			select distinct on (contact_id) contact_id, coalesce(next_attempt_at, created_at) as due from messages where `+unsaid+` order by contact_id, id) head
			join contacts c on c.id = head.contact_id cross join lateral (select greatest(head.due, c.quiet_until, c.speaking_until) as due) at
		where at.due < $1 order by at.due, c.id limit $2`, before, limit)
}

// turns reads messages m that are to be sent over WhatsApp, for scanTurn.
const turns = `
	select ` + factColumns + deliveryColumns + `,
		m.body, m.error_code, c.id, coalesce(c.bsuid, ''), coalesce(c.wa_id, ''), c.name, c.username, c.phone, c.language, c.last_inbound_at, c.stopped_at
	from messages m join contacts c on c.id = m.contact_id
		left join reservations r on r.id = m.reservation_id left join accommodations a on a.id = r.accommodation_id`

func scanTurn(row pgx.CollectableRow) (outbox.Turn, error) {
	var t outbox.Turn
	var body []byte
	var inbound, stopped *time.Time
	p := &t.Person
	d, err := scanDeliveryAnd(row, &body, &t.ErrorCode,
		&p.ID, &p.BSUID, &p.WaID, &p.Name, &p.Username, &p.Phone, &p.Language, &inbound, &stopped)
	if err != nil {
		return t, err
	}
	t.Delivery = d
	p.LastInbound, p.Stopped = inUTC(inbound), inUTC(stopped)
	if body == nil {
		return t, nil
	}
	if err := json.Unmarshal(body, &t.Body); err != nil {
		return t, fmt.Errorf("body of message %d: %w", d.ID, err)
	}
	return t, nil
}

// Said writes down that WhatsApp has taken a message, under the id that it has there. If a status has told meanwhile that it was not
// sent after all, it is not.
func (m *Messages) Said(ctx context.Context, t *outbox.Turn, wamid string, now time.Time) error {
	return m.db.use(ctx, func(conn *pgxpool.Conn) error {
		batch := &pgx.Batch{}
		batch.Queue(`
			update messages set status = 'sent', sent_at = $2, provider_id = $3, last_error = '', error_code = 0, next_attempt_at = null, given_up_at = null
			where id = $1 and status in ('queued', 'failed') and not (provider_id = $3 and last_error = 'status')`, t.ID, now, storable(wamid, 200))
		batch.Queue(`update contacts set strikes = 0, quiet_until = null where id = $1 and strikes > 0`, t.Person.ID)
		return conn.SendBatch(ctx, batch).Close()
	})
}

// unsaidOne is the end of an attempt. One of several owners is not told by e-mail as well what another was told over WhatsApp, or is
// told by e-mail already.
const unsaidOne = `
	with ending as (
		select $6::boolean and not exists (
			select from messages g join messages m on m.id = $1 and g.id <> m.id and (g.id = m.parent_id or g.parent_id in (m.id, m.parent_id))
			where g.status = 'sent' or g.channel = 'email') as elsewhere)
	update messages m set last_error = $3, error_code = $4, next_attempt_at = $5,
		status = case when e.elsewhere then 'queued' when $5::timestamptz is null then 'given_up' else 'failed' end,
		channel = case when e.elsewhere then 'email' else channel end,
		attempts = case when e.elsewhere then 0 else attempts end, first_attempt_at = case when e.elsewhere then null else first_attempt_at end,
		given_up_at = case when $5::timestamptz is null and not e.elsewhere then $2::timestamptz end
	from ending e where m.id = $1 and m.status in ('queued', 'failed')`

// Unsaid writes down that an attempt to send a message has failed, and what follows from it. If a status has told meanwhile that it
// was sent all the same, nothing does.
func (m *Messages) Unsaid(ctx context.Context, t *outbox.Turn, e outbox.Ending, now time.Time) error {
	return m.db.use(ctx, func(conn *pgxpool.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			open := false
			batch := &pgx.Batch{}
			batch.Queue(unsaidOne, t.ID, now, e.Class, e.Code, orNull(e.Next), e.Elsewhere).
				Exec(func(tag pgconn.CommandTag) error { open = tag.RowsAffected() == 1; return nil })
			if e.Quiet {
				batch.Queue(`update contacts set strikes = strikes + 1, quiet_until = $2 where id = $1`, t.Person.ID, e.Next)
			}
			if e.Stopped {
				batch.Queue(`update contacts set stopped_at = coalesce(stopped_at, $2) where id = $1`, t.Person.ID, now)
			}
			if err := tx.SendBatch(ctx, batch).Close(); err != nil || !open {
				return err
			}
			return m.follow(ctx, tx, t, e, now)
		})
	})
}

// follow enqueues what is to be done about a message that was not sent.
func (m *Messages) follow(ctx context.Context, tx pgx.Tx, t *outbox.Turn, e outbox.Ending, now time.Time) error {
	switch {
	case e.Elsewhere:
		return m.enqueue(ctx, tx, notice.Deliver{MessageID: t.ID})
	case !e.Next.IsZero():
		return m.enqueue(ctx, tx, notice.Deliver{ContactID: t.Person.ID, After: e.Next})
	case e.Tell:
		var f notice.Facts // the rest is looked up by the reservation, if it is about one
		if t.Code == "" {
			f.Contact = booking.Contact{Name: t.Person.Name, Phone: t.Person.Phone}
		}
		return m.tell(ctx, tx, notice.OwnerMessageFailed, fmt.Sprint("unsaid:", t.ID), t.Code, f, now)
	}
	return nil
}
