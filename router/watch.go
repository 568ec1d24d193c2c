package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/machines"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/runs"
)

const (
	// glance is how often the record is asked how a run fares that somebody watches.
	glance = 500 * time.Millisecond
	// interruptGrace is what a child process gets to end when whoever launched it is interrupted.
	interruptGrace = 10 * time.Second
)

// endedBadly is a run that did not end well. Its exit code is to be ours.
type endedBadly struct {
	code int
	text string
}

func (e endedBadly) Error() string { return e.text }

// watcher follows a run to its end for somebody at a terminal, or for a log.
type watcher struct {
	screen    *screen
	record    *postgres.Runs
	placement machines.Placement
	now       func() time.Time
	begin     time.Time
	run       runs.Run
	machine   machines.Machine
	killed    bool // it was asked to end, as it had run out of time
}

func newWatcher(out io.Writer, record *postgres.Runs, placement machines.Placement, now func() time.Time) *watcher {
	return &watcher{screen: &screen{out: out, terminal: isTerminal(out)}, record: record, placement: placement, now: now, begin: now()}
}

// follow shows how the run fares until its machine is over, and returns how it ended. Whoever interrupts it stops watching,
// and the machine goes on; but a child process ends with its parent.
func (w *watcher) follow(ctx context.Context) error {
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ended := make(chan error, 1)
	go func() {
		var err error
		w.machine, err = w.placement.Wait(watching, w.run.MachineID)
		ended <- err
	}()
	ticker := time.NewTicker(glance)
	defer ticker.Stop()
	interrupted := ctx.Done()
	for {
		select {
		case err := <-ended:
			return w.conclude(watching, err)
		case <-ticker.C:
			w.glance(watching)
		case <-interrupted:
			if w.placement.Kind() == machines.KindFly {
				stop()
				<-ended //nolint:errcheck // that nobody watches any more, which we are about to say
				return fmt.Errorf("interrupted: run %d goes on, on machine %s; router runs shows how it ends", w.run.ID, w.run.MachineID)
			}
			interrupted = nil
			w.screen.line("interrupted: its process is asked to end")
			w.placement.Stop(watching, w.run.MachineID, interruptGrace) //nolint:errcheck // one that is gone has ended
		}
	}
}

// glance shows what the record says, and ends a machine that is out of time: there may be nobody else to do it.
func (w *watcher) glance(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 10*glance)
	defer cancel()
	run, err := w.record.Run(ctx, w.run.ID)
	if err != nil {
		w.screen.state("the database does not answer", w.elapsed())
		return
	}
	w.screen.state(string(run.State), w.elapsed())
	action, _ := run.Judge(runs.Sighting{Found: true}, w.now())
	if action == runs.Kill && run.State.Live() && !w.killed {
		w.screen.line("out of time: its machine is stopped")
		w.killed = w.placement.Stop(ctx, w.run.MachineID, machines.StopGrace) == nil
	}
}

func (w *watcher) elapsed() time.Duration { return w.now().Sub(w.begin) }

// conclude tells how the run ended, and writes it down if the task could not. err says that watching came to an end before
// the machine did.
func (w *watcher) conclude(ctx context.Context, err error) error {
	run, readErr := w.record.Run(ctx, w.run.ID)
	if readErr != nil {
		return fmt.Errorf("run %d: how it ended cannot be read: %w", w.run.ID, errors.Join(readErr, err))
	}
	if run.State.Live() && err != nil && !errors.Is(err, machines.ErrGone) {
		return fmt.Errorf("run %d goes on, on machine %s, but cannot be watched any more: %s; router runs shows how it ends",
			run.ID, w.run.MachineID, sentence(err))
	}
	if run.State.Live() {
		run.Ending = run.Explain(sightingOf(w.machine, err), w.now())
		run.State = run.Outcome
		if _, err := w.record.Finish(ctx, run.ID, run.Ending, w.now()); err != nil {
			return err
		}
	}
	words := fmt.Sprintf("%s after %s: %s", run.State, w.elapsed().Round(100*time.Millisecond), orWord(runs.Line(run.Error), run.Summary))
	if run.State == runs.Succeeded {
		w.screen.line("%s", words)
		return nil
	}
	w.screen.line("") // the verdict goes to whoever reads errors, on a line of its own
	code := exitFailed
	if w.machine.Exit != nil && w.machine.Exit.Code > 0 {
		code = w.machine.Exit.Code
	}
	return endedBadly{code, fmt.Sprintf("run %d of %s %s (exit code %d)", run.ID, run.Task, words, code)}
}

func orWord(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return "it said nothing"
}

// screen is where a run is followed. Its methods may be called at the same time: it also gets what a child process prints.
type screen struct {
	out      io.Writer
	terminal bool

	mu    sync.Mutex
	shown bool   // a state is shown in place
	open  bool   // the last thing written has not ended its line
	last  string // the last state that was written on a line
}

// Write passes on what a child process prints.
func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	s.open = !bytes.HasSuffix(p, []byte("\n"))
	return s.out.Write(p)
}

// line writes a line, or ends the one that is open if there is nothing to say.
func (s *screen) line(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	if s.open {
		fmt.Fprintln(s.out)
		s.open = false
	}
	if format != "" {
		fmt.Fprintf(s.out, format+"\n", args...)
	}
}

// state shows how a run fares: in place on a terminal, elsewhere a line for each change.
func (s *screen) state(state string, elapsed time.Duration) {
	elapsed = elapsed.Round(time.Second)
	if !s.terminal {
		if state != s.last {
			s.line("%s after %s", state, elapsed)
		}
		s.last = state
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open { // in the middle of what a child process prints
		return
	}
	s.clear()
	fmt.Fprintf(s.out, "%s · %s", state, elapsed)
	s.shown = true
}

// clear takes away a state that is shown in place. The caller holds mu.
func (s *screen) clear() {
	if s.shown {
		fmt.Fprint(s.out, "\r\033[K")
	}
	s.shown = false
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}
