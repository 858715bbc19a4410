// Package verdict is how a test or a benchmark tells the judge what it found.
// Outside of the judge nothing is written down, and the short form runs.
package report

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

// Result is one finding: a figure beside its goal.
type Result struct {
	Check  string // the slug of a question in localstack/tools/quality, such as "faults"
	Name   string // what was measured; unique within the item
	Value  string // what came out, with its unit
	Target string // what it should be
	Pass   bool
	Note   string // why it falls short, or what one must know to read the figure

	Commit string    // set by Record
	At     time.Time // set by Record
	Full   bool      // set by Record
}

// Full tells whether the long form is asked for, as `make judge` does.
func Full() bool { return os.Getenv("QUALITY_FULL") != "" }

// ShortOrFull is the short or the long value, as the form says.
func ShortOrFull[T any](short, full T) T {
	if Full() {
		return full
	}
	return short
}

// Record hands a finding to the judge, in whose report the findings of an item
// stand in the order they were made.
func Record(r Result) error {
	r.Commit, r.At, r.Full = os.Getenv("QUALITY_COMMIT"), time.Now().UTC(), Full()
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(r.Check, r.Name+".json", text)
}

// Detail hands over a piece of Markdown that stands below the item's findings:
// a table, a list. Its title is the heading.
func Detail(check, title, markdown string) error {
	return writeFile(check, title+".md", []byte(markdown))
}

// Chart hands over a picture that the report shows below the item's findings.
func Chart(check, name string, svg []byte) error { return writeFile(check, name+".svg", svg) }

// writeFile writes a file below the folder that QUALITY_DIR names.
func writeFile(check, name string, content []byte) error {
	folder := os.Getenv("QUALITY_DIR")
	if folder == "" {
		return nil
	}
	folder = filepath.Join(folder, check)
	if err := os.MkdirAll(folder, 0o750); err != nil { //nolint:gosec // the judge's own folder
		return err
	}
	return os.WriteFile(filepath.Join(folder, filepath.Base(name)), content, 0o600) //nolint:gosec // as above
}
