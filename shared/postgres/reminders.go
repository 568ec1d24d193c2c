package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/notice"
)

// Reminders tells guests what nothing but time brings about: each once for the dates of a stay, so that whoever moves a stay is
// told of the new dates too.
type Reminders struct {
	db      *DB
	enqueue Enqueue
}

// NewReminders returns the reminders of a share.
func NewReminders(db *DB, enqueue Enqueue) *Reminders { return &Reminders{db: db, enqueue: enqueue} }

// Due returns to whom a kind of reminder is due and was not written, by id, those after the id after, at most limit.
func (r *Reminders) Due(ctx context.Context, kind notice.Kind, rules notice.ReminderRules, now time.Time, after int64, limit int) ([]notice.Reminder, error) {
	statement, args, err := dueReminders(kind, rules, now, after, limit)
	if err != nil {
		return nil, err
	}
	return collect(ctx, r.db, pgx.RowToStructByPos[notice.Reminder], statement+` select reservation_id, code from due`, args)
}

// Write writes a kind of reminder to those to whom it is due, with the jobs to send it, to at most limit of them; it returns to how many.
func (r *Reminders) Write(ctx context.Context, kind notice.Kind, rules notice.ReminderRules, now time.Time, limit int) (written int, err error) {
	statement, args, err := dueReminders(kind, rules, now, 0, limit)
	if err != nil {
		return 0, err
	}
	err = r.db.use(ctx, func(conn *pgxpool.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			rows, err := tx.Query(ctx, statement+`
				insert into messages (reservation_id, kind, recipient, dedupe_key, facts, created_at)
				select reservation_id, @kind, @recipient, key, facts, @now from due
				on conflict (dedupe_key) do nothing returning id`, args)
			if err != nil {
				return err
			}
			ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
			if err != nil || len(ids) == 0 {
				return err
			}
			jobs := make([]Job, len(ids))
			for i, id := range ids {
				jobs[i] = notice.Deliver{MessageID: id}
			}
			written = len(ids)
			return r.enqueue(ctx, tx, jobs...)
		})
	})
	return written, err
}

// reminder is a kind of reminder in SQL, of a reservation r in a cabin a.
type reminder struct {
	who           string // a condition, of the reservation alone
	opens, closes string // from when until when it may be written, instants
	asleep        string // a condition: whether it may come while people sleep
	key           string // what beside the day of arrival tells it from one that was written before
	facts         string // what is kept with it beside closes, a jsonb
}

// dueReminders is a statement's beginning, which calls those to whom a kind of reminder is due "due". The cabin's day begins when
// its clocks say so, and its people sleep from 22 to 9 h. Those who come into question are found first, and apart: left to itself
// the planner, which cannot guess what clocks show elsewhere, reads all reservations once for each cabin.
func dueReminders(kind notice.Kind, rules notice.ReminderRules, now time.Time, after int64, limit int) (string, pgx.NamedArgs, error) {
	k, ok := reminders[kind]
	if !ok {
		return "", nil, fmt.Errorf("%q is no reminder", kind)
	}
	return `
		with candidates as materialized (
			select r.id, r.code, r.accommodation_id, r.check_in, r.check_out, r.expires_at from reservations r
			where r.id > @after and ` + k.who + `),
		due as (
			select r.id as reservation_id, r.code, when_written.key, jsonb_build_object('NotAfter', span.closes) || ` + k.facts + ` as facts
			from candidates r join accommodations a on a.id = r.accommodation_id
			cross join lateral (select ` + k.opens + ` as opens, ` + k.closes + ` as closes) span
			cross join lateral (select (@now::timestamptz at time zone a.timezone)::time as clock) here
			cross join lateral (select 'remind:' || @kind::text || ':' || r.code || ':' || to_char(r.check_in, 'YYYY-MM-DD') || ` + k.key + ` as key) when_written
			where span.opens <= @now and span.closes > @now
				and (` + k.asleep + ` or here.clock >= '09:00' and here.clock < '22:00')
				and not exists (select from messages m where m.dedupe_key = when_written.key)
			order by r.id limit @limit)`,
		pgx.NamedArgs{
			"kind": string(kind), "recipient": string(kind.Recipient()), "now": now, "after": after, "limit": limit,
			"days": rules.BalanceDays, "review": rules.ReviewURL, "today": now.UTC().Format(time.DateOnly),
		}, nil
}

const (
	// payingAlready: what of a reservation's money is on its way, or is said to be. He who has paid is not asked to.
	payingAlready = `exists (select from payments p where p.reservation_id = r.id and p.status in ('pending', 'authorized', 'in_process', 'in_mediation'))`
	// near: the index of live reservations, and not all of them, has those whose nights are between so many days ago and so many ahead.
	near = `r.status = 'confirmed' and r.check_in < r.check_out and r.period && daterange(@today::date - 4, @today::date + `
)

// reminders is every kind. The task comes every ten minutes, and may be a minute late: a hold is there for it once between twelve
// minutes and one minute before its end. One that was made for less than a quarter of an hour is about to expire from the start.
//
// What is owed is asked for until the notice of arrival speaks of it. Whoever leaves before people are up is told the evening before.
var reminders = map[notice.Kind]reminder{
	notice.HoldExpiring: {
		who: `r.status = 'pre_reserved' and r.approval <> 'waiting' and r.expires_at > @now and r.expires_at < @now::timestamptz + interval '15 minutes'
			and r.expires_at - r.created_at >= interval '15 minutes' and not ` + payingAlready + `
			and not exists (select from messages t where t.reservation_id = r.id and t.kind = '` + string(notice.TransferDetails) + `')`,
		opens: `r.expires_at - interval '12 minutes'`, closes: `r.expires_at - interval '1 minute'`, asleep: `true`,
		key: `''`, facts: `jsonb_build_object('Until', r.expires_at)`,
	},
	notice.BalanceDue: {
		who:    near + `@days::integer + 2) and @days > 0 and r.total_price > r.paid_amount and not ` + payingAlready,
		opens:  atDay(`r.check_in - @days::integer`),
		closes: `case when @days::integer > 2 then ` + atDay(`r.check_in - 2`) + ` else ` + atTime(`r.check_in`, `a.check_in_time`) + ` end`,
		asleep: `false`, key: `''`, facts: `'{}'`,
	},
	notice.PreArrival: {
		who:   near + `4)`,
		opens: atDay(`r.check_in - 2`), closes: atTime(`r.check_in`, `a.check_in_time`), asleep: `false`,
		key: `''`, facts: `'{}'`,
	},
	notice.DepartureDay: {
		who:    near + `3)`,
		opens:  `case when a.check_out_time < '09:30' then ` + atTime(`r.check_out - 1`, `time '18:00'`) + ` else ` + atDay(`r.check_out`) + ` end`,
		closes: atTime(`r.check_out`, `a.check_out_time`), asleep: `false`,
		key: untilKey, facts: `'{}'`,
	},
	notice.ThanksReview: {
		who:   `r.status in ('confirmed', 'completed') and r.check_out between @today::date - 4 and @today::date`,
		opens: atDay(`r.check_out + 1`), closes: atDay(`r.check_out + 4`), asleep: `false`,
		key: untilKey, facts: `case when @review::text = '' then '{}' else jsonb_build_object('Links', jsonb_build_object('Review', @review::text)) end`,
	},
}

// untilKey is for what a stay that is made longer is told again.
const untilKey = `to_char(r.check_out, ':YYYY-MM-DD')`

// atDay is when a day begins where the cabin is, and atTime when its clocks show a time on it.
func atDay(day string) string { return atTime(day, `time '00:00'`) }

func atTime(day, clock string) string {
	return `((` + day + `) + ` + clock + `) at time zone a.timezone`
}
