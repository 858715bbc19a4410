package phone

import "strings"

// ASCIIDigits replaces the Persian (U+06F0) and Arabic (U+0660) digits of a text
// by ASCII digits.
func ASCIIDigits(text string) string { return strings.Map(asciiDigit, text) }

func asciiDigit(r rune) rune {
	switch {
	case r >= '۰' && r <= '۹':
		return r - '۰' + '0'
	case r >= '٠' && r <= '٩':
		return r - '٠' + '0'
	}
	return r
}
