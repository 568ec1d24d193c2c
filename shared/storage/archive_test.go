package storage_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/storage"
	"github.com/eevans-d/sist-cabanas/shared/storage/storagetest"
)

var night = time.Date(2026, 11, 24, 3, 0, 0, 123, time.UTC)

const nightName = "cabanas-2026-11-24T03-00-00Z.dump.zst.age"

// pair makes a key, as its public half and its secret half.
func pair(t testing.TB) (storage.Recipients, storage.Keys) {
	t.Helper()
	public, secret, err := storage.NewKey()
	check(t, err)
	to, err := storage.ParseRecipients([]string{public})
	check(t, err)
	keys, err := storage.ParseKeys("# created: today\n" + secret + "\n")
	check(t, err)
	return to, keys
}

func saying(content []byte) func(context.Context, io.Writer) error {
	return func(_ context.Context, w io.Writer) error {
		_, err := w.Write(content)
		return err
	}
}

// text is compressible, but not to nothing.
func text(n int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%d\tguest %x\tcabin %d\n", i, i*i*7919, i%5)
	}
	return b.Bytes()[:n]
}

func open(t *testing.T, a *storage.Archive, name string, keys storage.Keys) ([]byte, error) {
	t.Helper()
	r, err := a.Open(t.Context(), name, keys)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(r)
	return content, errors.Join(err, r.Close())
}

func TestABackupComesBackToWhoeverHoldsOneOfTheKeys(t *testing.T) {
	t.Parallel()
	one, oneKey := pair(t)
	two, twoKey := pair(t)
	_, stranger := pair(t)
	for name, store := range map[string]storage.Store{"folder": storage.Folder(t.TempDir()), "bucket": bucketOf(t, storagetest.New(t))} {
		a := storage.NewArchive(store, append(one, two...))
		content := text(1 << 20)
		saved, size, err := a.Save(t.Context(), night, saying(content))
		check(t, err)
		if saved != nightName {
			t.Errorf("%s: saved as %s", name, saved)
		}
		raw := read(t, store, nightName)
		if int64(len(raw)) != size || size > int64(len(content))/2 || bytes.Contains(raw, []byte("guest")) {
			t.Errorf("%s: %d bytes are stored as %d, said to be %d", name, len(content), len(raw), size)
		}
		for _, keys := range []storage.Keys{oneKey, twoKey, append(stranger, twoKey...)} {
			if got, err := open(t, a, nightName, keys); err != nil || !bytes.Equal(got, content) {
				t.Errorf("%s: %d bytes came back, %v", name, len(got), err)
			}
		}
		if _, err := open(t, a, nightName, stranger); !errors.Is(err, storage.ErrWrongKey) {
			t.Errorf("%s: with another key: %v", name, err)
		}
		if _, err := open(t, a, nightName, nil); !errors.Is(err, storage.ErrNoKey) {
			t.Errorf("%s: without a key: %v", name, err)
		}
	}
}

func TestWithoutRecipientsABackupIsOnlyCompressedAndItsNameSaysSo(t *testing.T) {
	t.Parallel()
	a := storage.NewArchive(storage.Folder(t.TempDir()), nil)
	name, _, err := a.Save(t.Context(), night, saying([]byte("x")))
	check(t, err)
	if name != strings.TrimSuffix(nightName, ".age") {
		t.Errorf("saved as %s", name)
	}
	if got, err := open(t, a, name, nil); err != nil || string(got) != "x" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestWhatCannotBeWrittenToItsEndIsNoBackup(t *testing.T) {
	t.Parallel()
	to, _ := pair(t)
	lost := errors.New("the database is lost")
	store := storage.Folder(t.TempDir())
	a := storage.NewArchive(store, to)
	writes := map[string]func(context.Context, io.Writer) error{
		"at once": func(context.Context, io.Writer) error { return lost },
		"late": func(_ context.Context, w io.Writer) error {
			_, err := w.Write(noise(3 << 20))
			return errors.Join(err, lost)
		},
		"with a panic": func(_ context.Context, w io.Writer) error {
			_, _ = w.Write(noise(3 << 20))
			panic(lost)
		},
	}
	for when, write := range writes {
		if _, _, err := a.Save(t.Context(), night, write); err == nil || !strings.Contains(err.Error(), lost.Error()) {
			t.Errorf("%s: got %v", when, err)
		}
	}
	if found, err := store.List(t.Context(), ""); err != nil || len(found) != 0 {
		t.Errorf("there is %v, %v", found, err)
	}
}

func TestAStoreThatFailsEndsTheWriting(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	check(t, os.WriteFile(file, nil, 0o600))
	a := storage.NewArchive(storage.Folder(file), nil)
	_, _, err := a.Save(t.Context(), night, func(ctx context.Context, _ io.Writer) error {
		<-ctx.Done() // as a dump that waits for its database
		return ctx.Err()
	})
	if err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want what the store says", err)
	}
}

func TestABackupThatIsNotStoredAsItWasSentIsTakenBack(t *testing.T) {
	t.Parallel()
	to, _ := pair(t)
	server := storagetest.New(t)
	a := storage.NewArchive(bucketOf(t, server), to)
	server.Fail(storagetest.PutObject, storagetest.Corrupt)
	if _, _, err := a.Save(t.Context(), night, saying(text(1000))); !errors.Is(err, storage.ErrReadBack) {
		t.Errorf("damaged on its way in: %v", err)
	}
	if server.Object(nightName) != nil {
		t.Error("the damaged backup is still there")
	}
	// Damage on the way back is another matter: it is fetched again.
	server.Fail(storagetest.GetObject, storagetest.Corrupt, storagetest.Truncate)
	_, _, err := a.Save(t.Context(), night, saying(text(1000)))
	check(t, err)
	server.Fail(storagetest.GetObject, storagetest.Corrupt, storagetest.Corrupt, storagetest.Corrupt)
	if _, _, err := a.Save(t.Context(), night.Add(time.Hour), saying(text(1000))); !errors.Is(err, storage.ErrReadBack) {
		t.Errorf("damaged again and again: %v", err)
	}
}

func TestAnArchiveSeesOnlyItsOwn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := storage.NewArchive(storage.Folder(dir), nil)
	if _, err := a.Latest(t.Context()); !errors.Is(err, storage.ErrNone) {
		t.Errorf("of nothing: %v", err)
	}
	own := []string{"cabanas-2026-11-23T03-00-00Z.dump.zst", nightName, "cabanas-2025-12-31T23-59-59Z.dump.zst.age"}
	others := []string{
		"cabanas-2026-11-25T03-00-00Z.dump.zst.age.bak", "cabanas-2026-13-25T03-00-00Z.dump.zst", "cabanas-photos.zip",
		"other-2026-11-25T03-00-00Z.dump.zst", "cabanas-2026-11-25T03-00-00Z.dump", "Cabanas-2026-11-25T03-00-00Z.dump.zst",
	}
	for _, name := range append(own, others...) {
		check(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	found, err := a.List(t.Context())
	check(t, err)
	if len(found) != len(own) || !found[nightName].Equal(night.Truncate(time.Second)) {
		t.Errorf("listed %v", found)
	}
	latest, err := a.Latest(t.Context())
	if err != nil || latest != nightName {
		t.Errorf("the latest is %s, %v", latest, err)
	}
	for _, name := range others {
		_, openErr := a.Open(t.Context(), name, nil)
		if a.Delete(t.Context(), name) == nil || openErr == nil {
			t.Errorf("%s was taken for a backup", name)
		}
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	check(t, a.Delete(t.Context(), nightName))
	if _, err := a.Open(t.Context(), nightName, nil); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("after deleting: %v", err)
	}
}

// TestDamageAnywhereIsNoticed flips bits all over a backup and cuts it off all over.
func TestDamageAnywhereIsNoticed(t *testing.T) {
	t.Parallel()
	to, keys := pair(t)
	for sealed, recipients := range map[string]storage.Recipients{"encrypted": to, "only compressed": nil} {
		t.Run(sealed, func(t *testing.T) {
			t.Parallel()
			store := storage.Folder(t.TempDir())
			content := noise(70_000)
			name, _, err := storage.NewArchive(store, recipients).Save(t.Context(), night, saying(content))
			check(t, err)
			whole := read(t, store, name)
			unseal := func(p []byte) error {
				r, err := storage.Unseal(bytes.NewReader(p), keys)
				if err != nil {
					return err
				}
				defer r.Close()
				got, err := io.ReadAll(r)
				if err == nil && bytes.Equal(got, content) {
					return errUnharmed
				}
				return err
			}
			if err := unseal(whole); !errors.Is(err, errUnharmed) {
				t.Fatalf("whole: %v", err)
			}
			for i := 0; i < len(whole); i += 1 + i/200 {
				damaged := bytes.Clone(whole)
				damaged[i] ^= 1 << (i % 8)
				// Zstandard has bits that mean nothing; what must not happen is that other content looks right.
				if err := unseal(damaged); err == nil || recipients != nil && errors.Is(err, errUnharmed) {
					t.Errorf("byte %d of %d damaged: %v", i, len(whole), err)
				}
				if err := unseal(whole[:i]); err == nil || errors.Is(err, errUnharmed) {
					t.Errorf("cut off after %d of %d bytes: %v", i, len(whole), err)
				}
			}
			if err := unseal(append(bytes.Clone(whole), 0)); err == nil || errors.Is(err, errUnharmed) {
				t.Errorf("something follows: %v", err)
			}
		})
	}
}

var errUnharmed = errors.New("the content is unharmed")

func TestKeysAreReadFromWhatAgeWritesAndNeverShown(t *testing.T) {
	t.Parallel()
	keys, err := storage.ParseKeys(" \n")
	if err != nil || len(keys) != 0 {
		t.Errorf("nothing makes %d keys, %v", len(keys), err)
	}
	for _, text := range []config.Secret{"hunter2", "AGE-SECRET-KEY-1HUNTER2", "age1hunter2"} {
		if _, err := storage.ParseKeys(text); err == nil || strings.Contains(strings.ToLower(err.Error()), "hunter2") {
			t.Errorf("got %v", err)
		}
	}
}
