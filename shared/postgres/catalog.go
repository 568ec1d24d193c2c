package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// catalog is the active accommodations with their rates, as of one version of table catalog. It never changes: a new version
// is a new catalog, so that readers share it without locks.
type catalog struct {
	version int64
	active  []*booking.Accommodation // by id
	byID    map[int64]*booking.Accommodation
	bySlug  map[string]*booking.Accommodation
}

// find returns the accommodation that a reference means: its id or its slug. A slug is never all digits.
func (c *catalog) find(ref string) (*booking.Accommodation, error) {
	if id, err := strconv.ParseInt(ref, 10, 64); err == nil && c.byID[id] != nil && strconv.FormatInt(id, 10) == ref {
		return c.byID[id], nil // and not "+1" or "01": one thing has one address
	}
	if a := c.bySlug[ref]; a != nil {
		return a, nil
	}
	return nil, fault.ErrNotFound.WithDetail("There is no such accommodation.")
}

// loadCatalog reads version, accommodations and rates. In the snapshot that tx must be they belong together: a change that
// commits in between would otherwise be missed under a version that claims it.
func loadCatalog(ctx context.Context, tx pgx.Tx) (*catalog, error) {
	c := &catalog{byID: make(map[int64]*booking.Accommodation), bySlug: make(map[string]*booking.Accommodation)}
	if err := tx.QueryRow(ctx, `select version from catalog`).Scan(&c.version); err != nil {
		return nil, err
	}
	if err := c.loadAccommodations(ctx, tx); err != nil {
		return nil, err
	}
	return c, c.loadRates(ctx, tx)
}

func (c *catalog) loadAccommodations(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `
		select id, coalesce(slug, ''), name, type, description, capacity, base_price, currency, weekend_multiplier, weekend_nights,
			coalesce(included_guests, 0), extra_guest_price, cleaning_fee, deposit_percent, min_nights, max_nights,
			cancellation_policy, timezone, amenities, photos
		from accommodations where active order by id`)
	if err != nil {
		return err
	}
	c.active, err = pgx.CollectRows(rows, scanAccommodation)
	if err != nil {
		return err
	}
	for _, a := range c.active {
		c.byID[a.ID] = a
		if a.Slug != "" {
			c.bySlug[a.Slug] = a
		}
	}
	return nil
}

func scanAccommodation(row pgx.CollectableRow) (*booking.Accommodation, error) {
	var a booking.Accommodation
	var weekend []int16
	var zone string
	err := row.Scan(&a.ID, &a.Slug, &a.Name, &a.Type, &a.Description, &a.Capacity, &a.BasePrice, &a.Currency, &a.WeekendMultiplier, &weekend,
		&a.IncludedGuests, &a.ExtraGuestPrice, &a.CleaningFee, &a.DepositPercent, &a.MinNights, &a.MaxNights,
		&a.Policy, &zone, &a.Amenities, &a.Photos)
	if err != nil {
		return nil, err
	}
	a.WeekendNights = booking.WeekdaysFromISO(weekend)
	a.Zone, err = time.LoadLocation(zone)
	return &a, err
}

func (c *catalog) loadRates(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `
		select accommodation_id, id, name, start_date, end_date, price, coalesce(min_nights, 0) from rates order by id`)
	if err != nil {
		return err
	}
	var owner int64
	var r booking.Rate
	_, err = pgx.ForEachRow(rows, []any{&owner, &r.ID, &r.Name, &r.Nights.From, &r.Nights.To, &r.Price, &r.MinNights}, func() error {
		if a := c.byID[owner]; a != nil {
			a.Rates = append(a.Rates, r)
		}
		return nil
	})
	return err
}

// liveNights is the condition under which a reservation takes its nights at the instant $1: an overdue hold does not, even
// before anybody has written that down.
const liveNights = `(status = 'confirmed' or status = 'pre_reserved' and expires_at > $1)`

// closing is the condition under which an event of a calendar, or what the owner closed by hand, takes its nights. Whether there
// is one is asked by counting: for "exists" the planner hopes for a match at the start of the table and reads all of it.
const closing = `active and not echo`

// Bookings answers what is free and keeps who has it. The accommodations that it returns are shared by all readers: they are
// not to be changed.
type Bookings struct {
	db      *DB
	enqueue Enqueue // nil = nobody is told of holds
	// The newest catalog that this process has seen.
	newest atomic.Pointer[catalog]
}

// NewBookings returns the bookings of a share.
func NewBookings(db *DB) *Bookings { return &Bookings{db: db} }

// NewDesk returns the bookings of a share that have guest and owner told of the holds they keep.
func NewDesk(db *DB, enqueue Enqueue) *Bookings { return &Bookings{db: db, enqueue: enqueue} }

// consult answers a question from the catalog at hand. The question's statement, which has to be sent anyway, also returns the
// version that is current; if that is another one, it is loaded and the question is asked again, both in one snapshot. So the
// usual request costs one round trip, and what a guest is shown is never stale and belongs together.
func (b *Bookings) consult(ctx context.Context, ask func(*pgxpool.Conn, *catalog) (version int64, err error)) error {
	return b.db.use(ctx, func(conn *pgxpool.Conn) error {
		if known := b.newest.Load(); known != nil {
			version, err := ask(conn, known)
			if err != nil || version == known.version {
				return err
			}
		}
		snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
		return pgx.BeginTxFunc(ctx, conn, snapshot, func(tx pgx.Tx) error {
			loaded, err := loadCatalog(ctx, tx)
			if err != nil {
				return fmt.Errorf("load the catalogue: %w", err)
			}
			b.newest.Store(loaded)
			_, err = ask(conn, loaded)
			return err
		})
	})
}

// Accommodations returns the active accommodations by id, those after the id after, at most limit.
func (b *Bookings) Accommodations(ctx context.Context, after int64, limit int) ([]*booking.Accommodation, error) {
	var page []*booking.Accommodation
	err := b.consult(ctx, func(conn *pgxpool.Conn, c *catalog) (int64, error) {
		page = pageOf(c.active, after, limit)
		return currentVersion(ctx, conn)
	})
	return page, err
}

// Accommodation returns one active accommodation by id or slug.
func (b *Bookings) Accommodation(ctx context.Context, ref string) (*booking.Accommodation, error) {
	var found *booking.Accommodation
	var missing error
	err := b.consult(ctx, func(conn *pgxpool.Conn, c *catalog) (int64, error) {
		found, missing = c.find(ref)
		return currentVersion(ctx, conn)
	})
	return found, cmp.Or(err, missing)
}

func currentVersion(ctx context.Context, conn *pgxpool.Conn) (version int64, err error) {
	err = conn.QueryRow(ctx, `select version from catalog`).Scan(&version)
	return version, err
}

func pageOf(all []*booking.Accommodation, after int64, limit int) []*booking.Accommodation {
	start, found := slices.BinarySearchFunc(all, after, func(a *booking.Accommodation, id int64) int { return cmp.Compare(a.ID, id) })
	if found {
		start++
	}
	return slices.Clone(all[start:min(start+limit, len(all))])
}

// Occupied returns which nights within a window are taken in an accommodation, by id or slug: by guests, by events of other
// channels, by the owner's hand. They come in the order in which they begin, may overlap, and are returned whole where they
// reach beyond the window.
func (b *Bookings) Occupied(ctx context.Context, ref string, window civil.Nights, now time.Time) (booking.Occupied, error) {
	var found booking.Occupied
	err := b.about(ctx, ref, &found.Cabin, func(conn *pgxpool.Conn, id int64) (version int64, err error) {
		version, found.Nights, err = occupied(ctx, conn, id, window, now)
		return version, err
	})
	return found, err
}

// about consults the catalog about one accommodation, by id or slug, which it puts into found.
func (b *Bookings) about(ctx context.Context, ref string, found **booking.Accommodation, ask func(conn *pgxpool.Conn, id int64) (version int64, err error)) error {
	var missing error
	err := b.consult(ctx, func(conn *pgxpool.Conn, c *catalog) (int64, error) {
		var id int64 // stays 0, which is nobody's, if this version knows none: whether it is current has to be asked all the same
		if *found, missing = c.find(ref); missing == nil {
			id = (*found).ID
		}
		return ask(conn, id)
	})
	return cmp.Or(err, missing)
}

func occupied(ctx context.Context, conn *pgxpool.Conn, id int64, window civil.Nights, now time.Time) (version int64, nights []civil.Nights, err error) {
	var from, to []civil.Date
	err = conn.QueryRow(ctx, `
		select (select version from catalog),
			coalesce(array_agg(start_date order by start_date, end_date), '{}'), coalesce(array_agg(end_date order by start_date, end_date), '{}')
		from (
			select check_in as start_date, check_out as end_date from reservations
			where accommodation_id = $2 and period && daterange($3, $4) and status in ('pre_reserved', 'confirmed') and `+liveNights+`
			union all
			select start_date, end_date from calendar_events
			where accommodation_id = $2 and period && daterange($3, $4) and `+closing+`) taken`,
		now, id, window.From, window.To).Scan(&version, &from, &to)
	for i := range from {
		nights = append(nights, civil.Nights{From: from[i], To: to[i]})
	}
	return version, nights, err
}

// Free returns the active accommodations in which no night of a stay is taken, by id.
func (b *Bookings) Free(ctx context.Context, nights civil.Nights, now time.Time) ([]*booking.Accommodation, error) {
	var free []*booking.Accommodation
	err := b.consult(ctx, func(conn *pgxpool.Conn, c *catalog) (version int64, err error) {
		var taken []int64
		// The order of the dates is what index reservations_live_by_period is recognised by; events of calendars are looked for
		// cabin by cabin.
		err = conn.QueryRow(ctx, `
			select (select version from catalog), coalesce(array_agg(distinct accommodation_id order by accommodation_id), '{}')
			from (
				select accommodation_id from reservations
				where period && daterange($2, $3) and check_in < check_out and status in ('pre_reserved', 'confirmed') and `+liveNights+`
				union all
				select a.id from accommodations a
				where (select count(*) > 0 from calendar_events
					where accommodation_id = a.id and period && daterange($2, $3) and `+closing+`)) taken`,
			now, nights.From, nights.To).Scan(&version, &taken)
		free = without(c.active, taken)
		return version, err
	})
	return free, err
}

// without returns the accommodations whose ids are not taken; taken is in order.
func without(all []*booking.Accommodation, taken []int64) []*booking.Accommodation {
	free := make([]*booking.Accommodation, 0, len(all))
	for _, a := range all {
		if _, found := slices.BinarySearch(taken, a.ID); !found {
			free = append(free, a)
		}
	}
	return free
}
