package pglocal

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// oldestMajor is the oldest Postgres that the migrations are tested on.
const oldestMajor = 15

// installation is a set of Postgres programs that suits us.
type installation struct {
	binDir       string
	version      string
	major, minor int
}

// binaries finds the programs; on a machine that has none, it gets them.
func (s *Server) binaries(ctx context.Context) (installation, error) {
	if dir := cmp.Or(s.options.BinDir, os.Getenv("POSTGRES_BIN")); dir != "" {
		return s.place.account.inspect(ctx, dir)
	}
	wanted, err := s.clusterMajor()
	if err != nil {
		return installation{}, err
	}
	downloads := s.place.dir
	if s.place.temporary {
		if downloads, err = s.place.account.cacheDir(ctx); err != nil {
			return installation{}, err
		}
	}
	supply := supply{account: s.place.account, log: s.options.Log, downloads: downloads, mirror: s.options.Mirror}
	return supply.get(ctx, wanted)
}

// supply gets Postgres from where it is to be had.
type supply struct {
	account   account
	log       io.Writer
	downloads string
	mirror    string
}

// get prefers the major version that an existing cluster needs (0 = any), then the newest.
func (s supply) get(ctx context.Context, wanted int) (installation, error) {
	if found, ok := s.search(ctx, wanted); ok {
		return found, nil
	}
	// The packages of `go test ./...` run side by side: one installs, the others then find. Every directory has this lock
	// in common, and /tmp is there even when $TMPDIR is not.
	lock, err := lockFile(ctx, "/tmp/cabanas-install-"+strconv.Itoa(os.Geteuid())+".lock")
	if err != nil {
		return installation{}, err
	}
	defer lock.Close() //nolint:errcheck // nothing was written to it
	if found, ok := s.search(ctx, wanted); ok {
		return found, nil
	}
	installErr := s.install(ctx)
	if found, ok := s.search(ctx, wanted); ok {
		return found, nil
	}
	if installErr == nil {
		installErr = fmt.Errorf("what the package manager installed is older than %d or lacks btree_gist", oldestMajor)
	}
	_, _ = fmt.Fprintf(s.log, "Postgres is not here (%v): downloading it instead, once\n", installErr)
	found, downloadErr := s.download(ctx)
	if downloadErr == nil {
		return found, nil
	}
	return installation{}, fmt.Errorf("no Postgres of version %d or newer: %w; %w", oldestMajor, installErr, downloadErr)
}

// search looks everywhere and takes the best.
func (s supply) search(ctx context.Context, wanted int) (installation, bool) {
	var found []installation
	for _, dir := range s.candidates() {
		if one, err := s.account.inspect(ctx, dir); err == nil {
			found = append(found, one)
		}
	}
	if len(found) == 0 {
		return installation{}, false
	}
	return slices.MaxFunc(found, func(a, b installation) int {
		return cmp.Or(
			compareBool(a.major == wanted, b.major == wanted),
			cmp.Compare(a.major, b.major),
			cmp.Compare(a.minor, b.minor),
		)
	}), true
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

// candidates are the directories that may hold the programs, the preferred among equals first.
func (s supply) candidates() []string {
	var dirs []string
	if program, err := exec.LookPath("postgres"); err == nil {
		// Alpine and Homebrew put a link to postgres alone into PATH; initdb is beside what it points to.
		if target, err := filepath.EvalSymlinks(program); err == nil {
			dirs = append(dirs, filepath.Dir(target))
		}
		dirs = append(dirs, filepath.Dir(program))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",
		"/usr/pgsql-*/bin",
		"/usr/libexec/postgresql*",
		"/usr/local/pgsql/bin",
		"/opt/homebrew/opt/postgresql@*/bin",
		"/usr/local/opt/postgresql@*/bin",
	} {
		matches, _ := filepath.Glob(pattern)
		dirs = append(dirs, matches...)
	}
	return append(dirs, filepath.Join(s.downloads, downloadName, "bin"))
}

// inspect says what is in dir, or why that does not suit.
func (a account) inspect(ctx context.Context, dir string) (installation, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return installation{}, err
	}
	for _, program := range []string{"initdb", "postgres"} {
		if _, err := exec.LookPath(filepath.Join(dir, program)); err != nil {
			return installation{}, fmt.Errorf("%s has no program %s", dir, program)
		}
	}
	output, err := a.run(ctx, filepath.Join(dir, "postgres"), "--version")
	if err != nil {
		return installation{}, fmt.Errorf("postgres in %s does not run: %w", dir, err)
	}
	match := regexp.MustCompile(`\(PostgreSQL\) (\d+)(?:\.(\d+))?`).FindStringSubmatch(output)
	if match == nil {
		return installation{}, fmt.Errorf("postgres in %s gives no version: %q", dir, output)
	}
	found := installation{binDir: dir, version: match[1]}
	found.major, _ = strconv.Atoi(match[1])
	found.minor, _ = strconv.Atoi(match[2])
	if match[2] != "" {
		found.version += "." + match[2]
	}
	if found.major < oldestMajor {
		return installation{}, fmt.Errorf("postgres in %s has version %s; it must be %d or newer", dir, found.version, oldestMajor)
	}
	if !a.hasExtension(ctx, found) {
		return installation{}, fmt.Errorf("postgres in %s lacks the extension btree_gist (package postgresql-contrib)", dir)
	}
	return found, nil
}

// hasExtension tells whether btree_gist is there; many distributions ship it in a package of its own.
func (a account) hasExtension(ctx context.Context, in installation) bool {
	var shares []string
	if share, err := a.run(ctx, filepath.Join(in.binDir, "pg_config"), "--sharedir"); err == nil {
		shares = append(shares, share)
	}
	major := strconv.Itoa(in.major)
	for _, root := range []string{filepath.Join(in.binDir, "../share"), "/usr/share"} {
		for _, name := range []string{"", "postgresql", "pgsql", "postgresql/" + major, "postgresql" + major, "postgresql@" + major} {
			shares = append(shares, filepath.Join(root, name))
		}
	}
	return slices.ContainsFunc(shares, func(share string) bool {
		_, err := os.Stat(filepath.Join(share, "extension", "btree_gist.control"))
		return err == nil
	})
}
