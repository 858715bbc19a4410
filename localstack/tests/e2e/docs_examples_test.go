package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ticketsystem/localstack/repo"
)

// TestAPIGuideExamples runs the shell blocks of docs/api.md in order in one shell. They
// read codes from the local stack's outbox. It does not run in parallel, because it
// creates a category.
func TestAPIGuideExamples(t *testing.T) {
	if suite.local == nil {
		return
	}
	guide, err := os.ReadFile(filepath.Join(repo.MustRoot(), "docs", "api.md"))
	if err != nil {
		t.Fatal(err)
	}
	script := shellBlocks(string(guide))
	if strings.Count(script, "\n: line ") < 10 {
		t.Fatalf("got few commands:\n%s", script)
	}
	shell := exec.CommandContext(t.Context(), "bash", "-euxo", "pipefail", "-c", script)
	shell.Env = append(os.Environ(), "api="+suite.api.Base())
	output, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v; end of the output:\n%s", err, output[max(0, len(output)-4000):])
	}
	t.Logf("%s", output)
}

// shellBlocks returns the sh blocks of a Markdown text, each with its line number for
// error messages.
func shellBlocks(markdown string) string {
	var script strings.Builder
	inside := false
	for i, line := range strings.Split(markdown, "\n") {
		switch {
		case line == "```sh":
			inside = true
			fmt.Fprintf(&script, "\n: line %d\n", i+2)
		case line == "```":
			inside = false
		case inside:
			script.WriteString(line + "\n")
		}
	}
	return script.String()
}
