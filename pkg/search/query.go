package search

import (
	"slices"
	"strings"
	"unicode"

	"ticketsystem/pkg/phone"
)

// Terms are the terms that a text must all contain: tokens and the prefix of one.
type Terms struct {
	Tokens []string
	Prefix string // "" if the last token is too short or too long for a prefix
}

// Match reports whether a text with these tokens has all the terms.
func (t Terms) Match(tokens []string) bool {
	for _, token := range t.Tokens {
		if !slices.Contains(tokens, token) {
			return false
		}
	}
	return t.Prefix == "" || slices.ContainsFunc(tokens, func(token string) bool { return strings.HasPrefix(token, t.Prefix) })
}

// MatchAny reports whether a text with these tokens matches one of the alternatives.
func MatchAny(alternatives []Terms, tokens []string) bool {
	return slices.ContainsFunc(alternatives, func(t Terms) bool { return t.Match(tokens) })
}

// maxTerms bounds the tokens of a query.
const maxTerms = 10

// pairStep is the step of the pairs of letters of a query: those that do not overlap suffice.
const pairStep = 2

// TooMany reports whether a query has too many tokens.
func TooMany(text string) bool { return len(tokenize(prepare(text), pairStep)) > maxTerms }

// Parse returns the alternatives of a query: a text matches if it contains all
// terms of one of them. The last token of a query matches as a prefix. The alternatives are the
// compounds as joined tokens; as their parts; with each number in groups of digits as one token;
// and with phone numbers in the form that Tokens adds to all others. A query without tokens has
// none.
func Parse(text string) []Terms {
	prepared := prepare(text)
	whole, parts := readings(prepared)
	if len(whole) == 0 {
		return nil
	}
	joined, _ := joinNumbers(prepared)
	numbers, _ := readings(joined)
	if number := parsePhone(text); number != "" {
		numbers = []string{number}
	}
	all := [][]string{whole, parts, numbers, nationalNumbers(numbers)}
	var terms []Terms
	for i, reading := range all {
		if !slices.ContainsFunc(all[:i], func(other []string) bool { return slices.Equal(other, reading) }) {
			terms = append(terms, newTerms(reading))
		}
	}
	return terms
}

// readings returns the tokens of a prepared query with its compounds joined, and in parts.
func readings(prepared string) (whole, parts []string) {
	for _, c := range tokenize(prepared, pairStep) {
		whole, parts = append(whole, join(c)), append(parts, c...)
	}
	return whole, parts
}

// nationalNumbers returns tokens with those that may be phone numbers in the last of their forms.
func nationalNumbers(tokens []string) []string {
	tokens = slices.Clone(tokens)
	for i, token := range tokens {
		if forms := phone.TextForms(token); len(forms) > 0 {
			tokens[i] = forms[len(forms)-1]
		}
	}
	return tokens
}

// newTerms makes the last token the prefix, unless another token already starts
// with it.
func newTerms(tokens []string) Terms {
	tokens, last := tokens[:len(tokens)-1], tokens[len(tokens)-1]
	var t Terms
	for _, token := range tokens {
		if !slices.Contains(t.Tokens, token) {
			t.Tokens = append(t.Tokens, token)
		}
	}
	if n := len([]rune(last)); n < MinPrefixRunes || n > MaxPrefixRunes {
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

// minPhoneDigits is the minimum length of a phone number in a query.
const minPhoneDigits = 6

// parsePhone returns the digits of a phone number, or of its start, written in
// groups, without an international prefix. It returns "" for any other text.
func parsePhone(text string) string {
	var digits strings.Builder
	for _, r := range Normalize(text) {
		switch {
		case r >= '0' && r <= '9':
			digits.WriteRune(r)
		case !strings.ContainsRune("+-()./\u2010\u2013\u2212", r) && !unicode.IsSpace(r) && r != halfSpace:
			return ""
		}
	}
	number := strings.TrimPrefix(digits.String(), "00")
	if len(number) < minPhoneDigits {
		return ""
	}
	return truncate(number)
}
