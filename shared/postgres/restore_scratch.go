package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/eevans-d/sist-cabanas/shared/config"
)

const (
	scratchPrefix = "cabanas_scratch_"
	scratchTime   = "20060102150405"
	// scratchAbandoned is how old a scratch is when whoever made it was surely killed.
	scratchAbandoned = 24 * time.Hour
	scratchCleanup   = 30 * time.Second

	insufficientPrivilege = "42501"
)

// makeScratch makes an empty database, or an empty schema, and returns it with what drops it again. It carries its time in
// its name, by which a later trial finds what killed ones have left.
func makeScratch(ctx context.Context, t Target) (scratch Target, drop func() error, err error) {
	conn, err := t.connect(ctx)
	if err != nil {
		return t, nil, err
	}
	defer closeConn(ctx, conn)
	now := time.Now().UTC()
	if err := sweepScratch(ctx, conn, now); err != nil {
		return t, nil, err
	}
	name := scratchPrefix + now.Format(scratchTime) + "_" + strings.ToLower(rand.Text()[:8])
	quoted := quoteAll([]string{name})
	remove := "drop database if exists " + quoted + " with (force)"
	_, err = conn.Exec(ctx, "create database "+quoted+" template template0 encoding 'UTF8'")
	pg, _ := errors.AsType[*pgconn.PgError](err)
	inSchema := pg != nil && pg.Code == insufficientPrivilege
	if inSchema {
		remove = "drop schema if exists " + quoted + " cascade"
		_, err = conn.Exec(ctx, "create schema "+quoted)
	}
	if err != nil {
		return t, nil, err
	}
	scratch, err = t.within(name, inSchema)
	return scratch, func() error {
		// Another connection: the first would have been idle for as long as the trial took, which poolers end.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), scratchCleanup)
		defer cancel()
		conn, err := t.connect(ctx)
		if err != nil {
			return err
		}
		defer closeConn(ctx, conn)
		_, err = conn.Exec(ctx, remove)
		return err
	}, err
}

// within is the same target in another database of the server, or in a schema of this one. Then the search path names nothing
// else, so that no statement of a migration can reach the real tables.
func (t Target) within(name string, inSchema bool) (Target, error) {
	address, err := url.Parse(t.URL.Reveal())
	if err != nil {
		return t, errors.New("the database's address cannot be parsed") // the parser's error quotes it
	}
	query := address.Query()
	if inSchema {
		query.Set("search_path", name)
	} else {
		query.Del("search_path")
		address.Path = "/" + name
	}
	address.RawQuery = query.Encode()
	t.URL = config.Secret(address.String())
	return t, nil
}

// sweepScratch drops what trials that were killed have left.
func sweepScratch(ctx context.Context, conn *pgx.Conn, now time.Time) error {
	rows, err := conn.Query(ctx, `
		select 'database', datname::text from pg_catalog.pg_database
			where pg_catalog.starts_with(datname::text, $1) and pg_catalog.pg_has_role(datdba, 'usage')
		union all
		select 'schema', nspname::text from pg_catalog.pg_namespace
			where pg_catalog.starts_with(nspname::text, $1) and pg_catalog.pg_has_role(nspowner, 'usage')`, scratchPrefix)
	if err != nil {
		return err
	}
	type left struct{ Kind, Name string }
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[left])
	if err != nil {
		return err
	}
	for _, l := range found {
		if !abandoned(l.Name, now) {
			continue
		}
		how := map[string]string{"database": " with (force)", "schema": " cascade"}[l.Kind]
		if _, err := conn.Exec(ctx, "drop "+l.Kind+" if exists "+quoteAll([]string{l.Name})+how); err != nil {
			return fmt.Errorf("drop what an earlier trial has left: %w", err)
		}
	}
	return nil
}

// abandoned reads the time in a scratch's name; what does not carry one is not ours.
func abandoned(name string, now time.Time) bool {
	stamp, _, ok := strings.Cut(strings.TrimPrefix(name, scratchPrefix), "_")
	born, err := time.Parse(scratchTime, stamp)
	return ok && err == nil && now.Sub(born) > scratchAbandoned
}
