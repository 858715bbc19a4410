// Command quality runs the quality suite and writes docs/quality.md. Arguments
// select checks; the report keeps the earlier results of the others, each with
// its commit. -short runs the short form of each check.
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
	"slices"
	"strings"
	"syscall"
	"time"

	"ticketsystem/localstack/testkit/report"
)

// resultsDir keeps the results of all runs on this machine.
const resultsDir = ".cache/quality"

func main() {
	short := flag.Bool("short", false, "run the short form")
	onlyWrite := flag.Bool("write", false, "write the report without running checks")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := runAll(ctx, flag.Args(), *short, *onlyWrite)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "quality:", err)
		os.Exit(1)
	}
}

func runAll(ctx context.Context, names []string, short, onlyWrite bool) error {
	all := checks()
	for _, name := range names {
		if !slices.ContainsFunc(all, func(c check) bool { return c.name == name }) {
			return fmt.Errorf("unknown check %q", name)
		}
	}
	commit := gitCommit() // once, as checks write files
	for _, c := range all {
		if onlyWrite || len(names) > 0 && !slices.Contains(names, c.name) {
			continue
		}
		if err := runCheck(ctx, c, short, commit); err != nil {
			return err
		}
	}
	return writeReport(all)
}

// runCheck runs the commands of a check and replaces its earlier results. A
// failing command is recorded as a failed result. An error means that the check
// could not be run or recorded.
func runCheck(ctx context.Context, c check, short bool, commit string) error {
	folder, err := filepath.Abs(filepath.Join(resultsDir, c.name))
	if err != nil {
		return err
	}
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return err
	}
	full := "1"
	if short {
		full = ""
	}
	for name, value := range map[string]string{"QUALITY_DIR": filepath.Dir(folder), "QUALITY_FULL": full, "QUALITY_COMMIT": commit} {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	log, err := os.Create(filepath.Join(folder, "log.txt"))
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // an incomplete log is no failure of the check
	fmt.Printf("%-15s %s\n", c.name, c.title)
	start := time.Now()
	for _, args := range c.commands {
		command := exec.CommandContext(ctx, args[0], args[1:]...)
		command.Stdout, command.Stderr = log, log
		// make and go run do not forward an interrupt, so the process group gets it.
		command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGINT) }
		command.WaitDelay = 30 * time.Second
		if err := command.Run(); ctx.Err() != nil {
			killGroup(command)
			return ctx.Err()
		} else if err != nil {
			fmt.Printf("%-15s %s: %v; see %s\n", "", strings.Join(args, " "), err, log.Name())
			if err := recordFailure(c, args, err, log.Name()); err != nil {
				return err
			}
		}
	}
	if results, err := loadResults(c.name); err != nil || len(results) == 0 { // its commands write none
		if err := errors.Join(err, report.Record(report.Result{Check: c.name, Name: "exit status", Value: "success", Target: "success", Pass: true})); err != nil {
			return err
		}
	}
	fmt.Printf("%-15s took %s\n", "", time.Since(start).Round(time.Second))
	return nil
}

// killGroup ends what is left of a command's process group.
func killGroup(command *exec.Cmd) {
	if command.Process != nil {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL) // fails if no process is left
	}
}

// recordFailure records that a command failed, unless the check has a failing result.
func recordFailure(c check, args []string, failure error, log string) error {
	results, err := loadResults(c.name)
	if err != nil || slices.ContainsFunc(results, func(r report.Result) bool { return !r.Pass }) {
		return err
	}
	note := "`" + strings.Join(args, " ") + "`: " + failure.Error()
	text, err := os.ReadFile(log)
	if err != nil {
		return err
	}
	if names := failedTests(string(text)); len(names) > 0 {
		note += "; failed: " + strings.Join(names, ", ")
	}
	return report.Record(report.Result{Check: c.name, Name: "exit status", Value: "failed", Target: "success", Note: note})
}

// failedTests returns the names of the failed tests in the output of go test.
func failedTests(log string) []string {
	var names []string
	for line := range strings.Lines(log) {
		if name, found := strings.CutPrefix(line, "--- FAIL: "); found {
			name, _, _ = strings.Cut(strings.TrimSpace(name), " ")
			names = append(names, name)
		}
	}
	return names
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
