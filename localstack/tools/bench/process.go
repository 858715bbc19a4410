package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// usage is the resource usage of the parts of a stack. The gateway is the process of
// the local stack itself.
type usage struct{ gateway, engine, functions uint64 }

func (u usage) minus(v usage) usage {
	return usage{u.gateway - v.gateway, u.engine - v.engine, u.functions - v.functions}
}

// tick is the unit of CPU times in /proc: USER_HZ, which is 100 on every Linux that
// Go supports.
const tick = 10 * time.Millisecond

// cpuTime returns the CPU time of a stack so far, in ticks. It includes functions
// that have exited.
func cpuTime(stack int) (usage, error) {
	var total usage
	err := eachProcess(stack, func(fields []string, counter func(*usage) *uint64) error {
		// proc(5): utime and stime are fields 14 and 15, those of exited children 16
		// and 17; fields starts with the third.
		last := 13
		if fields[1] == strconv.Itoa(os.Getpid()) {
			last = 15
		}
		for i, field := range fields[11:last] {
			ticks, err := strconv.ParseUint(field, 10, 64)
			if err != nil {
				return err
			}
			if i < 2 {
				*counter(&total) += ticks
			} else {
				total.functions += ticks
			}
		}
		return nil
	})
	return total, err
}

// memory returns the proportional set size of a stack's processes, in bytes.
func memory(stack int) (usage, error) {
	var total usage
	err := eachProcess(stack, func(fields []string, counter func(*usage) *uint64) error {
		text, err := os.ReadFile("/proc/" + fields[len(fields)-1] + "/smaps_rollup") //nolint:gosec // a process id, from /proc itself
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		_, after, found := strings.Cut(string(text), "\nPss:")
		if err != nil || !found {
			return fmt.Errorf("no Pss of process %s: %w", fields[len(fields)-1], err)
		}
		kib, err := strconv.ParseUint(strings.Fields(after)[0], 10, 64)
		*counter(&total) += kib << 10
		return err
	})
	return total, err
}

// eachProcess calls visit for a stack and its child processes, with the fields of
// /proc/*/stat after the name, followed by the process id.
func eachProcess(stack int, visit func(fields []string, into func(*usage) *uint64) error) error {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return err
	}
	for _, name := range stats {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // the process has exited
		}
		id, rest, _ := bytes.Cut(text, []byte(" ("))
		// A name may contain spaces and brackets; the last bracket ends it.
		end := bytes.LastIndexByte(rest, ')')
		fields := append(strings.Fields(string(rest[end+1:])), string(id))
		into := func(u *usage) *uint64 { return &u.functions }
		switch {
		case string(id) == strconv.Itoa(stack):
			into = func(u *usage) *uint64 { return &u.gateway }
		case fields[1] != strconv.Itoa(stack):
			continue
		case bytes.HasPrefix(rest[:end], []byte("dynoxide")):
			into = func(u *usage) *uint64 { return &u.engine }
		}
		if err := visit(fields, into); err != nil {
			return err
		}
	}
	return nil
}
