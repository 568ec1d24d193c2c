package postgres

import (
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
	if id, err := strconv.ParseInt(ref, 10, 64); err == nil && c.byID[id] != nil {
		return c.byID[id], nil
	}
	if a := c.bySlug[ref]; a != nil {
		return a, nil
	}
	return nil, fault.ErrNotFound.WithDetail("There is no such accommodation.")
}

// catalogCache holds the newest catalog that the process has seen. Whoever reads from it also asks for the version, in the
// statement that it sends anyway, and reloads when that is another one: what guests are shown is never stale.
type catalogCache struct{ newest atomic.Pointer[catalog] }

// current returns the catalog of a version; version 0 means whichever is newest.
func (c *catalogCache) current(ctx context.Context, conn *pgxpool.Conn, version int64) (*catalog, error) {
	if known := c.newest.Load(); known != nil && known.version == version {
		return known, nil
	}
	loaded, err := loadCatalog(ctx, conn)
	if err != nil {
		return nil, fmt.Errorf("load the catalogue: %w", err)
	}
	c.newest.Store(loaded)
	return loaded, nil
}

// loadCatalog reads version, accommodations and rates in one snapshot: a change that commits in between would otherwise be
// missed under a version that claims it.
func loadCatalog(ctx context.Context, conn *pgxpool.Conn) (*catalog, error) {
	c := &catalog{byID: make(map[int64]*booking.Accommodation), bySlug: make(map[string]*booking.Accommodation)}
	snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err := pgx.BeginTxFunc(ctx, conn, snapshot, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `select version from catalog`).Scan(&c.version); err != nil {
			return err
		}
		if err := c.loadAccommodations(ctx, tx); err != nil {
			return err
		}
		return c.loadRates(ctx, tx)
	})
	if err != nil {
		return nil, err
	}
	return c, nil
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

// Bookings answers what is free and keeps who has it.
type Bookings struct {
	db      *DB
	catalog catalogCache
}

// NewBookings returns the bookings of a share.
func NewBookings(db *DB) *Bookings { return &Bookings{db: db} }

// Accommodations returns the active accommodations by id, those after the id after, at most limit.
func (b *Bookings) Accommodations(ctx context.Context, after int64, limit int) ([]*booking.Accommodation, error) {
	var page []*booking.Accommodation
	err := b.db.use(ctx, func(conn *pgxpool.Conn) error {
		c, err := b.latest(ctx, conn)
		if err != nil {
			return err
		}
		page = pageOf(c.active, after, limit)
		return nil
	})
	return page, err
}

// Accommodation returns one active accommodation by id or slug.
func (b *Bookings) Accommodation(ctx context.Context, ref string) (*booking.Accommodation, error) {
	var found *booking.Accommodation
	err := b.db.use(ctx, func(conn *pgxpool.Conn) error {
		c, err := b.latest(ctx, conn)
		if err != nil {
			return err
		}
		found, err = c.find(ref)
		return err
	})
	return found, err
}

func (b *Bookings) latest(ctx context.Context, conn *pgxpool.Conn) (*catalog, error) {
	var version int64
	if err := conn.QueryRow(ctx, `select version from catalog`).Scan(&version); err != nil {
		return nil, err
	}
	return b.catalog.current(ctx, conn, version)
}

func pageOf(all []*booking.Accommodation, after int64, limit int) []*booking.Accommodation {
	start, found := slices.BinarySearchFunc(all, after, func(a *booking.Accommodation, id int64) int {
		return int(min(max(a.ID-id, -1), 1))
	})
	if found {
		start++
	}
	return all[start:min(start+limit, len(all))]
}

// Occupied returns which nights within a window are taken in an accommodation, by id or slug.
func (b *Bookings) Occupied(ctx context.Context, ref string, window civil.Nights, now time.Time) (booking.Occupied, error) {
	var found booking.Occupied
	err := b.db.use(ctx, func(conn *pgxpool.Conn) error {
		var err error
		found.Cabin, err = b.lookUp(ctx, conn, ref, func(id int64) (version int64, err error) {
			version, found.Nights, err = occupied(ctx, conn, id, window, now)
			return version, err
		})
		return err
	})
	return found, err
}

// lookUp finds an accommodation in the catalog at hand and runs a statement about it, which also returns the version that is
// current: if it is another one, both are done again with that. So the usual request costs one round trip.
func (b *Bookings) lookUp(ctx context.Context, conn *pgxpool.Conn, ref string, ask func(id int64) (int64, error)) (*booking.Accommodation, error) {
	c, err := b.guess(ctx, conn)
	if err != nil {
		return nil, err
	}
	for range 5 {
		var id int64 // 0, which nothing has, when the reference means nothing in this version
		found, missing := c.find(ref)
		if missing == nil {
			id = found.ID
		}
		version, err := ask(id)
		if err != nil {
			return nil, err
		}
		if version == c.version {
			return found, missing
		}
		if c, err = b.catalog.current(ctx, conn, version); err != nil {
			return nil, err
		}
	}
	return nil, fault.ErrBusy // somebody changes prices several times a millisecond
}

// guess returns a catalog that is probably current; the statement that follows tells.
func (b *Bookings) guess(ctx context.Context, conn *pgxpool.Conn) (*catalog, error) {
	if known := b.catalog.newest.Load(); known != nil {
		return known, nil
	}
	return b.catalog.current(ctx, conn, 0)
}

func occupied(ctx context.Context, conn *pgxpool.Conn, id int64, window civil.Nights, now time.Time) (version int64, nights []civil.Nights, err error) {
	var from, to []civil.Date
	err = conn.QueryRow(ctx, `
		select (select version from catalog), coalesce(array_agg(check_in order by check_in), '{}'), coalesce(array_agg(check_out order by check_in), '{}')
		from reservations
		where accommodation_id = $2 and period && daterange($3, $4) and status in ('pre_reserved', 'confirmed') and `+liveNights,
		now, id, window.From, window.To).Scan(&version, &from, &to)
	for i := range from {
		nights = append(nights, civil.Nights{From: from[i], To: to[i]})
	}
	return version, nights, err
}

// Free returns the active accommodations in which no night of a stay is taken, by id.
func (b *Bookings) Free(ctx context.Context, nights civil.Nights, now time.Time) ([]*booking.Accommodation, error) {
	var free []*booking.Accommodation
	err := b.db.use(ctx, func(conn *pgxpool.Conn) error {
		var version int64
		var taken []int64
		err := conn.QueryRow(ctx, `
			select (select version from catalog), coalesce(array_agg(distinct accommodation_id), '{}')
			from reservations
			where period && daterange($2, $3) and status in ('pre_reserved', 'confirmed') and `+liveNights,
			now, nights.From, nights.To).Scan(&version, &taken)
		if err != nil {
			return err
		}
		c, err := b.catalog.current(ctx, conn, version)
		if err != nil {
			return err
		}
		free = without(c.active, taken)
		return nil
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
