package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"ticketsystem/localstack/repo"
)

// TestTypeScriptClient generates a client from openapi.yaml, compiles it with strict
// TypeScript and plays the demo with it.
func TestTypeScriptClient(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		t.Skip("the client reads the code from the outbox of the local stack")
	}
	folder := filepath.Join(repo.MustRoot(), "localstack", "tests", "typescript")
	if _, err := os.Stat(filepath.Join(folder, "node_modules")); err != nil {
		t.Skip("make test installs the packages")
	}
	npm := exec.CommandContext(t.Context(), "npm", "run", "--silent", "play")
	npm.Dir, npm.Env = folder, append(os.Environ(), "API_URL="+suite.api.Base())
	output, err := npm.CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, output)
	}
	t.Logf("%s", output)
}
