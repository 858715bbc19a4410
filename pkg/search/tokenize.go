// Package search normalizes and tokenizes text for indexing and queries. It
// unifies Arabic and Persian letters and digits, case, accents, vowel signs and
// the optional half-space (zero-width non-joiner, ZWNJ) of Persian.
package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxTokenRunes = 32  // longer tokens are truncated
	maxTokens     = 200 // distinct tokens of one call
)

// Lengths of the prefixes that are searched. One letter matches too many tokens, and a longer
// one is searched as a whole token.
const (
	MinPrefixRunes = 2
	MaxPrefixRunes = 12
)

// Tokens returns the distinct tokens of the texts in order, at most 200. A
// compound (with half-space or hyphen) yields its parts and the joined token.
func Tokens(texts ...string) []string {
	var tokens []string
	seen := map[string]bool{}
	for _, text := range texts {
		for _, c := range tokenize(text) {
			for _, token := range append(c, join(c)) {
				if len(tokens) == maxTokens {
					return tokens
				}
				if !seen[token] {
					seen[token] = true
					tokens = append(tokens, token)
				}
			}
		}
	}
	return tokens
}

// compound is a word as its parts; most words have one part.
type compound []string

func join(c compound) string { return truncate(strings.Join(c, "")) }

func truncate(token string) string {
	if utf8.RuneCountInString(token) <= maxTokenRunes {
		return token
	}
	return string([]rune(token)[:maxTokenRunes])
}

// joinerRunes join the parts of a compound: the half-space, its substitute on old
// keyboards (U+00AC), and hyphens.
const joinerRunes = "\u200c\u00ac-\u2010\u2011"

// tokenize returns the compounds of a text.
func tokenize(text string) []compound {
	var all []compound
	for field := range strings.FieldsFuncSeq(Normalize(text), func(r rune) bool { return !isWordRune(r) }) {
		var c compound
		for part := range strings.FieldsFuncSeq(field, func(r rune) bool { return strings.ContainsRune(joinerRunes, r) }) {
			c = append(c, truncate(part))
		}
		if len(c) == 0 {
			continue
		}
		if n := len(all); n > 0 && formsCompound(all[n-1], c) {
			all[n-1] = append(all[n-1], c...)
			continue
		}
		all = append(all, c)
	}
	return all
}

func isWordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(joinerRunes, r)
}

// formsCompound reports whether two Persian words are one compound, written with
// a space instead of a half-space.
func formsCompound(first, second compound) bool {
	last := first[len(first)-1]
	return len(first) == 1 && slices.Contains(verbPrefixes(), last) || len(second) == 1 && slices.Contains(suffixes(), second[0]) && isArabicScript(last)
}

// isArabicScript reports whether a token starts with an Arabic letter. A plural
// suffix after a number or a Latin word does not form a compound.
func isArabicScript(token string) bool {
	r, _ := utf8.DecodeRuneInString(token)
	return unicode.Is(unicode.Arabic, r)
}

func verbPrefixes() []string { return []string{"می", "نمی"} }

func suffixes() []string {
	return []string{"ها", "های", "هایی", "هایم", "هایش", "تر", "ترین"}
}
