package lambda

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// builder compiles functions, one at a time; what a request waits for goes
// before what is built ahead of need.
type builder struct {
	ctx       context.Context // ends a build that is under way
	root, out string          // repository; folder of the binaries
	logf      func(string, ...any)

	turn   sync.Cond
	busy   bool
	urgent int

	mu     sync.Mutex
	looked map[string]look
}

// look is a folder's newest change, remembered for a second: walking the
// sources at every request would cost more than the request.
type look struct {
	at     time.Time
	newest time.Time
}

func newBuilder(ctx context.Context, root, out string, logf func(string, ...any)) *builder {
	return &builder{ctx: ctx, root: root, out: out, logf: logf, turn: sync.Cond{L: new(sync.Mutex)}, looked: map[string]look{}}
}

// binary is the path of a function's executable.
func (b *builder) binary(name string) string {
	return filepath.Join(b.out, name, "bootstrap")
}

// stamp is the time of a function's binary, zero when there is none or when
// sources are newer than it.
func (b *builder) stamp(name string) time.Time {
	info, err := os.Stat(b.binary(name))
	if err != nil || b.newest(name).After(info.ModTime()) {
		return time.Time{}
	}
	return info.ModTime()
}

// stale tells whether a function must be built.
func (b *builder) stale(name string) bool { return b.stamp(name).IsZero() }

// newest is the last change of anything that a function is built from.
func (b *builder) newest(name string) time.Time {
	var newest time.Time
	for _, path := range []string{"go.mod", "pkg", "infra", filepath.Join("functions", name)} {
		if changed := b.changed(filepath.Join(b.root, path)); changed.After(newest) {
			newest = changed
		}
	}
	return newest
}

func (b *builder) changed(path string) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if seen, ok := b.looked[path]; ok && time.Since(seen.at) < time.Second {
		return seen.newest
	}
	var newest time.Time
	// A folder that is not there is no change: go build itself will complain.
	_ = filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !strings.HasSuffix(name, "_test.go") {
			if info, err := entry.Info(); err == nil && info.ModTime().After(newest) {
				newest = info.ModTime()
			}
		}
		return nil
	})
	b.looked[path] = look{at: time.Now(), newest: newest}
	return newest
}

// build brings a function's binary up to date. The error carries what the
// compiler said.
func (b *builder) build(name string, urgent bool) error {
	b.acquire(urgent)
	defer b.release()
	if b.ctx.Err() != nil {
		return errClosed
	}
	if !b.stale(name) {
		return nil
	}
	unlock, err := b.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if !b.stale(name) { // another stack was quicker
		return nil
	}
	if urgent {
		b.logf("building %s ...", name)
	}
	newest := b.newest(name)
	command := exec.CommandContext(b.ctx, "go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w",
		"-o", b.binary(name), "./functions/"+name)
	command.Dir = b.root
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	command.SysProcAttr = ProcessAttributes()
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	if output, err := command.CombinedOutput(); b.ctx.Err() != nil {
		return errClosed
	} else if err != nil {
		return fmt.Errorf("go build ./functions/%s: %w\n%s", name, err, output)
	}
	// The linker leaves an unchanged binary alone; let its time say that it was
	// compared with these sources.
	if b.stale(name) {
		return os.Chtimes(b.binary(name), newest, newest)
	}
	return nil
}

// lock keeps other stacks, which are processes of their own, from building into
// the same folder at the same time.
func (b *builder) lock() (unlock func(), err error) {
	if err := os.MkdirAll(b.out, 0o750); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(b.out, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock the folder of binaries: %w", err), file.Close())
	}
	return func() { _ = file.Close() }, nil // which also unlocks it
}

func (b *builder) acquire(urgent bool) {
	b.turn.L.Lock()
	defer b.turn.L.Unlock()
	if urgent {
		b.urgent++
		defer func() { b.urgent-- }()
	}
	for b.busy || !urgent && b.urgent > 0 {
		b.turn.Wait()
	}
	b.busy = true
}

func (b *builder) release() {
	b.turn.L.Lock()
	b.busy = false
	b.turn.L.Unlock()
	b.turn.Broadcast()
}
