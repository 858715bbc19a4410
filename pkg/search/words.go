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
	longestWord      = 32  // runes; the rest of a word is not looked at
	longestBeginning = 20  // runes; longer words are found by these or as a whole
	shortestStart    = 2   // runes; one letter begins too many words
	mostWords        = 200 // distinct words of one text
)

// Words are the distinct words that texts are found by, in their order, at most
// 200. A compound (half-space, hyphen) counts as its parts and as one word.
func Words(texts ...string) []string {
	var words []string
	seen := map[string]bool{}
	for _, text := range texts {
		for _, c := range compounds(text) {
			for _, word := range append(c, joined(c)) {
				if len(words) == mostWords {
					return words
				}
				if !seen[word] {
					seen[word] = true
					words = append(words, word)
				}
			}
		}
	}
	return words
}

// Beginnings are what a word is found by while it is being typed: its first
// two letters, three, and so on, the whole word included.
func Beginnings(word string) []string {
	var all []string
	runes := []rune(word)
	for n := shortestStart; n <= min(len(runes), longestBeginning); n++ {
		all = append(all, string(runes[:n]))
	}
	return all
}

// compound is a word by its parts; most have one.
type compound []string

func joined(c compound) string { return cut(strings.Join(c, "")) }

func cut(word string) string {
	if utf8.RuneCountInString(word) <= longestWord {
		return word
	}
	return string([]rune(word)[:longestWord])
}

// Marks that hold the parts of a compound together: the half-space, what old
// keyboards wrote for it, and hyphens.
const joiners = "\u200c\u00ac-\u2010\u2011"

// compounds takes a text apart.
func compounds(text string) []compound {
	var all []compound
	for field := range strings.FieldsFuncSeq(text, func(r rune) bool { return !partOfWord(r) }) {
		var c compound
		for part := range strings.FieldsFuncSeq(field, func(r rune) bool { return strings.ContainsRune(joiners, r) }) {
			if word := strings.Map(fold, part); word != "" {
				c = append(c, cut(word))
			}
		}
		if len(c) == 0 {
			continue
		}
		if n := len(all); n > 0 && belong(all[n-1], c) {
			all[n-1] = append(all[n-1], c...)
			continue
		}
		all = append(all, c)
	}
	return all
}

func partOfWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || fold(r) < 0 || strings.ContainsRune(joiners, r)
}

// belong says whether two Persian words are one that was written with a space
// where a half-space belongs.
func belong(first, second compound) bool {
	last := first[len(first)-1]
	return len(first) == 1 && slices.Contains(verbPrefixes(), last) || len(second) == 1 && slices.Contains(suffixes(), second[0]) && persianWord(last)
}

// persianWord: ها behind a number or a Latin word is not part of it.
func persianWord(word string) bool {
	r, _ := utf8.DecodeRuneInString(word)
	return unicode.Is(unicode.Arabic, r)
}

func verbPrefixes() []string { return []string{"می", "نمی"} }

func suffixes() []string {
	return []string{"ها", "های", "هایی", "هایم", "هایش", "تر", "ترین"}
}
