package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"ticketsystem/localstack/testkit/report"
)

// runCheck runs the commands of a check and replaces its earlier results. A failing
// command is recorded as a failed result, and so is the deadline; what was recorded until
// then is kept. An error means that the check could not be run or recorded.
func runCheck(ctx context.Context, c check, info runInfo, deadline time.Time) error {
	log, err := startLog(c, info, deadline)
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // an incomplete log is no failure of the check
	fmt.Printf("%-15s %s\n", c.name, c.title)
	info.At = time.Now().UTC()
	limited, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	for i, args := range c.commands {
		began := time.Now()
		err := runCommand(limited, args, log)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case limited.Err() != nil:
			err = recordCut(c, time.Since(info.At))
		case err != nil:
			fmt.Printf("%-15s %s: %v; see %s\n", "", strings.Join(args, " "), err, log.Name())
			err = recordFailure(c, i, began, err, log.Name())
		}
		if err != nil {
			return err
		}
	}
	if results, err := loadResults(c.name); err != nil || len(results) == 0 { // its commands write none
		if err := errors.Join(err, report.Record(report.Result{Check: c.name, Name: "exit status", Value: "success", Target: "success", Pass: true})); err != nil {
			return err
		}
	}
	info.Took = time.Since(info.At).Round(time.Second)
	fmt.Printf("%-15s took %s\n", "", info.Took)
	return storeRun(c.name, info)
}

// startLog deletes the earlier results of a check, sets the environment of its commands
// and opens its log.
func startLog(c check, info runInfo, deadline time.Time) (*os.File, error) {
	folder, err := filepath.Abs(filepath.Join(resultsDir, c.name))
	if err != nil {
		return nil, err
	}
	full := ""
	if info.Full {
		full = "1"
	}
	err = errors.Join(os.RemoveAll(runFile(c.name)), os.RemoveAll(folder), os.MkdirAll(folder, 0o750), os.Setenv("QUALITY_DIR", filepath.Dir(folder)),
		os.Setenv("QUALITY_FULL", full), os.Setenv("QUALITY_COMMIT", info.Commit), os.Setenv("QUALITY_DEADLINE", deadline.Format(time.RFC3339)))
	if err != nil {
		return nil, err
	}
	return os.Create(filepath.Join(folder, "log.txt"))
}

// runCommand runs a command until it ends or the context does, and ends what it started.
// make and go run do not forward an interrupt, so the process group gets it.
func runCommand(ctx context.Context, args []string, log *os.File) error {
	command := exec.CommandContext(ctx, args[0], args[1:]...)
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGINT) }
	command.WaitDelay = 30 * time.Second
	err := command.Run()
	if ctx.Err() != nil {
		killGroup(command)
	}
	return err
}

// killGroup ends what is left of a command's process group.
func killGroup(command *exec.Cmd) {
	if command.Process != nil {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL) // fails if no process is left
	}
}

// recordCut records that a check was ended at its deadline.
func recordCut(c check, after time.Duration) error {
	fmt.Printf("%-15s cut at its deadline\n", "")
	return report.Record(report.Result{
		Check: c.name, Name: "time", Value: fmt.Sprintf("cut after %s", after.Round(time.Second)), Target: "done by its deadline",
		Note: fmt.Sprintf("Its budget of %s and what earlier checks had left were used up. It keeps the results that it had recorded; what has no row was not measured.", c.budget),
	})
}

// recordFailure records that a command failed, unless it has recorded a failing result since it
// began. What an earlier command of the check recorded is not the cause.
func recordFailure(c check, command int, began time.Time, failure error, log string) error {
	results, err := loadResults(c.name)
	if err != nil || slices.ContainsFunc(results, func(r report.Result) bool { return !r.Pass && !r.At.Before(began) }) {
		return err
	}
	name := "exit status"
	if len(c.commands) > 1 {
		name = fmt.Sprintf("exit status of command %d of %d", command+1, len(c.commands))
	}
	note := "`" + strings.Join(c.commands[command], " ") + "`: " + failure.Error()
	text, err := os.ReadFile(log)
	if err != nil {
		return err
	}
	if names := failedTests(string(text)); len(names) > 0 {
		note += "; failed: " + strings.Join(names, ", ")
	} else if line := lastLine(string(text)); line != "" {
		note += "; " + line
	}
	return report.Record(report.Result{Check: c.name, Name: name, Value: "failed", Target: "success", Note: note})
}

// lastLine returns the last line of a log that is not of make or go run, and has a text.
func lastLine(log string) string {
	lines := slices.DeleteFunc(strings.Split(log, "\n"), func(line string) bool {
		return strings.TrimSpace(line) == "" || strings.HasPrefix(line, "make") || strings.HasPrefix(line, "exit status")
	})
	if len(lines) == 0 {
		return ""
	}
	return strings.TrimSpace(lines[len(lines)-1])
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
