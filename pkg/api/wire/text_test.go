package wire_test

import (
	"strings"
	"testing"
	"unicode"

	"ticketsystem/pkg/api/wire"
)

func TestText_Cleaned(t *testing.T) {
	for _, c := range []struct{ name, text, line, lines string }{
		{"plain", " سلام a ", "سلام a", "سلام a"},
		{"line breaks", "a\r\nb\n\tc", "a b  c", "a\r\nb\n\tc"},
		{"other line separators", "a\vb\fc\u0085d\u2028e\u2029f", "a b c d e f", "a\nb\nc\nd\ne\nf"},
		{"NUL", "\x00a\x00b\x00", "ab", "ab"},
		{"escape", "a\x1b[31mb", "a[31mb", "a[31mb"},
		{"non-joiner", "می\u200cخواهم", "می\u200cخواهم", "می\u200cخواهم"},
		{"joiner", "👩\u200d💻", "👩\u200d💻", "👩\u200d💻"},
		{"joiners at the ends", "\u200ca\u200d", "a", "a"},
		{"bidirectional controls", "\u202ea\u2066b\u2069\u200e\u200f\u061c", "ab", "ab"},
		{"byte order mark and soft hyphen", "\ufeffa\u00adb", "ab", "ab"},
		{"U+FFFD", "a\ufffdb", "a\ufffdb", "a\ufffdb"},
	} {
		for multiline, want := range map[bool]string{false: c.line, true: c.lines} {
			var v wire.Validator
			got := c.text
			if v.Text("/x", &got, 1, 100, multiline); v.Err() != nil || got != want {
				t.Errorf("%s, multiline %v: got %q, %v, want %q", c.name, multiline, got, v.Err(), want)
			}
		}
	}
}

// TestText_EveryControl checks all control and format characters of Unicode but the joiners.
func TestText_EveryControl(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !unicode.In(r, unicode.Cc, unicode.Cf) || strings.ContainsRune("\n\r\t\v\f\u0085\u200c\u200d", r) {
			continue
		}
		for _, multiline := range []bool{false, true} {
			var v wire.Validator
			text := "a" + string(r) + "b"
			if v.Text("/x", &text, 1, 100, multiline); v.Err() != nil || text != "ab" {
				t.Errorf("%U, multiline %v: got %q, %v, want ab", r, multiline, text, v.Err())
			}
		}
	}
}

func TestText_NotVisible(t *testing.T) {
	for _, text := range []string{
		"\u200b", "\u200c", "\u202e \u2066", "\u3164", "\u115f\u1160", "\uffa0", "\u2800", "\u034f", "\u0301\u0301", "\ufe0f", "\x1b\x07", "\u00ad", "\U000e0041", "\ue000", "\U0001d159",
	} {
		for _, multiline := range []bool{false, true} {
			for _, minRunes := range []int{0, 1} {
				var v wire.Validator
				given := text
				if v.Text("/x", &given, minRunes, 100, multiline); v.Err() == nil || !strings.Contains(v.Err().Error(), "/x not_visible") {
					t.Errorf("%+q, multiline %v, at least %d: got %v, want not_visible", text, multiline, minRunes, v.Err())
				}
			}
		}
	}
	for text, line := range map[string]bool{"?!": false, "…": false, "😀": true, "€": true, "۵": true, "a": true, "中": true, "1\ufe0f\u20e3": true, "\ufffd": true} {
		for multiline, want := range map[bool]bool{false: line, true: true} {
			var v wire.Validator
			if v.Text("/x", &text, 1, 100, multiline); (v.Err() == nil) != want {
				t.Errorf("%q, multiline %v: got %v, want accepted: %v", text, multiline, v.Err(), want)
			}
		}
	}
}

// TestEmail checks that an address has no characters that readers do not see, and a domain of the
// public DNS.
func TestEmail(t *testing.T) {
	for address, want := range map[string]bool{
		"": true, "sara@example.com": true, "Sara.A+x@exämple.com": true, "sara@مثال.ایران": true, "sara@xn--mgbh0fb.xn--mgba3a4f16a": true, "o'b!#$%&*+/=?^_`{|}~-x@example.com": true,
		"سارا@مثال.ایران": false, "sära@example.com": false, "sa\u0308ra@example.com": false, "ｓara@example.com": false, "😀@example.com": false, "a@b.example": true, strings.Repeat("a", 64) + "@example.com": true,
		"a@b": false, "a@localhost": false, "a@127.0.0.1": false, "a@[192.0.2.1]": false, "a@[IPv6:::1]": false, strings.Repeat("a", 65) + "@example.com": false, "a@مثال": false,
		"a\u202eb@example.com": false, "a\u200bb@example.com": false, "a@ex\u2060ample.com": false, "a\u3164@example.com": false, "a\ufe0f@example.com": false,
		"a@b_c.example": false, "a@-b.co": false, "a@b-.co": false, "a@b--c.co": true, "a@b.-co": false, "a@b c.co": false, "a@" + strings.Repeat("b", 64) + ".co": false, " ": false, "a@b＠c.co": false, "a@مثال\u06632.ایران": false, "a@\u0301example.com": false, "a@" + strings.Repeat("é.", 80) + "com": false,
		"a\u00a0b@example.com": false, "a\u00ad@example.com": false, "sara@example.com ": true, "sara @example.com": false, "sara@example.com\n.ir": false, "Sara <sara@example.com>": false, "a@" + strings.Repeat("e.", 125) + "com": false,
		"a@\u00ad": false, "a@\u200b": false, "a@。": false, "a@x。": false, "a@b。。com": false, "a@。com": false, "a@b。com": true,
	} {
		var v wire.Validator
		if v.Email("/email", &address); (v.Err() == nil) != want {
			t.Errorf("%+q: got %v, want accepted: %v", address, v.Err(), want)
		}
	}
}

// TestEmail_Cleaned checks that an address becomes the one that mail is sent to, however it is typed.
func TestEmail_Cleaned(t *testing.T) {
	for want, forms := range map[string][]string{
		"Sara@b.co":        {" Sara@b.co ", "Sara@b.co\r\n", "\u200eSara@b.co\u200f", "Sara＠b.co", "Sara@ｂ．ｃｏ", "Sara@B.CO", "Sara@b。co"},
		"sara@مثال.ایران":  {"sara@مثال。ایران\t", "sara@xn--mgbh0fb.xn--mgba3a4f16a"},
		"sara@exämple.com": {"sara@EXÄMPLE.com", "sara@exa\u0308mple.com"},
		"sara@b--c.co":     {"sara@b--c.co"},
	} {
		for _, form := range forms {
			var v wire.Validator
			got := form
			if v.Email("/email", &got); v.Err() != nil || got != want {
				t.Errorf("%+q: got %q, %v, want %q", form, got, v.Err(), want)
			}
		}
	}
}
