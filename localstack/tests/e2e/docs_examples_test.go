package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestAPIGuideExamples runs the commands of docs/api.md as a reader would, block after
// block in one shell. They read codes from the local stack's outbox. It runs
// alone, since they make a category.
func TestAPIGuideExamples(t *testing.T) {
	if suite.local == nil {
		return
	}
	guide, err := os.ReadFile("../../../docs/api.md")
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
		t.Fatalf("%v; the end of what it says:\n%s", err, output[max(0, len(output)-4000):])
	}
	t.Logf("%s", output)
}

// shellBlocks are the sh blocks of a Markdown text, each behind the line it
// begins at, for who has to find what failed.
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
