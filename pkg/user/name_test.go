package user_test

import (
	"strings"
	"testing"

	"ticketsystem/pkg/user"
)

func TestSortKey(t *testing.T) {
	sorted := []string{"Ali", "ali reza", "Sara", "آرش", "اکبر", "بهار", "پویا", "تارا", "جواد", "چنگیز", "زهرا", "ژاله", "سارا", "کامران", "گلی", "لاله", "نادر", "وحید", "هادی", "یاسر", ""}
	for n := 1; n < len(sorted); n++ {
		if a, b := user.SortKey(sorted[n-1]), user.SortKey(sorted[n]); a >= b {
			t.Errorf("%q sorts after %q", sorted[n-1], sorted[n])
		}
	}
	if a, b := user.SortKey("علي كاظمي"), user.SortKey("علی کاظمی"); a != b {
		t.Errorf("got %q and %q, want the same for Arabic letters", a, b)
	}
	if key := user.SortKey(strings.Repeat("گ", 1000)); len(key) > 201 {
		t.Errorf("got %d bytes", len(key))
	}
}

func TestIsReserved(t *testing.T) {
	for _, name := range []string{
		"Support", "SUPPORT", "support team", "Sara (Support)", "CustomerSupport", "support24", "Admin", "Administrator", "sysadmin", "System", "S u p p o r t", "Ad-min",
		"Ｓｕｐｐｏｒｔ", "Súpport", "S\u0301upport", "Admịn", "Sup\u200cport", "Sup\u3164port", "𝐒𝐮𝐩𝐩𝐨𝐫𝐭", "ⓐⓓⓜⓘⓝ", "ſyſtem", "Ѕuрроrt", "Аdmin", "ADMİN", "admın",
		"پشتیبانی", "پشتيباني", "پشتیبان سایت", "پُشتیبانی", "پشتـیبانی", "پشتی\u200cبانی", "ادمین", "مدیر", "مدیر سامانه", "مدير سيستم", "سامانه", "سیستم", "ﺍﺩﻣﻴﻦ",
		"ꜱᴜᴘᴘᴏʀᴛ", "🅢🅤🅟🅟🅞🅡🅣", "🅰🅳🅼🅸🅽", "🇸🇺🇵🇵🇴🇷🇹", "Supp0rt", "5upport", "$upport", "Adm1n", "@dmin", "5y573m", "Աdmin", "Ꭺdmin", "ΑDMIΝ", "ADMIИ",
		"Staff", "Sara (agent)", "Operator 2", "Moderator", "Help Desk", "Customer Service", "اپراتور", "اپراتور ۲", "کارمند",
		"admiո", "ꓮdmin", "ꓢupport", "Ɑdmin", "admɩn", "Ꮪupport", "Ⴝupport", "Suppørt", "پشتېبان", "پشتے بان", "مدێر", "مدیر!", "مدیر@",
		"SYSTΕM", "SΥSTEM", "SᎽSᎢᎬM", "sꭹsꭲꭼm", "ⲀDⲘIⲚ", "ᔕYᔕTEᗰ", "ᗩᗪᗰIᑎ", "admiη", "admiŋ", "adɱin", "admɨn", "adrnin", "ɐdmin", "sʎstem", "SYSTƐM", "systəm",
		"suppσrt", "suppθrt", "sυppσят", "supþort", "ƨuppoɾt", "suppoґt", "aɡent", "agεnt", "НELPDESK", "$y$t€m", "S¥STEM", "Suppor†", "Suppor+", "SUPP()RT", "Supp°rt",
		"HeIpdesk", "He1pdesk", "helpdesk", "admln", "Ϲustomer Service", "Ⅽustomer service", "§upport", "Suppo®t", "adm¡n", "ݐشتیبان", "پشټیبان", "پښتیبان", "مډیر", "سیسټم",
		"Removed user", "removed  USER", "RemovedUser", "Removed user 2", "(removed-user)", "Rem0ved u5er", "Ｒｅｍｏｖｅｄ ｕｓｅｒ", "R e m o v e d user", "Rémoved\u200b user", "Rеmоvеd usеr",
		"Remoνed user", "REMOѴED USER", "ꓣemoved user", "🅁🄴🄼🄾🅅🄴🄳 user",
		"کاربر حذف\u200cشده", "کاربر حذف شده", "کاربر حذف\u200cشده ۲", "كاربر حذفشده", "کاربر حذف\u200cشدہ", "کاربر حذف شدە", "کاربرِ حذف\u200cشده",
	} {
		if !user.IsReserved(name) {
			t.Errorf("%q: got false, want true", name)
		}
	}
	for _, name := range []string{"", "Sara Ahmadi", "مهران مدیری", "Padmini Rao", "Ahmad Min", "Mohammad Minaei", "سارا احمدی", "Ali", "😀", "Suporn", "Ali Agenty", "Stafford", "کارمندیان", "Sys Ali", "R2-D2", "Ali 1375", "Łukasz Ødegård", "Þór Ægisson", "Νίκος Παππάς", "Ελένη Υφαντή", "Игорь Янов", "Ali + Sara", "Arne Bjørn", "بشیر پښتون", "Иван Петров", "Արամ", "@sara", "🇮🇷 علی", "User", "کاربر", "Removed", "Moved Userson"} {
		if user.IsReserved(name) {
			t.Errorf("%q: got true, want false", name)
		}
	}
}
