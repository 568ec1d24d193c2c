package postgres

import (
	"cmp"
	"context"
	"crypto/subtle"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// exportPast is how many days a site is still told of what is over.
const exportPast = 30

// exported is an entry of the feed that a channel is given, and whose event it is: 0 = our own.
type exported struct {
	calendar.Entry
	feedID int64
}

// known is a feed that an export may be asked for.
type known struct {
	id                  int64
	token, source, slug string
}

// Export returns the feed of a cabin, active or not, for the channel that was given a token, in one round trip: live
// reservations and those that ended lately, what the owner closed by hand, and what other channels hold; never what came
// from that channel itself. Whole entries are returned, from 30 days ago to the horizon of what is sold.
//
// A cabin that is not there and a token that is wrong are fault.ErrNotFound, after the same work; no time tells how much of
// the token was right.
func (c *Calendars) Export(ctx context.Context, accommodationID int64, token string, now time.Time) (calendar.Export, error) {
	var feeds []known
	var entries []exported
	err := c.db.use(ctx, func(conn *pgxpool.Conn) error {
		batch := &pgx.Batch{}
		queueCollect(batch, &feeds, scanKnown, `
			select f.id, f.token, f.source, coalesce(a.slug, '') from calendar_feeds f join accommodations a on a.id = f.accommodation_id
			where f.accommodation_id = $1`, accommodationID)
		queueCollect(batch, &entries, scanExported, `
			with w as (
				select today - $3::integer as first, today + $4::integer as last
				from (select ($1::timestamptz at time zone timezone)::date as today from accommodations where id = $2) a)
			select public_uid::text, check_in, check_out, true, changed_at, version, 0, ''
			from reservations, w
			where accommodation_id = $2 and period && daterange(first, last)
				and status in ('pre_reserved', 'confirmed') and `+liveNights+`
			union all
			select public_uid::text, check_in, check_out, true, changed_at, version, 0, ''
			from reservations, w
			where accommodation_id = $2 and check_out > first and check_in < last and status in ('completed', 'no_show')
			union all
			select public_uid::text, start_date, end_date, kind = 'reserved', changed_at, version, coalesce(feed_id, 0),
				case when uid ~ '^[0-9a-f-]{36}[.][0-9]{1,19}@' then uid else '' end
			from calendar_events, w
			where accommodation_id = $2 and period && daterange(first, last) and `+closing,
			now, accommodationID, exportPast, booking.Horizon)
		return conn.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return calendar.Export{}, err
	}
	export := calendar.Export{AccommodationID: accommodationID}
	for _, f := range feeds {
		if subtle.ConstantTimeCompare([]byte(f.token), []byte(token)) == 1 {
			export.FeedID, export.Slug, export.Source = f.id, f.slug, f.source
		}
	}
	export.Entries = entriesFor(export.FeedID, entries)
	if export.FeedID == 0 {
		return calendar.Export{}, fault.ErrNotFound
	}
	return export, nil
}

// entriesFor leaves out what came from a feed, and puts the rest in order.
func entriesFor(feedID int64, all []exported) []calendar.Entry {
	entries := make([]calendar.Entry, 0, len(all))
	for _, e := range all {
		if e.feedID == 0 || e.feedID != feedID {
			entries = append(entries, e.Entry)
		}
	}
	slices.SortFunc(entries, func(a, b calendar.Entry) int {
		return cmp.Or(a.Nights.From.Compare(b.Nights.From), a.Nights.To.Compare(b.Nights.To), cmp.Compare(a.UID, b.UID))
	})
	return entries
}

func scanKnown(row pgx.CollectableRow) (known, error) {
	var f known
	err := row.Scan(&f.id, &f.token, &f.source, &f.slug)
	return f, err
}

func scanExported(row pgx.CollectableRow) (exported, error) {
	var e exported
	err := row.Scan(&e.UID, &e.Nights.From, &e.Nights.To, &e.Stay, &e.Changed, &e.Version, &e.feedID, &e.Origin)
	e.Changed = e.Changed.UTC()
	return e, err
}
