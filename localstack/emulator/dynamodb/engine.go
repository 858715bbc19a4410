// Package dynamodb runs the DynamoDB engine, creates the template's table and invokes
// functions with the records of its stream.
package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// version of the engine, an npm package with one binary per platform.
const version = "1.2.1"

// Engine is a running DynamoDB engine. For an external engine only URL is set.
type Engine struct {
	URL     string
	command *exec.Cmd
	exited  chan struct{}
	tempDir string // deleted by Close; empty if the data are kept
}

// Config configures an engine.
type Config struct {
	CacheDir    string // where its binary is installed
	DataDir     string // folder of the database file; empty for a temporary one
	URL         string // address to listen on
	SysProcAttr *syscall.SysProcAttr
	Logf        func(string, ...any)
}

// Start installs the engine if necessary, starts it and waits until it accepts
// requests.
func Start(ctx context.Context, c Config) (*Engine, error) {
	binary, err := installEngine(ctx, c)
	if err != nil {
		return nil, err
	}
	e := &Engine{URL: c.URL, exited: make(chan struct{})}
	if c.DataDir == "" {
		if e.tempDir, err = tempDir(); err != nil {
			return nil, err
		}
		c.DataDir = e.tempDir
	}
	_, port, _ := strings.Cut(strings.TrimPrefix(c.URL, "http://"), ":")
	e.command = exec.Command(binary, "serve", "--port", port, "--db-path", filepath.Join(c.DataDir, "dynamodb.db"))
	e.command.SysProcAttr = c.SysProcAttr
	if err := e.command.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start the DynamoDB engine: %w", err), os.RemoveAll(e.tempDir))
	}
	go func() {
		_ = e.command.Wait() // the exit status does not matter
		close(e.exited)
	}()
	if err := e.waitReady(ctx); err != nil {
		e.Close()
		return nil, err
	}
	indexStreamTable(ctx, filepath.Join(c.DataDir, "dynamodb.db"), c.Logf)
	return e, nil
}

// tempDir returns a new folder, in memory if the system has /dev/shm. The engine's
// own in-memory mode is not used, because its stream has no index and writes slow
// down.
func tempDir() (string, error) {
	const memory = "/dev/shm"
	parent := ""
	if info, err := os.Stat(memory); err == nil && info.IsDir() {
		parent = memory
	}
	return os.MkdirTemp(parent, "dynamodb-")
}

func (e *Engine) waitReady(ctx context.Context) error {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		if response, err := http.Get(e.URL); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK { // and not another server on the port
				return nil
			}
		}
		select {
		case <-e.exited:
			return errors.New("the DynamoDB engine exited during startup; its file may be in use by another stack")
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
	return errors.New("the DynamoDB engine did not respond within 20 s")
}

// Close stops the engine and waits until it has written its file.
func (e *Engine) Close() {
	if e.command == nil {
		return
	}
	_ = e.command.Process.Signal(syscall.SIGTERM) // an error means that the engine has exited
	select {
	case <-e.exited:
	case <-time.After(5 * time.Second):
		_ = e.command.Process.Kill()
		<-e.exited
	}
	if e.tempDir != "" {
		_ = os.RemoveAll(e.tempDir) // a leftover is lost at the next reboot
	}
}

// installEngine returns the path of the engine's binary, installing it with npm first
// if necessary. Several stacks may do it at once: what one of them runs is complete.
func installEngine(ctx context.Context, c Config) (string, error) {
	arch := strings.NewReplacer("amd64", "x64").Replace(runtime.GOARCH)
	name := "@dynoxide/" + runtime.GOOS + "-" + arch
	folder := filepath.Join(c.CacheDir, "dynoxide-"+version)
	binary := filepath.Join(folder, "node_modules", filepath.FromSlash(name), "dynoxide")
	if _, err := os.Stat(binary); err == nil {
		return binary, nil
	}
	c.Logf("installing the DynamoDB engine (npm %s@%s) ...", name, version)
	if err := os.MkdirAll(c.CacheDir, 0o750); err != nil {
		return "", err
	}
	fresh, err := os.MkdirTemp(c.CacheDir, "dynoxide-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(fresh) }()
	command := exec.CommandContext(ctx, "npm", "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", fresh, name+"@"+version)
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm install %s@%s: %w\n%s\nset DYNAMODB_ENDPOINT to use another engine", name, version, err, output)
	}
	if os.Rename(fresh, folder) == nil {
		return binary, nil
	}
	if _, err := os.Stat(binary); err == nil { // a stack that starts at the same time has installed it meanwhile, and runs it
		return binary, nil
	}
	return binary, errors.Join(os.RemoveAll(folder), os.Rename(fresh, folder))
}

// indexStreamTable works around an engine that never deletes stream records and reads
// them without an index. It adds the index and deletes records older than 24 hours,
// as AWS does. The newest record stays, because sequence numbers continue from it.
func indexStreamTable(ctx context.Context, file string, logf func(string, ...any)) {
	const script = `
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], timeout=10)
with db:
    db.execute("CREATE INDEX IF NOT EXISTS stack_stream ON _stream_records(table_name, CAST(sequence_number AS INTEGER))")
    db.execute("DELETE FROM _stream_records WHERE created_at < ? AND id < (SELECT MAX(id) FROM _stream_records)", (time.time() - 86400,))
`
	if output, err := exec.CommandContext(ctx, "python3", "-c", script, file).CombinedOutput(); err != nil {
		logf("the stream of the engine is not indexed and slows down with many writes: %v %s", err, output)
	}
}

// FreeURL returns a local URL with a free port. Systems give the ports above 32767 (macOS: 49151)
// to every server that asks for any port, such as those of other tests: one could be taken before the
// engine listens on it.
func FreeURL() (string, error) {
	var err error
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(12_000))
		var listener net.Listener
		if listener, err = net.Listen("tcp", address); err == nil {
			return "http://" + address, listener.Close()
		}
	}
	return "", err
}
