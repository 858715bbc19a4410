package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	"ticketsystem/localstack/testkit/report"
)

// target is one fuzz function.
type target struct{ pkg, name string }

// fuzzTargets runs every fuzz target with a fixed number of inputs, in the quality suite as many
// as its time allows. go test writes a failing input to testdata, where it remains as a test.
func fuzzTargets(ctx context.Context) error {
	all, err := listTargets(ctx)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return errors.New("no fuzz targets")
	}
	var (
		total  int
		done   int // targets
		broken []string
		table  strings.Builder
	)
	table.WriteString("| Target | Package | Inputs |\n|---|---|---:|\n")
	for _, t := range all {
		if !report.TimeLeft() {
			break
		}
		inputs, err := t.run(ctx, inputsPerTarget)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			broken = append(broken, t.name)
		}
		total += inputs
		done++
		fmt.Fprintf(&table, "| %s | %s | %d |\n", t.name, t.pkg, inputs)
	}
	result := report.Result{
		Check: "fuzz", Name: "fuzz targets: decoders, cursors, tokens, phone numbers, records, frames",
		Value: fmt.Sprintf("%d of %d targets failed in %d inputs", len(broken), done, total), Target: "0", Pass: len(broken) == 0 && done == len(all),
		Note: strings.Join(broken, ", "),
	}
	if done < len(all) {
		result.Note += fmt.Sprintf(" The deadline of the check came before %d of %d targets.", len(all)-done, len(all))
	}
	fmt.Println(result.Value)
	if err := errors.Join(report.Record(result), report.Detail("fuzz", "Targets", table.String())); err != nil {
		return err
	}
	if len(broken) > 0 {
		return fmt.Errorf("failed: %s", result.Note)
	}
	return nil
}

// inputsPerTarget also bounds the time: all targets take some minutes.
const inputsPerTarget = 10_000

// listTargets returns the fuzz functions of pkg.
func listTargets(ctx context.Context) ([]target, error) {
	out, err := exec.CommandContext(ctx, "go", "test", "-list", "^Fuzz", "./pkg/...").Output()
	if err != nil {
		return nil, fmt.Errorf("list the targets: %w %s", err, out)
	}
	var all []target
	var names []string
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		switch {
		case len(fields) == 1 && strings.HasPrefix(fields[0], "Fuzz"):
			names = append(names, fields[0])
		case len(fields) > 1 && fields[0] == "ok": // follows its targets
			for _, name := range names {
				all = append(all, target{fields[1], name})
			}
			names = nil
		}
	}
	return all, nil
}

// executed matches the counter of go test.
var executed = regexp.MustCompile(`execs: (\d+)`)

// run fuzzes one target and returns the number of inputs. The run is limited by
// inputs, not by time: if the time ends during an input, Go before 1.27 fails the
// target (golang/go#75804).
func (t target) run(ctx context.Context, limit int) (inputs int, err error) {
	command := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-fuzz", "^"+t.name+"$", "-fuzztime", fmt.Sprintf("%dx", limit), t.pkg)
	out, err := command.CombinedOutput()
	for _, count := range executed.FindAllSubmatch(out, -1) {
		if n, broken := strconv.Atoi(string(count[1])); broken == nil {
			inputs = n // the last count is the total
		}
	}
	fmt.Printf("%-20s %9d inputs\n", t.name, inputs)
	if err == nil && inputs < limit {
		err = fmt.Errorf("got %d inputs, want %d", inputs, limit)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s\n", err, out)
	}
	return inputs, err
}
