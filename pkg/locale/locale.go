// Package locale holds the languages of the service and the texts that people read: one
// catalogue per language, texts/<language>.json. A new language is one more file.
package locale

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// English is the default language, and the reference of the keys of all catalogues.
const English = "en"

//go:embed texts/*.json
var files embed.FS

// Catalogue holds the texts of one language by key. A text contains placeholders such as
// {number}.
type Catalogue map[string]string

// catalogues returns the catalogues by language. They are parsed at the first use.
var catalogues = sync.OnceValue(func() *atomic.Pointer[map[string]Catalogue] { //nolint:gochecknoglobals // parsed once
	all := map[string]Catalogue{}
	names, err := fs.Glob(files, "texts/*.json")
	for _, name := range names {
		var data []byte
		var texts Catalogue
		if data, err = files.ReadFile(name); err == nil {
			err = json.Unmarshal(data, &texts)
		}
		if err != nil {
			break
		}
		all[strings.TrimSuffix(strings.TrimPrefix(name, "texts/"), ".json")] = texts
	}
	if err != nil {
		panic(err) // impossible: a test reads the files
	}
	pointer := &atomic.Pointer[map[string]Catalogue]{}
	pointer.Store(&all)
	return pointer
})

// Register adds a language until the returned function is called. Only tests need it:
// the files in texts are registered.
func Register(name string, texts Catalogue) (unregister func()) {
	pointer := catalogues()
	before := pointer.Load()
	all := maps.Clone(*before)
	all[name] = texts
	pointer.Store(&all)
	return func() { pointer.Store(before) }
}

// Texts returns a copy of the catalogue of a language, or nil.
func Texts(name string) Catalogue { return maps.Clone((*catalogues().Load())[name]) }

// Supported returns all supported languages, the default first.
func Supported() []string {
	names := slices.Sorted(maps.Keys(*catalogues().Load()))
	return append([]string{English}, slices.DeleteFunc(names, func(name string) bool { return name == English })...)
}

// IsSupported reports whether name is one of the supported languages.
func IsSupported(name string) bool {
	_, ok := (*catalogues().Load())[name]
	return ok
}

// Of returns the supported language with the highest weight in an Accept-Language header, the
// first of equal ones, or "" (RFC 9110, section 12.4.2).
func Of(acceptLanguage string) string { return Choose(acceptLanguage, "") }

// Choose returns Of for a header, or profile if the header prefers no language and does not refuse
// this one by the weight 0, which a malformed weight counts as.
//
// language.ParseAcceptLanguage is of no use: it refuses a header with an unknown tag.
func Choose(acceptLanguage, profile string) (preferred string) {
	highest := 0.0
	for part := range strings.SplitSeq(acceptLanguage, ",") {
		tag, weight, weighted := strings.Cut(part, ";")
		q := 1.0
		if weighted {
			_, value, _ := strings.Cut(weight, "=")
			q, _ = strconv.ParseFloat(strings.TrimSpace(value), 64) // 0 if it is malformed
		}
		name := primary(strings.TrimSpace(tag))
		if q > highest && IsSupported(name) {
			preferred, highest = name, q
		}
		if q == 0 && name == profile {
			profile = ""
		}
	}
	return cmp.Or(preferred, profile)
}

// Resolve returns the supported language of a BCP 47 tag ("fa", "fa-IR", "fa_IR"),
// English by default.
func Resolve(tag string) string {
	if name := primary(tag); IsSupported(name) {
		return name
	}
	return English
}

// primary returns the language of a BCP 47 tag in lower case.
func primary(tag string) string {
	name, _, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	return strings.ToLower(name)
}

// Text returns the text of a key in the language of a BCP 47 tag, English by default.
// values are the names and values of its placeholders. An unknown key is its own text.
func Text(tag, key string, values ...string) string {
	text, ok := Lookup(tag, key)
	if !ok {
		text = key
	}
	if len(values) == 0 {
		return text
	}
	pairs := slices.Clone(values)
	for i := 0; i < len(pairs); i += 2 {
		pairs[i] = "{" + pairs[i] + "}"
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Lookup returns the text of a key with its placeholders. ok is false if English has
// none.
func Lookup(tag, key string) (text string, ok bool) {
	all := *catalogues().Load()
	if text, ok = all[Resolve(tag)][key]; !ok {
		text, ok = all[English][key]
	}
	return text, ok
}

// Count returns the text of a key for a number: of key.one, key.few and so on by the
// plural rules of the language (CLDR), else of key.other.
func Count(tag, key string, n int) string {
	form := pluralForms[plural.Cardinal.MatchPlural(language.Make(Resolve(tag)), n, 0, 0, 0, 0)]
	if _, ok := (*catalogues().Load())[Resolve(tag)][key+form]; !ok {
		form = ".other"
	}
	return Text(tag, key+form, "count", Number(tag, n))
}

// Number returns a number with its digits in groups of three, as the language separates them. Its
// digits are Latin; clients show those of the reader.
func Number(tag string, n int) string {
	digits, sign := strconv.Itoa(n), ""
	if n < 0 {
		digits, sign = digits[1:], "-"
	}
	separator := Text(tag, "number.group")
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + separator + digits[i:]
	}
	return sign + digits
}

var pluralForms = map[plural.Form]string{plural.Zero: ".zero", plural.One: ".one", plural.Two: ".two", plural.Few: ".few", plural.Many: ".many"}

var placeholder = regexp.MustCompile(`\{\w+\}`)

// Check returns an error if a catalogue lacks a text, has an unknown one, or one with a
// placeholder that the English text does not have. More plural forms are permitted.
func Check(name string, texts Catalogue) error {
	english := (*catalogues().Load())[English]
	for key, text := range english {
		if strings.TrimSpace(texts[key]) == "" {
			return fmt.Errorf("%s.json has no text %q (%s)", name, key, text)
		}
	}
	for key, text := range texts {
		reference, known := english[key]
		if !known {
			base := key[:max(strings.LastIndexByte(key, '.'), 0)]
			if reference, known = english[base+".other"]; !known {
				return fmt.Errorf("%s.json has the unknown text %q", name, key)
			}
		}
		for _, used := range placeholder.FindAllString(text, -1) {
			if !strings.Contains(reference, used) && !(used == "{status}" && strings.Contains(reference, "{statusLower}")) {
				return fmt.Errorf("%s.json: text %q has the unknown placeholder %s", name, key, used)
			}
		}
	}
	return nil
}
