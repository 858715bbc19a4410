package notification_test

import (
	"testing"

	"ticketsystem/pkg/notification"
)

// TestNormalizeAddress checks that all forms of an address are compared as one.
func TestNormalizeAddress(t *testing.T) {
	for want, forms := range map[string][]string{
		"sara@xn--mgbh0fb.xn--mgba3a4f16a": {"sara@مثال.ایران", "Sara@XN--MGBH0FB.xn--mgba3a4f16a", " sara@مثال。ایران "},
		"sara@xn--exmple-cua.com":          {"Sara@exämple.com", "sara@EXÄMPLE.com", "sara@exa\u0308mple.com", "sara@xn--exmple-cua.com"},
		"sara@example.com":                 {"SARA@Example.COM", "sara@ｅｘａｍｐｌｅ.com"},
		"sara@b_c.example":                 {"Sara@B_c.example"},
		"sara@[192.0.2.1]":                 {"sara@[192.0.2.1]"},
		`"a@b"@example.com`:                {`"A@B"@Example.com`},
		"":                                 {"", " "},
		"sara":                             {"Sara"},
	} {
		for _, form := range append(forms, want) {
			if got := notification.NormalizeAddress(form); got != want {
				t.Errorf("%q: got %q, want %q", form, got, want)
			}
		}
	}
}
