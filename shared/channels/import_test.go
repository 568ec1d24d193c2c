package channels_test

import (
	"errors"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// byHand is a feed that is imported.
func (b *bundle) byHand(t *testing.T, cabin int64) calendar.Feed {
	t.Helper()
	f, err := b.calendars.Add(t.Context(), cabin, "other", "", noon)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAnImportIsAFetchThatSaidSo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	f := b.byHand(t, cabin)
	change, _, err := b.Import(t.Context(), f.ID, []byte(ics(nights(10, 13), nights(20, 22))), true)
	if err != nil || change.Added != 2 || !b.free(t, cabin, nights(10, 13)) {
		t.Errorf("dry: %+v, %v", change, err)
	}
	change, _, err = b.Import(t.Context(), f.ID, []byte(ics(nights(10, 13), nights(20, 22))), false)
	if err != nil || change.Added != 2 || b.free(t, cabin, nights(10, 13)) {
		t.Errorf("%+v, %v", change, err)
	}
	for i := range 2 {
		b.clock.move(time.Minute)
		change, _, err = b.Import(t.Context(), f.ID, []byte(ics(nights(20, 22))), false)
		if err != nil || change.Freed != i {
			t.Errorf("%+v, %v", change, err)
		}
	}
}

func TestAnImportByTheOwnersWordFreesAtOnce(t *testing.T) {
	t.Parallel()
	for name, left := range map[string]string{
		"some of it":      ics(nights(20, 22), nights(30, 33)),
		"next to nothing": ics(nights(20, 22)),
		"nothing":         ics(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			cabin := b.cabin(t)
			f := b.byHand(t, cabin)
			if _, _, err := b.Import(t.Context(), f.ID, []byte(ics(nights(10, 16), nights(20, 22), nights(30, 33), nights(40, 43))), false); err != nil {
				t.Fatal(err)
			}
			b.clock.move(time.Minute)
			tried, _, err := b.Replace(t.Context(), f.ID, []byte(left), true)
			if err != nil || b.free(t, cabin, nights(10, 13)) {
				t.Errorf("dry: %+v, %v", tried, err)
			}
			change, _, err := b.Replace(t.Context(), f.ID, []byte(left), false)
			if err != nil || change.Freed != tried.Freed || change.Freed == 0 || !b.free(t, cabin, nights(10, 13)) || change.Reason != "" {
				t.Errorf("%+v, tried %+v, %v", change, tried, err)
			}
		})
	}
}

func TestAnEventThatCannotBeReadIsToldAndLosesNoOther(t *testing.T) {
	t.Parallel()
	b := setup(t)
	f := b.byHand(t, b.cabin(t))
	text := "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART;VALUE=DATE:nonsense\r\nEND:VEVENT\r\n" + ics(nights(10, 13))[len("BEGIN:VCALENDAR\r\n"):]
	change, skipped, err := b.Import(t.Context(), f.ID, []byte(text), false)
	if err != nil || change.Added != 1 || len(skipped) != 1 || skipped[0].Line != 2 || skipped[0].Reason == "" {
		t.Errorf("%+v, %+v, %v", change, skipped, err)
	}
}

func TestWhatIsNoCalendarIsNotImported(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	f := b.byHand(t, cabin)
	if _, _, err := b.Import(t.Context(), f.ID, []byte(ics(nights(10, 13))), false); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "<html>", ics(nights(10, 13))[:100]} {
		_, _, err := b.Replace(t.Context(), f.ID, []byte(text), false)
		if shown, ok := errors.AsType[*fault.Error](err); !ok || shown.Kind != fault.Invalid || len(shown.Fields) != 1 || shown.Fields[0].Field != "ics" {
			t.Errorf("%q: %v", text, err)
		}
	}
	if now := b.feed(t, f); now.Failures != 0 || !now.QuarantinedAt.IsZero() || b.free(t, cabin, nights(10, 13)) {
		t.Errorf("%+v", now)
	}
	if _, _, err := b.Import(t.Context(), f.ID+1, []byte(ics()), false); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}
