package search

import (
	"slices"
	"strings"
	"unicode"

	"ticketsystem/pkg/phone"
)

// Terms are what must occur together: whole words, and the beginning of one.
type Terms struct {
	Words     []string
	Beginning string // "" where the last word is too short or too long for one
}

// mostTerms bounds the words of one search.
const mostTerms = 10

// TooMany says whether a text has more words than one search may have.
func TooMany(text string) bool { return len(compounds(text)) > mostTerms }

// Parse reads what somebody looks for: all words must occur, the last one at
// least in its beginning. A text with compounds can be meant in two ways, as
// whole words or as their parts; what fits either is found. There is nothing
// to look for in a text without words.
func Parse(text string) []Terms {
	if number := phoneNumber(text); number != "" {
		return []Terms{terms([]string{number})}
	}
	var whole, parts []string
	for _, c := range compounds(text) {
		whole, parts = append(whole, joined(c)), append(parts, c...)
	}
	switch {
	case len(whole) == 0:
		return nil
	case len(whole) == len(parts):
		return []Terms{terms(whole)}
	}
	return []Terms{terms(whole), terms(parts)}
}

// terms makes the last of the words a beginning. A beginning that another word
// has says nothing new.
func terms(words []string) Terms {
	words, last := words[:len(words)-1], words[len(words)-1]
	var t Terms
	for _, word := range words {
		if !slices.Contains(t.Words, word) {
			t.Words = append(t.Words, word)
		}
	}
	if n := len([]rune(last)); n < shortestStart || n > longestBeginning {
		if !slices.Contains(t.Words, last) {
			t.Words = append(t.Words, last)
		}
		return t
	}
	if !slices.ContainsFunc(t.Words, func(word string) bool { return strings.HasPrefix(word, last) }) {
		t.Beginning = last
	}
	return t
}

// leastDigits is how many digits make a number of groups a telephone number.
const leastDigits = 6

// phoneNumber reads a telephone number, or its beginning, that was written in
// groups; "" for anything else.
func phoneNumber(text string) string {
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
	if len(number) < leastDigits {
		return ""
	}
	return cut(number)
}
