package search

import (
	"strings"
	"unicode"
)

// Letters that are normalized: each letter of the first string of a pair becomes
// the letter at the same position of the second.
const (
	arabic  = "\u064a\u0649\u0626\u0643\u0629\u06c0\u06c1\u06be\u06d5\u0624\u0625\u0623\u0671\u0622"
	persian = "\u06cc\u06cc\u06cc\u06a9\u0647\u0647\u0647\u0647\u0647\u0648\u0627\u0627\u0627\u0627"

	accented   = "àáâãäåāăąçćĉċčďđèéêëēĕėęěĝğġģĥħìíîïĩīĭįıĵķĺļľŀłñńņňòóôõöøōŏőŕŗřśŝşšţťŧùúûüũūŭůűųŵýÿŷźżž"
	unaccented = "aaaaaaaaacccccddeeeeeeeeegggghhiiiiiiiiijklllllnnnnooooooooorrrsssstttuuuuuuuuuuwyyyzzz"
)

// Characters that are removed.
const (
	tatweel    = '\u0640'
	apostrophe = '\''
	quote      = '\u2019' // the apostrophe of phone keyboards
)

// normalizeRune returns the indexed form of a letter or digit, or -1 if the
// character is removed.
func normalizeRune(r rune) rune {
	switch {
	case r == tatweel, r == apostrophe, r == quote, unicode.IsMark(r), unicode.Is(unicode.Cf, r):
		return -1
	case r >= '\u06f0' && r <= '\u06f9':
		return r - '\u06f0' + '0'
	case r >= '\u0660' && r <= '\u0669':
		return r - '\u0660' + '0'
	case r >= '\uff01' && r <= '\uff5e': // full-width ASCII
		r += '!' - '\uff01'
	}
	r = unicode.ToLower(r)
	if r < 0x80 {
		return r
	}
	return mapRune(mapRune(r, arabic, persian), accented, unaccented)
}

// mapRune returns the letter of to at the position of r in from, or r if from
// does not contain it.
func mapRune(r rune, from, to string) rune {
	offset := strings.IndexRune(from, r)
	if offset < 0 {
		return r
	}
	index := len([]rune(from[:offset]))
	return []rune(to)[index]
}
