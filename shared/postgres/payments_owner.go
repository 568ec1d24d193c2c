package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// Confirm confirms a hold by the owner's word. Errors as payment.Confirm's; fault.ErrNotFound.
func (p *Payments) Confirm(ctx context.Context, code, by string, now time.Time) (payment.Outcome, error) {
	return p.Decide(ctx, code, by, now, func(a payment.Account) (payment.Decision, error) { return payment.Confirm(a, now) })
}

// Approve is the owner's yes to a hold that waits for it. Errors as payment.Approve's; fault.ErrNotFound.
func (p *Payments) Approve(ctx context.Context, code, by string, now time.Time) (payment.Outcome, error) {
	return p.Decide(ctx, code, by, now, func(a payment.Account) (payment.Decision, error) { return payment.Approve(a, now) })
}

// AwaitTransfer keeps a hold for so long, for a guest who says that he transfers an amount. Errors as payment.AwaitTransfer's;
// fault.ErrNotFound.
func (p *Payments) AwaitTransfer(ctx context.Context, code, by string, amount money.Cents, hold time.Duration, now time.Time) (payment.Outcome, error) {
	return p.Decide(ctx, code, by, now, func(a payment.Account) (payment.Decision, error) {
		return payment.AwaitTransfer(a, amount, hold, now)
	})
}

// Ledger returns what was written of a reservation's money, the newest first, at most limit entries.
func (p *Payments) Ledger(ctx context.Context, code string, limit int) ([]payment.Booked, error) {
	return collect(ctx, p.db, func(row pgx.CollectableRow) (payment.Booked, error) {
		var b payment.Booked
		err := row.Scan(&b.Provider, &b.Payment, &b.Kind, &b.Amount, &b.At)
		b.At = b.At.UTC()
		return b, err
	}, `
		select p.provider, p.provider_id, l.kind, l.amount, l.at
		from ledger l join payments p on p.id = l.payment_id join reservations r on r.id = l.reservation_id
		where r.code = $1 order by l.id desc limit $2`, code, limit)
}

// lapsedFor is how long after a hold has run out somebody looks whether its money was decided about. What is left then is for the
// owner, who was told.
const lapsedFor = 7 * 24 * time.Hour

// Lapsed returns holds that have run out and of which there is money that is not on its way back, by id, those after the id after,
// at most limit. Whatever has released their nights has not looked at their money: Resettle does.
func (p *Payments) Lapsed(ctx context.Context, now time.Time, after int64, limit int) ([]payment.Overdue, error) {
	return collect(ctx, p.db, func(row pgx.CollectableRow) (payment.Overdue, error) {
		var o payment.Overdue
		return o, row.Scan(&o.ReservationID, &o.Code)
	}, `
		select r.id, r.code from reservations r
		where r.id > $2 and (r.status = 'pre_reserved' and r.expires_at <= $1 or r.status = 'expired' and r.updated_at >= $4)
			and (r.paid_amount > (select coalesce(sum(amount), 0) from ledger where reservation_id = r.id)
				or exists (
					select from payments p cross join lateral (
						select coalesce(sum(f.amount) filter (where f.state = 'done'), 0) as done,
							coalesce(sum(f.amount) filter (where f.state in ('queued', 'sent', 'in_process')), 0) as promised
						from refunds f where f.payment_id = p.id) back
					where p.reservation_id = r.id and p.status = 'approved' and p.flag not in ('test_payment', 'wrong_account')
						and p.amount > greatest(p.refunded_amount, back.done) + back.promised))
		order by r.id limit $3`, now, after, limit, now.Add(-lapsedFor))
}
