package search_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"ticketsystem/pkg/search"
)

const zwnj = "\u200c"

func TestTokens(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "",
		" … ?! - ":                        "",
		"The invoice, again.":             "the invoice again",
		"again AGAIN Again":               "again",
		"Crème brûlée, Łódź, São":         "creme brulee lodz sao",
		"cre\u0300me bru\u0302le\u0301e":  "creme brulee",
		"don't don\u2019t":                "dont",
		"l'été d\u2019accord":             "l ete lete d accord daccord",
		"l'e\u0301te\u0301 we'll O'Neill": "l ete lete well o neill oneill",
		"Ｆｕｌｌ":                            "full",
		"نامه‌ی":                          "نامه ی نامهی",
		"كتاب علي":                        "کتاب علی",
		"مدرسة على":                       "مدرسه علی",
		"مسئول مؤسسه أحمد آب":             "مسیول موسسه احمد اب",
		"کـــتاب":                         "کتاب",
		"کِتابٌ":                          "کتاب",
		"\u200fسلام\u200e دنیا\u202c":     "سلام دنیا",
		"۱۲۳ ٤٥٦ 789":                     "123456789 123 456 789",
		"می" + zwnj + "روم":               "می روم میروم",
		"می\u00acروم":                     "می روم میروم",
		"می روم":                          "می روم میروم",
		"کتاب ها":                         "کتاب ها کتابها",
		"بزرگ ترین":                       "بزرگ ترین بزرگترین",
		"PDF ها":                          "pdf ها",
		"برنامه نویسی":                    "برنامه نویسی",
		"K7M2-9QXD":                       "k7m2 9qxd k7m29qxd",
		"ali.reza@example.com":            "ali reza example com",
		"x_1 a/b":                         "x 1 a b",
		strings.Repeat("س", 40):           strings.Repeat("س", 32),
		"請求書を確認":                          "請求 求書 書を を確 確認",
		"iPhone用ケース 猫":                    "iphone 用ケ ケー ース 猫",
		"ขอคืนเงิน":                       "ขอ อค คน นเ เง งน",
		"12,500,000 ۱۲٬۵۰۰ 1, 2":          "12 500 000 12500000 12500 1 2",
	} {
		if got := strings.Join(search.Tokens(text), " "); got != want {
			t.Errorf("Tokens(%q): got %q, want %q", text, got, want)
		}
	}
}

// TestTokens_Accents checks all accented letters.
func TestTokens_Accents(t *testing.T) {
	for text, want := range map[string]string{
		"àáâãäåāăą çćĉċč ďđ èéêëēĕėęě":  "aaaaaaaaa ccccc dd eeeeeeeee",
		"ĝğġģ ĥħ ìíîïĩīĭįıİ ĵ ķ":        "gggg hh iiiiiiiiii j k",
		"ĺļľŀł ñńņň òóôõöøōŏő ŕŗř":      "lllll nnnn ooooooooo rrr",
		"śŝşš ţťŧ ùúûüũūŭůűų ŵ ýÿŷ źżž": "ssss ttt uuuuuuuuuu w yyy zzz",
		"ÀÇŽ": "acz",
	} {
		if got := strings.Join(search.Tokens(text), " "); got != want {
			t.Errorf("Tokens(%q): got %q, want %q", text, got, want)
		}
	}
}

func TestTokens_Limit(t *testing.T) {
	var text strings.Builder
	for i := range 300 {
		text.WriteString(strings.Repeat("a", i%30+1) + strings.Repeat("b", i/30+1) + " ")
	}
	if got := search.Tokens("title", text.String()); len(got) != 200 || got[0] != "title" {
		t.Errorf("got %d tokens, the first %q, want 200 and the title", len(got), got[:1])
	}
}

// TestNormalize_Bound checks that a message of letters that become many is no longer than one of other
// letters, which is normalized to its end.
func TestNormalize_Bound(t *testing.T) {
	if got := len(search.Normalize(strings.Repeat("\ufdfa", 10_000))); got > 40_000 {
		t.Errorf("got %d bytes", got)
	}
	for _, letters := range []string{"a", "ش", "東", "한", "𐐨", "Ǭ"} {
		text := strings.Repeat(letters, 9998)
		if got := search.Normalize(text + " z"); !strings.HasSuffix(got, " z") || !utf8.ValidString(got) {
			t.Errorf("%s: got %d bytes, not to the end", letters, len(got))
		}
	}
}

// formatTerms formats terms as "token token prefix*" and separates alternatives by a bar.
func formatTerms(all []search.Terms) string {
	var out []string
	for _, t := range all {
		tokens := slices.Clone(t.Tokens)
		if t.Prefix != "" {
			tokens = append(tokens, t.Prefix+"*")
		}
		out = append(out, strings.Join(tokens, " "))
	}
	return strings.Join(out, " | ")
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "",
		" ?! ":                  "",
		"invoice":               "invoice*",
		"Invoice PAID twi":      "invoice paid twi*",
		"paid paid twice":       "paid twice*",
		"invoice inv":           "invoice",
		"plan b":                "plan b",
		"كتاب ۱۲":               "کتاب 12*",
		"می" + zwnj + "روم":     "میروم* | می روم*",
		"کتاب ها":               "کتابها* | کتاب ها*",
		"K7M2-9Q":               "k7m29q* | k7m2 9q*",
		"09121234567":           "09121234567* | 9121234567*",
		"۰۹۱۲ ۱۲۳ ۴۵":           "0912 123 45* | 091212345* | 91212345*",
		"+98 (912) 123-4567":    "98 912 1234567* | 98 912 123 4567* | 989121234567* | 9121234567*",
		"+98 (0) 912 123 4567":  "98 0 912 123 4567* | 9809121234567 | 9121234567*",
		"+52 1 55 1234 5678":    "52 1 55 1234 5678* | 5215512345678 | 5512345678*",
		"+541123456789":         "541123456789* | 111523456789*",
		"4900123":               "4900123*",
		"0098 912 123 4567":     "0098 912 123 4567* | 989121234567* | 9121234567*",
		"00456789":              "00456789* | 456789*",
		"912 123 4567":          "912 123 4567* | 9121234567*",
		"2026/05/11":            "2026 05 11* | 20260511*",
		"\u200e0912-123":        "0912123* | 0912 123*",
		"0912":                  "0912*",
		"2024 1234567":          "2024 1234567* | 20241234567*",
		"0912 apples":           "0912 apples*",
		"請求書":                   "請求 求書*",
		"確認してください":              "確認 して くた さい*",
		"12,500":                "12500* | 12 500*",
		strings.Repeat("a", 25): strings.Repeat("a", 25),
	} {
		if got := formatTerms(search.Parse(text)); got != want {
			t.Errorf("Parse(%q): got %q, want %q", text, got, want)
		}
	}
}

func TestTooMany(t *testing.T) {
	if search.TooMany(strings.Repeat("a ", 10)) || !search.TooMany(strings.Repeat("a ", 11)) {
		t.Error("want 10 tokens allowed and 11 rejected")
	}
}

// matches reports whether a text matches a query.
func matches(text, typed string) bool {
	tokens := search.Tokens(text)
	return search.MatchAny(search.Parse(typed), tokens)
}

// TestSpellingsMatch compares texts and queries in different spellings.
func TestSpellingsMatch(t *testing.T) {
	for _, same := range [][]string{
		{"می" + zwnj + "روم", "می روم", "میروم"},
		{"کتاب" + zwnj + "های", "کتاب های", "کتابهای", "كتابهاي"},
		{"برنامه" + zwnj + "نویسی", "برنامه-نویسی"},
		{"e-mail", "E\u2011Mail", "email"},
		{"فاکتور ۱۲۳", "فاكتور 123", "فاكتور ١٢٣"},
		{"آدرس", "ادرس", "أدرس"},
		{"Đường Nguyễn", "duong nguyen", "Đươ\u0300ng Nguye\u0302\u0303n"},
		{"Știință", "stiinta", "S\u0326tiint\u0326a\u0306"},
		{"йод", "и\u0306од", "ЙОД"},
		{"\ufee3\ufeae\ufea3\ufe92\ufe8e", "مرحبا"},
		{"ﬁle ²", "file 2", "ＦＩＬＥ ２"},
		{"Straße", "STRASSE"},
		{"İstanbul", "istanbul", "ıstanbul"},
		{"१२३४", "1234", "۱۲۳۴"},
		{"12,500,000", "12500000", "۱۲٬۵۰۰٬۰۰۰"},
		{"\u05e6\u05d4\u05f4\u05dc", "\u05e6\u05d4\u05dc"},
		{"Þórður", "thordur"},
		{"کوردستانێ ۆ", "کوردستانی و"},
		{"don\u00b4t", "don\u2019t", "don\u02bct", "dont"},
		{"l'été", "L\u2019ÉTÉ", "lete"},
		{"6037991112345678", "6037 9911 1234 5678", "6037-9911-1234-5678", "\u06f6\u06f0\u06f3\u06f7 \u06f9\u06f9\u06f1\u06f1 \u06f1\u06f2\u06f3\u06f4 \u06f5\u06f6\u06f7\u06f8"},
		{"09361112244", "0936 111 2244", "(0936) 111-2244", "\u06f0\u06f9\u06f3\u06f6 \u06f1\u06f1\u06f1 \u06f2\u06f2\u06f4\u06f4", "0936.111.2244", "0936 - 111 2244", "936 111 2244", "9361112244", "+989361112244", "+98 (0) 936 111 2244", "0098 936 111 2244"},
		{"1250000", "1 250 000", "1.250.000", "1,250,000"},
		{"12500", "12 500", "12.500"},
		{"IR062960000000100324200001", "IR06 2960 0000 0010 0324 2000 01", "ir06-2960-0000-0010-0324-2000-01"},
		{"GB82WEST12345698765432", "GB82 WEST 1234 5698 7654 32", "gb82-west-1234-5698-7654-32"},
		{"SE4550000000058398257466", "SE45 5000 0000 0583 9825 7466"},
		{"MT84MALT011000012345MTLCAST001S", "MT84 MALT 0110 0001 2345 MTLC AST0 01S"},
	} {
		for _, text := range same {
			for _, typed := range same {
				if !matches(text, typed) {
					t.Errorf("%q does not match %q", text, typed)
				}
			}
		}
	}
	for text, typed := range map[string]string{
		"برنامه نویسی": "برنامه" + zwnj + "نویسی", "برنامه" + zwnj + "نویسی قدیمی": "برنامه نویسی",
		"請求書を確認してください": "確認してください", "请帮我退款，谢谢": "退款", "ขอคืนเงินให้ฉัน": "คืนเงิน", "ဝန်ဆောင်မှုပျက်": "ဆောင်မှု", "ຂໍເງິນຄືນ": "ເງິນ",
		"فاکتور ماه گذشته": "گذشته فاکت", "the whole invoice": "invoice wh", "order 00456789": "00456789", "paid on 2026/05/11": "2026/05/11", "call 2024 1234567": "2024 1234567",
		"à propos de l\u2019accès": "acces", "dell'ordine": "ordine", "Mr O'Neill": "neill",
		"card 6037 9911 1234 5678, 2 times": "6037991112345678", "card 6037991112345678": "card 6037 9911 1234 5678", "call 0935-111-2233": "call +989351112233",
		"call me at 0912-111-2233 0935-111-2244": "09351112244", "from +98 935 111 2233": "from 09351112233", "order 7 0912 345 6789": "order 7", "order 8 0912 345 6789": "09123456789", "order 9 0912 345 6789": "order 9 0912 345 6789",
		"at 10 0912-345-6789 - 0935 111 2233": "09351112233", "order 12 +98 (0) 912 345 6789": "09123456789", "2 09123456789 3 times": "+989123456789", "order 44 021 8877 6655": "02188776655", "7 0912 3456789, 1234 0935 111 22 33": "09351112233", "6037 0911 2345 6789": "6037091123456789", "06 2960 0000 0010 0324 2000 01": "062960000000100324200001", "card 3782 012345 67890": "378201234567890",
		"to SE45 5000 0000 0583 9825 7466 paid on 2026-05-11 0912 345 6789": "SE4550000000058398257466 09123456789", "from NL91 ABNA 0417 1643 00 to GB82 WEST 1234 5698 7654 32 12 times": "nl91abna0417164300 gb82west12345698765432", "AB12 from this word here": "from this wor", "paid 25.000.000.000": "25000000000", "paid 25000000000": "paid 25.000.000.000", "AB12 0912 345 6780": "09123456780", "10.30 0912 345 6781": "09123456781", "12-24 0912 345 6782": "12-24 0912 345 6782", "on 05.11 0912 345 6783": "05.11 09123456783", "RE24 from GB82 WEST 1234 5698 7654 32": "GB82WEST12345698765432",
		"2026-05-11 0912 345 6789": "09123456789", "7 0912 345 6789 0935 111 2233": "09123456789", "8 0912 345 6789 0935 111 2233": "+989351112233", "0936 111 2244 - 0937 111 2255 0938 1112266": "09371112255",
	} {
		if !matches(text, typed) {
			t.Errorf("%q does not match %q", text, typed)
		}
	}
	for text, typed := range map[string]string{"the invoices": "invoice the", "paid": "paid unpaid", "invoice": "nvoice", "請求書を確認": "認証", "2.5 or 1 2": "25", "a1 2345 67": "1234567", "12,500 600": "500600", "1 2 3 4 5 6 7 8 9 10 11": "1234567891011"} {
		if matches(text, typed) {
			t.Errorf("%q matches %q", text, typed)
		}
	}
}
