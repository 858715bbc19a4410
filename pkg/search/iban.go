package search

import (
	"regexp"
	"strings"
)

// ibanGroups matches an IBAN in groups of four letters and digits, and words that look like one.
var ibanGroups = regexp.MustCompile(`\b[a-z]{2}[0-9]{2}(?:[ -][a-z0-9]{4}){2,7}(?:[ -][a-z0-9]{1,3})?\b`)

// joinNumbers returns a prepared text with each IBAN and each number in groups as one token, and
// these.
func joinNumbers(prepared string) (joined string, numbers []string) {
	var out strings.Builder
	for {
		start, end := findIBAN(prepared)
		text, found := joinGroups(prepared[:start])
		out.WriteString(text)
		numbers = append(numbers, found...)
		if start == end {
			return out.String(), numbers
		}
		iban := removeSeparators(prepared[start:end])
		out.WriteString(" " + iban + " ")
		numbers = append(numbers, iban)
		prepared = prepared[end:]
	}
}

// findIBAN returns the position of the first IBAN in groups, or the end of the text twice. A group
// of four letters after it may be a word.
func findIBAN(text string) (start, end int) {
	const country = 4 // letters and digits of the first group
	for at := ibanGroups.FindStringIndex(text); at != nil; at = ibanGroups.FindStringIndex(text[start:]) {
		from := start + at[0]
		for end := start + at[1]; end > from; end = from + strings.LastIndexAny(text[from:end], " -") {
			if isIBAN(removeSeparators(text[from:end])) {
				return from, end
			}
		}
		start = from + country
	}
	return len(text), len(text)
}

func removeSeparators(groups string) string {
	return strings.NewReplacer(" ", "", "-", "").Replace(groups)
}

// isIBAN reports whether the check digits of an IBAN in lower case are right (ISO 13616): moved to
// its end, with each letter as a number from 10 on, it leaves 1 when divided by 97.
func isIBAN(iban string) bool {
	const shortest, first, base, divisor = 15, 4, 10, 97
	if len(iban) < shortest || len(iban) > maxTokenRunes {
		return false
	}
	rest := 0
	for _, r := range iban[first:] + iban[:first] {
		if r >= 'a' {
			rest = (rest*base*base + int(r-'a') + base) % divisor
		} else {
			rest = (rest*base + int(r-'0')) % divisor
		}
	}
	return rest == 1
}
