package postgres

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/inbox"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// Job is a piece of work for the queue; see queue.Job.
type Job = interface{ Kind() string }

// Enqueue puts jobs into the queue in a transaction of ours: they are worked if it commits. The router gives the queue's; adapters
// do not know each other.
type Enqueue func(ctx context.Context, tx pgx.Tx, jobs ...Job) error

const (
	// maxBatch is how many events share a commit, unless a single caller brings more.
	maxBatch = 64
	// acceptTimeout is for the commit of a batch, which must not depend on whether the caller that leads it still waits.
	acceptTimeout = 5 * time.Second
	// askAgainAfter is how long an event waits before its being repeated is taken for a sign that its job is lost.
	askAgainAfter = time.Minute
)

// errUnfit is an event that a row cannot hold. It comes from us: what others send is put into form before.
var errUnfit = errors.New("the event has texts that cannot be stored")

// Inbox keeps every notification that is accepted. It is safe for use by many at once, who share transactions: what a
// commit costs is waiting for a disk, and that is the same for one event as for many.
type Inbox struct {
	db      *DB
	enqueue Enqueue

	mu      sync.Mutex
	waiting []*delivery // for the next batch
	busy    bool        // somebody leads: commits a batch, or is about to
}

// NewInbox returns the inbox of a share.
func NewInbox(db *DB, enqueue Enqueue) *Inbox { return &Inbox{db: db, enqueue: enqueue} }

// delivery is what one caller brings, with that caller waiting for it to be kept.
type delivery struct {
	arrivals []*arrival
	lead     chan struct{} // closed when its turn has come to commit a batch with itself in it
	done     chan struct{} // closed when it is kept, or not
	err      error
}

// arrival is an event with its job.
type arrival struct {
	event inbox.Event
	job   Job
	fresh bool
}

// Accept keeps an event and enqueues the job that it asks for (nil = none), both or neither, and reports whether it is new. The
// same event again changes nothing, and asks for its job again only if it has been waiting for more than a minute.
//
// Those who come while others are being kept are kept together, at most 64 at a time; nobody waits for others to come.
func (i *Inbox) Accept(ctx context.Context, e inbox.Event, job Job) (fresh bool, err error) {
	all, err := i.AcceptAll(ctx, inbox.Arrival{Event: e, Job: job})
	return err == nil && all[0], err
}

// AcceptAll is Accept for all that came in one delivery: all of it is kept, or nothing. It reports of each whether it is new. Jobs
// that are the same are enqueued once.
func (i *Inbox) AcceptAll(ctx context.Context, all ...inbox.Arrival) (fresh []bool, err error) {
	if len(all) == 0 {
		return nil, nil
	}
	d := &delivery{lead: make(chan struct{}), done: make(chan struct{})}
	for _, one := range all {
		if !fit(one.Event) {
			return nil, errUnfit
		}
		d.arrivals = append(d.arrivals, &arrival{event: one.Event, job: one.Job})
	}
	i.join(d)
	select {
	case <-d.lead:
		i.work(ctx)
		<-d.done
	case <-d.done:
	case <-ctx.Done():
		i.leave(ctx, d)
		return nil, ctx.Err()
	}
	if d.err != nil {
		return nil, d.err
	}
	for _, a := range d.arrivals {
		fresh = append(fresh, a.fresh)
	}
	return fresh, nil
}

// fit reports whether a row can hold an event: Postgres takes no text with a NUL or another character that there is not.
func fit(e inbox.Event) bool {
	for _, text := range []string{e.EventID, e.Topic, e.ResourceID, e.Subject, e.Source} {
		if len(text) > 200 || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return false
		}
	}
	return e.Source != ""
}

// join queues up, and leads if nobody does.
func (i *Inbox) join(d *delivery) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.waiting = append(i.waiting, d)
	if !i.busy {
		i.busy = true
		close(d.lead)
	}
}

// leave gives up waiting. Whoever was to lead meanwhile leads the others first, who may not have given up.
func (i *Inbox) leave(ctx context.Context, d *delivery) {
	i.mu.Lock()
	at := slices.Index(i.waiting, d)
	mustLead := closed(d.lead) && at >= 0
	if at >= 0 && !mustLead {
		i.waiting = slices.Delete(i.waiting, at, at+1)
	}
	i.mu.Unlock()
	if mustLead {
		i.work(ctx)
	}
}

func closed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// work keeps one batch, and lets the first of those who came meanwhile lead the next.
func (i *Inbox) work(ctx context.Context) {
	batch := i.take()
	defer func() {
		i.mu.Lock()
		i.busy = len(i.waiting) > 0
		if i.busy {
			close(i.waiting[0].lead)
		}
		i.mu.Unlock()
		for _, d := range batch { // also after a panic, which concerns its leader alone
			close(d.done)
		}
	}()
	for _, d := range batch {
		d.err = fault.ErrUnavailable // until it is known to be otherwise
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), acceptTimeout)
	defer cancel()
	i.keepAll(ctx, batch)
}

// take is the next batch.
func (i *Inbox) take() []*delivery {
	i.mu.Lock()
	defer i.mu.Unlock()
	n, events := 0, 0
	for ; n < len(i.waiting) && (n == 0 || events+len(i.waiting[n].arrivals) <= maxBatch); n++ {
		events += len(i.waiting[n].arrivals)
	}
	batch := slices.Clone(i.waiting[:n])
	i.waiting = slices.Delete(i.waiting, 0, n)
	return batch
}

// keepAll keeps a batch, and if it cannot be kept because of something that is in it, each by itself.
func (i *Inbox) keepAll(ctx context.Context, batch []*delivery) {
	err := i.keep(ctx, batch)
	if err == nil || len(batch) == 1 || ctx.Err() != nil || errors.Is(err, fault.ErrUnavailable) || errors.Is(err, fault.ErrBusy) {
		for _, d := range batch {
			d.err = err
		}
		return
	}
	for _, d := range batch {
		d.err = i.keep(ctx, []*delivery{d})
	}
}

// keep is one transaction.
func (i *Inbox) keep(ctx context.Context, batch []*delivery) error {
	firsts, repeated := sortOut(batch)
	err := i.db.use(ctx, func(conn *pgxpool.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			jobs, err := insertEvents(ctx, tx, firsts)
			if err != nil || len(jobs) == 0 {
				return err
			}
			return i.enqueue(ctx, tx, jobs...)
		})
	})
	if err == nil {
		for _, a := range repeated {
			a.fresh = false
		}
	}
	return err
}

// sortOut brings a batch into the one order in which all processes insert, so that none waits for another in a circle, and puts
// aside what is there twice.
func sortOut(batch []*delivery) (firsts, repeated []*arrival) {
	var order []*arrival
	for _, d := range batch {
		order = append(order, d.arrivals...)
	}
	slices.SortStableFunc(order, func(a, b *arrival) int {
		return cmp.Or(strings.Compare(a.event.Source, b.event.Source), strings.Compare(a.event.EventID, b.event.EventID))
	})
	for n, a := range order {
		if n > 0 && a.name() != "" && a.name() == order[n-1].name() && a.event.Source == order[n-1].event.Source {
			repeated = append(repeated, a)
			continue
		}
		firsts = append(firsts, a)
	}
	return firsts, repeated
}

// name is what tells an event from others; only what was verified has one.
func (a *arrival) name() string {
	if !a.event.Signed {
		return ""
	}
	return a.event.EventID
}

// insertEvents keeps what is new, and returns the jobs that are to be done.
func insertEvents(ctx context.Context, tx pgx.Tx, batch []*arrival) ([]Job, error) {
	n := len(batch)
	sources, names, topics := make([]string, n), make([]*string, n), make([]string, n)
	resources, subjects, payloads := make([]string, n), make([]string, n), make([][]byte, n)
	signed, times := make([]bool, n), make([]time.Time, n)
	for k, a := range batch {
		e := a.event
		sources[k], topics[k], resources[k], subjects[k] = e.Source, e.Topic, e.ResourceID, e.Subject
		payloads[k], signed[k], times[k] = orEmpty(e.Payload), e.Signed, e.At
		if name := a.name(); name != "" {
			names[k] = &name
		}
	}
	// What another transaction has kept meanwhile is neither kept here nor seen: its job is that transaction's.
	rows, err := tx.Query(ctx, `
		with arrived as (
			select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::boolean[], $8::timestamptz[])
				with ordinality a (source, event_id, topic, resource_id, subject, payload, signed, at, n)),
		kept as (
			insert into inbox (source, event_id, topic, resource_id, subject, payload, signed, received_at, settled_at, outcome)
			select source, event_id, topic, resource_id, subject, payload, signed, at,
				case when subject = '' then at end, case when subject = '' then 'ignored' else '' end
			from arrived order by n
			on conflict (source, event_id) do nothing
			returning source, event_id)
		select a.event_id is null or k.event_id is not null, coalesce(i.settled_at is null and i.received_at < a.at - $9::interval, false)
		from arrived a left join kept k on k.source = a.source and k.event_id = a.event_id
			left join lateral ( -- offset 0 has each looked up by the index, however many the planner believes that there are
				select settled_at, received_at from inbox where source = a.source and event_id = a.event_id offset 0) i on true
		order by a.n`,
		sources, names, topics, resources, subjects, payloads, signed, times, askAgainAfter)
	if err != nil {
		return nil, err
	}
	return askedFor(rows, batch)
}

// askedFor reads of each event whether it is new, and returns the jobs that are to be done, each once.
func askedFor(rows pgx.Rows, batch []*arrival) ([]Job, error) {
	var jobs []Job
	asked := make(map[Job]bool, len(batch))
	var fresh, forgotten bool
	k := 0
	_, err := pgx.ForEachRow(rows, []any{&fresh, &forgotten}, func() error {
		a := batch[k]
		a.fresh = fresh
		if a.job != nil && (fresh || forgotten) && !asked[a.job] {
			jobs = append(jobs, a.job)
			asked[a.job] = true
		}
		k++
		return nil
	})
	return jobs, err
}

// Unsettled returns the payments that events of Mercado Pago tell of which came before an instant and are not settled, in the order of their
// oldest event, those after the ID after, at most limit.
func (i *Inbox) Unsettled(ctx context.Context, before time.Time, after int64, limit int) ([]payment.Unsettled, error) {
	return collect(ctx, i.db, func(row pgx.CollectableRow) (payment.Unsettled, error) {
		var u payment.Unsettled
		err := row.Scan(&u.ID, &u.Source, &u.PaymentID, &u.Since)
		u.Since = u.Since.UTC()
		return u, err
	}, `
		select min(id), source, subject, min(received_at) from inbox
		where source = $4 and settled_at is null and received_at < $1
		group by source, subject having min(id) > $2 order by min(id) limit $3`, before, after, limit, payment.MercadoPago)
}

// Dismiss settles the events of a payment that came until an instant, without a payment: the provider knows of none, or it is none
// of ours. The outcome is a word for the row, as not_found.
func (i *Inbox) Dismiss(ctx context.Context, source, paymentID, outcome string, now time.Time) error {
	return i.db.use(ctx, func(conn *pgxpool.Conn) error {
		_, err := conn.Exec(ctx, settleInbox, source, paymentID, outcome, now)
		return err
	})
}

// settleInbox settles the events of a payment that came before it was asked for.
const settleInbox = `
	update inbox set settled_at = $4, outcome = $3
	where source = $1 and subject = $2 and settled_at is null and received_at <= $4`
