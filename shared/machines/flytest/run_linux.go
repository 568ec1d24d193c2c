package flytest

import "syscall"

// processAttributes: a group of its own, and the end of us is the end of it.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
