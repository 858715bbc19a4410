package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketsystem/localstack/repo"
	"ticketsystem/localstack/testkit/report"
)

// The suite ends within 90 minutes, of which five are left for what it installs.
func TestChecks_Budgets(t *testing.T) {
	var sum time.Duration
	for _, c := range checks() {
		if c.budget <= 0 {
			t.Errorf("%s has no budget", c.name)
		}
		sum += c.budget
	}
	if sum > 85*time.Minute {
		t.Errorf("the budgets are %s, want at most 85m", sum)
	}
}

// The summary has a row for each result, with the cause of each that fails; notes of the
// others and details stand on the page of the check.
func TestWriteReport(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("QUALITY_DIR", resultsDir)
	at := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	for _, err := range []error{
		report.Record(report.Result{Check: "a", Name: "good", Value: "1|2", Target: "2", Pass: true, Note: "a note"}),
		report.Record(report.Result{Check: "a", Name: "bad", Value: "3", Target: "2", Note: "one\nmore"}),
		report.Detail("a", "Long", "a table"),
		storeRun("a", runInfo{Commit: "abc", Full: true, At: at, Took: 65 * time.Second}),
		os.MkdirAll(pagesDir, 0o750), writeFile(pagesDir+"/former.md", ""),
		writeReport([]check{{name: "a", title: "A", budget: 2 * time.Minute}, {name: "b", title: "B", budget: time.Minute}}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	contains(t, summaryPath,
		"commit abc, from 2026-03-01 10:00 UTC, in 1:05 minutes", "1 of 3 results meet their target",
		"| [a](quality/a.md) | A | 1 of 2 | 1:05 | 2:00 |", "| [a](quality/a.md) | good | 1\\|2 | 2 | pass |  |",
		"| [a](quality/a.md) | bad | 3 | 2 | **fail** | one more |", "| [b](quality/b.md) | B |  |  | **not run** | Not run. |", "| B | 0 of 1 |  | 1:00 |")
	contains(t, pagesDir+"/a.md", "- good: a note\n", "## Long\n\na table\n", "It took 1:05 minutes.")
	if _, err := os.Stat(pagesDir + "/former.md"); err == nil {
		t.Error("the page of a former check is left")
	}
}

func contains(t *testing.T, path string, parts ...string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		if !strings.Contains(string(text), part) {
			t.Errorf("%s has no %q:\n%s", path, part, text)
		}
	}
}

// A result that fails always has a cause, and a long one is cut to fit its row.
func TestCause(t *testing.T) {
	if got := cause(report.Result{}); got != "not known" {
		t.Errorf("got %q", got)
	}
	if got := cause(report.Result{Note: strings.Repeat("é", maxCause)}); len(got) > maxCause+len("…") || !strings.HasSuffix(got, "é…") {
		t.Errorf("got %d bytes, %q", len(got), got)
	}
}

// Each alternative in the pattern of a check names a test in one of its packages, and each package
// has one: go test succeeds without any.
func TestChecks_PatternsMatch(t *testing.T) {
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	for _, c := range checks() {
		for _, command := range c.commands {
			run := slices.Index(command, "-run")
			if command[0] != "go" || run < 0 {
				continue
			}
			pattern, unused := regexp.MustCompile(command[run+1]), map[string]bool{}
			for alternative := range strings.SplitSeq(command[run+1], "|") {
				unused[alternative] = true
			}
			for _, folder := range command[run+2:] {
				files, err := filepath.Glob(filepath.Join(repo.MustRoot(), folder, "*_test.go"))
				if err != nil {
					t.Fatal(err)
				}
				matched := false
				for _, file := range files {
					text, err := os.ReadFile(file)
					if err != nil {
						t.Fatal(err)
					}
					for _, test := range declared.FindAllStringSubmatch(string(text), -1) {
						matched = matched || pattern.MatchString(test[1])
						maps.DeleteFunc(unused, func(alternative string, _ bool) bool { return regexp.MustCompile(alternative).MatchString(test[1]) })
					}
				}
				if !matched {
					t.Errorf("%s: no test of %s matches %s", c.name, folder, pattern)
				}
			}
			for alternative := range unused {
				t.Errorf("%s: no test matches %s", c.name, alternative)
			}
		}
	}
}
