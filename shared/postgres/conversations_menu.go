package postgres

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/notice"
)

// menu is the newest cabins that this process has seen, as guests ask about them.
type menu struct{ newest atomic.Pointer[offer] }

// offer belongs to one version of table catalog, and never changes.
type offer struct {
	version  int64
	cabins   []conversation.Cabin
	accounts map[int64]notice.Transfer
}

// Cabins returns all active cabins by id, with what guests ask about them. It costs a round trip, and five more after something
// about a cabin has changed. What is returned is shared by all readers: it is not to be changed.
func (c *Conversations) Cabins(ctx context.Context) ([]conversation.Cabin, error) {
	o, err := c.offer(ctx)
	if err != nil {
		return nil, err
	}
	return slices.Clone(o.cabins), nil
}

// Account returns where deposits for a cabin can be transferred to; empty = nowhere.
func (c *Conversations) Account(ctx context.Context, cabin int64) (notice.Transfer, error) {
	o, err := c.offer(ctx)
	if err != nil {
		return notice.Transfer{}, err
	}
	return o.accounts[cabin], nil
}

func (c *Conversations) offer(ctx context.Context) (o *offer, err error) {
	err = c.db.use(ctx, func(conn *pgxpool.Conn) error {
		if o = c.menu.newest.Load(); o != nil {
			version, err := currentVersion(ctx, conn)
			if err != nil || version == o.version {
				return err
			}
		}
		snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
		return pgx.BeginTxFunc(ctx, conn, snapshot, func(tx pgx.Tx) error {
			if o, err = loadOffer(ctx, tx); err != nil {
				return fmt.Errorf("load the catalogue: %w", err)
			}
			c.menu.newest.Store(o)
			return nil
		})
	})
	return o, err
}

func loadOffer(ctx context.Context, tx pgx.Tx) (*offer, error) {
	known, err := loadCatalog(ctx, tx)
	if err != nil {
		return nil, err
	}
	o := &offer{version: known.version, accounts: make(map[int64]notice.Transfer)}
	rows, err := tx.Query(ctx, `
		select id, extract(epoch from check_in_time)::integer, extract(epoch from check_out_time)::integer, address, map_url,
			coalesce(latitude, 0)::float8, coalesce(longitude, 0)::float8, cancellation_steps, pets_allowed, babies_count, answers, host_name, host_phone,
			transfer_alias, transfer_cbu, transfer_holder, transfer_bank
		from accommodations where active order by id`)
	if err != nil {
		return nil, err
	}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		cabin, account, err := scanCabin(row)
		if a := known.byID[cabin.ID]; a != nil {
			cabin.Accommodation = *a
			o.cabins, o.accounts[a.ID] = append(o.cabins, cabin), account
		}
		return struct{}{}, err
	})
	return o, err
}

func scanCabin(row pgx.CollectableRow) (conversation.Cabin, notice.Transfer, error) {
	var c conversation.Cabin
	var t notice.Transfer
	var from, until int
	err := row.Scan(&c.ID, &from, &until, &c.Address, &c.MapURL, &c.Latitude, &c.Longitude, &c.Steps, &c.Pets, &c.BabiesCount, &c.Answers,
		&c.HostName, &c.HostPhone, &t.Alias, &t.CBU, &t.Holder, &t.Bank)
	c.CheckIn, c.CheckOut = time.Duration(from)*time.Second, time.Duration(until)*time.Second
	c.Transfer = t.Alias != "" || t.CBU != ""
	return c, t, err
}
