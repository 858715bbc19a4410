package search_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"ticketsystem/pkg/search"
)

// FuzzIndexMatchesQuery: whoever looks for the words of a text finds it, however they are
// written; and neither words nor terms outgrow their limits.
func FuzzIndexMatchesQuery(f *testing.F) {
	for _, text := range []string{
		"The Invoice no. 42", "می‌خواهم کتاب‌های تازه", "کتاب ها", "e-mail", "0912 123 45 67", "ۀ ئ ي ك", "É'tude", "\u200c", "a\u0301", "１２３", "İstanbul ß", "نمی شود", "+-()", "\u00ad",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return // the edge lets none through
		}
		tokens := search.Tokens(text)
		if len(tokens) > 200 {
			t.Fatalf("got %d words", len(tokens))
		}
		for _, token := range tokens {
			if token == "" || utf8.RuneCountInString(token) > 32 || strings.ContainsAny(token, " #\x00") {
				t.Errorf("%q: got the word %q", text, token)
			}
		}
		if terms := search.Parse(text); !search.TooMany(text) && len(tokens) > 0 && !slices.ContainsFunc(terms, func(one search.Terms) bool { return containsTerms(one, tokens) }) && !isPhoneNumber(terms) {
			t.Errorf("%q: its words %q are not found by %+v", text, tokens, terms)
		}
	})
}

// containsTerms says whether words have all of the terms.
func containsTerms(terms search.Terms, tokens []string) bool {
	for _, token := range terms.Tokens {
		if !slices.Contains(tokens, token) {
			return false
		}
	}
	return terms.Prefix == "" || slices.ContainsFunc(tokens, func(token string) bool {
		return slices.Contains(search.Prefixes(token), terms.Prefix)
	})
}

// isPhoneNumber: a telephone number in groups is looked for as people have it, and
// not as it stands in texts.
func isPhoneNumber(terms []search.Terms) bool {
	return len(terms) == 1 && strings.Trim(terms[0].Prefix+strings.Join(terms[0].Tokens, ""), "0123456789") == ""
}
