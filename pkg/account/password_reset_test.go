package account_test

import (
	"context"
	"testing"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
)

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
		if err := f.credentials.ResetPassword(ctx, testPhone, c.password, account.CodeInput{Digits: c.code}, "", account.Caller{}); (err != nil) != (c.want != "") || err != nil && !apperr.Is(err, c.want) {
			t.Errorf("%s: got %v, want %q", c.password, err, c.want)
		}
	}
	if _, err := f.auth.Refresh(ctx, old.Refresh); !apperr.Is(err, apperr.SessionEnded) {
		t.Errorf("old session: got %v, want session_ended", err)
	}
	if got := f.revoked(old.User.ID); len(got) != 1 || !got[0].At.Equal(f.now) || got[0].Role != "" {
		t.Error("access tokens issued before the reset were not revoked")
	}
	if _, err := f.auth.LogIn(ctx, testPhone, testPassword, account.Caller{}); !apperr.Is(err, apperr.LoginWrong) {
		t.Errorf("old password: got %v, want login_wrong", err)
	}
	if _, err := f.auth.LogIn(ctx, testPhone, "another-horse-8", account.Caller{}); err != nil {
		t.Errorf("new password: got %v", err)
	}
	if got := f.user(old.User.ID).PasswordVersion; got != 1 {
		t.Errorf("got %d changes of the password", got)
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
		if err := f.credentials.ResetPassword(context.Background(), testPhone, "another-horse-8", account.CodeInput{Digits: "123456"}, "", account.Caller{}); !apperr.Is(err, want) {
			t.Errorf("attempt %d: got %v, want %s", attempt, err, want)
		}
	}
}

// TestResetPassword_Disabled checks that a disabled user cannot set a new password.
func TestResetPassword_Disabled(t *testing.T) {
	f := newFixture(t)
	f.addUser(t)
	u := f.login(testPhone).User
	u.Disabled = true
	f.putUser(u)
	code := account.CodeInput{Digits: f.requestCode(t, testPhone, account.PurposeReset)}
	if err := f.credentials.ResetPassword(context.Background(), testPhone, "another-horse-8", code, "", account.Caller{}); !apperr.Is(err, apperr.AccountDisabled) {
		t.Errorf("got %v, want account_disabled", err)
	}
}
