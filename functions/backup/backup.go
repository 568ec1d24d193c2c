// Package backup is the task that writes everything in the database to where backups are kept, and lets go of old ones.
package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/function"
)

// Spec describes the function.
var Spec = function.Spec{
	Name:        "backup",
	Summary:     "back up the database, encrypted; keep a week of days and a month of weeks",
	Every:       24 * time.Hour,
	Timeout:     30 * time.Minute,
	Connections: 1,
	MemoryMB:    256,
}

// Config says how much is kept.
type Config struct {
	Days  int `envconfig:"BACKUP_KEEP_DAILY" default:"7" validate:"min=1,max=366"`
	Weeks int `envconfig:"BACKUP_KEEP_WEEKLY" default:"4" validate:"min=0,max=520"`
}

// Deps is what the function is given.
type Deps struct {
	// Dump writes everything in the database, as it is at one instant, and says how much that was.
	Dump    func(ctx context.Context, w io.Writer, now time.Time) (rows, bytes int64, err error)
	Archive Archive
	Now     func() time.Time
	Report  func(summary string)
}

// Archive is where backups are kept. It knows its own by their names.
type Archive interface {
	// Save stores what write writes, and returns when it is known to be there as it was sent; else there is nothing.
	Save(ctx context.Context, at time.Time, write func(context.Context, io.Writer) error) (name string, size int64, err error)
	// List returns the names of all backups and what instants they are of.
	List(ctx context.Context) (map[string]time.Time, error)
	Delete(ctx context.Context, name string) error
}

// New returns the task. It may be repeated: then the later backup of a day takes the place of the earlier one.
func New(c Config, d Deps) function.Task {
	return func(ctx context.Context) error {
		now := d.Now()
		var rows, raw int64
		name, size, err := d.Archive.Save(ctx, now, func(ctx context.Context, w io.Writer) (err error) {
			rows, raw, err = d.Dump(ctx, w, now)
			return err
		})
		if err != nil {
			return fmt.Errorf("back up: %w", err)
		}
		took := d.Now().Sub(now)
		// Only now: whatever else goes wrong, a new backup is there before an old one goes.
		kept, deleted, err := retain(ctx, c, d.Archive, name, now)
		d.Report(fmt.Sprintf("%s: %d rows, %d bytes of tables in %d stored, in %s; %d backups kept, %d let go",
			name, rows, raw, size, took.Round(time.Millisecond), kept, deleted))
		if err != nil {
			return fmt.Errorf("%s is stored; let go of old backups: %w", name, err)
		}
		return nil
	}
}

// retain deletes the backups that are not worth keeping beside the one just made.
func retain(ctx context.Context, c Config, a Archive, made string, now time.Time) (kept, deleted int, err error) {
	all, err := a.List(ctx)
	if err != nil {
		return 0, 0, err
	}
	if _, ok := all[made]; !ok {
		// What cannot be seen must not be counted upon.
		return len(all), 0, fmt.Errorf("%s is not listed, so that nothing is deleted", made)
	}
	var failed []error
	for _, name := range superfluous(all, now, c) {
		if err := a.Delete(ctx, name); err != nil {
			failed = append(failed, err)
			continue
		}
		deleted++
	}
	return len(all) - deleted, deleted, errors.Join(failed...)
}
