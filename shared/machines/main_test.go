package machines_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// Tasks are this very program, run again: these variables tell it so, and where to report.
const (
	asTask   = "MACHINES_TEST_TASK"
	asParent = "MACHINES_TEST_PARENT"
	reportTo = "MACHINES_TEST_REPORT_TO"

	// launchToken is in the environment of everything that launches here, and must be in no task's.
	launchToken = "fm2_c2VjcmV0"
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(asTask) != "":
		os.Exit(runTask(os.Args[1:]))
	case os.Getenv(asParent) != "":
		os.Exit(runParent())
	}
	os.Setenv("FLY_LAUNCH_TOKEN", launchToken) //nolint:errcheck // the name is valid
	goleak.VerifyTestMain(m)
}

// runTask is what a machine runs: "run <task> [args…]".
func runTask(args []string) int {
	if len(args) < 2 || args[0] != "run" {
		fmt.Fprintln(os.Stderr, "not a task:", args)
		return 2
	}
	switch args[1] {
	case "exit": // with a code, at once
		fmt.Println("leaving")
		fmt.Fprintln(os.Stderr, "with", args[2])
		code, _ := strconv.Atoi(args[2])
		return code
	case "chatty": // 300 kB, numbered
		for i := range 30_000 {
			fmt.Printf("line %05d\n", i)
		}
		return 0
	case "polite": // ends when it is asked to
		asked := make(chan os.Signal, 1)
		signal.Notify(asked, syscall.SIGTERM)
		go func() {
			<-asked
			os.Exit(0)
		}()
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
	case "family": // leaves a child behind
		child := exec.Command(os.Args[0], "run", "hold")
		if err := child.Start(); err != nil {
			return 3
		}
	}
	return obey(args)
}

// report is what a task tells of itself.
type report struct {
	Pid  int
	Args []string
	Env  []string
}

// obey reports to the test and ends as it says.
func obey(args []string) int {
	conn, err := net.Dial("tcp", os.Getenv(reportTo))
	if err != nil {
		return 4
	}
	if err := json.NewEncoder(conn).Encode(report{Pid: os.Getpid(), Args: args, Env: os.Environ()}); err != nil {
		return 5
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return 6
	}
	code, _ := strconv.Atoi(strings.TrimSpace(line))
	return code
}

// switchboard is where tasks report.
type switchboard struct{ *net.TCPListener }

func newSwitchboard(t *testing.T) switchboard {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return switchboard{listener.(*net.TCPListener)}
}

// patience is for what is certain to happen: a test that waits so long has failed.
const patience = 30 * time.Second

// running is a task that has reported, and waits to be told how to end.
type running struct {
	report
	conn net.Conn
}

// next waits for the next task to report.
func (s switchboard) next(t *testing.T) *running {
	t.Helper()
	s.SetDeadline(time.Now().Add(patience)) //nolint:errcheck // it is open
	conn, err := s.Accept()
	if err != nil {
		t.Fatalf("no task reports: %v", err)
	}
	t.Cleanup(func() { conn.Close() })
	r := &running{conn: conn}
	conn.SetDeadline(time.Now().Add(patience)) //nolint:errcheck // it is open
	if err := json.NewDecoder(conn).Decode(&r.report); err != nil {
		t.Fatalf("a task that does not report: %v", err)
	}
	return r
}

// leave tells the task to end with a code.
func (r *running) leave(t *testing.T, code int) {
	t.Helper()
	if _, err := fmt.Fprintln(r.conn, code); err != nil {
		t.Fatal(err)
	}
}

// gone waits until the task has ended.
func (r *running) gone(t *testing.T) {
	t.Helper()
	if _, err := r.conn.Read(make([]byte, 1)); err == nil || strings.Contains(err.Error(), "timeout") {
		t.Fatalf("process %d is still there: %v", r.Pid, err)
	}
}

// lives makes sure that the task still runs.
func (r *running) lives(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(r.Pid, 0); err != nil {
		t.Fatalf("process %d is gone: %v", r.Pid, err)
	}
}

// environ is the value of a variable of the task.
func (r *running) environ(name string) (string, bool) {
	for _, variable := range r.Env {
		if n, value, _ := strings.Cut(variable, "="); n == name {
			return value, true
		}
	}
	return "", false
}
