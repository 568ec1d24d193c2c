package pglocal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// clusterMajor is the version that made the cluster in our place, 0 if there is none.
func (s *Server) clusterMajor() (int, error) {
	content, err := os.ReadFile(filepath.Join(s.place.data(), "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the cluster's version: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		return 0, fmt.Errorf("read the cluster's version: %w", err)
	}
	return major, nil
}

// ensureCluster leaves a cluster that our programs can run, and refuses to touch one that they cannot.
func (s *Server) ensureCluster(ctx context.Context) error {
	major, err := s.clusterMajor()
	switch {
	case err != nil:
		return err
	case major == s.installed.major:
		return s.dropStalePID(ctx)
	case major != 0:
		return fmt.Errorf("the data in %s was made by Postgres %d and cannot be used by Postgres %s: `make clean` removes it",
			s.place.dir, major, s.installed.version)
	}
	// Under another name until complete: half a cluster must never be taken for one.
	partial := s.place.data() + ".new"
	if err := os.RemoveAll(partial); err != nil {
		return fmt.Errorf("make a cluster: %w", err)
	}
	if s.place.temporary {
		err = s.copyCluster(ctx, partial)
	} else {
		err = s.initdb(ctx, partial)
	}
	if err != nil {
		return err
	}
	if err := os.Rename(partial, s.place.data()); err != nil {
		return fmt.Errorf("make a cluster: %w", err)
	}
	return nil
}

// initdb makes an empty cluster in dir.
func (s *Server) initdb(ctx context.Context, dir string) error {
	base := []string{"-D", dir, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-instructions"}
	if !s.options.Durable {
		base = append(base, "--no-sync")
	}
	// Characters in the order of their code points, and upper and lower case for á and ñ too. macOS knows no such locale,
	// but Postgres brings one of its own since 17; what remains has upper and lower case for ASCII only.
	locales := [][]string{
		{"--locale=C.UTF-8"},
		{"--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"},
		{"--locale=C"},
	}
	var err error
	for _, locale := range locales {
		// Made by us, who may write here when the account may not.
		if err = errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700), s.place.account.own(dir)); err != nil {
			break
		}
		if _, err = s.place.account.run(ctx, filepath.Join(s.installed.binDir, "initdb"), append(base, locale...)...); err == nil {
			return nil
		}
	}
	return fmt.Errorf("make a cluster: %w", err)
}

// copyCluster copies a cached cluster to dir, which is an order of magnitude faster than making one.
func (s *Server) copyCluster(ctx context.Context, dir string) error {
	cache, err := s.place.account.cacheDir(ctx)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(s.installed.version + "\n" + s.installed.binDir))
	cached := filepath.Join(cache, "cluster-"+s.installed.version+"-"+hex.EncodeToString(sum[:4]))
	if err := s.fillCache(ctx, cached); err != nil {
		return err
	}
	if err := errors.Join(os.Mkdir(dir, 0o700), s.place.account.own(dir)); err != nil {
		return fmt.Errorf("copy a cluster: %w", err)
	}
	if _, err := s.place.account.run(ctx, "cp", "-R", "-p", cached+"/.", dir); err != nil {
		return fmt.Errorf("copy a cluster: %w", err)
	}
	return nil
}

// fillCache makes the cluster that the temporary ones are copied from, unless it is there.
func (s *Server) fillCache(ctx context.Context, cached string) error {
	// Not the directory: what cleans temporary directories takes the old files first.
	version := filepath.Join(cached, "PG_VERSION")
	if _, err := os.Stat(version); err == nil {
		return nil
	}
	lock, err := lockFile(ctx, cached+".lock")
	if err != nil {
		return err
	}
	defer lock.Close() //nolint:errcheck // nothing was written to it
	if _, err := os.Stat(version); err == nil {
		return nil
	}
	if err := s.initdb(ctx, cached+".new"); err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(cached), os.Rename(cached+".new", cached)); err != nil {
		return fmt.Errorf("make a cluster: %w", err)
	}
	return nil
}

// dropStalePID removes what a killed server left behind, if the number in it now belongs to some other program, as it
// often does in a restarted container: Postgres would think that itself is still running. We hold the lock, so none of
// our servers is; one that somebody started on this data by hand is a postgres, and left to Postgres to complain about.
func (s *Server) dropStalePID(ctx context.Context) error {
	path := filepath.Join(s.place.data(), "postmaster.pid")
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for a running server: %w", err)
	}
	pid, _, _ := strings.Cut(string(content), "\n")
	if program := s.programOf(ctx, pid); program == "" || strings.Contains(program, "postgres") {
		return nil // Postgres decides, as it does when there is no such process
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove what a killed server left: %w", err)
	}
	return nil
}

// programOf is what process pid runs, as far as can be told: small images have no ps, and macOS has no /proc.
func (s *Server) programOf(ctx context.Context, pid string) string {
	if name, err := os.ReadFile(filepath.Join("/proc", pid, "comm")); err == nil {
		return string(name)
	}
	name, err := s.place.account.run(ctx, "ps", "-o", "comm=", "-p", pid)
	if err != nil {
		return ""
	}
	return name
}
