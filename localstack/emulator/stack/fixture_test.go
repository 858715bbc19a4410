package stack_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ticketsystem/localstack/emulator/stack"
	"ticketsystem/localstack/repo"
)

// testRepository returns the path of a small repository with its own template and
// functions.
func testRepository(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// copyRepository copies the test repository into a folder that a test may change. The
// copy is inside this module, because its functions could not be built elsewhere.
func copyRepository(t *testing.T) string {
	t.Helper()
	root, err := os.MkdirTemp(testRepository(t), "copy-") //nolint:usetesting // t.TempDir is outside of the module
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) }) // git ignores a leftover copy
	text, err := os.ReadFile(filepath.Join("testdata", "template.yaml"))
	if err == nil {
		err = os.WriteFile(filepath.Join(root, "template.yaml"), text, 0o600)
	}
	if err == nil {
		err = os.CopyFS(filepath.Join(root, "functions"), os.DirFS(filepath.Join("testdata", "functions")))
	}
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// startStack starts a stack on the template of testdata. An empty folder keeps all
// data in memory. The returned function or the end of the test stops the stack.
func startStack(t *testing.T, folder string, change func(*stack.Options)) (*stack.Stack, func()) {
	t.Helper()
	engines := filepath.Join(repo.MustRoot(), ".cache")
	o := stack.Options{Root: testRepository(t), DataDir: folder, InMemory: folder == "", EngineDir: engines, Log: &testLog{t: t}}
	if change != nil {
		change(&o)
	}
	s, err := stack.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	stop := sync.OnceFunc(s.Close)
	t.Cleanup(stop)
	return s, stop
}

// testLog writes to the log of a test until the test ends.
type testLog struct {
	t  *testing.T
	mu sync.Mutex
}

func (w *testLog) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.t.Context().Err() == nil {
		w.t.Log(strings.TrimSpace(string(p)))
	}
	return len(p), nil
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// callEcho invokes the echo function over HTTP and returns its output.
func callEcho(t *testing.T, s *stack.Stack) (output struct {
	Key, Secret string
	Pid         int
}) {
	t.Helper()
	status, text := get(t, s.HTTPURL+"/echo")
	if err := json.Unmarshal([]byte(text), &output); status != 200 || err != nil {
		t.Fatalf("got %d %s, %v", status, text, err)
	}
	return output
}

// eventually fails the test unless got returns the wanted text within 30 s.
func eventually(t *testing.T, what string, got func() string, want string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		text := got()
		if text == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: got %q, want %q", what, text, want)
		}
	}
}

func noteLog(t *testing.T, s *stack.Stack) string {
	t.Helper()
	_, text := get(t, s.HTTPURL+"/_local/logs?function=note")
	return text
}
