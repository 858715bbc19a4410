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

// part is a package's share of a start.
type part struct {
	name string
	took float64 // ms
}

// parts are the packages whose initialisation takes most of a program's start,
// the longest first: the runtime itself tells. Of several starts the quickest
// counts, since the rest is other programs' work.
func (a *runtimeAPI) parts(ctx context.Context, p program) ([]part, error) {
	const starts, worth = 5, 0.2
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
	var all []part
	for name, took := range least {
		if took >= worth {
			all = append(all, part{strings.TrimPrefix(name, "github.com/aws/aws-sdk-go-v2/"), took})
		}
	}
	slices.SortFunc(all, func(x, y part) int { return int(1e6 * (y.took - x.took)) })
	return all, nil
}

// trace starts a program and returns what the runtime wrote until it asked for
// work.
func (a *runtimeAPI) trace(ctx context.Context, p program) (string, error) {
	a.event, a.asked, a.answers = nil, make(chan time.Time, 1), make(chan answer, 1)
	var text bytes.Buffer
	command := exec.CommandContext(ctx, p.binary)
	command.Env = append([]string{"AWS_LAMBDA_RUNTIME_API=" + a.address, "GODEBUG=inittrace=1"}, p.env...)
	command.Stderr = &text
	if err := command.Start(); err != nil {
		return "", err
	}
	select {
	case <-a.asked:
	case <-time.After(startLimit):
	}
	err := command.Process.Kill()
	_ = command.Wait() // it was killed
	return text.String(), err
}

// because names the parts, for a table.
func because(parts []part) string {
	var said []string
	for _, p := range parts {
		said = append(said, fmt.Sprintf("%s %.1f ms", p.name, p.took))
	}
	return strings.Join(said, ", ")
}
