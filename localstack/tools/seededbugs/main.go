// Command mutate plants bugs, one at a time, and sees whether the tests notice:
// `make mutate`, or `make mutate ONLY=refresh` for those whose names begin so.
//
// A bug is a patch below patches/. It is laid over the tree with the compiler's
// overlay, so that nothing is copied and nothing is built twice.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"ticketsystem/localstack/testkit/report"
)

func main() {
	only := flag.String("only", "", "bugs whose names begin so")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *only)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

// fallbackSuites suites are asked when the one that a bug names does not see it.
func fallbackSuites() [][]string {
	return [][]string{{"./pkg/..."}, {"./localstack/tests/conformance"}}
}

// outcome is what became of a bug.
type outcome struct {
	bug
	caughtBy string // the test that saw it; "" when none did
	applyErr error  // why it could not be planted
	took     time.Duration
}

func run(ctx context.Context, only string) error {
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	bugs, err := readBugs(root)
	if err != nil {
		return err
	}
	bugs = slices.DeleteFunc(bugs, func(b bug) bool { return !strings.HasPrefix(b.name, only) })
	if !report.Full() && os.Getenv("QUALITY_DIR") != "" {
		bugs = samplePerArea(bugs)
	}
	var all []outcome
	for _, b := range bugs {
		o, err := runBug(ctx, root, b)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		status := "caught by " + o.caughtBy
		switch {
		case err != nil:
			o = outcome{bug: b, applyErr: err}
			status = "NOT PLANTED: " + err.Error()
		case o.caughtBy == "":
			status = "SURVIVED: " + o.description
		}
		fmt.Printf("%-30s %5.1f s  %s\n", o.name, o.took.Seconds(), status)
		all = append(all, o)
	}
	return summarize(all)
}

// samplePerArea is one bug of each area, for the judge's short form.
func samplePerArea(bugs []bug) []bug {
	var some []bug
	for _, b := range bugs {
		if !slices.ContainsFunc(some, func(other bug) bool { return other.area() == b.area() }) {
			some = append(some, b)
		}
	}
	return some
}

// runBug plants a bug and asks suite after suite.
func runBug(ctx context.Context, root string, b bug) (outcome, error) {
	start := time.Now()
	folder, err := os.MkdirTemp("", "mutate-")
	if err != nil {
		return outcome{}, err
	}
	defer func() { _ = os.RemoveAll(folder) }() // what stays is a few files
	if folder, err = filepath.EvalSymlinks(folder); err != nil {
		return outcome{}, err
	}
	overlay, err := b.apply(root, folder)
	if err != nil {
		return outcome{}, err
	}
	for i, suite := range append([][]string{b.suite}, fallbackSuites()...) {
		caughtBy, err := runTests(ctx, overlay, suite)
		if err != nil {
			return outcome{}, err
		}
		if caughtBy != "" && i > 0 {
			caughtBy, err = confirm(ctx, caughtBy)
		}
		if caughtBy != "" || err != nil {
			return outcome{bug: b, caughtBy: caughtBy, took: time.Since(start)}, err
		}
	}
	return outcome{bug: b, took: time.Since(start)}, nil
}

// confirm asks the test of a wide suite again without the bug: only one that
// holds then has seen it.
func confirm(ctx context.Context, caughtBy string) (string, error) {
	pkg, test, named := strings.Cut(caughtBy, " ")
	if !named {
		return caughtBy, nil
	}
	failed, err := runTests(ctx, os.DevNull, []string{"./" + pkg, "-count=1", "-run", "^" + test + "$"})
	if failed != "" {
		return "", err
	}
	return caughtBy, err
}

// runTests runs a suite over a bug and tells which test failed. A bug that does not
// build is an error: the compiler is no test of ours.
func runTests(ctx context.Context, overlay string, suite []string) (caughtBy string, err error) {
	arguments := []string{"test", "-timeout=5m"}
	if overlay != os.DevNull {
		arguments = append(arguments, "-overlay", overlay)
	}
	command := exec.CommandContext(ctx, "go", append(arguments, suite...)...)
	output, err := command.CombinedOutput()
	text := string(output)
	switch {
	case err == nil && strings.Contains(text, "no tests to run"):
		return "", fmt.Errorf("%s has no such tests", strings.Join(suite, " "))
	case err == nil:
		return "", nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	case strings.Contains(text, "[build failed]") || strings.Contains(text, "[setup failed]"):
		return "", errors.New(text)
	}
	pkg := regexp.MustCompile(`(?m)^FAIL\s+ticketsystem/(\S+)`).FindStringSubmatch(text)
	test := regexp.MustCompile(`(?m)^--- FAIL: (\S+)`).FindStringSubmatch(text)
	switch {
	case pkg == nil:
		return "", errors.New(text)
	case test == nil:
		return pkg[1], nil // it panicked, or hung
	}
	return pkg[1] + " " + test[1], nil
}

// summarize records what came out, and fails when a bug has survived.
func summarize(all []outcome) error {
	var table strings.Builder
	table.WriteString("| Bug | What is broken | Caught by |\n|---|---|---|\n")
	var survived []string
	var took time.Duration
	for _, o := range all {
		caughtBy := o.caughtBy
		switch {
		case o.applyErr != nil:
			caughtBy, survived = "**could not be planted**", append(survived, o.name)
		case caughtBy == "":
			caughtBy, survived = "**nobody**", append(survived, o.name)
		}
		took += o.took
		fmt.Fprintf(&table, "| %s | %s | %s |\n", o.name, o.description, caughtBy)
	}
	result := report.Result{
		Check: "mutants", Name: "seeded bugs that a test sees", Target: "all", Pass: len(survived) == 0,
		Value: fmt.Sprintf("%d of %d, in %d s", len(all)-len(survived), len(all), int(took.Seconds())),
	}
	if !result.Pass {
		result.Note = "No test has seen " + strings.Join(survived, ", ") + "."
	}
	fmt.Println(result.Value)
	err := errors.Join(report.Record(result), report.Detail("mutants", "The bugs", table.String()))
	if len(survived) > 0 {
		err = errors.Join(err, fmt.Errorf("not seen: %s", strings.Join(survived, ", ")))
	}
	return err
}
