package user

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"ticketsystem/pkg/locale"
)

// IsReserved reports whether a customer may not have a name, because it presents its bearer as
// staff or as the system, by a word such as Support, Admin or System, or a Persian form of it; or
// because it is what others see in place of a deleted user. Case, width, marks, invisible
// characters, spacing, letters of other scripts that look Latin, and digits and symbols in place of
// letters do not matter.
func IsReserved(name string) bool {
	folded := foldName(name)
	for _, form := range []string{folded, symbols().Replace(folded)} {
		if words := wordsOf(form); hasRoleWord(words) || isDeletedName(words) {
			return true
		}
	}
	return false
}

// symbols replaces digits and symbols that stand for letters.
func symbols() *strings.Replacer {
	return strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "$", "s", "@", "a", "!", "i", "|", "i",
		"()", "o", "[]", "o", "°", "o", "+", "t", "†", "t", "‡", "t", "¡", "i", "§", "s", "®", "r", "©", "c", "¢", "c", "€", "e", "¥", "y",
		"₳", "a", "₫", "d", "₦", "n", "₱", "p", "₴", "s", "₮", "t")
}

func wordsOf(folded string) []string {
	return strings.FieldsFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}

// isDeletedName reports whether the words of a name contain the text for deleted users in any
// language.
func isDeletedName(words []string) bool {
	compact := func(words []string) string {
		return strings.ReplaceAll(strings.Join(words, ""), "v", "n") // Greek ν was folded to n
	}
	name := compact(words)
	return slices.ContainsFunc(locale.Supported(), func(language string) bool {
		return strings.Contains(name, compact(wordsOf(foldName(DisplayName(DeletedName, language)))))
	})
}

func hasRoleWord(words []string) bool {
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

// isRoleWord reports whether a folded word, which has an i for each l, names a role. Some of these words are the beginning
// of Persian surnames, so longer words do not count.
func isRoleWord(word string) bool {
	switch word {
	case "support", "admin", "system", "staff", "agent", "operator", "moderator", "heipdesk", "customerservice",
		"پشتیبان", "پشتیبانی", "ادمین", "سیستم", "ساپورت", "مدیر", "مدیران", "مدیریت", "سامانه", "اپراتور", "کارمند":
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
		return foldLookAlike(foldSymbol(r))
	}, norm.NFKD.String(strings.Map(replaceLookAlike, name)))
	return strings.NewReplacer("rn", "m", "l", "i").Replace(folded)
}

// foldSymbol returns the letter in a symbol that NFKD does not decompose: white on black in a
// circle or a square, or half of a flag.
func foldSymbol(r rune) rune {
	for _, a := range []rune{'\U0001f150', '\U0001f170', '\U0001f1e6'} {
		if r >= a && r < a+26 {
			return 'a' + r - a
		}
	}
	return r
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
