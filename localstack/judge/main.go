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

	"ticketsystem/localstack/judge/verdict"
)

// findings is where the findings of all runs on this machine are kept.
const findings = ".cache/judge"

func main() {
	short := flag.Bool("short", false, "the form that CI runs")
	onlyWrite := flag.Bool("write", false, "only write the report anew")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := judge(ctx, flag.Args(), *short, *onlyWrite)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		os.Exit(1)
	}
}

func judge(ctx context.Context, items []string, short, onlyWrite bool) error {
	all := questions()
	for _, item := range items {
		if !slices.ContainsFunc(all, func(q question) bool { return q.item == item }) {
			return fmt.Errorf("no item %q", item)
		}
	}
	for _, q := range all {
		if onlyWrite || len(items) > 0 && !slices.Contains(items, q.item) {
			continue
		}
		if err := ask(ctx, q, short); err != nil {
			return err
		}
	}
	return report(all)
}

// ask runs the commands of a question; what they find replaces what was found
// before. The error says that the judge could not do its work; a command that
// fails is a finding.
func ask(ctx context.Context, q question, short bool) error {
	folder, err := filepath.Abs(filepath.Join(findings, q.item))
	if err != nil {
		return err
	}
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return err
	}
	long := "1"
	if short {
		long = ""
	}
	for name, value := range map[string]string{"JUDGE_OUT": filepath.Dir(folder), "JUDGE_LONG": long, "JUDGE_COMMIT": commit()} {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	log, err := os.Create(filepath.Join(folder, "log.txt"))
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // it is for reading along
	fmt.Printf("%-13s %s\n", q.item, q.asks)
	start := time.Now()
	for _, try := range q.tries {
		command := exec.CommandContext(ctx, try[0], try[1:]...)
		command.Stdout, command.Stderr = log, log
		// Its group, since make and go run do not pass an interrupt on.
		command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGINT) }
		command.WaitDelay = 30 * time.Second
		if err := command.Run(); ctx.Err() != nil {
			return ctx.Err()
		} else if err != nil {
			fmt.Printf("%-13s %s: %v; see %s\n", "", strings.Join(try, " "), err, log.Name())
			l := verdict.Line{Item: q.item, Name: "the run itself", Figure: "failed", Goal: "passes", Cause: "`" + strings.Join(try, " ") + "`: " + err.Error()}
			if err := verdict.Record(l); err != nil {
				return err
			}
		}
	}
	fmt.Printf("%-13s took %s\n", "", time.Since(start).Round(time.Second))
	return nil
}

// commit names what is judged, with a mark where files differ from it.
func commit() string {
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
