// Package locale defines the languages of the service's texts.
package locale

import "strings"

// The supported languages. English is the default.
const (
	English = "en"
	Persian = "fa"
)

// Supported returns all supported languages, the default first.
func Supported() []string { return []string{English, Persian} }

// IsSupported reports whether language is one of the supported languages.
func IsSupported(language string) bool { return language == English || language == Persian }

// IsPersian reports whether a BCP 47 tag ("fa", "fa-IR", "fa_IR") is Persian.
func IsPersian(tag string) bool { return primary(tag) == Persian }

// Of returns the first supported language of an Accept-Language header, or "".
// Quality values are ignored: clients list their languages by preference.
func Of(acceptLanguage string) string {
	for part := range strings.SplitSeq(acceptLanguage, ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		if language := primary(tag); IsSupported(language) {
			return language
		}
	}
	return ""
}

// Pick returns the text of the language that tag names, English by default.
func Pick(tag, english, persian string) string {
	if IsPersian(tag) {
		return persian
	}
	return english
}

// primary returns the language of a BCP 47 tag in lower case.
func primary(tag string) string {
	language, _, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	return strings.ToLower(language)
}
