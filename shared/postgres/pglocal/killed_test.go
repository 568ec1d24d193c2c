package pglocal_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/postgres/pglocal"
)

// childDir tells a child process where to start its server; "-" is a temporary one.
const childDir = "PGLOCAL_TEST_CHILD_DIR"

// TestChild is what the tests below run in a process of its own, so that they can kill that.
func TestChild(t *testing.T) {
	t.Parallel()
	dir := os.Getenv(childDir)
	if dir == "" {
		t.Skip("runs as the child of another test")
	}
	server := start(t, pglocal.Options{Dir: strings.TrimPrefix(dir, "-")})
	if _, err := fmt.Printf("ready %d %s %s\n", postmaster(t, server), server.DSN("postgres"), server.LogPath()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Minute)
}

type child struct {
	cmd        *exec.Cmd
	postmaster int
	dsn, dir   string
}

func startChild(t *testing.T, dir string) child {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	c := child{cmd: cmd}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		t.Log(lines.Text())
		if words := strings.SplitN(lines.Text(), " ", 4); words[0] == "ready" {
			c.postmaster, _ = strconv.Atoi(words[1])
			c.dsn, c.dir = words[2], filepath.Dir(words[3])
			return c
		}
	}
	t.Fatal("the child started no server")
	return child{}
}

func (c child) kill(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.cmd.Wait()
}

func TestNothingStaysWhenTheOwnerIsKilled(t *testing.T) {
	t.Parallel()
	c := startChild(t, "-")
	group, err := syscall.Getpgid(c.postmaster)
	if err != nil || group == c.cmd.Process.Pid {
		t.Errorf("the server is in its owner's process group, which Ctrl-C goes to: %d, %v", group, err)
	}
	c.kill(t)
	deadline := time.Now().Add(10 * time.Second)
	for _, err := os.Stat(c.dir); alive(c.postmaster) || !os.IsNotExist(err); _, err = os.Stat(c.dir) {
		if time.Now().After(deadline) {
			t.Fatalf("server alive: %t, its directory: %v", alive(c.postmaster), err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestDataOutlivesAKilledOwner(t *testing.T) {
	t.Parallel()
	dir := reachable(t)
	c := startChild(t, dir)
	ask(t, c.dsn, "create table kept ()")
	c.kill(t)

	// At once: the killed one's server may still be shutting down.
	second := start(t, pglocal.Options{Dir: dir})
	ask(t, second.DSN("postgres"), "table kept")
	if alive(c.postmaster) {
		t.Error("the first server is still running")
	}
	if err := second.Stop(); err != nil {
		t.Fatal(err)
	}

	// As after the power went, and with the old server's number now another process of the same user.
	other := ownersProcess(t, filepath.Join(dir, "data"))
	pidFile := filepath.Join(dir, "data", "postmaster.pid")
	if err := os.WriteFile(pidFile, fmt.Appendf(nil, "%d\n%s\n", other, filepath.Dir(pidFile)), 0o644); err != nil {
		t.Fatal(err)
	}
	third := start(t, pglocal.Options{Dir: dir})
	ask(t, third.DSN("postgres"), "table kept")
}

// ownersProcess is some process of whoever owns path.
func ownersProcess(t *testing.T, path string) int {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "sleep", "60")
	cmd.Dir = "/"
	if owner := info.Sys().(*syscall.Stat_t); int(owner.Uid) != os.Geteuid() {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd.Process.Pid
}
