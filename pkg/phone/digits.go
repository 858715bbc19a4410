package phone

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// ASCIIDigits replaces the decimal digits of other scripts, such as Persian (U+06F0), Arabic
// (U+0660) and Bengali (U+09E6), by ASCII digits.
func ASCIIDigits(text string) string { return strings.Map(ASCIIDigit, text) }

// ASCIIDigit returns the ASCII form of a decimal digit of any script, and any other character
// unchanged. Unicode encodes the ten digits of a script in order.
func ASCIIDigit(r rune) rune {
	if r < utf8.RuneSelf || !unicode.IsDigit(r) {
		return r
	}
	zero := r
	for unicode.IsDigit(zero - 1) {
		zero--
	}
	return '0' + (r-zero)%10
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
