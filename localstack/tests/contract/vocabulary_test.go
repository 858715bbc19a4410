package contract

import (
	"fmt"
	"go/scanner"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// bannedWords matches metaphors and pronouns that the code and the documents do not
// use. docs/glossary.md has the terms to use instead.
var bannedWords = regexp.MustCompile(`\b(house|doors?|whoever|who comes|anew|deeds?|keepers?|couriers?|patience|` +
	`(grave)?stones?|graves?|shut out|shelf|shelves|ledgers?|pens?|he|his|him)\b`)

// TestVocabulary checks the identifiers and comments of Go files, and the text of
// Markdown and YAML files.
func TestVocabulary(t *testing.T) {
	files := filesWith(t, ".go", ".md", ".yaml", ".yml")
	for _, path := range files {
		name := filepath.Base(path)
		if name == "vocabulary_test.go" {
			continue
		}
		for _, found := range banned(name, readFile(t, path)) {
			t.Errorf("%s:%s", strings.TrimPrefix(path, root+"/"), found)
		}
	}
	if len(files) == 0 {
		t.Fatal("got no files")
	}
}

// banned returns the line numbers and the banned words of a file.
func banned(name string, text []byte) []string {
	var found []string
	check := func(line int, text string) {
		for _, word := range bannedWords.FindAllString(strings.ToLower(text), -1) {
			found = append(found, fmt.Sprintf("%d: got %q, want a term of docs/glossary.md", line, word))
		}
	}
	if filepath.Ext(name) != ".go" {
		for i, line := range strings.Split(string(text), "\n") {
			check(i+1, line)
		}
		return found
	}
	files := token.NewFileSet()
	file := files.AddFile(name, -1, len(text))
	var s scanner.Scanner
	s.Init(file, text, nil, scanner.ScanComments)
	for {
		pos, tok, literal := s.Scan()
		switch tok {
		case token.EOF:
			return found
		case token.IDENT:
			check(file.Line(pos), splitIdentifier(literal))
		case token.COMMENT:
			check(file.Line(pos), strings.ReplaceAll(literal, "\n", " "))
		default:
		}
	}
}

// splitIdentifier separates the words of a camelCase identifier by spaces.
func splitIdentifier(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && (unicode.IsUpper(r) || r == '_') {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func TestBanned(t *testing.T) {
	for text, want := range map[string]int{
		"package p\n\n// A door.\nfunc openDoor() {}\n":  2,
		"package p\n\nvar doorbell = \"door\" // then\n": 0,
		"package p\n\ntype TicketKeeper struct{}\n":      1,
		"package p\n\n// It is\n// shut out.\n":          1,
	} {
		if got := banned("p.go", []byte(text)); len(got) != want {
			t.Errorf("%q: got %v, want %d", text, got, want)
		}
	}
	if got := banned("p.md", []byte("Whoever\ncomes")); len(got) != 1 {
		t.Errorf("got %v, want one", got)
	}
}
