package lambda

import "syscall"

// ProcessAttributes puts a function into its own process group, so that its child
// processes end with it. Linux kills the function if the stack dies.
func ProcessAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
