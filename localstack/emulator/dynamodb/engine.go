// Package dynamo starts the DynamoDB engine, makes the template's table in it
// and runs the functions that its stream feeds.
package dynamodb

import (
	"context"
	"errors"
	"fmt"
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

// version of the engine, a package of the npm registry with one binary per platform.
const version = "1.2.1"

// Engine is a running DynamoDB engine. One that others started needs only its URL.
type Engine struct {
	URL     string
	command *exec.Cmd
	exited  chan struct{}
	tempDir string // folder that goes with the engine; empty where the data stay
}

// Config says where an engine lives.
type Config struct {
	CacheDir    string // where its binary is installed
	DataDir     string // folder of its file; empty forgets everything with the engine
	URL         string // where it shall listen
	SysProcAttr *syscall.SysProcAttr
	Logf        func(string, ...any)
}

// Start installs the engine if it is not there yet, starts it and waits until
// it answers.
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
		_ = e.command.Wait() // that it ended is all there is to know
		close(e.exited)
	}()
	if err := e.waitReady(ctx); err != nil {
		e.Close()
		return nil, err
	}
	indexStreamTable(ctx, filepath.Join(c.DataDir, "dynamodb.db"), c.Logf)
	return e, nil
}

// tempDir is one in memory, where the system has such. The engine can
// keep everything in its own memory as well, but there its stream has no index,
// and each write is slower than the one before.
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
			return response.Body.Close()
		}
		select {
		case <-e.exited:
			return errors.New("the DynamoDB engine ended at its start; is its file in use by another stack?")
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
	return errors.New("the DynamoDB engine did not answer within 20 s")
}

// Close ends the engine and waits until its file is written.
func (e *Engine) Close() {
	if e.command == nil {
		return
	}
	_ = e.command.Process.Signal(syscall.SIGTERM) // an error means that it has ended
	select {
	case <-e.exited:
	case <-time.After(5 * time.Second):
		_ = e.command.Process.Kill()
		<-e.exited
	}
	if e.tempDir != "" {
		_ = os.RemoveAll(e.tempDir) // what stays is lost with the machine's memory
	}
}

// installEngine is the path of the engine's binary, which npm brings at the first start.
func installEngine(ctx context.Context, c Config) (string, error) {
	arch := strings.NewReplacer("amd64", "x64").Replace(runtime.GOARCH)
	name := "@dynoxide/" + runtime.GOOS + "-" + arch
	folder := filepath.Join(c.CacheDir, "dynoxide-"+version)
	binary := filepath.Join(folder, "node_modules", filepath.FromSlash(name), "dynoxide")
	if _, err := os.Stat(binary); err == nil {
		return binary, nil
	}
	c.Logf("installing the DynamoDB engine (npm %s@%s) ...", name, version)
	command := exec.CommandContext(ctx, "npm", "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", folder, name+"@"+version)
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm install %s@%s: %w\n%s\nDYNAMODB_ENDPOINT=http://... uses another engine that runs already", name, version, err, output)
	}
	return binary, nil
}

// indexStreamTable keeps the engine quick as its file grows: it never drops stream records
// and looks for new ones without an index. AWS keeps them for 24 hours. The
// newest one stays, since sequence numbers go on from it.
func indexStreamTable(ctx context.Context, file string, logf func(string, ...any)) {
	const script = `
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], timeout=10)
with db:
    db.execute("CREATE INDEX IF NOT EXISTS stack_stream ON _stream_records(table_name, CAST(sequence_number AS INTEGER))")
    db.execute("DELETE FROM _stream_records WHERE created_at < ? AND id < (SELECT MAX(id) FROM _stream_records)", (time.time() - 86400,))
`
	if output, err := exec.CommandContext(ctx, "python3", "-c", script, file).CombinedOutput(); err != nil {
		logf("the engine's stream is not indexed, it slows down with many writes: %v %s", err, output)
	}
}

// FreeURL is an address on this machine that nobody listens on now.
func FreeURL() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return "http://" + listener.Addr().String(), listener.Close()
}
