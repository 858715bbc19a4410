package search

import (
	"slices"
	"strings"
	"unicode"

	"ticketsystem/pkg/phone"
)

// Terms are what must occur together: whole words, and the beginning of one.
type Terms struct {
	Tokens []string
	Prefix string // "" where the last word is too short or too long for one
}

// maxTerms bounds the words of one search.
const maxTerms = 10

// TooMany says whether a text has more words than one search may have.
func TooMany(text string) bool { return len(tokenize(text)) > maxTerms }

// Parse reads what somebody looks for: all words must occur, the last one at
// least in its beginning. A text with compounds can be meant in two ways, as
// whole words or as their parts; what fits either is found. There is nothing
// to look for in a text without words.
func Parse(text string) []Terms {
	if number := parsePhone(text); number != "" {
		return []Terms{newTerms([]string{number})}
	}
	var whole, parts []string
	for _, c := range tokenize(text) {
		whole, parts = append(whole, join(c)), append(parts, c...)
	}
	switch {
	case len(whole) == 0:
		return nil
	case len(whole) == len(parts):
		return []Terms{newTerms(whole)}
	}
	return []Terms{newTerms(whole), newTerms(parts)}
}

// newTerms makes the last of the words a beginning. A beginning that another word
// has says nothing new.
func newTerms(tokens []string) Terms {
	tokens, last := tokens[:len(tokens)-1], tokens[len(tokens)-1]
	var t Terms
	for _, token := range tokens {
		if !slices.Contains(t.Tokens, token) {
			t.Tokens = append(t.Tokens, token)
		}
	}
	if n := len([]rune(last)); n < minPrefixRunes || n > maxPrefixRunes {
		if !slices.Contains(t.Tokens, last) {
			t.Tokens = append(t.Tokens, last)
		}
		return t
	}
	if !slices.ContainsFunc(t.Tokens, func(token string) bool { return strings.HasPrefix(token, last) }) {
		t.Prefix = last
	}
	return t
}

// minPhoneDigits is how many digits make a number of groups a telephone number.
const minPhoneDigits = 6

// parsePhone reads a telephone number, or its beginning, that was written in
// groups; "" for anything else.
func parsePhone(text string) string {
	text = strings.TrimLeftFunc(phone.ASCIIDigits(text), func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
	if !strings.HasPrefix(text, "0") && !strings.HasPrefix(text, "+") && !strings.HasPrefix(text, "(") {
		return ""
	}
	var digits strings.Builder
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			digits.WriteRune(r)
		case !strings.ContainsRune("+-()./ \u00a0\u2013", r) && !unicode.Is(unicode.Cf, r):
			return ""
		}
	}
	number := strings.TrimPrefix(digits.String(), "00")
	if len(number) < minPhoneDigits {
		return ""
	}
	return truncate(number)
}
