package search

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// numberGroups matches groups of digits, the first also after two letters as in an IBAN. Between
// two groups is a single blank, dot or hyphen, also with brackets around groups, or a hyphen
// between blanks.
var numberGroups = regexp.MustCompile(`(?:[a-z]{2})?[0-9]+(?:(?:[()\[\]]*[ .\-\x{2010}\x{2011}\x{2013}\x{2212}][()\[\]]*|[()\[\]]+| [\-\x{2010}\x{2011}\x{2013}\x{2212}] )[0-9]+)+`)

// maxGroups bounds the groups of a number. The longest IBAN has nine; more are a table.
const maxGroups = 10

// joinGroups returns a prepared text with each number in groups of digits as one token, and these
// numbers. The groups are of phone numbers, a card, an account or an amount.
func joinGroups(prepared string) (joined string, numbers []string) {
	var out strings.Builder
	end := 0
	for _, at := range numberGroups.FindAllStringIndex(prepared, -1) {
		groups := strings.FieldsFunc(prepared[at[0]:at[1]], func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		each := splitPhones(groups)
		if slices.ContainsFunc(each, func(groups []string) bool { return !formNumber(groups) }) || !standsAlone(prepared[:at[0]], prepared[at[1]:]) {
			continue
		}
		out.WriteString(prepared[end:at[0]])
		for i, groups := range each {
			number := strings.Join(groups, "")
			numbers = append(numbers, number)
			out.WriteString(strings.Repeat(" ", min(i, 1)) + number)
		}
		end = at[1]
	}
	return out.String() + prepared[end:], numbers
}

// splitPhones returns the groups of each number: a phone number that begins with 0 ends before
// another one.
func splitPhones(groups []string) (each [][]string) {
	const shortest = 9
	start := 0
	for i, group := range groups {
		if group[0] == '0' && groups[start][0] == '0' && len(strings.Join(groups[start:i], "")) >= shortest {
			each, start = append(each, groups[start:i]), i
		}
	}
	return append(each, groups[start:])
}

// formNumber reports whether groups are one number by their count and length: that of a phone
// number at least, or of three digits after the first, as in an amount.
func formNumber(groups []string) bool {
	const thousand = 3
	size := len(strings.Join(groups, ""))
	isAmount := !slices.ContainsFunc(groups[1:], func(group string) bool { return len(group) != thousand })
	return len(groups) <= maxGroups && size <= maxTokenRunes && (size >= minPhoneDigits || isAmount)
}

// standsAlone reports whether what is between two texts is no part of a longer word or amount.
func standsAlone(before, after string) bool {
	const connectors = joinerRunes + ",\u066c"
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(before, connectors))
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(after, connectors))
	return !slices.ContainsFunc([]rune{last, first}, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}
