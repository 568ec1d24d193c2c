package calendar_test

import (
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// FuzzMirror takes a state through what some bytes say: each is an event, or what ends a fetch.
func FuzzMirror(f *testing.F) {
	f.Add([]byte{10, 20, 30, 0, 10, 20, 30, 0, 0, 0, 0, 0})           // all vanish
	f.Add([]byte{10, 20, 30, 40, 0, 10, 20, 0, 10, 20, 0, 10, 20, 0}) // half do
	f.Add([]byte{10, 20, 30, 0, 11, 21, 31, 0, 10, 20, 30, 0})        // all are a day late
	f.Add([]byte{10, 0, 1, 2, 0, 3, 0, 10, 0})                        // broken texts, glances
	f.Add([]byte{200, 10, 0, 201, 10, 0, 202, 10, 0, 10, 0, 10, 0})   // a closure
	f.Fuzz(func(t *testing.T, script []byte) {
		var s calendar.State
		at := calendar.Facts{Now: noon, Today: today, LastRead: noon.Add(5 * time.Hour)}
		at.Ours = []calendar.Ours{{Nights: nights(12, 15), Since: noon}}
		var said calendar.Fetched
		for i, b := range script {
			switch {
			case b == 1:
				said.Broken = "It is no calendar."
			case b == 2:
				said.Glance = true
			case b == 3:
				said.Unreadable = append(said.Unreadable, "")
			case b == 4:
				said.Unchanged = true
			case b == 5:
				at.Now = at.Now.Add(3 * time.Hour)
			case b == 6:
				s = s.Believe(at)
			case b == 0:
				next := s.Step(said, at)
				checkStep(t, s, said, at, next)
				s, said = next, calendar.Fetched{}
				at.Now = at.Now.Add(poll)
				at.Today = civil.Of(at.Now, time.UTC)
			default:
				length := 1 + int(b)%4 + max(0, int(b)-190)*4
				said.Listed = append(said.Listed, calendar.Listed{
					UID: string(rune('a' + int(b)/10)), Nights: nights(int(b)/2-8, int(b)/2-8+length),
					Kind: []calendar.Kind{calendar.Reserved, calendar.Blocked}[i%2],
				})
			}
		}
	})
}

func checkStep(t *testing.T, before calendar.State, said calendar.Fetched, at calendar.Facts, after calendar.State) {
	t.Helper()
	closed := set(after.Closed(at.Today)...)
	for _, h := range after.Held {
		if h.Echo {
			closed.add(h.Nights)
		}
	}
	if said.Broken == "" && !said.Unchanged && ahead(nightsOf(said.Listed), closed, at.Today) > 0 {
		t.Errorf("listed nights are open: %+v", said.Listed)
	}
	if said.Broken != "" && ahead(set(before.Closed(at.Today)...), closed, at.Today) > 0 {
		t.Error("a broken text has freed nights")
	}
	if len(after.Held) > len(before.Held)*2+len(said.Listed) {
		t.Errorf("%d events of %d and %d", len(after.Held), len(before.Held), len(said.Listed))
	}
	if after.QuarantinedAt.IsZero() != (after.QuarantineReason == "") {
		t.Error("a quarantine without a reason, or a reason without one")
	}
}
