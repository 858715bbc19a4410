// Package search normalizes and tokenizes text for indexing and queries. It
// unifies Arabic and Persian letters and digits, case, accents, vowel signs and
// the optional half-space (zero-width non-joiner, ZWNJ) of Persian.
package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"ticketsystem/pkg/phone"
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

// Tokens returns the distinct tokens of the texts, at most 200: of each text the numbers in groups
// of digits as one token, then its tokens in order. A compound (with half-space, hyphen or elision)
// yields its parts and the joined token, and a phone number its other forms. A script without
// spaces, such as Japanese, yields each two adjacent letters.
func Tokens(texts ...string) []string {
	var tokens []string
	seen := map[string]bool{}
	for _, text := range texts {
		prepared := prepare(text)
		_, all := joinNumbers(prepared)
		for _, c := range tokenize(prepared, 1) {
			all = append(append(all, c...), join(c))
		}
		for _, token := range all {
			if seen[token] {
				continue
			}
			for _, form := range append([]string{token}, phone.TextForms(token)...) {
				if len(tokens) == maxTokens {
					return tokens
				}
				if !seen[form] {
					seen[form] = true
					tokens = append(tokens, form)
				}
			}
		}
	}
	return tokens
}

// prepare returns a text as tokenize and joinNumbers read it.
func prepare(text string) string { return Normalize(splitElisions(text)) }

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

// tokenize returns the compounds of a prepared text, and of scripts without spaces the pairs of
// letters at every step-th letter.
func tokenize(prepared string, step int) []compound {
	var all []compound
	for field := range strings.FieldsFuncSeq(joinDigits(prepared), func(r rune) bool { return !isWordRune(r) }) {
		if strings.ContainsFunc(field, isUnspaced) {
			all = append(all, splitUnspaced(field, step)...)
			continue
		}
		var c compound
		for part := range strings.FieldsFuncSeq(field, isJoiner) {
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

func isJoiner(r rune) bool { return strings.ContainsRune(joinerRunes, r) }

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || isJoiner(r) }

// minElidedRunes is the shortest word after an apostrophe that is a word of its own, in
// letters with their marks. Shorter ones are endings, such as those of "don't" and "we'll".
const minElidedRunes = 3

// splitElisions replaces the apostrophe between two words, as in "l'avion", "dell'ordine" and
// "O'Neill", by a hyphen, so that they are a compound.
func splitElisions(text string) string {
	runes := []rune(text)
	for i := 1; i < len(runes)-minElidedRunes; i++ {
		after := runes[i+1 : i+1+minElidedRunes]
		if unifyApostrophe(runes[i]) == apostrophe && isLetterOrMark(runes[i-1]) && !slices.ContainsFunc(after, func(r rune) bool { return !isLetterOrMark(r) }) {
			runes[i] = '-'
		}
	}
	return string(runes)
}

func isLetterOrMark(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) }

// joinDigits replaces the separators of thousands by hyphens, so that an amount is a compound.
func joinDigits(text string) string {
	runes := []rune(text)
	for i := 1; i < len(runes)-1; i++ {
		if (runes[i] == ',' || runes[i] == '\u066c') && unicode.IsDigit(runes[i-1]) && unicode.IsDigit(runes[i+1]) {
			runes[i] = '-'
		}
	}
	return string(runes)
}

// isUnspaced reports whether r is of a script that writes no spaces between words.
func isUnspaced(r rune) bool {
	const prolonged = '\u30fc' // of Hiragana and Katakana
	return r == prolonged || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// splitUnspaced returns the pairs of letters of a word without spaces, at every step-th
// letter and at the end, and its parts in other scripts.
func splitUnspaced(word string, step int) (words []compound) {
	for part := range strings.FieldsFuncSeq(word, isJoiner) {
		for runes := []rune(part); len(runes) > 0; {
			unspaced := isUnspaced(runes[0])
			end := slices.IndexFunc(runes, func(r rune) bool { return isUnspaced(r) != unspaced })
			if end < 0 {
				end = len(runes)
			}
			run := runes[:end]
			for ; unspaced && len(run) > 2; run = run[min(step, len(run)-2):] {
				words = append(words, compound{string(run[:2])})
			}
			words, runes = append(words, compound{truncate(string(run))}), runes[end:]
		}
	}
	return words
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
