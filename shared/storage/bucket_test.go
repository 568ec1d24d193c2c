package storage_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/storage"
	"github.com/eevans-d/sist-cabanas/shared/storage/storagetest"
)

func TestABucketGetsOverWhatPasses(t *testing.T) {
	t.Parallel()
	passing := []storagetest.Fault{storagetest.SlowDown, storagetest.Cut, storagetest.Hang, storagetest.LostAnswer}
	operations := []string{
		storagetest.PutObject, storagetest.CreateUpload, storagetest.UploadPart, storagetest.CompleteUpload,
		storagetest.GetObject, storagetest.ListObjects, storagetest.DeleteObject,
	}
	for _, operation := range operations {
		for _, fault := range passing {
			t.Run(operation+" "+faultName(fault), func(t *testing.T) {
				t.Parallel()
				server := storagetest.New(t)
				c := bucketConfig(server)
				if fault == storagetest.Hang {
					c.Stall = time.Second // it has to pass
				}
				store, err := storage.Open(c)
				check(t, err)
				server.Set("old", []byte("x"))
				server.Fail(operation, fault)
				content := noise(100)
				if inParts(operation) {
					content = noise(8<<20 + 100)
				}
				check(t, store.Put(t.Context(), "new", bytes.NewReader(content)))
				check(t, store.Delete(t.Context(), "old"))
				if !bytes.Equal(read(t, store, "new"), content) {
					t.Error("something else comes back")
				}
				listed, err := store.List(t.Context(), "")
				check(t, err)
				if len(listed) != 1 || listed["new"] != int64(len(content)) {
					t.Errorf("listed %v", listed)
				}
				// A lost answer to the beginning of an upload leaves one that nobody knows of, for sweep.
				if left := server.Uploads(); left > 0 && !(operation == storagetest.CreateUpload && fault == storagetest.LostAnswer) {
					t.Errorf("%d uploads are left", left)
				}
			})
		}
	}
}

func inParts(operation string) bool {
	return operation == storagetest.CreateUpload || operation == storagetest.UploadPart || operation == storagetest.CompleteUpload
}

func faultName(f storagetest.Fault) string {
	return map[storagetest.Fault]string{
		storagetest.SlowDown: "told to slow down", storagetest.Cut: "cut off", storagetest.Hang: "hanging", storagetest.LostAnswer: "without an answer",
	}[f]
}

func TestABucketGivesUpInTheEnd(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{storagetest.UploadPart, storagetest.CompleteUpload} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			server := storagetest.New(t)
			store := bucketOf(t, server)
			for range 50 {
				server.Fail(operation, storagetest.SlowDown)
			}
			err := store.Put(t.Context(), "large", bytes.NewReader(noise(9<<20)))
			if err == nil || !strings.Contains(err.Error(), "503 SlowDown") {
				t.Errorf("got %v", err)
			}
			if n := server.Seen(operation); n < 2 || n > 5 {
				t.Errorf("tried %d times", n)
			}
			if server.Uploads() != 0 || server.Object("large") != nil {
				t.Error("something is left")
			}
		})
	}
}

func TestABucketSaysWhyItRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*storage.Config, *storagetest.Server)
		want   string
	}{
		{"another key", func(c *storage.Config, _ *storagetest.Server) { c.Key = "hunter2" }, "SignatureDoesNotMatch"},
		{"an unknown key", func(c *storage.Config, _ *storagetest.Server) { c.KeyID = "hunter2" }, "InvalidAccessKeyId"},
		{"another bucket", func(c *storage.Config, _ *storagetest.Server) { c.Bucket = "other" }, "is BUCKET_NAME right?"},
		{"no rights", func(_ *storage.Config, s *storagetest.Server) { s.Fail(storagetest.PutObject, storagetest.Forbidden) }, "are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY right?"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := storagetest.New(t)
			c := bucketConfig(server)
			test.change(&c, server)
			store, err := storage.Open(c)
			check(t, err)
			err = store.Put(t.Context(), "a", strings.NewReader("x"))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want it to say %q", err, test.want)
			}
			if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), storagetest.KeyID) || strings.Contains(err.Error(), storagetest.Key) {
				t.Errorf("it tells a secret: %v", err)
			}
		})
	}
}

func TestAnUploadCompletedWithAnErrorIsNone(t *testing.T) {
	t.Parallel()
	server := storagetest.New(t)
	server.Fail(storagetest.CompleteUpload, storagetest.OKButError, storagetest.OKButError, storagetest.OKButError, storagetest.OKButError, storagetest.OKButError)
	if err := bucketOf(t, server).Put(t.Context(), "large", bytes.NewReader(noise(9<<20))); err == nil {
		t.Error("an error in the body of a 200 was not noticed")
	}
	if server.Object("large") != nil || server.Uploads() != 0 {
		t.Error("something is left")
	}
}

func TestADownloadThatEndsEarlyIsAnError(t *testing.T) {
	t.Parallel()
	server := storagetest.New(t)
	server.Set("a", noise(1<<20))
	server.Fail(storagetest.GetObject, storagetest.Truncate)
	r, err := bucketOf(t, server).Get(t.Context(), "a")
	check(t, err)
	if n, err := io.Copy(io.Discard, r); err == nil {
		t.Errorf("%d bytes looked like all", n)
	}
	check(t, r.Close())
}

func TestAbandonedUploadsAreSwept(t *testing.T) {
	t.Parallel()
	server := storagetest.New(t)
	server.Abandon("cabanas-old", 25*time.Hour)
	server.Abandon("cabanas-young", time.Hour)
	check(t, bucketOf(t, server).Put(t.Context(), "a", strings.NewReader("x")))
	if n := server.Uploads(); n != 1 {
		t.Errorf("%d uploads are left, want the young one", n)
	}
}

func TestATigrisBucketIsFoundUnderItsOwnName(t *testing.T) {
	t.Parallel()
	for endpoint, want := range map[string]string{
		"https://fly.storage.tigris.dev": "mine.fly.storage.tigris.dev/a",
		"https://t3.storage.dev":         "mine.t3.storage.dev/a",
		"http://127.0.0.1:9000":          "127.0.0.1:9000/mine/a",
		"https://minio.example.com":      "minio.example.com/mine/a",
	} {
		store, err := storage.Open(storage.Config{Bucket: "mine", Endpoint: endpoint, Region: "auto", KeyID: "k", Key: "s", Stall: time.Second})
		check(t, err)
		if got := storage.AddressOf(store, "a"); got != want {
			t.Errorf("%s: got %s, want %s", endpoint, got, want)
		}
	}
}

func TestNothingListensIsAnError(t *testing.T) {
	t.Parallel()
	store, err := storage.Open(storage.Config{Bucket: "mine", Endpoint: "http://127.0.0.1:1", Region: "auto", KeyID: "k", Key: "s", Stall: time.Second})
	check(t, err)
	if _, err := store.List(t.Context(), ""); err == nil || errors.Is(err, storage.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}
