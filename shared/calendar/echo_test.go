package calendar_test

import (
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
)

// withOurs is a feed of a channel that has read ours an hour ago, where these nights stood since the day before.
func withOurs(ours ...[2]int) *feed {
	f := newFeed(sold("a", 3, 6), sold("b", 40, 44), sold("c", 60, 64))
	f.read = f.now.Add(-time.Hour)
	for _, o := range ours {
		f.ours = append(f.ours, calendar.Ours{Nights: nights(o[0], o[1]), Since: f.now.Add(-24 * time.Hour)})
	}
	return f
}

const others = "3-6 40-44 60-64"

// also lists what the feed had, and more.
func also(more ...calendar.Listed) calendar.Fetched {
	return list(append(more, sold("a", 3, 6), sold("b", 40, 44), sold("c", 60, 64))...)
}

func TestOurOwnNightsComingBackCloseNothing(t *testing.T) {
	t.Parallel()
	sure := sold("x", 10, 13)
	sure.Sure = true
	for _, test := range []struct {
		name   string
		ours   [][2]int
		came   calendar.Listed
		echoes bool
	}{
		{"a block", [][2]int{{10, 13}}, blocked("x", 10, 13), true},
		{"what may be a stay or not", [][2]int{{10, 13}}, sold("x", 10, 13), true},
		{"surely a stay", [][2]int{{10, 13}}, sure, false},
		{"two that touch", [][2]int{{10, 13}, {13, 15}}, blocked("x", 10, 15), true},
		{"one of two that touch", [][2]int{{10, 13}, {13, 15}}, blocked("x", 13, 15), true},
		{"two with a night between", [][2]int{{10, 13}, {14, 15}}, blocked("x", 10, 15), false},
		{"fewer nights", [][2]int{{10, 13}}, blocked("x", 10, 12), false},
		{"more nights", [][2]int{{10, 13}}, blocked("x", 10, 14), false},
		{"two that overlap", [][2]int{{10, 13}, {12, 15}}, blocked("x", 10, 15), false},
		{"a running stay", [][2]int{{-3, 2}}, blocked("x", 0, 2), true},
		{"a running stay at a midnight before ours", [][2]int{{-3, 2}}, blocked("x", 1, 2), true},
		{"tomorrow, of a stay that begins then", [][2]int{{1, 2}}, blocked("x", 0, 2), false},
		{"nothing of ours", nil, blocked("x", 10, 13), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, glance := range []bool{false, true} {
				f := withOurs(test.ours...)
				said := also(test.came)
				said.Glance = glance
				c := f.get(said)
				if (f.closed() == others) != test.echoes || (c.Echoes == 1) != test.echoes || (len(c.Closes) == 0) != test.echoes {
					t.Errorf("closed are %q, %+v", f.closed(), c)
				}
			}
		})
	}
}

func TestAnEventThatTheChannelCannotHaveFromUsIsNoEcho(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(f *feed){
		"it never read us":                 func(f *feed) { f.read = time.Time{} },
		"it read us before ours was there": func(f *feed) { f.ours[0].Since = f.now.Add(-30 * time.Minute) },
		"it was there before ours": func(f *feed) {
			f.ours[0].Since, f.read = f.now.Add(time.Hour), time.Time{}
			f.get(also(blocked("x", 10, 13)))
			f.now = f.now.Add(3 * time.Hour)
			f.read = f.now.Add(-time.Minute)
		},
		"one of two was not there": func(f *feed) {
			f.ours = []calendar.Ours{
				{Nights: nights(10, 12), Since: f.now.Add(-24 * time.Hour)}, {Nights: nights(12, 13), Since: f.now.Add(-time.Minute)},
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := withOurs([2]int{10, 13})
			prepare(f)
			f.get(also(blocked("x", 10, 13)))
			f.expect(t, "3-6 10-13 40-44 60-64")
		})
	}
}

func TestAnEchoOutlivesItsOriginalForSixHoursAndBecomesABlock(t *testing.T) {
	t.Parallel()
	said := also(blocked("x", 10, 13))
	f := withOurs([2]int{10, 13})
	f.getFor(24*time.Hour, said)
	f.expect(t, others)
	f.ours = nil
	f.getFor(6*time.Hour, said)
	f.expect(t, others)
	if !f.Pending() {
		t.Error("an unchanged feed would not be looked at, and the echo would be one for ever")
	}
	f.get(calendar.Fetched{Unchanged: true})
	f.expect(t, "3-6 10-13 40-44 60-64")
	f.getFor(time.Hour, also())
	f.expect(t, others)
}

func TestAnEchoWhoseOriginalComesBackIsOneAgain(t *testing.T) {
	t.Parallel()
	said := also(blocked("x", 10, 13))
	f := withOurs([2]int{10, 13})
	ours := f.ours
	f.get(said)
	f.ours = nil
	f.getFor(5*time.Hour, said)
	f.ours = ours
	f.getFor(24*time.Hour, said)
	f.expect(t, others)
}

func TestAnEchoThatVanishesJustGoes(t *testing.T) {
	t.Parallel()
	f := withOurs([2]int{10, 13})
	f.get(also(blocked("x", 10, 13)))
	c := f.get(also())
	if c.Freed != 0 || f.Pending() || len(f.Held) != 3 {
		t.Errorf("%+v, held %+v", c, f.Held)
	}
}

func TestAnEchoFollowsItsOriginalToOtherNights(t *testing.T) {
	t.Parallel()
	f := withOurs([2]int{10, 13})
	f.get(also(blocked("x", 10, 13)))
	f.ours = []calendar.Ours{{Nights: nights(11, 14), Since: f.now}}
	f.get(also(blocked("x", 10, 13)))
	f.read = f.now.Add(time.Minute)
	f.now = f.now.Add(poll)
	f.get(also(blocked("x", 11, 14)))
	f.expect(t, others)
}

func TestAnEchoIsNoLoss(t *testing.T) {
	t.Parallel()
	f := &feed{now: noon, read: noon.Add(-time.Hour), ours: []calendar.Ours{{Nights: nights(10, 20), Since: noon.Add(-2 * time.Hour)}}}
	f.get(list(sold("x", 10, 20)))
	f.expect(t, "")
	f.ours = nil
	f.get(list())
	if f.quarantined() || len(f.Held) > 0 {
		t.Errorf("%+v", f.State)
	}
}

func TestAStayInPlaceOfAnEchoIsAStay(t *testing.T) {
	t.Parallel()
	f := withOurs([2]int{10, 13})
	f.get(also(blocked("x", 10, 13)))
	stay := sold("y", 10, 13)
	stay.Sure = true
	f.get(also(stay))
	f.expect(t, "3-6 10-13 40-44 60-64")
}
