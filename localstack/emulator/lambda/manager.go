// Package lambda emulates Lambda: it builds the functions of this repository and runs
// their instances as processes that use the Lambda Runtime API.
package lambda

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Limits of Lambda for the event and the result of a function, in bytes.
const (
	maxEvent  = 6 << 20
	maxResult = 6291556
)

// idleTimeout is how long an idle instance is kept.
const idleTimeout = time.Minute

// Function describes one function.
type Function struct {
	Name    string // its folder under functions/
	ARN     string
	Timeout time.Duration
	Memory  int // MB; passed to the function, not enforced
	// Environment returns its variables. It may block until a custom resource is
	// created.
	Environment func() (map[string]string, error)
}

// Config holds the settings of all functions.
type Config struct {
	Root           string // path of the repository
	BuildDir       string // folder of the binaries
	MaxConcurrency int    // instances of one function
	Env            map[string]string
	// InstanceEnv returns variables of a single instance. They override all others.
	// It may be nil.
	InstanceEnv func(function, instance string) map[string]string
	Logf        func(string, ...any)
}

// FunctionError is a failed invocation: an error of the function, a crash or a
// timeout.
type FunctionError struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

func (e *FunctionError) Error() string { return e.Message }

// Manager builds and runs functions.
type Manager struct {
	config  Config
	builder *builder
	server  *http.Server
	address string
	stop    context.CancelFunc

	instances sync.Map // by instance id
	mu        sync.Mutex
	pools     map[string]*pool
}

// New starts the runtime API. Functions are built and started at their first
// invocation.
func New(ctx context.Context, config Config) (*Manager, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("lambda runtime API: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	m := &Manager{
		config:  config,
		builder: newBuilder(ctx, config.Root, config.BuildDir, config.Logf),
		address: listener.Addr().String(),
		stop:    stop,
		pools:   map[string]*pool{},
	}
	m.server = &http.Server{Handler: m.runtimeAPI(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = m.server.Serve(listener) }() // ends with Close
	go m.expire(ctx)
	return m, nil
}

// Define replaces the set of functions. Instances of an older definition end when
// they become idle.
func (m *Manager) Define(functions []Function) {
	m.mu.Lock()
	defer m.mu.Unlock()
	defined := map[string]bool{}
	for _, f := range functions {
		defined[f.Name] = true
		if p, ok := m.pools[f.Name]; ok {
			p.define(f)
			continue
		}
		m.pools[f.Name] = &pool{manager: m, name: f.Name, function: f, instances: map[*instance]bool{}}
	}
	for name, p := range m.pools {
		if !defined[name] {
			p.close()
			delete(m.pools, name)
		}
	}
}

// Invoke runs a function and returns its result. It returns a *FunctionError if the
// function fails, the error of ctx if ctx ends first (the function continues), and
// another error if the function cannot be started.
func (m *Manager) Invoke(ctx context.Context, name string, payload []byte) ([]byte, error) {
	return m.InvokeAsync(name, payload).Wait(ctx)
}

// InvokeAsync queues an invocation and returns at once. Invocations of one function
// start in the order of the calls.
func (m *Manager) InvokeAsync(name string, payload []byte) *Invocation {
	inv := &Invocation{id: newUUID(), payload: payload, done: make(chan struct{})}
	m.mu.Lock()
	p := m.pools[name]
	m.mu.Unlock()
	switch {
	case p == nil:
		inv.complete(nil, fmt.Errorf("no function %q in the template", name))
		return inv
	case len(payload) > maxEvent:
		inv.complete(nil, &FunctionError{Type: "RequestTooLargeException", Message: fmt.Sprintf("Request must be smaller than %d bytes for the InvokeFunction operation", maxEvent)})
		return inv
	}
	p.submit(inv)
	return inv
}

// Prepare waits until a function is built and its environment is known. Errors are
// reported by the next invocation.
func (m *Manager) Prepare(name string) {
	p := m.pool(name)
	if p == nil {
		return
	}
	p.mu.Lock()
	f, prepared := p.function, p.prepared || p.closed
	p.mu.Unlock()
	if (!prepared || m.builder.needsBuild(name)) && m.builder.build(true, name) == nil {
		_, _ = f.Environment()
	}
}

// Program returns the built binary of a function and its environment without
// AWS_LAMBDA_RUNTIME_API.
func (m *Manager) Program(name string) (binary string, env []string, err error) {
	p := m.pool(name)
	if p == nil {
		return "", nil, fmt.Errorf("no function %q in the template", name)
	}
	if err := m.builder.build(true, name); err != nil {
		return "", nil, err
	}
	p.mu.Lock()
	f := p.function
	p.mu.Unlock()
	env, err = m.environment(f)
	return m.builder.binary(name), env, err
}

// buildAtOnce is how many functions BuildAll builds with one command. A request waits for it.
const buildAtOnce = 12

// BuildAll builds all functions that are not up to date. Builds for requests have
// priority.
func (m *Manager) BuildAll(ctx context.Context) {
	names, done := m.functionNames(), 0
	if !slices.ContainsFunc(names, m.builder.needsBuild) {
		return
	}
	for some := range slices.Chunk(names, buildAtOnce) {
		if err := m.builder.build(false, some...); err == nil {
			done += len(some)
		} else {
			done += m.buildEach(ctx, some)
		}
		if ctx.Err() != nil {
			return
		}
		m.config.Logf("built %d of %d functions", done, len(names))
	}
}

// buildEach builds functions one by one, after one of them failed.
func (m *Manager) buildEach(ctx context.Context, names []string) (done int) {
	for _, name := range names {
		if err := m.builder.build(false, name); err == nil {
			done++
		} else if ctx.Err() == nil {
			m.config.Logf("%v", err)
		}
	}
	return done
}

// Kill kills all instances of a function. Queued invocations run on new instances.
func (m *Manager) Kill(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.pools[name]; p != nil {
		p.kill()
	}
}

// KillInstance kills one instance, as a crash would. It reports false if the id is
// unknown.
func (m *Manager) KillInstance(id string) bool {
	found, _ := m.instances.Load(id)
	inst, known := found.(*instance)
	if known {
		inst.kill()
	}
	return known
}

// Stats returns the statistics of all functions by name.
func (m *Manager) Stats() []Stats {
	all := []Stats{}
	for _, name := range m.functionNames() {
		if p := m.pool(name); p != nil {
			stats := p.stats.snapshot()
			p.mu.Lock()
			stats.Name, stats.Instances = name, len(p.instances)
			for inst := range p.instances {
				stats.CPU += milliseconds(CPUTime(inst.command.Process.Pid))
			}
			p.mu.Unlock()
			stats.BuildError = m.builder.failure(name)
			all = append(all, stats)
		}
	}
	return all
}

// Logs returns the latest log lines of a function, oldest first.
func (m *Manager) Logs(name string) []string {
	if p := m.pool(name); p != nil {
		return p.stats.logLines()
	}
	return nil
}

// Close kills all instances and stops the runtime API.
func (m *Manager) Close() {
	m.stop()
	for _, name := range m.functionNames() {
		m.pool(name).close()
	}
	_ = m.server.Close() // no instance is left
}

func (m *Manager) expire(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-time.After(idleTimeout / 5):
			for _, name := range m.functionNames() {
				if p := m.pool(name); p != nil {
					p.expire(now.Add(-idleTimeout))
				}
			}
		}
	}
}

// environment returns the variables of a function's process. Of this process's own
// environment it passes on only three standard variables.
func (m *Manager) environment(f Function) ([]string, error) {
	own, err := f.Environment()
	if err != nil {
		return nil, err
	}
	variables := map[string]string{
		"AWS_LAMBDA_FUNCTION_NAME":        f.Name,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(f.Memory),
		"AWS_LAMBDA_FUNCTION_VERSION":     "$LATEST",
		"AWS_LAMBDA_LOG_GROUP_NAME":       "/aws/lambda/" + f.Name,
		"AWS_EXECUTION_ENV":               "AWS_Lambda_provided.al2023",
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"LAMBDA_TASK_ROOT":                filepath.Dir(m.builder.binary(f.Name)),
		"_HANDLER":                        "bootstrap",
		"TZ":                              ":UTC",
	}
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		if v, ok := os.LookupEnv(name); ok {
			variables[name] = v
		}
	}
	for _, layer := range []map[string]string{m.config.Env, own} {
		for name, v := range layer {
			variables[name] = v
		}
	}
	env := make([]string, 0, len(variables))
	for name, v := range variables {
		env = append(env, name+"="+v)
	}
	return env, nil
}

func (m *Manager) functionNames() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := make([]string, 0, len(m.pools))
	for name := range m.pools {
		names = append(names, name)
	}
	slices.SortFunc(names, strings.Compare)
	return names
}

func (m *Manager) pool(name string) *pool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.pools[name]
}

// newUUID returns a random id in the format of Lambda request ids.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand does not fail
	text := hex.EncodeToString(b[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}
