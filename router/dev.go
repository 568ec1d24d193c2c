//go:build dev

package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pglocal"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

func buildVerbs() []verb {
	return []verb{{"dev", "", "run everything on this machine, with demo data and nothing to sign up for", (*program).dev}}
}

// devState is where everything lives that development keeps; removing it starts afresh.
const devState = ".local"

// devOwner may do what an owner may.
const devOwner = "owner@example.com"

// dev runs the whole system with what it needs beside it: Postgres as a child process, Redis inside this one. Variables that
// are set win over what it would choose.
func (p *program) dev(ctx context.Context, _ []string) error {
	if os.Getenv("ENVIRONMENT") == config.Production {
		return usagef("dev is not for ENVIRONMENT=production")
	}
	if err := portFree(ctx); err != nil {
		return err
	}
	p.log = zerolog.ConsoleWriter{Out: p.out, TimeFormat: time.TimeOnly, NoColor: os.Getenv("NO_COLOR") != "" || !isTerminal(p.out)}
	database, err := devDatabase(ctx)
	if err != nil {
		return err
	}
	defer database.Stop() //nolint:errcheck // the watcher beside it stops it anyway
	redis, err := miniredis.Run()
	if err != nil {
		return fmt.Errorf("in-process Redis: %w", err)
	}
	defer redis.Close()
	now, err := p.loadClock()
	if err != nil {
		return err
	}
	others, variables, err := startStandIns(now)
	if err != nil {
		return err
	}
	defer others.close()
	variables["DATABASE_URL"], variables["REDIS_URL"] = database.url, "redis://"+redis.Addr()
	if err := devEnvironment(variables); err != nil {
		return err
	}
	if err := p.runTask(ctx, []string{"migrate"}); err != nil {
		return err
	}
	examples, err := p.devData(ctx)
	if err != nil {
		return fmt.Errorf("demo data: %w", err)
	}
	p.listening = func(string) {
		p.devBlock(database.what, examples, others)
		others.shakeHands(ctx, p.errors)
	}
	ours := p.functions
	p.functions = func(r *resources) []function.Function {
		return append(append(ours(r), demoCalendars(r)), others.functions(r)...)
	}
	return p.serve(ctx, nil)
}

// portFree finds out before anything else is started whether there is a port to serve on.
func portFree(ctx context.Context) error {
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", ":"+port)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("port %s is taken by another program; set PORT to a free one: PORT=8081 make run", port)
	}
	if err != nil {
		return err
	}
	return listener.Close()
}

// devServer is the database of a development run.
type devServer struct {
	*pglocal.Server // nil when DATABASE_URL says where another one is
	url, what       string
}

func devDatabase(ctx context.Context) (devServer, error) {
	if url := os.Getenv("DATABASE_URL"); url != "" {
		return devServer{url: url, what: "Postgres of DATABASE_URL"}, nil
	}
	dir := filepath.Join(devState, "postgres")
	server, err := pglocal.Start(ctx, pglocal.Options{Dir: dir, Durable: true})
	if err != nil {
		return devServer{}, err
	}
	return devServer{server, server.DSN("postgres"), "Postgres " + server.Version() + " in " + dir}, nil
}

// Stop ends the database, if it is ours.
func (d devServer) Stop() error {
	if d.Server == nil {
		return nil
	}
	return d.Server.Stop()
}

// devEnvironmentFile is where the environment of a development run is kept, for other shells.
func devEnvironmentFile() string { return filepath.Join(devState, "environment") }

// devEnvironment sets the variables that are not set, and leaves them all for other shells. Secrets are made once and kept, so
// that links and tokens survive a restart.
func devEnvironment(variables map[string]string) error {
	secrets, err := devSecrets()
	if err != nil {
		return err
	}
	maps.Copy(variables, secrets)
	variables["ADMIN_ALLOWED_EMAILS"] = devOwner
	variables["ICAL_ALLOW_PRIVATE_HOSTS"] = "true" // the demo calendars are on this machine
	if clock := os.Getenv("CLOCK"); clock != "" {
		variables["CLOCK"] = clock
	}
	if os.Getenv("BUCKET_NAME") == "" {
		variables["BACKUP_DIR"] = filepath.Join(devState, "backups")
	}
	var lines strings.Builder
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if os.Getenv(name) == "" {
			if err := os.Setenv(name, variables[name]); err != nil {
				return err
			}
		}
		fmt.Fprintf(&lines, "export %s='%s'\n", name, strings.ReplaceAll(os.Getenv(name), "'", `'\''`))
	}
	return os.WriteFile(devEnvironmentFile(), []byte(lines.String()), 0o600)
}

func devSecrets() (map[string]string, error) {
	file := filepath.Join(devState, "secrets.json")
	secrets := make(map[string]string)
	kept, err := os.ReadFile(file)
	if err == nil {
		return secrets, json.Unmarshal(kept, &secrets)
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	secrets["JWT_SECRET"], secrets["GUEST_TOKEN_SECRET"] = rand.Text()+rand.Text(), rand.Text()+rand.Text()
	made, err := json.Marshal(secrets)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(devState, 0o755); err != nil { // the database's own user has to pass through it
		return nil, err
	}
	return secrets, os.WriteFile(file, made, 0o600)
}

// devBlock says what is running and what to try.
func (p *program) devBlock(database string, e examples, others standIns) {
	var process processConfig
	var access web.AccessConfig
	if err := errors.Join(p.load(&process), p.load(&access)); err != nil {
		return // serving has loaded the same: this cannot be
	}
	base := "http://localhost:" + strconv.Itoa(process.Port)
	token, err := web.NewAccess(access, p.clock(process.Clock)).AdminToken(devOwner, 24*time.Hour)
	if err != nil {
		token = err.Error() // ADMIN_ALLOWED_EMAILS was set to somebody else
	}
	fmt.Fprintf(p.out, `
  Cabañas is running: %[1]s    (everything there is, with links)
  %[2]s · Redis in this process · Ctrl-C stops all of it · make clean forgets it

  Which cabins are free, and for how much?
    curl -s '%[1]s/api/v1/availability?check_in=%[3]s&check_out=%[4]s&guests=2'
  What does one cost, line by line?
    curl -s '%[1]s/api/v1/accommodations/%[5]s/quote?check_in=%[3]s&check_out=%[4]s&guests=2'
  Hold it for half an hour (twice: the second guest gets 409):
    curl -s -H 'Content-Type: application/json' %[1]s/api/v1/reservations -d '{"accommodation_id":%[6]d,"check_in":"%[3]s","check_out":"%[4]s","guests":2,"contact_name":"Test User","contact_phone":"+5491155443322","contact_email":"guest@example.com","channel":"web"}'
%[9]s
  The owner's token (%[7]s, good for a day):
    export TOKEN=%[8]s
  Read a calendar of another site (two to play with: %[1]s/dev/feeds):
    curl -s -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' %[1]s/api/v1/admin/accommodations/%[6]d/feeds -d '{"source":"airbnb","url":"%[1]s/dev/feeds/airbnb.ics"}'

  What tasks did, and three more, in another shell:
    . %[10]s
    %[11]s runs
    %[11]s run sync-ical
    %[11]s run reconcile
    %[11]s launch backup

`, base, database, e.checkIn, e.checkOut, e.slug, e.id, devOwner, token, others.lines(base), devEnvironmentFile(), os.Args[0])
}
