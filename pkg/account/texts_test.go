package account_test

import (
	"context"
	"strings"
	"testing"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/user"
)

// TestSendCode_ThirdLanguage checks that SMS and mail with a code have only texts of the
// catalogue and the configured name, and that a new user may have the language.
func TestSendCode_ThirdLanguage(t *testing.T) {
	texts := locale.Texts(locale.English)
	for key, text := range texts {
		texts[key] = "xx " + text
	}
	defer locale.Register("xx", texts)()
	f := newFixture(t)
	f.addUser(t)
	u := f.login(testPhone).User
	u.Locale, u.Email = "xx", "sara@b.ir"
	f.putUser(u)
	f.sender.Brand = locale.Brand{Name: "Acme"}
	f.emailCodes.Brand = locale.Brand{Name: "A&B", SupportAddress: "help@b.ir", Signature: "The team"}
	f.requestCode(t, testPhone, account.PurposeReset)
	if got := f.smsTexts[len(f.smsTexts)-1]; !strings.HasPrefix(got, "xx Your Acme code xx to set a new password is ") {
		t.Errorf("got SMS %q", got)
	}
	if _, err := f.emailCodes.SendEmailCode(context.Background(), user.Principal{UserID: u.ID}); err != nil {
		t.Fatal(err)
	}
	m := f.emails[len(f.emails)-1]
	if m.Subject != "xx Confirm your e-mail address" || !strings.HasPrefix(m.Text, "xx Your A&B code is ") || !strings.HasSuffix(m.Text, "The team\nxx Support: help@b.ir\n") ||
		!strings.Contains(m.HTML, `lang="xx" dir="xx ltr"`) || !strings.Contains(m.HTML, "xx Your A&amp;B code is<") || !strings.Contains(m.HTML, "The team") {
		t.Errorf("got %+v", m)
	}
}
