package user

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// ClaimsRole reports whether a name presents its bearer as staff or as the system: it has a
// word such as Support, Admin or System, or a Persian form of it. Case, width, marks,
// invisible characters, spacing, letters of other scripts that look Latin, and digits and
// symbols in place of letters do not matter.
func ClaimsRole(name string) bool {
	folded := foldName(name)
	return hasRoleWord(folded) || hasRoleWord(strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "$", "s", "@", "a", "!", "i", "|", "i").Replace(folded))
}

func hasRoleWord(folded string) bool {
	words := strings.FieldsFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
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
		return foldSymbol(unicode.ToLower(r))
	}, norm.NFKD.String(name))
	return lookAlikes().Replace(folded)
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

// lookAlikes replaces letters that look like those of the role words, in lower case.
func lookAlikes() *strings.Replacer {
	var pairs []string
	for latin, others := range map[string]string{
		"a": "аαɑᴀաꭺꓮ𖼀", "b": "ʙ", "c": "сᴄ", "d": "ԁᴅꓓꭰđɖ", "e": "еᴇꓰ", "i": "іıιɩɪꓲ", "m": "мμᴍꮇꓟ", "n": "пиνɴոռꓠ", "o": "оοᴏօꓳøо",
		"p": "рρᴘꮲꓑ", "r": "ʀꮢꓣгɼ", "s": "ѕꜱʂƽꮪⴝտꓢ", "t": "тτᴛꓔŧ", "u": "υᴜսꓴʋ", "y": "уʏγꓬ",
		"ی": "يىېےێۍ", "ک": "كڪ",
	} {
		for _, other := range others {
			pairs = append(pairs, string(other), latin)
		}
	}
	return strings.NewReplacer(pairs...)
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
