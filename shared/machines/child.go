package machines

import (
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// outputPatience is how long the output of a child that is over may take to arrive. Only a process that left the child's
// group can keep it open.
const outputPatience = time.Second

// child is one run in a process of its own.
type child struct {
	placement *execPlacement
	spec      Spec
	output    *tail
	done      chan struct{} // closed when the machine is over

	// Guarded by the placement's mu.
	machine   Machine
	pid       int // 0 once nothing may be signalled any more
	requested bool
	killing   *time.Timer
}

// now is the machine as it is.
func (c *child) now() Machine {
	c.placement.mu.Lock()
	defer c.placement.mu.Unlock()
	return c.machine
}

// tend runs the child to its end. It tells whether the child could be started, while the caller holds mu for us.
func (c *child) tend(started chan<- error) {
	// The kernel ends the child when the thread that started it ends (see endWithParent): this goroutine keeps its thread
	// until the child is over, and takes it along, as nobody unlocks it.
	runtime.LockOSThread()
	reader, process, err := c.spawn()
	if err != nil {
		started <- err
		return
	}
	c.pid = process.Pid
	left := c.spec.Deadline.Sub(c.placement.now())
	deadline := time.AfterFunc(max(left, 0), func() { c.stop(StopGrace) })
	defer deadline.Stop()
	started <- nil

	read := make(chan struct{})
	go func() {
		defer close(read)
		io.Copy(c.sink(), reader) //nolint:errcheck // it ends when the child does
	}()
	state, err := process.Wait()
	c.bury(process.Pid)
	select {
	case <-read:
	case <-time.After(outputPatience):
	}
	reader.Close() //nolint:errcheck // it was only read
	<-read
	c.end(state, err)
}

// spawn starts the process: our own program, in a group of its own, so that a Ctrl-C at a terminal does not reach it and
// so that what it starts ends with it.
func (c *child) spawn() (*os.File, *os.Process, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer writer.Close() //nolint:errcheck // the child has its own descriptor
	// Not of any context: whoever launches does not stay until the end.
	cmd := exec.Command(c.placement.binary, c.spec.command()...) //nolint:noctx // see above
	cmd.Env = c.environment()
	cmd.Stdout, cmd.Stderr = writer, writer
	cmd.SysProcAttr = endWithParent()
	cmd.SysProcAttr.Setpgid = true
	if err := cmd.Start(); err != nil {
		reader.Close() //nolint:errcheck // nothing was read
		return nil, nil, err
	}
	return reader, cmd.Process, nil
}

// environment is ours, without the token, and with what the run brings.
func (c *child) environment() []string {
	env := os.Environ()
	kept := env[:0]
	for _, variable := range env {
		if !strings.HasPrefix(variable, tokenVariable+"=") {
			kept = append(kept, variable)
		}
	}
	for name, value := range c.spec.environment() {
		kept = append(kept, name+"="+value)
	}
	return kept
}

// sink takes the output: its end is kept, and all of it goes to whoever the spec names, until he fails.
func (c *child) sink() io.Writer {
	if c.spec.Output == nil {
		return c.output
	}
	return io.MultiWriter(c.output, &patient{to: c.spec.Output})
}

// bury ends what a child that is over has left in its group, as a machine takes all its processes with it. Nobody may
// signal the group from here on: its number is free for others.
func (c *child) bury(pid int) {
	c.placement.mu.Lock()
	defer c.placement.mu.Unlock()
	syscall.Kill(-pid, syscall.SIGKILL) //nolint:errcheck // usually there is nobody left
	c.pid = 0
	if c.killing != nil {
		c.killing.Stop()
	}
}

// end notes how the child ended.
func (c *child) end(state *os.ProcessState, err error) {
	p := c.placement
	p.mu.Lock()
	defer p.mu.Unlock()
	exit := &Exit{Code: -1, Requested: c.requested, At: p.now(), Output: c.output.String()}
	if err != nil {
		p.log.Error().Err(err).Str("machine", c.machine.ID).Msg("the end of a child process is not known")
	} else if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		exit.Signal = int(status.Signal())
		exit.Code = 128 + exit.Signal
	} else {
		exit.Code = state.ExitCode()
	}
	c.machine.State, c.machine.Detail, c.machine.Exit = Ended, state.String(), exit
	p.forget()
	close(c.done)
}

// stop asks the child's group to end, and ends it after grace.
func (c *child) stop(grace time.Duration) {
	c.placement.mu.Lock()
	defer c.placement.mu.Unlock()
	if !c.signal(syscall.SIGTERM) {
		return
	}
	c.machine.State, c.machine.Detail = Stopping, "asked to end"
	if c.killing != nil {
		c.killing.Stop()
	}
	c.killing = time.AfterFunc(grace, c.kill)
}

// kill ends the child's group at once.
func (c *child) kill() {
	c.placement.mu.Lock()
	defer c.placement.mu.Unlock()
	if c.signal(syscall.SIGKILL) {
		c.machine.State, c.machine.Detail = Stopping, "killed"
	}
}

// signal sends a signal to the child's group, unless the child is over.
func (c *child) signal(signal syscall.Signal) bool {
	if c.pid == 0 {
		return false
	}
	c.requested = true
	return syscall.Kill(-c.pid, signal) == nil
}
