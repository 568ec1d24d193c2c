package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/outbox"
)

var errNobody = fault.ErrNotFound.WithDetail("There is no such person on WhatsApp.")

// people reads persons c and their conversations v, for scanPerson.
const people = `
	select c.id, coalesce(c.bsuid, ''), coalesce(c.wa_id, ''), c.name, c.username, c.phone, c.language, c.last_inbound_at, c.stopped_at,
		v.handed_over_until, coalesce(v.awaiting_owner, false), v.updated_at
	from contacts c left join conversations v on v.contact_id = c.id`

func scanPerson(row pgx.CollectableRow) (conversation.Person, error) {
	var p conversation.Person
	var inbound, stopped, handed, talked *time.Time
	err := row.Scan(&p.ID, &p.BSUID, &p.WaID, &p.Name, &p.Username, &p.Phone, &p.Language, &inbound, &stopped, &handed, &p.Awaiting, &talked)
	p.LastInbound, p.Stopped, p.HandedOver, p.TalkedAt = inUTC(inbound), inUTC(stopped), inUTC(handed), inUTC(talked)
	return p, err
}

// Person returns a person. fault.ErrNotFound: there is none.
func (c *Conversations) Person(ctx context.Context, id int64) (conversation.Person, error) {
	found, err := collect(ctx, c.db, scanPerson, people+` where c.id = $1`, id)
	return only(found, err, errNobody)
}

// PersonOf returns the person whom a reservation is of: who made it over WhatsApp, or writes from the number that was left with
// it. fault.ErrNotFound: it is of nobody who ever wrote, or there is no such reservation.
func (c *Conversations) PersonOf(ctx context.Context, code string) (conversation.Person, error) {
	found, err := collect(ctx, c.db, scanPerson, people+`
		where c.id = coalesce((select contact_id from reservations where code = $1),
			(select c.id from reservations r join contacts c on c.wa_id in (`+numbersOf+`) where r.code = $1 order by c.id limit 1))`,
		storable(code, 256))
	return only(found, err, errNobody)
}

// numbersOf are what the phone of reservation r may be on WhatsApp: with the digit of mobiles in Argentina and Mexico, or without.
const numbersOf = `substr(r.contact_phone, 2), regexp_replace(r.contact_phone, '^\+(?:(54)9|(52)1)(\d{10})$', '\1\2\3'),
	regexp_replace(r.contact_phone, '^\+54(\d{10})$', '549\1'), regexp_replace(r.contact_phone, '^\+52(\d{10})$', '521\1')`

// Meet returns who has a number, of whom nobody may have heard before: an owner, who is to be told something.
func (c *Conversations) Meet(ctx context.Context, waID string, now time.Time) (conversation.Person, error) {
	var p conversation.Person
	err := c.db.use(ctx, func(conn *pgxpool.Conn) error {
		batch := &pgx.Batch{}
		introduction{waID: identity(waID)}.queue(batch, now)
		batch.Queue(people+` where c.wa_id = $1`, identity(waID)).Query(func(rows pgx.Rows) (err error) {
			p, err = pgx.CollectExactlyOneRow(rows, scanPerson)
			return err
		})
		return conn.SendBatch(ctx, batch).Close()
	})
	return p, err
}

// People returns those who were talked with, the last first, those before an instant (zero = from the last), at most limit: all,
// or only those who wait for a person.
func (c *Conversations) People(ctx context.Context, awaiting bool, before time.Time, limit int) ([]conversation.Person, error) {
	return collect(ctx, c.db, scanPerson, people+`
		where v.contact_id is not null and (not $1 or v.awaiting_owner) and ($2::timestamptz is null or v.updated_at < $2)
		order by v.updated_at desc, c.id desc limit $3`, awaiting, orNull(before), limit)
}

// HandOver has a person answer somebody until an instant, instead of the system.
func (c *Conversations) HandOver(ctx context.Context, id int64, until, now time.Time) error {
	return c.amend(ctx, id, now, func(s *conversation.State) { s.Step, s.Until = conversation.HandedOver, until })
}

// GiveBack has the system answer somebody again. What he had said before he was handed over is forgotten.
func (c *Conversations) GiveBack(ctx context.Context, id int64, now time.Time) error {
	return c.amend(ctx, id, now, func(s *conversation.State) {
		if s.Step == conversation.HandedOver {
			s.Step = conversation.Idle
		}
		s.Until, s.Misses, s.Recent = time.Time{}, 0, nil
	})
}

// Attended says that a person has answered somebody who waited for one; he stays handed over.
func (c *Conversations) Attended(ctx context.Context, id int64) error {
	_, err := c.db.affect(ctx, `update conversations set awaiting_owner = false where contact_id = $1 and awaiting_owner`, id)
	return err
}

// amend changes a state. Whoever is at the conversation begins anew, with the state as it is then.
func (c *Conversations) amend(ctx context.Context, id int64, now time.Time, change func(*conversation.State)) error {
	return c.db.use(ctx, func(conn *pgxpool.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			var stored []byte
			batch := &pgx.Batch{}
			batch.Queue(`insert into conversations (contact_id, updated_at) select id, $2 from contacts where id = $1 on conflict do nothing`, id, now)
			batch.Queue(`select state from conversations where contact_id = $1 for update`, id).
				QueryRow(func(row pgx.Row) error { return row.Scan(&stored) })
			switch err := tx.SendBatch(ctx, batch).Close(); {
			case errors.Is(err, pgx.ErrNoRows):
				return errNobody
			case err != nil:
				return err
			}
			var state conversation.State
			if err := json.Unmarshal(stored, &state); err != nil {
				return fmt.Errorf("state of conversation %d: %w", id, err)
			}
			change(&state)
			stored, err := json.Marshal(state)
			if err != nil {
				return fmt.Errorf("state of conversation %d: %w", id, err)
			}
			_, err = tx.Exec(ctx, writeState, id, stored, handedOver(state), awaits(state, now), now, state.Language, nil)
			return err
		})
	})
}

// Stays returns the reservations of a person, those that take their nights at an instant first and in the order in which they
// begin, then the others, the last first; at most limit. They are those that he made, and those with the number from which he
// writes. What a page of ours knows (addresses, what is to be transferred) is left empty.
func (c *Conversations) Stays(ctx context.Context, id int64, now time.Time, limit int) ([]conversation.Stay, error) {
	return collect(ctx, c.db, func(found pgx.CollectableRow) (conversation.Stay, error) {
		r, err := scanRow(found)
		return conversation.Stay{
			Reservation: r.Reservation, Status: r.StatusAt(now), Cabin: r.AccommodationID,
		}, err
	}, oneRow+`
		where r.id in (select x.id from contacts c cross join lateral (select id from reservations where `+his+` offset 0) x where c.id = $1)
		order by not (r.status = 'confirmed' and r.check_out >= $2::date or r.status = 'pre_reserved' and r.expires_at > $2::timestamptz),
			case when r.status in ('confirmed', 'pre_reserved') then r.check_in end, r.id desc
		limit $3`, id, now, limit)
}

// Own says that a reservation is of a person, who has made it.
func (c *Conversations) Own(ctx context.Context, id int64, code string) error {
	owned, err := c.db.changes(ctx, `update reservations set contact_id = $1 where code = $2 and (contact_id is null or contact_id = $1)`, id, code)
	if err == nil && !owned {
		err = errNoReservation
	}
	return err
}

// Say queues messages for a person, as they are, in order; see conversation.Outgoing.
func (c *Conversations) Say(ctx context.Context, id int64, messages []conversation.Outgoing, now time.Time) error {
	said, err := bodies(messages)
	if err != nil || len(messages) == 0 {
		return err
	}
	return c.db.use(ctx, func(conn *pgxpool.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			batch := &pgx.Batch{}
			said.queue(batch, id, outbox.Note, now)
			if err := tx.SendBatch(ctx, batch).Close(); err != nil {
				return err
			}
			return c.enqueue(ctx, tx, notice.Deliver{ContactID: id})
		})
	})
}
