package contract

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var sortKeyPattern = regexp.MustCompile(`(?m)^\t(?:sk|prefix)[A-Z]\w*\s+= "([^"]+)"`)

// TestAccessPatterns_SortKeys checks that the table of items has every sort key of pkg/dynamo.
func TestAccessPatterns_SortKeys(t *testing.T) {
	page := readFile(t, filepath.Join(root, "infra", "access-patterns.md"))
	_, items, _ := strings.Cut(string(page), "## Items")
	items, _, _ = strings.Cut(items, "## Indexes")
	files, err := filepath.Glob(filepath.Join(root, "pkg", "dynamo", "keys*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("got %d files, %v", len(files), err)
	}
	found := 0
	for _, file := range files {
		source := readFile(t, file)
		for _, key := range sortKeyPattern.FindAllStringSubmatch(string(source), -1) {
			found++
			if !strings.Contains(items, "`"+key[1]) && !strings.Contains(items, "#"+key[1]) {
				t.Errorf("infra/access-patterns.md lists no item with %s", key[1])
			}
		}
	}
	if found < 20 {
		t.Errorf("got %d sort keys, want those of pkg/dynamo", found)
	}
}

var (
	decisionTitle = regexp.MustCompile(`^# (\d{4}) \S`)
	decisionName  = regexp.MustCompile(`ADR (\d{4})`)
)

// TestDecisions checks that each decision has its number as its title and stands in the index, and
// that documents name decisions that exist.
func TestDecisions(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "infra", "adr", "[0-9]*.md"))
	if err != nil || len(files) == 0 {
		t.Fatalf("got %d decisions, %v", len(files), err)
	}
	index := string(readFile(t, filepath.Join(root, "infra", "adr", "README.md")))
	texts, known := map[string]string{}, map[string]bool{}
	for _, file := range files {
		text := readFile(t, file)
		name := filepath.Base(file)
		texts[name], known[name[:4]] = string(text), true
		if title := decisionTitle.FindStringSubmatch(string(text)); len(title) != 2 || title[1] != name[:4] {
			t.Errorf("%s: got the title %.40q, want it to begin with # %s", name, text, name[:4])
		}
		title, _, _ := strings.Cut(string(text), "\n")
		if line := "- " + name[:4] + " [" + strings.TrimPrefix(title, "# "+name[:4]+" ") + "](" + name + ")\n"; strings.Count(index, line) != 1 {
			t.Errorf("infra/adr/README.md: want once: %s", line)
		}
	}
	for _, path := range []string{"README.md", "docs/contribute.md", "docs/operate.md", "docs/parameters.md", "docs/console.md", "docs/api.md", "infra/access-patterns.md", "template.yaml"} {
		text := readFile(t, filepath.Join(root, path))
		texts[path] = string(text)
	}
	for name, text := range texts {
		for _, number := range decisionName.FindAllStringSubmatch(text, -1) {
			if !known[number[1]] {
				t.Errorf("%s names ADR %s, which does not exist", name, number[1])
			}
		}
	}
}
