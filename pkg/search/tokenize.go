// Package search says by which words a text is found. It makes one spelling of
// the many that people write: Arabic and Persian letters and digits, capitals,
// accents, vowel signs, and the half-space (ZWNJ) that some set and others do
// not.
package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxTokenRunes  = 32  // runes; the rest of a word is not looked at
	maxPrefixRunes = 20  // runes; longer words are found by these or as a whole
	minPrefixRunes = 2   // runes; one letter begins too many words
	maxTokens      = 200 // distinct words of one text
)

// Tokens are the distinct words that texts are found by, in their order, at most
// 200. A compound (half-space, hyphen) counts as its parts and as one word.
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

// Prefixes are what a word is found by while it is being typed: its first
// two letters, three, and so on, the whole word included.
func Prefixes(token string) []string {
	var all []string
	runes := []rune(token)
	for n := minPrefixRunes; n <= min(len(runes), maxPrefixRunes); n++ {
		all = append(all, string(runes[:n]))
	}
	return all
}

// compound is a word by its parts; most have one.
type compound []string

func join(c compound) string { return truncate(strings.Join(c, "")) }

func truncate(token string) string {
	if utf8.RuneCountInString(token) <= maxTokenRunes {
		return token
	}
	return string([]rune(token)[:maxTokenRunes])
}

// Marks that hold the parts of a compound together: the half-space, what old
// keyboards wrote for it, and hyphens.
const joinerRunes = "\u200c\u00ac-\u2010\u2011"

// tokenize takes a text apart.
func tokenize(text string) []compound {
	var all []compound
	for field := range strings.FieldsFuncSeq(text, func(r rune) bool { return !isWordRune(r) }) {
		var c compound
		for part := range strings.FieldsFuncSeq(field, func(r rune) bool { return strings.ContainsRune(joinerRunes, r) }) {
			if token := strings.Map(normalizeRune, part); token != "" {
				c = append(c, truncate(token))
			}
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
	return unicode.IsLetter(r) || unicode.IsDigit(r) || normalizeRune(r) < 0 || strings.ContainsRune(joinerRunes, r)
}

// formsCompound says whether two Persian words are one that was written with a space
// where a half-space belongs.
func formsCompound(first, second compound) bool {
	last := first[len(first)-1]
	return len(first) == 1 && slices.Contains(verbPrefixes(), last) || len(second) == 1 && slices.Contains(suffixes(), second[0]) && isArabicScript(last)
}

// isArabicScript: ها behind a number or a Latin word is not part of it.
func isArabicScript(token string) bool {
	r, _ := utf8.DecodeRuneInString(token)
	return unicode.Is(unicode.Arabic, r)
}

func verbPrefixes() []string { return []string{"می", "نمی"} }

func suffixes() []string {
	return []string{"ها", "های", "هایی", "هایم", "هایش", "تر", "ترین"}
}
