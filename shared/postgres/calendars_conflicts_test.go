package postgres_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// open are the conflicts of a cabin that stand, oldest first, in a line each.
func (b *bundle) open(t testing.TB, cabin int64) []string {
	t.Helper()
	all, err := b.Calendars.Conflicts(t.Context(), cabin, true, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, c := range slices.Backward(all) {
		other := c.Other.Source
		if c.ReservationCode != "" {
			other = "guest"
		}
		lines = append(lines, fmt.Sprintf("%s %s with %s %s/%s", c.Severity, c.Event.Source, other, c.Nights.From, c.Nights.To))
	}
	return lines
}

// settled settles all conflicts, and returns how many were opened and resolved.
func (b *bundle) settled(t testing.TB, now time.Time) [2]int {
	t.Helper()
	opened, resolved, err := b.Calendars.SettleConflicts(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	return [2]int{opened, resolved}
}

func expectLines(t testing.TB, when string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", when, got, want)
	}
}

func TestWhatIsAConflict(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		name        string
		mine, other calendar.Listed // of two channels
		want        string
	}{
		{"two stays", stay("a", 3, 6), stay("b", 5, 9), "double_booking airbnb with vrbo 2026-12-06/2026-12-07"},
		{"a stay and a closure", stay("a", 3, 6), closed("b", 3, 4), "overlap airbnb with vrbo 2026-12-04/2026-12-05"},
		{"a closure and a stay", closed("a", 3, 4), stay("b", 1, 9), "overlap airbnb with vrbo 2026-12-04/2026-12-05"},
		{"two closures", closed("a", 3, 6), closed("b", 5, 9), ""},
		{"back to back", stay("a", 3, 6), stay("b", 6, 9), ""},
		{"a night that is over", stay("a", -3, 0), stay("b", -1, 2), ""},
		{"last night and tonight", stay("a", -3, 1), stay("b", -1, 2), "double_booking airbnb with vrbo 2026-11-30/2026-12-02"},
		{"the same nights", stay("a", 3, 6), stay("a", 3, 6), "double_booking airbnb with vrbo 2026-12-04/2026-12-07"},
	} {
		cabin := b.cabin(t)
		b.apply(t, b.feed(t, cabin, "airbnb"), noon, c.mine)
		b.apply(t, b.feed(t, cabin, "vrbo"), noon, c.other)
		var want []string
		if c.want != "" {
			want = []string{c.want}
		}
		expectLines(t, c.name, b.open(t, cabin), want...)
	}
	if got := b.settled(t, noon); got != [2]int{} {
		t.Errorf("settled once more: opened and resolved %v", got)
	}
}

func TestAnEchoIsInConflictWithNobody(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	b.row(t, cabin, nights(3, 6), booking.StatusConfirmed, noon)
	b.apply(t, b.feed(t, cabin, "airbnb"), noon, stay("a", 3, 6))
	b.apply(t, b.feed(t, cabin, "vrbo"), noon, stay("b", 3, 6))
	if n := len(b.open(t, cabin)); n != 3 {
		t.Fatalf("%d conflicts of three who want the same nights", n)
	}
	b.exec(t, `update calendar_events set echo = true`)
	b.settled(t, noon)
	expectLines(t, "once they are echoes", b.open(t, cabin))
}

func TestWhichGuestsAreInConflictWithAChannel(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		name    string
		status  booking.Status
		expires time.Time
		event   calendar.Listed
		want    string
	}{
		{"a confirmed stay", booking.StatusConfirmed, noon, stay("a", 4, 9), "double_booking airbnb with guest 2026-12-05/2026-12-07"},
		{"a live hold", booking.StatusPreReserved, noon.Add(time.Microsecond), stay("a", 4, 9), "double_booking airbnb with guest 2026-12-05/2026-12-07"},
		{"an overdue hold", booking.StatusPreReserved, noon, stay("a", 4, 9), ""},
		{"a cancelled stay", booking.StatusCancelled, noon, stay("a", 4, 9), ""},
		{"a closure", booking.StatusConfirmed, noon, closed("a", 5, 6), "overlap airbnb with guest 2026-12-06/2026-12-07"},
		{"back to back", booking.StatusConfirmed, noon, stay("a", 6, 7), ""},
	} {
		cabin := b.cabin(t)
		b.row(t, cabin, nights(3, 6), c.status, c.expires)
		b.apply(t, b.feed(t, cabin, "airbnb"), noon, c.event)
		var want []string
		if c.want != "" {
			want = []string{c.want}
		}
		expectLines(t, c.name, b.open(t, cabin), want...)
	}
}

func TestTheLifeOfAConflict(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	feed := b.feed(t, cabin, "airbnb")
	r := b.hold(t, cabin, nights(3, 6))
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	b.apply(t, feed, at(1), stay("a", 5, 9))
	expectLines(t, "it begins", b.open(t, cabin), "double_booking airbnb with guest 2026-12-06/2026-12-07")
	first, err := b.Calendars.Conflicts(t.Context(), 0, true, 0, 10)
	if err != nil || len(first) != 1 || !first[0].DetectedAt.Equal(at(1)) || first[0].ReservationCode != r.Code || first[0].ReservationNights != nights(3, 6) ||
		first[0].Event.FeedID != feed.ID || first[0].Event.Kind != calendar.Reserved || first[0].Event.Nights != nights(5, 9) || first[0].Other != (calendar.Party{}) {
		t.Fatalf("got %+v, %v", first, err)
	}
	b.apply(t, feed, at(2), closed("a", 4, 9))
	again, err := b.Calendars.Conflicts(t.Context(), cabin, true, 0, 10)
	if err != nil || len(again) != 1 || again[0].ID != first[0].ID || again[0].Nights != nights(4, 6) || again[0].Severity != calendar.Overlap || !again[0].DetectedAt.Equal(at(1)) {
		t.Errorf("it moves: %+v, %v", again, err)
	}
	b.apply(t, feed, at(3), stay("a", 6, 9))
	expectLines(t, "the guest of the channel moves away", b.open(t, cabin))
	b.apply(t, feed, at(4), stay("a", 5, 9))
	expectLines(t, "and back", b.open(t, cabin), "double_booking airbnb with guest 2026-12-06/2026-12-07")
	if _, _, err := b.Change(t.Context(), r.Code, "owner", "cancelled", at(5), func(r *booking.Reservation) error { return r.Cancel(at(5), "") }); err != nil {
		t.Fatal(err)
	}
	expectLines(t, "ours is cancelled", b.open(t, cabin))
	if got := b.settled(t, at(6)); got != [2]int{} {
		t.Errorf("settled once more: opened and resolved %v", got)
	}
	all, err := b.Calendars.Conflicts(t.Context(), cabin, false, 0, 10)
	if err != nil || len(all) != 2 || !all[0].ResolvedAt.Equal(at(5)) || !all[1].ResolvedAt.Equal(at(3)) {
		t.Errorf("the history, newest first: %+v, %v", all, err)
	}
	if page, err := b.Calendars.Conflicts(t.Context(), cabin, false, all[0].ID, 10); err != nil || len(page) != 1 || page[0].ID != all[1].ID {
		t.Errorf("the next page: %+v, %v", page, err)
	}
	if other, err := b.Calendars.Conflicts(t.Context(), cabin+1, false, 0, 10); err != nil || len(other) != 0 {
		t.Errorf("another cabin's: %+v, %v", other, err)
	}
}

func TestTimeResolvesConflicts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	feed, vrbo := b.feed(t, cabin, "airbnb"), b.feed(t, cabin, "vrbo")
	b.hold(t, cabin, nights(3, 6)) // for half an hour
	b.apply(t, vrbo, noon, stay("x", 0, 1))
	b.apply(t, feed, noon, stay("y", 0, 1), stay("a", 5, 9))
	expectLines(t, "at first", b.open(t, cabin), "double_booking vrbo with airbnb 2026-12-01/2026-12-02", "double_booking airbnb with guest 2026-12-06/2026-12-07")
	for _, c := range []struct {
		at   time.Time
		want [2]int
	}{
		{noon.Add(booking.HoldFor - time.Microsecond), [2]int{0, 0}},
		{noon.Add(booking.HoldFor), [2]int{0, 1}},
		{time.Date(2026, 12, 2, 2, 59, 59, 0, time.UTC), [2]int{0, 0}},
		{time.Date(2026, 12, 2, 3, 0, 0, 0, time.UTC), [2]int{0, 1}}, // midnight where the cabin is
	} {
		if got := b.settled(t, c.at); got != c.want {
			t.Errorf("%s: opened and resolved %v, want %v", c.at, got, c.want)
		}
	}
}

func TestEchoesAndWhatTheOwnerClosedAreNoConflict(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	feed := b.feed(t, cabin, "airbnb")
	b.hold(t, cabin, nights(3, 6))
	if _, err := b.Calendars.Close(t.Context(), cabin, nights(10, 14), "", noon); err != nil {
		t.Fatal(err)
	}
	_, err := b.Calendars.Apply(t.Context(), feed.ID, noon, said(), false, func(s calendar.State, at calendar.Facts) calendar.State {
		s.Held = []calendar.Held{{Listed: closed("ours", 3, 6), Since: at.Now, Echo: true}, {Listed: stay("a", 12, 16), Since: at.Now}}
		return s
	})
	must(t, err)
	expectLines(t, "conflicts", b.open(t, cabin))
	// What came back does not outlive what it came from.
	if got := b.taken(t, cabin, noon.Add(booking.HoldFor)); !slices.Equal(got, []civil.Nights{nights(10, 14), nights(12, 16)}) {
		t.Errorf("taken: %v", got)
	}
	next := wish(cabin, nights(3, 6))
	next.ExpiresAt = noon.Add(2 * booking.HoldFor)
	must(t, b.Hold(t.Context(), next, "guest", booking.Answer{}, noon.Add(booking.HoldFor)))
}

func TestManyInConflictWithMany(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	b.row(t, cabin, nights(0, 30), booking.StatusConfirmed, noon)
	names := []string{"airbnb", "booking", "vrbo"}
	for _, name := range names {
		b.apply(t, b.feed(t, cabin, name), noon, stay("long", 0, 28), stay("first", 0, 2), stay("last", 20, 22))
	}
	// Nine events with a guest; of each pair of channels: long with three, and three with long, and two with themselves.
	if got := len(b.open(t, cabin)); got != 9+3*(1+2+2+2) {
		t.Errorf("%d conflicts: %q", got, b.open(t, cabin))
	}
	if got := b.settled(t, noon); got != [2]int{} {
		t.Errorf("settled once more: opened and resolved %v", got)
	}
	b.exec(t, `update reservations set status = 'cancelled'`)
	if got := b.settled(t, noon); got != [2]int{0, 9} {
		t.Errorf("without the guest: opened and resolved %v", got)
	}
	b.exec(t, `update calendar_events set active = false, freed_at = now() where uid = 'long'`)
	if got := b.settled(t, noon); got != [2]int{0, 3 * 5} {
		t.Errorf("without the long ones: opened and resolved %v", got)
	}
}
