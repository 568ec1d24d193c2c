package track_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/functions/track"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/outbox"
)

var noon = time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)

// statuses are pages of what waits, and where they were asked for from.
type statuses struct {
	pages []outbox.Tracked
	asked []int64
	err   error
}

func (s *statuses) Track(_ context.Context, after int64, _ time.Time) (outbox.Tracked, error) {
	s.asked = append(s.asked, after)
	if s.err != nil || len(s.pages) == 0 {
		return outbox.Tracked{}, s.err
	}
	page := s.pages[0]
	s.pages = s.pages[1:]
	return page, nil
}

func nobody(context.Context, time.Time, int) ([]int64, error) { return nil, nil }

func work(t *testing.T, s *statuses) error {
	t.Helper()
	d := track.Deps{Statuses: s, Now: func() time.Time { return noon }, Unanswered: func(context.Context, time.Time, int) ([]string, error) { return nil, nil }, Stalled: nobody}
	return track.New(d)(t.Context(), conversation.Track{})
}

func TestAllThatWaitsIsSeenToPageByPage(t *testing.T) {
	t.Parallel()
	s := &statuses{pages: []outbox.Tracked{{Read: 500, Last: 700}, {Read: 3, Last: 703, Waiting: 3}}}
	if err := work(t, s); err != nil || !slices.Equal(s.asked, []int64{0, 700, 703}) {
		t.Errorf("%v, asked after %d", err, s.asked)
	}
}

func TestAJobEndsHoweverMuchIsTold(t *testing.T) {
	t.Parallel()
	s := &statuses{pages: slices.Repeat([]outbox.Tracked{{Read: 500, Last: 1}}, 1000)}
	if err := work(t, s); err != nil || len(s.asked) != 20 {
		t.Errorf("%v, %d pages", err, len(s.asked))
	}
}

func TestWhatCannotBeWrittenDownIsTriedAgain(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	if err := work(t, &statuses{err: down}); !errors.Is(err, down) {
		t.Error(err)
	}
}

func TestWhoWasForgottenIsRememberedNowAndThen(t *testing.T) {
	t.Parallel()
	now := noon
	var asked []time.Time
	var jobs []conversation.Talk
	worker := track.New(track.Deps{
		Statuses: &statuses{}, Now: func() time.Time { return now },
		Unanswered: func(_ context.Context, before time.Time, _ int) ([]string, error) {
			asked = append(asked, before)
			return []string{"5491155443322", "AR.77"}, nil
		},
		Stalled: nobody,
		Enqueue: func(_ context.Context, job interface{ Kind() string }) error {
			jobs = append(jobs, job.(conversation.Talk))
			return nil
		},
	})
	for _, pause := range []time.Duration{0, time.Second, 20 * time.Second} {
		now = now.Add(pause)
		if err := worker(t.Context(), conversation.Track{}); err != nil {
			t.Fatal(err)
		}
	}
	if want := []time.Time{noon.Add(-15 * time.Second), noon.Add(6 * time.Second)}; !slices.EqualFunc(asked, want, time.Time.Equal) {
		t.Errorf("asked for those before %v", asked)
	}
	names := map[string]bool{}
	for _, job := range jobs {
		names[job.Event] = true
	}
	if len(jobs) != 4 || len(names) != 4 || jobs[0].Key != "5491155443322" {
		t.Errorf("%+v", jobs)
	}
}

// TestMessagesOfTheDeadAreSentByOthers also where it cannot be known who was forgotten.
func TestMessagesOfTheDeadAreSentByOthers(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	var before time.Time
	var jobs []any
	worker := track.New(track.Deps{
		Statuses: &statuses{}, Now: func() time.Time { return noon },
		Unanswered: func(context.Context, time.Time, int) ([]string, error) { return nil, down },
		Stalled: func(_ context.Context, at time.Time, _ int) ([]int64, error) {
			before = at
			return []int64{7, 9}, nil
		},
		Enqueue: func(_ context.Context, job interface{ Kind() string }) error { jobs = append(jobs, job); return nil },
	})
	err := worker(t.Context(), conversation.Track{})
	if want := []any{notice.Deliver{ContactID: 7}, notice.Deliver{ContactID: 9}}; !errors.Is(err, down) || !slices.Equal(jobs, want) || !before.Equal(noon.Add(-10*time.Second)) {
		t.Errorf("%v: %+v, those before %v", err, jobs, before)
	}
}
