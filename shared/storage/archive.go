package storage

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"regexp"
	"runtime/debug"
	"time"
)

const (
	namePrefix = "cabanas-"
	nameTime   = "2006-01-02T15-04-05Z"

	// cleanupTimeout is for taking back what has been stored in vain, also when the time for storing it is up.
	cleanupTimeout = time.Minute
	// readBackTries is how often a backup is fetched to see whether it is what was sent.
	readBackTries = 3
)

// Errors of an Archive.
var (
	ErrNone     = errors.New("there is no backup")
	ErrReadBack = errors.New("what is stored is not what was sent")
)

// Archive is the backups in a Store. Their names are like cabanas-2026-11-24T03-00-00Z.dump.zst.age, and nothing of any
// other name is listed, opened or deleted.
type Archive struct {
	store Store
	to    Recipients
}

// NewArchive returns the backups of a store. Without recipients new ones are not encrypted; then their names lack .age.
func NewArchive(store Store, to Recipients) *Archive { return &Archive{store, to} }

// OpenArchive opens the store of a configuration, and connects to nothing.
func OpenArchive(c Config) (*Archive, error) {
	to, err := ParseRecipients(c.Recipients)
	if err != nil {
		return nil, err
	}
	store, err := Open(c)
	if err != nil {
		return nil, err
	}
	return NewArchive(store, to), nil
}

func (a *Archive) nameOf(at time.Time) string {
	name := namePrefix + at.UTC().Format(nameTime) + ".dump.zst"
	if len(a.to) > 0 {
		name += ".age"
	}
	return name
}

var backupForm = regexp.MustCompile(`^` + namePrefix + `(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ)\.dump\.zst(\.age)?$`)

// madeAt reads the time in a backup's name; false for a name that is not one's.
func madeAt(name string) (time.Time, bool) {
	parts := backupForm.FindStringSubmatch(name)
	if parts == nil {
		return time.Time{}, false
	}
	at, err := time.Parse(nameTime, parts[1])
	return at, err == nil
}

// Save stores what write writes as the backup of an instant, sealed on its way: nothing of it is held but a few buffers. Then
// it fetches everything back and compares: who cannot decrypt can still tell that every byte is there. What fails leaves no
// backup of that instant.
func (a *Archive) Save(ctx context.Context, at time.Time, write func(context.Context, io.Writer) error) (name string, size int64, err error) {
	name = a.nameOf(at)
	sent, err := a.send(ctx, name, write)
	if err != nil {
		return "", 0, fmt.Errorf("store %s: %w", name, err)
	}
	if err := a.readBack(ctx, name, sent); err != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
		defer cancel()
		return "", 0, errors.Join(fmt.Errorf("check %s: %w", name, err), a.store.Delete(ctx, name))
	}
	return name, sent.size, nil
}

// fingerprint is a writer that remembers how much it was given, and what.
type fingerprint struct {
	size int64
	hash hash.Hash
}

func newFingerprint() *fingerprint { return &fingerprint{hash: sha256.New()} }

func (f *fingerprint) Write(p []byte) (int, error) {
	f.size += int64(len(p))
	return f.hash.Write(p)
}

func (f *fingerprint) equal(other *fingerprint) bool {
	return f.size == other.size && string(f.hash.Sum(nil)) == string(other.hash.Sum(nil))
}

func (a *Archive) send(ctx context.Context, name string, write func(context.Context, io.Writer) error) (*fingerprint, error) {
	// Ends the writing when storing has failed: it may be waiting for a database rather than for us.
	ctx, cancel := context.WithCancel(ctx)
	out, in := io.Pipe()
	written := make(chan struct{})
	go func() {
		defer close(written)
		in.CloseWithError(a.sealed(ctx, in, write))
	}()
	sent := newFingerprint()
	err := a.store.Put(ctx, name, io.TeeReader(out, sent)) // a failure of the writing comes through the pipe
	cancel()
	_ = out.Close() // always nil
	<-written
	if err != nil {
		return nil, err
	}
	return sent, nil
}

// sealed writes everything, or fails: a panic must neither end the process nor look like the end of the backup.
func (a *Archive) sealed(ctx context.Context, w io.Writer, write func(context.Context, io.Writer) error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("panic: %v\n%s", value, debug.Stack())
		}
	}()
	s, err := seal(w, a.to)
	if err != nil {
		return err
	}
	if err := write(ctx, s); err != nil {
		return err
	}
	return s.Close()
}

func (a *Archive) readBack(ctx context.Context, name string, want *fingerprint) error {
	var err error
	for range readBackTries {
		var got *fingerprint
		if got, err = a.fetch(ctx, name); err == nil && got.equal(want) {
			return nil
		}
		if err == nil {
			err = ErrReadBack
		}
		if ctx.Err() != nil {
			break
		}
	}
	return err
}

func (a *Archive) fetch(ctx context.Context, name string) (*fingerprint, error) {
	r, err := a.store.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	got := newFingerprint()
	_, err = io.Copy(got, untilDone{ctx, r})
	return got, errors.Join(err, r.Close())
}

// List returns every backup and the instant that it is of.
func (a *Archive) List(ctx context.Context) (map[string]time.Time, error) {
	names, err := a.store.List(ctx, namePrefix)
	if err != nil {
		return nil, err
	}
	found := make(map[string]time.Time)
	for name := range names {
		if at, ok := madeAt(name); ok {
			found[name] = at
		}
	}
	return found, nil
}

// Latest returns the name of the newest backup, or ErrNone.
func (a *Archive) Latest(ctx context.Context) (string, error) {
	found, err := a.List(ctx)
	if err != nil {
		return "", err
	}
	latest := ""
	for name, at := range found {
		if latest == "" || at.After(found[latest]) {
			latest = name
		}
	}
	if latest == "" {
		return "", ErrNone
	}
	return latest, nil
}

// Open reads the dump in a backup; see Unseal for when it can be believed.
func (a *Archive) Open(ctx context.Context, name string, keys Keys) (io.ReadCloser, error) {
	if _, ok := madeAt(name); !ok {
		return nil, fmt.Errorf("%q is not the name of a backup", name)
	}
	r, err := a.store.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	plain, err := Unseal(untilDone{ctx, r}, keys)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), r.Close())
	}
	return &opened{plain, r}, nil
}

// opened closes both ends.
type opened struct {
	io.ReadCloser
	stored io.Closer
}

func (o *opened) Close() error { return errors.Join(o.ReadCloser.Close(), o.stored.Close()) }

// Delete deletes a backup.
func (a *Archive) Delete(ctx context.Context, name string) error {
	if _, ok := madeAt(name); !ok {
		return fmt.Errorf("%q is not the name of a backup", name)
	}
	return a.store.Delete(ctx, name)
}
