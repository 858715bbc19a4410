// Command seededbugs applies each seeded bug and checks that a test fails: `make
// mutation-test`, or `make mutation-test ONLY=refresh` for a name prefix.
//
// A bug is a patch in patches/. The compiler's overlay applies it without changing
// the source tree.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"ticketsystem/localstack/testkit/report"
)

func main() {
	only := flag.String("only", "", "prefix of the names of bugs")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *only)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "seededbugs:", err)
		os.Exit(1)
	}
}

// fallbackSuites are run if the suite of a bug does not detect it.
func fallbackSuites() [][]string {
	return [][]string{{"./pkg/..."}, {"./localstack/tests/conformance"}}
}

// outcome is the result of one bug.
type outcome struct {
	bug
	caughtBy string // the test that failed; empty if none did
	applyErr error  // why the patch could not be applied
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
	if len(bugs) == 0 {
		return fmt.Errorf("no bug begins with %q", only)
	}
	if commit := os.Getenv("QUALITY_COMMIT"); commit != "" {
		shuffle(bugs, commit)
	}
	all := runBugs(ctx, root, bugs)
	return errors.Join(ctx.Err(), summarize(all, len(bugs)))
}

// workers is how many bugs run at once: while the tests of one wait, another compiles.
const workers = 2

// runBugs runs the bugs in their order, as many as the time allows.
func runBugs(ctx context.Context, root string, bugs []bug) []outcome {
	var wg sync.WaitGroup
	next, outcomes := make(chan bug), make(chan outcome)
	for range workers {
		wg.Go(func() {
			for b := range next {
				outcomes <- runBug(ctx, root, b)
			}
		})
	}
	go func() {
		for _, b := range bugs {
			if ctx.Err() != nil || !report.TimeLeft() {
				break
			}
			next <- b
		}
		close(next)
		wg.Wait()
		close(outcomes)
	}()
	var all []outcome
	for o := range outcomes {
		if ctx.Err() == nil { // otherwise the run was cut
			fmt.Printf("%-30s %5.1f s  %s\n", o.name, o.took.Seconds(), o.status())
			all = append(all, o)
		}
	}
	return all
}

// status returns the outcome in words.
func (o outcome) status() string {
	switch {
	case o.applyErr != nil:
		return "NOT APPLIED: " + o.applyErr.Error()
	case o.caughtBy == "":
		return "NOT DETECTED: " + o.description
	}
	return "detected by " + o.caughtBy
}

// shuffle puts the bugs in an order that depends on the commit. The quality suite runs as
// many as its time allows, and other bugs at another commit.
func shuffle(bugs []bug, commit string) {
	seed := fnv.New64a()
	_, _ = seed.Write([]byte(commit)) // never fails
	rand.New(rand.NewPCG(seed.Sum64(), 0)).Shuffle(len(bugs), func(i, j int) { bugs[i], bugs[j] = bugs[j], bugs[i] })
}

// runBug applies a bug and runs suites until a test fails.
func runBug(ctx context.Context, root string, b bug) outcome {
	start := time.Now()
	caughtBy, err := detect(ctx, root, b)
	return outcome{bug: b, caughtBy: caughtBy, applyErr: err, took: time.Since(start)}
}

// detect returns the test that fails with a bug, "" if none does.
func detect(ctx context.Context, root string, b bug) (caughtBy string, err error) {
	folder, err := os.MkdirTemp("", "seededbugs-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(folder) }() // a leftover is a few files
	if folder, err = filepath.EvalSymlinks(folder); err != nil {
		return "", err
	}
	overlay, err := b.apply(root, folder)
	if err != nil {
		return "", err
	}
	for i, suite := range append([][]string{b.suite}, fallbackSuites()...) {
		caughtBy, err := runTests(ctx, overlay, suite)
		if err == nil && caughtBy != "" && i > 0 {
			caughtBy, err = confirm(ctx, caughtBy)
		}
		if caughtBy != "" || err != nil {
			return caughtBy, err
		}
	}
	return "", nil
}

// confirm runs a failed test of a fallback suite without the bug. Only a test that
// passes then has detected the bug.
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

// runTests runs a suite with a bug and returns the test that failed. A bug that does
// not compile is an error, because no test detected it.
func runTests(ctx context.Context, overlay string, suite []string) (caughtBy string, err error) {
	command := exec.CommandContext(ctx, "go", append([]string{"test", "-vet=off", "-timeout=10m"}, suite...)...)
	command.Env = os.Environ()
	if overlay != os.DevNull { // GOFLAGS also reach the functions that the local stack builds
		command.Env = append(command.Env, "GOFLAGS="+os.Getenv("GOFLAGS")+" -overlay="+overlay, "BUILD_DIR="+filepath.Join(filepath.Dir(overlay), "functions"))
	}
	for variable, file := range map[string]string{"TEMPLATE_FILE": "template.yaml", "EDGE_FILE": "infra/edge.yaml"} {
		if patched := filepath.Join(filepath.Dir(overlay), file); exists(patched) {
			command.Env = append(command.Env, variable+"="+patched) // tests read it from disk
		}
	}
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
		return pkg[1], nil // panic or timeout
	}
	return pkg[1] + " " + test[1], nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// minRun is how many bugs a run must reach at least.
const minRun = 30

// summarize records the outcomes of those bugs that were run. It returns an error if one was
// not detected.
func summarize(all []outcome, total int) error {
	var table strings.Builder
	table.WriteString("| Bug | Description | Detected by |\n|---|---|---|\n")
	var undetected []string
	for _, o := range all {
		caughtBy := o.caughtBy
		switch {
		case o.applyErr != nil:
			caughtBy, undetected = "**not applied**", append(undetected, o.name)
		case caughtBy == "":
			caughtBy, undetected = "**none**", append(undetected, o.name)
		}
		fmt.Fprintf(&table, "| %s | %s | %s |\n", o.name, o.description, caughtBy)
	}
	result := report.Result{
		Check: "seeded-bugs", Name: "seeded bugs detected", Target: "all that were run", Pass: len(undetected) == 0,
		Value: fmt.Sprintf("%d of %d", len(all)-len(undetected), len(all)),
	}
	if left := total - len(all); left > 0 {
		result.Value += fmt.Sprintf("; %d of %d not run", left, total)
		result.Target += fmt.Sprintf(", at least %d", minRun)
		result.Pass = result.Pass && len(all) >= minRun
		result.Note = "The time of the check ends before all have run; another commit runs others, `make mutation-test` all. "
	}
	if len(undetected) > 0 {
		result.Note += "Not detected: " + strings.Join(undetected, ", ") + "."
	}
	fmt.Println(result.Value)
	err := errors.Join(report.Record(result), report.Detail("seeded-bugs", "Bugs", table.String()))
	if len(undetected) > 0 {
		err = errors.Join(err, fmt.Errorf("not detected: %s", strings.Join(undetected, ", ")))
	}
	return err
}
