package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/inbox"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/outbox"
)

// Statuses takes over what WhatsApp tells of messages of ours.
type Statuses struct {
	db      *DB
	enqueue Enqueue
}

// NewStatuses returns the statuses of a share.
func NewStatuses(db *DB, enqueue Enqueue) *Statuses { return &Statuses{db: db, enqueue: enqueue} }

const (
	// maxStatuses is how many are taken over at once.
	maxStatuses = 500
	// strangerAfter is how long a status waits for its message: a status may overtake the answer that tells us its name, and a
	// message without our ticket is somebody else's, as what the owner sends by hand.
	strangerAfter = 10 * time.Minute
)

// Track takes over the statuses that wait in the inbox and came after the event of an id, at most 500 of them. A message only goes
// up: sent, delivered, read, whatever the order in which that is told; one that has failed after it was sent is to be sent again,
// or otherwise, and gets a job. A status finds its message by the id that WhatsApp gave it or, where nobody has written that down
// because he died or got no answer, by the ticket that went along: then it is sent, and is not sent again.
func (s *Statuses) Track(ctx context.Context, after int64, now time.Time) (done outbox.Tracked, err error) {
	err = s.db.use(ctx, func(conn *pgxpool.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			done = outbox.Tracked{}
			rows, err := tx.Query(ctx, `
				select id, payload, received_at from inbox where source = $1 and settled_at is null and id > $2
				order by id limit $3 for update skip locked`, inbox.WhatsAppStatus, after, maxStatuses)
			if err != nil {
				return err
			}
			waiting, err := pgx.CollectRows(rows, scanPending)
			if err != nil || len(waiting) == 0 {
				return err
			}
			done.Read, done.Last = len(waiting), waiting[len(waiting)-1].InboxID
			return s.apply(ctx, tx, newsOf(waiting), now, &done)
		})
	})
	return done, err
}

// news is what several statuses say of one message, as columns of all messages.
type news struct {
	events                []int64 // every status, and
	of                    []int32 // of which message it is
	wamids                []string
	ids                   []int64
	attempts              []int32
	sent, delivered, read []*time.Time
	failed                []*time.Time
	codes                 []int32
	billed                []*time.Time
	categories            []string
}

func newsOf(waiting []conversation.Pending) *news {
	n, at := &news{}, map[string]int{}
	for _, w := range waiting {
		var s chat.Status
		_ = json.Unmarshal(w.Payload, &s) // what cannot be read is of no message
		k, known := at[s.MessageID]
		if !known {
			k = n.open(s.MessageID)
			at[s.MessageID] = k
		}
		n.events, n.of = append(n.events, w.InboxID), append(n.of, int32(k))
		when := s.At
		if when.IsZero() {
			when = w.At
		}
		n.add(k, s, when)
	}
	return n
}

func (n *news) open(wamid string) int {
	n.wamids, n.ids, n.attempts = append(n.wamids, storable(wamid, 200)), append(n.ids, 0), append(n.attempts, 0)
	n.sent, n.delivered, n.read, n.failed = append(n.sent, nil), append(n.delivered, nil), append(n.read, nil), append(n.failed, nil)
	n.codes, n.billed, n.categories = append(n.codes, 0), append(n.billed, nil), append(n.categories, "")
	return len(n.wamids) - 1
}

// add is what one status says. Who has read a message has got it, and who has got it was sent it.
func (n *news) add(k int, s chat.Status, at time.Time) {
	if id, attempt, ok := outbox.ReadTicket(s.Data); ok {
		n.ids[k], n.attempts[k] = id, int32(min(attempt, 1<<30))
	}
	first := func(t *time.Time) *time.Time {
		if t == nil || at.Before(*t) {
			return &at
		}
		return t
	}
	switch s.State {
	case chat.Played, chat.Seen:
		n.read[k] = first(n.read[k])
		n.delivered[k], n.sent[k] = first(n.delivered[k]), first(n.sent[k])
	case chat.Delivered:
		n.delivered[k], n.sent[k] = first(n.delivered[k]), first(n.sent[k])
	case chat.Sent:
		n.sent[k] = first(n.sent[k])
	case chat.Failed:
		n.failed[k] = first(n.failed[k])
		if len(s.Problems) > 0 {
			n.codes[k] = int32(s.Problems[0].Code)
		}
	case chat.Deleted: // by us, elsewhere: it was sent
	}
	if s.Billable && s.State != chat.Failed {
		n.billed[k], n.categories[k] = first(n.billed[k]), storable(s.Category, 64)
	}
}

// applyNews finds the message of each of the news, writes what they say, and settles the statuses. A failure counts only of the
// attempt that the message is at: of one before it nobody has to know.
const applyNews = `
	with said as (
		select * from unnest($1::text[], $2::bigint[], $3::integer[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[],
				$8::integer[], $9::timestamptz[], $10::text[])
			with ordinality s (wamid, id, attempt, sent, delivered, read, failed, code, billed, category, n)),
	found as (
		select s.*, m.id as message, m.status as before, m.provider_id = s.wamid as named
		from said s cross join lateral (
			select id, status, provider_id, attempts, delivered_at from messages m where m.provider_id = s.wamid and m.provider_id <> ''
			union all
			select id, status, provider_id, attempts, delivered_at from messages m
			where m.id = s.id and m.channel = 'whatsapp' and m.provider_id <> s.wamid
			limit 1) m
		where m.provider_id = s.wamid or m.status <> 'sent' and (s.sent is not null or s.attempt = m.attempts)),
	changed as (
		update messages m set
			provider_id = f.wamid, sent_at = coalesce(m.sent_at, f.sent, f.failed),
			delivered_at = least(m.delivered_at, f.delivered), read_at = least(m.read_at, f.read),
			billed_at = coalesce(m.billed_at, f.billed), billed_category = case when m.billed_at is null then f.category else m.billed_category end,
			status = case when lost then 'failed' when m.status in ('queued', 'failed', 'given_up') and f.sent is null then m.status else 'sent' end,
			error_code = case when lost then f.code when f.sent is null then m.error_code else 0 end,
			last_error = case when lost then 'status' when f.sent is null then m.last_error else '' end,
			next_attempt_at = case when lost then $11::timestamptz when f.sent is null then m.next_attempt_at end,
			given_up_at = case when lost or f.sent is not null then null else m.given_up_at end
		from (select f.*, f.failed is not null and f.delivered is null
				and (select delivered_at is null and status in ('queued', 'failed', 'sent') from messages where id = f.message) as lost from found f) f
		where m.id = f.message
		returning m.id, m.contact_id, f.before <> m.status as moved),
	settled as (
		update inbox i set settled_at = $11, outcome = case when f.n is null then 'unmatched' else 'applied' end
		from unnest($12::bigint[], $13::integer[]) e (event, n) left join found f on f.n = e.n + 1
		where i.id = e.event and (f.n is not null or i.received_at < $14)
		returning f.n is not null as applied)
	select (select count(*) from settled where applied), (select count(*) from settled where not applied),
		(select coalesce(array_agg(distinct contact_id), '{}') from changed where moved and contact_id is not null)`

func (s *Statuses) apply(ctx context.Context, tx pgx.Tx, n *news, now time.Time, done *outbox.Tracked) error {
	var people []int64
	err := tx.QueryRow(ctx, applyNews, n.wamids, n.ids, n.attempts, n.sent, n.delivered, n.read, n.failed, n.codes, n.billed, n.categories,
		now, n.events, n.of, now.Add(-strangerAfter)).Scan(&done.Applied, &done.Unmatched, &people)
	if err != nil {
		return err
	}
	done.Waiting = done.Read - done.Applied - done.Unmatched
	jobs := make([]Job, len(people))
	for k, id := range people {
		jobs[k] = notice.Deliver{ContactID: id}
	}
	if len(jobs) == 0 {
		return nil
	}
	return s.enqueue(ctx, tx, jobs...)
}
