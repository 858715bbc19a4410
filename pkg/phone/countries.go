package phone

import "strings"

// country contains what is needed to parse a number in national format.
type country struct {
	code    string   // country calling code (ITU-T E.164)
	trunk   string   // national prefix; "" if there is none or it equals the calling code
	mobile  string   // first digits and lengths of mobile numbers: 89/8 or 3/9-10,4/10
	regions []string // ISO 3166-1
}

// countryTable lists the calling codes, one per line: digits, national prefix or "-", the first
// digits and lengths of mobile numbers, regions. It is from the metadata of libphonenumber, as in
// github.com/nyaruka/phonenumbers. Of the calling codes that countries share, it lists the
// area codes of the smaller ones.
const countryTable = `
1 - 23456789/10 US CA
1242 - 23456789/10 BS
1246 - 23456789/10 BB
1264 - 23456789/10 AI
1268 - 23456789/10 AG
1284 - 23456789/10 VG
1340 - 23456789/10 VI
1345 - 23456789/10 KY
1441 - 23456789/10 BM
1473 - 23456789/10 GD
1649 - 23456789/10 TC
1658 - 23456789/10 JM
1664 - 23456789/10 MS
1670 - 23456789/10 MP
1671 - 23456789/10 GU
1684 - 23456789/10 AS
1721 - 23456789/10 SX
1758 - 23456789/10 LC
1767 - 23456789/10 DM
1784 - 23456789/10 VC
1787 - 23456789/10 PR
1809 - 23456789/10 DO
1829 - 23456789/10 DO
1849 - 23456789/10 DO
1868 - 23456789/10 TT
1869 - 23456789/10 KN
1876 - 23456789/10 JM
1939 - 23456789/10 PR
20 0 1/10 EG
211 0 19/9 SS
212 0 67/9 MA EH
213 0 567/9 DZ
216 - 23459/8 TN
218 0 9/9 LY
220 - 2345679/7,8/7-9 GM
221 - 7/9 SN
222 - 234/8 MR
223 - 256789/8 ML
224 - 6/9 GN
225 - 0/10 CI
226 - 04567/8 BF
227 - 2789/8 NE
228 - 79/8 TG
229 - 0/10 BJ
230 - 57/8 MU
231 0 2378/9,45/7-9,6/7 LR
232 0 236789/8 SL
233 0 25/9 GH
234 0 789/10 NG
235 - 36789/8 TD
236 - 7/8 CF
237 - 26/9 CM
238 - 359/7 CV
239 - 9/7 ST
240 - 25/9 GQ
241 - 67/8 GA
242 - 0/9 CG
243 0 8/7-9,9/9 CD
244 - 9/9 AO
245 - 9/9 GW
246 - 3/7 IO
247 - 2347/5 AC
248 - 2/7 SC
249 0 19/9 SD
250 0 7/9 RW
251 0 789/9 ET
252 0 1/8,2/7-8,348/9,679/8-9 SO
253 - 7/8 DJ
254 0 17/9 KE
255 0 67/9 TZ
256 0 7/9 UG
257 - 267/8 BI
258 - 8/9 MZ
260 0 579/9 ZM
261 0 3/9 MG
262 0 67/9 RE YT
263 0 7/9 ZW
264 0 68/9 NA
265 0 123789/9 MW
266 - 56/8 LS
267 - 7/8 BW
268 - 7/8 SZ
269 - 34/7 KM
27 0 1234567/9,8/5-9 ZA
290 - 569/5 SH TA
291 0 17/7 ER
297 - 25679/7 AW
298 - 2579/6 FO
299 - 245/6 GL
30 - 69/10 GR
31 0 6/9,9/11 NL
32 0 4/9 BE
33 0 67/9 FR
34 - 679/9 ES
350 - 56/8 GI
351 - 169/9 PT
352 - 6/9 LU
353 0 8/9 IE
354 - 3/9,678/7 IS
355 0 6/9 AL
356 - 79/8 MT
357 - 9/8 CY
358 0 45/6-10 FI AX
359 0 4/8,89/9 BG
36 06 2357/9 HU
370 0 6/8 LT
371 - 2/8 LV
372 - 5/7-8,8/8 EE
373 0 567/8 MD
374 0 345789/8 AM
375 80 234/9 BY
376 - 35/6,6/6-9 AD
377 0 34/8,67/9 MC
378 - 6/8 SM
380 0 35679/9 UA
381 0 6/8-10 RS
382 0 6/8 ME
383 0 4/8 XK
385 0 9/8-9 HR
386 0 34567/8 SI
387 0 6/8-9 BA
389 0 7/8 MK
39 - 3/9-10,4/10 IT VA
40 0 7/9 RO
41 0 67/9 CH
420 - 67/9 CZ
421 0 9/9 SK
423 0 6/9,7/7 LI
43 0 6/7-13 AT
44 0 7/10 GB GG IM JE
45 - 23456789/8 DK
46 0 7/9 SE
47 - 49/8 NO SJ
48 - 245678/9 PL
49 0 1/10-11 DE
500 - 56/5 FK
501 - 6/7 BZ
502 - 3458/8 GT
503 - 567/8 SV
504 - 3789/8 HN
505 - 5678/8 NI
506 - 35678/8 CR
507 - 128/7,6/8 PA
508 0 2345689/6,7/6-9 PM
509 - 345/8 HT
51 0 9/9 PE
52 - 23456789/10 MX
53 0 56/8 CU
54 0 6/10,9/11 AR
55 0 123456789/10-11 BR
56 - 23456789/9 CL
57 0 39/10 CO
58 0 4/10 VE
590 0 67/9 GP BL MF
591 0 567/8 BO
592 - 567/7 GY
593 0 9/9 EC
594 0 67/9 GF
595 0 9/9 PY
596 0 67/9 MQ
597 - 678/7 SR
598 0 9/8 UY
599 - 347/7,9/8 CW BQ
60 0 1/9-10 MY
61 0 4/9 AU CC CX
62 0 8/9-12 ID
63 0 89/10 PH
64 0 2/8-10 NZ
65 - 89/8 SG
66 0 1689/9 TH
670 - 7/8 TL
672 - 13/6 NF
673 - 278/7 BN
674 - 256789/7 NR
675 - 78/8 PG
676 - 56789/7 TO
677 - 4/5,6789/7 SB
678 - 578/7 VU
679 - 245789/7 FJ
680 - 4678/7 PW
681 - 78/6 WF
682 - 578/5 CK
683 - 56/4,8/7 NU
685 - 7/7,8/7-10 WS
686 0 67/8 KI
687 - 5789/6 NC
688 - 7/7,9/6 TV
689 - 8/8 PF
690 - 7/4-7 TK
691 - 389/7 FM
692 1 2345/7 MH
7 8 9/10 RU
76 8 7/10 KZ
77 8 7/10 KZ
81 0 6789/10 JP
82 0 1/9-10 KR
84 0 135789/9 VN
850 0 1/10 KP
852 - 456789/8 HK
853 - 6/8 MO
855 0 16789/8-9,2345/9 KH
856 0 2/10,3/9 LA
86 0 1/11 CN
880 0 1346/10 BD
886 0 49/9 TW
90 0 5/10 TR
91 0 16789/10 IN
92 0 3/10 PK
93 0 7/9 AF
94 0 7/9 LK
95 0 1/7,9/8-10 MM
960 - 479/7 MV
961 0 3/7,78/8 LB
962 0 47/9 JO
963 0 59/9 SY
964 0 7/10 IQ
965 - 4569/8 KW
966 0 5/9 SA
967 0 7/9 YE
968 - 179/8 OM
970 0 5/9 PS
971 0 5/9 AE
972 0 5/9 IL
973 - 36/8 BH
974 - 3567/8 QA
975 - 178/8 BT
976 0 56789/8 MN
977 0 9/10 NP
98 0 9/10 IR
992 - 0123456789/9 TJ
993 8 67/8 TM
994 0 1345679/9 AZ
995 0 57/9 GE
996 0 2356789/9 KG
998 - 2356789/9 UZ
`

// maxCodeDigits is the length of the longest code in the table.
const maxCodeDigits = 4

// parseCountry returns the country of a line of the table.
func parseCountry(line string) country {
	fields := strings.Fields(line)
	c := country{code: fields[0], trunk: fields[1], mobile: fields[2], regions: fields[3:]}
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
