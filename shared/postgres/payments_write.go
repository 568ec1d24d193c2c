package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// write makes the rows what a decision says, and enqueues what is to be done about them.
func (b *books) write(ctx context.Context, tx pgx.Tx, enqueue Enqueue, a act, d payment.Decision, learned bool) error {
	jobs := a.jobs
	batch := &pgx.Batch{}
	if b.opening != nil {
		b.queueOpening(batch, a)
	}
	if learned {
		b.queuePayment(batch, a)
	}
	queueMarks(batch, d.Marks)
	b.queueLedger(batch, d.Ledger, a.now)
	b.queueRefunds(batch, d, a, &jobs)
	if err := b.queueMessages(batch, d.Messages, a.by, a.now, &jobs); err != nil {
		return err
	}
	if b.row.ID != 0 {
		b.queueReservation(batch, d, a)
		b.queueClosing(batch, d, a.now, &jobs)
		if err := b.queueEvents(batch, d.Events, a); err != nil {
			return err
		}
	}
	if a.seen != nil && !a.byHand {
		batch.Queue(settleInbox, a.seen.Provider, a.seen.ID, cmp.Or(string(b.seen.Status), "settled"), a.now)
	}
	if batch.Len() > 0 {
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
	}
	if len(jobs) == 0 {
		return nil
	}
	return enqueue(ctx, tx, jobs...)
}

const insertPayment = `
	insert into payments (provider, provider_id, reservation_id, external_reference, status, status_detail, amount, refunded_amount, currency, live,
		collector_id, method, type, created_at, approved_at, expires_at, provider_updated_at, note, received_by, first_seen_at, changed_at)
	values (@provider, @id, @reservation, @reference, @status, @detail, @amount, @refunded, @currency, @live,
		@collector, @method, @type, @created, @approved, @expires, @updated, @note, @by, @now, @now)
	on conflict (provider, provider_id) do update set reservation_id = coalesce(payments.reservation_id, excluded.reservation_id),
		external_reference = excluded.external_reference, status = excluded.status, status_detail = excluded.status_detail,
		amount = excluded.amount, refunded_amount = excluded.refunded_amount, currency = excluded.currency, live = excluded.live,
		collector_id = excluded.collector_id, method = excluded.method, type = excluded.type, created_at = excluded.created_at,
		approved_at = excluded.approved_at, expires_at = excluded.expires_at, provider_updated_at = excluded.provider_updated_at,
		changed_at = excluded.changed_at`

// queuePayment keeps the payment as it was learned.
func (b *books) queuePayment(batch *pgx.Batch, a act) {
	p := b.seen
	by := ""
	if a.byHand {
		by = a.by
	}
	batch.Queue(insertPayment, pgx.NamedArgs{
		"provider": p.Provider, "id": p.ID, "reservation": b.reservation(), "reference": p.ExternalReference,
		"status": p.Status, "detail": p.StatusDetail, "amount": p.Amount, "refunded": p.Refunded, "currency": p.Currency, "live": p.Live,
		"collector": p.CollectorID, "method": p.Method, "type": p.Type,
		"created": orNull(p.DateCreated), "approved": orNull(p.DateApproved), "expires": orNull(p.Expires), "updated": orNull(p.LastUpdated),
		"note": a.note, "by": by, "now": a.now,
	})
}

func (b *books) queueOpening(batch *pgx.Batch, a act) {
	p := b.opening
	batch.Queue(insertPayment, pgx.NamedArgs{
		"provider": p.Provider, "id": p.ID, "reservation": b.row.ID, "reference": p.ExternalReference,
		"status": p.Status, "detail": "", "amount": p.Amount, "refunded": p.Refunded, "currency": p.Currency, "live": true,
		"collector": "", "method": "", "type": "",
		"created": orNull(p.DateCreated), "approved": orNull(p.DateApproved), "expires": nil, "updated": nil,
		"note": "", "by": "", "now": a.now,
	})
	b.queueLedger(batch, []payment.Entry{{Provider: p.Provider, Payment: p.ID, Kind: payment.EntryPayment, Amount: p.Amount}}, a.now)
}

// reservation is the reservation's id, null if there is none.
func (b *books) reservation() *int64 {
	if b.row.ID == 0 {
		return nil
	}
	return &b.row.ID
}

func queueMarks(batch *pgx.Batch, marks []payment.Mark) {
	for _, m := range marks {
		batch.Queue(`update payments set flag = $3 where provider = $1 and provider_id = $2`, m.Provider, m.ID, m.Flag)
	}
}

func (b *books) queueLedger(batch *pgx.Batch, entries []payment.Entry, now time.Time) {
	for _, e := range entries {
		batch.Queue(`
			insert into ledger (reservation_id, payment_id, at, kind, amount)
			select $1, id, $2, $3, $4 from payments where provider = $5 and provider_id = $6`,
			b.row.ID, now, e.Kind, e.Amount, cmp.Or(e.Provider, payment.MercadoPago), e.Payment)
	}
}

// queueRefunds writes what is to go back and what is not to any more, and adds the jobs.
func (b *books) queueRefunds(batch *pgx.Batch, d payment.Decision, a act, jobs *[]Job) {
	if len(d.Withdrawn) > 0 {
		batch.Queue(`update refunds set state = 'withdrawn', next_attempt_at = null where idempotency_key = any($1) and state = 'queued'`, d.Withdrawn)
	}
	for _, r := range d.Refunds {
		next := orNull(r.NotBefore)
		switch {
		case r.ByHand:
			next = nil
		case next == nil:
			next = &a.now
		}
		batch.Queue(`
			insert into refunds (payment_id, ordinal, amount, reason, by_hand, retries, idempotency_key, not_before, next_attempt_at, asked_by, created_at)
			select id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 from payments where provider = $1 and provider_id = $2
			on conflict (idempotency_key) do nothing returning id`,
			cmp.Or(r.Provider, payment.MercadoPago), r.Payment, r.Ordinal, r.Amount, r.Because, r.ByHand, r.Retries, r.Key(),
			orNull(r.NotBefore), next, a.by, a.now).Query(eachID(func(id int64) {
			if !r.ByHand {
				*jobs = append(*jobs, payment.Return{RefundID: id, After: r.NotBefore})
			}
		}))
	}
}

// queueMessages writes what is to be told, once, and adds the jobs. What who acts is told at once (see payment.AnsweredTo) is kept as
// sent, so that nobody tells him later.
func (b *books) queueMessages(batch *pgx.Batch, messages []payment.Message, by string, now time.Time, jobs *[]Job) error {
	for _, m := range messages {
		facts, err := m.Numbers()
		if err != nil {
			return err
		}
		if payment.AnsweredTo(by, m.Kind) {
			batch.Queue(`
				insert into messages (reservation_id, kind, recipient, dedupe_key, facts, created_at, status, sent_at, last_error)
				values ($1, $2, $3, $4, $5, $6, 'sent', $6, 'told in the answer to who did it') on conflict (dedupe_key) do nothing`,
				b.reservation(), m.Kind, m.Kind.Recipient(), m.Key, facts, now)
			continue
		}
		batch.Queue(`
			insert into messages (reservation_id, kind, recipient, dedupe_key, facts, created_at) values ($1, $2, $3, $4, $5, $6)
			on conflict (dedupe_key) do nothing returning id`,
			b.reservation(), m.Kind, m.Kind.Recipient(), m.Key, facts, now).Query(eachID(func(id int64) {
			*jobs = append(*jobs, notice.Deliver{MessageID: id})
		}))
	}
	return nil
}

func eachID(do func(id int64)) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var id int64
		_, err := pgx.ForEachRow(rows, []any{&id}, func() error {
			do(id)
			return nil
		})
		return err
	}
}

// queueReservation writes what has become of the reservation.
func (b *books) queueReservation(batch *pgx.Batch, d payment.Decision, a act) {
	r := &d.Reservation
	if !d.Changed && b.row.Paid == r.Paid {
		return
	}
	if b.lapsed && r.Status.Live() {
		queueMakeRoom(batch, r, a.now)
	}
	batch.Queue(`
		update reservations set status = @status, payment_status = @payment, paid_amount = @paid, kept_amount = @kept, approval = @approval,
			expires_at = @expires, extended_once = @extended, confirmed_at = @confirmed, cancelled_at = @cancelled, cancel_reason = @reason, updated_at = @now
		where id = @id`,
		pgx.NamedArgs{
			"id": b.row.ID, "status": r.Status, "payment": r.PaymentStatus, "paid": r.Paid, "kept": r.Kept,
			"approval": cmp.Or(r.Approval, booking.ApprovalNone), "expires": orNull(r.ExpiresAt), "extended": r.ExtendedOnce,
			"confirmed": orNull(r.ConfirmedAt), "cancelled": orNull(r.CancelledAt), "reason": r.CancelReason, "now": a.now,
		})
	if b.row.Status.Live() && !r.Status.Live() {
		batch.Queue(`
			update calendar_conflicts set resolved_at = $2 where id in (
				select id from calendar_conflicts where reservation_id = $1 and resolved_at is null for update skip locked)`, b.row.ID, a.now)
	}
}

// queueClosing adds the job to close the provider's pages, if there are any, where nothing is to be paid on them any more.
func (b *books) queueClosing(batch *pgx.Batch, d payment.Decision, now time.Time, jobs *[]Job) {
	if !payment.Closes(&b.row.Reservation, &d.Reservation) {
		return
	}
	batch.Queue(`select reservation_id from checkouts where reservation_id = $1 and expires_at > $2 and closed_at is null limit 1`,
		b.row.ID, now).Query(eachID(func(int64) { *jobs = append(*jobs, payment.Close{Code: b.row.Code}) }))
}

// queueMakeRoom expires other overdue holds that are in the way of a reservation that comes back to life.
func queueMakeRoom(batch *pgx.Batch, r *booking.Reservation, now time.Time) {
	batch.Queue(`
		with released as (
			update reservations set status = 'expired', updated_at = $1
			where accommodation_id = $2 and period && daterange($3, $4) and status = 'pre_reserved' and expires_at <= $1 and id <> $5
			returning id)
		insert into reservation_events (reservation_id, at, actor, event)
		select id, $1, 'system', 'expired' from released`,
		now, r.AccommodationID, r.Stay.Nights.From, r.Stay.Nights.To, r.ID)
}

func (b *books) queueEvents(batch *pgx.Batch, events []payment.Event, a act) error {
	for _, e := range events {
		details := []byte("{}")
		if len(e.Details) > 0 {
			var err error
			if details, err = json.Marshal(e.Details); err != nil {
				return err
			}
		}
		batch.Queue(`insert into reservation_events (reservation_id, at, actor, event, details) values ($1, $2, $3, $4, $5)`,
			b.row.ID, a.now, a.by, e.Name, details)
	}
	return nil
}
