package calendar_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
)

func TestALossOfMostOfTheFutureIsHeldInQuarantine(t *testing.T) {
	t.Parallel()
	a, b, c, d, e := sold("a", 3, 6), sold("b", 20, 24), sold("c", 30, 34), sold("d", 40, 44), sold("e", 50, 54)
	long, tonight := sold("long", 60, 90), sold("tonight", 0, 1)
	year := sold("year", 60, 460)
	for _, test := range []struct {
		name        string
		held, left  []calendar.Listed
		quarantined bool
	}{
		{"everything", []calendar.Listed{a, b, c}, nil, true},
		{"the only stay", []calendar.Listed{a}, nil, true},
		{"the only night", []calendar.Listed{sold("one", 9, 10)}, nil, true},
		{"all stays, while a closure is left", []calendar.Listed{a, b, blocked("far", 300, 600)}, []calendar.Listed{blocked("far", 300, 600)}, true},
		{"all that was closed", []calendar.Listed{blocked("a", 3, 6)}, nil, true},
		{"half of the stays", []calendar.Listed{a, b, c, d}, []calendar.Listed{a, b}, true},
		{"two of three", []calendar.Listed{a, b, c}, []calendar.Listed{a}, true},
		{"one of two", []calendar.Listed{a, b}, []calendar.Listed{a}, false},
		{"two of five", []calendar.Listed{a, b, c, d, e}, []calendar.Listed{a, b, c}, false},
		{"one long stay, most of the nights", []calendar.Listed{a, b, c, long}, []calendar.Listed{a, b, c}, true},
		{"the closures alone", []calendar.Listed{a, b, blocked("x", 6, 9), blocked("y", 10, 19), blocked("z", 90, 99)}, []calendar.Listed{a, b}, false},
		{"what is near, of a feed whose year is closed", []calendar.Listed{a, b, c, d, e, sold("year", 170, 540)}, []calendar.Listed{sold("year", 170, 540)}, true},
		{"what is far", []calendar.Listed{a, sold("x", 200, 210), sold("y", 220, 230), sold("z", 240, 250)}, []calendar.Listed{a}, true},
		{"tonight, at a midnight before ours", []calendar.Listed{tonight}, nil, false},
		{"a season that is opened", []calendar.Listed{a, year}, []calendar.Listed{a, sold("x", 70, 72), sold("y", 200, 202)}, false},
		{"a season that is opened, its first nights sold", []calendar.Listed{a, year}, []calendar.Listed{a, sold("year", 60, 62), sold("y", 200, 202)}, false},
		{"all shifted by a day", []calendar.Listed{a, b, c}, []calendar.Listed{sold("a", 4, 7), sold("b", 21, 25), sold("c", 31, 35)}, false},
		{"single nights shifted by a day", []calendar.Listed{sold("a", 3, 4), sold("b", 6, 7), sold("c", 9, 10)}, []calendar.Listed{sold("a", 4, 5), sold("b", 7, 8), sold("c", 10, 11)}, true},
		{"a stay shortened by the guest", []calendar.Listed{sold("a", 3, 10), b}, []calendar.Listed{sold("a", 3, 4), b}, false},
		{"nothing, all merged", []calendar.Listed{sold("a", 3, 6), sold("b", 6, 9), sold("c", 9, 12)}, []calendar.Listed{sold("abc", 3, 12)}, false},
		{"what was empty from the beginning", nil, nil, false},
		{"what is past", []calendar.Listed{sold("p", -9, -3), sold("q", -3, 0)}, nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFeed(test.held...)
			before := f.closed()
			change := f.get(list(test.left...))
			if f.quarantined() != test.quarantined || change.QuarantineBegan != test.quarantined || (f.QuarantineReason != "") != test.quarantined || (change.Reason != "") != test.quarantined {
				t.Fatalf("quarantined: %t (%q), want %t", f.quarantined(), f.QuarantineReason, test.quarantined)
			}
			if !test.quarantined {
				return
			}
			for range 3 {
				f.get(list(test.left...))
			}
			if len(change.Opens) > 0 || len(test.left) == 0 && f.closed() != before {
				t.Errorf("closed are %q, were %q; it opened %v", f.closed(), before, change.Opens)
			}
			if !f.Pending() {
				t.Error("the next fetch might not be looked at")
			}
			f.get(list(test.held...))
			if f.quarantined() {
				t.Error("still in quarantine after all has come back")
			}
		})
	}
}

func TestAQuarantineEndsWhenItsTimeIsUp(t *testing.T) {
	t.Parallel()
	f := newFeed(sold("a", 3, 6), sold("b", 20, 24), sold("c", 30, 34), sold("d", 40, 44))
	began := f.now
	f.getFor(calendar.DefaultPatience, list(sold("a", 3, 6)))
	f.expect(t, "3-6 20-24 30-34 40-44")
	if !f.QuarantinedAt.Equal(began) {
		t.Errorf("it began at %s, not at %s", f.QuarantinedAt, began)
	}
	c := f.get(list(sold("a", 3, 6)))
	f.expect(t, "3-6")
	if !c.QuarantineEnded || c.Freed != 3 || f.QuarantineReason != "" || f.Pending() {
		t.Errorf("%+v", c)
	}
}

func TestPatienceIsConfigured(t *testing.T) {
	t.Parallel()
	s := newFeed(sold("a", 3, 6), sold("b", 20, 24)).State
	at := calendar.Facts{Now: noon.Add(time.Hour), Today: today, Patience: time.Hour}
	s = s.Step(list(), at)
	at.Now = at.Now.Add(time.Hour - 1)
	if s = s.Step(list(), at); s.QuarantinedAt.IsZero() {
		t.Error("it ended early")
	}
	at.Now = at.Now.Add(1)
	if s = s.Step(list(), at); !s.QuarantinedAt.IsZero() || len(s.Held) > 0 {
		t.Error("it did not end")
	}
}

func TestOneClosureOfWeeksThatVanishesIsNotHeldForLong(t *testing.T) {
	t.Parallel()
	rest := list(sold("a", 3, 6), sold("b", 20, 24))
	f := newFeed(append(rest.Listed, sold("year", 60, 460))...)
	f.getFor(3*time.Hour, rest)
	f.expect(t, "3-6 20-24 60-460")
	f.get(rest)
	f.expect(t, "3-6 20-24")
}

func TestACalendarOfClosuresThatTurnsEmptyIsNotHeldForLong(t *testing.T) {
	t.Parallel()
	f := newFeed(blocked("a", 3, 150), blocked("b", 300, 600))
	f.getFor(2*time.Hour, list())
	f.expect(t, "3-150 300-600")
	f.get(list())
	f.expect(t, "")
}

func TestAQuarantineHoldsWhileOtherEventsChange(t *testing.T) {
	t.Parallel()
	f := newFeed(sold("a", 3, 6), sold("b", 20, 24), sold("c", 30, 34), sold("d", 40, 44))
	f.get(list(sold("a", 3, 6)))
	f.get(list(sold("a", 3, 6), sold("new", 50, 52)))
	f.expect(t, "3-6 20-24 30-34 40-44 50-52")
	f.get(list(sold("a", 4, 7), sold("new", 50, 52))) // the move may be part of what is wrong
	f.expect(t, "3-7 20-24 30-34 40-44 50-52")
	f.get(list(sold("a", 4, 7))) // what came in the meantime is held as well
	f.expect(t, "3-7 20-24 30-34 40-44 50-52")
	all := list(sold("a", 4, 7), sold("b", 20, 24), sold("c", 30, 34), sold("d", 40, 44))
	if c := f.get(all); !c.QuarantineEnded {
		t.Error("it did not end")
	}
	f.get(all)
	f.expect(t, "4-7 20-24 30-34 40-44")
}

func TestAQuarantineGoesOnUntilNearlyAllIsBack(t *testing.T) {
	t.Parallel()
	all := []calendar.Listed{sold("a", 3, 6), sold("b", 20, 24), sold("c", 30, 34), sold("d", 40, 44), sold("e", 50, 54)}
	f := newFeed(all...)
	f.get(list())
	f.getFor(time.Hour, list(all[:3]...))
	f.expect(t, "3-6 20-24 30-34 40-44 50-54")
	if !f.quarantined() {
		t.Error("it ended although two of five were missing")
	}
	f.get(list(all...))
	if f.quarantined() {
		t.Error("it did not end")
	}
}

func TestAFurtherLossInQuarantineHasItsOwnTime(t *testing.T) {
	t.Parallel()
	all := []calendar.Listed{sold("a", 3, 6), sold("b", 20, 24), sold("c", 30, 34), sold("d", 40, 44), sold("e", 50, 54), sold("f", 60, 64)}
	f := newFeed(all...)
	f.getFor(4*time.Hour, list(all[:3]...))
	f.getFor(5*time.Hour, list())
	f.expect(t, "3-6 20-24 30-34 40-44 50-54 60-64")
	f.getFor(time.Hour, list())
	f.get(list())
	f.expect(t, "")
}

func TestTextThatIsNoCalendarFreesNothingHoweverLongItLasts(t *testing.T) {
	t.Parallel()
	f := newFeed(sold("a", 3, 6), sold("b", 20, 24))
	c := f.get(calendar.Fetched{Broken: "This is a web page."})
	if !c.QuarantineBegan || c.Reason != "This is a web page." || !f.Pending() {
		t.Errorf("%+v", c)
	}
	f.getFor(48*time.Hour, calendar.Fetched{Broken: "This is a web page."})
	f.State = f.Believe(f.facts())
	f.expect(t, "3-6 20-24")
	f.get(calendar.Fetched{Broken: "This is a web page."})
	c = f.get(list(sold("a", 3, 6), sold("b", 20, 24)))
	if f.quarantined() || !c.QuarantineEnded {
		t.Error("a good text does not end it")
	}
}

func TestALossAfterBrokenTextIsALossOfItsOwn(t *testing.T) {
	t.Parallel()
	f := newFeed(sold("a", 3, 6), sold("b", 20, 24))
	f.getFor(10*time.Hour, calendar.Fetched{Broken: "This is a web page."})
	f.getFor(calendar.DefaultPatience, list())
	f.expect(t, "3-6 20-24")
	f.get(list())
	f.expect(t, "")
}

func TestBrokenTextDuringALossDoesNotStopItsTime(t *testing.T) {
	t.Parallel()
	f := newFeed(sold("a", 3, 6), sold("b", 20, 24))
	f.get(list())
	reason := f.QuarantineReason
	f.getFor(8*time.Hour, calendar.Fetched{Broken: "This is a web page."})
	f.expect(t, "3-6 20-24")
	if f.QuarantineReason != reason {
		t.Error("the reason of the loss was forgotten: the owner could not believe it")
	}
	f.get(list())
	f.expect(t, "")
}

func TestBrokenTextWithNothingHeldIsNoQuarantine(t *testing.T) {
	t.Parallel()
	f := newFeed(sold("past", -4, -1))
	if f.get(calendar.Fetched{Broken: "This is a web page."}); f.quarantined() {
		t.Error("there is nothing to keep")
	}
}

func TestTheOwnersWordFreesWhatTheFeedDoesNotList(t *testing.T) {
	t.Parallel()
	f := newFeed(sold("a", 3, 6), sold("b", 20, 24), sold("c", 30, 34), sold("d", 40, 44))
	f.get(list(sold("a", 3, 6)))
	f.get(calendar.Fetched{Glance: true, Listed: []calendar.Listed{sold("a", 3, 6), sold("glimpsed", 70, 72)}})
	before := f.State
	f.State = f.Believe(f.facts())
	f.expect(t, "3-6 70-72")
	if f.quarantined() {
		t.Error("still in quarantine")
	}
	if _, _, end := calendar.Diff(before, f.State); len(end) != 3 {
		t.Errorf("%d rows end", len(end))
	}
	if again := f.Believe(f.facts()); !cmp.Equal(again, f.State) {
		t.Error("it does something where there is no quarantine")
	}
}
