package storage_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/storage"
	"github.com/eevans-d/sist-cabanas/shared/storage/storagetest"
)

func bucketConfig(s *storagetest.Server) storage.Config {
	return storage.Config{
		Bucket: storagetest.Bucket, Endpoint: s.URL, Region: storagetest.Region,
		KeyID: storagetest.KeyID, Key: storagetest.Key, Stall: 3 * time.Second,
	}
}

func bucketOf(t *testing.T, s *storagetest.Server) storage.Store {
	t.Helper()
	store, err := storage.Open(bucketConfig(s))
	check(t, err)
	return store
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func noise(n int) []byte {
	p := make([]byte, n)
	_, _ = rand.Read(p) // never fails
	return p
}

func read(t *testing.T, s storage.Store, name string) []byte {
	t.Helper()
	r, err := s.Get(t.Context(), name)
	check(t, err)
	content, err := io.ReadAll(r)
	check(t, err)
	check(t, r.Close())
	return content
}

// TestEveryStoreKeepsTheContract runs against all of them.
func TestEveryStoreKeepsTheContract(t *testing.T) {
	t.Parallel()
	stores := map[string]func(*testing.T) storage.Store{
		"folder": func(t *testing.T) storage.Store {
			t.Helper()
			return storage.Folder(filepath.Join(t.TempDir(), "not", "there yet"))
		},
		"bucket": func(t *testing.T) storage.Store {
			t.Helper()
			return bucketOf(t, storagetest.New(t))
		},
	}
	for name, open := range stores {
		t.Run(name+": what is put comes back, whatever its size", func(t *testing.T) {
			t.Parallel()
			keepsWhatIsPut(t, open(t))
		})
		t.Run(name+": an interrupted upload was never there", func(t *testing.T) {
			t.Parallel()
			forgetsInterruptedUploads(t, open(t))
		})
		t.Run(name+": names stay inside", func(t *testing.T) {
			t.Parallel()
			refusesStrangeNames(t, open(t))
		})
	}
}

func keepsWhatIsPut(t *testing.T, s storage.Store) {
	t.Helper()
	want := make(map[string]int64)
	for name, size := range map[string]int{"a-empty": 0, "a-byte": 1, "a-part": 8 << 20, "a-part-and-a-byte": 8<<20 + 1, "a-large": 20 << 20, "b-other": 3} {
		content := noise(size)
		check(t, s.Put(t.Context(), name, bytes.NewReader(noise(5)))) // which is replaced
		check(t, s.Put(t.Context(), name, iotest.HalfReader(bytes.NewReader(content))))
		if got := read(t, s, name); !bytes.Equal(got, content) {
			t.Errorf("%s comes back with %d bytes of %d", name, len(got), size)
		}
		if strings.HasPrefix(name, "a-") {
			want[name] = int64(size)
		}
	}
	got, err := s.List(t.Context(), "a-")
	check(t, err)
	if !maps.Equal(got, want) {
		t.Errorf("listed %v, want %v", got, want)
	}
	check(t, s.Delete(t.Context(), "a-byte"))
	check(t, s.Delete(t.Context(), "a-byte"))
	if _, err := s.Get(t.Context(), "a-byte"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("after deleting: %v", err)
	}
}

func forgetsInterruptedUploads(t *testing.T, s storage.Store) {
	t.Helper()
	broken := errors.New("the source broke")
	for _, size := range []int{0, 1, 8 << 20, 9 << 20} {
		source := io.MultiReader(bytes.NewReader(noise(size)), iotest.ErrReader(broken))
		if err := s.Put(t.Context(), "half", source); !errors.Is(err, broken) {
			t.Errorf("after %d bytes: got %v, want the source's error", size, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	source := io.MultiReader(bytes.NewReader(noise(9<<20)), readerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil }))
	if err := s.Put(ctx, "half", source); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
	if _, err := s.Get(t.Context(), "half"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("it is there: %v", err)
	}
	if got, err := s.List(t.Context(), ""); err != nil || len(got) != 0 {
		t.Errorf("listed %v, %v", got, err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func refusesStrangeNames(t *testing.T, s storage.Store) {
	t.Helper()
	for _, name := range []string{"", ".", "..", "../up", "a/b", `a\b`, ".hidden", "a b", "ñ", "a\x00", strings.Repeat("a", 201)} {
		_, getErr := s.Get(t.Context(), name)
		for _, err := range []error{s.Put(t.Context(), name, strings.NewReader("x")), getErr, s.Delete(t.Context(), name)} {
			if !errors.Is(err, storage.ErrName) {
				t.Errorf("%q: got %v", name, err)
			}
		}
	}
}

func TestAFolderHidesWhatIsBeingWrittenAndSweepsWhatWasAbandoned(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old, young := filepath.Join(dir, ".partial-old"), filepath.Join(dir, ".partial-young")
	check(t, os.WriteFile(old, nil, 0o600))
	check(t, os.WriteFile(young, nil, 0o600))
	check(t, os.Mkdir(filepath.Join(dir, "folder"), 0o700))
	yesterday := time.Now().Add(-25 * time.Hour)
	check(t, os.Chtimes(old, yesterday, yesterday))
	check(t, storage.Folder(dir).Put(t.Context(), "kept", strings.NewReader("x")))
	entries, err := os.ReadDir(dir)
	check(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if !slices.Equal(names, []string{".partial-young", "folder", "kept"}) {
		t.Errorf("in the folder: %v", names)
	}
	listed, err := storage.Folder(dir).List(t.Context(), "")
	check(t, err)
	if len(listed) != 1 {
		t.Errorf("listed: %v", listed)
	}
	info, err := os.Stat(filepath.Join(dir, "kept"))
	check(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v", info.Mode())
	}
}

func TestAFullFolderFailsAndKeepsNothing(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	check(t, os.WriteFile(file, nil, 0o600))
	if err := storage.Folder(file).Put(t.Context(), "a", strings.NewReader("x")); err == nil {
		t.Error("a file was taken for a folder")
	}
	if _, err := storage.Folder(file).List(t.Context(), ""); err == nil {
		t.Error("a file was listed like a folder")
	}
}

func TestOpenSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		c    storage.Config
		want string
	}{
		{"nothing", storage.Config{}, "BACKUP_DIR is missing"},
		{"two places", storage.Config{Dir: "a", Bucket: "b"}, "BACKUP_DIR and BUCKET_NAME are both set"},
		{"no address", storage.Config{Bucket: "b", Endpoint: "nothing"}, "AWS_ENDPOINT_URL_S3 must be a URL"},
		{"a strange address", storage.Config{Bucket: "b", Endpoint: "http://a_b:x"}, "AWS_ENDPOINT_URL_S3"},
		{"a secret key instead of a public one", storage.Config{Dir: "a", Recipients: []string{"AGE-SECRET-KEY-1hunter2"}}, "BACKUP_AGE_RECIPIENTS must be public keys"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := storage.OpenArchive(test.c)
			var problems config.Problems
			if !errors.As(err, &problems) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, want it to say %q", err, test.want)
			}
		})
	}
}
