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

	"ticketsystem/localstack/judge/verdict"
)

func main() {
	only := flag.String("only", "", "bugs whose names begin so")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := mutate(ctx, *only)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

// wider suites are asked when the one that a bug names does not see it.
func wider() [][]string {
	return [][]string{{"./pkg/..."}, {"./localstack/conformance"}}
}

// found is what became of a bug.
type found struct {
	bug
	by   string // the test that saw it; "" when none did
	odd  error  // why it could not be planted
	took time.Duration
}

func mutate(ctx context.Context, only string) error {
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	bugs, err := readBugs(root)
	if err != nil {
		return err
	}
	bugs = slices.DeleteFunc(bugs, func(b bug) bool { return !strings.HasPrefix(b.name, only) })
	if !verdict.Long() && os.Getenv("JUDGE_OUT") != "" {
		bugs = sample(bugs)
	}
	var all []found
	for _, b := range bugs {
		f, err := try(ctx, root, b)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		outcome := "caught by " + f.by
		switch {
		case err != nil:
			f = found{bug: b, odd: err}
			outcome = "NOT PLANTED: " + err.Error()
		case f.by == "":
			outcome = "SURVIVED: " + f.broken
		}
		fmt.Printf("%-30s %5.1f s  %s\n", f.name, f.took.Seconds(), outcome)
		all = append(all, f)
	}
	return judge(all)
}

// sample is one bug of each area, for the judge's short form.
func sample(bugs []bug) []bug {
	var some []bug
	for _, b := range bugs {
		if !slices.ContainsFunc(some, func(other bug) bool { return other.area() == b.area() }) {
			some = append(some, b)
		}
	}
	return some
}

// try plants a bug and asks suite after suite.
func try(ctx context.Context, root string, b bug) (found, error) {
	began := time.Now()
	folder, err := os.MkdirTemp("", "mutate-")
	if err != nil {
		return found{}, err
	}
	defer func() { _ = os.RemoveAll(folder) }() // what stays is a few files
	if folder, err = filepath.EvalSymlinks(folder); err != nil {
		return found{}, err
	}
	overlay, err := b.apply(root, folder)
	if err != nil {
		return found{}, err
	}
	for i, suite := range append([][]string{b.suite}, wider()...) {
		by, err := ask(ctx, overlay, suite)
		if err != nil {
			return found{}, err
		}
		if by != "" && i > 0 {
			by, err = confirm(ctx, by)
		}
		if by != "" || err != nil {
			return found{bug: b, by: by, took: time.Since(began)}, err
		}
	}
	return found{bug: b, took: time.Since(began)}, nil
}

// confirm asks the test of a wide suite again without the bug: only one that
// holds then has seen it.
func confirm(ctx context.Context, by string) (string, error) {
	pkg, test, named := strings.Cut(by, " ")
	if !named {
		return by, nil
	}
	failed, err := ask(ctx, os.DevNull, []string{"./" + pkg, "-count=1", "-run", "^" + test + "$"})
	if failed != "" {
		return "", err
	}
	return by, err
}

// ask runs a suite over a bug and tells which test failed. A bug that does not
// build is an error: the compiler is no test of ours.
func ask(ctx context.Context, overlay string, suite []string) (by string, err error) {
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

// judge records what came out, and fails when a bug has survived.
func judge(all []found) error {
	var table strings.Builder
	table.WriteString("| Bug | What is broken | Caught by |\n|---|---|---|\n")
	var survived []string
	var took time.Duration
	for _, f := range all {
		by := f.by
		switch {
		case f.odd != nil:
			by, survived = "**could not be planted**", append(survived, f.name)
		case by == "":
			by, survived = "**nobody**", append(survived, f.name)
		}
		took += f.took
		fmt.Fprintf(&table, "| %s | %s | %s |\n", f.name, f.broken, by)
	}
	line := verdict.Line{
		Item: "mutants", Name: "seeded bugs that a test sees", Goal: "all", Holds: len(survived) == 0,
		Figure: fmt.Sprintf("%d of %d, in %d s", len(all)-len(survived), len(all), int(took.Seconds())),
	}
	if !line.Holds {
		line.Cause = "No test has seen " + strings.Join(survived, ", ") + "."
	}
	fmt.Println(line.Figure)
	err := errors.Join(verdict.Record(line), verdict.Detail("mutants", "The bugs", table.String()))
	if len(survived) > 0 {
		err = errors.Join(err, fmt.Errorf("not seen: %s", strings.Join(survived, ", ")))
	}
	return err
}
