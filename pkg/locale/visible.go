package locale

import "unicode"

// IsVisible reports whether a character has a form of its own: it is no space, mark or format
// character, and none of the letters and symbols that are drawn as nothing.
func IsVisible(r rune) bool {
	const brailleBlank, nullNotehead = '\u2800', '\U0001d159'
	return !unicode.In(r, unicode.Z, unicode.C, unicode.M, unicode.Other_Default_Ignorable_Code_Point) && r != brailleBlank && r != nullNotehead
}

// IsInvisible reports whether a character is drawn as nothing, unlike a mark, which changes the
// letter before it.
func IsInvisible(r rune) bool {
	return !IsVisible(r) && (!unicode.IsMark(r) || unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point))
}
