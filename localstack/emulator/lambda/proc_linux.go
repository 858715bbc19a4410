package lambda

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ProcessAttributes puts a function into its own process group, so that its child
// processes end with it. Linux kills the function if the stack dies.
func ProcessAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// CPUTime returns the processor time that a running process has used, 0 if it has exited.
func CPUTime(process int) time.Duration {
	const scheduler = 2 // CPUCLOCK_SCHED; the clock of another process, as clock_getcpuclockid(3) composes it
	var used unix.Timespec
	if err := unix.ClockGettime(int32(^process)<<3|scheduler, &used); err != nil {
		return 0
	}
	return time.Duration(used.Nano())
}
