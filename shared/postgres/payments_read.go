package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// Waiting returns the reservations that the provider may know more of than we do, by id, those after the id after, at most limit:
// a page to pay on was asked for since an instant, whoever came back with it, or one of the provider's payments is not decided, of
// which there was news since another.
func (p *Payments) Waiting(ctx context.Context, since, undecided time.Time, after int64, limit int) ([]payment.Waiting, error) {
	return collect(ctx, p.db, func(row pgx.CollectableRow) (payment.Waiting, error) {
		var w payment.Waiting
		var known []byte
		if err := row.Scan(&w.ReservationID, &w.Code, &known); err != nil {
			return w, err
		}
		return w, json.Unmarshal(known, &w.Known)
	}, `
		with waiting as (
			select reservation_id from checkouts where created_at >= $1 and reservation_id > $2
			union
			select reservation_id from payments
			where status in ('pending', 'authorized', 'in_process', 'in_mediation') and provider = 'mercadopago' and reservation_id > $2
				and changed_at >= $4
			order by reservation_id limit $3)
		select r.id, r.code, coalesce((
			select jsonb_agg(jsonb_build_object('ID', p.provider_id, 'Status', p.status, 'ExternalReference', p.external_reference,
				'Created', coalesce(p.created_at, '0001-01-01 00:00:00+00'), 'LastUpdated', coalesce(p.provider_updated_at, '0001-01-01 00:00:00+00')) order by p.id)
			from payments p where p.reservation_id = r.id and p.provider = 'mercadopago'), '[]')
		from waiting w join reservations r on r.id = w.reservation_id order by r.id`, since, after, limit, undecided)
}

// Book returns all that is kept of a reservation's money.
func (p *Payments) Book(ctx context.Context, code string) (payment.Book, error) {
	var book payment.Book
	err := p.db.use(ctx, func(conn *pgxpool.Conn) error {
		batch := &pgx.Batch{}
		batch.Queue(oneRow+` where r.code = $1`, code).QueryRow(func(row pgx.Row) error {
			found, err := scanRow(row)
			book.Reservation, book.Terms = found.Reservation, found.terms
			return err
		})
		batch.Queue(`
			select extract(epoch from a.check_in_time)::integer, extract(epoch from a.check_out_time)::integer, a.address, a.map_url,
				a.host_name, a.host_phone, a.transfer_alias, a.transfer_cbu, a.transfer_holder, a.transfer_bank
			from accommodations a join reservations r on r.accommodation_id = a.id where r.code = $1`, code).QueryRow(func(row pgx.Row) error {
			a := &book.Arrangements
			var arrive, leave int
			err := row.Scan(&arrive, &leave, &a.Address, &a.MapURL, &a.HostName, &a.HostPhone, &a.Alias, &a.CBU, &a.Holder, &a.Bank)
			a.CheckIn, a.CheckOut = time.Duration(arrive)*time.Second, time.Duration(leave)*time.Second
			return err
		})
		queueCollect(batch, &book.Payments, scanPaymentRow, paymentRows+` where r.code = $1 order by p.id`, code)
		queueCollect(batch, &book.Repayments, scanRepaymentRow, repaymentRows+` where r.code = $1 order by f.id`, code)
		return conn.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return payment.Book{}, err
	}
	return book, nil
}

// folioSize is how many payments, and how many repayments, a guest is shown.
const folioSize = 20

// Folio returns a reservation as its guest sees it.
func (p *Payments) Folio(ctx context.Context, code string) (payment.Folio, error) {
	var f payment.Folio
	err := p.db.use(ctx, func(conn *pgxpool.Conn) error {
		batch := &pgx.Batch{}
		batch.Queue(oneRow+` where r.code = $1`, code).QueryRow(func(row pgx.Row) error {
			found, err := scanRow(row)
			f.Reservation, f.Terms = found.Reservation, found.terms
			return err
		})
		batch.Queue(`
			select `+factColumns+`, exists (select from messages m where m.reservation_id = r.id and m.kind in ('transfer_details', 'owner_transfer_waiting'))
			from reservations r join accommodations a on a.id = r.accommodation_id where r.code = $1`, code).
			QueryRow(func(row pgx.Row) (err error) {
				f.Facts, err = scanFacts(row, &f.TransferBegun)
				f.Facts.Code = code
				return err
			})
		queueCollect(batch, &f.Payments, scanPayment, `
			select `+paymentColumns+` from payments p join reservations r on r.id = p.reservation_id
			where r.code = $1 order by p.id desc limit $2`, code, folioSize)
		queueCollect(batch, &f.Returned, scanReturned, `
			select p.provider, f.amount, f.state, f.by_hand, f.created_at
			from refunds f join payments p on p.id = f.payment_id join reservations r on r.id = p.reservation_id
			where r.code = $1 and f.state <> 'withdrawn' order by f.id desc limit $2`, code, folioSize)
		return conn.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return payment.Folio{}, err
	}
	return f, nil
}

func scanReturned(row pgx.CollectableRow) (payment.Returned, error) {
	var r payment.Returned
	err := row.Scan(&r.Provider, &r.Amount, &r.State, &r.ByHand, &r.At)
	r.At = r.At.UTC()
	return r, err
}

// paymentRows reads payments for scanPaymentRow.
const paymentRows = `
	select ` + paymentColumns + `, p.id, coalesce(r.code, ''), p.note, p.received_by, p.first_seen_at
	from payments p left join reservations r on r.id = p.reservation_id`

func scanPaymentRow(row pgx.CollectableRow) (payment.Row, error) {
	var r payment.Row
	var err error
	r.Payment, err = scanPaymentAnd(row, &r.RowID, &r.ReservationCode, &r.Note, &r.By, &r.FirstSeen)
	r.FirstSeen = r.FirstSeen.UTC()
	return r, err
}

// List returns payments, the newest first, those before the RowID before (0 = from the newest), at most limit: all, or only those
// that the owner has to look at.
func (p *Payments) List(ctx context.Context, flagged bool, before int64, limit int) ([]payment.Row, error) {
	return collect(ctx, p.db, scanPaymentRow, paymentRows+`
		where (not $1 or p.flag <> '') and ($2 = 0 or p.id < $2) order by p.id desc limit $3`, flagged, before, limit)
}
