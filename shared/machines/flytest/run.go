package flytest

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

const killSignal = syscall.SIGKILL

// live is a machine's life, from created to destroyed.
func (m *machine) live() {
	// The kernel ends the process when the thread that started it ends, see spawn; so this goroutine keeps its thread.
	runtime.LockOSThread()
	if m.awaitStart() {
		m.run()
	}
	m.server.mu.Lock()
	defer m.server.mu.Unlock()
	m.dead = true
	if m.state != "stopped" && m.state != "failed" {
		m.enter("stopped", "", "", nil)
	}
	// One that failed is left lying about, like at Fly's.
	if m.config.destroysItself() && m.state != "failed" || m.removed {
		m.bury()
	}
}

// bury takes a machine away that has no process any more. The caller holds the server's mu.
func (m *machine) bury() {
	m.enter("destroying", "destroy", "flyd", nil)
	m.enter("destroyed", "", "", nil)
}

// awaitStart returns when the machine's process is to start, or never will.
func (m *machine) awaitStart() bool {
	if m.start != nil {
		select {
		case <-m.start:
		case <-m.ending:
			return false
		case <-m.server.closing:
			return false
		}
	}
	var after <-chan time.Time // nil: never
	if !m.behaviour.NeverStarts {
		m.server.mu.Lock()
		m.enter("starting", "", "", nil)
		m.server.mu.Unlock()
		timer := time.NewTimer(m.behaviour.StartsAfter)
		defer timer.Stop()
		after = timer.C
	}
	select {
	case <-after:
		return true
	case <-m.ending:
		return false
	case <-m.server.closing:
		return false
	}
}

// run runs the machine's process to its end.
func (m *machine) run() {
	s := m.server
	s.mu.Lock()
	cmd, err := m.spawn()
	if err != nil {
		m.enter("failed", "launch", "flyd", nil)
		s.mu.Unlock()
		return
	}
	m.pid = cmd.Process.Pid
	m.enter("started", "start", "flyd", nil)
	s.mu.Unlock()

	ended := make(chan struct{})
	go func() {
		select {
		case <-s.closing:
		case <-m.ending:
		case <-ended:
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		m.signal(killSignal) //nolint:errcheck // it may have ended
	}()
	cmd.Wait() //nolint:errcheck // how it ended is in ProcessState
	close(ended)
	s.mu.Lock()
	defer s.mu.Unlock()
	m.signal(killSignal) //nolint:errcheck // what the process left behind; usually nothing
	m.pid = 0
	if m.killing != nil {
		m.killing.Stop()
	}
	m.enter("stopped", "exit", "flyd", m.exitRequest(cmd.ProcessState))
}

// spawn starts the process. The caller holds the server's mu.
func (m *machine) spawn() (*exec.Cmd, error) {
	if m.behaviour.Fails {
		return nil, errors.New("told to fail")
	}
	cmd := exec.Command(m.server.config.Binary, m.config.command()...) //nolint:noctx // it outlives the request
	cmd.Env = m.environment()
	cmd.Stdout, cmd.Stderr = m.server.config.Output, m.server.config.Output
	cmd.WaitDelay = time.Second // if the process leaves another behind that holds its output
	cmd.SysProcAttr = processAttributes()
	return cmd, cmd.Start()
}

// exitRequest is the part of an exit event that says how.
func (m *machine) exitRequest(state *os.ProcessState) map[string]any {
	code, signal := state.ExitCode(), -1
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		signal = int(status.Signal())
		code = 128 + signal
	}
	return map[string]any{"restart_count": 0, "exit_event": map[string]any{
		"exit_code": code, "guest_exit_code": max(code, 0), "guest_signal": signal, "signal": -1, "oom_killed": m.oom,
		"requested_stop": m.requested, "restarting": false, "exited_at": time.Now().UTC().Format(time.RFC3339Nano),
	}}
}

// signal sends a signal to all processes of the machine. The caller holds the server's mu.
func (m *machine) signal(signal syscall.Signal) error {
	if m.pid == 0 {
		return nil
	}
	return syscall.Kill(-m.pid, signal)
}

// end ends the machine at once, or keeps it from starting. The caller holds the server's mu.
func (m *machine) end() {
	if !m.isEnding {
		m.isEnding = true
		close(m.ending)
	}
}

// ask asks the machine to stop: a signal, and a harder one when the time is over, which it is at once if that is 0. The
// caller holds the server's mu.
func (m *machine) ask(signal syscall.Signal, timeout time.Duration) {
	m.requested = true
	if m.pid == 0 {
		m.end()
		return
	}
	m.enter("stopping", "stop", "user", nil)
	if timeout == 0 {
		signal = killSignal // no time at all: the softer one could not be heard
	}
	m.signal(signal) //nolint:errcheck // it may have ended
	if m.killing != nil {
		m.killing.Stop()
	}
	m.killing = time.AfterFunc(timeout, func() {
		m.server.mu.Lock()
		defer m.server.mu.Unlock()
		m.signal(killSignal) //nolint:errcheck // it may have ended
	})
}
