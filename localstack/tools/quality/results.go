package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"ticketsystem/localstack/testkit/report"
)

// resultsDir keeps the latest results of each check on this machine.
const resultsDir = ".cache/quality"

// runInfo describes the latest run of a check.
type runInfo struct {
	Commit string
	Full   bool // the full form, not the short one
	At     time.Time
	Took   time.Duration
}

// form returns the commit and the form of a run.
func (i runInfo) form() string {
	if !i.Full {
		return "commit " + i.Commit + ", short form"
	}
	return "commit " + i.Commit
}

// storeRun stores the description of a run beside the results of the check.
func storeRun(check string, info runInfo) error {
	text, err := json.Marshal(info)
	if err != nil {
		return err
	}
	return os.WriteFile(runFile(check), text, 0o600)
}

func runFile(check string) string { return filepath.Join(resultsDir, check+".json") }

// loadRun returns the description of the latest run; the zero value if there is none.
func loadRun(check string) (runInfo, error) {
	var info runInfo
	err := load(runFile(check), &info)
	if errors.Is(err, fs.ErrNotExist) {
		return runInfo{}, nil
	}
	return info, err
}

// loadResults returns the stored results of a check, oldest first. It returns none
// if the check has not been run.
func loadResults(check string) ([]report.Result, error) {
	files, err := filepath.Glob(filepath.Join(resultsDir, check, "*.json"))
	if err != nil {
		return nil, err
	}
	results := make([]report.Result, len(files))
	for i, file := range files {
		if err := load(file, &results[i]); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(results, func(a, b report.Result) int { return a.At.Compare(b.At) })
	return results, nil
}

func load(file string, value any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, value); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
