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
		if !standsAlone(prepared[:at[0]], prepared[at[1]:]) {
			continue
		}
		text := prepared[at[0]:at[1]]
		groups := strings.FieldsFunc(text, isSeparator)
		each := splitPhones(groups)
		if len(each) > 1 && formNumber(groups) { // may be one number after all
			numbers = append(numbers, strings.Join(groups, ""))
		}
		for i, groups := range each {
			size := sizeOf(text, len(groups))
			if number := strings.Join(groups, ""); formNumber(groups) {
				numbers = append(numbers, number)
				out.WriteString(prepared[end:at[0]] + strings.Repeat(" ", min(i, 1)) + number)
				end = at[0] + size
			}
			text, at[0] = text[size:], at[0]+size
		}
	}
	return out.String() + prepared[end:], numbers
}

func isSeparator(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// sizeOf returns how many bytes of a text its first n groups take, with the separators before them.
func sizeOf(text string, n int) (size int) {
	for range n {
		size += strings.IndexFunc(text[size:], func(r rune) bool { return !isSeparator(r) })
		if end := strings.IndexFunc(text[size:], isSeparator); end >= 0 {
			size += end
		} else {
			size = len(text)
		}
	}
	return size
}

// splitPhones returns the groups of each number: a phone number that begins with 0 is one of its own,
// after another one or after any other number.
func splitPhones(groups []string) (each [][]string) {
	if isCardOrAccount(groups) || isAmount(groups) {
		return [][]string{groups}
	}
	start := 0
	for i := range groups {
		if i > start && beginsPhone(groups[i:]) {
			each, start = append(each, groups[start:i]), i
		}
	}
	return append(each, groups[start:])
}

// isCardOrAccount reports whether groups are of a card or an account: four digits, except the first
// and the last.
func isCardOrAccount(groups []string) bool {
	const card, four = 4, 4
	last := len(groups) - 1
	return last+1 >= card && len(groups[last]) <= four && len(strings.Join(groups, "")) >= card*four &&
		!slices.ContainsFunc(groups[1:last], func(group string) bool { return len(group) != four })
}

// beginsPhone reports whether groups begin with a phone number, whose first group has the national
// prefix 0 or the international prefix 00, up to another one or the end. It compares lengths only:
// the country of the number is not known.
func beginsPhone(groups []string) bool {
	const shortest, national, international = 9, 12, 17 // digits with the prefix
	if !mayBeginPhone(groups[0]) {
		return false
	}
	size := len(groups[0])
	for _, group := range groups[1:] {
		if size > international || mayBeginPhone(group) && size >= shortest {
			break
		}
		size += len(group)
	}
	return size >= shortest && (size <= national || strings.HasPrefix(groups[0], "00") && size <= international)
}

// mayBeginPhone reports whether a group may be the first of a phone number: an area code or more.
func mayBeginPhone(group string) bool {
	const areaCode = 3
	return group[0] == '0' && len(group) >= areaCode
}

// formNumber reports whether groups are one number by their count and length: that of a phone
// number at least, or of three digits after the first, as in an amount.
func formNumber(groups []string) bool {
	size := len(strings.Join(groups, ""))
	return len(groups) <= maxGroups && size <= maxTokenRunes && (size >= minPhoneDigits || inThousands(groups[1:]))
}

// isAmount reports whether groups are of an amount such as 25 000 000 000, which is no phone number.
func isAmount(groups []string) bool {
	const thousand = 3
	return groups[0][0] != '0' && len(groups[0]) <= thousand && inThousands(groups[1:])
}

func inThousands(groups []string) bool {
	const thousand = 3
	return !slices.ContainsFunc(groups, func(group string) bool { return len(group) != thousand })
}

// standsAlone reports whether what is between two texts is no part of a longer word or amount.
func standsAlone(before, after string) bool {
	const connectors = joinerRunes + ",\u066c"
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(before, connectors))
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(after, connectors))
	return !slices.ContainsFunc([]rune{last, first}, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}
