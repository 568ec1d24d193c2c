package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// MaxReceipt is how large a file may be that is kept, in bytes.
const MaxReceipt = 5 << 20

// KeepReceipt keeps what a person sent to show that he has paid, with the reservation of a code ("" = of none), and returns its
// id. The same file from the same person again is the same receipt. A file that is empty or too large is fault.Invalid.
func (c *Conversations) KeepReceipt(ctx context.Context, r conversation.Receipt, now time.Time) (int64, error) {
	if n := len(r.File.Bytes); n == 0 || n > MaxReceipt {
		return 0, fault.InField("file", "must have 1 byte to 5 MB")
	}
	sum := sha256.Sum256(r.File.Bytes)
	ids, err := collect(ctx, c.db, pgx.RowTo[int64], `
		insert into receipts (reservation_id, contact_id, media_id, mime, sha256, bytes, created_at)
		values ((select id from reservations where code = $1), $2, $3, $4, $5, $6, $7)
		on conflict (contact_id, sha256) do update set reservation_id = coalesce(receipts.reservation_id, excluded.reservation_id)
		returning id`,
		storable(r.Code, 256), r.ContactID, storable(r.MediaID, 200), storable(r.File.MIME, 100), hex.EncodeToString(sum[:]), r.File.Bytes, now)
	return only(ids, err, fault.ErrNotFound)
}

// Receipt returns a receipt with its file. fault.ErrNotFound: there is none.
func (c *Conversations) Receipt(ctx context.Context, id int64) (conversation.Receipt, error) {
	found, err := collect(ctx, c.db, func(row pgx.CollectableRow) (conversation.Receipt, error) { return scanReceipt(row) }, receipts("k.bytes")+`
		where k.id = $1`, id)
	return only(found, err, fault.ErrNotFound)
}

// Receipts returns the receipts of a reservation without their files, the last first.
func (c *Conversations) Receipts(ctx context.Context, code string, limit int) ([]conversation.Receipt, error) {
	return collect(ctx, c.db, func(row pgx.CollectableRow) (conversation.Receipt, error) { return scanReceipt(row) }, receipts("''::bytea")+`
		where r.code = $1 order by k.id desc limit $2`, storable(code, 256), limit)
}

func receipts(bytes string) string {
	return `
		select k.id, k.contact_id, coalesce(r.code, ''), k.media_id, k.mime, ` + bytes + `, k.created_at
		from receipts k left join reservations r on r.id = k.reservation_id`
}

func scanReceipt(row pgx.Row) (conversation.Receipt, error) {
	var r conversation.Receipt
	err := row.Scan(&r.ID, &r.ContactID, &r.Code, &r.MediaID, &r.File.MIME, &r.File.Bytes, &r.CreatedAt)
	r.CreatedAt = r.CreatedAt.UTC()
	return r, err
}
