package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// phase is the initialization of one package during a start.
type phase struct {
	name string
	took float64 // ms
}

// phases returns the packages with the longest initialization, according to the Go
// runtime. It uses the minimum of several starts, because other processes add noise.
func (a *runtimeAPI) phases(ctx context.Context, p program) ([]phase, error) {
	const starts, minimum = 5, 0.2
	least := map[string]float64{}
	for range starts {
		text, err := a.trace(ctx, p)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(text) {
			// init internal/bytealg @0.008 ms, 0 ms clock, 0 bytes, 0 allocs
			fields := strings.Fields(line)
			if len(fields) < 5 || fields[0] != "init" {
				continue
			}
			took, err := strconv.ParseFloat(fields[4], 64)
			if err != nil {
				return nil, fmt.Errorf("%s: %q: %w", p.name, line, err)
			}
			if known, seen := least[fields[1]]; !seen || took < known {
				least[fields[1]] = took
			}
		}
	}
	var all []phase
	for name, took := range least {
		if took >= minimum {
			all = append(all, phase{strings.TrimPrefix(name, "github.com/aws/aws-sdk-go-v2/"), took})
		}
	}
	slices.SortFunc(all, func(x, y phase) int { return int(1e6 * (y.took - x.took)) })
	return all, nil
}

// trace starts a program and returns the inittrace output of the runtime until the
// first poll.
func (a *runtimeAPI) trace(ctx context.Context, p program) (string, error) {
	a.event, a.ready, a.responses = nil, make(chan time.Time, 1), make(chan functionResponse, 1)
	var text bytes.Buffer
	command := exec.CommandContext(ctx, p.binary)
	command.Env = append([]string{"AWS_LAMBDA_RUNTIME_API=" + a.address, "GODEBUG=inittrace=1"}, p.env...)
	command.Stderr = &text
	if err := command.Start(); err != nil {
		return "", err
	}
	select {
	case <-a.ready:
	case <-time.After(startLimit):
	}
	err := command.Process.Kill()
	_ = command.Wait() // it was killed
	return text.String(), err
}

// explain formats phases for a table.
func explain(parts []phase) string {
	var texts []string
	for _, p := range parts {
		texts = append(texts, fmt.Sprintf("%s %.1f ms", p.name, p.took))
	}
	return strings.Join(texts, ", ")
}
