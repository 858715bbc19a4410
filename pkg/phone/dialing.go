package phone

import (
	"strconv"
	"strings"
)

// dialTable lists what is dialled before numbers, for each calling code: the international
// prefixes besides 00, and after a slash the prefixes of national numbers that are not part of
// them. These select a carrier, hide the caller, or are of former numbers of mobile phones. x is
// any digit. It is from the metadata of libphonenumber, but for the former prefixes of Mexico.
const dialTable = `
1 011
230 020 030 033 040 050 060 070
234 009
235 16
238 0
241 / 0
248 010 01 02
254 000
255 000 005 006
256 000 005 007
298 / 10xx
352 / 15xxx
354 1001 1010 1020 1100
358 990 991 994 996 999 995xx
370 / 8
375 810 / 8 0
386 1022 1066 1088 1099
423 / 1001
506 / 19xx
51 19xx00
52 09 / 1 01 044 045
53 119
55 0012 0014 0015 0021 0022 0023 0025 0031 0041 0043 0055 0065 0099 / 12 14 15 21 22 23 25 31 41 43 55 65 99 90 90xx
56 1xx0
57 005 007 009 00414 00444 00456 / 3 5 7 9 414 444 456
591 001x / 1x
592 001
598 013x 014x 015x 016x 017x 018x 019x
61 0011 0014 0015 0016 0018 0019 14xx0011 / 183x
62 008 009
64 0161
65 00x 01x 02x 03x
66 001 002 003 004 005 006 007 008 009
675 1401 1402 1403
677 01
679 052
680 011 012
685 0
692 011
7 810
81 010
82 001 002 005 006 008 009 00345 00365 00391 00700 00727 0073 00755 00761 00762 00766 / 8x 85xx
850 99
852 001 002 006 007 008 009 0030 0050 0059
855 001 004 005 006 007 008 009
86 1xxxx00 / 11xxx 12xxx 179xx
886 002 005 006 007 009 019
960 019
972 0105 012 013 014 015 016 017 018 019
976 001
992 810
993 810
`

// dialled returns the international prefixes and the prefixes of national numbers in dialTable.
func (c country) dialled() (international, national []string) {
	_, rest, found := strings.Cut(dialTable, "\n"+c.code+" ")
	if !found {
		return nil, nil
	}
	line, _, _ := strings.Cut(rest, "\n")
	before, after, _ := strings.Cut(line, "/")
	return strings.Fields(before), strings.Fields(after)
}

// cutInternationalPrefix returns what follows each international prefix of the country that a
// number begins with; 00, which is known everywhere, comes last.
func (c country) cutInternationalPrefix(digits string) (rests []string) {
	prefixes, _ := c.dialled()
	for _, prefix := range append(prefixes, "00") {
		if rest, found := cutPattern(digits, prefix); found {
			rests = append(rests, rest)
		}
	}
	return rests
}

// cutPattern returns text without a prefix, in which x is any digit.
func cutPattern(text, prefix string) (rest string, found bool) {
	if len(text) < len(prefix) {
		return text, false
	}
	for i := range len(prefix) {
		if prefix[i] != 'x' && prefix[i] != text[i] {
			return text, false
		}
	}
	return text[len(prefix):], true
}

// isMobile reports whether a national number, without its prefix, can be a mobile number by its
// first digit and its length.
func (c country) isMobile(national string) bool {
	if national == "" {
		return false
	}
	for group := range strings.SplitSeq(c.mobile, ",") {
		first, lengths, _ := strings.Cut(group, "/")
		least, most, isRange := strings.Cut(lengths, "-")
		if !isRange {
			most = least
		}
		shortest, _ := strconv.Atoi(least)
		longest, _ := strconv.Atoi(most)
		if strings.IndexByte(first, national[0]) >= 0 && len(national) >= shortest && len(national) <= longest {
			return true
		}
	}
	return false
}

// canonicalNational returns the one form of the national numbers that reach a mobile phone. A
// prefix of dialTable is dropped only from a number that is not complete with it.
func (c country) canonicalNational(national string) string {
	switch c.code {
	case "54":
		return argentineMobile(national)
	case "55":
		national = c.dropDialled(national)
		return brazilianMobile(national)
	}
	return c.dropDialled(national)
}

func (c country) dropDialled(national string) string {
	if c.isMobile(national) {
		return national
	}
	_, prefixes := c.dialled()
	for _, prefix := range prefixes {
		if rest, found := cutPattern(national, prefix); found && c.isMobile(rest) {
			return rest
		}
	}
	return national
}

// dialledForms returns a national number and its forms in Argentina, which argentineMobile reads.
func (c country) dialledForms(national string) []string {
	number, mobile := strings.CutPrefix(national, argentineAbroad)
	if c.code != "54" || !mobile || len(number) != argentineDigits {
		return []string{national}
	}
	area := argentineArea(number)
	return []string{national, number, number[:area] + argentineInland + number[area:]}
}

// What is dialled before an Argentine mobile number, and after its area code.
const (
	argentineAbroad = "9"
	argentineInland = "15"
)

// Lengths of numbers without what only mobile numbers have.
const (
	argentineDigits      = 10 // area code and number
	brazilianDigits      = 10 // before the ninth digit of the number
	brazilianAreaDigits  = 2
	argentineAreaOfThree = " 220 221 223 230 236 237 249 260 261 263 264 266 280 291 294 297 298 299 336 341 342 343 345 348 351 353 358 362 364 370 376 379 380 381 383 385 387 388 "
)

// argentineMobile adds the 9 with which mobile numbers are dialled from other countries, and drops
// the 15 after the area code with which they are dialled in Argentina.
func argentineMobile(national string) string {
	number := national
	if len(number) > argentineDigits {
		number = strings.TrimPrefix(number, argentineAbroad)
	}
	if area := argentineArea(number); len(number) == argentineDigits+len(argentineInland) && strings.HasPrefix(number[area:], argentineInland) {
		number = number[:area] + number[area+len(argentineInland):]
	}
	if len(number) != argentineDigits || number[0] < '1' || number[0] > '3' {
		return national
	}
	return argentineAbroad + number
}

// argentineArea returns the length of the area code of a number.
func argentineArea(number string) int {
	const buenosAires, three, four = "11", 3, 4
	switch {
	case strings.HasPrefix(number, buenosAires):
		return len(buenosAires)
	case len(number) >= three && strings.Contains(argentineAreaOfThree, " "+number[:three]+" "):
		return three
	}
	return four
}

// brazilianMobile adds the 9 that all mobile numbers got by 2016 to a number of eight digits.
func brazilianMobile(national string) string {
	if len(national) != brazilianDigits || strings.IndexByte("689", national[brazilianAreaDigits]) < 0 {
		return national
	}
	return national[:brazilianAreaDigits] + "9" + national[brazilianAreaDigits:]
}
