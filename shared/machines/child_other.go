//go:build unix && !linux

package machines

import "syscall"

// endWithParent does nothing where only Linux could: a child whose parent was killed goes on to its own end, which its
// task's Timeout bounds.
func endWithParent() *syscall.SysProcAttr { return new(syscall.SysProcAttr) }
