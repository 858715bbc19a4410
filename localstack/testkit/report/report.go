// Package report passes the results of tests and benchmarks to the quality
// tool. Without QUALITY_DIR nothing is written.
package report

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Result is one measured value and its target.
type Result struct {
	Check  string // name of a check in localstack/tools/quality, such as "faults"
	Name   string // what was measured; unique within the check
	Value  string // measured value with its unit
	Target string
	Pass   bool
	Note   string // why the target is missed, in figures; or how to read the value

	At time.Time // set by Record
}

// Full reports whether the full form of a check is requested, as `make quality`
// does. Tests run the short form otherwise.
func Full() bool { return os.Getenv("QUALITY_FULL") != "" }

// ShortOrFull returns the value that belongs to the requested form.
func ShortOrFull[T any](short, full T) T {
	if Full() {
		return full
	}
	return short
}

// wrapUp is the time that a check needs to end and to record what it measured.
const wrapUp = time.Minute

// TimeLeft reports whether a long check may begin another round before its deadline. A
// check that stops records what it measured, and that it misses its target by the deadline.
func TimeLeft() bool {
	end, found := lastRound()
	return !found || time.Now().Before(end)
}

// WithDeadline returns a context that ends when TimeLeft does, for a round that can be stopped.
func WithDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if end, found := lastRound(); found {
		return context.WithDeadline(ctx, end)
	}
	return context.WithCancel(ctx)
}

// lastRound returns when the last round must begin. Without the quality tool there is no deadline.
func lastRound() (time.Time, bool) {
	deadline, err := time.Parse(time.RFC3339, os.Getenv("QUALITY_DEADLINE"))
	return deadline.Add(-wrapUp), err == nil
}

// Record writes a result. A second result with the same name replaces the first.
func Record(r Result) error {
	r.At = time.Now().UTC()
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(r.Check, r.Name+".json", text)
}

// Detail writes a Markdown section, such as a table, that the report shows below
// the results of a check.
func Detail(check, title, markdown string) error {
	return writeFile(check, title+".md", []byte(markdown))
}

// writeFile writes a file into the check's folder below QUALITY_DIR.
func writeFile(check, name string, content []byte) error {
	folder := os.Getenv("QUALITY_DIR")
	if folder == "" {
		return nil
	}
	folder = filepath.Join(folder, check)
	if err := os.MkdirAll(folder, 0o750); err != nil { //nolint:gosec // the quality tool sets the folder
		return err
	}
	return os.WriteFile(filepath.Join(folder, escapeName(name)), content, 0o600) //nolint:gosec // as above
}

// UnescapeName returns the name of a result or detail whose file has this name.
func UnescapeName(file string) string {
	return strings.NewReplacer("%2F", "/", "%25", "%").Replace(file)
}

// escapeName returns a name without path separators; other names have other files.
func escapeName(name string) string {
	return strings.NewReplacer("%", "%25", "/", "%2F").Replace(name)
}
