package search

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"ticketsystem/pkg/phone"
)

// Normalize returns the indexed form of a text: compatibility forms, case, marks and
// the letters of equal meaning of Arabic and Persian are unified (Unicode NFKC, case
// folding, then the rules of this file). The half-space is kept. The result is bounded.
func Normalize(text string) string {
	text = cases.Fold().String(unifyForms(strings.Map(unifyApostrophe, text)))
	text = strings.Map(normalizeRune, norm.NFKD.String(text))
	return norm.NFC.String(ligatures().Replace(text))
}

// NameKey returns a form that is the same for names that a reader takes for one: it ignores what the
// search ignores, such as case, accents and Arabic forms of Persian letters, and the kind and
// number of blanks.
func NameKey(name string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(Normalize(name), string(halfSpace), " ")), " ")
}

// maxNormalized is how many bytes of a text in NFKC are indexed: those of the longest message, whose
// 10,000 letters have up to four bytes.
const maxNormalized = 40_000

// unifyForms returns the text in NFKC, cut at maxNormalized bytes. One letter can become 18, such
// as U+FDFA, and the stream would spend fifty times as long on a message of these.
func unifyForms(text string) string {
	var unified strings.Builder
	var letters norm.Iter
	letters.InitString(norm.NFKC, text)
	for !letters.Done() && unified.Len() < maxNormalized {
		unified.Write(letters.Next())
	}
	return unified.String()
}

// Letters that Unicode does not decompose: each letter of the first string of a pair
// becomes the letter at the same position of the second.
const (
	arabic  = "\u064a\u0649\u0643\u06aa\u0629\u06c1\u06be\u06d5\u0671\u06d2\u06cd\u06d0\u06c6\u06ce"
	persian = "\u06cc\u06cc\u06a9\u06a9\u0647\u0647\u0647\u0647\u0627\u06cc\u06cc\u06cc\u0648\u06cc"

	stroked   = "\u0111\u0127\u0131\u0142\u00f8\u0167\u00f0"
	unstroked = "dhilotd"
)

func ligatures() *strings.Replacer {
	return strings.NewReplacer("\u00e6", "ae", "\u0153", "oe", "\u00fe", "th")
}

// Characters that are removed.
const (
	tatweel    = '\u0640'
	apostrophe = '\''
	middleDot  = '\u00b7' // within Catalan words
	halfSpace  = '\u200c' // zero-width non-joiner
)

// unifyApostrophe replaces the characters that are typed as an apostrophe.
func unifyApostrophe(r rune) rune {
	if strings.ContainsRune("\u2018\u2019\u02bc\u00b4`\u05f3\u05f4", r) {
		return apostrophe
	}
	return r
}

// normalizeRune returns the indexed form of a letter or digit, or -1 if the
// character is removed.
func normalizeRune(r rune) rune {
	switch {
	case r == halfSpace:
		return r
	case r == tatweel, r == apostrophe, r == middleDot, unicode.IsMark(r), unicode.Is(unicode.Cf, r):
		return -1
	case r < 0x80:
		return r
	case unicode.IsDigit(r):
		return phone.ASCIIDigit(r)
	}
	return mapRune(mapRune(r, arabic, persian), stroked, unstroked)
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
