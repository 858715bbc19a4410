package account_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
)

func TestConfirmEmail(t *testing.T) {
	f := newFixture(t)
	ctx := context.Background()
	me := f.addUser(t).User.Principal("")
	confirm := func(code string, want apperr.Code) {
		t.Helper()
		if _, err := f.credentials.ConfirmEmail(ctx, me, code); (err != nil) != (want != "") || err != nil && !apperr.Is(err, want) {
			t.Errorf("confirm code: got %v, want %q", err, want)
		}
	}
	ask := func(want apperr.Code) string {
		t.Helper()
		if _, err := f.emailCodes.SendEmailCode(ctx, me); (err != nil) != (want != "") || err != nil && !apperr.Is(err, want) {
			t.Fatalf("request code: got %v, want %q", err, want)
		}
		if len(f.emails) == 0 {
			return ""
		}
		return codePattern.FindString(f.emails[len(f.emails)-1].Text)
	}
	ask(apperr.EmailMissing)
	confirm("123456", apperr.EmailMissing)
	address, fa := "sara@example.com", "fa"
	edit := func(update account.ProfileUpdate) {
		if _, err := f.profiles.UpdateProfile(ctx, me, update); err != nil {
			t.Fatal(err)
		}
	}
	edit(account.ProfileUpdate{Email: &address})
	code := ask("")
	if m := f.emails[0]; m.To != address || m.Subject != "Confirm your e-mail address" || !strings.Contains(m.HTML, code) {
		t.Errorf("got %+v", m)
	}
	ask(apperr.TooManyRequests)
	confirm("000000", apperr.CodeWrong)
	confirm(code, "")
	confirm(code, apperr.CodeWrong)
	for _, unchanged := range []string{address, "sara@Example.com"} { // so it stays verified
		edit(account.ProfileUpdate{Email: &unchanged})
	}
	if !f.user(me.UserID).EmailVerified {
		t.Error("the address is not verified")
	}
	f.now = f.now.Add(account.CodeResendInterval)
	edit(account.ProfileUpdate{Locale: &fa})
	code = ask("")
	if m := f.emails[1]; m.Subject != "تأیید نشانی ایمیل شما" || !strings.Contains(m.HTML, `dir="rtl"`) {
		t.Errorf("got %+v", m)
	}
	another := "reza@example.com"
	edit(account.ProfileUpdate{Email: &another})
	if f.user(me.UserID).EmailVerified {
		t.Error("a new address is verified")
	}
	confirm(code, apperr.CodeWrong) // the code is for the old address
	f.sendErr, f.now = errors.New("provider down"), f.now.Add(time.Hour)
	for range account.MaxCodesPerRequester {
		ask(apperr.Unavailable)
	}
	f.sendErr = nil
	ask("") // no code was sent, so a retry is allowed at once
	f.emailCodes.Mailer = nil
	f.now = f.now.Add(time.Hour)
	ask(apperr.Unavailable)
}
