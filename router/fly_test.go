package main

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/machines"
	"github.com/eevans-d/sist-cabanas/shared/machines/flytest"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
	"github.com/eevans-d/sist-cabanas/shared/runs"
)

// cloud is a Machines API whose machines are processes of this program, and a database that they find.
type cloud struct {
	*flytest.Server
	dsn string
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{dsn: pgtest.NewDSN(t)}
	env := environment("", asRouterEnv()...)
	env = slices.DeleteFunc(env, func(variable string) bool { return variable == "DATABASE_URL=" })
	var err error
	c.Server, err = flytest.New(flytest.Config{
		Binary: os.Args[0], Env: env, Secrets: map[string]string{"DATABASE_URL": c.dsn, "FLY_LAUNCH_TOKEN": "fm2_test"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		if refused := c.Refused(); len(refused) > 0 {
			t.Errorf("requests that Fly would misunderstand: %q", refused)
		}
	})
	return c
}

// env is what a router on Fly finds in its environment.
func (c *cloud) env(extra ...string) []string {
	return append([]string{
		"FLY_FLAPS_BASE_URL=" + c.URL, "FLY_APP_NAME=cabins", "FLY_MACHINE_ID=1a2b3c", "FLY_REGION=gru",
		"FLY_IMAGE_REF=registry.fly.io/cabins@sha256:feed", "FLY_LAUNCH_TOKEN=fm2_test",
	}, extra...)
}

func (c *cloud) launch(t *testing.T, task string, extra ...string) *command {
	t.Helper()
	return do(t, c.dsn, c.env(extra...), "launch", task)
}

// machine is the one machine that there ever was.
func (c *cloud) machine(t *testing.T) flytest.Info {
	t.Helper()
	all := c.Machines()
	if len(all) != 1 {
		t.Fatalf("%d machines: %+v", len(all), all)
	}
	return all[0]
}

func TestLaunchOnFlyRunsTheTaskOnAMachine(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	launched := c.launch(t, "count")
	launched.saysOneLine(t, exitOK, "")
	if said := launched.out.String(); !strings.Contains(said, "(gru)") || !strings.Contains(said, "counted to two") {
		t.Errorf("said:\n%s", said)
	}
	m := c.machine(t)
	if r := newest(t, c.dsn, "count"); r.State != "succeeded" || r.MachineID != m.ID || !strings.HasPrefix(m.Metadata["run_id"], "1-") {
		t.Errorf("%+v on %+v", r, m)
	}
}

func TestA503AfterTheMachineWasMadeMakesNoSecond(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.Fail(flytest.Fault{Action: flytest.Create, Times: 1, After: true, Status: 503, Error: "upstream"})
	c.launch(t, "count").saysOneLine(t, exitOK, "")
	if r := newest(t, c.dsn, "count"); r.State != "succeeded" || r.MachineID != c.machine(t).ID {
		t.Errorf("%+v", r)
	}
}

func TestWhatFlyRefusesIsOneLineAndTheRightRow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*cloud)
		extra []string
		want  string
	}{
		"no capacity": {func(c *cloud) { c.NoCapacity() }, nil, "Fly has no room in gru nor in iad"},
		"wrong token": {nil, []string{"FLY_LAUNCH_TOKEN=fm2_stolen"}, "Fly refused the launch token"},
		"unknown app": {nil, []string{"TASKS_APP=other"}, "TASKS_APP names it"},
		"unavailable": {func(c *cloud) { c.Fail(flytest.Fault{Status: 500, Error: "oops"}) }, nil, "Machines API does not answer as it should"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := newCloud(t)
			if c.spoil != nil {
				c.spoil(cloud)
			}
			cloud.launch(t, "count", c.extra...).saysOneLine(t, exitFailed, "run 1 of count was not launched: ", c.want)
			if r := newest(t, cloud.dsn, "count"); r.State != "failed" || !strings.Contains(r.Error, c.want) || r.MachineID != "" {
				t.Errorf("%+v", r)
			}
			if n := len(cloud.Machines()); n != 0 {
				t.Errorf("%d machines", n)
			}
		})
	}
}

func TestAMachineThatDiesIsOneLineAndTheRightRow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		task    string
		how     flytest.Behaviour
		kill    func(*cloud, string) error // once it runs
		code    int
		state   string
		rowCode int
		want    string
	}{
		"in 100 ms": {task: "exit3", code: 3, state: "failed", rowCode: 3, want: "exit code 3"},
		"it fails":  {task: "count", how: flytest.Behaviour{Fails: true}, code: 1, state: "failed", rowCode: -1, want: "never started"},
		"OOM":       {task: "hang", kill: func(c *cloud, id string) error { return c.OOM(id) }, code: 137, state: "failed", rowCode: 137, want: "out of memory"},
		"lost":      {task: "hang", kill: func(c *cloud, id string) error { return c.Vanish(id) }, code: 1, state: "lost", rowCode: -1, want: "gone without a word"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := newCloud(t)
			cloud.Behave(c.how)
			launch := begin(t, cloud.dsn, cloud.env(), "launch", c.task)
			if c.kill != nil {
				isRunning(t, cloud.dsn, c.task)
				if err := c.kill(cloud, cloud.machine(t).ID); err != nil {
					t.Fatal(err)
				}
			}
			launch.end()
			launch.saysOneLine(t, c.code, "run 1 of "+c.task+" "+c.state, c.want)
			if r := newest(t, cloud.dsn, c.task); r.State != c.state || r.code() != c.rowCode || r.OOM != (name == "OOM") || !strings.Contains(r.Error, c.want) {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestAnInterruptedLaunchLeavesTheMachineAtWork(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	launch := begin(t, c.dsn, c.env(), "launch", "slow")
	isRunning(t, c.dsn, "slow")
	launch.Process.Signal(os.Interrupt) //nolint:errcheck // it runs
	launch.end()
	launch.saysOneLine(t, exitFailed, "interrupted: run 1 goes on, on machine "+c.machine(t).ID, "router runs shows how it ends")
	waitFor(t, "the machine to end", func() bool { return newest(t, c.dsn, "slow").State == "succeeded" })
}

func TestALaunchThatHangsCanBeInterrupted(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.Fail(flytest.Fault{Action: flytest.List, Hang: true})
	launch := begin(t, c.dsn, c.env(), "launch", "count")
	c.Await(flytest.List, 1)
	launch.Process.Signal(os.Interrupt) //nolint:errcheck // it runs
	launch.end()
	launch.saysOneLine(t, exitFailed, "run 1 of count was not launched: ")
	if r := newest(t, c.dsn, "count"); r.State != "failed" || len(c.Machines()) != 0 {
		t.Errorf("%+v, %d machines", r, len(c.Machines()))
	}
}

func TestMachinesAreListedAndStopped(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	do(t, c.dsn, c.env(), "launch", "hang", "-wait=false").saysOneLine(t, exitOK, "")
	isRunning(t, c.dsn, "hang")
	id := c.machine(t).ID
	if list := do(t, c.dsn, c.env(), "machines").out.String(); !strings.Contains(list, id) || !strings.Contains(list, "running") {
		t.Errorf("machines:\n%s", list)
	}
	do(t, c.dsn, c.env(), "machines", "stop", id).saysOneLine(t, exitOK, "")
	waitFor(t, "the task to end", func() bool { return newest(t, c.dsn, "hang").State == "failed" })
	if r := newest(t, c.dsn, "hang"); !strings.Contains(r.Error, "terminated") {
		t.Errorf("%+v", r)
	}
	waitFor(t, "the machine to be gone", func() bool { return c.machine(t).State == "destroyed" })
	if list := do(t, c.dsn, c.env(), "machines").out.String(); !strings.Contains(list, "no machine of a task is alive") {
		t.Errorf("machines:\n%s", list)
	}
	if reaped := do(t, c.dsn, c.env(), "machines", "reap").out.String(); !strings.Contains(reaped, "nothing to remove") {
		t.Errorf("reap:\n%s", reaped)
	}
}

func TestServeOnFlyGivesTasksMachines(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	// Of the tasks that are due at once, only one needs a machine: they are asked for one a second.
	startRouter(t, buildRouter(t), c.dsn, c.env("TASKS_INLINE=backup,reconcile,remind,sync-ical", "TASK_REGIONS=iad")...)
	waitFor(t, "expire to have run", func() bool { return newest(t, c.dsn, "expire").State == "succeeded" })
	r := newest(t, c.dsn, "expire")
	for _, m := range c.Machines() {
		if m.ID == r.MachineID && m.Region == "iad" && slices.Equal(m.Cmd, []string{"run", "expire"}) {
			return
		}
	}
	t.Errorf("%+v on none of %+v", r, c.Machines())
}

// follower watches a run on Fly from within this process, so that a test can move its time.
func follower(t *testing.T, c *cloud, task string, ahead *time.Duration) (*watcher, runs.Run) {
	t.Helper()
	pool, err := postgres.Open(postgres.Config{URL: config.Secret(c.dsn)}, 4, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	placement, err := machines.Open(machines.Config{
		App: "cabins", MachineID: "1a2b3c", Image: "registry.fly.io/cabins:1", Region: "gru", API: c.URL, Token: "fm2_test", Max: 3, MaxPerDay: 100,
	}, machines.Deps{Log: zerolog.Nop(), Pace: machines.Pace{Wait: time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	record := postgres.NewRuns(pool.Share(4))
	now := func() time.Time { return time.Now().Add(*ahead) }
	run, err := record.Demand(t.Context(), runs.Request{Task: task, Slot: now(), Cause: runs.ByOperator, Deadline: now().Add(4 * time.Minute)}, now())
	if err != nil {
		t.Fatal(err)
	}
	w := newWatcher(&lockedBuffer{}, record, placement, now)
	f, err := find(withTestTasks(newResources(processConfig{}, &lockedBuffer{})), task)
	if err != nil {
		t.Fatal(err)
	}
	if run, err = w.request(t.Context(), run, specOf(f, run)); err != nil {
		t.Fatal(err)
	}
	return w, run
}

func TestAMachineThatNeverStartsIsEnded(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.Behave(flytest.Behaviour{NeverStarts: true})
	var ahead time.Duration
	w, run := follower(t, c, "count", &ahead)
	ahead = runs.StartUp + time.Second
	err := w.follow(t.Context())
	if err == nil || !strings.Contains(err.Error(), "its machine never started") {
		t.Errorf("%v", err)
	}
	if r := newest(t, c.dsn, "count"); r.State != "failed" || c.machine(t).State != "destroyed" {
		t.Errorf("run %d: %+v on %+v", run.ID, r, c.machine(t))
	}
}

func TestATaskThatIgnoresBeingAskedToEndIsKilled(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	var ahead time.Duration
	w, run := follower(t, c, "stubborn", &ahead)
	conn := connect(t, c.dsn)
	waitFor(t, "the task to hold its lock", func() bool {
		var held bool
		err := conn.QueryRow(t.Context(), `
			select exists (select from pg_locks where locktype = 'advisory' and granted
				and database = (select oid from pg_database where datname = current_database()))`).Scan(&held)
		return err == nil && held
	})
	if err := w.placement.Stop(t.Context(), run.MachineID, 200*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	err := w.follow(t.Context())
	if ended, ok := errors.AsType[endedBadly](err); !ok || ended.code != 137 || !strings.Contains(ended.text, "exit code 137") {
		t.Errorf("%v", err)
	}
	if r := newest(t, c.dsn, "stubborn"); r.State != "failed" || r.code() != 137 {
		t.Errorf("%+v", r)
	}
}
