package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/notice"
)

// Messages keeps what guests and owners are told. They are written in the transaction of what they tell of, see Payments.
type Messages struct {
	db      *DB
	enqueue Enqueue
}

// NewMessages returns the messages of a share.
func NewMessages(db *DB, enqueue Enqueue) *Messages { return &Messages{db: db, enqueue: enqueue} }

// messageLease is how long whoever claimed a message has to say what has become of it, before it may be sent by another.
const messageLease = 2 * time.Minute

// Claim takes a message for one attempt to send it, and reports whether it may be sent: not one that was sent or given up, one
// whose time has not come, or that somebody else is at. The delivery is returned all the same.
func (m *Messages) Claim(ctx context.Context, id int64, now time.Time) (d notice.Delivery, claimed bool, err error) {
	err = m.db.use(ctx, func(conn *pgxpool.Conn) error {
		batch := &pgx.Batch{}
		batch.Queue(`
			update messages set attempts = attempts + 1, next_attempt_at = $2, first_attempt_at = coalesce(first_attempt_at, $3)
			where id = $1 and status in ('queued', 'failed') and (next_attempt_at is null or next_attempt_at <= $3)`, id, now.Add(messageLease), now).
			Exec(func(tag pgconn.CommandTag) error { claimed = tag.RowsAffected() == 1; return nil })
		batch.Queue(deliveries+` where m.id = $1`, id).QueryRow(func(row pgx.Row) error {
			var err error
			d, err = scanDelivery(row)
			return err
		})
		return conn.SendBatch(ctx, batch).Close()
	})
	return d, claimed, err
}

// deliveries reads messages with all that there is to say, for scanDelivery.
const deliveries = `
	select ` + factColumns + deliveryColumns + `
	from messages m left join reservations r on r.id = m.reservation_id left join accommodations a on a.id = r.accommodation_id`

// deliveryColumns are those of message m and its reservation r that scanDelivery reads after factColumns.
const deliveryColumns = `, m.id, coalesce(r.code, ''), m.kind, m.recipient, m.channel, m.facts, m.dedupe_key, m.status, m.attempts, m.last_error,
		m.created_at, m.first_attempt_at, m.sent_at, m.next_attempt_at, coalesce(r.status = 'pre_reserved', false), coalesce(r.approval = 'waiting', false)`

// factColumns are what can be said of a reservation r and its cabin a, where there are any, for scanFacts.
const factColumns = `r.check_in, r.check_out, coalesce(r.guests, 0), coalesce(r.contact_name, ''), coalesce(r.contact_phone, ''), coalesce(r.contact_email, ''),
		coalesce(r.special_requests, ''), coalesce(r.currency, ''), coalesce(r.total_price, 0), coalesce(r.deposit_amount, 0), coalesce(r.paid_amount, 0),
		coalesce(a.name, ''), coalesce(a.timezone, ''),
		coalesce(extract(epoch from a.check_in_time)::integer, 0), coalesce(extract(epoch from a.check_out_time)::integer, 0),
		coalesce(a.address, ''), coalesce(a.map_url, ''), coalesce(a.host_name, ''), coalesce(a.host_phone, ''),
		coalesce(a.transfer_alias, ''), coalesce(a.transfer_cbu, ''), coalesce(a.transfer_holder, ''), coalesce(a.transfer_bank, '')`

// scanFacts reads factColumns and what else is selected after them.
func scanFacts(row pgx.Row, more ...any) (notice.Facts, error) {
	var f notice.Facts
	var from, to *civil.Date
	var zone string
	var arrive, leave int
	err := row.Scan(append([]any{
		&from, &to, &f.Stay.Guests, &f.Contact.Name, &f.Contact.Phone, &f.Contact.Email,
		&f.Requests, &f.Currency, &f.Total, &f.Deposit, &f.Paid,
		&f.Cabin, &zone, &arrive, &leave,
		&f.Place, &f.Links.Map, &f.HostName, &f.HostPhone,
		&f.Transfer.Alias, &f.Transfer.CBU, &f.Transfer.Holder, &f.Transfer.Bank,
	}, more...)...)
	if err != nil {
		return f, err
	}
	f.CheckIn, f.CheckOut = time.Duration(arrive)*time.Second, time.Duration(leave)*time.Second
	if from != nil && to != nil {
		f.Stay.Nights = civil.Nights{From: *from, To: *to}
	}
	if zone != "" {
		f.Zone, err = time.LoadLocation(zone)
	}
	return f, err
}

func scanDelivery(row pgx.Row) (notice.Delivery, error) { return scanDeliveryAnd(row) }

// scanDeliveryAnd reads what scanDelivery does and what else is selected after it.
func scanDeliveryAnd(row pgx.Row, more ...any) (notice.Delivery, error) {
	var d notice.Delivery
	var stored []byte
	var first, sent, next *time.Time
	f, err := scanFacts(row, append([]any{
		&d.ID, &d.Code, &d.Kind, &d.Recipient, &d.Channel, &stored, &d.DedupeKey, &d.Status, &d.Attempts, &d.LastError,
		&d.CreatedAt, &first, &sent, &next, &d.Held, &d.Waits,
	}, more...)...)
	if err != nil {
		return d, err
	}
	zone := f.Zone
	f.Code, f.Now = d.Code, d.CreatedAt.UTC()
	// What was true at the time goes before what is true now.
	if err := json.Unmarshal(stored, &f); err != nil {
		return d, fmt.Errorf("facts of message %d: %w", d.ID, err)
	}
	f.Zone = zone // whatever was stored: a time zone does not survive that
	d.Facts = f
	if d.Recipient == notice.Guest {
		d.To = f.Contact.Email
	}
	d.CreatedAt, d.FirstAttempt, d.SentAt, d.NextAttempt = d.CreatedAt.UTC(), inUTC(first), inUTC(sent), inUTC(next)
	return d, nil
}

// Sent writes down that a message was taken by whoever delivers it, under the name that it has there.
func (m *Messages) Sent(ctx context.Context, id int64, providerID string, now time.Time) error {
	return m.settle(ctx, `
		update messages set status = 'sent', sent_at = $2, provider_id = $3, last_error = '', next_attempt_at = null, given_up_at = null
		where id = $1 and status <> 'sent'`, id, now, providerID)
}

// Failed writes down why an attempt failed, in a word that tells nothing of whom or what it was about, and when the next is due;
// the zero time gives the message up.
func (m *Messages) Failed(ctx context.Context, id int64, class string, next, now time.Time) error {
	return m.settle(ctx, `
		update messages set status = case when $2::timestamptz is null then 'given_up' else 'failed' end, next_attempt_at = $2, last_error = $3,
			given_up_at = case when $2::timestamptz is null then $4::timestamptz end
		where id = $1 and status in ('queued', 'failed')`, id, orNull(next), class, now)
}

func (m *Messages) settle(ctx context.Context, statement string, args ...any) error {
	return m.db.use(ctx, func(conn *pgxpool.Conn) error {
		_, err := conn.Exec(ctx, statement, args...)
		return err
	})
}

// Due returns the messages that should have been sent by an instant and that nobody is at, at most limit: those whose job is
// lost. The longest due come first; of those that go over WhatsApp only the first to each person, as the others follow it.
func (m *Messages) Due(ctx context.Context, before time.Time, limit int) ([]int64, error) {
	return collect(ctx, m.db, pgx.RowTo[int64], `
		select id from messages m where status in ('queued', 'failed') and coalesce(next_attempt_at, created_at) <= $1
			and not (channel = 'whatsapp' and exists (
				select from messages x where x.contact_id = m.contact_id and x.id < m.id and x.channel = 'whatsapp' and x.status in ('queued', 'failed')))
		order by coalesce(next_attempt_at, created_at), id limit $2`, before, limit)
}

// List returns messages, the newest first, those before the id before (0 = from the newest), at most limit: of one reservation or
// of all (""), in one state or in any ("").
func (m *Messages) List(ctx context.Context, code, status string, before int64, limit int) ([]notice.Delivery, error) {
	return collect(ctx, m.db, func(row pgx.CollectableRow) (notice.Delivery, error) { return scanDelivery(row) }, deliveries+`
		where ($1 = '' or r.code = $1) and ($2 = '' or m.status = $2) and ($3 = 0 or m.id < $3)
		order by m.id desc limit $4`, code, status, before, limit)
}

// Again queues a message that was given up once more; any other is notice.ErrNotGivenUp.
func (m *Messages) Again(ctx context.Context, id int64, now time.Time) error {
	return m.db.use(ctx, func(conn *pgxpool.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			var status string
			if err := tx.QueryRow(ctx, `select status from messages where id = $1 for update`, id).Scan(&status); err != nil {
				return err
			}
			if status != "given_up" {
				return notice.ErrNotGivenUp
			}
			if _, err := tx.Exec(ctx, `
				update messages set status = 'queued', attempts = 0, first_attempt_at = null, next_attempt_at = $2, given_up_at = null
				where id = $1`, id, now); err != nil {
				return err
			}
			return m.enqueue(ctx, tx, notice.Deliver{MessageID: id})
		})
	})
}
