package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// TableCheck compares a table as the backup has it with what came out of restoring that. The last one of a list is about
// the sequences.
type TableCheck struct {
	Name             string
	Backup, Restored TableSum
}

// Same reports whether nothing differs.
func (c TableCheck) Same() bool { return c.Backup == c.Restored }

// Verify restores a dump for trial, reads everything back and compares it, table by table; then it throws the trial away.
// The trial is a database of its own beside that of the target or, where the role may not make one, a schema of its own in
// it. What is in the target is left alone: statements that run in the schema cannot even name it.
func Verify(ctx context.Context, t Target, from io.Reader) (checks []TableCheck, err error) {
	trial, drop, err := makeScratch(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("verify: make room for a trial: %w", err)
	}
	defer func() {
		if dropErr := drop(); dropErr != nil {
			err = errors.Join(err, fmt.Errorf("verify: clean up: %w", dropErr))
		}
	}()
	backup, err := restore(ctx, trial, from)
	if err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	restored, err := trial.readBack(ctx)
	if err != nil {
		return nil, fmt.Errorf("verify: read back: %w", err)
	}
	return compare(backup, restored), nil
}

func (t Target) readBack(ctx context.Context) (Contents, error) {
	conn, err := t.connect(ctx)
	if err != nil {
		return Contents{}, err
	}
	defer closeConn(ctx, conn)
	return dump(ctx, conn, io.Discard, time.Time{})
}

// compare goes through the tables of both sides: one that only one of them has differs.
func compare(backup, restored Contents) []TableCheck {
	var checks []TableCheck
	at := make(map[string]int)
	for _, sum := range backup.Sums {
		at[sum.Name] = len(checks)
		checks = append(checks, TableCheck{Name: sum.Name, Backup: sum})
	}
	for _, sum := range restored.Sums {
		if i, ok := at[sum.Name]; ok {
			checks[i].Restored = sum
		} else {
			checks = append(checks, TableCheck{Name: sum.Name, Restored: sum})
		}
	}
	return append(checks, TableCheck{Name: "sequences", Backup: backup.Sequences, Restored: restored.Sequences})
}
