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

// isVisible reports whether a character has a form of its own: it is no space, mark or format
// character, and none of the letters and symbols that are drawn as nothing.
func isVisible(r rune) bool {
	const brailleBlank, nullNotehead = '\u2800', '\U0001d159'
	return !unicode.In(r, unicode.Z, unicode.C, unicode.M, unicode.Other_Default_Ignorable_Code_Point) && r != brailleBlank && r != nullNotehead
}
