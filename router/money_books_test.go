package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// none complains of every row that a query finds: each says what is wrong.
func (s *story) none(query string, args ...any) {
	s.t.Helper()
	for _, wrong := range askMoney[string](s.moneyWorld, s.t, query, args...) {
		s.t.Fatalf("%s", wrong)
	}
}

// lookAtBooks is what holds at any time, whatever is under way.
func (s *story) lookAtBooks() {
	s.t.Helper()
	s.none(`
		with r as materialized (select *, status = 'confirmed' or status = 'pre_reserved' and expires_at > $2 as live from reservations where accommodation_id = $1),
		e as materialized (select r.code, e.* from reservation_events e join r on r.id = e.reservation_id),
		m as materialized (select m.* from messages m join r on r.id = m.reservation_id)
		select 'paid is not what the ledger says: ' || code || ' ' || paid_amount from r
		where paid_amount <> (select coalesce(sum(amount), 0) from ledger l where l.reservation_id = r.id)
		union all
		select 'two have the same nights: ' || a.code || ' ' || b.code from r a join r b on a.id < b.id and a.period && b.period where a.live and b.live
		union all
		select 'a stay has nights that the owner has closed: ' || code from r
			join calendar_events c on c.accommodation_id = r.accommodation_id and c.period && r.period and c.active where live
		union all
		select 'confirmed, neither by what was paid nor by the owner''s word: ' || code from r
		where status = 'confirmed' and not exists (select from e where e.reservation_id = r.id and e.event = 'confirmed' and e.actor like 'admin:%')
			and greatest(deposit_amount, 0.01) > (select coalesce(sum(amount), 0) from ledger l where l.reservation_id = r.id and l.kind = 'payment')
		union all
		select 'confirmed, and told otherwise than once to each: ' || concat_ws(' ', code, confirmed, guest, owner) from (
			select code, (select count(*) from e where e.reservation_id = r.id and e.event in ('confirmed', 'confirmed_late')) as confirmed,
				(select count(*) from e where e.reservation_id = r.id and e.event in ('confirmed', 'confirmed_late') and e.actor not like 'admin:%') as by_payment,
				(select count(*) from m where m.reservation_id = r.id and m.kind in ('confirmed', 'late_confirmed', 'transfer_received')) as guest,
				(select count(*) from m where m.reservation_id = r.id and m.kind = 'owner_confirmed') as owner
			from r) told
		where confirmed > 1 or guest <> confirmed or owner < by_payment or owner > confirmed
		union all
		select 'held, and told otherwise than once: ' || code from r
		where (select count(*) from m where m.reservation_id = r.id and m.kind in ('hold_made', 'approval_requested')) <> 1
		union all
		select 'more is promised back of a payment than has come: ' || p.provider_id
		from r join payments p on r.id = p.reservation_id join refunds f on f.payment_id = p.id and f.state not in ('failed', 'withdrawn')
		group by p.id having sum(f.amount) > p.amount`, s.cabin, s.now())
	s.compare(false)
}

// kept is a payment of the provider's as we know it.
type kept struct {
	ID           string
	Status       payment.Status
	Refunded     money.Cents
	Updated      time.Time
	Ledger, Done money.Cents // in the ledger; given back by repayments that are done
}

// compare holds the ledger against the provider: of every payment that we know as it is now, or, at the end, of every one.
func (s *story) compare(all bool) {
	s.t.Helper()
	paid := s.paid()
	if len(paid) == 0 {
		return
	}
	rows, _ := s.db.Query(context.Background(), `
		select p.provider_id, p.status, p.refunded_amount, coalesce(p.provider_updated_at, 'epoch'),
			(select coalesce(sum(amount), 0) from ledger where payment_id = p.id), (select coalesce(sum(amount), 0) from refunds where payment_id = p.id and state = 'done')
		from payments p join reservations r on r.id = p.reservation_id where r.accommodation_id = $1 and p.provider = 'mercadopago'`, s.cabin)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[kept])
	if err != nil {
		s.t.Fatalf("read the payments: %v", err)
	}
	for _, p := range paid {
		n := slices.IndexFunc(list, func(k kept) bool { return k.ID == p.ID })
		if n < 0 || list[n].Status != p.Status || list[n].Refunded != p.Refunded || !list[n].Updated.Equal(p.LastUpdated) {
			if all {
				s.t.Fatalf("payment %+v is not known as it is: %+v", p, list)
			}
			continue
		}
		if want := worthOf(p, list[n].Done); list[n].Ledger != want {
			s.t.Fatalf("of payment %+v the ledger has %s, not %s", p, list[n].Ledger, want)
		}
	}
}

// worthOf is what there is of a payment, by what the provider says, and less what was given back if it knows nothing of that.
func worthOf(p payment.Payment, done money.Cents) money.Cents {
	if p.Currency != "ARS" || !p.Live {
		return 0
	}
	switch p.Status {
	case payment.Approved, payment.InMediation:
		return p.Amount - max(p.Refunded, done)
	default:
		return 0
	}
}

// rest brings all that is under way to its end: nothing fails any more, what is undecided is decided, every notification comes or
// is lost, jobs are worked, and the task that looks for what was missed comes by.
func (s *story) rest() {
	s.t.Helper()
	s.mp.Heal()
	for _, p := range s.paid() {
		switch p.Status {
		case payment.Pending, payment.InProcess:
			to := rapid.SampledFrom([]payment.Status{payment.Approved, payment.Rejected, payment.Cancelled}).Draw(s.t, "in the end")
			s.mp.Change(p.ID, to, "") //nolint:errcheck // it is there
		case payment.InMediation:
			s.mp.Change(p.ID, payment.Approved, "") //nolint:errcheck // it is there
		}
	}
	for round := range 400 {
		for _, h := range s.mp.Outbox() {
			if rapid.IntRange(0, 2).Draw(s.t, "lost") == 0 && !s.isStray(h.PaymentID) {
				s.mp.Drop(h.ID) //nolint:errcheck // it is there
			} else if status, err := s.mp.Deliver(context.Background(), h.ID); err != nil || status != 200 {
				s.t.Logf("a notification is answered %d, %v", status, err) // it comes again
			}
		}
		for _, j := range s.runnable(s.t) {
			if err := s.work(context.Background(), s.t, j); err != nil {
				s.sound(err)
				s.t.Logf("at rest: %v", err)
			}
		}
		s.decideRefunds()
		if due := s.goOn(); !due || round == 0 || round%25 == 24 {
			err := errors.Join(s.expire(context.Background()), s.reconcile(context.Background()))
			switch {
			case err != nil: // the provider wants to be left alone for a while
				s.t.Logf("at rest: %v", err)
				s.pass(10 * time.Minute)
			case !due && len(s.mp.Outbox()) == 0 && !s.goOn():
				return
			}
		}
	}
	s.t.Fatalf("it never comes to rest: %v", askMoney[string](s.moneyWorld, s.t, `
		select 'job ' || kind || ' ' || args || ' ' || after || ' ' || error from model_jobs where not done
		union all select 'refund ' || id || ' ' || state || ' ' || coalesce(next_attempt_at::text, '') || ' ' || last_error from refunds where next_attempt_at is not null`))
}

// decideRefunds has the provider make up its mind about refunds in process.
func (s *story) decideRefunds() {
	for _, id := range askMoney[string](s.moneyWorld, s.t, `
		select p.provider_id from refunds f join payments p on p.id = f.payment_id where f.state in ('sent', 'in_process') order by f.id`) {
		for _, r := range s.mp.Refunds(id) {
			if r.Status == payment.RefundInProcess {
				to := rapid.SampledFrom([]payment.RefundStatus{payment.RefundApproved, payment.RefundApproved, payment.RefundApproved, payment.RefundRejected}).Draw(s.t, "refund")
				s.mp.SettleRefund(id, r.ID, to) //nolint:errcheck // it is there
			}
		}
	}
}

// goOn lets time pass until something is due, and reports whether anything will be.
func (s *story) goOn() bool {
	next := askMoney[*time.Time](s.moneyWorld, s.t, `
		select min(at) from (
			select greatest(after, $1) as at from model_jobs where not done
			union all select next_attempt_at from refunds where next_attempt_at is not null
			union all select expires_at from reservations where status = 'pre_reserved' and paid_amount > 0 and expires_at > $1
			union all select greatest(received_at + interval '10 minutes', $1) from inbox where settled_at is null
			union all select greatest(coalesce(next_attempt_at, created_at), $1) from messages where status in ('queued', 'failed')) due`, s.now())[0]
	if next == nil {
		return false
	}
	if wait := next.Sub(s.now()); wait > 0 {
		s.pass(wait)
	} else {
		s.pass(time.Minute)
	}
	return true
}

// lookAtEnd is what holds once everything has come to rest.
func (s *story) lookAtEnd() {
	s.t.Helper()
	s.compare(true)
	s.none(`
		with r as materialized (
			select *, status in ('expired', 'cancelled') or status = 'pre_reserved' and expires_at <= $2 as over,
				paid_amount - (select coalesce(sum(f.amount), 0) from refunds f join payments p on p.id = f.payment_id
					where p.reservation_id = r.id and f.by_hand and f.state = 'queued' and p.currency = 'ARS') as stays -- but for what the owner owes
			from reservations r where accommodation_id = $1)
		select 'a notification is not settled: ' || topic || ' ' || subject from inbox where settled_at is null
		union all
		select 'a refund waits for ever: ' || id || ' ' || state from refunds where state in ('queued', 'sent', 'in_process') and not by_hand
		union all
		select 'paid enough, and still a hold: ' || code from r where status = 'pre_reserved' and not over and stays >= greatest(deposit_amount, 0.01)
		union all
		select 'it is over, and money stays that is not the owner''s: ' || concat_ws(' ', code, status, stays, kept_amount) from r
		where over and stays > coalesce(kept_amount, 0)
		union all
		select 'more than the total stays: ' || concat_ws(' ', code, stays, total_price) from r where status = 'confirmed' and stays > total_price`, s.cabin, s.now())
	s.lookAtMessages()
	before := askMoney[string](s.moneyWorld, s.t, everyRow)[0]
	if err := errors.Join(s.expire(context.Background()), s.reconcile(context.Background())); err != nil {
		s.t.Fatalf("nothing is left to be done, and it fails: %v", err)
	}
	if after := askMoney[string](s.moneyWorld, s.t, everyRow)[0]; after != before {
		s.t.Fatalf("at rest, and still something changes:\n%s\n%s", before, after)
	}
}

// everyRow counts all that grows.
const everyRow = `select concat_ws(' ', (select count(*) from ledger), (select count(*) from messages), (select count(*) from refunds),
	(select count(*) from reservation_events), (select count(*) from model_jobs))`

// lookAtMessages finds out whether each of both was told of everything once, and has got the letter. A message that nobody could be
// reached with for a day is given up, and is there to be seen; so is one of a hold that was over, or approved, before its turn came.
func (s *story) lookAtMessages() {
	s.t.Helper()
	s.none(`
		with r as materialized (select * from reservations where accommodation_id = $1),
		m as materialized (select m.* from messages m join r on r.id = m.reservation_id)
		select 'a message was not sent: ' || concat_ws(' ', id, kind, status, last_error) from messages
		where id > $3 and status <> 'sent' and not (status = 'given_up' and last_error = 'temporary' and created_at < $2::timestamptz - interval '24 hours')
			and not (status = 'given_up' and last_error = 'late' and ((facts ->> 'Until')::timestamptz <= $2
				or exists (select from reservations x where x.id = messages.reservation_id and (x.status <> 'pre_reserved'
					or kind in ('approval_requested', 'owner_approval_waiting') and x.approval <> 'waiting'))))
		union all
		select 'money came, and a guest was not told: ' || p.provider_id from payments p join r on r.id = p.reservation_id
		where p.status <> 'charged_back' and exists (select from ledger l where l.payment_id = p.id and l.kind = 'payment')
			and not exists (select from m where m.reservation_id = r.id and m.recipient = 'guest'
				and (m.facts ->> 'Payment' = p.provider_id or m.kind in ('cancelled_by_guest', 'cancelled_by_owner')
					or m.created_at in (select f.created_at from refunds f where f.payment_id = p.id)))
		union all
		select 'money has gone back, and its guest was told otherwise than once: ' || f.idempotency_key
		from refunds f join payments p on p.id = f.payment_id join r on r.id = p.reservation_id
		where f.state = 'done' and (select count(*) from m where m.dedupe_key = 'returned:' || f.idempotency_key and m.recipient = 'guest') <> 1
		union all
		select 'cancelled, and told otherwise than once: ' || code from r
		where exists (select from reservation_events e where e.reservation_id = r.id and e.event = 'cancelled' and (e.actor = 'guest' or e.actor like 'admin:%'))
			and 2 <> (select count(*) from m where m.reservation_id = r.id and m.kind in ('cancelled_by_guest', 'cancelled_by_owner', 'owner_cancelled'))`,
		s.cabin, s.now(), s.before)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range askMoney[string](s.moneyWorld, s.t, `
		select dedupe_key || ' ' || case recipient when 'guest' then 'ana@example.com' else 'marta@example.com' end
		from messages where id > $1 and status = 'sent'`, s.before) {
		if s.letters[key] == 0 {
			s.t.Fatalf("nobody has got %s", key)
		}
	}
}
