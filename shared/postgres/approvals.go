package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eevans-d/sist-cabanas/shared/booking"
)

// awaitsApproval is the condition under which, at $1, a reservation waits for the owner's word. Of holds that have not run out
// there are a few, which reservations_holds_by_expiry finds.
const awaitsApproval = `status = 'pre_reserved' and approval = 'waiting' and expires_at > $1`

// AwaitingApproval returns the live holds that wait for the owner's word, of one cabin or of all (0), by id, those after the id
// after, at most limit. Of each it tells what it is and until when it waits, and nothing of the guest.
func (b *Bookings) AwaitingApproval(ctx context.Context, accommodationID int64, now time.Time, after int64, limit int) ([]booking.Reservation, error) {
	return collect(ctx, b.db, scanAwaiting, `
		select id, code, accommodation_id, check_in, check_out, guests, status, approval, currency, total_price, expires_at, created_at
		from reservations where `+awaitsApproval+` and ($2 = 0 or accommodation_id = $2) and id > $3
		order by id limit $4`, now, accommodationID, after, limit)
}

func scanAwaiting(row pgx.CollectableRow) (booking.Reservation, error) {
	var r booking.Reservation
	err := row.Scan(&r.ID, &r.Code, &r.AccommodationID, &r.Stay.Nights.From, &r.Stay.Nights.To, &r.Stay.Guests, &r.Status, &r.Approval,
		&r.Currency, &r.Total, &r.ExpiresAt, &r.CreatedAt)
	r.ExpiresAt, r.CreatedAt = r.ExpiresAt.UTC(), r.CreatedAt.UTC()
	return r, err
}
