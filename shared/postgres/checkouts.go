package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// Checkouts keeps the provider's pages on which guests pay, one for each thing that is to be paid.
type Checkouts struct {
	db       *DB
	patience time.Duration
}

// NewCheckouts returns the checkouts of a share. Patience is how long whoever asks the provider for a page may take before
// another may ask in its place: longer than the call's timeout.
func NewCheckouts(db *DB, patience time.Duration) *Checkouts {
	return &Checkouts{db: db, patience: patience}
}

// Open returns the page on which what is asked for can be paid, payment.Deposit or payment.Total; what the deposit covers
// already is no reason not to pay the rest. Where there is no page yet, one of all who ask at once is told that it is to be
// Mine: it asks the provider, and calls Store or Release. The others ask again in a moment, as does whoever finds that the reservation
// has changed meanwhile.
//
// Errors, with Reservation and Terms set all the same: booking.ErrInvalidState, of an expired hold too;
// booking.ErrAwaitingApproval; payment.ErrNothingOwed. And fault.ErrNotFound.
func (c *Checkouts) Open(ctx context.Context, code, what string, now time.Time) (payment.Opening, error) {
	var o payment.Opening
	var refusal error // not translated: it is not the driver's
	err := c.db.use(ctx, func(conn *pgxpool.Conn) error {
		found, err := read(ctx, conn, code)
		if err != nil {
			return err
		}
		o = payment.Opening{What: what, Currency: found.Currency, Reservation: found.Reservation, Terms: found.terms}
		if refusal = ask(&o, now); refusal != nil {
			return refusal
		}
		return c.claim(ctx, conn, &o, found.version, now)
	})
	if refusal != nil {
		return o, refusal
	}
	if err != nil {
		return payment.Opening{}, err
	}
	return o, nil
}

// pageFor is how long a page takes payments for what is confirmed, and has no end of its own, at the least.
const pageFor = 24 * time.Hour

// ask decides what there is to be paid, and until when.
func ask(o *payment.Opening, now time.Time) error {
	r := &o.Reservation
	switch status := r.StatusAt(now); {
	case !status.Live():
		return booking.ErrInvalidState.WithDetail("The reservation is " + string(status) + " and cannot be paid.")
	case r.Approval == booking.ApprovalWaiting:
		return booking.ErrAwaitingApproval
	case status == booking.StatusPreReserved:
		o.ExpiresAt = r.ExpiresAt
	default:
		o.ExpiresAt = now.Truncate(pageFor).Add(2 * pageFor) // the same for all who ask on one day
	}
	if o.What, o.Amount = payment.Next(r, o.What); o.Amount <= 0 {
		return payment.ErrNothingOwed
	}
	return nil
}

// claim finds the row of a page, or makes it. The row is there before the page, so that one asks for it and not all. It is made of
// a reservation that nobody has changed meanwhile, nor does until it is there: whoever cancels it sees what there is to be closed.
func (c *Checkouts) claim(ctx context.Context, conn *pgxpool.Conn, o *payment.Opening, version uint32, now time.Time) error {
	batch := &pgx.Batch{}
	batch.Queue(`
		insert into checkouts (reservation_id, what, amount, currency, expires_at, claimed_at, created_at)
		select id, $2, $3, $4, $5, $6, $6 from reservations where id = $1 and xmin = $8 for share
		on conflict (reservation_id, what, amount, currency, expires_at) where closed_at is null do update set claimed_at = $6, claims = checkouts.claims + 1
			where checkouts.provider_id = '' and checkouts.claimed_at <= $7
		returning id`,
		o.Reservation.ID, o.What, o.Amount, o.Currency, o.ExpiresAt, now, now.Add(-c.patience), version).QueryRow(func(row pgx.Row) error {
		err := row.Scan(&o.ID)
		o.Mine = err == nil
		return unlessNone(err)
	})
	batch.Queue(`
		select c.id, c.provider_id, c.init_point, c.collector_id, (
			select count(*) from checkouts x
			where x.reservation_id = $1 and x.what = $2 and x.amount = $3 and x.currency = $4 and x.expires_at = $5 and x.closed_at is not null)
		from checkouts c
		where c.reservation_id = $1 and c.what = $2 and c.amount = $3 and c.currency = $4 and c.expires_at = $5 and c.closed_at is null`,
		o.Reservation.ID, o.What, o.Amount, o.Currency, o.ExpiresAt).QueryRow(func(row pgx.Row) error {
		return unlessNone(row.Scan(&o.ID, &o.Link.ID, &o.Link.InitPoint, &o.Link.CollectorID, &o.Edition))
	})
	return conn.SendBatch(ctx, batch).Close()
}

// unlessNone is err, where there being no row is none.
func unlessNone(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}

// Store keeps the page that the provider made for an Opening, if there is none yet: the first one counts.
func (c *Checkouts) Store(ctx context.Context, id int64, link payment.Link) error {
	if link.ID == "" || link.InitPoint == "" {
		return errors.New("a page without an id or an address")
	}
	return c.db.use(ctx, func(conn *pgxpool.Conn) error {
		_, err := conn.Exec(ctx, `
			update checkouts set provider_id = $2, init_point = $3, collector_id = $4 where id = $1 and provider_id = ''`,
			id, link.ID, link.InitPoint, link.CollectorID)
		return err
	})
}

// Release gives up a claim, so that the next who asks may try at once.
func (c *Checkouts) Release(ctx context.Context, id int64) error {
	return c.db.use(ctx, func(conn *pgxpool.Conn) error {
		_, err := conn.Exec(ctx, `update checkouts set claimed_at = '-infinity' where id = $1 and provider_id = ''`, id)
		return err
	})
}

// maxClosing is how many pages are closed at once.
const maxClosing = 20

// ToClose returns the pages of a reservation that may still take a payment at an instant: of one of which something is to be paid,
// perhaps again, none.
func (c *Checkouts) ToClose(ctx context.Context, code string, now time.Time) (payment.Closing, error) {
	var closing payment.Closing
	err := c.db.use(ctx, func(conn *pgxpool.Conn) error {
		found, err := read(ctx, conn, code)
		if err != nil || payment.Payable(&found.Reservation) {
			return err
		}
		batch := &pgx.Batch{}
		queueCollect(batch, &closing.Pages, func(row pgx.CollectableRow) (payment.OpenPage, error) {
			var p payment.OpenPage
			return p, row.Scan(&p.ID, &p.Link.ID, &p.Link.InitPoint, &p.Link.CollectorID)
		}, `
			select id, provider_id, init_point, collector_id from checkouts
			where reservation_id = $1 and expires_at > $2 and provider_id <> '' and closed_at is null order by id desc limit $3`,
			found.ID, now, maxClosing)
		batch.Queue(`
			select exists (select from checkouts where reservation_id = $1 and expires_at > $2 and provider_id = '' and claimed_at > $3)`,
			found.ID, now, now.Add(-c.patience)).QueryRow(func(row pgx.Row) error { return row.Scan(&closing.More) })
		if err := conn.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		closing.More = closing.More || len(closing.Pages) == maxClosing
		return nil
	})
	return closing, err
}

// Closed writes down that the provider takes no payment on a page any more: Open has another made, if that is needed again.
func (c *Checkouts) Closed(ctx context.Context, id int64, now time.Time) error {
	return c.db.use(ctx, func(conn *pgxpool.Conn) error {
		_, err := conn.Exec(ctx, `update checkouts set closed_at = $2 where id = $1 and closed_at is null`, id, now)
		return err
	})
}
