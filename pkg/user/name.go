package user

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// ClaimsRole reports whether a name presents its bearer as staff or as the system: it has a
// word such as Support, Admin or System, or a Persian form of it. Case, width, marks,
// invisible characters, spacing, and Cyrillic and Greek letters that look Latin do not matter.
func ClaimsRole(name string) bool {
	words := strings.FieldsFunc(foldName(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	for _, word := range words {
		if isRoleWord(word) {
			return true
		}
		for _, role := range []string{"support", "admin", "system", "پشتیبان", "ادمین", "سیستم", "ساپورت"} {
			if strings.HasPrefix(word, role) || strings.HasSuffix(word, role) { // Administrator, CustomerSupport
				return true
			}
		}
	}
	return isRoleWord(strings.Join(words, "")) // with spaces between the letters
}

// isRoleWord reports whether a folded word names a role. Some of these words are the beginning
// of Persian surnames, so longer words do not count.
func isRoleWord(word string) bool {
	switch word {
	case "support", "admin", "system", "پشتیبان", "پشتیبانی", "ادمین", "سیستم", "ساپورت", "مدیر", "مدیران", "مدیریت", "سامانه":
		return true
	}
	return false
}

// foldName returns a name without the differences that readers overlook.
func foldName(name string) string {
	const tatweel = '\u0640'
	folded := strings.Map(func(r rune) rune {
		if r == tatweel || unicode.In(r, unicode.M, unicode.C, unicode.Other_Default_Ignorable_Code_Point) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(name))
	return strings.NewReplacer(
		"ي", "ی", "ى", "ی", "ك", "ک", "ı", "i",
		"а", "a", "с", "c", "е", "e", "і", "i", "м", "m", "п", "n", "о", "o", "р", "p", "ѕ", "s", "т", "t", "у", "y", "ԁ", "d", // Cyrillic
		"α", "a", "ι", "i", "μ", "m", "ο", "o", "ρ", "p", "τ", "t", "υ", "u", // Greek
	).Replace(folded)
}

// maxSortKey is the length of a sort key in bytes.
const maxSortKey = 200

// SortKey returns a text that sorts a name alphabetically, in Persian too, and empty names last.
func SortKey(name string) string {
	if name == "" {
		return "1"
	}
	const after = "\ufffd" // sorts after the letters that follow
	key := strings.NewReplacer(
		"آ", "ا", "أ", "ا", "إ", "ا", "پ", "ب"+after, "چ", "ج"+after, "ژ", "ز"+after, "ک", "ك", "گ", "ك"+after, "ه", "و"+after, "ی", "ي", "ى", "ي", "\u200c", "",
	).Replace(strings.ToLower(norm.NFC.String(name)))
	if len(key) > maxSortKey {
		key = strings.ToValidUTF8(key[:maxSortKey], "")
	}
	return "0" + key
}
