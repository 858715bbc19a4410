// Package phone turns the ways people write a mobile number into E.164, so
// that one person is one key.
//
// It knows a small table of countries instead of a full metadata library: such
// a library adds several megabytes to every function's binary, and all that is
// needed here is one spelling per number. Whether a number can be reached is
// proved by the code that is sent to it.
package phone

import (
	"errors"
	"slices"
	"strings"
)

var (
	// ErrInvalid: the text is no phone number of the region.
	ErrInvalid = errors.New("not a valid mobile number")
	// ErrRegion: the region is not in the table.
	ErrRegion = errors.New("unknown region")
)

// country is what is needed to read a number in its national form.
type country struct {
	code  string // country calling code (ITU-T E.164)
	trunk string // prefix of the national form; "" where there is none, or where it is the calling code
}

// countries by ISO 3166-1 code. Iran is first: it is the default of the product.
var countries = map[string]country{
	"IR": {"98", "0"},
	"AE": {"971", "0"},
	"AF": {"93", "0"},
	"AM": {"374", "0"},
	"AZ": {"994", "0"},
	"CA": {"1", ""},
	"DE": {"49", "0"},
	"FR": {"33", "0"},
	"GB": {"44", "0"},
	"IQ": {"964", "0"},
	"NL": {"31", "0"},
	"OM": {"968", ""},
	"PK": {"92", "0"},
	"QA": {"974", ""},
	"SE": {"46", "0"},
	"TR": {"90", "0"},
	"US": {"1", ""},
}

// Lengths of an E.164 number without its plus: 15 is the limit of the
// recommendation, 8 the shortest that any mobile network gives out.
const (
	minDigits = 8
	maxDigits = 15
)

// maxRaw bounds the work for one number, in bytes of the raw text.
const maxRaw = 64

// Normalize gives the E.164 form of a number as a person wrote it. region (ISO
// 3166-1, "IR") reads the national form. Persian and Arabic digits, spaces,
// dashes, dots, parentheses and invisible direction marks are accepted.
// Iranian numbers must be mobile ones: a code has to reach them by SMS.
//
// Errors: ErrInvalid, ErrRegion.
func Normalize(raw, region string) (string, error) {
	local, known := countries[strings.ToUpper(region)]
	if !known {
		return "", ErrRegion
	}
	digits, international, ok := stripFormatting(raw)
	if !ok {
		return "", ErrInvalid
	}
	number := digits
	if !international {
		number = local.international(digits)
	}
	if len(number) < minDigits || len(number) > maxDigits || number[0] == '0' {
		return "", ErrInvalid
	}
	if number, ok = checkIranian(number); !ok {
		return "", ErrInvalid
	}
	return "+" + number, nil
}

// international reads a national form: 0912..., 912... and 98912... alike.
func (c country) international(digits string) string {
	if c.trunk != "" && strings.HasPrefix(digits, c.trunk) {
		return c.code + strings.TrimPrefix(digits, c.trunk)
	}
	// A number that begins with the country's own code and is too long for a
	// national one was written without its plus.
	if strings.HasPrefix(digits, c.code) && len(digits) >= len(c.code)+9 {
		return digits
	}
	return c.code + digits
}

// checkIranian is strict for Iran: +989 and nine digits. "+98 (0) 912..." is a
// common slip and means the same number.
func checkIranian(number string) (string, bool) {
	national, ok := strings.CutPrefix(number, "98")
	if !ok {
		return number, true
	}
	national = strings.TrimPrefix(national, "0")
	return "98" + national, len(national) == 10 && national[0] == '9'
}

// stripFormatting strips what people put between digits and tells whether the number was
// written with its country (+ or 00). It is false when anything else is inside.
func stripFormatting(raw string) (digits string, international, ok bool) {
	if len(raw) > maxRaw {
		return "", false, false
	}
	var out strings.Builder
	for _, r := range ASCIIDigits(raw) {
		switch {
		case r >= '0' && r <= '9':
			out.WriteRune(r)
		case r == '+' || r == '＋':
			if out.Len() > 0 || international {
				return "", false, false
			}
			international = true
		case isSeparator(r) || isInvisible(r):
		default:
			return "", false, false
		}
	}
	digits = out.String()
	if !international && strings.HasPrefix(digits, "00") {
		return digits[2:], true, len(digits) > 2
	}
	return digits, international, digits != ""
}

func isSeparator(r rune) bool {
	switch r {
	case ' ', '\t', '\u00a0', '\u202f', '-', '.', '(', ')', '/', '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2212':
		return true
	}
	return false
}

// isInvisible: marks that right-to-left keyboards and copy and paste leave in
// a number without anybody seeing them.
func isInvisible(r rune) bool {
	switch {
	case r >= '\u200b' && r <= '\u200f', r >= '\u202a' && r <= '\u202e', r >= '\u2060' && r <= '\u2069', r == '\u061c', r == '\ufeff':
		return true
	}
	return false
}

// Mask hides the middle of an E.164 number for logs: +98912***4567.
func Mask(number string) string {
	const head, tail = 6, 4
	if len(number) < head+tail+1 {
		return "***"
	}
	return number[:head] + "***" + number[len(number)-tail:]
}

// SearchForms are the ways in which people write an E.164 number, in digits: with
// the code of its country, and as it is dialled inside it.
func SearchForms(number string) []string {
	digits := strings.TrimPrefix(number, "+")
	if digits == "" {
		return nil
	}
	forms := []string{digits}
	for _, c := range countries {
		national, ok := strings.CutPrefix(digits, c.code)
		if !ok {
			continue
		}
		for _, form := range []string{c.trunk + national, national} {
			if !slices.Contains(forms, form) {
				forms = append(forms, form)
			}
		}
	}
	slices.Sort(forms[1:])
	return forms
}
