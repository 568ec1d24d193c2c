package backup_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/functions/backup"
	"github.com/eevans-d/sist-cabanas/shared/function"
)

// archive remembers what was asked of it.
type archive struct {
	all       map[string]time.Time
	content   string
	saveErr   error
	listErr   error
	deleteErr map[string]error
	unlisted  bool
}

func (a *archive) Save(ctx context.Context, at time.Time, write func(context.Context, io.Writer) error) (string, int64, error) {
	var b bytes.Buffer
	if err := errors.Join(write(ctx, &b), a.saveErr); err != nil {
		return "", 0, err
	}
	a.content = b.String()
	if !a.unlisted {
		a.all[at.Format("2006-01-02 15:04")] = at
	}
	return at.Format("2006-01-02 15:04"), int64(b.Len()), nil
}

func (a *archive) List(context.Context) (map[string]time.Time, error) {
	return maps.Clone(a.all), a.listErr
}

func (a *archive) Delete(_ context.Context, name string) error {
	if err := a.deleteErr[name]; err != nil {
		return err
	}
	delete(a.all, name)
	return nil
}

func (a *archive) left() string { return strings.Join(slices.Sorted(maps.Keys(a.all)), ", ") }

type bundle struct {
	*archive
	said string
	dump error
}

func setup(stamps ...string) *bundle {
	return &bundle{archive: &archive{all: named(stamps...), deleteErr: make(map[string]error)}}
}

func (b *bundle) run(t *testing.T) error {
	t.Helper()
	task := backup.New(backup.Config{Days: 1}, backup.Deps{
		Dump: func(_ context.Context, w io.Writer, now time.Time) (int64, int64, error) {
			_, err := io.WriteString(w, "everything as of "+now.Format(time.DateOnly))
			return 42, 1000, errors.Join(err, b.dump)
		},
		Archive: b.archive, Report: func(summary string) { b.said = summary },
		Now: func() time.Time { return at("2026-11-24 03:00") },
	})
	return task(t.Context())
}

func TestABackupIsSavedAndThenOldOnesGo(t *testing.T) {
	t.Parallel()
	b := setup("2026-11-22 03:00", "2026-11-23 03:00")
	if err := b.run(t); err != nil {
		t.Fatal(err)
	}
	if b.content != "everything as of 2026-11-24" || b.left() != "2026-11-24 03:00" {
		t.Errorf("saved %q, left %s", b.content, b.left())
	}
	if want := "2026-11-24 03:00: 42 rows, 1000 bytes of tables in 27 stored, in 0s; 1 backups kept, 2 let go"; b.said != want {
		t.Errorf("reported %q, want %q", b.said, want)
	}
	if err := b.run(t); err != nil || b.left() != "2026-11-24 03:00" {
		t.Errorf("again: %v, left %s", err, b.left())
	}
}

func TestNothingIsDeletedUnlessTheNewBackupIsThere(t *testing.T) {
	t.Parallel()
	lost := errors.New("lost")
	for name, breakIt := range map[string]func(*bundle){
		"the database is lost":    func(b *bundle) { b.dump = lost },
		"the store is lost":       func(b *bundle) { b.saveErr = lost },
		"it cannot be listed":     func(b *bundle) { b.listErr = lost },
		"it is missing in a list": func(b *bundle) { b.unlisted = true },
	} {
		b := setup("2026-11-22 03:00", "2026-11-23 03:00")
		breakIt(b)
		if err := b.run(t); err == nil {
			t.Errorf("%s: no error", name)
		}
		if !strings.HasPrefix(b.left(), "2026-11-22 03:00, 2026-11-23 03:00") {
			t.Errorf("%s: left %s", name, b.left())
		}
	}
}

func TestWhatCannotBeDeletedDoesNotKeepTheOthers(t *testing.T) {
	t.Parallel()
	b := setup("2026-11-21 03:00", "2026-11-22 03:00", "2026-11-23 03:00")
	b.deleteErr["2026-11-22 03:00"] = errors.New("locked")
	err := b.run(t)
	if err == nil || !strings.Contains(err.Error(), "locked") || !strings.Contains(err.Error(), "is stored") {
		t.Errorf("got %v", err)
	}
	if b.left() != "2026-11-22 03:00, 2026-11-24 03:00" {
		t.Errorf("left %s", b.left())
	}
}

func TestTheSpecIsInOrder(t *testing.T) {
	t.Parallel()
	f := function.Run(backup.Spec, func(context.Context, backup.Config) (function.Task, error) { return nil, nil })
	if err := function.Check([]function.Function{f}, func(any) error { return nil }); err != nil {
		t.Error(err)
	}
	if backup.Spec.Every != 24*time.Hour || backup.Spec.MemoryMB != 256 {
		t.Errorf("the spec is %+v", backup.Spec)
	}
}
