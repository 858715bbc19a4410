package user_test

import (
	"testing"

	"ticketsystem/pkg/user"
)

func TestClaimsRole(t *testing.T) {
	for _, name := range []string{
		"Support", "SUPPORT", "support team", "Sara (Support)", "CustomerSupport", "support24", "Admin", "Administrator", "sysadmin", "System", "S u p p o r t", "Ad-min",
		"Ｓｕｐｐｏｒｔ", "Súpport", "S\u0301upport", "Admịn", "Sup\u200cport", "Sup\u3164port", "𝐒𝐮𝐩𝐩𝐨𝐫𝐭", "ⓐⓓⓜⓘⓝ", "ſyſtem", "Ѕuрроrt", "Аdmin", "ADMİN", "admın",
		"پشتیبانی", "پشتيباني", "پشتیبان سایت", "پُشتیبانی", "پشتـیبانی", "پشتی\u200cبانی", "ادمین", "مدیر", "مدیر سامانه", "مدير سيستم", "سامانه", "سیستم", "ﺍﺩﻣﻴﻦ",
	} {
		if !user.ClaimsRole(name) {
			t.Errorf("%q: got false, want true", name)
		}
	}
	for _, name := range []string{"", "Sara Ahmadi", "مهران مدیری", "Padmini Rao", "Ahmad Min", "Mohammad Minaei", "سارا احمدی", "Ali", "😀", "Suporn", "Sys Ali"} {
		if user.ClaimsRole(name) {
			t.Errorf("%q: got true, want false", name)
		}
	}
}
