package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eevans-d/sist-cabanas/shared/postgres/pglocal"
)

const (
	// adminPoolSize is how many databases are made or dropped at a time. It is not the tests that wait here.
	adminPoolSize = 4

	// startTimeout is for a machine on which Postgres has to be installed first.
	startTimeout = 10 * time.Minute

	// sessionTries is how many milliseconds the sessions of a finished test may take to end.
	sessionTries = 100

	// maxConnections is for a package full of parallel tests.
	maxConnections = "300"
)

// theServer is this process's server, set up when the first test asks for it. There is one for all tests because they
// share nothing else, and it is never stopped: it ends with the process.
var theServer = sync.OnceValues(func() (*server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	return open(ctx, os.Getenv("TEST_DATABASE_URL"))
})

// server is where the tests' databases are made.
type server struct {
	address  url.URL
	admin    *pgxpool.Pool
	template string
	local    *pglocal.Server
}

// open connects to the server at address, or starts one if there is none, and makes sure of the template.
func open(ctx context.Context, address string) (*server, error) {
	s := new(server)
	external := address != ""
	if !external {
		var err error
		s.local, err = pglocal.Start(ctx, pglocal.Options{Settings: map[string]string{"max_connections": maxConnections}})
		if err != nil {
			return nil, err
		}
		address = s.local.DSN("postgres")
	}
	if err := s.connect(ctx, address); err != nil {
		return nil, err
	}
	if external {
		if err := s.sweep(ctx, time.Now()); err != nil {
			return nil, err
		}
	}
	return s, s.ensureTemplate(ctx)
}

func (s *server) connect(ctx context.Context, address string) error {
	parsed, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(parsed.Scheme, "postgres") {
		// The parser's error would quote the address, password included.
		return errors.New("TEST_DATABASE_URL is not of the form postgres://user:password@host:port/database")
	}
	s.address = *parsed
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return errors.New("TEST_DATABASE_URL cannot be parsed")
	}
	config.MaxConns = adminPoolSize
	s.admin, err = pgxpool.NewWithConfig(ctx, config)
	if err == nil {
		err = s.admin.Ping(ctx)
	}
	if err != nil {
		return fmt.Errorf("connect to the tests' server: %w", err)
	}
	return nil
}

func (s *server) dsn(database string) string {
	address := s.address
	address.Path = "/" + database
	return address.String()
}

func (s *server) create(ctx context.Context, name string) error {
	query := "create database " + quote(name) + " template " + quote(s.template)
	if s.local != nil {
		// Half the time where nothing is synced. On a durable server it costs two checkpoints, ten times the default's time.
		query += " strategy file_copy"
	}
	if _, err := s.admin.Exec(ctx, query); err != nil {
		return fmt.Errorf("make a database for the test: %w", err)
	}
	return nil
}

func (s *server) drop(ctx context.Context, name string) error {
	s.disconnect(ctx, name)
	if _, err := s.admin.Exec(ctx, "drop database if exists "+quote(name)+" with (force)"); err != nil {
		return fmt.Errorf("drop the test's database: %w", err)
	}
	return nil
}

// disconnect ends the sessions that are left in a database and waits until they are gone. To drop or to clone it Postgres
// would wait for them too, but look again only every 100 ms; and a closed connection takes a moment to end over there.
func (s *server) disconnect(ctx context.Context, name string) {
	const left = "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = $1"
	for range sessionTries {
		var sessions int
		if err := s.admin.QueryRow(ctx, left, name).Scan(&sessions); err != nil || sessions == 0 {
			return // what follows says what is wrong, if anything is
		}
		time.Sleep(time.Millisecond)
	}
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }
