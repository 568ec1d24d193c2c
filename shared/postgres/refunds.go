package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// refundLease is how long whoever asks the provider for a refund has to say what it answered, before another may ask.
const refundLease = 2 * time.Minute

// Repayment returns one refund, or fault.ErrNotFound.
func (p *Payments) Repayment(ctx context.Context, id int64) (payment.RepaymentRow, error) {
	list, err := collect(ctx, p.db, scanRepaymentRow, repaymentRows+` where f.id = $1`, id)
	return only(list, err, errNoRefund)
}

// repaymentRows reads refunds for scanRepaymentRow.
const repaymentRows = `
	select ` + refundColumns + `, coalesce(r.code, ''), p.currency, f.provider_id, f.last_error, f.next_attempt_at, f.created_at, f.first_sent_at, f.done_at
	from refunds f join payments p on p.id = f.payment_id left join reservations r on r.id = p.reservation_id`

func scanRepaymentRow(row pgx.CollectableRow) (payment.RepaymentRow, error) {
	var r payment.RepaymentRow
	var next, sent, done *time.Time
	var err error
	r.Repayment, err = scanRepaymentAnd(row, &r.ReservationCode, &r.Currency, &r.ProviderID, &r.LastError, &next, &r.CreatedAt, &sent, &done)
	r.NextAttempt, r.CreatedAt, r.FirstSent, r.DoneAt = inUTC(next), r.CreatedAt.UTC(), inUTC(sent), inUTC(done)
	return r, err
}

// RefundDue returns the refunds that the provider is to be asked for, or about, by an instant, at most limit, the longest due
// first. None is by hand.
func (p *Payments) RefundDue(ctx context.Context, now time.Time, limit int) ([]int64, error) {
	return collect(ctx, p.db, pgx.RowTo[int64], `
		select id from refunds where next_attempt_at <= $1 order by next_attempt_at, id limit $2`, now, limit)
}

// RefundsUndone returns refunds that have not gone back yet, those by hand too, by id, those after the id after, at most limit.
func (p *Payments) RefundsUndone(ctx context.Context, after int64, limit int) ([]payment.RepaymentRow, error) {
	return collect(ctx, p.db, scanRepaymentRow, repaymentRows+`
		where f.state in ('queued', 'sent', 'in_process') and f.id > $1 order by f.id limit $2`, after, limit)
}

// RefundSent takes a refund for one attempt, before the provider is asked, and reports whether it may be: not one that is done,
// failed, withdrawn or by hand, one whose time has not come, or that somebody else is at. The row is returned all the same; its
// FirstSent says whether it may have been asked for before.
func (p *Payments) RefundSent(ctx context.Context, id int64, now time.Time) (r payment.RepaymentRow, claimed bool, err error) {
	var before *time.Time
	err = p.db.use(ctx, func(conn *pgxpool.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			batch := &pgx.Batch{}
			batch.Queue(`
				select from reservations where id = (select p.reservation_id from refunds f join payments p on p.id = f.payment_id where f.id = $1)
				for no key update`, id) // whoever decides about the refunds knows which have been asked for
			batch.Queue(`select first_sent_at from refunds where id = $1`, id).QueryRow(func(row pgx.Row) error { return row.Scan(&before) })
			batch.Queue(`
				update refunds set state = case state when 'queued' then 'sent' else state end, attempts = attempts + (state = 'sent')::integer,
					first_sent_at = coalesce(first_sent_at, $2), next_attempt_at = $3
				where id = $1 and not by_hand and (
					state in ('queued', 'sent', 'in_process') and next_attempt_at <= $2 or state = 'queued' and not_before is null)`,
				id, now, now.Add(refundLease)).Exec(func(tag pgconn.CommandTag) error { claimed = tag.RowsAffected() == 1; return nil })
			var rows []payment.RepaymentRow
			queueCollect(batch, &rows, scanRepaymentRow, repaymentRows+` where f.id = $1`, id)
			if err := tx.SendBatch(ctx, batch).Close(); err != nil {
				return err
			}
			r = rows[0]
			r.FirstSent = inUTC(before)
			return nil
		})
	})
	return r, claimed, err
}

// RefundEnded writes down what has become of a refund that was sent, or of one by hand that the owner has made, and does what
// follows from it. One that is done, failed or withdrawn already stays so. by is who says it, for the history.
func (p *Payments) RefundEnded(ctx context.Context, id int64, end payment.RepaymentEnd, by string, now time.Time) (payment.Outcome, error) {
	r, err := p.Repayment(ctx, id)
	if err != nil {
		return payment.Outcome{}, err
	}
	a := act{refund: id, by: by, now: now, first: func(batch *pgx.Batch) { queueEnd(batch, id, end, now) }}
	if end.State == payment.RepaymentDone && !payment.ByHand(r.Provider) {
		// What the provider says of the payment now is what counts.
		a.jobs = append(a.jobs, payment.Look{Provider: r.Provider, PaymentID: r.Payment, Event: "refund " + r.Key()})
	}
	return p.act(ctx, a)
}

func queueEnd(batch *pgx.Batch, id int64, end payment.RepaymentEnd, now time.Time) {
	next := orNull(end.Next)
	switch end.State {
	case payment.RepaymentQueued, payment.RepaymentSent, payment.RepaymentInProcess:
		if next == nil {
			next = &now
		}
	default:
		next = nil
	}
	batch.Queue(`
		update refunds set state = @state, provider_id = case @provider when '' then provider_id else @provider end, last_error = @failure,
			attempts = attempts + (@state = 'queued')::integer,
			next_attempt_at = case when not by_hand then @next::timestamptz end, not_before = @next::timestamptz,
			done_at = case @state when 'done' then @now::timestamptz end
		where id = @id and state in ('queued', 'sent', 'in_process')`,
		pgx.NamedArgs{"id": id, "state": string(end.State), "provider": end.Refund.ID, "failure": storable(end.Failure, 100), "next": next, "now": now})
}
