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

	"ticketsystem/localstack/testkit/report"
)

const (
	toolDir      = ".cache/checkov/bin"
	templateFile = "template.yaml"
	expandedFile = ".cache/checktemplate/template.json"
	expandScript = "localstack/tools/templatelint/expand.py"
	waiversFile  = "infra/waivers.yaml"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "check-template:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	waivers, err := loadWaivers(waiversFile)
	if err != nil {
		return err
	}
	return errors.Join(runCfnLint(ctx), runCheckov(ctx, waivers))
}

// runCfnLint lets cfn-lint say what is wrong with the template's form.
func runCfnLint(ctx context.Context) error {
	out, err := runTool(ctx, "cfn-lint", "--regions", "us-east-1", "--format", "json", "--", templateFile)
	var found []json.RawMessage
	if broken := json.Unmarshal(out, &found); broken != nil {
		return errors.Join(fmt.Errorf("cfn-lint: %w", broken), err)
	}
	result := report.Result{
		Check: "templates", Name: "cfn-lint", Value: fmt.Sprintf("%d findings", len(found)), Target: "0",
		Pass: len(found) == 0,
	}
	if err := report.Record(result); err != nil {
		return err
	}
	fmt.Println("cfn-lint:", result.Value)
	if len(found) > 0 {
		return fmt.Errorf("cfn-lint: %s", out)
	}
	return nil
}

// runCheckov lets checkov look at the expanded template.
func runCheckov(ctx context.Context, waivers []waiver) error {
	if err := os.MkdirAll(filepath.Dir(expandedFile), 0o750); err != nil {
		return err
	}
	if out, err := runTool(ctx, "python", expandScript, templateFile, expandedFile); err != nil {
		return fmt.Errorf("expand the template: %w %s", err, out)
	}
	out, err := runTool(ctx, "checkov", "--file", expandedFile, "--framework", "cloudformation", "--skip-download", "--compact", "--output", "json")
	var findings struct {
		Results struct {
			Failed []finding `json:"failed_checks"`
		}
		Summary struct {
			Passed, Failed int
			Errors         int `json:"parsing_errors"`
			Resources      int `json:"resource_count"`
		}
	}
	if broken := json.Unmarshal(out, &findings); broken != nil {
		return errors.Join(fmt.Errorf("checkov: %w", broken), err)
	}
	if findings.Summary.Errors > 0 || findings.Summary.Passed == 0 {
		return fmt.Errorf("checkov read nothing: %+v", findings.Summary)
	}
	open := compare(findings.Results.Failed, waivers)
	result := report.Result{
		Check: "templates", Name: "checkov", Value: fmt.Sprintf("%d findings without a reason", len(open)), Target: "0",
		Pass: len(open) == 0,
		Note: fmt.Sprintf("%d checks of %d resources pass, %d are waived by %d waivers with their reasons",
			findings.Summary.Passed, findings.Summary.Resources, findings.Summary.Failed, len(waivers)),
	}
	fmt.Printf("checkov: %s; %s\n", result.Value, result.Note)
	if err := errors.Join(report.Record(result), report.Detail("templates", "Waivers", formatTable(waivers))); err != nil {
		return err
	}
	if len(open) > 0 {
		return errors.New("checkov:\n  " + strings.Join(open, "\n  "))
	}
	return nil
}

// runTool is what a tool says. That it found something is an error too.
func runTool(ctx context.Context, tool string, arguments ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, filepath.Join(toolDir, tool), arguments...)
	command.Stderr = os.Stderr
	return command.Output()
}
