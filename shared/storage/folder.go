package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Folder is a Store in a directory, which is made when it is first needed. Files are readable by their owner alone.
type Folder string

// partial begins the names of files that are being written.
const partial = ".partial-"

// Put writes beside and renames when everything is on the disk.
func (f Folder) Put(ctx context.Context, name string, r io.Reader) (err error) {
	if err := checkName(name); err != nil {
		return err
	}
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return err
	}
	f.sweep(time.Now())
	file, err := os.CreateTemp(string(f), partial+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	if err := write(file, untilDone{ctx, r}); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), filepath.Join(string(f), name)); err != nil {
		return err
	}
	// What is renamed is there; a power cut before this returns could still undo it.
	if err := f.sync(); err != nil {
		return fmt.Errorf("%s is written, but may not outlive a power cut: %w", name, err)
	}
	return nil
}

func write(file *os.File, r io.Reader) error {
	_, err := io.Copy(file, r)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

func (f Folder) sync() error {
	dir, err := os.Open(string(f))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// sweep removes what killed processes have left; whatever keeps it from that is no reason not to write.
func (f Folder) sweep(now time.Time) {
	entries, _ := os.ReadDir(string(f))
	for _, entry := range entries {
		info, err := entry.Info()
		if err == nil && strings.HasPrefix(entry.Name(), partial) && now.Sub(info.ModTime()) > abandonedAfter {
			_ = os.Remove(filepath.Join(string(f), entry.Name()))
		}
	}
}

// Get opens a file.
func (f Folder) Get(_ context.Context, name string) (io.ReadCloser, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	file, err := os.Open(filepath.Join(string(f), name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", name, ErrNotFound)
	}
	return file, err
}

// List leaves out what is being written, folders, and whatever could not have been put here.
func (f Folder) List(_ context.Context, prefix string) (map[string]int64, error) {
	found := make(map[string]int64)
	entries, err := os.ReadDir(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return found, nil
	}
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), prefix) || !entry.Type().IsRegular() || checkName(entry.Name()) != nil {
			continue
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted meanwhile
		}
		if err != nil {
			return nil, err
		}
		found[entry.Name()] = info.Size()
	}
	return found, nil
}

// Delete removes a file for good.
func (f Folder) Delete(_ context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	err := os.Remove(filepath.Join(string(f), name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.sync()
}
