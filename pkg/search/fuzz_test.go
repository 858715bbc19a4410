package search_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"ticketsystem/pkg/search"
)

// FuzzIndexMatchesQuery checks that a query with the text itself matches its
// tokens, and that the limits hold.
func FuzzIndexMatchesQuery(f *testing.F) {
	for _, text := range []string{
		"The Invoice no. 42", "می‌خواهم کتاب‌های تازه", "کتاب ها", "e-mail", "0912 123 45 67", "ۀ ئ ي ك", "É'tude", "\u200c", "a\u0301", "１２３", "İstanbul ß", "نمی شود", "+-()", "\u00ad",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return // rejected by the API layer
		}
		tokens := search.Tokens(text)
		if len(tokens) > 200 {
			t.Fatalf("got %d tokens", len(tokens))
		}
		for _, token := range tokens {
			if token == "" || utf8.RuneCountInString(token) > 32 || strings.ContainsAny(token, " #\x00") {
				t.Errorf("%q: got the token %q", text, token)
			}
		}
		if terms := search.Parse(text); !search.TooMany(text) && len(tokens) > 0 && !search.MatchAny(terms, tokens) {
			t.Errorf("%q: tokens %q do not match %+v", text, tokens, terms)
		}
	})
}
