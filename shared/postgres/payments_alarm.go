package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// Alarm has the owner told, once, that a provider takes one of its payments for fraud, also one that nobody knows of. Nothing else
// changes.
func (p *Payments) Alarm(ctx context.Context, provider, id string, now time.Time) error {
	return p.db.use(ctx, func(conn *pgxpool.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			b := &books{}
			known := payment.Payment{Provider: provider, ID: id}
			r := &b.row.Reservation
			err := tx.QueryRow(ctx, `
				select p.amount, p.currency, coalesce(r.id, 0), coalesce(r.code, ''), coalesce(r.currency, ''), coalesce(r.paid_amount, 0)
				from payments p left join reservations r on r.id = p.reservation_id
				where p.provider = $1 and p.provider_id = $2`, provider, id).
				Scan(&known.Amount, &known.Currency, &r.ID, &r.Code, &r.Currency, &r.Paid)
			if err != nil && !errors.Is(err, pgx.ErrNoRows) {
				return err
			}
			var jobs []Job
			batch := &pgx.Batch{}
			if err := b.queueMessages(batch, []payment.Message{payment.FraudAlert(known, *r)}, now, &jobs); err != nil {
				return err
			}
			if err := tx.SendBatch(ctx, batch).Close(); err != nil || len(jobs) == 0 {
				return err
			}
			return p.enqueue(ctx, tx, jobs...)
		})
	})
}
