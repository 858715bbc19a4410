package notification

import "strings"

// The characters of the default alphabet of SMS and of its extension table, each of which takes two
// places (3GPP TS 23.038, section 6.2.1).
const (
	gsmAlphabet = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtended = "\f^{}\\[~]|€"
)

// The places of an SMS, and of each segment of a longer text: characters of the default alphabet, or
// UTF-16 units.
const (
	gsmSingle, gsmPart     = 160, 153
	utf16Single, utf16Part = 70, 67
)

// Segments returns the number of SMS that a text is billed as.
func Segments(text string) int {
	single, part, width := gsmSingle, gsmPart, gsmWidth
	if strings.ContainsFunc(text, func(r rune) bool { return gsmWidth(r) == 0 }) {
		single, part, width = utf16Single, utf16Part, utf16Width
	}
	total, segments, used := 0, 1, 0
	for _, r := range text {
		n := width(r)
		total += n
		if used += n; used > part { // a character is in one segment
			segments, used = segments+1, n
		}
	}
	if total <= single {
		return 1
	}
	return segments
}

// gsmWidth returns the places of a character in the default alphabet, 0 if it is not in it.
func gsmWidth(r rune) int {
	switch {
	case strings.ContainsRune(gsmAlphabet, r):
		return 1
	case strings.ContainsRune(gsmExtended, r):
		return 2
	}
	return 0
}

func utf16Width(r rune) int {
	if r > 0xffff {
		return 2
	}
	return 1
}
