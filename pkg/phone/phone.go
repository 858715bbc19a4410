// Package phone normalizes mobile phone numbers to E.164, so that every user has
// one key.
//
// It uses tables of calling codes, prefixes and lengths instead of the whole metadata
// of a library (ADR 0016). Whether a number can be reached is verified by a one-time
// code.
package phone

import (
	"errors"
	"slices"
	"strings"
	"unicode"
)

var (
	// ErrInvalid is returned if the text is not a phone number of the region.
	ErrInvalid = errors.New("not a valid mobile number")
	// ErrRegion is returned if the region is not supported.
	ErrRegion = errors.New("unknown region")
)

// Lengths of an E.164 number without the plus sign. 15 is the limit of the
// recommendation, 8 the shortest mobile number in use.
const (
	minDigits = 8
	maxDigits = 15
)

// maxRaw limits the length of the raw text, in bytes.
const maxRaw = 64

// Normalize returns the E.164 form of a number. region (ISO 3166-1) is used for
// national formats. Digits of any script, separators and invisible direction marks
// are accepted. Numbers that reach the same mobile phone, such as +521... and +52..., have the
// same form. Iranian numbers must be mobile numbers, because codes are sent by SMS.
//
// It returns ErrInvalid or ErrRegion.
func Normalize(raw, region string) (string, error) {
	local, known := regionCountry(strings.ToUpper(region))
	if !known {
		return "", ErrRegion
	}
	number, international, ok := stripFormatting(raw)
	if !ok {
		return "", ErrInvalid
	}
	if !international {
		number = local.international(number)
	}
	number = canonical(number)
	if len(number) < minDigits || len(number) > maxDigits || number[0] == '0' {
		return "", ErrInvalid
	}
	if isIranianLandline(number) {
		return "", ErrInvalid
	}
	return "+" + number, nil
}

// international returns a number that was written without a plus sign with its calling code. It
// may begin with an international prefix (0098...), be national (0912... or 912...), or begin
// with a calling code (98912...): the first of these that can be a mobile number is taken.
func (c country) international(digits string) string {
	national := c.code + strings.TrimPrefix(digits, c.trunk)
	abroad := c.cutInternationalPrefix(digits)
	for _, number := range abroad {
		if isMobile(canonical(number)) {
			return number
		}
	}
	switch {
	case isMobile(c.code + c.canonicalNational(national[len(c.code):])):
		return national
	case isMobile(canonical(digits)):
		return digits
	case len(abroad) > 0 && len(abroad[0]) >= minDigits:
		return abroad[0]
	case c.trunk != "" && strings.HasPrefix(digits, c.trunk):
		return national
	case strings.HasPrefix(digits, c.code) && len(digits) >= len(c.code)+9: // too long for a national number
		return digits
	}
	return c.code + digits
}

// CanonicalMobile returns the digits of the E.164 form of an international number, which is written
// without a plus sign. ok is false if the number cannot be a complete mobile number.
func CanonicalMobile(digits string) (number string, ok bool) {
	number = canonical(digits)
	return number, isMobile(number)
}

// canonical returns the form that an international number, without the plus sign, has in keys.
func canonical(number string) string {
	number = dropTrunk(number)
	c, known := countryOf(number)
	if !known {
		return number
	}
	return c.code + c.canonicalNational(number[len(c.code):])
}

// isMobile reports whether an international number, without the plus sign, can be a mobile number
// by its first digit and its length.
func isMobile(number string) bool {
	c, known := countryOf(number)
	return known && c.isMobile(number[len(c.code):])
}

// dropTrunk drops the national prefix, also a repeated one, of "+98 (0) 912..." or
// "+44 (0) 7911...", a common mistake that would give one user two numbers. The prefix 8 of Russia
// and Kazakhstan is also a first digit of numbers, so it is dropped only if a complete number follows.
func dropTrunk(number string) string {
	const completeNumber = 10
	c, known := countryOf(number)
	if !known || c.trunk == "" {
		return number
	}
	national := number[len(c.code):]
	for {
		rest, prefixed := strings.CutPrefix(national, c.trunk)
		if !prefixed || c.code[0] == '7' && len(rest) != completeNumber {
			return c.code + national
		}
		national = rest
	}
}

// isIranianLandline reports whether a number of Iran is no mobile number: +989 and nine digits.
func isIranianLandline(number string) bool {
	national, iranian := strings.CutPrefix(number, "98")
	return iranian && (len(national) != 10 || national[0] != '9')
}

// stripFormatting removes separators and reports whether the number has a plus sign. ok is false
// if it contains other characters.
func stripFormatting(raw string) (digits string, international, ok bool) {
	after := false // whether the plus sign came after the digits, as in texts from right to left
	if len(raw) > maxRaw {
		return "", false, false
	}
	var out strings.Builder
	for _, r := range strings.TrimPrefix(strings.ToLower(ASCIIDigits(raw)), "tel:") {
		switch {
		case r >= '0' && r <= '9':
			if after {
				return "", false, false
			}
			out.WriteRune(r)
		case r == '+' || r == '＋':
			if international {
				return "", false, false
			}
			international, after = true, out.Len() > 0
		case isSeparator(r) || isInvisible(r):
		default:
			return "", false, false
		}
	}
	digits = out.String()
	return digits, international, digits != ""
}

// isSeparator reports whether r is a space, a line break, a dash, a bracket or another sign between the groups of
// a number.
func isSeparator(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || strings.ContainsRune("./_()[]\uff08\uff09\u00b7\u2022\u2212", r)
}

// isInvisible reports whether r is an invisible mark, such as the direction marks that
// right-to-left keyboards and copied texts insert, or a soft hyphen.
func isInvisible(r rune) bool { return unicode.Is(unicode.Cf, r) }

// SearchForms returns the digits of an E.164 number in the formats that users
// search for: with the country calling code and in national format.
func SearchForms(number string) []string {
	digits := strings.TrimPrefix(number, "+")
	if digits == "" {
		return nil
	}
	forms := []string{digits}
	c, known := countryOf(digits)
	if !known {
		return forms
	}
	for _, national := range c.dialledForms(strings.TrimPrefix(digits, c.code)) {
		for _, form := range []string{c.trunk + national, national} {
			if !slices.Contains(forms, form) {
				forms = append(forms, form)
			}
		}
	}
	return forms
}

// Lengths of a national number in a text, with the national prefix 0.
const (
	minNationalDigits = 9
	maxNationalDigits = 12
)

// TextForms returns the other forms of a word of a text that may be a phone number; the last is
// that without calling code and national prefix. It returns none for other words, and for a
// number that has the last form already.
//
// The region of a national number is not known, so it gets no calling code. A search for an
// international number finds it by the last form.
func TextForms(word string) []string {
	if len(word) < minDigits || strings.ContainsFunc(word, func(r rune) bool { return r < '0' || r > '9' }) {
		return nil
	}
	if number, mobile := CanonicalMobile(strings.TrimPrefix(word, "00")); mobile {
		return SearchForms(number)
	}
	national, prefixed := strings.CutPrefix(word, "0")
	if !prefixed || strings.HasPrefix(national, "0") || len(word) < minNationalDigits || len(word) > maxNationalDigits {
		return nil
	}
	return []string{national}
}
