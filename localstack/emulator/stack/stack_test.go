package stack_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"ticketsystem/localstack/emulator/dashboard"
	"ticketsystem/localstack/emulator/stack"
)

func TestInvoke_Lifecycle(t *testing.T) {
	t.Setenv("STACK_TEST_SECRET", "of the developer")
	s, _ := startStack(t, "", nil)
	first := callEcho(t, s)
	if first.Key == "" || first.Secret != "" {
		t.Errorf("environment: got %+v, want the key of the custom resource and no variable of the test process", first)
	}
	if again := callEcho(t, s); again.Pid != first.Pid {
		t.Errorf("a second request started process %d, want the warm process %d", again.Pid, first.Pid)
	}
	for _, path := range []string{"/fail", "/crash", "/sleep"} {
		if status, text := get(t, s.HTTPURL+path); status != 500 || text != "{\"message\":\"Internal Server Error\"}\n" {
			t.Errorf("%s: got %d %s", path, status, text)
		}
		if after := callEcho(t, s); (path == "/fail") != (after.Pid == first.Pid) {
			t.Errorf("after %s: process %d, was %d", path, after.Pid, first.Pid)
		} else {
			first = after
		}
	}
	s.Kill("echo")
	if after := callEcho(t, s); after.Pid == first.Pid {
		t.Errorf("after Kill: still process %d", after.Pid)
	}
	var stats struct {
		Data []struct {
			Name                            string
			Invocations, Errors, ColdStarts int
		}
	}
	_, text := get(t, s.HTTPURL+"/_local/functions")
	if err := json.Unmarshal([]byte(text), &stats); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(stats.Data[0]); got != "{echo 9 3 4}" {
		t.Errorf("got %s, want 9 invocations, 3 errors, 4 cold starts", got)
	}
}

// TestInvoke_Sizes checks that an event or a result above the limits of Lambda is a 500.
func TestInvoke_Sizes(t *testing.T) {
	s, _ := startStack(t, "", nil)
	const limit = 6 << 20
	for path, want := range map[string]int{fmt.Sprint("/large?bytes=", limit-100): 200, fmt.Sprint("/large?bytes=", limit+100): 500} {
		if status, text := get(t, s.HTTPURL+path); status != want {
			t.Errorf("%s: got %d %.100s, want %d", path, status, text, want)
		}
	}
	for size, want := range map[int]string{limit - 100: "", limit: "Request must be smaller than 6291456 bytes for the InvokeFunction operation"} {
		event, err := json.Marshal(map[string]any{"rawPath": "/large", "queryStringParameters": map[string]string{"bytes": "1"}, "body": strings.Repeat("x", size)})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if _, err := s.Invoke(t.Context(), "echo", event); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("event of %d bytes: got %q, want %q", len(event), got, want)
		}
	}
}

func TestInvoke_MaxInstances(t *testing.T) {
	s, _ := startStack(t, "", nil)
	var mu sync.Mutex
	processes := map[int]bool{}
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			output := callEcho(t, s)
			mu.Lock()
			defer mu.Unlock()
			processes[output.Pid] = true
		})
	}
	all.Wait()
	if len(processes) > 8 {
		t.Errorf("%d processes, want at most 8", len(processes))
	}
}

func TestStart_PortInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	_, err = stack.Start(t.Context(), stack.Options{Root: testRepository(t), Port: port, InMemory: true})
	want := "port " + strconv.Itoa(port) + " is in use by another program; stop it or choose another one with PORT"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestStart_UnknownParameter(t *testing.T) {
	_, err := stack.Start(t.Context(), stack.Options{Root: testRepository(t), InMemory: true, Parameters: map[string]string{"Visibilty": "2"}})
	if err == nil || !strings.Contains(err.Error(), "Visibilty") {
		t.Errorf("got %v, want an error that names the parameter", err)
	}
}

// TestServe_RouteThrottle checks that a route refuses requests above its settings in the
// template as API Gateway does, and that the other routes do not.
func TestServe_RouteThrottle(t *testing.T) {
	s, _ := startStack(t, "", nil)
	status, text := 0, ""
	for n := 0; n < 60 && status != http.StatusTooManyRequests; n++ {
		status, text = get(t, s.HTTPURL+"/rare")
	}
	if status != http.StatusTooManyRequests || text != "{\"message\":\"Too Many Requests\"}\n" {
		t.Errorf("got %d %s", status, text)
	}
	for range 5 {
		if status, text := get(t, s.HTTPURL+"/other"); status != http.StatusOK {
			t.Errorf("another route: got %d %s", status, text)
		}
	}
}

// TestServe_Start checks that a page shows where to go and as whom to sign in.
func TestServe_Start(t *testing.T) {
	s, _ := startStack(t, "", func(o *stack.Options) {
		o.Users = []dashboard.User{{Phone: "09120000001", Password: "secret", Role: "admin", Name: "<b>"}}
	})
	status, text := get(t, s.HTTPURL+"/_local/start")
	for _, want := range []string{`href="/app/"`, `href="/docs"`, `href="/_local/"`, "09120000001", "secret", "admin", "&lt;b&gt;"} {
		if status != 200 || !strings.Contains(text, want) {
			t.Errorf("got %d, want a page with %s:\n%s", status, want, text)
		}
	}
}

func TestStart_DataDirInUse(t *testing.T) {
	folder := t.TempDir()
	startStack(t, folder, nil)
	_, err := stack.Start(t.Context(), stack.Options{Root: testRepository(t), DataDir: folder})
	if err == nil || !strings.Contains(err.Error(), "in use by another stack") {
		t.Errorf("got %v", err)
	}
}

func TestStart_KeepsData(t *testing.T) {
	folder := t.TempDir()
	seeds := 0
	seed := func(o *stack.Options) {
		o.Seed = func(context.Context, string, string) error { seeds++; return nil }
	}
	s, stop := startStack(t, folder, seed)
	key := callEcho(t, s).Key
	putItem(t, s, "M#1")
	eventually(t, "log", func() string { return noteLog(t, s) }, "noted INSERT M#1\n")
	// A record written while the stack stops is delivered after the restart.
	putItem(t, s, "M#2")
	stop()
	s, _ = startStack(t, folder, seed)
	if again := callEcho(t, s).Key; again != key {
		t.Errorf("custom resource: got %s after the restart, want %s", again, key)
	}
	putItem(t, s, "M#3")
	eventually(t, "log after the restart", func() string {
		return strings.TrimPrefix(noteLog(t, s), "noted INSERT M#2\n")
	}, "noted INSERT M#3\n")
	if seeds != 1 {
		t.Errorf("seeded %d times, want once", seeds)
	}
}

func TestWebSocket_Connects(t *testing.T) {
	s, _ := startStack(t, "", nil)
	conn, _, err := websocket.Dial(t.Context(), s.SocketURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
}

func TestBuild_ErrorIsShown(t *testing.T) {
	root := copyRepository(t)
	s, _ := startStack(t, "", func(o *stack.Options) { o.Root = root })
	if err := os.WriteFile(filepath.Join(root, "functions", "echo", "broken.go"), []byte("package main\n\nvar x = unknownName\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the build error is shown", func() string {
		get(t, s.HTTPURL+"/items")
		_, text := get(t, s.HTTPURL+"/_local/functions")
		return fmt.Sprint(strings.Contains(text, "undefined: unknownName"))
	}, "true")
}

func TestReload_ChangedTemplate(t *testing.T) {
	root := copyRepository(t)
	template, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s, _ := startStack(t, "", func(o *stack.Options) { o.Root = root })
	callEcho(t, s)
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(root, "template.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	key := func() string {
		_, text := get(t, s.HTTPURL+"/other/7")
		var response struct{ Event struct{ RouteKey string } }
		_ = json.Unmarshal([]byte(text), &response) // an error results in an empty key
		return response.Event.RouteKey
	}
	if got := key(); got != "$default" {
		t.Fatalf("got %q, want $default", got)
	}
	write(strings.Replace(string(template), "Method: POST, Path: \"/items/{id}\"", "Method: GET, Path: \"/other/{id}\"", 1))
	if got := key(); got != "GET /other/{id}" {
		t.Errorf("after the change: got %q", got)
	}
	write("Resources: [broken")
	if got := key(); got != "GET /other/{id}" {
		t.Errorf("with a broken template: got %q, want the last valid one", got)
	}
}
