package backup_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/eevans-d/sist-cabanas/functions/backup"
	"github.com/eevans-d/sist-cabanas/migrations"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
	"github.com/eevans-d/sist-cabanas/shared/queue"
	"github.com/eevans-d/sist-cabanas/shared/storage"
	"github.com/eevans-d/sist-cabanas/shared/storage/storagetest"
)

// task puts the function together as the router does.
func task(t testing.TB, dsn string, c storage.Config, now func() time.Time) (func(context.Context) error, *storage.Archive) {
	t.Helper()
	pool, err := postgres.Open(postgres.Config{URL: config.Secret(dsn)}, 1, prometheus.NewRegistry())
	check(t, err)
	t.Cleanup(pool.Close)
	archive, err := storage.OpenArchive(c)
	check(t, err)
	share := pool.Share(backup.Spec.Connections)
	return backup.New(keep, backup.Deps{
		Dump: func(ctx context.Context, w io.Writer, now time.Time) (rows, bytes int64, err error) {
			contents, err := share.Dump(ctx, w, now)
			return contents.Rows, contents.Bytes, err
		},
		Archive: archive, Now: now, Report: func(string) {},
	}), archive
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func count(t testing.TB, dsn, table string) (n int64) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	check(t, err)
	check(t, conn.QueryRow(t.Context(), "select count(*) from "+table).Scan(&n))
	check(t, conn.Close(t.Context()))
	return n
}

// fill puts about so many bytes of rows into the database.
func fill(t testing.TB, dsn string, size int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	check(t, err)
	_, err = conn.Exec(t.Context(), "insert into accommodations (name, type, capacity, base_price) values ('Cabaña', 'cabaña', 4, 100)")
	check(t, err)
	// Half of it is noise, as tokens and hashes are; the other half is words.
	_, err = conn.Exec(t.Context(), `
		insert into reservations (code, accommodation_id, check_in, check_out, status, contact_name, contact_email, special_requests)
		select 'C' || n, 1, '2026-12-04', '2026-12-07', 'cancelled', 'Huésped ' || n, md5(n::text) || '@' || md5('x' || n), 'Llegamos tarde, con un perro y dos bicicletas ' || md5('y' || n)
		from generate_series(1, $1::int) n`, size/380)
	check(t, err)
	check(t, conn.Close(t.Context()))
}

func TestFromTheDatabaseToABucketAndBack(t *testing.T) {
	t.Parallel()
	public, secret, err := storage.NewKey()
	check(t, err)
	keys, err := storage.ParseKeys(secret)
	check(t, err)
	server := storagetest.New(t)
	dsn := pgtest.NewDSN(t)
	fill(t, dsn, 2<<20)
	var now time.Time
	c := bucketConfig(server.URL)
	c.Recipients = []string{public}
	run, archive := task(t, dsn, c, func() time.Time { return now })
	for _, day := range []int{1, 2, 29, 30} { // in between the machine is off
		now = at(fmt.Sprintf("2026-11-%02d 03:00", day))
		check(t, run(t.Context()))
	}
	left, err := archive.List(t.Context())
	check(t, err)
	if len(left) != 4 {
		t.Errorf("left: %v", left)
	}
	latest, err := archive.Latest(t.Context())
	if err != nil || latest != "cabanas-2026-11-30T03-00-00Z.dump.zst.age" {
		t.Fatalf("the latest is %s, %v", latest, err)
	}
	target := postgres.Target{URL: config.Secret(dsn), Files: migrations.Files, Queue: migrateQueue}
	checks, err := postgres.Verify(t.Context(), target, reading(t, archive, latest, keys))
	check(t, err)
	for _, c := range checks {
		if !c.Same() {
			t.Errorf("%s came out different: %+v", c.Name, c)
		}
	}
	empty := pgtest.NewDSN(t)
	target.URL = config.Secret(empty)
	_, err = postgres.Restore(t.Context(), target, reading(t, archive, latest, keys))
	check(t, err)
	if got, want := count(t, empty, "reservations"), count(t, dsn, "reservations"); got != want || want == 0 {
		t.Errorf("%d reservations of %d came back", got, want)
	}
}

func bucketConfig(url string) storage.Config {
	return storage.Config{
		Bucket: storagetest.Bucket, Endpoint: url, Region: storagetest.Region,
		KeyID: storagetest.KeyID, Key: storagetest.Key, Stall: 5 * time.Second,
	}
}

func migrateQueue(ctx context.Context, pool *pgxpool.Pool, _ int64) error {
	return queue.Migrate(ctx, pool)
}

func reading(t testing.TB, a *storage.Archive, name string, keys storage.Keys) io.Reader {
	t.Helper()
	r, err := a.Open(t.Context(), name, keys)
	check(t, err)
	t.Cleanup(func() { _ = r.Close() })
	return r
}

const (
	// memoryOf asks a process of this test to do one thing alone, so that its memory can be measured.
	memoryOf = "BACKUP_TEST_MEMORY_OF"
	large    = 40 << 20
	mayUse   = 64 << 20
)

// TestMemoryDoesNotGrowWithTheDatabase measures the peak of a process that does nothing else.
func TestMemoryDoesNotGrowWithTheDatabase(t *testing.T) {
	if os.Getenv(memoryOf) != "" {
		t.Skip("this is the process that is measured")
	}
	public, secret, err := storage.NewKey()
	check(t, err)
	dsn, dir := pgtest.NewDSN(t), t.TempDir()
	fill(t, dsn, large)
	server := storagetest.New(t)
	environment := []string{
		"TEST_DSN=" + dsn, "TEST_RECIPIENT=" + public, "TEST_IDENTITY=" + secret.Reveal(), "TEST_DIR=" + dir, "TEST_BUCKET=" + server.URL, "TEST_EMPTY=" + pgtest.NewDSN(t),
	}
	for _, what := range []string{"folder", "bucket", "restore"} {
		peak, spent := measure(t, append(environment, memoryOf+"="+what))
		t.Logf("%s: peak %d MiB, %s", what, peak>>20, spent)
		if peak > mayUse && !raceEnabled {
			t.Errorf("%s: the peak is %d MiB", what, peak>>20)
		}
	}
}

func measure(t *testing.T, environment []string) (peak int64, line string) {
	t.Helper()
	self, err := os.Executable()
	check(t, err)
	command := exec.CommandContext(t.Context(), self, "-test.run=^TestAlone$", "-test.v")
	command.Env = append(os.Environ(), environment...)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	found := regexp.MustCompile(`peak (\d+) kB, (.*)`).FindStringSubmatch(string(out))
	if found == nil {
		t.Fatalf("it says nothing:\n%s", out)
	}
	kB, err := strconv.ParseInt(found[1], 10, 64)
	check(t, err)
	return kB << 10, found[2]
}

// TestAlone is what TestMemoryDoesNotGrowWithTheDatabase measures.
func TestAlone(t *testing.T) {
	what := os.Getenv(memoryOf)
	if what == "" {
		t.Skip("only in a process of its own")
	}
	c := storage.Config{Dir: os.Getenv("TEST_DIR")}
	if what == "bucket" {
		c = bucketConfig(os.Getenv("TEST_BUCKET"))
	}
	c.Recipients = []string{os.Getenv("TEST_RECIPIENT")}
	run, archive := task(t, os.Getenv("TEST_DSN"), c, time.Now)
	begin := time.Now()
	if what == "restore" {
		restoreLatest(t, archive)
	} else {
		check(t, run(t.Context()))
	}
	took := time.Since(begin)
	status, err := os.ReadFile("/proc/self/status")
	check(t, err)
	peak := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if peak == nil {
		t.Fatal("no VmHWM in /proc/self/status")
	}
	fmt.Printf("peak %s kB, %s\n", bytes.TrimSpace(peak[1]), took.Round(time.Millisecond))
}

func restoreLatest(t *testing.T, archive *storage.Archive) {
	t.Helper()
	keys, err := storage.ParseKeys(config.Secret(os.Getenv("TEST_IDENTITY")))
	check(t, err)
	latest, err := archive.Latest(t.Context())
	check(t, err)
	target := postgres.Target{URL: config.Secret(os.Getenv("TEST_EMPTY")), Files: migrations.Files, Queue: migrateQueue}
	contents, err := postgres.Restore(t.Context(), target, reading(t, archive, latest, keys))
	check(t, err)
	if contents.Bytes < 30<<20 {
		t.Errorf("only %d bytes of rows were there", contents.Bytes)
	}
}

// BenchmarkBackup measures the whole way: tables, compression, encryption, a folder, and reading back.
func BenchmarkBackup(b *testing.B) {
	public, _, err := storage.NewKey()
	check(b, err)
	dsn, dir := pgtest.NewDSN(b), b.TempDir()
	fill(b, dsn, large)
	run, _ := task(b, dsn, storage.Config{Recipients: []string{public}, Dir: dir, Stall: time.Second}, time.Now)
	var raw int64
	pool, err := postgres.Open(postgres.Config{URL: config.Secret(dsn)}, 1, prometheus.NewRegistry())
	check(b, err)
	defer pool.Close()
	contents, err := pool.Share(1).Dump(b.Context(), io.Discard, time.Now())
	check(b, err)
	raw = contents.Bytes
	b.SetBytes(raw)
	for b.Loop() {
		check(b, run(b.Context()))
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.age"))
	if err != nil || len(files) == 0 || strings.Contains(files[0], "partial") {
		b.Fatalf("%v, %v", files, err)
	}
}
