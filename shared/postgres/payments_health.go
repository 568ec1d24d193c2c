package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/payment"
)

const (
	// late is how long a refund or a message may be on its way before somebody should look.
	late = time.Hour
	// lostLately is for how long a message that was given up is told of.
	lostLately = 24 * time.Hour
)

// Health returns what of guests' money, and of what they are told, is not as it should be, in one statement that reads no row of
// what is done.
func (p *Payments) Health(ctx context.Context, now time.Time) (payment.Health, error) {
	var h payment.Health
	err := p.db.use(ctx, func(conn *pgxpool.Conn) error {
		return conn.QueryRow(ctx, `
			select f.undone, f.by_hand, f.failing, f.late, m.queued, m.failed, m.late, g.given_up
			from (
				select count(*) as undone, count(*) filter (where by_hand) as by_hand,
					count(*) filter (where not by_hand and retries > 0) as failing,
					count(*) filter (where not by_hand and retries = 0 and created_at <= $1) as late
				from refunds where state in ('queued', 'sent', 'in_process')) f,
			(
				select count(*) filter (where status = 'queued') as queued, count(*) filter (where status = 'failed') as failed,
					count(*) filter (where coalesce(first_attempt_at, next_attempt_at, created_at) <= $1) as late
				from messages where status in ('queued', 'failed')) m,
			(
				select count(*) as given_up from messages
				where status = 'given_up' and given_up_at > $2 and not (recipient = 'guest' and last_error = 'no_address')
					and last_error <> 'late') g`,
			now.Add(-late), now.Add(-lostLately)).
			Scan(&h.RefundsUndone, &h.RefundsByHand, &h.RefundsFailing, &h.RefundsLate,
				&h.MessagesQueued, &h.MessagesFailed, &h.MessagesLate, &h.MessagesGivenUp)
	})
	return h, err
}
