package lambda

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// builder compiles functions with one command at a time. Builds that a request waits for have
// priority over background builds.
type builder struct {
	ctx            context.Context // ends a running build
	root, buildDir string          // repository and folder of the binaries
	logf           func(string, ...any)

	cond   sync.Cond
	busy   bool
	urgent int

	mu       sync.Mutex
	modTimes map[string]cachedModTime
	failures map[string]string // output of the compiler by function
}

// cachedModTime caches the newest modification time of a folder for a second, because
// walking the sources takes longer than a request.
type cachedModTime struct {
	checkedAt time.Time
	modTime   time.Time
}

func newBuilder(ctx context.Context, root, buildDir string, logf func(string, ...any)) *builder {
	return &builder{ctx: ctx, root: root, buildDir: buildDir, logf: logf, cond: sync.Cond{L: new(sync.Mutex)}, modTimes: map[string]cachedModTime{}, failures: map[string]string{}}
}

// binary returns the path of a function's executable.
func (b *builder) binary(name string) string {
	return filepath.Join(b.buildDir, name)
}

// builtAt returns the modification time of a function's binary, zero if it is missing
// or older than its sources.
func (b *builder) builtAt(name string) time.Time {
	info, err := os.Stat(b.binary(name))
	if err != nil || b.newestSource(name).After(info.ModTime()) {
		return time.Time{}
	}
	return info.ModTime()
}

// needsBuild reports whether a function must be built.
func (b *builder) needsBuild(name string) bool { return b.builtAt(name).IsZero() }

// newestSource returns the modification time of the newest source file of a function.
func (b *builder) newestSource(name string) time.Time {
	var newest time.Time
	for _, path := range []string{"go.mod", "pkg", "infra", filepath.Join("functions", name)} {
		if changed := b.lastModified(filepath.Join(b.root, path)); changed.After(newest) {
			newest = changed
		}
	}
	return newest
}

func (b *builder) lastModified(path string) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if seen, ok := b.modTimes[path]; ok && time.Since(seen.checkedAt) < time.Second {
		return seen.modTime
	}
	var newest time.Time
	// A missing folder is ignored: go build reports it.
	_ = filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !strings.HasSuffix(name, "_test.go") {
			if info, err := entry.Info(); err == nil && info.ModTime().After(newest) {
				newest = info.ModTime()
			}
		}
		return nil
	})
	b.modTimes[path] = cachedModTime{checkedAt: time.Now(), modTime: newest}
	return newest
}

// build brings the binaries of functions up to date with one command. The error contains the
// output of the compiler.
func (b *builder) build(urgent bool, names ...string) error {
	b.acquire(urgent)
	defer b.release()
	if b.ctx.Err() != nil {
		return errClosed
	}
	if !slices.ContainsFunc(names, b.needsBuild) {
		return nil
	}
	unlock, err := b.lock()
	if err != nil {
		return err
	}
	defer unlock()
	old := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !b.needsBuild(name) })
	if len(old) == 0 { // another stack built them
		return nil
	}
	if urgent {
		b.logf("building %s ...", strings.Join(old, ", "))
	}
	newest := map[string]time.Time{}
	arguments := []string{"build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", b.buildDir + "/"}
	for _, name := range old {
		newest[name] = b.newestSource(name)
		arguments = append(arguments, "./functions/"+name)
	}
	command := exec.CommandContext(b.ctx, "go", arguments...)
	command.Dir = b.root
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	command.SysProcAttr = ProcessAttributes()
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	output, err := command.CombinedOutput()
	if b.ctx.Err() != nil {
		return errClosed
	}
	return b.finish(newest, err, output)
}

// finish records the result of a build of functions, with the times of their newest sources.
func (b *builder) finish(newest map[string]time.Time, err error, output []byte) error {
	for name, modified := range newest {
		if err == nil || len(newest) == 1 { // the output of several names no function
			b.recordResult(name, err, output)
		}
		// The linker does not write an unchanged binary, so its time is set to that of
		// the sources.
		if err == nil && b.needsBuild(name) {
			if err := os.Chtimes(b.binary(name), modified, modified); err != nil {
				return err
			}
		}
	}
	if err != nil {
		return fmt.Errorf("go build of %s: %w\n%s", strings.Join(slices.Sorted(maps.Keys(newest)), ", "), err, output)
	}
	return nil
}

// recordResult keeps the output of a failed build until a build succeeds.
func (b *builder) recordResult(name string, err error, output []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if delete(b.failures, name); err != nil {
		b.failures[name] = fmt.Sprintf("%v\n%s", err, output)
	}
}

// failure returns the output of the compiler if the latest build of a function failed.
func (b *builder) failure(name string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failures[name]
}

// lock prevents other stacks from building into the same folder at the same time.
func (b *builder) lock() (unlock func(), err error) {
	if err := os.MkdirAll(b.buildDir, 0o750); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(b.buildDir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock the folder of binaries: %w", err), file.Close())
	}
	return func() { _ = file.Close() }, nil // releases the lock
}

func (b *builder) acquire(urgent bool) {
	b.cond.L.Lock()
	defer b.cond.L.Unlock()
	if urgent {
		b.urgent++
		defer func() { b.urgent-- }()
	}
	for b.busy || !urgent && b.urgent > 0 {
		b.cond.Wait()
	}
	b.busy = true
}

func (b *builder) release() {
	b.cond.L.Lock()
	b.busy = false
	b.cond.L.Unlock()
	b.cond.Broadcast()
}
