package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"ticketsystem/localstack/testkit/report"
)

const (
	reportPath = "docs/quality.md"
	chartDir   = "docs/quality"
)

// writeReport writes the page from what was found, and prints a line per finding.
func writeReport(all []check) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Quality\n\nWritten by `make judge` on %s; not by hand. Machine: %s.\nA line says what was found, what it should be, and whether that holds; where it does not, the cause stands below.\n",
		time.Now().UTC().Format("2006-01-02 15:04 UTC"), hostInfo())
	b.WriteString("\n| | | found | goal | |\n|---|---|---|---|---|\n")
	var details strings.Builder
	for _, c := range all {
		results, err := loadResults(c.name)
		if err != nil {
			return err
		}
		if len(results) == 0 {
			results = []report.Result{{Check: c.name, Name: c.title}}
		}
		for _, r := range results {
			fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s | %s |\n", r.Check, r.Check, r.Name, r.Value, r.Target, status(r))
			fmt.Printf("%-13s %-44s %-40s %-30s %s\n", r.Check, r.Name, r.Value, r.Target, status(r))
		}
		if err := writeSection(&details, c, results); err != nil {
			return err
		}
	}
	b.WriteString(details.String())
	return os.WriteFile(reportPath, []byte(b.String()), 0o644) //nolint:gosec // a page for everybody
}

func status(r report.Result) string {
	switch {
	case r.Pass:
		return "holds"
	case r.At.IsZero():
		return "not asked"
	default:
		return "**falls short**"
	}
}

// writeSection is what stands below the table about one question.
func writeSection(b *strings.Builder, c check, results []report.Result) error {
	fmt.Fprintf(b, "\n## %s\n\n%s\n", c.name, c.title)
	if info := runInfo(results); info != "" {
		fmt.Fprintf(b, "%s\n", info)
	}
	b.WriteString("\n")
	for _, r := range results {
		if r.Note != "" {
			fmt.Fprintf(b, "- %s: %s\n", r.Name, r.Note)
		}
	}
	folder := filepath.Join(resultsDir, c.name)
	files, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, f := range files {
		name, kind := strings.TrimSuffix(f.Name(), filepath.Ext(f.Name())), filepath.Ext(f.Name())
		if kind != ".md" && kind != ".svg" {
			continue
		}
		content, err := os.ReadFile(filepath.Join(folder, f.Name()))
		if err != nil {
			return err
		}
		if kind == ".md" {
			fmt.Fprintf(b, "\n### %s\n\n%s\n", name, strings.TrimSpace(string(content)))
			continue
		}
		if err := os.MkdirAll(chartDir, 0o755); err != nil { //nolint:gosec // pictures for everybody
			return err
		}
		if err := os.WriteFile(filepath.Join(chartDir, f.Name()), content, 0o644); err != nil { //nolint:gosec // a picture for everybody
			return err
		}
		fmt.Fprintf(b, "\n![%s](quality/%s)\n", name, f.Name())
	}
	return nil
}

// runInfo says when, on what and in which form the findings were made.
func runInfo(results []report.Result) string {
	var infos []string
	for _, r := range results {
		if r.At.IsZero() {
			continue
		}
		mode := map[bool]string{true: "long", false: "short"}[r.Full]
		info := fmt.Sprintf("Commit %s, %s, %s form.", r.Commit, r.At.Format("2006-01-02"), mode)
		if !slices.Contains(infos, info) {
			infos = append(infos, info)
		}
	}
	return strings.Join(infos, " ")
}

// loadResults are the findings of an item, in the order they were made.
func loadResults(check string) ([]report.Result, error) {
	files, err := filepath.Glob(filepath.Join(resultsDir, check, "*.json"))
	if err != nil {
		return nil, err
	}
	var results []report.Result
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		var r report.Result
		if err := json.Unmarshal(text, &r); err != nil {
			return nil, fmt.Errorf("%s: %w", f, err)
		}
		results = append(results, r)
	}
	slices.SortStableFunc(results, func(a, b report.Result) int { return a.At.Compare(b.At) })
	return results, nil
}

// hostInfo names the processor, memory and system the judge runs on.
func hostInfo() string {
	model, memory := runtime.GOARCH, ""
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, after, ok := strings.Cut(string(text), "model name\t: "); ok {
			model, _, _ = strings.Cut(after, "\n")
		}
	}
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kib int
		if _, err := fmt.Sscanf(string(text), "MemTotal: %d kB", &kib); err == nil {
			memory = fmt.Sprintf(", %d GiB", (kib+512<<10)>>20)
		}
	}
	return fmt.Sprintf("%d × %s%s, %s, %s", runtime.NumCPU(), model, memory, runtime.GOOS, runtime.Version())
}
