// Command judge asks what is asked of the system, and writes down what it
// found: docs/quality.md. Without arguments it asks everything; arguments name
// the items to ask again, and the report keeps what was found of the others,
// each line with the commit it was found on. -short takes the form that CI runs.
package main

import (
	"context"
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

// resultsDir is where the findings of all runs on this machine are kept.
const resultsDir = ".cache/judge"

func main() {
	short := flag.Bool("short", false, "the form that CI runs")
	onlyWrite := flag.Bool("write", false, "only write the report anew")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := runAll(ctx, flag.Args(), *short, *onlyWrite)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		os.Exit(1)
	}
}

func runAll(ctx context.Context, names []string, short, onlyWrite bool) error {
	all := checks()
	for _, name := range names {
		if !slices.ContainsFunc(all, func(c check) bool { return c.name == name }) {
			return fmt.Errorf("no item %q", name)
		}
	}
	for _, c := range all {
		if onlyWrite || len(names) > 0 && !slices.Contains(names, c.name) {
			continue
		}
		if err := runCheck(ctx, c, short); err != nil {
			return err
		}
	}
	return writeReport(all)
}

// runCheck runs the commands of a question; what they find replaces what was found
// before. The error says that the judge could not do its work; a command that
// fails is a finding.
func runCheck(ctx context.Context, c check, short bool) error {
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
	for name, value := range map[string]string{"QUALITY_DIR": filepath.Dir(folder), "QUALITY_FULL": full, "QUALITY_COMMIT": gitCommit()} {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	log, err := os.Create(filepath.Join(folder, "log.txt"))
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // it is for reading along
	fmt.Printf("%-13s %s\n", c.name, c.title)
	start := time.Now()
	for _, args := range c.commands {
		command := exec.CommandContext(ctx, args[0], args[1:]...)
		command.Stdout, command.Stderr = log, log
		// Its group, since make and go run do not pass an interrupt on.
		command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGINT) }
		command.WaitDelay = 30 * time.Second
		if err := command.Run(); ctx.Err() != nil {
			return ctx.Err()
		} else if err != nil {
			fmt.Printf("%-13s %s: %v; see %s\n", "", strings.Join(args, " "), err, log.Name())
			r := report.Result{Check: c.name, Name: "the run itself", Value: "failed", Target: "passes", Note: "`" + strings.Join(args, " ") + "`: " + err.Error()}
			if err := report.Record(r); err != nil {
				return err
			}
		}
	}
	fmt.Printf("%-13s took %s\n", "", time.Since(start).Round(time.Second))
	return nil
}

// gitCommit names what is judged, with a mark where files differ from it.
func gitCommit() string {
	head, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	name := strings.TrimSpace(string(head))
	if changed, err := exec.Command("git", "status", "--porcelain", "--", ":!docs/quality*").Output(); err != nil || len(changed) > 0 {
		name += " with changes"
	}
	return name
}
