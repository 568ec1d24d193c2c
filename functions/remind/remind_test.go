package remind_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/functions/remind"
	"github.com/eevans-d/sist-cabanas/shared/notice"
)

var noon = time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC)

// guests are so many whom it is time to remind, of each kind.
type guests struct {
	due    map[notice.Kind]int
	broken notice.Kind // the database does not answer about these
	fed    bool        // there are more of them all the time
	calls  int
	rules  notice.ReminderRules
}

var errDown = errors.New("down")

func (g *guests) Due(_ context.Context, kind notice.Kind, rules notice.ReminderRules, now time.Time, after int64, limit int) ([]notice.Reminder, error) {
	g.calls++
	g.rules = rules
	if kind == g.broken || !now.Equal(noon) {
		return nil, errDown
	}
	var found []notice.Reminder
	for id := after + 1; id <= int64(g.due[kind]) && len(found) < limit; id++ {
		found = append(found, notice.Reminder{ReservationID: id, Code: fmt.Sprintf("CODE%d", id)})
	}
	return found, nil
}

func (g *guests) Write(_ context.Context, kind notice.Kind, rules notice.ReminderRules, now time.Time, limit int) (int, error) {
	g.calls++
	g.rules = rules
	if kind == g.broken || !now.Equal(noon) {
		return 0, errDown
	}
	if g.fed {
		return limit, nil
	}
	n := min(g.due[kind], limit)
	g.due[kind] -= n
	return n, nil
}

// run runs the task, and returns what it reports and logs.
func (g *guests) run(t *testing.T, c remind.Config, args ...string) (reports []string, log string, err error) {
	t.Helper()
	said, err := remind.Spec.ParseArgs(args)
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	clock := noon.Add(-time.Second)
	err = remind.New(c, remind.Deps{
		Reminders: g, Said: said, Log: zerolog.New(&logged), Report: func(summary string) { reports = append(reports, summary) },
		Now: func() time.Time { clock = clock.Add(time.Second); return clock },
	})(t.Context())
	return reports, logged.String(), err
}

func TestEveryKindIsSeenToAtOneInstant(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		due  map[notice.Kind]int
		want string
	}{
		{map[notice.Kind]int{}, "nobody is to be reminded"},
		{map[notice.Kind]int{notice.PreArrival: 2, notice.HoldExpiring: 1}, "reminders: 1 hold_expiring, 2 pre_arrival"},
		{map[notice.Kind]int{notice.ThanksReview: 450, notice.BalanceDue: 200, notice.DepartureDay: 1}, "reminders: 200 balance_due, 1 departure_day, 450 thanks_review"},
	} {
		g := &guests{due: c.due}
		got, _, err := g.run(t, remind.Config{BalanceDays: 5, ReviewURL: "https://r.example/"})
		if err != nil || !slices.Equal(got, []string{c.want}) {
			t.Errorf("%v: %q %v", c.due, got, err)
		}
		if want := (notice.ReminderRules{BalanceDays: 5, ReviewURL: "https://r.example/"}); g.rules != want {
			t.Errorf("rules %+v", g.rules)
		}
	}
}

func TestOneKindThatFailsKeepsNoOtherFromItsTime(t *testing.T) {
	t.Parallel()
	g := &guests{broken: notice.HoldExpiring, due: map[notice.Kind]int{notice.PreArrival: 1}}
	got, _, err := g.run(t, remind.Config{})
	if !errors.Is(err, errDown) || !strings.Contains(err.Error(), "hold_expiring") || !slices.Equal(got, []string{"reminders: 1 pre_arrival"}) {
		t.Errorf("%q %v", got, err)
	}
}

func TestARunThatOthersKeepFeedingEnds(t *testing.T) {
	t.Parallel()
	g := &guests{fed: true}
	if _, _, err := g.run(t, remind.Config{}); err != nil || g.calls != 50*len(notice.Reminders()) {
		t.Errorf("%d calls, %v", g.calls, err)
	}
}

func TestADryRunWritesNothingAndNamesNobodyButByCode(t *testing.T) {
	t.Parallel()
	g := &guests{due: map[notice.Kind]int{notice.BalanceDue: 401}}
	got, log, err := g.run(t, remind.Config{}, "--dry-run")
	if want := []string{"reminders: 401 balance_due; this was a dry run: nothing was written"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q %v", got, err)
	}
	if g.due[notice.BalanceDue] != 401 || strings.Count(log, "\n") != 401 {
		t.Errorf("%d are left, %d lines", g.due[notice.BalanceDue], strings.Count(log, "\n"))
	}
	first, _, _ := strings.Cut(log, "\n")
	if diff := cmp.Diff(`{"level":"info","function":"remind","reservation":"CODE1","kind":"balance_due","message":"would be reminded"}`, first); diff != "" {
		t.Error(diff)
	}
}
