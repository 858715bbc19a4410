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

// TestReadme_Places checks that the table "to change X, go to Y" names files that contain what it
// says.
func TestReadme_Places(t *testing.T) {
	readme := readFile(t, filepath.Join(root, "README.md"))
	_, table, found := strings.Cut(string(readme), "| To change | Go to |")
	if !found {
		t.Fatal("README.md has no table of places")
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

// TestReadme_Parameters checks that the table of parameters has each of the template, with its
// default. "none" and "empty" are an empty text.
func TestReadme_Parameters(t *testing.T) {
	readme := string(readFile(t, filepath.Join(root, "README.md")))
	_, table, _ := strings.Cut(readme, "| Parameter | Default | |")
	table, _, _ = strings.Cut(table, "\n\n")
	got := map[string]string{"ApiUrl": "", "SocketUrl": "", "SocketEndpoint": ""} // what an empty one means
	for _, row := range parameterRow.FindAllStringSubmatch(table, -1) {
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
		if described, ok := got[name]; !ok || described != value || !strings.Contains(table, "`"+name+"`") {
			t.Errorf("%s: got the default %q in README.md, want %q", name, described, value)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %d parameters in README.md, want the %d of the template", len(got), len(want))
	}
}
