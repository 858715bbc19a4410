package contract

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// placePattern matches "`A`, `B` in `file`".
var placePattern = regexp.MustCompile("((?:`[A-Za-z.…]+`(?:, | and )?)+) in `([a-zA-Z_/.]+\\.[a-z]+)`")

// TestContribute_Places checks that the table "to change X, go to Y" names files that contain what it
// says.
func TestContribute_Places(t *testing.T) {
	page := readFile(t, filepath.Join(root, "docs", "contribute.md"))
	_, table, found := strings.Cut(string(page), "| To change | Go to |")
	if !found {
		t.Fatal("docs/contribute.md has no table of places")
	}
	places := placePattern.FindAllStringSubmatch(table, -1)
	if len(places) < 15 {
		t.Errorf("got %d places, want those of the table", len(places))
	}
	for _, place := range places {
		content := sourcesNamed(t, place[2])
		for _, name := range regexp.MustCompile("[A-Za-z.]+").FindAllString(place[1], -1) {
			if name == "and" || strings.HasSuffix(name, ".go") {
				continue
			}
			name = name[strings.LastIndexByte(name, '.')+1:]
			if !regexp.MustCompile(`\b` + name).MatchString(content) {
				t.Errorf("%s does not contain %s", place[2], name)
			}
		}
	}
}

// sourcesNamed returns the text of the file at a path, or of all files in pkg with that name.
func sourcesNamed(t *testing.T, name string) string {
	t.Helper()
	var text strings.Builder
	if strings.Contains(name, "/") || strings.HasSuffix(name, ".yaml") {
		content, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Error(err)
		}
		return string(content)
	}
	err := filepath.WalkDir(filepath.Join(root, "pkg"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != name {
			return err
		}
		content, err := os.ReadFile(path)
		text.Write(content)
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return text.String()
}

var parameterRow = regexp.MustCompile("(?m)^\\| ((?:`\\w+`(?:, )?)+) \\| ([^|]+) \\|")

// TestParameters checks that docs/parameters.md has each parameter of the template, with its
// default. "none" and "empty" are an empty text.
func TestParameters(t *testing.T) {
	page := string(readFile(t, filepath.Join(root, "docs", "parameters.md")))
	got := map[string]string{"ApiUrl": "", "SocketUrl": "", "SocketEndpoint": ""} // what an empty one means
	for _, row := range parameterRow.FindAllStringSubmatch(page, -1) {
		names, defaults := regexp.MustCompile(`\w+`).FindAllString(row[1], -1), strings.Split(row[2], ", ")
		for i, name := range names {
			if _, described := got[name]; described {
				continue
			}
			value := defaults[0]
			if len(defaults) == len(names) {
				value = defaults[i]
			}
			if value == "none" || value == "empty" {
				value = ""
			}
			got[name] = value
		}
	}
	want := templateDefaults(t)
	for name, value := range want {
		if described, ok := got[name]; !ok || described != value || !strings.Contains(page, "`"+name+"`") {
			t.Errorf("%s: got the default %q in docs/parameters.md, want %q", name, described, value)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %d parameters in docs/parameters.md, want the %d of the template", len(got), len(want))
	}
}
