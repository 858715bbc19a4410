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
	for _, page := range documents(t) {
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

// documents returns the paths of the Markdown files of the repository.
func documents(t *testing.T) []string {
	t.Helper()
	var pages []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != root || d.Name() == "node_modules"):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".md") && d.Type().IsRegular():
			pages = append(pages, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
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
