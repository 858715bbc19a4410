package phone

import "strings"

// country contains what is needed to parse a number in national format.
type country struct {
	code    string   // country calling code (ITU-T E.164)
	trunk   string   // national prefix; "" if there is none or it equals the calling code
	regions []string // ISO 3166-1
}

// countryTable lists the calling codes, one per line: digits, national prefix or "-",
// regions. It was compared with the metadata of libphonenumber, as in
// github.com/nyaruka/phonenumbers. Of the calling codes that countries share, it lists the
// area codes of the smaller ones.
const countryTable = `
1 - US CA
1242 - BS
1246 - BB
1264 - AI
1268 - AG
1284 - VG
1340 - VI
1345 - KY
1441 - BM
1473 - GD
1649 - TC
1658 - JM
1664 - MS
1670 - MP
1671 - GU
1684 - AS
1721 - SX
1758 - LC
1767 - DM
1784 - VC
1787 - PR
1809 - DO
1829 - DO
1849 - DO
1868 - TT
1869 - KN
1876 - JM
1939 - PR
20 0 EG
211 0 SS
212 0 MA EH
213 0 DZ
216 - TN
218 0 LY
220 - GM
221 - SN
222 - MR
223 - ML
224 - GN
225 - CI
226 - BF
227 - NE
228 - TG
229 - BJ
230 - MU
231 0 LR
232 0 SL
233 0 GH
234 0 NG
235 - TD
236 - CF
237 - CM
238 - CV
239 - ST
240 - GQ
241 - GA
242 - CG
243 0 CD
244 - AO
245 - GW
246 - IO
247 - AC
248 - SC
249 0 SD
250 0 RW
251 0 ET
252 0 SO
253 - DJ
254 0 KE
255 0 TZ
256 0 UG
257 - BI
258 - MZ
260 0 ZM
261 0 MG
262 0 RE YT
263 0 ZW
264 0 NA
265 0 MW
266 - LS
267 - BW
268 - SZ
269 - KM
27 0 ZA
290 - SH TA
291 0 ER
297 - AW
298 - FO
299 - GL
30 - GR
31 0 NL
32 0 BE
33 0 FR
34 - ES
350 - GI
351 - PT
352 - LU
353 0 IE
354 - IS
355 0 AL
356 - MT
357 - CY
358 0 FI AX
359 0 BG
36 06 HU
370 0 LT
371 - LV
372 - EE
373 0 MD
374 0 AM
375 80 BY
376 - AD
377 0 MC
378 - SM
380 0 UA
381 0 RS
382 0 ME
383 0 XK
385 0 HR
386 0 SI
387 0 BA
389 0 MK
39 - IT VA
40 0 RO
41 0 CH
420 - CZ
421 0 SK
423 0 LI
43 0 AT
44 0 GB GG IM JE
45 - DK
46 0 SE
47 - NO SJ
48 - PL
49 0 DE
500 - FK
501 - BZ
502 - GT
503 - SV
504 - HN
505 - NI
506 - CR
507 - PA
508 0 PM
509 - HT
51 0 PE
52 - MX
53 0 CU
54 0 AR
55 0 BR
56 - CL
57 0 CO
58 0 VE
590 0 GP BL MF
591 0 BO
592 - GY
593 0 EC
594 0 GF
595 0 PY
596 0 MQ
597 - SR
598 0 UY
599 - CW BQ
60 0 MY
61 0 AU CC CX
62 0 ID
63 0 PH
64 0 NZ
65 - SG
66 0 TH
670 - TL
672 - NF
673 - BN
674 - NR
675 - PG
676 - TO
677 - SB
678 - VU
679 - FJ
680 - PW
681 - WF
682 - CK
683 - NU
685 - WS
686 0 KI
687 - NC
688 - TV
689 - PF
690 - TK
691 - FM
692 1 MH
7 8 RU
76 8 KZ
77 8 KZ
81 0 JP
82 0 KR
84 0 VN
850 0 KP
852 - HK
853 - MO
855 0 KH
856 0 LA
86 0 CN
880 0 BD
886 0 TW
90 0 TR
91 0 IN
92 0 PK
93 0 AF
94 0 LK
95 0 MM
960 - MV
961 0 LB
962 0 JO
963 0 SY
964 0 IQ
965 - KW
966 0 SA
967 0 YE
968 - OM
970 0 PS
971 0 AE
972 0 IL
973 - BH
974 - QA
975 - BT
976 0 MN
977 0 NP
98 0 IR
992 - TJ
993 8 TM
994 0 AZ
995 0 GE
996 0 KG
998 - UZ
`

// maxCodeDigits is the length of the longest code in the table.
const maxCodeDigits = 4

// parseCountry returns the country of a line of the table.
func parseCountry(line string) country {
	fields := strings.Fields(line)
	c := country{code: fields[0], trunk: fields[1], regions: fields[2:]}
	if c.trunk == "-" {
		c.trunk = ""
	}
	if c.code[0] == '1' || c.code[0] == '7' { // all countries of these zones share one code
		c.code = c.code[:1]
	}
	return c
}

// countryOf returns the country with the longest code that an international number,
// without the plus sign, starts with.
func countryOf(number string) (c country, known bool) {
	for n := min(maxCodeDigits, len(number)); n > 0; n-- {
		if _, rest, found := strings.Cut(countryTable, "\n"+number[:n]+" "); found {
			line, _, _ := strings.Cut(rest, "\n")
			return parseCountry(number[:n] + " " + line), true
		}
	}
	return country{}, false
}

// regionCountry returns the first country of the table with a region (ISO 3166-1).
func regionCountry(region string) (c country, known bool) {
	if len(region) != 2 || region[0] < 'A' {
		return country{}, false
	}
	before, _, found := strings.Cut(strings.ReplaceAll(countryTable, "\n", " \n")+" ", " "+region+" ")
	if !found {
		return country{}, false
	}
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return parseCountry(line + " " + region), true
}

// Regions returns the countries (ISO 3166-1) that an E.164 number may belong to. Most
// numbers belong to one.
func Regions(number string) []string {
	c, _ := countryOf(strings.TrimPrefix(number, "+"))
	return c.regions
}

// KnownRegion reports whether a country (ISO 3166-1, upper case) is supported.
func KnownRegion(region string) bool {
	_, known := regionCountry(region)
	return known
}
