// Command templatelint runs cfn-lint on template.yaml and the templates in infra, and checkov on
// infra/edge.yaml and on the template that SAM generates from the first, and counts the resources
// of that. It fails if there are findings or too many resources.
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
	edgeFile     = "infra/edge.yaml"
	capacityFile = "infra/capacity.yaml" // checkov has no check of its resources
	expandedFile = ".cache/templatelint/template.json"
	expandScript = "localstack/tools/templatelint/expand.py"
	configFile   = "infra/checkov.yaml"

	// maxResources is below the limit of 500 of CloudFormation.
	maxResources = 400
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := errors.Join(runCfnLint(ctx), expand(ctx), runCheckov(ctx, "checkov", expandedFile), runCheckov(ctx, "checkov of infra/edge.yaml", edgeFile), countResources())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "templatelint:", err)
		os.Exit(1)
	}
}

func runCfnLint(ctx context.Context) error {
	out, err := runTool(ctx, "cfn-lint", "--regions", "us-east-1", "--format", "json", "--", templateFile, edgeFile, capacityFile)
	var found []struct {
		Message string
		Rule    struct{ ID string }
	}
	if invalid := json.Unmarshal(out, &found); invalid != nil {
		return errors.Join(fmt.Errorf("cfn-lint: %w", invalid), err)
	}
	var findings []string
	for _, f := range found {
		findings = append(findings, f.Rule.ID+": "+f.Message)
	}
	return record("cfn-lint", findings, "")
}

// expand writes the template that SAM generates.
func expand(ctx context.Context) error {
	if err := os.MkdirAll(filepath.Dir(expandedFile), 0o750); err != nil {
		return err
	}
	if out, err := runTool(ctx, "python", expandScript, templateFile, expandedFile); err != nil {
		return fmt.Errorf("expand the template: %w %s", err, out)
	}
	return nil
}

func runCheckov(ctx context.Context, name, file string) error {
	out, err := runTool(ctx, "checkov", "--config-file", configFile, "--file", file)
	var found struct {
		Results struct {
			Failed []struct {
				Check    string `json:"check_id"`
				Name     string `json:"check_name"`
				Resource string
			} `json:"failed_checks"`
		}
		Summary struct {
			Passed, Skipped int
			Errors          int `json:"parsing_errors"`
			Resources       int `json:"resource_count"`
		}
	}
	if invalid := json.Unmarshal(out, &found); invalid != nil {
		return errors.Join(fmt.Errorf("checkov: %w", invalid), err)
	}
	if found.Summary.Errors > 0 || found.Summary.Passed == 0 {
		return fmt.Errorf("checkov could not parse %s: %+v", file, found.Summary)
	}
	var findings []string
	for _, f := range found.Results.Failed {
		findings = append(findings, fmt.Sprintf("%s %s: %s", f.Resource, f.Check, f.Name))
	}
	return record(name, findings, fmt.Sprintf("%d checks of %d resources pass; %d are skipped with a reason in the template",
		found.Summary.Passed, found.Summary.Resources, found.Summary.Skipped))
}

// countResources counts the resources of the expanded template, with those of all conditions.
func countResources() error {
	text, err := os.ReadFile(expandedFile)
	if err != nil {
		return err
	}
	var expanded struct{ Resources map[string]any }
	if err := json.Unmarshal(text, &expanded); err != nil {
		return fmt.Errorf("%s: %w", expandedFile, err)
	}
	count := len(expanded.Resources)
	fmt.Printf("resources: %d, at most %d\n", count, maxResources)
	err = report.Record(report.Result{
		Check: "template", Name: "resources", Value: fmt.Sprint(count), Target: fmt.Sprintf("at most %d", maxResources), Pass: count > 0 && count <= maxResources,
	})
	if count == 0 || count > maxResources {
		return errors.Join(err, fmt.Errorf("the expanded template has %d resources, want at most %d", count, maxResources))
	}
	return err
}

// record prints and reports the result of a linter. It returns an error that lists
// the findings, if there are any.
func record(linter string, findings []string, note string) error {
	result := report.Result{
		Check: "template", Name: linter, Value: fmt.Sprintf("%d findings", len(findings)), Target: "0", Pass: len(findings) == 0, Note: note,
	}
	fmt.Printf("%s: %s %s\n", linter, result.Value, note)
	err := report.Record(result)
	if len(findings) > 0 {
		err = errors.Join(err, errors.New(linter+":\n  "+strings.Join(findings, "\n  ")))
	}
	return err
}

// runTool returns the output of a linter. The linters exit with an error status if
// they have findings.
func runTool(ctx context.Context, tool string, arguments ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, filepath.Join(toolDir, tool), arguments...)
	command.Stderr = os.Stderr
	return command.Output()
}
