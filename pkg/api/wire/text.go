package wire

import (
	"strings"
	"unicode"
)

// Joiners are the only format characters that text may contain: Persian words have
// non-joiners, and emoji have joiners.
const (
	zwnj = '\u200c'
	zwj  = '\u200d'
)

// CleanLine returns a text of one line without control and format characters.
func CleanLine(text string) string { return clean(text, false) }

// clean trims a text and removes control and format characters, such as escapes and
// bidirectional controls. Other line separators become line breaks; without multiline, line
// breaks and tabs become spaces.
func clean(text string, multiline bool) string {
	if !multiline {
		text = strings.ReplaceAll(text, "\r\n", "\n")
	}
	cleaned := strings.Map(func(r rune) rune {
		switch {
		case r == zwnj, r == zwj:
			return r
		case strings.ContainsRune("\n\r\t", r):
			if multiline {
				return r
			}
			return ' '
		case strings.ContainsRune("\v\f\u0085\u2028\u2029", r):
			if multiline {
				return '\n'
			}
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf):
			return -1
		}
		return r
	}, text)
	return strings.TrimFunc(cleaned, func(r rune) bool { return unicode.IsSpace(r) || r == zwnj || r == zwj })
}
