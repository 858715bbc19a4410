//go:build !linux

package lambda

import (
	"syscall"
	"time"
)

// ProcessAttributes puts a function into its own process group. If the stack dies,
// the function exits when its runtime API is unreachable.
func ProcessAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// CPUTime returns 0: only an instance that has exited has a known processor time here.
func CPUTime(int) time.Duration { return 0 }
