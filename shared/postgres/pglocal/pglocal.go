// Package pglocal runs a Postgres of our own, for development and for tests. It finds the binaries on the machine, else
// installs them, else downloads them; starts a server on a free port of 127.0.0.1; and leaves nothing running behind,
// however this process ends.
package pglocal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
)

// portTries is how often somebody else may take the free port that we had just found.
const portTries = 5

// Options say which server Start shall run.
type Options struct {
	// Dir holds the cluster, the server's log and a lock, and its data outlives the server. Empty means a temporary
	// place, in memory where there is room, that goes away with the server, however that ends.
	Dir string

	// Durable makes the data survive a power cut. Without it Postgres is much faster, and its data still survives that
	// its processes are killed.
	Durable bool

	// BinDir is where initdb and postgres are. Default: $POSTGRES_BIN, else the newest that the machine has.
	BinDir string

	// Mirror is where binaries are downloaded from if they can be neither found nor installed. Default: Maven Central.
	Mirror string

	// Settings are those of postgresql.conf, over the ones chosen here; the port is ours.
	Settings map[string]string

	// Log gets a line before anything that takes longer than a person likes to wait. Default: standard error.
	Log io.Writer
}

// Server is a running Postgres. It runs until Stop, or until this process ends.
type Server struct {
	place     place
	installed installation
	options   Options
	port      int

	lifeline *os.File // the server is shut down when this pipe closes: by us, or by the kernel when we die
	watcher  *exec.Cmd
	exited   chan struct{} // closed when the watcher, and with it the server, is gone

	stop    sync.Once
	stopErr error
}

// Start returns when the server accepts connections; ctx bounds only that wait. What is in Dir is reused.
func Start(ctx context.Context, options Options) (*Server, error) {
	if options.Log == nil {
		options.Log = os.Stderr
	}
	place, err := settle(ctx, options.Dir)
	if err != nil {
		return nil, err
	}
	s := &Server{place: place, options: options}
	if err := s.start(ctx); err != nil {
		place.leave()
		return nil, err
	}
	return s, nil
}

func (s *Server) start(ctx context.Context) error {
	var err error
	if s.installed, err = s.binaries(ctx); err != nil {
		return err
	}
	if err := s.ensureCluster(ctx); err != nil {
		return err
	}
	for range portTries {
		if err = s.launch(ctx); !errors.Is(err, errPortTaken) {
			break
		}
	}
	return err
}

// DSN is the address of a database, which need not exist, for the superuser.
func (s *Server) DSN(database string) string {
	address := url.URL{
		Scheme:   "postgres",
		User:     url.User("postgres"),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return address.String()
}

// BinDir is where the server's programs are: postgres, initdb, and in most installations psql and pgbench.
func (s *Server) BinDir() string { return s.installed.binDir }

// Version is the server's, such as "17.10".
func (s *Server) Version() string { return s.installed.version }

// LogPath is the file that the server logs to.
func (s *Server) LogPath() string { return filepath.Join(s.place.dir, "server.log") }

// Stop ends every session and shuts the server down. It may be called more than once, and after a crash of the server.
func (s *Server) Stop() error {
	s.stop.Do(func() {
		if err := s.shutDown(); err != nil {
			s.stopErr = fmt.Errorf("stop postgres: %w", err)
		}
		s.place.leave()
	})
	return s.stopErr
}
