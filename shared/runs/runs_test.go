package runs_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/runs"
)

var noon = time.Date(2026, 12, 4, 12, 0, 0, 0, time.UTC)

func TestSlotsAreAlignedToTheClockWhoeverAsks(t *testing.T) {
	t.Parallel()
	buenosAires := time.FixedZone("", -3*3600)
	for _, c := range []struct {
		every time.Duration
		now   time.Time
		want  time.Time
	}{
		{time.Minute, noon, noon},
		{time.Minute, noon.Add(59 * time.Second), noon},
		{time.Minute, noon.Add(-time.Nanosecond), noon.Add(-time.Minute)},
		{5 * time.Minute, noon.Add(4*time.Minute + 59*time.Second), noon},
		{24 * time.Hour, noon, noon.Add(-12 * time.Hour)},
		{24 * time.Hour, noon.Add(11 * time.Hour).In(buenosAires), noon.Add(-12 * time.Hour)},
		{24 * time.Hour, noon.Add(12 * time.Hour).In(buenosAires), noon.Add(12 * time.Hour)},
	} {
		if got := runs.Slot(c.every, c.now); got != c.want {
			t.Errorf("every %s at %s: %s, want %s", c.every, c.now, got, c.want)
		}
	}
}

func TestSlotsNeverLieAheadAndNeverRunBack(t *testing.T) {
	t.Parallel()
	last := time.Time{}
	for now := noon; now.Before(noon.Add(time.Hour)); now = now.Add(7 * time.Second) {
		slot := runs.Slot(5*time.Minute, now)
		if slot.After(now) || now.Sub(slot) >= 5*time.Minute || slot.Before(last) {
			t.Fatalf("at %s: %s after %s", now, slot, last)
		}
		last = slot
	}
}

// What can be seen of a machine.
var (
	nothing  = runs.Sighting{}
	there    = runs.Sighting{Found: true}
	vanished = runs.Sighting{Found: true, Ended: true}
	well     = runs.Sighting{Found: true, Ended: true, ExitCode: new(int)}
	badly    = runs.Sighting{Found: true, Ended: true, ExitCode: new(3)}
	bloated  = runs.Sighting{Found: true, Ended: true, ExitCode: new(137), OOM: true}
)

// in makes a run of a state, at noon, whose deadline is ten minutes later.
func in(state runs.State, cause runs.Cause, attempts int) runs.Run {
	r := runs.Run{ID: 1, Task: "count", State: state, Cause: cause, Attempts: attempts, CreatedAt: noon, Deadline: noon.Add(10 * time.Minute)}
	if state == runs.Launching || state == runs.Running {
		r.AskedAt = noon
	}
	if state == runs.Running {
		r.StartedAt, r.HeardFrom = noon, noon
	}
	return r
}

// verdict is an action and how the run ended, in short.
func verdict(action runs.Action, e runs.Ending) string {
	word := []string{"leave", "launch", "end", "kill"}[action]
	if action == runs.End {
		word += " " + string(e.Outcome) + ": " + e.Error + e.Summary
	}
	return word
}

const (
	gone      = "end lost: its machine is gone without a word"
	unknown   = "end lost: its machine ended, nobody knows how"
	oom       = "end failed: ran out of memory"
	exit3     = "end failed: its machine ended with exit code 3 before the task could say why"
	exit0     = "end failed: its machine ended with exit code 0 before the task could say why"
	quietly   = "end succeeded: ended well, but could not say so"
	late      = "end failed: ran into its deadline and was stopped"
	neverDid  = "end failed: its machine never started"
	nobody    = "end failed: the command that wanted it ended before asking for a machine"
	noMachine = "end failed: no machine could be had before its deadline"
	hopeless  = "end lost: ran past its deadline, and could not be stopped or found"
)

// by is what is decided if a machine is seen like this: nothing, there, vanished, well, badly, bloated.
type by [6]string

// judgement is a run, the time since noon, and what is to be decided.
type judgement struct {
	run   runs.Run
	after time.Duration
	want  by
}

func judgements() []judgement {
	const sec, minute = time.Second, time.Minute
	all := func(word string) by { return by{word, word, word, word, word, word} }
	return []judgement{
		{in(runs.Queued, runs.ByClock, 0), 0, all("launch")},
		{in(runs.Queued, runs.ByClock, 0), 10 * minute, all("launch")},
		{in(runs.Queued, runs.ByClock, 0), 10*minute + sec, all(noMachine)},
		{in(runs.Queued, runs.ByOperator, 0), 0, all("leave")},
		{in(runs.Queued, runs.ByOperator, 0), 2 * minute, all("leave")},
		{in(runs.Queued, runs.ByOperator, 0), 2*minute + sec, all(nobody)},

		{in(runs.Launching, runs.ByClock, 1), 0, all("leave")},
		{in(runs.Launching, runs.ByClock, 1), 10 * sec, all("leave")},
		{in(runs.Launching, runs.ByClock, 1), 11 * sec, by{"leave", "leave", neverDid, exit0, exit3, oom}},
		{in(runs.Launching, runs.ByClock, 1), 21 * sec, by{"launch", "leave", neverDid, exit0, exit3, oom}},
		{in(runs.Launching, runs.ByClock, 2), 21 * sec, by{"leave", "leave", neverDid, exit0, exit3, oom}},
		{in(runs.Launching, runs.ByClock, 2), 61 * sec, by{"launch", "leave", neverDid, exit0, exit3, oom}},
		{in(runs.Launching, runs.ByClock, 3), 3*minute + sec, by{"launch", "kill", neverDid, exit0, exit3, oom}},
		{in(runs.Launching, runs.ByClock, 4), 9*minute + sec, by{"end failed: its machine never started, in 4 attempts", "kill", neverDid, exit0, exit3, oom}},
		{in(runs.Launching, runs.ByClock, 4), 10*minute + sec, by{"end failed: its machine never started, in 4 attempts", "kill", neverDid, exit0, exit3, oom}},
		{in(runs.Launching, runs.ByOperator, 1), 2 * minute, by{"leave", "leave", neverDid, exit0, exit3, oom}},
		{in(runs.Launching, runs.ByOperator, 1), 2*minute + sec, by{neverDid, "leave", neverDid, exit0, exit3, oom}},
		{in(runs.Launching, runs.ByOperator, 1), 3*minute + sec, by{neverDid, "kill", neverDid, exit0, exit3, oom}},
		{in(runs.Launching, runs.ByClock, 1), 12*minute + sec, by{hopeless, hopeless, neverDid, exit0, exit3, oom}},

		{in(runs.Running, runs.ByClock, 1), 35 * sec, all("leave")},
		{in(runs.Running, runs.ByClock, 1), 36 * sec, by{gone, "leave", unknown, quietly, exit3, oom}},
		{in(runs.Running, runs.ByOperator, 1), 36 * sec, by{gone, "leave", unknown, quietly, exit3, oom}},
		{in(runs.Running, runs.ByClock, 1), 10*minute + sec, by{gone, "kill", late, quietly, late, oom}},
		{beating(10*minute + sec), 10*minute + sec, by{"leave", "kill", late, quietly, late, oom}},
		{beating(12*minute + sec), 12*minute + sec, by{hopeless, hopeless, late, quietly, late, oom}},

		{in(runs.Succeeded, runs.ByClock, 1), time.Hour, all("leave")},
		{in(runs.Failed, runs.ByClock, 1), time.Hour, all("leave")},
		{in(runs.Skipped, runs.ByClock, 0), time.Hour, all("leave")},
		{in(runs.Lost, runs.ByClock, 1), time.Hour, all("leave")},
	}
}

func TestJudgeDecidesEveryCase(t *testing.T) {
	t.Parallel()
	for _, c := range judgements() {
		for i, seen := range []runs.Sighting{nothing, there, vanished, well, badly, bloated} {
			if got := verdict(c.run.Judge(seen, noon.Add(c.after))); got != c.want[i] {
				t.Errorf("%s by %s, attempt %d, after %s, seen %+v:\n got %s\nwant %s", c.run.State, c.run.Cause, c.run.Attempts, c.after, seen, got, c.want[i])
			}
		}
	}
}

// beating is a run that has said just now that it is alive.
func beating(after time.Duration) runs.Run {
	r := in(runs.Running, runs.ByClock, 1)
	r.HeardFrom = noon.Add(after)
	return r
}

func TestEveryRunEndsAndNoneIsLaunchedWhileItRuns(t *testing.T) {
	t.Parallel()
	for _, state := range []runs.State{runs.Queued, runs.Launching, runs.Running} {
		for _, cause := range []runs.Cause{runs.ByClock, runs.ByOperator} {
			for i, seen := range []runs.Sighting{nothing, there, vanished, well, badly, bloated} {
				for _, beats := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s by %s, seen %d, beats %t", state, cause, i, beats), func(t *testing.T) {
						t.Parallel()
						follow(t, in(state, cause, 1), seen, beats)
					})
				}
			}
		}
	}
}

// follow has a clock look at a run every five seconds, whose machine always looks the same, until the run ends.
func follow(t *testing.T, r runs.Run, seen runs.Sighting, beats bool) {
	t.Helper()
	for now := noon; now.Before(noon.Add(time.Hour)); now = now.Add(5 * time.Second) {
		if beats && r.State == runs.Running {
			r.HeardFrom = now
		}
		action, ending := r.Judge(seen, now)
		switch {
		case action == runs.Launch && r.State == runs.Running:
			t.Fatalf("launched while it runs, after %s", now.Sub(noon))
		case action == runs.Launch:
			r.State, r.AskedAt = runs.Launching, now
			if r.Attempts++; r.Attempts > runs.MaxAttempts {
				t.Fatalf("attempt %d", r.Attempts)
			}
		case action == runs.End && (ending.Outcome.Live() || ending.Outcome == "" || ending.Error+ending.Summary == ""):
			t.Fatalf("ended without saying how: %+v", ending)
		case action == runs.End:
			return
		}
	}
	t.Fatal("it never ended")
}

func TestWhatIsHopelessEndsEvenIfItCannotBeLookedAt(t *testing.T) {
	t.Parallel()
	r := beating(13 * time.Minute)
	if r.Hopeless(noon.Add(12*time.Minute)) || !r.Hopeless(noon.Add(12*time.Minute+1)) {
		t.Error("two minutes past the deadline are what it gets")
	}
}

func TestAMachineThatIsOverIsExplainedAtOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		state runs.State
		seen  runs.Sighting
		want  string
	}{
		{runs.Launching, badly, exit3},
		{runs.Launching, nothing, neverDid},
		{runs.Running, nothing, gone},
		{runs.Running, well, quietly},
		{runs.Running, bloated, oom},
	} {
		r := in(c.state, runs.ByOperator, 1)
		if got := verdict(runs.End, r.Explain(c.seen, noon)); got != c.want {
			t.Errorf("%s, %+v: %s, want %s", c.state, c.seen, got, c.want)
		}
	}
}

func TestOnlyWhatMayPassIsTriedAgain(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]bool{
		fault.New(fault.Unavailable, "no_capacity", "No room."):                      true,
		fault.New(fault.Conflict, "name_taken", "Another has it."):                   true,
		errors.New("connection reset"):                                               true,
		fault.New(fault.Denied, "launch_denied", "Wrong token."):                     false,
		fault.New(fault.NotFound, "no_app", "No such app."):                          false,
		fault.New(fault.Invalid, "rejected", "No such region."):                      false,
		fmt.Errorf("launch: %w", fault.New(fault.Denied, "launch_denied", "Wrong.")): false,
	} {
		if got := runs.WorthAnotherTry(err); got != want {
			t.Errorf("%v: %t", err, got)
		}
	}
}

func TestALineIsWhatATableAndAColumnCanHold(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain":                  "plain",
		"two\nlines\r\n\nthree":  "two; lines; three",
		"nul\x00 and \xffbroken": "nul and ?broken",
		"áéí":                    "áéí",
		"":                       "",
	} {
		if got := runs.Line(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if long := runs.Line(strings.Repeat("ñ", 900)); len(long) > 1010 || !utf8.ValidString(long) || !strings.HasSuffix(long, "ñ…") {
		t.Errorf("%d bytes, which end in %q", len(long), long[len(long)-8:])
	}
}

func TestAFailedRunOfALongPeriodIsRepeatedAFewTimes(t *testing.T) {
	t.Parallel()
	const daily = 24 * time.Hour
	slot := runs.Slot(daily, noon)
	ended := func(state runs.State, ago time.Duration) runs.Run {
		return runs.Run{State: state, Slot: slot, Cause: runs.ByClock, EndedAt: noon.Add(-ago)}
	}
	failed, lost := ended(runs.Failed, 10*time.Minute), ended(runs.Lost, 10*time.Minute)
	yesterday := ended(runs.Failed, 20*time.Hour)
	yesterday.Slot = slot.Add(-daily)
	for name, c := range map[string]struct {
		history []runs.Run
		every   time.Duration
		want    bool
	}{
		"it failed a while ago":              {[]runs.Run{failed}, daily, true},
		"its machine was lost":               {[]runs.Run{lost, yesterday}, daily, true},
		"it failed a moment ago":             {[]runs.Run{ended(runs.Failed, 9*time.Minute)}, daily, false},
		"it went well":                       {[]runs.Run{ended(runs.Succeeded, time.Hour)}, daily, false},
		"it went well when an operator came": {[]runs.Run{ended(runs.Succeeded, time.Minute), failed}, daily, false},
		"it is at it":                        {[]runs.Run{ended(runs.Running, 0), failed}, daily, false},
		"it failed yesterday":                {[]runs.Run{yesterday}, daily, false},
		"it never ran":                       {nil, daily, false},
		"the third time":                     {[]runs.Run{failed, lost, failed}, daily, true},
		"often enough":                       {[]runs.Run{failed, lost, failed, failed}, daily, false},
		"the next slot is soon":              {[]runs.Run{failed}, 59 * time.Minute, false},
	} {
		again, ok := runs.Again(c.history, c.every, noon)
		if ok != c.want || ok && !again.Equal(runs.Slot(10*time.Minute, noon)) {
			t.Errorf("%s: %t, as %s", name, ok, again)
		}
	}
}
