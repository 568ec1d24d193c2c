package calendar_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"io"
	"math/bits"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// The rules by which an importer is judged on the history of a feed.
const (
	poll    = 15 * time.Minute
	horizon = 180           // nights that are scored, from the day of the poll on
	heal    = 6 * time.Hour // a mass loss that heals within this never happened
)

// epoch is where nights are counted from.
var epoch = civil.New(1990, time.January, 1)

// nightset is a set of nights, a bit for each since epoch.
type nightset []uint64

func (s *nightset) add(n civil.Nights) {
	from, to := max(n.From.Sub(epoch), 0), min(n.To.Sub(epoch), 40_000)
	for i := from; i < to; i++ {
		for len(*s) <= i/64 {
			*s = append(*s, 0)
		}
		(*s)[i/64] |= 1 << (i % 64)
	}
}

func (s nightset) word(i int) uint64 {
	if i < len(s) {
		return s[i]
	}
	return 0
}

// count counts those nights from a day on, within the horizon, that are in s and not in o.
func (s nightset) countWithout(o nightset, day int) (count int) {
	for i := day / 64; i <= (day+horizon)/64; i++ {
		w := s.word(i) &^ o.word(i)
		for ; w != 0; w &= w - 1 {
			if night := i*64 + bits.TrailingZeros64(w); night >= day && night < day+horizon {
				count++
			}
		}
	}
	return count
}

func (s nightset) or(o nightset) nightset {
	both := make(nightset, max(len(s), len(o)))
	for i := range both {
		both[i] = s.word(i) | o.word(i)
	}
	return both
}

// revision is a state in which a feed was seen.
type revision struct {
	at, until time.Time
	status    string // ok, empty, error, html
	events    []calendar.Listed
	sold, all nightset
}

func (r *revision) failed() bool { return r.status == "error" || r.status == "html" }

func (r *revision) index() {
	for _, e := range r.events {
		r.all.add(e.Nights)
		if e.Kind == calendar.Reserved {
			r.sold.add(e.Nights)
		}
	}
}

// readTrace reads a history, one revision a line, plain or compressed.
func readTrace(tb testing.TB, path string) []revision {
	tb.Helper()
	file, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	text := io.Reader(file)
	if strings.HasSuffix(path, ".gz") {
		if text, err = gzip.NewReader(file); err != nil {
			tb.Fatal(path, err)
		}
	}
	var trace []revision
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		var line struct {
			At     time.Time `json:"at"`
			Until  time.Time `json:"seen_until"`
			Status string    `json:"status"`
			Events []struct {
				UID   string        `json:"uid"`
				Start civil.Date    `json:"start"`
				End   civil.Date    `json:"end"`
				Kind  calendar.Kind `json:"kind"`
			} `json:"events"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			tb.Fatal(path, err)
		}
		r := revision{at: line.At, until: line.Until, status: line.Status}
		for _, e := range line.Events {
			sure := e.Kind == calendar.Reserved && strings.HasSuffix(e.UID, "@airbnb.com")
			r.events = append(r.events, calendar.Listed{UID: e.UID, Nights: civil.Nights{From: e.Start, To: e.End}, Kind: e.Kind, Sure: sure})
		}
		r.index()
		trace = append(trace, r)
	}
	if err := lines.Err(); err != nil || len(trace) == 0 {
		tb.Fatal(path, err, len(trace))
	}
	return trace
}

// truth is what is true while a revision is in force.
type truth struct{ sold, listed nightset }

// truths finds out what was true: a failed fetch says nothing, and a mass loss that heals in time never happened.
func truths(trace []revision) (found []truth, wipes int) {
	var base *revision
	healsAt := -1 // the revision at which the present wipe heals
	var now truth
	for k := range trace {
		r := &trace[k]
		if r.failed() {
			found = append(found, now)
			continue
		}
		if k >= healsAt {
			healsAt = -1
		}
		if healsAt < 0 && base != nil {
			if healsAt = healing(trace, base, k); healsAt >= 0 {
				wipes++
			}
		}
		if healsAt >= 0 {
			now = truth{base.sold.or(r.sold), base.all.or(r.all)}
		} else {
			base, now = r, truth{r.sold, r.all}
		}
		found = append(found, now)
	}
	return found, wipes
}

// healing returns the revision at which what revision k has lost is back, or -1 if it has lost little or for good.
func healing(trace []revision, base *revision, k int) int {
	r := &trace[k]
	day := civil.Of(r.at, time.UTC).Sub(epoch)
	before, lost := base.sold.countWithout(nil, day), base.sold.countWithout(r.sold, day)
	if lost < 3 || 2*lost < before {
		return -1
	}
	for m := k + 1; m < len(trace) && trace[m].at.Sub(r.at) <= heal; m++ {
		if q := &trace[m]; !q.failed() && 10*(lost-base.sold.countWithout(r.sold.or(q.sold), day)) >= 8*lost {
			return m
		}
	}
	return -1
}

// score is how an importer did on a feed.
type score struct {
	polls, days, holeDays, worst int
	ghost, hole                  float64 // nights, mean over the polls
}

// importer answers what it closes after a poll: a list that it does not change later.
type importer func(r *revision, now time.Time) []civil.Nights

// judge runs an importer over a history.
func judge(trace []revision, is []truth, i importer) (s score) {
	last, badDay, day := trace[len(trace)-1].until, -1, -1
	k, ghosts, holes := 0, 0, 0
	first := trace[0].at.Truncate(poll)
	if first.Before(trace[0].at) {
		first = first.Add(poll)
	}
	var closed []civil.Nights
	var set nightset
	for now := first; !now.After(last); now = now.Add(poll) {
		changed := s.polls == 0
		for k+1 < len(trace) && !trace[k+1].at.After(now) {
			k, changed = k+1, true
		}
		if today := civil.Of(now, time.UTC).Sub(epoch); today != day {
			day, changed = today, true
			s.days++
		}
		if answer := i(&trace[k], now); !slices.Equal(answer, closed) || s.polls == 0 {
			closed, set, changed = answer, nil, true
			for _, n := range closed {
				set.add(n)
			}
		}
		if changed {
			ghosts, holes = set.countWithout(is[k].listed, day), is[k].sold.countWithout(set, day)
		}
		s.polls++
		s.ghost += float64(ghosts)
		s.hole += float64(holes)
		s.worst = max(s.worst, holes)
		if holes > 0 && badDay != day {
			badDay = day
			s.holeDays++
		}
	}
	s.ghost /= float64(s.polls)
	s.hole /= float64(s.polls)
	return s
}

// mirror is the importer that is judged: the exported API, at every poll. Told, it learns that a fetch has failed; blind, it gets
// an empty calendar instead.
func mirror(told bool) importer {
	var state calendar.State
	return func(r *revision, now time.Time) []civil.Nights {
		f := calendar.Fetched{Listed: r.events}
		if r.failed() && told {
			f = calendar.Fetched{Broken: "It is no calendar."}
		}
		today := civil.Of(now, time.UTC)
		state = state.Step(f, calendar.Facts{Now: now, Today: today})
		return state.Closed(today)
	}
}

// Three importers that are in use elsewhere, to see that the judge judges as others do, and what the mirror is worth.

// naive closes what the latest calendar lists.
func naive(told bool) importer {
	var closed []civil.Nights
	return func(r *revision, _ time.Time) []civil.Nights {
		if !r.failed() || !told {
			closed = nil
			for _, e := range r.events {
				closed = append(closed, e.Nights)
			}
		}
		return closed
	}
}

// neverRemoves adds and moves by UID.
func neverRemoves(bool) importer {
	held := map[string]civil.Nights{}
	var closed []civil.Nights
	return func(r *revision, now time.Time) []civil.Nights {
		changed := false
		for _, e := range r.events {
			if !e.Nights.To.Before(civil.Of(now, time.UTC)) && held[e.UID] != e.Nights {
				held[e.UID], changed = e.Nights, true
			}
		}
		if changed {
			closed = nil
			for _, n := range held {
				closed = append(closed, n)
			}
		}
		return closed
	}
}

// firstSeenWins adds what overlaps nothing that it holds already, and does nothing else.
func firstSeenWins(bool) importer {
	held := map[string]bool{}
	var closed []civil.Nights
	return func(r *revision, _ time.Time) []civil.Nights {
	events:
		for _, e := range r.events {
			if held[e.UID] {
				continue
			}
			for _, n := range closed {
				if n.Overlaps(e.Nights) {
					continue events
				}
			}
			held[e.UID] = true
			closed = append(slices.Clip(closed), e.Nights)
		}
		return closed
	}
}
