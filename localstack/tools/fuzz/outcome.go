package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"ticketsystem/localstack/testkit/report"
)

// outcome is the result of schemathesis for one user.
type outcome struct {
	role string
	cut  bool // the time of the check ended before

	Operations struct{ Tested int }
	TestCases  struct{ Generated int } `json:"test_cases"`
	Failures   []struct {
		Title      string
		Operations []string
	}
	Errors   []json.RawMessage
	Complete bool
}

// readOutcome reads a report of schemathesis.
func readOutcome(file string) (outcome, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return outcome{}, err
	}
	var o outcome
	if err := json.Unmarshal(text, &o); err != nil {
		return outcome{}, fmt.Errorf("%s: %w", file, err)
	}
	return o, nil
}

// recordOutcomes records the results of all users.
func recordOutcomes(all []outcome) error {
	requests, operations, cut := 0, 0, false
	var failures []string
	var table strings.Builder
	table.WriteString("| Signed in as | Operations | Requests | Failures |\n|---|---:|---:|---:|\n")
	for _, o := range all {
		requests, operations = requests+o.TestCases.Generated, max(operations, o.Operations.Tested)
		fmt.Fprintf(&table, "| %s | %d | %d | %d |\n", o.role, o.Operations.Tested, o.TestCases.Generated, len(o.Failures)+len(o.Errors))
		for _, f := range o.Failures {
			failures = append(failures, fmt.Sprintf("%s: %s: %s", o.role, f.Title, strings.Join(f.Operations, ", ")))
		}
		for _, e := range o.Errors {
			failures = append(failures, fmt.Sprintf("%s: %s", o.role, e))
		}
		cut = cut || o.cut
		if !o.Complete && !o.cut {
			failures = append(failures, o.role+": incomplete")
		}
	}
	target := report.ShortOrFull(5_000, 40_000)
	note := fmt.Sprintf("As %d users, %s examples per operation and user at most.", len(all), maxExamples())
	if cut {
		note += " The deadline of the check came before all were sent."
	}
	results := []report.Result{{
		Check: "fuzz", Name: "requests generated from the OpenAPI document", Value: fmt.Sprintf("%d to %d operations", requests, operations),
		Target: fmt.Sprintf("%d", target), Pass: requests >= target, Note: note,
	}, {
		Check: "fuzz", Name: "5xx, schema violations, leaked internal errors", Value: fmt.Sprintf("%d", len(failures)), Target: "0",
		Pass: len(failures) == 0, Note: strings.Join(failures, "; "),
	}}
	var errs []error
	for _, result := range results {
		fmt.Printf("%s: %s (goal %s)\n", result.Name, result.Value, result.Target)
		errs = append(errs, report.Record(result))
		if !result.Pass {
			errs = append(errs, fmt.Errorf("%s: %s, want %s: %s", result.Name, result.Value, result.Target, result.Note))
		}
	}
	return errors.Join(append(errs, report.Detail("fuzz", "Requests", table.String()))...)
}
