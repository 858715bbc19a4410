package main

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"strings"

	"gopkg.in/yaml.v3"
)

// waiver says which findings stay, and why.
type waiver struct {
	Check     string
	Resources []string // patterns of logical ids
	Reason    string

	uses int
}

// finding is a check of checkov that a resource fails.
type finding struct {
	Check    string `json:"check_id"`
	Name     string `json:"check_name"`
	Resource string // type, dot, logical id
}

// loadWaivers reads waivers, each of which must have a reason.
func loadWaivers(file string) ([]waiver, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var all []waiver
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&all); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for i, w := range all {
		if w.Check == "" || len(w.Resources) == 0 || strings.TrimSpace(w.Reason) == "" {
			return nil, fmt.Errorf("%s: waiver %d %s lacks its check, its resources or its reason", file, i+1, w.Check)
		}
		for _, pattern := range w.Resources {
			if _, err := path.Match(pattern, ""); err != nil {
				return nil, fmt.Errorf("%s: %s: %q: %w", file, w.Check, pattern, err)
			}
		}
	}
	return all, nil
}

// compare lists the findings that nothing waives and the waivers without use,
// and counts the uses of the others.
func compare(found []finding, waivers []waiver) (open []string) {
	for _, f := range found {
		if !isWaived(f, waivers) {
			open = append(open, fmt.Sprintf("%s %s: %s", f.Resource, f.Check, f.Name))
		}
	}
	for _, w := range waivers {
		if w.uses == 0 {
			open = append(open, fmt.Sprintf("the waiver of %s for %s waives nothing", w.Check, strings.Join(w.Resources, ", ")))
		}
	}
	return open
}

func isWaived(f finding, waivers []waiver) bool {
	id := f.Resource[strings.LastIndex(f.Resource, ".")+1:]
	for i := range waivers {
		if waivers[i].Check != f.Check {
			continue
		}
		for _, pattern := range waivers[i].Resources {
			if ok, err := path.Match(pattern, id); ok && err == nil {
				waivers[i].uses++
				return true
			}
		}
	}
	return false
}

// formatTable shows the waivers in Markdown.
func formatTable(waivers []waiver) string {
	var b strings.Builder
	b.WriteString("| Check | Resources | Findings | Reason |\n|---|---|---:|---|\n")
	for _, w := range waivers {
		fmt.Fprintf(&b, "| %s | `%s` | %d | %s |\n", w.Check, strings.Join(w.Resources, "`, `"), w.uses, strings.TrimSpace(w.Reason))
	}
	return b.String()
}
