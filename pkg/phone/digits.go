package phone

import "strings"

// ASCIIDigits writes the Persian (U+06F0) and Arabic (U+0660) digits of a text
// as ASCII: to a person they are the same keys. Everything else stays.
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
