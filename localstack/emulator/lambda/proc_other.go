//go:build !linux

package lambda

import "syscall"

// ProcessAttributes put a function into a process group of its own. A function
// whose stack is killed ends by itself when its runtime API goes away.
func ProcessAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
