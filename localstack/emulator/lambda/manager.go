// Package lambda builds the functions of this repository and runs them behind
// the Lambda Runtime API, each instance a process of its own.
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

// maxPayload is the most that a function may answer, in bytes (AWS: 6 MB and a bit).
const maxPayload = 6291556

// idleTimeout is how long an instance is kept without work.
const idleTimeout = 5 * time.Minute

// Function is what must be known to run one function.
type Function struct {
	Name    string // its folder under functions/
	ARN     string
	Timeout time.Duration
	Memory  int // MB; told to the function, not enforced
	// Environment gives its variables; it may block until another resource exists.
	Environment func() (map[string]string, error)
}

// Config is what all functions share.
type Config struct {
	Root           string // the repository
	BuildDir       string // where binaries are kept
	MaxConcurrency int    // instances of one function at once
	Env            map[string]string
	// InstanceEnv gives variables that one instance has to itself; they win over all
	// others. May be nil.
	InstanceEnv func(function, instance string) map[string]string
	Logf        func(string, ...any)
}

// FunctionError is a failed invocation: an error that the function returned, a
// crash or a timeout.
type FunctionError struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

func (e *FunctionError) Error() string { return e.Message }

// Manager runs the functions.
type Manager struct {
	config  Config
	builder *builder
	server  *http.Server
	address string
	stop    context.CancelFunc

	instances sync.Map // id -> *instance
	mu        sync.Mutex
	pools     map[string]*pool
}

// New starts the runtime API, which lives until Close; functions start when they are first invoked.
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

// Define replaces the set of functions. Instances of older definitions end as
// soon as they are idle.
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

// Invoke runs a function and returns its answer. The error is a *FunctionError
// when the function failed, ctx's when the caller did not want to wait longer
// (the function still runs to its end), or says why it could not be started.
func (m *Manager) Invoke(ctx context.Context, name string, payload []byte) ([]byte, error) {
	return m.InvokeAsync(name, payload).Wait(ctx)
}

// InvokeAsync queues an invocation without waiting for it. Invocations of one
// function start in the order of these calls.
func (m *Manager) InvokeAsync(name string, payload []byte) *Invocation {
	inv := &Invocation{id: newUUID(), payload: payload, done: make(chan struct{})}
	m.mu.Lock()
	p := m.pools[name]
	m.mu.Unlock()
	if p == nil {
		inv.complete(nil, fmt.Errorf("no function %q in the template", name))
		return inv
	}
	p.submit(inv)
	return inv
}

// Prepare waits until a function can be started: built, its environment known.
// What went wrong shows at the invocation.
func (m *Manager) Prepare(name string) {
	p := m.pool(name)
	if p == nil {
		return
	}
	p.mu.Lock()
	f, prepared := p.function, p.prepared || p.closed
	p.mu.Unlock()
	if (!prepared || m.builder.needsBuild(name)) && m.builder.build(name, true) == nil {
		_, _ = f.Environment()
	}
}

// Program is what a process of a function is started with: its binary, built,
// and its environment but for the address of the runtime API.
func (m *Manager) Program(name string) (binary string, env []string, err error) {
	p := m.pool(name)
	if p == nil {
		return "", nil, fmt.Errorf("no function %q in the template", name)
	}
	if err := m.builder.build(name, true); err != nil {
		return "", nil, err
	}
	p.mu.Lock()
	f := p.function
	p.mu.Unlock()
	env, err = m.environment(f)
	return m.builder.binary(name), env, err
}

// BuildAll builds what is not built yet, in the background of requests.
func (m *Manager) BuildAll(ctx context.Context) {
	names, failed := m.functionNames(), 0
	if !slices.ContainsFunc(names, m.builder.needsBuild) {
		return
	}
	for i, name := range names {
		if ctx.Err() != nil {
			return
		}
		if err := m.builder.build(name, false); err != nil && ctx.Err() == nil {
			failed++
			m.config.Logf("%v", err)
		}
		if (i+1)%6 == 0 || i+1 == len(names) {
			m.config.Logf("built %d of %d functions", i+1-failed, len(names))
		}
	}
}

// Kill ends a function's instances whatever they are doing; work that was
// queued goes to new ones.
func (m *Manager) Kill(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.pools[name]; p != nil {
		p.kill()
	}
}

// KillInstance ends one process whatever it is doing, as a crash would. It is
// false when there is none with this id.
func (m *Manager) KillInstance(id string) bool {
	found, _ := m.instances.Load(id)
	inst, known := found.(*instance)
	if known {
		inst.kill()
	}
	return known
}

// Stats are the counters of all functions, by name.
func (m *Manager) Stats() []Stats {
	all := []Stats{}
	for _, name := range m.functionNames() {
		if p := m.pool(name); p != nil {
			stats := p.stats.snapshot()
			p.mu.Lock()
			stats.Name, stats.Instances = name, len(p.instances)
			p.mu.Unlock()
			all = append(all, stats)
		}
	}
	return all
}

// Logs are the last lines that a function wrote, oldest first.
func (m *Manager) Logs(name string) []string {
	if p := m.pool(name); p != nil {
		return p.stats.logLines()
	}
	return nil
}

// Close ends every instance and the runtime API.
func (m *Manager) Close() {
	m.stop()
	for _, name := range m.functionNames() {
		m.pool(name).close()
	}
	_ = m.server.Close() // nothing is left to be told
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

// environment is all that a process sees: nothing of the developer's own but
// the three variables that every program may expect.
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
		"GOMAXPROCS":                      strconv.Itoa(cpuCount(f.Memory)),
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

// cpuCount is how many of them a function's memory comes with. Lambda gives a
// whole one per 1769 MB and throttles what has less; more threads than that only
// get in each other's way.
func cpuCount(memory int) int { return max(1, memory/1769) }

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

// newUUID is a random identifier in the form of Lambda's request ids.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	text := hex.EncodeToString(b[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}
