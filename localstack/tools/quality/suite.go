package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// runAll runs the named checks, or all, and writes the report. A run of all checks
// deletes earlier results, so that its report is of one commit. The deadline of a check
// is the start of the run and all budgets up to its own: what a check does not use is
// left to the later ones.
func runAll(ctx context.Context, names []string, short, onlyWrite bool) error {
	all := checks()
	for _, name := range names {
		if !slices.ContainsFunc(all, func(c check) bool { return c.name == name }) {
			return fmt.Errorf("unknown check %q", name)
		}
	}
	selected := slices.DeleteFunc(slices.Clone(all), func(c check) bool {
		return onlyWrite || len(names) > 0 && !slices.Contains(names, c.name)
	})
	if len(selected) == len(all) {
		if err := os.RemoveAll(resultsDir); err != nil {
			return err
		}
	}
	commit := gitCommit() // once, as checks write files
	deadline := time.Now()
	for _, c := range selected {
		deadline = deadline.Add(c.budget)
		if err := runCheck(ctx, c, runInfo{Commit: commit, Full: !short}, deadline); err != nil {
			return err
		}
	}
	return writeReport(all)
}

// gitCommit returns the short hash of HEAD, marked if files differ from it.
func gitCommit() string {
	head, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	name := strings.TrimSpace(string(head))
	if changed, err := exec.Command("git", "status", "--porcelain", "--", ":!docs/quality*", ":!docs/cost*").Output(); err != nil || len(changed) > 0 {
		name += " with changes"
	}
	return name
}
