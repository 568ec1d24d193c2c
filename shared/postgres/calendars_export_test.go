package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

// exported are the entries that a channel reads, in a line each.
func (b *bundle) exported(t testing.TB, feed calendar.Feed, now time.Time) []string {
	t.Helper()
	export, err := b.Calendars.Export(t.Context(), feed.AccommodationID, feed.Token, now)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range export.Entries {
		lines = append(lines, fmt.Sprintf("%s/%s stay %t v%d", e.Nights.From, e.Nights.To, e.Stay, e.Version))
	}
	return lines
}

func TestWhatAChannelIsGiven(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin, other := b.cabin(t), b.cabin(t)
	b.exec(t, `update accommodations set slug = 'lake', active = false where id = $1`, cabin)
	airbnb, vrbo := b.feed(t, cabin, "airbnb"), b.feed(t, cabin, "vrbo")
	b.row(t, cabin, nights(1, 2), booking.StatusConfirmed, noon)
	b.row(t, cabin, nights(2, 3), booking.StatusPreReserved, noon.Add(time.Minute))
	b.row(t, cabin, nights(3, 4), booking.StatusPreReserved, noon) // overdue
	b.row(t, cabin, nights(4, 5), booking.StatusCancelled, noon)
	b.row(t, cabin, nights(-30, -29), booking.StatusCompleted, noon)
	b.row(t, cabin, nights(-32, -30), booking.StatusCompleted, noon)
	b.row(t, cabin, nights(-9, -8), booking.StatusNoShow, noon)
	b.row(t, cabin, nights(-6, -5), booking.StatusConfirmed, noon)
	b.row(t, cabin, nights(539, 542), booking.StatusConfirmed, noon)
	b.row(t, cabin, nights(542, 543), booking.StatusConfirmed, noon)
	b.row(t, other, nights(20, 21), booking.StatusConfirmed, noon)
	b.apply(t, airbnb, noon, stay("a", 6, 7), closed("far", 300, 3000))
	b.apply(t, vrbo, noon, stay("v", 8, 9), closed("echo", 1, 2), stay("past", -40, -35))
	b.exec(t, `update calendar_events set echo = true where uid = 'echo'`)
	if _, err := b.Calendars.Close(t.Context(), cabin, nights(10, 11), "pintura", noon); err != nil {
		t.Fatal(err)
	}
	ours := []string{
		"2026-11-01/2026-11-02 stay true v0", "2026-11-22/2026-11-23 stay true v0", "2026-11-25/2026-11-26 stay true v0",
		"2026-12-02/2026-12-03 stay true v0", "2026-12-03/2026-12-04 stay true v0",
	}
	late := []string{"2026-12-11/2026-12-12 stay false v0", "2028-05-23/2028-05-26 stay true v0"}
	expectLines(t, "airbnb", b.exported(t, airbnb, noon), slices.Concat(ours, []string{"2026-12-09/2026-12-10 stay true v0"}, late)...)
	expectLines(t, "vrbo", b.exported(t, vrbo, noon), slices.Concat(ours, []string{"2026-12-07/2026-12-08 stay true v0"}, late[:1],
		[]string{"2027-09-27/2035-02-17 stay false v0"}, late[1:])...)

	export, err := b.Calendars.Export(t.Context(), cabin, vrbo.Token, noon)
	if err != nil || export.FeedID != vrbo.ID || export.AccommodationID != cabin || export.Slug != "lake" || export.Source != "vrbo" {
		t.Errorf("got %+v, %v", export, err)
	}
	uids := make(map[string]bool)
	for _, e := range export.Entries {
		uids[e.UID] = true
		if len(e.UID) != 36 || e.Changed.IsZero() || e.Changed.Location() != time.UTC {
			t.Errorf("entry %+v", e)
		}
	}
	if len(uids) != len(export.Entries) {
		t.Errorf("%d UIDs of %d entries", len(uids), len(export.Entries))
	}
	again, err := b.Calendars.Export(t.Context(), cabin, vrbo.Token, noon.Add(time.Second))
	if diff := cmp.Diff(export, again); err != nil || diff != "" {
		t.Errorf("a second later: %v (-first +second):\n%s", err, diff)
	}
}

func TestOnlyWhatAServiceLikeOursHasNamedKeepsItsName(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	airbnb, room := b.feed(t, cabin, "airbnb"), b.feed(t, cabin, "room")
	const ours = "96661025-409c-4bd8-8a12-5c8d9a087716.17@cabins.example"
	b.apply(t, room, noon, stay(ours, 1, 2), stay("Ana Perez.17@cabins.example", 3, 4))
	export, err := b.Calendars.Export(t.Context(), cabin, airbnb.Token, noon)
	if err != nil || len(export.Entries) != 2 || export.Entries[0].Origin != ours || export.Entries[1].Origin != "" {
		t.Errorf("got %+v, %v", export.Entries, err)
	}
}

func TestAnEntryChangesWithItsNightsOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	feed := b.feed(t, cabin, "airbnb")
	r := b.hold(t, cabin, nights(3, 5))
	read := func() calendar.Entry {
		t.Helper()
		export, err := b.Calendars.Export(t.Context(), cabin, feed.Token, noon)
		if err != nil || len(export.Entries) != 1 {
			t.Fatalf("got %+v, %v", export, err)
		}
		return export.Entries[0]
	}
	first := read()
	if !first.Changed.Equal(noon) || strings.Contains(first.UID, r.Code) {
		t.Errorf("at first %+v", first)
	}
	if _, _, err := b.Change(t.Context(), r.Code, "owner", "confirmed", noon.Add(time.Minute), func(r *booking.Reservation) error { return r.Confirm(noon) }); err != nil {
		t.Fatal(err)
	}
	b.exec(t, `update reservations set contact_name = 'Zoe', check_in = check_in, updated_at = $1`, noon.Add(time.Hour))
	if got := read(); got != first {
		t.Errorf("got %+v, want %+v", got, first)
	}
	b.exec(t, `update reservations set check_out = check_out + 1, updated_at = $1`, noon.Add(2*time.Hour))
	moved := read()
	if moved.UID != first.UID || moved.Version != 1 || !moved.Changed.Equal(noon.Add(2*time.Hour)) || moved.Nights != nights(3, 6) {
		t.Errorf("moved: %+v", moved)
	}
	b.exec(t, `update reservations set check_out = check_out + 1`) // by somebody who does not say when
	if got := read(); got.Version != 2 || got.Changed.Equal(moved.Changed) {
		t.Errorf("moved again: %+v", got)
	}
}

func TestATokenOpensItsOwnFeedOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin, other := b.cabin(t), b.cabin(t)
	feed, elsewhere := b.feed(t, cabin, "airbnb"), b.feed(t, other, "airbnb")
	must(t, b.Calendars.Rotate(t.Context(), cabin, feed.ID))
	fresh := b.read(t, feed)
	if fresh.Token == feed.Token || len(fresh.Token) != 32 {
		t.Errorf("the new token is %q", fresh.Token)
	}
	pool, counter := b.counted(t)
	calendars := postgres.NewCalendars(pool.Share(1))
	sent := make(map[[2]int64]bool)
	for name, c := range map[string]struct {
		cabin int64
		token string
		want  error
	}{
		"right":            {cabin, fresh.Token, nil},
		"rotated away":     {cabin, feed.Token, fault.ErrNotFound},
		"of another cabin": {cabin, elsewhere.Token, fault.ErrNotFound},
		"no cabin":         {other + 1, fresh.Token, fault.ErrNotFound},
		"empty":            {cabin, "", fault.ErrNotFound},
		"in capitals":      {cabin, strings.ToUpper(fresh.Token), fault.ErrNotFound},
		"too long":         {cabin, fresh.Token + "0", fault.ErrNotFound},
		"not hexadecimal":  {cabin, "\x00ñ' or true --", fault.ErrNotFound},
	} {
		sent[counter.since(func() {
			if _, err := calendars.Export(t.Context(), c.cabin, c.token, noon); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		})] = true
	}
	if len(sent) != 1 || !sent[[2]int64{2, 1}] {
		t.Errorf("statements and round trips: %v", sent)
	}
}

func TestAReadIsRecordedOnceAMinute(t *testing.T) {
	t.Parallel()
	b := setup(t)
	feed := b.feed(t, b.cabin(t), "airbnb")
	for _, c := range []struct{ at, want time.Duration }{{0, 0}, {59 * time.Second, 0}, {time.Minute, time.Minute}, {90 * time.Second, time.Minute}} {
		must(t, b.Calendars.Read(t.Context(), feed.ID, noon.Add(c.at)))
		if got := b.read(t, feed).LastRead; !got.Equal(noon.Add(c.want)) {
			t.Errorf("after %s: %s", c.at, got)
		}
	}
	must(t, b.Calendars.Read(t.Context(), feed.ID+1, noon)) // which was deleted meanwhile
}

func TestTheHealthOfCalendars(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin, closed := b.cabin(t), b.cabin(t)
	never, old, sick := b.feed(t, cabin, "never"), b.feed(t, cabin, "airbnb"), b.feed(t, cabin, "booking")
	paused := b.feed(t, cabin, "paused")
	must(t, b.Calendars.Pause(t.Context(), cabin, paused.ID))
	b.feed(t, closed, "airbnb")
	b.exec(t, `update accommodations set active = false where id = $1`, closed)
	if _, err := b.Calendars.Add(t.Context(), cabin, "reader", "", noon); err != nil {
		t.Fatal(err)
	}
	for minute, stale := range []bool{false, true, true, true} {
		r := wish(cabin, nights(minute*2, minute*2+1))
		r.StaleCalendar, r.ExpiresAt = stale, noon.Add(time.Hour)
		must(t, b.Hold(t.Context(), r, "guest", booking.Answer{}, noon.Add(time.Duration(minute)*time.Minute)))
		if minute == 3 {
			b.exec(t, `update reservations set status = 'cancelled' where code = $1`, r.Code)
		}
	}
	for _, approval := range []booking.Approval{booking.ApprovalWaiting, booking.ApprovalApproved} {
		r := wish(b.cabin(t), nights(0, 1))
		r.StaleCalendar, r.ExpiresAt = true, noon.Add(time.Hour)
		must(t, b.Hold(t.Context(), r, "guest", booking.Answer{}, noon))
		b.exec(t, `update reservations set approval = $2 where code = $1`, r.Code, approval)
	}
	b.apply(t, old, noon, stay("a", 2, 3), stay("b", 20, 21))
	b.apply(t, old, noon, stay("a", 2, 3))
	_, err := b.Calendars.Apply(t.Context(), sick.ID, noon.Add(time.Minute), said(), false, func(s calendar.State, at calendar.Facts) calendar.State {
		s.QuarantinedAt, s.QuarantineReason = at.Now, "It lost much."
		return s
	})
	must(t, err)
	must(t, b.Calendars.Failed(t.Context(), sick.ID, noon.Add(time.Minute), "It did not answer.", noon.Add(time.Hour)))
	got, err := b.Calendars.Health(t.Context(), noon.Add(3*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	created := noon.Add(-time.Hour)
	want := calendar.Health{
		Feeds: []calendar.FeedHealth{
			{FeedID: never.ID, AccommodationID: cabin, Source: "never", CreatedAt: created},
			{FeedID: old.ID, AccommodationID: cabin, Source: "airbnb", CreatedAt: created, LastSuccess: noon},
			{
				FeedID: sick.ID, AccommodationID: cabin, Source: "booking", CreatedAt: created, LastSuccess: noon.Add(time.Minute), Failures: 1,
				QuarantinedAt: noon.Add(time.Minute), QuarantineReason: "It lost much.",
			},
		},
		Events: []calendar.Events{
			{Source: "airbnb", Added: 2, Freed: 1}, {Source: "booking"}, {Source: "never"}, {Source: "paused"}, {Source: "reader"},
		},
		OpenConflicts: map[calendar.Severity]int{calendar.DoubleBooking: 1},
		StaleAccepted: 2, Waiting: 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, err := b.Calendars.Health(t.Context(), noon.Add(24*time.Hour+time.Minute)); err != nil || got.StaleAccepted != 0 || got.Waiting != 0 {
		t.Errorf("a day later %d, %d, %v", got.StaleAccepted, got.Waiting, err)
	}
}

func TestAStayUnderAFeedThatHasGoneWrongIsOneConflictOfHealth(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	b.row(t, cabin, nights(3, 6), booking.StatusConfirmed, noon)
	b.row(t, cabin, nights(8, 9), booking.StatusConfirmed, noon)
	wrong := b.feed(t, cabin, "airbnb")
	b.apply(t, wrong, noon, stay("a", 3, 6), stay("b", 3, 6), stay("c", 4, 7), stay("d", 8, 9), closed("e", 3, 4))
	b.apply(t, b.feed(t, cabin, "vrbo"), noon, stay("x", 6, 7))
	got, err := b.Calendars.Health(t.Context(), noon)
	want := map[calendar.Severity]int{calendar.DoubleBooking: 3, calendar.Overlap: 1} // two guests, and two channels; a closure
	if diff := cmp.Diff(want, got.OpenConflicts); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if all := b.open(t, cabin); len(all) != 6 {
		t.Errorf("each is listed: %q", all)
	}
}
