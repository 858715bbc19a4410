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

	"ticketsystem/localstack/judge/verdict"
)

const (
	page     = "docs/quality.md"
	pictures = "docs/quality"
)

// report writes the page from what was found, and prints a line per finding.
func report(all []question) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Quality\n\nWritten by `make judge` on %s; not by hand. Machine: %s.\nA line says what was found, what it should be, and whether that holds; where it does not, the cause stands below.\n",
		time.Now().UTC().Format("2006-01-02 15:04 UTC"), machine())
	b.WriteString("\n| | | found | goal | |\n|---|---|---|---|---|\n")
	var details strings.Builder
	for _, q := range all {
		lines, err := found(q.item)
		if err != nil {
			return err
		}
		if len(lines) == 0 {
			lines = []verdict.Line{{Item: q.item, Name: q.asks}}
		}
		for _, l := range lines {
			fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s | %s |\n", l.Item, l.Item, l.Name, l.Figure, l.Goal, outcome(l))
			fmt.Printf("%-13s %-44s %-40s %-30s %s\n", l.Item, l.Name, l.Figure, l.Goal, outcome(l))
		}
		if err := section(&details, q, lines); err != nil {
			return err
		}
	}
	b.WriteString(details.String())
	return os.WriteFile(page, []byte(b.String()), 0o644) //nolint:gosec // a page for everybody
}

func outcome(l verdict.Line) string {
	switch {
	case l.Holds:
		return "holds"
	case l.At.IsZero():
		return "not asked"
	default:
		return "**falls short**"
	}
}

// section is what stands below the table about one question.
func section(b *strings.Builder, q question, lines []verdict.Line) error {
	fmt.Fprintf(b, "\n## %s\n\n%s\n", q.item, q.asks)
	if form := forms(lines); form != "" {
		fmt.Fprintf(b, "%s\n", form)
	}
	b.WriteString("\n")
	for _, l := range lines {
		if l.Cause != "" {
			fmt.Fprintf(b, "- %s: %s\n", l.Name, l.Cause)
		}
	}
	folder := filepath.Join(findings, q.item)
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
		if err := os.MkdirAll(pictures, 0o755); err != nil { //nolint:gosec // pictures for everybody
			return err
		}
		if err := os.WriteFile(filepath.Join(pictures, f.Name()), content, 0o644); err != nil { //nolint:gosec // a picture for everybody
			return err
		}
		fmt.Fprintf(b, "\n![%s](quality/%s)\n", name, f.Name())
	}
	return nil
}

// forms says when, on what and in which form the findings were made.
func forms(lines []verdict.Line) string {
	var said []string
	for _, l := range lines {
		if l.At.IsZero() {
			continue
		}
		form := map[bool]string{true: "long", false: "short"}[l.Long]
		one := fmt.Sprintf("Commit %s, %s, %s form.", l.Commit, l.At.Format("2006-01-02"), form)
		if !slices.Contains(said, one) {
			said = append(said, one)
		}
	}
	return strings.Join(said, " ")
}

// found are the findings of an item, in the order they were made.
func found(item string) ([]verdict.Line, error) {
	files, err := filepath.Glob(filepath.Join(findings, item, "*.json"))
	if err != nil {
		return nil, err
	}
	var lines []verdict.Line
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		var l verdict.Line
		if err := json.Unmarshal(text, &l); err != nil {
			return nil, fmt.Errorf("%s: %w", f, err)
		}
		lines = append(lines, l)
	}
	slices.SortStableFunc(lines, func(a, b verdict.Line) int { return a.At.Compare(b.At) })
	return lines, nil
}

// machine names the processor, memory and system the judge runs on.
func machine() string {
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
