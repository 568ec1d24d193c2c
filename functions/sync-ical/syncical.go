// Package syncical is the task that reads the calendars of other channels, so that the nights that they sell are closed here and
// those that they give back open again.
package syncical

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/channels"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/function"
)

// The flags.
const (
	feedFlag = "feed"
	dryFlag  = "dry-run"
)

// Spec describes the function.
var Spec = function.Spec{
	Name:        "sync-ical",
	Summary:     "read the calendars of other channels, settle what overlaps",
	Every:       5 * time.Minute,
	Timeout:     4 * time.Minute,
	Connections: 1,
	MemoryMB:    256,
	Flags: []function.Flag{
		{Name: feedFlag, Value: function.ID, Help: "read this feed only, and now, whatever it waits for; one that is paused is refused"},
		{Name: dryFlag, Help: "write nothing; say for each feed which nights would close and open"},
	},
}

// Deps is what the function is given.
type Deps struct {
	Channels Channels
	Feed     func(ctx context.Context, id int64) (calendar.Feed, error) // fault.ErrNotFound
	Said     function.Values                                            // to this run; nil = nothing
	Log      zerolog.Logger
	Report   func(summary string)
}

// Channels read feeds; see channels.Channels for what each method promises.
type Channels interface {
	Sync(ctx context.Context, feed calendar.Feed, o channels.Options) (calendar.Change, error)
	SyncAll(ctx context.Context, o channels.Options) (channels.Report, error)
}

// New returns the task.
func New(d Deps) function.Task {
	if d.Said.Has(feedFlag) {
		return d.readOne
	}
	return d.readAll
}

func (d Deps) isDry() bool { return d.Said.Has(dryFlag) }

// readAll reads every feed that is due. Feeds that cannot be read are no failure of the task: they wait, and health tells.
func (d Deps) readAll(ctx context.Context) error {
	o := channels.Options{Dry: d.isDry()}
	if o.Dry {
		o.Each = d.tellOf
	}
	done, err := d.Channels.SyncAll(ctx, o)
	summary := done.String()
	if o.Dry {
		summary += dryWords
	}
	d.Report(summary)
	return err
}

// readOne reads the feed that an operator names. He wants to know why it cannot be read, so that is a failure.
func (d Deps) readOne(ctx context.Context) error {
	id := d.Said.ID(feedFlag)
	feed, err := d.Feed(ctx, id)
	if errors.Is(err, fault.ErrNotFound) {
		return fmt.Errorf("there is no feed %d", id)
	}
	if err != nil {
		return fmt.Errorf("look up feed %d: %w", id, err)
	}
	if feed.Paused {
		return fmt.Errorf("%s is paused: it is read again once the owner sets its state to ok", name(feed))
	}
	change, err := d.Channels.Sync(ctx, feed, channels.Options{Dry: d.isDry()})
	switch {
	case errors.Is(err, calendar.ErrOutrun):
		d.Report(name(feed) + ": somebody else has read it at the same moment")
		return nil
	case err != nil:
		return fmt.Errorf("%s: %w", name(feed), readable(err))
	}
	summary := name(feed) + ": " + d.words(change)
	if d.isDry() {
		summary += dryWords
	}
	d.Report(summary)
	return nil
}

const dryWords = "; this was a dry run: nothing was written"

// tellOf logs what a dry run has found out about a feed.
func (d Deps) tellOf(f calendar.Feed, change calendar.Change, err error) {
	line := d.Log.Info().Str("function", Spec.Name).Int64("feed", f.ID)
	if err != nil {
		line.Msg(name(f) + ": cannot be read: " + readable(err).Error())
		return
	}
	line.Msg(name(f) + ": " + d.words(change))
}

// readable is what an operator needs of a fault: its causes are for the log.
func readable(err error) error {
	if shown, ok := errors.AsType[*fault.Error](err); ok {
		return errors.New(shown.Code + ": " + shown.Detail)
	}
	return err
}

// words say what a change does, or would do, to the nights.
func (d Deps) words(change calendar.Change) string {
	closes, opens, quarantine := "closed ", "opened ", "it is in quarantine: "
	if d.isDry() {
		closes, opens, quarantine = "would close ", "would open ", "it would be in quarantine: "
	}
	var said []string
	if len(change.Closes) > 0 {
		said = append(said, closes+dates(change.Closes))
	}
	if len(change.Opens) > 0 {
		said = append(said, opens+dates(change.Opens))
	}
	if len(said) == 0 {
		said = append(said, "no night changes")
	}
	if change.Echoes > 0 {
		said = append(said, fmt.Sprintf("%d events are our own nights coming back", change.Echoes))
	}
	if change.Reason != "" {
		said = append(said, quarantine+change.Reason)
	}
	return strings.Join(said, "; ")
}

// maxDates is how many stretches of nights a line lists.
const maxDates = 50

// dates are stretches of nights, from the first to the morning after the last.
func dates(all []civil.Nights) string {
	said := make([]string, 0, len(all))
	for _, n := range all[:min(len(all), maxDates)] {
		said = append(said, n.From.String()+" to "+n.To.String())
	}
	if more := len(all) - maxDates; more > 0 {
		said = append(said, fmt.Sprintf("%d more", more))
	}
	return strings.Join(said, ", ")
}

// name is how a feed is called where nobody may see its address.
func name(f calendar.Feed) string {
	return fmt.Sprintf("feed %d (%s, cabin %d)", f.ID, f.Source, f.AccommodationID)
}
