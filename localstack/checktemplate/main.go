// Command checktemplate has cfn-lint and checkov look at the template, the
// latter at what SAM makes of it, and holds what they find against
// infra/waivers.yaml.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"

	"ticketsystem/localstack/judge/verdict"
)

const (
	tools    = ".cache/checkov/bin"
	source   = "template.yaml"
	expanded = ".cache/checktemplate/template.json"
	expander = "localstack/checktemplate/expand.py"
	list     = "infra/waivers.yaml"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := check(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "check-template:", err)
		os.Exit(1)
	}
}

func check(ctx context.Context) error {
	waivers, err := loadWaivers(list)
	if err != nil {
		return err
	}
	return errors.Join(lint(ctx), manners(ctx, waivers))
}

// lint lets cfn-lint say what is wrong with the template's form.
func lint(ctx context.Context) error {
	out, err := output(ctx, "cfn-lint", "--regions", "us-east-1", "--format", "json", "--", source)
	var found []json.RawMessage
	if broken := json.Unmarshal(out, &found); broken != nil {
		return errors.Join(fmt.Errorf("cfn-lint: %w", broken), err)
	}
	line := verdict.Line{
		Item: "templates", Name: "cfn-lint", Figure: fmt.Sprintf("%d findings", len(found)), Goal: "0",
		Holds: len(found) == 0,
	}
	if err := verdict.Record(line); err != nil {
		return err
	}
	fmt.Println("cfn-lint:", line.Figure)
	if len(found) > 0 {
		return fmt.Errorf("cfn-lint: %s", out)
	}
	return nil
}

// manners lets checkov look at the expanded template.
func manners(ctx context.Context, waivers []waiver) error {
	if err := os.MkdirAll(filepath.Dir(expanded), 0o750); err != nil {
		return err
	}
	if out, err := output(ctx, "python", expander, source, expanded); err != nil {
		return fmt.Errorf("expand the template: %w %s", err, out)
	}
	out, err := output(ctx, "checkov", "--file", expanded, "--framework", "cloudformation", "--skip-download", "--compact", "--output", "json")
	var report struct {
		Results struct {
			Failed []finding `json:"failed_checks"`
		}
		Summary struct {
			Passed, Failed int
			Errors         int `json:"parsing_errors"`
			Resources      int `json:"resource_count"`
		}
	}
	if broken := json.Unmarshal(out, &report); broken != nil {
		return errors.Join(fmt.Errorf("checkov: %w", broken), err)
	}
	if report.Summary.Errors > 0 || report.Summary.Passed == 0 {
		return fmt.Errorf("checkov read nothing: %+v", report.Summary)
	}
	open := judge(report.Results.Failed, waivers)
	line := verdict.Line{
		Item: "templates", Name: "checkov", Figure: fmt.Sprintf("%d findings without a reason", len(open)), Goal: "0",
		Holds: len(open) == 0,
		Cause: fmt.Sprintf("%d checks of %d resources pass, %d are waived by %d waivers with their reasons",
			report.Summary.Passed, report.Summary.Resources, report.Summary.Failed, len(waivers)),
	}
	fmt.Printf("checkov: %s; %s\n", line.Figure, line.Cause)
	if err := errors.Join(verdict.Record(line), verdict.Detail("templates", "Waivers", table(waivers))); err != nil {
		return err
	}
	if len(open) > 0 {
		return errors.New("checkov:\n  " + strings.Join(open, "\n  "))
	}
	return nil
}

// output is what a tool says. That it found something is an error too.
func output(ctx context.Context, tool string, arguments ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, filepath.Join(tools, tool), arguments...)
	command.Stderr = os.Stderr
	return command.Output()
}
