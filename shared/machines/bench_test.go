package machines_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/machines"
	"github.com/eevans-d/sist-cabanas/shared/machines/flytest"
)

// bench is a placement, and what a test needs around it.
type bench struct {
	machines.Placement
	other  machines.Placement // of another client of the same machines
	server *flytest.Server    // nil for child processes
	log    *strings.Builder   // of Placement alone
	tasks  switchboard
	runs   atomic.Int32
}

// change alters what a bench is made with.
type change func(*machines.Config, *machines.Deps, *flytest.Config)

func with(f func(*machines.Config, *machines.Deps)) change {
	return func(c *machines.Config, d *machines.Deps, _ *flytest.Config) { f(c, d) }
}

func benchConfig(serverURL string) machines.Config {
	return machines.Config{
		App: "cabins", MachineID: "1a2b3c", Image: "registry.fly.io/cabins@sha256:feed", Region: "gru", API: serverURL,
		Token: config.Secret(launchToken), Max: 20, MaxPerDay: 1000,
	}
}

// hasty is a patience for tests: nothing here is far away.
var hasty = machines.Pace{Call: 5 * time.Second, Create: 5 * time.Second, Wait: time.Second, Settle: 10 * time.Millisecond, Every: time.Microsecond}

// onExec makes a bench of child processes.
func onExec(t *testing.T, changes ...change) *bench {
	t.Helper()
	b := &bench{tasks: newSwitchboard(t), log: new(strings.Builder)}
	c, d := benchConfig(""), machines.Deps{Log: zerolog.New(b.log)}
	c.Placement = machines.KindExec
	for _, change := range changes {
		change(&c, &d, new(flytest.Config))
	}
	b.Placement = open(t, c, d)
	b.other = b.Placement
	return b
}

// onFly makes a bench of a Machines API server of our own, and two clients.
func onFly(t *testing.T, changes ...change) *bench {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{tasks: newSwitchboard(t), log: new(strings.Builder)}
	s := flytest.Config{
		Binary: binary, Token: "FlyV1 " + launchToken, Every: -1,
		Secrets: map[string]string{"FLY_LAUNCH_TOKEN": launchToken, "DATABASE_URL": "postgres://secret"},
	}
	c, d := benchConfig(""), machines.Deps{Log: zerolog.New(b.log), Pace: hasty}
	for _, change := range changes {
		change(&c, &d, &s)
	}
	if b.server, err = flytest.New(s); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.server.Close()
		if refused := b.server.Refused(); len(refused) > 0 {
			t.Errorf("requests that Fly would misunderstand: %q", refused)
		}
	})
	c.API = b.server.URL
	b.Placement = open(t, c, d)
	d.Log = zerolog.Nop()
	b.other = open(t, c, d)
	return b
}

func open(t *testing.T, c machines.Config, d machines.Deps) machines.Placement {
	t.Helper()
	p, err := machines.Open(c, d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// spec is a run of one of the tasks in main_test.go that nobody has launched yet.
func (b *bench) spec(task string, args ...string) machines.Spec {
	return machines.Spec{
		RunID: fmt.Sprintf("run-%d", b.runs.Add(1)), Task: task, Args: args, Deadline: time.Now().Add(time.Hour),
		// The race detector holds every program up for a second when it ends, to hear of the last races.
		Env: map[string]string{asTask: "1", reportTo: b.tasks.Addr().String(), "GORACE": "atexit_sleep_ms=0"},
	}
}

// launch launches a run, or the test fails.
func (b *bench) launch(t *testing.T, spec machines.Spec) machines.Machine {
	t.Helper()
	m, err := b.Launch(t.Context(), spec)
	if err != nil {
		t.Fatalf("launch %s: %v", spec.Task, err)
	}
	return m
}

// end waits for the end of a machine, and for how it ended.
func (b *bench) end(t *testing.T, id string) machines.Exit {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	m, err := b.Wait(ctx, id)
	if err != nil {
		t.Fatalf("wait: %v", err)
	}
	if !m.Over() || m.Exit == nil {
		t.Fatalf("is over without a trace: %+v", m)
	}
	return *m.Exit
}

// list lists machines, or the test fails.
func (b *bench) list(t *testing.T, f machines.Filter) []machines.Machine {
	t.Helper()
	all, err := b.List(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// must fails the test on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// is fails the test unless the error is the one wanted.
func is(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("got the error %v, want %v", got, want)
	}
}
