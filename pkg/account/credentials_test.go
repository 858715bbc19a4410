package account_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/user"
)

const newTestPhone = "+989127654321"

func TestResetPassword(t *testing.T) {
	f := newFixture(t)
	ctx := context.Background()
	old := f.addUser(t)
	code := f.requestCode(t, testPhone, account.PurposeReset)
	for _, c := range []struct {
		code, password string
		want           apperr.Code
	}{
		{code, "short", apperr.WeakPassword}, {"000000", "another-horse-8", apperr.CodeWrong}, {code, "another-horse-8", ""}, {code, "another-horse-9", apperr.CodeWrong},
	} {
		if err := f.credentials.ResetPassword(ctx, testPhone, c.password, account.CodeInput{Digits: c.code}, account.Caller{}); (err != nil) != (c.want != "") || err != nil && !apperr.Is(err, c.want) {
			t.Errorf("%s: got %v, want %q", c.password, err, c.want)
		}
	}
	if _, err := f.auth.Refresh(ctx, old.Refresh); !apperr.Is(err, apperr.SessionEnded) {
		t.Errorf("old session: got %v, want session_ended", err)
	}
	if got := f.revoked(old.User.ID); len(got) != 1 || got[0] != (user.Revocation{At: f.now}) {
		t.Error("access tokens issued before the reset were not revoked")
	}
	if _, err := f.auth.LogIn(ctx, testPhone, testPassword, account.Caller{}); !apperr.Is(err, apperr.LoginWrong) {
		t.Errorf("old password: got %v, want login_wrong", err)
	}
	if _, err := f.auth.LogIn(ctx, testPhone, "another-horse-8", account.Caller{}); err != nil {
		t.Errorf("new password: got %v", err)
	}
}

// TestResetPassword_UnknownPhone checks that an unknown number gets the same result, and
// no SMS.
func TestResetPassword_UnknownPhone(t *testing.T) {
	f := newFixture(t)
	sent, err := f.sms.SendCode(context.Background(), testPhone, account.PurposeReset, account.Caller{})
	if err != nil || sent.ExpiresIn != 300 || len(f.smsTexts) != 0 {
		t.Errorf("got %+v, %v, %d SMS", sent, err, len(f.smsTexts))
	}
	for attempt := range account.MaxCodeAttempts + 1 {
		want := apperr.CodeWrong
		if attempt == account.MaxCodeAttempts {
			want = apperr.CodeLocked
		}
		if err := f.credentials.ResetPassword(context.Background(), testPhone, "another-horse-8", account.CodeInput{Digits: "123456"}, account.Caller{}); !apperr.Is(err, want) {
			t.Errorf("attempt %d: got %v, want %s", attempt, err, want)
		}
	}
}

func TestChangePhone(t *testing.T) {
	f := newFixture(t)
	ctx := context.Background()
	me := f.addUser(t).User.Principal("")
	code := f.requestCode(t, newTestPhone, account.PurposePhone)
	if _, err := f.credentials.ChangePhone(ctx, me, newTestPhone, account.CodeInput{Digits: "000000"}, account.Caller{}); !apperr.Is(err, apperr.CodeWrong) {
		t.Errorf("wrong code: got %v", err)
	}
	for range 2 { // the second is a retry after a lost response
		if u, err := f.credentials.ChangePhone(ctx, me, newTestPhone, account.CodeInput{Digits: code}, account.Caller{}); err != nil || u.Phone != newTestPhone {
			t.Errorf("got %q, %v", u.Phone, err)
		}
	}
	if _, err := f.auth.LogIn(ctx, newTestPhone, testPassword, account.Caller{}); err != nil {
		t.Errorf("login with the new number: got %v", err)
	}
	if _, err := f.auth.LogIn(ctx, testPhone, testPassword, account.Caller{}); !apperr.Is(err, apperr.LoginWrong) {
		t.Errorf("login with the old number: got %v", err)
	}
	other := f.addUser(t).User.Principal("") // has the old number
	if _, err := f.credentials.ChangePhone(ctx, other, newTestPhone, account.CodeInput{Digits: f.requestCodeLater(t, newTestPhone, account.PurposePhone)}, account.Caller{}); !apperr.Is(err, apperr.PhoneTaken) {
		t.Errorf("taken number: got %v, want phone_taken", err)
	}
}

// requestCodeLater requests another code after the resend interval.
func (f *fixture) requestCodeLater(t *testing.T, phone, purpose string) string {
	t.Helper()
	f.now = f.now.Add(account.CodeResendInterval)
	return f.requestCode(t, phone, purpose)
}

func TestConfirmEmail(t *testing.T) {
	f := newFixture(t)
	ctx := context.Background()
	me := f.addUser(t).User.Principal("")
	confirm := func(code string, want apperr.Code) {
		t.Helper()
		if _, err := f.credentials.ConfirmEmail(ctx, me, code, account.Caller{}); (err != nil) != (want != "") || err != nil && !apperr.Is(err, want) {
			t.Errorf("confirm code: got %v, want %q", err, want)
		}
	}
	ask := func(want apperr.Code) string {
		t.Helper()
		if _, err := f.emailCodes.SendEmailCode(ctx, me, account.Caller{}); (err != nil) != (want != "") || err != nil && !apperr.Is(err, want) {
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
	edit(account.ProfileUpdate{Email: &address}) // unchanged, so it stays verified
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
	ask(apperr.Unavailable)
	f.sendErr = nil
	ask("") // no code was sent, so a retry is allowed at once
	f.emailCodes.Mailer = nil
	f.now = f.now.Add(time.Hour)
	ask(apperr.Unavailable)
}

// TestResetPassword_Disabled checks that a disabled user cannot set a new password.
func TestResetPassword_Disabled(t *testing.T) {
	f := newFixture(t)
	f.addUser(t)
	u := f.login(testPhone).User
	u.Disabled = true
	f.putUser(u)
	code := account.CodeInput{Digits: f.requestCode(t, testPhone, account.PurposeReset)}
	if err := f.credentials.ResetPassword(context.Background(), testPhone, "another-horse-8", code, account.Caller{}); !apperr.Is(err, apperr.AccountDisabled) {
		t.Errorf("got %v, want account_disabled", err)
	}
}
