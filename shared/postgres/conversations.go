package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/inbox"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/outbox"
)

// Conversations keeps who writes to us, what was said last, and what nobody has answered yet. What a person writes is worked by
// one at a time and in order, whoever works it and however many jobs ask for it.
//
// The order of locks is: person, conversation, everything else.
type Conversations struct {
	db      *DB
	enqueue Enqueue
	menu    menu
}

// NewConversations returns the conversations of a share.
func NewConversations(db *DB, enqueue Enqueue) *Conversations {
	return &Conversations{db: db, enqueue: enqueue}
}

const (
	// talkLease is how long whoever has taken up a conversation has it for himself. His own time must be shorter.
	talkLease = time.Minute
	// maxPending is how many messages are answered at once.
	maxPending = 50
)

// errTakenOver has the job worked again, from the beginning: what was made of it is as if it had never been.
var errTakenOver = fault.ErrBusy.WithCause(errors.New("somebody else has taken up the conversation"))

// Begin takes up the conversation with whoever is known by a key, if he has written something that nobody has answered. Who he is
// is learned on the way: what he calls himself, an identity that was not known, that two people are one.
//
// Not ok is nothing to be done: there is nothing to answer, or somebody is at it, and sees to what came meanwhile. In case he dies
// at it there is another job, for when his time is over. fault.ErrBusy: try again.
func (c *Conversations) Begin(ctx context.Context, key string, now time.Time) (s conversation.Session, ok bool, err error) {
	key = storable(key, 200)
	var busy time.Time
	err = c.db.use(ctx, func(conn *pgxpool.Conn) error {
		seen, err := pendingOf(ctx, conn, key)
		if err != nil || len(seen) == 0 {
			return err
		}
		s, busy, err = takeUp(ctx, conn, key, seen, now)
		return err
	})
	switch {
	case err != nil:
		return conversation.Session{}, false, err
	case !busy.IsZero():
		again := conversation.Talk{Key: key, Event: fmt.Sprintf("after %d %d", s.ContactID, busy.UnixMicro()), After: busy.Add(time.Second)}
		return conversation.Session{}, false, c.put(ctx, again)
	}
	return s, len(s.Pending) > 0, nil
}

// put enqueues a job that no other change goes with.
func (c *Conversations) put(ctx context.Context, jobs ...Job) error {
	return c.db.use(ctx, func(conn *pgxpool.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return c.enqueue(ctx, tx, jobs...) })
	})
}

func pendingOf(ctx context.Context, conn *pgxpool.Conn, key string) ([]conversation.Pending, error) {
	rows, err := conn.Query(ctx, `
		select id, payload, received_at from inbox where source = $1 and subject = $2 and settled_at is null order by id limit $3`,
		inbox.WhatsApp, key, maxPending)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanPending)
}

func scanPending(row pgx.CollectableRow) (conversation.Pending, error) {
	var p conversation.Pending
	err := row.Scan(&p.InboxID, &p.Payload, &p.At)
	return p, err
}

// toAnswer is the condition under which an event is to be answered: $1 is the key by which a person was found, $2 the events of that
// key that were seen, $3 all that he is known by. What has come under the key since may say more of who he is, and is looked at
// afterwards.
const toAnswer = `source = '` + inbox.WhatsApp + `' and subject = any($3::text[]) and settled_at is null and (subject <> $1 or id = any($2))`

// takeUp is one transaction, and one round trip: each statement sees what was there when the locks were had.
func takeUp(ctx context.Context, conn *pgxpool.Conn, key string, seen []conversation.Pending, now time.Time) (s conversation.Session, busy time.Time, err error) {
	who, events := introduce(key, seen, now), make([]int64, len(seen))
	for n, p := range seen {
		events[n] = p.InboxID
	}
	batch, last, keys := &pgx.Batch{}, who[len(who)-1], append(identities(who), key)
	for _, one := range who {
		one.queue(batch, now)
	}
	queueLock(batch, last, now, &s.ContactID, &busy)
	claimed := false
	batch.Queue(`
		update conversations set busy_until = $7, version = version + 1
		where contact_id = `+him(4)+` and (busy_until is null or busy_until <= $6) and exists (select from inbox where `+toAnswer+`)`,
		key, events, keys, last.bsuid, last.waID, now, now.Add(talkLease)).
		Exec(func(tag pgconn.CommandTag) error { claimed = tag.RowsAffected() == 1; return nil })
	queueCollect(batch, &s.Pending, scanPending, `
		select id, payload, received_at from inbox where `+toAnswer+` order by id limit $4`, key, events, keys, maxPending)
	batch.Queue(session+him(1), last.bsuid, last.waID).QueryRow(func(row pgx.Row) error { return scanSession(row, &s) })
	if err := conn.SendBatch(ctx, batch).Close(); err != nil {
		return s, busy, err
	}
	if !claimed {
		s.Pending = nil
		return s, busy, nil
	}
	s.Key = key
	s.LastInbound = lastInbound(s, now)
	asSent(s.Pending)
	return s, time.Time{}, nil
}

// him is the person whose identities are the parameters from n on; he was introduced.
func him(n int) string {
	return fmt.Sprintf(`(select id from contacts where bsuid = $%d or $%d::text is null and wa_id = $%d)`, n, n, n+1)
}

// queueLock has a conversation, and reads until when somebody else is at it.
func queueLock(batch *pgx.Batch, who introduction, now time.Time, id *int64, busy *time.Time) {
	batch.Queue(`insert into conversations (contact_id, updated_at) values (`+him(1)+`, $3) on conflict do nothing`, who.bsuid, who.waID, now)
	batch.Queue(`select contact_id, busy_until from conversations where contact_id = `+him(1)+` for update`, who.bsuid, who.waID).
		QueryRow(func(row pgx.Row) error {
			var until *time.Time
			err := row.Scan(id, &until)
			if until != nil && until.After(now) {
				*busy = *until
			}
			return err
		})
}

// session reads what is known of a person, for scanSession.
const session = `
	select v.state, v.version, c.name, c.phone, c.last_inbound_at, coalesce(r.contact_name, ''), coalesce(r.contact_phone, ''), coalesce(r.contact_email, '')
	from contacts c join conversations v on v.contact_id = c.id
		left join reservations r on r.id = (select max(id) from (select id from reservations where ` + his + ` offset 0) his) -- offset 0: by the indexes
	where c.id = `

// his is the condition under which a reservation is that of contact c: he made it over WhatsApp, or left the number elsewhere from
// which he writes, be it with the digit that Argentina and Mexico have for mobiles or without it.
const his = `(contact_id = c.id or contact_phone <> '' and contact_phone in (c.phone, regexp_replace(c.phone, '^\+(?:(54)9|(52)1)(\d{10})$', '+\1\2\3')))`

func scanSession(row pgx.Row, s *conversation.Session) error {
	var state []byte
	var last *time.Time
	if err := row.Scan(&state, &s.Version, &s.Profile, &s.Phone, &last, &s.Contact.Name, &s.Contact.Phone, &s.Contact.Email); err != nil {
		return err
	}
	s.LastInbound = inUTC(last)
	if err := json.Unmarshal(state, &s.State); err != nil {
		return fmt.Errorf("state of conversation %d: %w", s.ContactID, err)
	}
	return nil
}

// Finish writes what has become of a conversation: its state, the replies, which are sent in this order after all that waits to be
// sent already, and that the events of these ids are answered. What came meanwhile gets a job of its own.
//
// fault.ErrBusy: somebody else has taken the conversation up since. Then nothing is written, and the job has to begin anew.
func (c *Conversations) Finish(ctx context.Context, s conversation.Session, state conversation.State, replies []conversation.Outgoing, settled []int64, now time.Time) error {
	stored, err := json.Marshal(state)
	if err != nil {
		return fmt.Errorf("state of conversation %d: %w", s.ContactID, err)
	}
	said, err := bodies(replies)
	if err != nil {
		return err
	}
	return c.db.use(ctx, func(conn *pgxpool.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			kept, unsaid, next := false, false, ""
			batch := &pgx.Batch{}
			batch.Queue(`select from contacts where id = $1 for key share`, s.ContactID)
			batch.Queue(writeState+` and version = $8`, s.ContactID, stored, handedOver(state), awaits(state, now), now, state.Language, orNull(s.LastInbound), s.Version).
				Exec(func(tag pgconn.CommandTag) error { kept = tag.RowsAffected() == 1; return nil })
			batch.Queue(`update inbox set settled_at = $2, outcome = 'answered' where id = any($1) and settled_at is null`, settled, now)
			said.queue(batch, s.ContactID, outbox.Reply, now)
			batch.Queue(`
				select exists (select from messages where contact_id = c.id and channel = 'whatsapp' and status in ('queued', 'failed')),
					coalesce((select subject from inbox where source = $2 and subject in (c.bsuid, c.wa_id, $3) and settled_at is null limit 1), '')
				from contacts c where id = $1`, s.ContactID, inbox.WhatsApp, s.Key).
				QueryRow(func(row pgx.Row) error { return row.Scan(&unsaid, &next) })
			switch err := tx.SendBatch(ctx, batch).Close(); {
			case !kept:
				return cmp.Or(unlessMissing(err), error(errTakenOver))
			case err != nil:
				return err
			}
			var jobs []Job
			if unsaid {
				jobs = append(jobs, notice.Deliver{ContactID: s.ContactID})
			}
			if next != "" {
				jobs = append(jobs, conversation.Talk{Key: next, Event: fmt.Sprintf("more %d %d", s.ContactID, s.Version)})
			}
			if len(jobs) == 0 {
				return nil
			}
			return c.enqueue(ctx, tx, jobs...)
		})
	})
}

// unlessMissing is an error, unless it says that there is no such person any more: he has become one with another.
func unlessMissing(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == foreignKeyViolation {
		return nil
	}
	return err
}

// writeState writes a state and gives the conversation up.
const writeState = `
	with spoken as (
		update contacts set language = $6, last_inbound_at = greatest(last_inbound_at, $7)
		where id = $1 and (language <> $6 or last_inbound_at is null or last_inbound_at < $7))
	update conversations set state = $2, version = version + 1, busy_until = null, handed_over_until = $3, awaiting_owner = $4, updated_at = $5
	where contact_id = $1`

// handedOver is until when a person answers instead of the system.
func handedOver(s conversation.State) *time.Time {
	if s.Step != conversation.HandedOver {
		return nil
	}
	return orNull(s.Until)
}

func awaits(s conversation.State, now time.Time) bool {
	return s.Step == conversation.HandedOver && s.Until.After(now)
}

// Release gives a conversation up without having done anything, so that it can be taken up at once.
func (c *Conversations) Release(ctx context.Context, s conversation.Session) error {
	_, err := c.db.affect(ctx, `update conversations set busy_until = null where contact_id = $1 and version = $2`, s.ContactID, s.Version)
	return err
}

// Unanswered returns a key of everybody who wrote before an instant and got no answer, at most limit: those whose job is lost.
func (c *Conversations) Unanswered(ctx context.Context, before time.Time, limit int) ([]string, error) {
	return collect(ctx, c.db, pgx.RowTo[string], `
		select subject from inbox where source = $1 and settled_at is null and received_at < $2
		group by subject order by min(id) limit $3`, inbox.WhatsApp, before, limit)
}

// outgoing is messages as columns.
type outgoing struct{ keys, bodies []string }

func bodies(replies []conversation.Outgoing) (outgoing, error) {
	var o outgoing
	for _, r := range replies {
		body, err := json.Marshal(r.Message)
		if err != nil {
			return o, fmt.Errorf("a message to be sent: %w", err)
		}
		o.keys, o.bodies = append(o.keys, storable(r.Dedupe, 200)), append(o.bodies, strings.ReplaceAll(string(body), `\u0000`, ""))
	}
	return o, nil
}

// queue writes the messages, in order; those whose name is taken are there already.
func (o outgoing) queue(batch *pgx.Batch, contactID int64, kind notice.Kind, now time.Time) {
	if len(o.keys) == 0 {
		return
	}
	batch.Queue(`
		insert into messages (contact_id, kind, recipient, channel, dedupe_key, body, created_at)
		select $1, $5, 'guest', 'whatsapp', o.key, o.body::jsonb, $4
		from unnest($2::text[], $3::text[]) with ordinality o (key, body, n) order by o.n
		on conflict (dedupe_key) do nothing`, contactID, o.keys, o.bodies, now, kind)
}
