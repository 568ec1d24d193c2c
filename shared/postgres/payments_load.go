package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// books is a reservation's money as it is under the lock.
type books struct {
	row     row // zero = there is no such reservation
	account payment.Account
	seen    *payment.Payment // as Merge left it
	opening *payment.Payment // what was paid that no ledger knows of, and that is about to be written down
	lapsed  bool             // it is a hold that has run out
	stray   []payment.Payment
}

// open takes the locks and reads the account. Each statement sees what was committed before it started, so what is read is what
// was there when the locks were had.
func (p *Payments) open(ctx context.Context, tx pgx.Tx, a act) (*books, error) {
	b := &books{account: payment.Account{Production: p.rules.Production, PendingHold: p.rules.PendingHold, NightsFree: true}}
	id, lapsed, err := target(ctx, tx, a)
	if err != nil {
		return nil, err
	}
	if id == 0 {
		if a.name() == (payment.Name{}) || a.byHand {
			return nil, errNoReservation
		}
		b.stray, err = strays(ctx, tx, a.name())
		return b, err
	}
	batch := &pgx.Batch{}
	if !a.dry {
		if lapsed {
			batch.Queue(`select from accommodations where id = (select accommodation_id from reservations where id = $1) for no key update`, id)
		}
		batch.Queue(`select from reservations where id = $1 for no key update`, id)
		if a.name() != (payment.Name{}) && !a.byHand {
			queueAdoption(batch, id, a)
		}
		if a.first != nil {
			a.first(batch)
		}
	}
	b.queueAccount(batch, id, a.now)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, err
	}
	b.lapsed = b.row.StatusAt(a.now) == booking.StatusExpired
	if b.lapsed && !lapsed && !a.dry {
		return nil, errLapsed
	}
	b.reconcile()
	return b, nil
}

// target finds the reservation that an act is about, 0 if there is none, and whether it is a hold that has run out. Acts about
// one payment wait for each other from here on: of a payment that names no reservation there is no other lock. What came by hand
// is one payment under one key, whoever it came through.
func target(ctx context.Context, tx pgx.Tx, a act) (id int64, lapsed bool, err error) {
	name := a.name()
	lock, providers := name, []string{name.Provider}
	if a.byHand {
		lock.Provider, providers = "by hand", payment.Hands()
	}
	batch := &pgx.Batch{}
	if name != (payment.Name{}) {
		batch.Queue(`select pg_advisory_xact_lock(hashtextextended($1, 0))`, "payment "+lock.String())
	}
	batch.Queue(`
		select r.id, r.status = 'expired' or r.status = 'pre_reserved' and r.expires_at <= $5
		from reservations r where r.id = coalesce(
			(select p.reservation_id from refunds f join payments p on p.id = f.payment_id where f.id = $4),
			(select reservation_id from payments where provider = any($2) and provider_id = $3 order by id limit 1),
			(select id from reservations where code = $1))`, storable(a.code, 256), providers, name.ID, a.refund, a.now).
		QueryRow(func(row pgx.Row) error {
			err := row.Scan(&id, &lapsed)
			if errors.Is(err, pgx.ErrNoRows) {
				return nil
			}
			return err
		})
	return id, lapsed, tx.SendBatch(ctx, batch).Close()
}

// queueAccount reads all that there is of a reservation's money.
func (b *books) queueAccount(batch *pgx.Batch, id int64, now time.Time) {
	batch.Queue(oneRow+` where r.id = $1`, id).QueryRow(func(row pgx.Row) (err error) {
		b.row, err = scanRow(row)
		a := &b.account
		a.Reservation, a.Policy, a.Steps, a.Zone, a.Clash = b.row.Reservation, b.row.terms.Policy, b.row.terms.Steps, b.row.terms.Zone, b.row.terms.Clash
		return err
	})
	batch.Queue(`
		select not exists (select from reservations x join reservations r on x.accommodation_id = r.accommodation_id and x.id <> r.id
				where r.id = $2 and x.period && r.period and x.status in ('pre_reserved', 'confirmed')
					and (x.status = 'confirmed' or x.status = 'pre_reserved' and x.expires_at > $1)),
			coalesce((select collector_id from checkouts where reservation_id = $2 and collector_id <> '' order by id desc limit 1), ''),
			(select coalesce(array_agg(dedupe_key), '{}') from messages where reservation_id = $2)`, now, id).
		QueryRow(func(row pgx.Row) error {
			return row.Scan(&b.account.NightsFree, &b.account.CollectorID, &b.account.Told)
		})
	queueCollect(batch, &b.account.Payments, scanPayment, `select `+paymentColumns+` from payments p where p.reservation_id = $1 order by p.id`, id)
	queueCollect(batch, &b.account.Refunds, scanRepayment, `
		select `+refundColumns+` from refunds f join payments p on p.id = f.payment_id where p.reservation_id = $1 order by f.id`, id)
	queueCollect(batch, &b.account.Ledger, scanEntry, `
		select p.provider, p.provider_id, l.kind, l.amount from ledger l join payments p on p.id = l.payment_id
		where l.reservation_id = $1 order by l.id`, id)
}

func strays(ctx context.Context, tx pgx.Tx, name payment.Name) ([]payment.Payment, error) {
	rows, err := tx.Query(ctx, `select `+paymentColumns+` from payments p where p.provider = $1 and p.provider_id = $2`, name.Provider, name.ID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanPayment)
}

// paymentColumns are those of payments p that scanPayment reads.
const paymentColumns = `p.provider, p.provider_id, p.status, p.status_detail, p.amount, p.refunded_amount, p.currency, p.external_reference,
	p.live, p.collector_id, p.created_at, p.approved_at, p.provider_updated_at, p.expires_at, p.method, p.type, p.flag`

func scanPayment(row pgx.CollectableRow) (payment.Payment, error) { return scanPaymentAnd(row) }

// scanPaymentAnd reads paymentColumns and what else is selected after them.
func scanPaymentAnd(row pgx.CollectableRow, more ...any) (payment.Payment, error) {
	var p payment.Payment
	var created, approved, updated, expires *time.Time
	err := row.Scan(append([]any{
		&p.Provider, &p.ID, &p.Status, &p.StatusDetail, &p.Amount, &p.Refunded, &p.Currency, &p.ExternalReference,
		&p.Live, &p.CollectorID, &created, &approved, &updated, &expires, &p.Method, &p.Type, &p.Flag,
	}, more...)...)
	p.DateCreated, p.DateApproved, p.LastUpdated, p.Expires = inUTC(created), inUTC(approved), inUTC(updated), inUTC(expires)
	return p, err
}

// refundColumns are those of refunds f and their payments p that scanRepayment reads.
const refundColumns = `f.id, p.provider, p.provider_id, f.ordinal, f.amount, f.reason, f.by_hand, f.state, f.attempts, f.retries, f.not_before`

func scanRepayment(row pgx.CollectableRow) (payment.Repayment, error) { return scanRepaymentAnd(row) }

// scanRepaymentAnd reads refundColumns and what else is selected after them.
func scanRepaymentAnd(row pgx.CollectableRow, more ...any) (payment.Repayment, error) {
	var r payment.Repayment
	var notBefore *time.Time
	err := row.Scan(append([]any{
		&r.ID, &r.Provider, &r.Payment, &r.Ordinal, &r.Amount, &r.Because, &r.ByHand, &r.State, &r.Attempts, &r.Retries, &notBefore,
	}, more...)...)
	r.NotBefore = inUTC(notBefore)
	return r, err
}

func scanEntry(row pgx.CollectableRow) (payment.Entry, error) {
	var e payment.Entry
	err := row.Scan(&e.Provider, &e.Payment, &e.Kind, &e.Amount)
	return e, err
}

const openingPrefix = "opening:"

// reconcile gives what an operator has written into paid_amount by hand its place in the ledger: as cash. Where he wrote
// less than the ledger knows of, the ledger is right.
func (b *books) reconcile() {
	r := &b.account.Reservation
	var known money.Cents
	for _, e := range b.account.Ledger {
		known += e.Amount
	}
	n := 1
	for _, p := range b.account.Payments {
		if strings.HasPrefix(p.ID, openingPrefix) {
			b.noNews(p)
			n++
		}
	}
	if r.Paid <= known {
		r.Paid = known
		return
	}
	b.opening = &payment.Payment{
		Provider: payment.Cash, ID: fmt.Sprintf("%s%s:%d", openingPrefix, r.Code, n), Status: payment.Approved, Live: true,
		Amount: r.Paid - known, Currency: r.Currency, ExternalReference: r.Code, DateCreated: r.CreatedAt.UTC(), DateApproved: r.CreatedAt.UTC(),
	}
	b.noNews(*b.opening)
	b.account.Payments = append(b.account.Payments, *b.opening)
	b.account.Ledger = append(b.account.Ledger, payment.Entry{
		Provider: b.opening.Provider, Payment: b.opening.ID, Kind: payment.EntryPayment, Amount: b.opening.Amount,
	})
}

// noNews has nobody told of a payment of which whoever wrote it down knew: payment.Message.Key says how messages are called.
func (b *books) noNews(p payment.Payment) {
	b.account.Told = append(b.account.Told, "paid:"+p.Name().String(), "owner_paid:"+p.Name().String())
}

// learn brings what was learned of a payment into the account, and reports whether it is anything new.
func (b *books) learn(a act) (changed bool, refusal error) {
	seen := *a.seen
	if a.byHand {
		if b.row.Code != a.code {
			return false, payment.ErrKeyUsed
		}
		seen.Currency = b.row.Currency
		if slices.ContainsFunc(b.account.Payments, func(p payment.Payment) bool {
			return p.ID == seen.ID && p.Provider != seen.Provider && payment.ByHand(p.Provider)
		}) {
			return false, payment.ErrKeyUsed
		}
	}
	all := &b.account.Payments
	if b.row.ID == 0 {
		all = &b.stray
	}
	at := slices.IndexFunc(*all, func(p payment.Payment) bool { return p.Name() == seen.Name() })
	switch {
	case at < 0:
		*all, changed = append(*all, seen), true
		at = len(*all) - 1
	case a.byHand:
		if (*all)[at].Amount != seen.Amount {
			return false, payment.ErrKeyUsed
		}
	default:
		flag := (*all)[at].Flag
		(*all)[at], changed = payment.Merge((*all)[at], seen)
		(*all)[at].Provider, (*all)[at].Flag = a.seen.Provider, flag
	}
	b.seen = &(*all)[at]
	return changed, nil
}
