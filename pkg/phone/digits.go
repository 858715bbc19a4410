package phone

import "strings"

// ASCIIDigits replaces the Persian (U+06F0), Arabic (U+0660) and full-width (U+FF10)
// digits of a text by ASCII digits.
func ASCIIDigits(text string) string { return strings.Map(asciiDigit, text) }

func asciiDigit(r rune) rune {
	switch {
	case r >= '۰' && r <= '۹':
		return r - '۰' + '0'
	case r >= '٠' && r <= '٩':
		return r - '٠' + '0'
	case r >= '０' && r <= '９':
		return r - '０' + '0'
	}
	return r
}

// Digits returns a code as its ASCII digits, without the separators and invisible marks
// that users type or paste. A text with other characters is returned unchanged.
func Digits(text string) string {
	var digits strings.Builder
	for _, r := range ASCIIDigits(text) {
		switch {
		case r >= '0' && r <= '9':
			digits.WriteRune(r)
		case isSeparator(r) || isInvisible(r):
		default:
			return text
		}
	}
	return digits.String()
}
