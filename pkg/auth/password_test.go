package auth_test

import (
	"strings"
	"testing"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
)

func TestCheckPassword(t *testing.T) {
	const number = "+989121234567"
	cases := []struct{ password, code string }{
		{"ticket-demo-2026", ""},
		{"correct horse", ""},
		{"xK9#mq2L", ""},
		{"گل‌های آبی", ""},
		{"09121234567-abc", ""},
		{"0912 7654321", ""},
		{strings.Repeat("گa1", 80), "too_long"},
		{"1234567", "too_short"},
		{"سلامسلا", "too_short"},
		{"", "too_short"},
		{"09121234567", "is_phone"},
		{"9121234567", "is_phone"},
		{"+989121234567", "is_phone"},
		{"00989121234567", "is_phone"},
		{"989121234567", "is_phone"},
		{"0912-123-45 67", "is_phone"},
		{"۰۹۱۲۱۲۳۴۵۶۷", "is_phone"},
		{"٠٩١٢١٢٣٤٥٦٧", "is_phone"},
		{"password", "too_common"},
		{"PassWord123", "too_common"},
		{"Persepolis", "too_common"},
		{"پرسپولیس", "too_common"},
		{"یاعلی۱۱۰", "too_common"},
		{"1Q2w3E4r", "too_common"},
		{"aaaaaaaa", "repeated"},
		{"        ", "repeated"},
		{"aaaaaaab", "repeated"},
		{"11112222", "repeated"},
		{"abcabcabc", "repeated"},
		{"abcdABCD", "repeated"},
		{"sepehrsepehr", "repeated"},
		{"xyz!xyz!xy", "repeated"},
		{"12345678", "sequence"},
		{"123456789012", "sequence"},
		{"۱۲۳۴۵۶۷۸", "sequence"},
		{"87654321", "sequence"},
		{"0987654321", "sequence"},
		{"abcdefgh", "sequence"},
		{"HGFEDCBA", "sequence"},
		{"qwertyuiop", "sequence"},
		{"poiuytrewq", "sequence"},
		{"ضصثقفغعهخ", "sequence"},
		{"ابپتثجچح", "sequence"},
	}
	for _, c := range cases {
		got := ""
		if err := auth.CheckPassword(c.password, number); err != nil {
			failure := apperr.From(err)
			if !apperr.Is(err, apperr.WeakPassword) || len(failure.Fields) != 1 || failure.Fields[0].Pointer != "/password" || failure.Fields[0].Message == "" {
				t.Errorf("CheckPassword(%q): got %#v, want weak_password at /password", c.password, err)
				continue
			}
			got = failure.Fields[0].Code
		}
		if got != c.code {
			t.Errorf("CheckPassword(%q): got %q, want %q", c.password, got, c.code)
		}
	}
}

func TestCheckPassword_ForeignAndNoPhone(t *testing.T) {
	if err := auth.CheckPassword("0151 23456789", "+4915123456789"); err == nil {
		t.Error("the national form of a German number was accepted")
	}
	if err := auth.CheckPassword("0151 23456789", ""); err != nil {
		t.Errorf("without a number: got %v", err)
	}
}
