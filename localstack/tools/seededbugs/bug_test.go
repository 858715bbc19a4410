package main

import (
	"os"
	"path/filepath"
	"testing"

	"ticketsystem/localstack/repo"
)

// minBugs is the minimum number of seeded bugs.
const minBugs = 30

// TestPatchesApply checks that every patch applies to the current source tree.
func TestPatchesApply(t *testing.T) {
	root := repo.MustRoot()
	bugs, err := readBugs(root)
	if err != nil || len(bugs) < minBugs {
		t.Fatalf("got %d bugs, %v, want at least %d", len(bugs), err, minBugs)
	}
	areas := map[string]bool{}
	for _, b := range bugs {
		areas[b.area()] = true
		if _, err := b.apply(root, t.TempDir()); err != nil {
			t.Errorf("%s: %v", b.name, err)
		}
	}
	for _, area := range []string{"auth", "log", "projection", "refresh", "authz"} {
		if !areas[area] {
			t.Errorf("no bug in %s", area)
		}
	}
}

// TestRunTests checks that a failing suite returns its test, a passing one returns
// none, and a build failure is an error.
func TestRunTests(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(repo.MustRoot(), "pkg", "user", "role.go")
	for name, c := range map[string]struct {
		text   string
		by     string
		failed bool
	}{
		"failing test":   {"package user\n\ntype Role string\n\nconst (\n\tRoleUser Role = \"user\"\n\tRoleSupport Role = \"support\"\n\tRoleAdmin Role = \"admin\"\n\tRoleSystem Role = \"system\"\n)\n\nfunc (Role) IsStaff() bool { return true }\nfunc (Role) Valid() bool { return true }\n", "pkg/user TestRole", false},
		"does not build": {"package user\n", "", true},
	} {
		broken, overlay := filepath.Join(folder, "role.go"), filepath.Join(folder, "overlay.json")
		if err := os.WriteFile(broken, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(overlay, []byte(`{"Replace": {"`+file+`": "`+broken+`"}}`), 0o600); err != nil {
			t.Fatal(err)
		}
		if caughtBy, err := runTests(t.Context(), overlay, []string{"ticketsystem/pkg/user"}); caughtBy != c.by || (err != nil) != c.failed {
			t.Errorf("%s: got %q, %v", name, caughtBy, err)
		}
	}
	overlay := filepath.Join(folder, "nothing.json")
	if err := os.WriteFile(overlay, []byte(`{}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if caughtBy, err := runTests(t.Context(), overlay, []string{"ticketsystem/pkg/user"}); caughtBy != "" || err != nil {
		t.Errorf("without a bug: got %q, %v", caughtBy, err)
	}
}

// The order of the bugs depends on the commit only.
func TestShuffle(t *testing.T) {
	order := func(commit string) string {
		bugs := []bug{{name: "a"}, {name: "b"}, {name: "c"}, {name: "d"}, {name: "e"}, {name: "f"}, {name: "g"}}
		shuffle(bugs, commit)
		var names string
		for _, b := range bugs {
			names += b.name
		}
		return names
	}
	first, again, other := order("one"), order("one"), order("two")
	if first != again || first == other || len(other) != 7 {
		t.Errorf("got %s, %s, %s", first, again, other)
	}
}
