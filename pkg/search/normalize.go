package search

import (
	"strings"
	"unicode"
)

// The spellings that become one. Each letter of the first text is written as
// the letter in the same place of the second.
const (
	arabic  = "\u064a\u0649\u0626\u0643\u0629\u06c0\u06c1\u06be\u06d5\u0624\u0625\u0623\u0671\u0622"
	persian = "\u06cc\u06cc\u06cc\u06a9\u0647\u0647\u0647\u0647\u0647\u0648\u0627\u0627\u0627\u0627"

	accented   = "àáâãäåāăąçćĉċčďđèéêëēĕėęěĝğġģĥħìíîïĩīĭįıĵķĺļľŀłñńņňòóôõöøōŏőŕŗřśŝşšţťŧùúûüũūŭůűųŵýÿŷźżž"
	unaccented = "aaaaaaaaacccccddeeeeeeeeegggghhiiiiiiiiijklllllnnnnooooooooorrrsssstttuuuuuuuuuuwyyyzzz"
)

// Letters that mean nothing to a search and vanish; ZWNJ is not among them.
const (
	tatweel    = '\u0640'
	apostrophe = '\''
	quote      = '\u2019' // what keyboards of telephones write for an apostrophe
)

// normalizeRune is one letter or digit as all its spellings are indexed; -1 for one that
// vanishes.
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

// mapRune is the letter of to in the place that r has in from, or r itself.
func mapRune(r rune, from, to string) rune {
	offset := strings.IndexRune(from, r)
	if offset < 0 {
		return r
	}
	index := len([]rune(from[:offset]))
	return []rune(to)[index]
}
