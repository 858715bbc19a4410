//go:build !linux

package lambda

import "syscall"

// ProcessAttributes puts a function into its own process group. If the stack dies,
// the function exits when its runtime API is unreachable.
func ProcessAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
