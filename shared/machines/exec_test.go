package machines_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/machines"
)

func TestWhatAChildPrintsIsKept(t *testing.T) {
	t.Parallel()
	b := onExec(t)
	exit := b.end(t, b.launch(t, b.spec("exit", "7")).ID)
	if exit.Output != "leaving\nwith 7\n" {
		t.Errorf("output %q", exit.Output)
	}
}

func TestOfALongOutputTheEndIsKeptAndAllIsPassedOn(t *testing.T) {
	t.Parallel()
	b := onExec(t)
	var all bytes.Buffer
	spec := b.spec("chatty")
	spec.Output = &all
	exit := b.end(t, b.launch(t, spec).ID)
	if len(exit.Output) != 64<<10 || !strings.HasSuffix(exit.Output, "line 29998\nline 29999\n") {
		t.Errorf("%d bytes kept, which end in %q", len(exit.Output), exit.Output[max(0, len(exit.Output)-30):])
	}
	if all.Len() != 30_000*len("line 00000\n") || !strings.HasSuffix(all.String(), exit.Output) {
		t.Errorf("%d bytes passed on", all.Len())
	}
}

// full is a disk, or a terminal that was closed.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestAChildDoesNotSufferFromWhoeverReadsAlong(t *testing.T) {
	t.Parallel()
	b := onExec(t)
	spec := b.spec("chatty")
	spec.Output = full{}
	if exit := b.end(t, b.launch(t, spec).ID); exit.Code != 0 || len(exit.Output) != 64<<10 {
		t.Errorf("exit %d with %d bytes", exit.Code, len(exit.Output))
	}
}

func TestAChildEndsAtItsDeadline(t *testing.T) {
	t.Parallel()
	b := onExec(t)
	spec := b.spec("hold")
	spec.Deadline = time.Now().Add(300 * time.Millisecond)
	m := b.launch(t, spec)
	if exit := b.end(t, m.ID); !exit.Requested || exit.At.Before(spec.Deadline) {
		t.Errorf("ended %s after its deadline: %+v", exit.At.Sub(spec.Deadline), exit)
	}
}

func TestAProgramThatCannotBeRunIsToldAtOnce(t *testing.T) {
	t.Parallel()
	for name, binary := range map[string]string{"absent": filepath.Join(t.TempDir(), "none"), "a directory": t.TempDir()} {
		b := onExec(t, with(func(_ *machines.Config, d *machines.Deps) { d.Binary = binary }))
		_, err := b.Launch(t.Context(), b.spec("exit", "0"))
		if !errors.Is(err, machines.ErrNotStarted) {
			t.Errorf("%s: %v", name, err)
		}
		if found := b.list(t, machines.Filter{Over: true}); len(found) != 0 {
			t.Errorf("%s: listed: %+v", name, found)
		}
	}
}

func TestChildrenEndWhenTheirPlacementIsClosed(t *testing.T) {
	t.Parallel()
	b := onExec(t)
	m := b.launch(t, b.spec("polite"))
	task := b.tasks.next(t)
	must(t, b.Close())
	task.gone(t)
	if exit := b.end(t, m.ID); exit.Code != 0 || !exit.Requested {
		t.Errorf("ended: %+v", exit)
	}
	_, err := b.Launch(t.Context(), b.spec("exit", "0"))
	is(t, err, machines.ErrUnreachable)
}

func TestOnlySoManyChildrenAreRemembered(t *testing.T) {
	t.Parallel()
	short, err := exec.LookPath("true")
	must(t, err)
	b := onExec(t, with(func(_ *machines.Config, d *machines.Deps) { d.Binary = short }))
	var last machines.Machine
	for range 40 {
		last = b.launch(t, b.spec("exit", "0"))
		b.end(t, last.ID)
	}
	found := b.list(t, machines.Filter{Over: true})
	if len(found) != 32 || found[31].ID != last.ID {
		t.Errorf("%d are remembered", len(found))
	}
}

func TestChildrenAreForgottenAfterAWhile(t *testing.T) {
	t.Parallel()
	now := time.Now()
	b := onExec(t, with(func(_ *machines.Config, d *machines.Deps) { d.Now = func() time.Time { return now } }))
	b.end(t, b.launch(t, b.spec("exit", "0")).ID)
	now = now.Add(61 * time.Minute)
	if found := b.list(t, machines.Filter{Over: true}); len(found) != 0 {
		t.Errorf("remembered: %+v", found)
	}
}

// runParent is a process that launches a task and is then killed.
func runParent() int {
	p, err := machines.Open(machines.Config{Placement: machines.KindExec, Max: 1}, machines.Deps{})
	if err == nil {
		_, err = p.Launch(context.Background(), machines.Spec{
			RunID: "orphan", Task: "stubborn", Deadline: time.Now().Add(time.Hour), Env: map[string]string{asTask: "1"},
		})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	select {}
}

func TestAChildEndsWithAParentThatWasKilled(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells a child that its parent has gone")
	}
	tasks := newSwitchboard(t)
	parent := exec.CommandContext(t.Context(), os.Args[0])
	parent.Env = append(os.Environ(), asParent+"=1", reportTo+"="+tasks.Addr().String())
	parent.Stderr = os.Stderr
	must(t, parent.Start())
	task := tasks.next(t)
	must(t, parent.Process.Signal(syscall.SIGKILL))
	task.gone(t)
	parent.Wait() //nolint:errcheck // it was killed
}

// BenchmarkLaunchOfAChild measures what a process of its own costs a task that does nothing: until it reports that it runs,
// and until its end is known.
func BenchmarkLaunchOfAChild(b *testing.B) {
	p, err := machines.Open(machines.Config{Placement: machines.KindExec, Max: 1}, machines.Deps{})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	var called time.Duration
	for i := 0; b.Loop(); i++ {
		begin := time.Now()
		m, err := p.Launch(b.Context(), machines.Spec{
			RunID: fmt.Sprint(i), Task: "exit", Args: []string{"0"}, Deadline: begin.Add(time.Minute), Env: map[string]string{asTask: "1"},
		})
		if err != nil {
			b.Fatal(err)
		}
		called += time.Since(begin)
		if m, err = p.Wait(b.Context(), m.ID); err != nil || m.Exit.Code != 0 {
			b.Fatalf("%+v, %v", m, err)
		}
	}
	b.ReportMetric(float64(called.Microseconds())/float64(b.N)/1000, "ms/launch-call")
}
