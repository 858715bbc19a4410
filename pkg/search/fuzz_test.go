package search_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"ticketsystem/pkg/search"
)

// FuzzFound: whoever looks for the words of a text finds it, however they are
// written; and neither words nor terms outgrow their limits.
func FuzzFound(f *testing.F) {
	for _, text := range []string{
		"The Invoice no. 42", "می‌خواهم کتاب‌های تازه", "کتاب ها", "e-mail", "0912 123 45 67", "ۀ ئ ي ك", "É'tude", "\u200c", "a\u0301", "１２３", "İstanbul ß", "نمی شود", "+-()", "\u00ad",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return // the edge lets none through
		}
		words := search.Words(text)
		if len(words) > 200 {
			t.Fatalf("got %d words", len(words))
		}
		for _, word := range words {
			if word == "" || utf8.RuneCountInString(word) > 32 || strings.ContainsAny(word, " #\x00") {
				t.Errorf("%q: got the word %q", text, word)
			}
		}
		if terms := search.Parse(text); !search.TooMany(text) && len(words) > 0 && !slices.ContainsFunc(terms, func(one search.Terms) bool { return meets(one, words) }) && !isNumber(terms) {
			t.Errorf("%q: its words %q are not found by %+v", text, words, terms)
		}
	})
}

// meets says whether words have all of the terms.
func meets(terms search.Terms, words []string) bool {
	for _, word := range terms.Words {
		if !slices.Contains(words, word) {
			return false
		}
	}
	return terms.Beginning == "" || slices.ContainsFunc(words, func(word string) bool {
		return slices.Contains(search.Beginnings(word), terms.Beginning)
	})
}

// isNumber: a telephone number in groups is looked for as people have it, and
// not as it stands in texts.
func isNumber(terms []search.Terms) bool {
	return len(terms) == 1 && strings.Trim(terms[0].Beginning+strings.Join(terms[0].Words, ""), "0123456789") == ""
}
