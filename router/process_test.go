package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// buildRouter compiles the binary that is shipped, once per test process.
var buildOnce = sync.OnceValues(func() (string, error) {
	binary := filepath.Join(buildDir, "router")
	out, err := exec.CommandContext(context.Background(), "go", "build", "-o", binary, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return binary, nil
})

func buildRouter(t *testing.T) string {
	t.Helper()
	binary, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// process is a running router.
type process struct {
	binary string
	addr   string // host:port that it listens on
	ready  time.Duration
	cmd    *exec.Cmd
	ended  chan struct{}
	log    *lockedBuffer
}

func environment(databaseURL string, extra ...string) []string {
	return append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"),
		"DATABASE_URL=" + databaseURL, "PORT=0", "METRICS_PORT=0", "RATE_LIMIT_ENABLED=false",
		"JWT_SECRET=a secret of the tests, long enough", "ADMIN_ALLOWED_EMAILS=owner@example.com",
	}, extra...)
}

// runForCode runs a verb that is expected to fail, and returns its exit code and what it said on standard error.
func runForCode(t *testing.T, binary, databaseURL string, extra []string, args ...string) (int, string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), binary, args...)
	command.Env = environment(databaseURL, extra...)
	var said strings.Builder
	command.Stderr = &said
	if err := command.Run(); err != nil && command.ProcessState == nil {
		t.Fatal(err)
	}
	return command.ProcessState.ExitCode(), said.String()
}

// startRouter starts serving, all functions or those named by SERVE, and returns once readyz says yes.
func startRouter(t *testing.T, binary, databaseURL string, extra ...string) *process {
	t.Helper()
	p := &process{binary: binary, ended: make(chan struct{}), log: &lockedBuffer{}}
	args := []string{"serve"}
	for _, variable := range extra {
		if names, ok := strings.CutPrefix(variable, "SERVE="); ok {
			args = append(args, strings.Fields(names)...)
		}
	}
	p.cmd = exec.CommandContext(context.Background(), binary, args...)
	p.cmd.Env = environment(databaseURL, extra...)
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = p.log
	begin := time.Now()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	lines := bufio.NewScanner(out)
	p.addr = listenAddress(lines, p.log)
	go func() {
		for lines.Scan() {
			fmt.Fprintln(p.log, lines.Text())
		}
		p.cmd.Wait() //nolint:errcheck // how it ended is in ProcessState
		close(p.ended)
	}()
	if p.addr == "" || !p.answers("/readyz") {
		t.Fatalf("the router does not serve:\n%s", p.log)
	}
	p.ready = time.Since(begin)
	return p
}

// listenAddress reads the log until the line that says where the process listens.
func listenAddress(lines *bufio.Scanner, log io.Writer) string {
	for lines.Scan() {
		fmt.Fprintln(log, lines.Text())
		var line struct{ Addr, Message string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Message == "serving" {
			return "127.0.0.1" + line.Addr[strings.LastIndex(line.Addr, ":"):]
		}
	}
	return ""
}

func (p *process) url(path string) string { return "http://" + p.addr + path }

func (p *process) answers(path string) bool {
	response, err := http.Get(p.url(path))
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// kill ends the process the hard way.
func (p *process) kill() {
	p.cmd.Process.Signal(syscall.SIGKILL) //nolint:errcheck // it may have ended
	<-p.ended
}

type lockedBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
