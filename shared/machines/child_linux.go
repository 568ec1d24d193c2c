package machines

import "syscall"

// endWithParent has the kernel kill the child when this process ends without having asked it to, by SIGKILL too.
func endWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
