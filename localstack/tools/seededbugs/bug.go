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

// A bug is one that somebody might make, as a patch against the tree.
type bug struct {
	name        string // of its file, "<area>-<what>"
	description string // what is wrong with it
	suite       []string
	patch       string // path
	files       []string
}

// patchDir of the patches, seen from the root of the repository.
const patchDir = "localstack/tools/seededbugs/patches"

// readBugs reads all patches below the root.
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

// readBug reads a patch. Above the diff it says what is broken, and the tests
// that should see it soonest: a package, and `-run` with a pattern.
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
		return bug{}, errors.New("it wants a line `Bug: `, a line `Caught by: ` and a diff")
	}
	return b, nil
}

// area is the part of the system that the bug is in.
func (b bug) area() string {
	area, _, _ := strings.Cut(b.name, "-")
	return area
}

// apply writes the broken files into a folder, and beside them the overlay that
// lays them over the tree: the tree itself stays as it is.
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
		return "", fmt.Errorf("the patch no longer applies: %w\n%s", err, output)
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, text, 0o600)
}
