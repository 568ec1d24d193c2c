// Package remind is the task that tells guests what nothing but time brings about: that their hold is about to run out, what is still
// to be paid, how to arrive, until when to leave, and thanks. Each is told once, in time or not at all, and by day, but for a hold.
package remind

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/notice"
)

// dryFlag has nothing written.
const dryFlag = "dry-run"

// Spec describes the function.
var Spec = function.Spec{
	Name:        "remind",
	Summary:     "remind guests of what is about to happen: the end of a hold, the balance, arrival, departure",
	Every:       10 * time.Minute,
	Timeout:     4 * time.Minute,
	Connections: 1,
	MemoryMB:    256,
	Flags:       []function.Flag{{Name: dryFlag, Help: "write nothing; say which guests would be reminded of what"}},
}

// Config is what the function reads from its environment.
type Config struct {
	BalanceDays int    `envconfig:"BALANCE_DUE_DAYS" default:"7" validate:"min=0,max=90"`
	ReviewURL   string `envconfig:"REVIEW_URL" validate:"omitempty,http_url,max=500"`
}

// Deps is what the function is given.
type Deps struct {
	Reminders Reminders
	Said      function.Values // to this run; nil = nothing
	Now       func() time.Time
	Log       zerolog.Logger
	Report    func(summary string)
}

// Reminders is where it is known who is to be told what; see postgres.Reminders for what each method promises.
type Reminders interface {
	Due(ctx context.Context, kind notice.Kind, rules notice.ReminderRules, now time.Time, after int64, limit int) ([]notice.Reminder, error)
	Write(ctx context.Context, kind notice.Kind, rules notice.ReminderRules, now time.Time, limit int) (int, error)
}

// pageSize and maxPages bound each kind: whom a run does not get to the next one reminds.
const (
	pageSize = 200
	maxPages = 50
)

type task struct {
	Deps
	rules notice.ReminderRules
}

// New returns the task.
func New(c Config, d Deps) function.Task {
	t := task{Deps: d, rules: notice.ReminderRules{BalanceDays: c.BalanceDays, ReviewURL: c.ReviewURL}}
	return t.run
}

// run sees to every kind, also where another has failed: what is not told in time is not told at all.
func (t task) run(ctx context.Context) error {
	now, act := t.Now(), t.write
	if t.Said.Has(dryFlag) {
		act = t.list
	}
	var said []string
	var failures []error
	for _, kind := range notice.Reminders() {
		n, err := act(ctx, kind, now)
		if n > 0 {
			said = append(said, fmt.Sprintf("%d %s", n, kind))
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", kind, err))
		}
	}
	t.Report(t.summary(said))
	return errors.Join(failures...)
}

func (t task) summary(said []string) string {
	summary := "nobody is to be reminded"
	if len(said) > 0 {
		summary = "reminders: " + strings.Join(said, ", ")
	}
	if t.Said.Has(dryFlag) {
		summary += "; this was a dry run: nothing was written"
	}
	return summary
}

// write has messages of a kind written, and sent by whoever delivers them.
func (t task) write(ctx context.Context, kind notice.Kind, now time.Time) (total int, err error) {
	for range maxPages {
		n, err := t.Reminders.Write(ctx, kind, t.rules, now, pageSize)
		total += n
		if err != nil || n < pageSize {
			return total, err
		}
	}
	return total, nil
}

// list logs who would be sent a kind.
func (t task) list(ctx context.Context, kind notice.Kind, now time.Time) (total int, err error) {
	after := int64(0)
	for range maxPages {
		found, err := t.Reminders.Due(ctx, kind, t.rules, now, after, pageSize)
		for _, r := range found {
			after = r.ReservationID
			total++
			t.Log.Info().Str("function", Spec.Name).Str("reservation", r.Code).Str("kind", string(kind)).Msg("would be reminded")
		}
		if err != nil || len(found) < pageSize {
			return total, err
		}
	}
	return total, nil
}
