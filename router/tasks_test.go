package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
)

func TestServeRunsSmallTasksInsideAndShowsThem(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	startRouter(t, buildRouter(t), dsn)
	waitFor(t, "expire to have run", func() bool { return newest(t, dsn, "expire").State == "succeeded" })
	if r := newest(t, dsn, "expire"); r.MachineID != "inline" || r.Cause != "clock" || !strings.Contains(r.Summary, "expired 0 holds") {
		t.Errorf("%+v", r)
	}
	list := do(t, dsn, nil, "runs", "-task", "expire").out.String()
	if !strings.Contains(list, "succeeded") || !strings.Contains(list, "inline") || !strings.Contains(list, "expired 0 holds") {
		t.Errorf("runs:\n%s", list)
	}
	if failed := do(t, dsn, nil, "runs", "-task", "expire", "-failed").out.String(); !strings.Contains(failed, "no such run") {
		t.Errorf("runs -failed:\n%s", failed)
	}
}

func TestServeRunsTasksAsChildProcesses(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	p := startRouter(t, buildRouter(t), dsn, "TASKS_INLINE=backup,reconcile,remind,sync-ical")
	waitFor(t, "expire to have run", func() bool { return newest(t, dsn, "expire").State == "succeeded" })
	if r := newest(t, dsn, "expire"); r.MachineID == "inline" || r.MachineID == "" || r.code() != 0 {
		t.Errorf("%+v", r)
	}
	waitFor(t, "what the child said in the log", func() bool { return strings.Count(p.log.String(), `"function":"expire"`) >= 2 })
}

// TestTheClockOutlivesTheRouterThatLed has two routers run a task every five seconds, and kills the one that the clock was at.
func TestTheClockOutlivesTheRouterThatLed(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	conn := connect(t, dsn)
	mustExec(t, conn, `create table often (id serial, began timestamptz not null, ended timestamptz)`)
	extra := append(asRouterEnv(), "TASKS_INLINE=expire,often")
	routers := []*process{startRouter(t, os.Args[0], dsn, extra...), startRouter(t, os.Args[0], dsn, extra...)}
	count := func() (n int) {
		t.Helper()
		if err := conn.QueryRow(t.Context(), `select count(*) from often`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	more := func(n int) {
		t.Helper()
		for until, before := time.Now().Add(time.Minute), count(); count() < before+n; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(until) {
				t.Fatalf("%d ran, and then nothing for a minute", before)
			}
		}
	}
	more(2) // returns in the middle of a run
	routers[leader(t, conn, routers)].kill()
	more(2)
	var longest float64
	var overlaps, twice int
	err := conn.QueryRow(t.Context(), `
		select extract(epoch from max(gap))::float8 from (select began - lag(began) over (order by id) as gap from often) g`).Scan(&longest)
	if err != nil {
		t.Fatal(err)
	}
	err = conn.QueryRow(t.Context(), `
		select (select count(*) from often a join often b on a.id < b.id and b.began < a.ended),
			(select count(*) from task_runs r where task = 'often' and attempts > 1 and state = 'running')`).Scan(&overlaps, &twice)
	if err != nil || overlaps != 0 || twice != 0 || longest > 60 {
		t.Errorf("%d ran at once, %d are launched while they run, the longest gap was %.0f s (%v)", overlaps, twice, longest, err)
	}
	t.Logf("the longest gap was %.1f s", longest)
}

// leader is the router that inserts ticks: River names it by host and process.
func leader(t *testing.T, conn *pgx.Conn, routers []*process) int {
	t.Helper()
	var id string
	if err := conn.QueryRow(t.Context(), `select leader_id from river_leader`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	for i, p := range routers {
		if strings.Contains(p.log.String(), id) {
			return i
		}
	}
	return 0 // its name is in no log: either will do
}

func TestAnInlineTaskThatIsNoneIsOneLine(t *testing.T) {
	t.Parallel()
	code, said := runForCode(t, buildRouter(t), pgtest.NewDSN(t), []string{"TASKS_INLINE=exprie"}, "serve")
	if code != exitUsage || !strings.Contains(said, `TASKS_INLINE names "exprie", and there are only: backup, expire, migrate`) || strings.Count(said, "\n") != 1 {
		t.Errorf("exit code %d: %s", code, said)
	}
}

func TestAScreenIsRewrittenAndChildrenPrintInBetween(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	s := &screen{out: &out, terminal: true}
	s.line("launched as run %d", 1)
	s.state("launching", 400*time.Millisecond)
	s.state("running", 1600*time.Millisecond)
	s.Write([]byte("half a ")) //nolint:errcheck // it does not fail
	s.state("running", 3*time.Second)
	s.Write([]byte("line\nand the")) //nolint:errcheck // it does not fail
	s.line("succeeded")
	const wipe = "\r\033[K"
	want := "launched as run 1\nlaunching · 0s" + wipe + "running · 2s" + wipe + "half a line\nand the\nsucceeded\n"
	if out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
	out.Reset()
	s = &screen{out: &out}
	for _, state := range []string{"launching", "launching", "running", "running"} {
		s.state(state, time.Second)
	}
	if got := out.String(); got != "launching after 1s\nrunning after 1s\n" {
		t.Errorf("%q", got)
	}
}
