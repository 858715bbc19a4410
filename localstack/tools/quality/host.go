package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// hostInfo returns the processor, memory, system and Go version of this machine.
func hostInfo() string {
	model, memory := runtime.GOARCH, ""
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, after, ok := strings.Cut(string(text), "model name\t: "); ok {
			model, _, _ = strings.Cut(after, "\n")
		}
	}
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kib int
		if _, err := fmt.Sscanf(string(text), "MemTotal: %d kB", &kib); err == nil {
			memory = fmt.Sprintf(", %d GiB", (kib+512<<10)>>20)
		}
	}
	return fmt.Sprintf("%d × %s%s, %s, %s", runtime.NumCPU(), model, memory, runtime.GOOS, runtime.Version())
}
