package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A bug is a plausible programming error, stored as a patch of the source tree.
type bug struct {
	name        string // file name, "<area>-<what>"
	description string
	suite       []string
	patch       string
	files       []string
}

// patchDir is the folder of the patches in the repository.
const patchDir = "localstack/tools/seededbugs/patches"

// readBugs reads all patches.
func readBugs(root string) ([]bug, error) {
	paths, err := filepath.Glob(filepath.Join(root, patchDir, "*.patch"))
	if err != nil {
		return nil, err
	}
	var bugs []bug
	for _, path := range paths {
		b, err := readBug(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
		bugs = append(bugs, b)
	}
	return bugs, nil
}

// readBug reads a patch. Its header describes the bug and the tests that should
// detect it: a package, and `-run` with a pattern.
func readBug(path string) (bug, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return bug{}, err
	}
	b := bug{name: strings.TrimSuffix(filepath.Base(path), ".patch"), patch: path}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if description, ok := strings.CutPrefix(line, "Bug: "); ok {
			b.description = description
		}
		if suite, ok := strings.CutPrefix(line, "Caught by: "); ok {
			b.suite = strings.Fields(suite)
		}
		if file, ok := strings.CutPrefix(line, "+++ b/"); ok {
			b.files = append(b.files, file)
		}
	}
	if b.description == "" || len(b.suite) == 0 || len(b.files) == 0 {
		return bug{}, errors.New("a patch needs a line `Bug: `, a line `Caught by: ` and a diff")
	}
	return b, nil
}

// area returns the first part of the name.
func (b bug) area() string {
	area, _, _ := strings.Cut(b.name, "-")
	return area
}

// apply writes the patched files into a folder, with an overlay file for the
// compiler.
func (b bug) apply(root, dir string) (overlay string, err error) {
	replace := map[string]string{}
	for _, file := range b.files {
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			return "", err
		}
		copied := filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(copied), 0o750); err != nil {
			return "", err
		}
		if err := os.WriteFile(copied, text, 0o600); err != nil { //nolint:gosec // a patch of ours names it
			return "", err
		}
		replace[filepath.Join(root, file)] = copied
	}
	git := exec.Command("git", "apply", "--recount", b.patch)
	git.Dir = dir
	git.Env = append(slices.Clone(os.Environ()), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir)) // the folder is no repository
	if output, err := git.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the patch does not apply: %w\n%s", err, output)
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, text, 0o600)
}
