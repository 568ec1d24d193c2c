package pglocal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
)

// downloadName is the directory of a downloaded Postgres.
const downloadName = "binaries-" + string(embeddedpostgres.V17)

// download fetches a Postgres into the downloads: slower and bigger than a package, but it needs nobody's leave.
func (s supply) download(ctx context.Context) (installation, error) {
	target := filepath.Join(s.downloads, downloadName)
	partial := target + ".new"
	err := os.RemoveAll(partial)
	if err == nil {
		err = fetch(ctx, partial, s.mirror)
	}
	if err == nil {
		err = errors.Join(os.RemoveAll(target), os.Rename(partial, target))
	}
	if err != nil {
		return installation{}, fmt.Errorf("download Postgres: %w", err)
	}
	return s.account.inspect(ctx, filepath.Join(target, "bin"))
}

// fetch leaves bin, lib and share in dir.
func fetch(ctx context.Context, dir, mirror string) error {
	port, err := freePort(ctx) // the library insists on one, before it downloads
	if err != nil {
		return err
	}
	archive, run := filepath.Join(dir, "archive"), filepath.Join(dir, "run")
	config := embeddedpostgres.DefaultConfig().
		Port(uint32(port)).
		Version(embeddedpostgres.V17).
		BinariesPath(dir).
		CachePath(archive).
		RuntimePath(run).
		Logger(io.Discard).
		// The library cannot fetch without starting what it fetched, as its own child. This is no encoding, so that
		// initdb refuses before anything is started.
		Encoding("fetch only")
	if mirror != "" {
		config = config.BinaryRepositoryURL(mirror)
	}
	defer removeLogs(time.Now().Add(-time.Second)) // file systems keep coarser clocks
	done := make(chan error, 1)
	// It takes no context either: when ours ends, the download is left to itself.
	go func() { done <- embeddedpostgres.NewDatabase(config).Start() }()
	select {
	case err = <-done:
	case <-ctx.Done():
		return ctx.Err()
	}
	if _, statErr := os.Stat(filepath.Join(dir, "bin", "initdb")); statErr != nil {
		return err
	}
	return errors.Join(os.RemoveAll(archive), os.RemoveAll(run))
}

// removeLogs removes what the library forgets in the temporary directory.
func removeLogs(since time.Time) {
	logs, _ := filepath.Glob(filepath.Join(os.TempDir(), "embedded_postgres_log*"))
	for _, path := range logs {
		if info, err := os.Lstat(path); err == nil && info.ModTime().After(since) {
			_ = os.Remove(path)
		}
	}
}
