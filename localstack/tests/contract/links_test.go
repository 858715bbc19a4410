package contract

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	heading    = regexp.MustCompile(`(?m)^#+ (.+)$`)
	pageLink   = regexp.MustCompile(`\]\(([^)#\s]*)(?:#([^)\s]+))?\)`)
	codeOnPage = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
	codeBlock  = regexp.MustCompile("(?s)```.*?```")
	notInWords = regexp.MustCompile(`[^\pL\pN_ -]`)
)

// TestLinks checks that the files and headings exist that the documents link.
func TestLinks(t *testing.T) {
	links := 0
	for _, page := range filesWith(t, ".md") {
		text := codeOnPage.ReplaceAllString(string(readFile(t, page)), "")
		for _, link := range pageLink.FindAllStringSubmatch(text, -1) {
			if strings.Contains(link[1], "://") {
				continue
			}
			links++
			target := page
			if link[1] != "" {
				target = filepath.Join(filepath.Dir(page), link[1])
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: %s: %v", page, link[0], err)
			} else if link[2] != "" && !slices.Contains(anchors(t, target), link[2]) {
				t.Errorf("%s: got the link %s, want one of the headings %q", page, link[0], anchors(t, target))
			}
		}
	}
	if links < 100 {
		t.Errorf("got %d links, want those of all documents", links)
	}
}

// filesWith returns the paths of the files of the repository with one of the extensions, without
// what tools have installed or built.
func filesWith(t *testing.T, extensions ...string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && (path != root && strings.HasPrefix(name, ".") || name == "node_modules") {
			return filepath.SkipDir
		}
		if entry.Type().IsRegular() && slices.Contains(extensions, filepath.Ext(name)) {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// anchors returns the fragments of the headings of a page, as GitHub makes them.
func anchors(t *testing.T, page string) []string {
	t.Helper()
	var names []string
	text := codeBlock.ReplaceAllString(string(readFile(t, page)), "")
	for _, title := range heading.FindAllStringSubmatch(text, -1) {
		names = append(names, strings.ReplaceAll(notInWords.ReplaceAllString(strings.ToLower(title[1]), ""), " ", "-"))
	}
	return names
}
