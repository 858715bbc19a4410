package phone_test

import (
	"errors"
	"strings"
	"testing"

	"ticketsystem/pkg/phone"
)

func TestNormalize_IranianForms(t *testing.T) {
	for _, raw := range []string{
		"09121234567", "9121234567", "+989121234567", "00989121234567", "989121234567",
		"0912 123 4567", "0912-123-4567", "(0912) 123 45 67", "+98 (0) 912 123 4567", "0912.123.4567",
		"۰۹۱۲۱۲۳۴۵۶۷", "+۹۸۹۱۲۱۲۳۴۵۶۷", "٠٩١٢١٢٣٤٥٦٧", "۰۰۹۸۹۱۲۱۲۳۴۵۶۷", "۰۹۱۲1234٥٦٧",
		"\u200f09121234567\u200e", "\u202a+98 912 123 4567\u202c", "\u2066+989121234567\u2069", "\ufeff09121234567",
		"  09121234567\t", "0912\u00a0123\u20134567", "0912\u2009123\u20074567", "0912\u3000123\u30004567", "0912_123_4567", "0912\u00b7123\u20224567", "0912\uff0d123\ufe634567",
		"\uff080912\uff091234567", "[0912] 1234567", "0912\u00ad123\u00ad4567", "0912\u2015123\u20154567", "989121234567+", "\u200f98 912 123 4567 +\u200e", "tel:+989121234567", "Tel:09121234567",
		"09121234567\r\n", "0912\u2028123\v4567", "০৯১২১২৩৪৫৬৭", "०९१२१२३४५६७", "𝟶𝟿𝟷𝟸1234567",
	} {
		got, err := phone.Normalize(raw, "IR")
		if want := "+989121234567"; got != want || err != nil {
			t.Errorf("Normalize(%q): got %q, %v, want %q", raw, got, err, want)
		}
	}
}

func TestNormalize(t *testing.T) {
	cases := []struct {
		raw, region, want string
		err               error
	}{
		{"+447911123456", "IR", "+447911123456", nil},
		{"0044 7911 123456", "ir", "+447911123456", nil},
		{"07911 123456", "GB", "+447911123456", nil},
		{"09121234567", "ir", "+989121234567", nil},
		{"+98 912 123 4567", "DE", "+989121234567", nil},
		{"0151 23456789", "DE", "+4915123456789", nil},
		{"4915123456789", "DE", "+4915123456789", nil},
		{"(212) 555-0123", "US", "+12125550123", nil},
		{"1 212 555 0123", "US", "+12125550123", nil},
		{"0532 123 45 67", "TR", "+905321234567", nil},
		{"+44 (0) 7911 123456", "IR", "+447911123456", nil},
		{"0044 07911 123456", "IR", "+447911123456", nil},
		{"+49 (0)151 23456789", "IR", "+4915123456789", nil},
		{"+353 (0) 85 123 4567", "IR", "+353851234567", nil},
		{"+61 (0) 412 345 678", "IR", "+61412345678", nil},
		{"+91 0 98765 43210", "IR", "+919876543210", nil},
		{"+36 06 20 123 4567", "IR", "+36201234567", nil},
		{"+7 8 912 345-67-89", "IR", "+79123456789", nil},
		{"+7 812 345-67-89", "IR", "+78123456789", nil},
		{"8 912 345-67-89", "RU", "+79123456789", nil},
		{"+39 06 1234 5678", "IR", "+390612345678", nil},
		{"+225 07 12 34 56 78", "IR", "+2250712345678", nil},
		{"０９１２１２３４５６７", "IR", "+989121234567", nil},
		{"0412 345 678", "AU", "+61412345678", nil},
		{"(876) 555-0123", "JM", "+18765550123", nil},
		{"09121234567", "06", "", phone.ErrRegion},
		{"09121234567", "XX", "", phone.ErrRegion},
		{"09121234567", "", "", phone.ErrRegion},
		{"", "IR", "", phone.ErrInvalid},
		{"+", "IR", "", phone.ErrInvalid},
		{"00", "IR", "", phone.ErrInvalid},
		{"02188887777", "IR", "", phone.ErrInvalid},
		{"0912123456", "IR", "", phone.ErrInvalid},
		{"091212345678", "IR", "", phone.ErrInvalid},
		{"+9891212345678", "IR", "", phone.ErrInvalid},
		{"+98812345678", "IR", "", phone.ErrInvalid},
		{"+1234567", "IR", "", phone.ErrInvalid},
		{"+1234567890123456", "IR", "", phone.ErrInvalid},
		{"+0123456789", "IR", "", phone.ErrInvalid},
		{"++989121234567", "IR", "", phone.ErrInvalid},
		{"0912+1234567", "IR", "", phone.ErrInvalid},
		{"+989121234567+", "IR", "", phone.ErrInvalid},
		{"09121234567 tel:", "IR", "", phone.ErrInvalid},
		{"0912abc4567", "IR", "", phone.ErrInvalid},
		{"09121234567,", "IR", "", phone.ErrInvalid},
		{"09121234567\n09121234568", "IR", "", phone.ErrInvalid},
		{"09121234567" + strings.Repeat(" ", 100), "IR", "", phone.ErrInvalid},
	}
	for _, c := range cases {
		got, err := phone.Normalize(c.raw, c.region)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("Normalize(%q, %q): got %q, %v, want %q, %v", c.raw, c.region, got, err, c.want, c.err)
		}
	}
}

func TestNormalize_Idempotent(t *testing.T) {
	for _, number := range []string{"+989121234567", "+12125550123", "+4915123456789"} {
		if got, err := phone.Normalize(number, "IR"); got != number || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, number)
		}
	}
}

func TestASCIIDigits(t *testing.T) {
	for text, want := range map[string]string{"۰۱۲۳۴۵۶۷۸۹": "0123456789", "٠١٢٣٤٥٦٧٨٩": "0123456789", "کد ۱٢3": "کد 123", "০৯ ௧ 𝟎𝟗": "09 1 09", "½²Ⅷ": "½²Ⅷ", "": ""} {
		if got := phone.ASCIIDigits(text); got != want {
			t.Errorf("ASCIIDigits(%q): got %q, want %q", text, got, want)
		}
	}
}

// TestDigits checks that a code is accepted as users type and paste it.
func TestDigits(t *testing.T) {
	for text, want := range map[string]string{
		"123456": "123456", " 123 456\t": "123456", "123-456": "123456", "۱۲۳۴۵۶": "123456", "٠٠١٢٣٤": "001234", "１２３４５６": "123456",
		"\u200f123456\u200e": "123456", "\u2068123456\u2069": "123456", "00 12 34": "001234", "123\u2009456": "123456", "123\u30fb456": "123\u30fb456", "123\u00ad456": "123456", "123\uff0d456": "123456", "12345a": "12345a", "+123456": "+123456", "": "", "123456\r\n": "123456", "123\u2028456": "123456", "১২৩৪৫৬": "123456",
	} {
		if got := phone.Digits(text); got != want {
			t.Errorf("Digits(%q): got %q, want %q", text, got, want)
		}
	}
}

func TestRegions(t *testing.T) {
	for number, want := range map[string]string{
		"+989121234567": "IR", "+447911123456": "GB GG IM JE", "+12125550123": "US CA", "+18765550123": "JM", "+77011234567": "KZ", "+79121234567": "RU",
		"+9991234567": "", "": "", "+1": "US CA",
	} {
		if got := strings.Join(phone.Regions(number), " "); got != want {
			t.Errorf("Regions(%q): got %q, want %q", number, got, want)
		}
	}
}

func TestSearchForms(t *testing.T) {
	for number, want := range map[string]string{
		"+989121234567":  "989121234567 09121234567 9121234567",
		"+12125550123":   "12125550123 2125550123",
		"+4915123456789": "4915123456789 015123456789 15123456789",
		"+96812345678":   "96812345678 12345678",
		"+5511999999999": "5511999999999 011999999999 11999999999",
		"+5491123456789": "5491123456789 091123456789 91123456789 01123456789 1123456789 0111523456789 111523456789",
		"":               "",
	} {
		if got := strings.Join(phone.SearchForms(number), " "); got != want {
			t.Errorf("SearchForms(%q): got %q, want %q", number, got, want)
		}
	}
}

// TestTextForms checks which words of a text are taken for phone numbers.
func TestTextForms(t *testing.T) {
	for word, want := range map[string]string{
		"09351112233":    "9351112233",
		"989351112233":   "989351112233 09351112233 9351112233",
		"00989351112233": "989351112233 09351112233 9351112233",
		"9809351112233":  "989351112233 09351112233 9351112233",
		"447911123456":   "447911123456 07911123456 7911123456",
		"02188776655":    "2188776655",
		"9351112233":     "", "6037991112345678": "", "1250000": "", "00456789": "", "01234567": "", "ir0629600000": "", "": "", "098": "",
	} {
		if got := strings.Join(phone.TextForms(word), " "); got != want {
			t.Errorf("TextForms(%q): got %q, want %q", word, got, want)
		}
	}
}
