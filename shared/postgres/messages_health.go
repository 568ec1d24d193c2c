package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/outbox"
)

// Health returns how messages over WhatsApp are, in one round trip that reads no row of what was sent but those that cost something.
func (m *Messages) Health(ctx context.Context, now time.Time) (outbox.Health, error) {
	var h outbox.Health
	now = now.UTC()
	thisMonth := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	err := m.db.use(ctx, func(conn *pgxpool.Conn) error {
		batch := &pgx.Batch{}
		// A dead token goes before the rest of what may be wrong with the account.
		batch.Queue(`
			select count(*), coalesce(max(last_error) filter (where last_error = $1), max(last_error) filter (where last_error = $2), '')
			from messages where `+unsaid, chat.ActionTokenDead, chat.ActionAlarm).
			QueryRow(func(row pgx.Row) error { return row.Scan(&h.Waiting, &h.Halted) })
		batch.Queue(`select count(*) from messages where status = 'given_up' and given_up_at > $1 and last_error = $2`,
			now.Add(-lostLately), chat.ActionTemplateDown).
			QueryRow(func(row pgx.Row) error { return row.Scan(&h.Refused) })
		queueCollect(batch, &h.Billed, func(row pgx.CollectableRow) (b outbox.Billed, err error) {
			err = row.Scan(&b.Month, &b.Category, &b.Messages)
			b.Month = b.Month.UTC()
			return b, err
		}, `
			select date_trunc('month', billed_at, 'UTC') as month, billed_category, count(*) from messages
			where billed_at >= $1 and billed_at < $2 group by month, billed_category order by month, billed_category`,
			thisMonth.AddDate(0, -1, 0), thisMonth.AddDate(0, 1, 0))
		return conn.SendBatch(ctx, batch).Close()
	})
	return h, err
}
