package postgres

import (
	"context"
	"encoding/json"
	"maps"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/outbox"
)

// Route decides over what a message goes that nobody has tried to send yet, and writes that down: over WhatsApp to the guest who
// made the reservation there, or who left nothing but a number that writes to us; over WhatsApp to each of the owners, by their
// numbers there, if there are any. Where WhatsApp is not on, what was tried by e-mail, and what is back from WhatsApp, goes by
// e-mail. fault.ErrNotFound: there is no such message.
func (m *Messages) Route(ctx context.Context, id int64, on bool, owners []string, now time.Time) (way outbox.Way, err error) {
	err = m.db.use(ctx, func(conn *pgxpool.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			way.Contacts = nil
			r, err := routed(ctx, tx, id)
			switch {
			case err != nil || r.settled:
				return err
			case r.channel == "whatsapp":
				way.Contacts = []int64{r.contact}
				return nil
			case !on || r.byMail || r.contact != 0 || r.attempts > 0:
				return nil
			case r.recipient == notice.Owner:
				way.Contacts, err = toOwners(ctx, tx, id, owners, now)
				return err
			}
			way.Contacts, err = r.toGuest(ctx, tx, id, now)
			return err
		})
	})
	return way, err
}

// route is what decides where a message goes.
type route struct {
	settled   bool
	channel   string
	recipient notice.Recipient
	attempts  int
	contact   int64  // whom it is for, or was when it went over WhatsApp; 0 = nobody
	guest     int64  // who made the reservation over WhatsApp, or whose number it has; 0 = nobody
	phone     string // of a reservation that was made over WhatsApp, or has no e-mail
	made      bool   // the reservation was made over WhatsApp
	byMail    bool   // it says that WhatsApp is down
}

func routed(ctx context.Context, tx pgx.Tx, id int64) (r route, err error) {
	err = tx.QueryRow(ctx, `
		select m.status in ('sent', 'given_up'), m.channel, m.recipient, m.attempts, coalesce(m.contact_id, 0),
			coalesce(r.contact_id, (select c.id from contacts c where c.wa_id in (`+numbersOf+`) and (r.channel = 'whatsapp' or r.contact_email = '') order by c.id limit 1), 0),
			coalesce(r.contact_phone, ''), coalesce(r.channel = 'whatsapp', false), m.kind = $2
		from messages m left join reservations r on r.id = m.reservation_id where m.id = $1 for update of m`, id, notice.OwnerWhatsAppDown).
		Scan(&r.settled, &r.channel, &r.recipient, &r.attempts, &r.contact, &r.guest, &r.phone, &r.made, &r.byMail)
	return r, err
}

func (r *route) toGuest(ctx context.Context, tx pgx.Tx, id int64, now time.Time) ([]int64, error) {
	if r.guest == 0 && r.made && strings.HasPrefix(r.phone, "+") {
		if err := meet(ctx, tx, strings.TrimPrefix(r.phone, "+"), now, &r.guest); err != nil {
			return nil, err
		}
	}
	if r.guest == 0 {
		return nil, nil
	}
	_, err := tx.Exec(ctx, `update messages set channel = 'whatsapp', contact_id = $2 where id = $1`, id, r.guest)
	return []int64{r.guest}, err
}

// toOwners has the message go to the first of the owners, and a copy of it to each of the others.
func toOwners(ctx context.Context, tx pgx.Tx, id int64, owners []string, now time.Time) ([]int64, error) {
	contacts := make([]int64, len(owners))
	for n, owner := range owners {
		if err := meet(ctx, tx, owner, now, &contacts[n]); err != nil {
			return nil, err
		}
	}
	if len(contacts) == 0 {
		return nil, nil
	}
	_, err := tx.Exec(ctx, `
		with copied as (
			insert into messages (parent_id, contact_id, channel, reservation_id, kind, recipient, dedupe_key, facts, created_at)
			select m.id, c.id, 'whatsapp', m.reservation_id, m.kind, m.recipient, left(m.dedupe_key, 170) || ' to ' || c.id, m.facts, m.created_at
			from messages m cross join unnest($2::bigint[]) c (id) where m.id = $1 and c.id <> $3
			on conflict (dedupe_key) do nothing)
		update messages set channel = 'whatsapp', contact_id = $3 where id = $1`, id, contacts, contacts[0])
	return contacts, err
}

func meet(ctx context.Context, tx pgx.Tx, waID string, now time.Time, id *int64) error {
	return tx.QueryRow(ctx, `select know_contact(null, $1, null, null, '', '', null, $2)`, identity(waID), now).Scan(id)
}

// Tell leaves a message about something that happened, with its job: to whom its kind is for, about the reservation of a code ("" =
// about none). Of each key there is one message; what the facts do not say is looked up when it is sent.
func (m *Messages) Tell(ctx context.Context, kind notice.Kind, key, code string, f notice.Facts, now time.Time) error {
	return m.db.use(ctx, func(conn *pgxpool.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return m.tell(ctx, tx, kind, key, code, f, now) })
	})
}

func (m *Messages) tell(ctx context.Context, tx pgx.Tx, kind notice.Kind, key, code string, f notice.Facts, now time.Time) error {
	facts, err := spokenOf(f)
	if err != nil {
		return err
	}
	var jobs []Job
	batch := &pgx.Batch{}
	batch.Queue(`
		insert into messages (reservation_id, kind, recipient, dedupe_key, facts, created_at)
		values ((select id from reservations where code = $1), $2, $3, $4, $5, $6)
		on conflict (dedupe_key) do nothing returning id`,
		storable(code, 256), kind, kind.Recipient(), storable(key, 200), facts, now).
		Query(eachID(func(id int64) { jobs = append(jobs, notice.Deliver{MessageID: id}) }))
	if err := tx.SendBatch(ctx, batch).Close(); err != nil || len(jobs) == 0 {
		return err
	}
	return m.enqueue(ctx, tx, jobs...)
}

// spokenOf is the JSON of those facts that say something, so that it can be read over others that hold the rest.
func spokenOf(f notice.Facts) ([]byte, error) {
	f.Zone = nil
	all, silent := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	for into, facts := range map[*map[string]json.RawMessage]notice.Facts{&all: f, &silent: {}} {
		text, err := json.Marshal(facts)
		if err == nil {
			err = json.Unmarshal(text, into)
		}
		if err != nil {
			return nil, err
		}
	}
	maps.DeleteFunc(all, func(name string, value json.RawMessage) bool { return string(silent[name]) == string(value) })
	text, err := json.Marshal(all)
	return []byte(strings.ReplaceAll(string(text), `\u0000`, "")), err
}

// Billed counts the messages that Meta said it bills between two instants, by category.
func (m *Messages) Billed(ctx context.Context, from, until time.Time) (map[string]int, error) {
	type count struct {
		category string
		n        int
	}
	counts, err := collect(ctx, m.db, func(row pgx.CollectableRow) (c count, err error) {
		return c, row.Scan(&c.category, &c.n)
	}, `select billed_category, count(*) from messages where billed_at >= $1 and billed_at < $2 group by billed_category`, from, until)
	billed := make(map[string]int, len(counts))
	for _, c := range counts {
		billed[c.category] = c.n
	}
	return billed, err
}
