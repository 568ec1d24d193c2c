package postgres_test

import (
	"bytes"
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

func verify(t testing.TB, target postgres.Target, dumped []byte) []postgres.TableCheck {
	t.Helper()
	checks, err := postgres.Verify(t.Context(), target, bytes.NewReader(dumped))
	check(t, err)
	return checks
}

func differing(checks []postgres.TableCheck) []string {
	var names []string
	for _, c := range checks {
		if !c.Same() {
			names = append(names, c.Name)
		}
	}
	return names
}

// plainRole makes a role that may log in and nothing else, and a database that it owns: what a managed Postgres gives. It
// returns the address of that database, as the role.
func plainRole(t testing.TB, options string) string {
	t.Helper()
	dsn := bare(t)
	admin := poolOf(t, dsn)
	address, err := url.Parse(dsn)
	check(t, err)
	role := strings.TrimPrefix(address.Path, "/") + "_role"
	quoted := pgx.Identifier{role}.Sanitize()
	run(t, admin, "create role "+quoted+" login password 'plain' "+options)
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		_, err := admin.Exec(ctx, "reassign owned by "+quoted+" to current_user; drop owned by "+quoted)
		check(t, err)
		_, err = admin.Exec(ctx, "alter database "+pgx.Identifier{strings.TrimPrefix(address.Path, "/")}.Sanitize()+" owner to current_user; drop role "+quoted)
		check(t, err)
	})
	run(t, admin, "alter database "+pgx.Identifier{strings.TrimPrefix(address.Path, "/")}.Sanitize()+" owner to "+quoted)
	run(t, admin, "alter schema public owner to "+quoted)
	address.User = url.UserPassword(role, "plain")
	return address.String()
}

func TestARoleWithoutPrivilegesBacksUpRestoresAndVerifies(t *testing.T) {
	t.Parallel()
	s := odd(t)
	fill(t, s)
	dumped, _ := s.dump(t)
	for _, options := range []string{"nocreatedb", "createdb"} {
		t.Run(options, func(t *testing.T) {
			t.Parallel()
			target := s.target(plainRole(t, options))
			_, err := postgres.Restore(t.Context(), target, bytes.NewReader(dumped))
			check(t, err)
			db := poolOf(t, target.URL.Reveal())
			want := everything(t, s.Pool)
			expectSame(t, everything(t, db), want)
			again, _ := source{dsn: target.URL.Reveal()}.dump(t)
			if !bytes.Equal(again, dumped) {
				t.Error("its own dump is another one")
			}
			checks := verify(t, target, again) // beside the real tables, which are full
			if len(checks) != len(tables(t, db))+1 || len(differing(checks)) != 0 {
				t.Errorf("%d tables were checked, these differ: %v", len(checks), differing(checks))
			}
			expectSame(t, everything(t, db), want)
			expectNoScratch(t, db)
		})
	}
}

func expectNoScratch(t testing.TB, db *pgxpool.Pool) {
	t.Helper()
	if left := soleValue(t, db, `select string_agg(nspname, ',') from pg_namespace where nspname like 'cabanas_scratch%'`); left != "" {
		t.Errorf("schemas are left: %s", left)
	}
	if left := soleValue(t, db, `select string_agg(datname, ',') from pg_database where datname like 'cabanas_scratch%' and pg_has_role(datdba, 'usage') and not (select rolsuper from pg_roles where rolname = current_user)`); left != "" {
		t.Errorf("databases are left: %s", left)
	}
}

func TestVerifyNamesTheTablesThatCameOutDifferent(t *testing.T) {
	t.Parallel()
	s := odd(t)
	run(t, s.Pool, `insert into "Odd Table" (amount) values (1.234)`)
	run(t, s.Pool, "insert into no_rows default values")
	dumped, _ := s.dump(t)
	lossy := s
	lossy.files = overlay(t, "00900_odd.sql", strings.Replace(oddTables, "amount numeric,", "amount numeric(12, 2),", 1))
	checks := verify(t, lossy.target(s.dsn), dumped)
	if got := differing(checks); !slices.Equal(got, []string{"Odd Table"}) {
		t.Errorf("these differ: %v, want the one that has been rounded", got)
	}
	i := slices.IndexFunc(checks, func(c postgres.TableCheck) bool { return c.Name == "no_rows" })
	if checks[i].Backup.Rows != 1 || checks[i].Restored.Rows != 1 {
		t.Errorf("got %+v", checks[i])
	}
}

func TestADamagedDumpIsNotVerifiedAndLeavesNothing(t *testing.T) {
	t.Parallel()
	s := odd(t)
	dumped, _ := s.dump(t)
	dsn := plainRole(t, "createdb")
	if _, err := postgres.Verify(t.Context(), s.target(dsn), bytes.NewReader(dumped[:len(dumped)-20])); err == nil {
		t.Error("no error")
	}
	expectNoScratch(t, poolOf(t, dsn))
}

func TestTrialsOfTheDeadAreSweptAndThoseOfTheLivingAreNot(t *testing.T) {
	t.Parallel()
	s := odd(t)
	dumped, _ := s.dump(t)
	dsn := plainRole(t, "nocreatedb")
	db := poolOf(t, dsn)
	young := "cabanas_scratch_" + time.Now().UTC().Add(-time.Hour).Format("20060102150405") + "_young"
	run(t, db, "create schema cabanas_scratch_20200101000000_dead; create table cabanas_scratch_20200101000000_dead.a (); create schema "+young+"; create schema cabanas_scratch_of_somebody")
	verify(t, s.target(dsn), dumped)
	left := soleValue(t, db, `select string_agg(nspname, ',' order by nspname) from pg_namespace where nspname like 'cabanas_scratch%'`)
	if left != young+",cabanas_scratch_of_somebody" {
		t.Errorf("left: %s", left)
	}
}
