package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
)

// command is a verb of the router that is running, or has ended.
type command struct {
	*exec.Cmd
	out, errors lockedBuffer
}

// begin starts a verb with the tasks of the tests.
func begin(t *testing.T, dsn string, extra []string, args ...string) *command {
	t.Helper()
	c := &command{Cmd: exec.CommandContext(t.Context(), os.Args[0], args...)}
	c.Env = append(environment(dsn, asRouterEnv()...), extra...)
	c.Stdout, c.Stderr = &c.out, &c.errors
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill() }) //nolint:errcheck // it has ended
	return c
}

// end waits for its end, and returns its exit code.
func (c *command) end() int {
	c.Wait() //nolint:errcheck // the exit code tells
	return c.ProcessState.ExitCode()
}

// do runs a verb to its end.
func do(t *testing.T, dsn string, extra []string, args ...string) *command {
	t.Helper()
	c := begin(t, dsn, extra, args...)
	c.end()
	return c
}

// saysOneLine fails the test unless the command ended with a code, and said one line about why, with words in it.
func (c *command) saysOneLine(t *testing.T, code int, words ...string) {
	t.Helper()
	said := strings.TrimSuffix(c.errors.String(), "\n")
	if got := c.ProcessState.ExitCode(); got != code || strings.Contains(said, "\n") {
		t.Errorf("exit code %d, want %d, and one line:\n%s\n%s", got, code, said, c.out.String())
	}
	for _, word := range words {
		if !strings.Contains(said, word) {
			t.Errorf("said %q, want %q in it", said, word)
		}
	}
}

// row is how the newest run of a task is recorded.
type row struct {
	State, Cause, Error, Summary, MachineID string
	ExitCode                                *int
	OOM                                     bool
}

func newest(t *testing.T, dsn, task string) row {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	rows, _ := conn.Query(t.Context(), `select state, cause, error, summary, machine_id, exit_code, oom from task_runs where task = $1 order by id desc limit 1`, task)
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		return row{}
	}
	return found[0]
}

func (r row) code() int {
	if r.ExitCode == nil {
		return -1
	}
	return *r.ExitCode
}

// isRunning waits until the newest run of a task says that it runs.
func isRunning(t *testing.T, dsn, task string) {
	t.Helper()
	waitFor(t, task+" to run", func() bool { return newest(t, dsn, task).State == "running" })
}

func TestLaunchFollowsATaskToItsEnd(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	c := do(t, dsn, nil, "launch", "count")
	said := c.out.String()
	c.saysOneLine(t, exitOK, "")
	for _, want := range []string{"launched as run 1 on machine ", "one\ntwo\n", "succeeded after ", "counted to two"} {
		if !strings.Contains(said, want) {
			t.Errorf("want %q in:\n%s", want, said)
		}
	}
	if strings.ContainsAny(said, "\r\033") {
		t.Errorf("what is not a terminal got its codes: %q", said)
	}
	if r := newest(t, dsn, "count"); r.State != "succeeded" || r.Cause != "operator" || r.code() != 0 || r.Summary != "counted to two" || r.MachineID == "" {
		t.Errorf("%+v", r)
	}
	list := do(t, dsn, nil, "runs").out.String()
	if !strings.Contains(list, "count") || !strings.Contains(list, "counted to two") || !strings.Contains(list, "operator") {
		t.Errorf("runs:\n%s", list)
	}
}

func TestTheRealBinaryLaunchesItsTasks(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	for _, task := range []string{"expire", "migrate"} {
		c := exec.CommandContext(t.Context(), buildRouter(t), "launch", task)
		c.Env = environment(dsn)
		if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), "succeeded after ") {
			t.Errorf("%s: %v\n%s", task, err, out)
		}
	}
}

func TestALaunchThatCannotBeIsOneLine(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	for name, c := range map[string]struct {
		extra []string
		args  []string
		want  string
	}{
		"no task":        {nil, []string{"launch"}, "usage: router launch"},
		"unknown task":   {nil, []string{"launch", "sweep"}, `no task is called "sweep"; there are: backup, expire, migrate`},
		"not a task":     {nil, []string{"launch", "reserve"}, `no task is called "reserve"`},
		"unknown flag":   {nil, []string{"launch", "count", "-fast"}, "launch: flag provided but not defined: -fast"},
		"no variable":    {nil, []string{"launch", "count", "-env", "A"}, "must be NAME=value"},
		"no token":       {[]string{"PLACEMENT=fly", "FLY_IMAGE_REF=x", "FLY_APP_NAME=x"}, []string{"launch", "count"}, "FLY_LAUNCH_TOKEN is missing"},
		"no placement":   {[]string{"PLACEMENT=moon"}, []string{"launch", "count"}, "PLACEMENT must be one of"},
		"runs of nobody": {nil, []string{"runs", "-limit", "0"}, "usage: router runs"},
		"machines what":  {nil, []string{"machines", "dance"}, "usage: router machines"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			do(t, dsn, c.extra, c.args...).saysOneLine(t, exitUsage, c.want)
		})
	}
}

func TestATaskThatFailsHasItsExitCodePassedOn(t *testing.T) {
	t.Parallel()
	for task, want := range map[string]struct {
		code  int
		error string
	}{
		"fail":  {1, "boom; and more"},
		"exit3": {3, "ended with exit code 3"},
	} {
		t.Run(task, func(t *testing.T) {
			t.Parallel()
			dsn := pgtest.NewDSN(t)
			c := do(t, dsn, nil, "launch", task)
			if got := c.ProcessState.ExitCode(); got != want.code || !strings.Contains(c.errors.String(), want.error) {
				t.Errorf("exit code %d: %s", got, c.errors.String())
			}
			if r := newest(t, dsn, task); r.State != "failed" || r.code() != want.code || !strings.Contains(r.Error, want.error) {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestOfTwoOperatorsOneIsToldWhoRuns(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	first := begin(t, dsn, nil, "launch", "hang")
	isRunning(t, dsn, "hang")
	do(t, dsn, nil, "launch", "hang").saysOneLine(t, exitFailed, "hang is at work already: run 1 is running on machine ")
	first.Process.Signal(os.Interrupt) //nolint:errcheck // it runs
	first.end()
}

func TestAnInterruptedLaunchEndsItsChild(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	c := begin(t, dsn, nil, "launch", "hang")
	isRunning(t, dsn, "hang")
	c.Process.Signal(os.Interrupt) //nolint:errcheck // it runs
	if code := c.end(); code != exitFailed || !strings.Contains(c.out.String(), "interrupted: its process is asked to end") {
		t.Errorf("exit code %d\n%s\n%s", code, c.out.String(), c.errors.String())
	}
	if r := newest(t, dsn, "hang"); r.State != "failed" || !strings.Contains(r.Error, "terminated") {
		t.Errorf("%+v", r)
	}
}

func TestAKilledOperatorsRunIsEndedByTheClock(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	c := begin(t, dsn, nil, "launch", "hang")
	isRunning(t, dsn, "hang")
	c.Process.Signal(syscall.SIGKILL) //nolint:errcheck // it runs
	c.end()
	mustExec(t, connect(t, dsn), `update task_runs set heartbeat_at = heartbeat_at - interval '1 minute'`) // rather than wait for it
	startRouter(t, os.Args[0], dsn, asRouterEnv()...)
	waitFor(t, "the run to be declared lost", func() bool { return newest(t, dsn, "hang").State == "lost" })
}

func TestADatabaseThatIsAwayForSecondsDoesNotHurtATask(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	c := begin(t, dsn, nil, "launch", "slow")
	isRunning(t, dsn, "slow")
	back := cutOff(t, dsn)
	time.Sleep(5 * time.Second) // it is away while the task ends: that is the test
	back()
	if code := c.end(); code != exitOK || !strings.Contains(c.out.String(), "the database does not answer") {
		t.Errorf("exit code %d\n%s\n%s", code, c.out.String(), c.errors.String())
	}
	if r := newest(t, dsn, "slow"); r.State != "succeeded" {
		t.Errorf("%+v", r)
	}
}

// cutOff ends all connections to a database and lets in no others, until back is called.
func cutOff(t *testing.T, dsn string) (back func()) {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	name := pgx.Identifier{config.Database}.Sanitize()
	admin := connect(t, strings.Replace(dsn, "/"+config.Database, "/postgres", 1))
	mustExec(t, admin, fmt.Sprintf(`alter database %s allow_connections false`, name))
	mustExec(t, admin, `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1`, config.Database)
	return func() { mustExec(t, admin, fmt.Sprintf(`alter database %s allow_connections true`, name)) }
}
