// Package verdict is how a test or a benchmark tells the judge what it found.
// Outside of the judge nothing is written down, and the short form runs.
package verdict

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

// Line is one finding: a figure beside its goal.
type Line struct {
	Item   string // the slug of a question in localstack/judge, such as "faults"
	Name   string // what was measured; unique within the item
	Figure string // what came out, with its unit
	Goal   string // what it should be
	Holds  bool
	Cause  string // why it falls short, or what one must know to read the figure

	Commit string    // set by Record
	At     time.Time // set by Record
	Long   bool      // set by Record
}

// Long tells whether the long form is asked for, as `make judge` does.
func Long() bool { return os.Getenv("JUDGE_LONG") != "" }

// Pick is the short or the long value, as the form says.
func Pick[T any](short, long T) T {
	if Long() {
		return long
	}
	return short
}

// Record hands a finding to the judge, in whose report the findings of an item
// stand in the order they were made.
func Record(l Line) error {
	l.Commit, l.At, l.Long = os.Getenv("JUDGE_COMMIT"), time.Now().UTC(), Long()
	text, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return err
	}
	return keep(l.Item, l.Name+".json", text)
}

// Detail hands over a piece of Markdown that stands below the item's findings:
// a table, a list. Its title is the heading.
func Detail(item, title, markdown string) error {
	return keep(item, title+".md", []byte(markdown))
}

// Plot hands over a picture that the report shows below the item's findings.
func Plot(item, name string, svg []byte) error { return keep(item, name+".svg", svg) }

// keep writes a file below the folder that JUDGE_OUT names.
func keep(item, name string, content []byte) error {
	folder := os.Getenv("JUDGE_OUT")
	if folder == "" {
		return nil
	}
	folder = filepath.Join(folder, item)
	if err := os.MkdirAll(folder, 0o750); err != nil { //nolint:gosec // the judge's own folder
		return err
	}
	return os.WriteFile(filepath.Join(folder, filepath.Base(name)), content, 0o600) //nolint:gosec // as above
}
