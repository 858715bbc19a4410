package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"ticketsystem/localstack/judge/verdict"
)

// outcome is what schemathesis found as one person.
type outcome struct {
	role string

	Operations struct{ Tested int }
	TestCases  struct{ Generated int } `json:"test_cases"`
	Failures   []struct {
		Title      string
		Operations []string
	}
	Errors   []json.RawMessage
	Complete bool
}

// readOutcome reads the report of schemathesis.
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

// tell sums up what all have found.
func tell(all []outcome) error {
	requests, operations := 0, 0
	var wrong []string
	var table strings.Builder
	table.WriteString("| Signed in as | Operations | Requests | Failures |\n|---|---:|---:|---:|\n")
	for _, o := range all {
		requests, operations = requests+o.TestCases.Generated, max(operations, o.Operations.Tested)
		fmt.Fprintf(&table, "| %s | %d | %d | %d |\n", o.role, o.Operations.Tested, o.TestCases.Generated, len(o.Failures)+len(o.Errors))
		for _, f := range o.Failures {
			wrong = append(wrong, fmt.Sprintf("%s: %s: %s", o.role, f.Title, strings.Join(f.Operations, ", ")))
		}
		for _, e := range o.Errors {
			wrong = append(wrong, fmt.Sprintf("%s: %s", o.role, e))
		}
		if !o.Complete {
			wrong = append(wrong, o.role+": was not finished")
		}
	}
	asked := verdict.Pick(5_000, 100_000)
	lines := []verdict.Line{{
		Item: "fuzz", Name: "requests by the API's description", Figure: fmt.Sprintf("%d to %d operations", requests, operations),
		Goal: fmt.Sprintf("%d", asked), Holds: requests >= asked,
	}, {
		Item: "fuzz", Name: "5xx, answers outside of the schema, inner errors shown", Figure: fmt.Sprintf("%d", len(wrong)), Goal: "0",
		Holds: len(wrong) == 0, Cause: strings.Join(wrong, "; "),
	}}
	var errs []error
	for _, l := range lines {
		fmt.Printf("%s: %s (goal %s)\n", l.Name, l.Figure, l.Goal)
		errs = append(errs, verdict.Record(l))
		if !l.Holds {
			errs = append(errs, fmt.Errorf("%s: %s, want %s: %s", l.Name, l.Figure, l.Goal, l.Cause))
		}
	}
	return errors.Join(append(errs, verdict.Detail("fuzz", "Requests", table.String()))...)
}
