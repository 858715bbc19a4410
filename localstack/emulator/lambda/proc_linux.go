package lambda

import "syscall"

// ProcessAttributes put a function into a process group of its own, so that
// what it starts ends with it, and end it when the stack itself is killed.
func ProcessAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
