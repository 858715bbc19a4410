package account_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
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

// TestCredentials_TokenIssuedMeanwhile checks that an access token is void that a session got while
// the transaction ran that ended the session.
func TestCredentials_TokenIssuedMeanwhile(t *testing.T) {
	for operation, change := range map[string]func(f *fixture, tokens account.Tokens) error{
		"ResetPassword": func(f *fixture, _ account.Tokens) error {
			code := f.requestCode(t, testPhone, account.PurposeReset)
			return f.credentials.ResetPassword(t.Context(), testPhone, "another-horse-8", account.CodeInput{Digits: code}, account.Caller{})
		},
		"ChangePhone": func(f *fixture, tokens account.Tokens) error {
			me := tokens.User.Principal(f.sessionsOf(tokens.User.ID)[0].Family)
			_, err := f.changePhone(me, f.requestCode(t, newTestPhone, account.PurposePhone), account.OwnerProof{Password: testPassword})
			return err
		},
	} {
		f := newFixture(t)
		thief := f.addUser(t)
		owner, err := f.auth.LogIn(t.Context(), testPhone, testPassword, account.Caller{})
		must(err)
		stolen := thief.User.Principal("")
		f.Before = func(running, key string) error {
			if running == operation && stolen.IssuedAt.IsZero() {
				f.now = f.now.Add(time.Second)
				stolen.IssuedAt = f.now
				if _, err := f.auth.Refresh(t.Context(), thief.Refresh); err != nil {
					t.Errorf("%s: refresh: got %v", operation, err)
				}
				f.now = f.now.Add(time.Second)
			}
			return f.beforeOperation(running, key)
		}
		if err := change(f, owner); err != nil {
			t.Errorf("%s: got %v", operation, err)
		}
		wantError(t, operation+": a token issued meanwhile", account.NewRevocationCache(f, f.clock).Check(t.Context(), stolen), apperr.TokenExpired)
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

// changePhone changes the number of the user with testPhone to newTestPhone.
func (f *fixture) changePhone(actor user.Principal, code string, proof account.OwnerProof) (user.User, error) {
	u, _, err := f.credentials.ChangePhone(context.Background(), actor, newTestPhone, account.CodeInput{Digits: code}, proof, account.Caller{IP: "1.2.3.4"})
	return u, err
}

func TestChangePhone(t *testing.T) {
	f := newFixture(t)
	ctx := context.Background()
	tokens := f.addUser(t)
	other, err := f.auth.LogIn(ctx, testPhone, testPassword, account.Caller{})
	must(err)
	me := tokens.User.Principal(f.sessionsOf(tokens.User.ID)[1].Family)
	code, proof := f.requestCode(t, newTestPhone, account.PurposePhone), account.OwnerProof{Password: testPassword}
	_, err = f.changePhone(me, "000000", proof)
	wantError(t, "wrong code", err, apperr.CodeWrong)
	for range 2 { // the second is a retry after a lost response
		if u, err := f.changePhone(me, code, proof); err != nil || u.Phone != newTestPhone || u.PhoneVersion != 1 {
			t.Errorf("got %+v, %v", u, err)
		}
	}
	_, err = f.auth.LogIn(ctx, newTestPhone, testPassword, account.Caller{})
	wantError(t, "login with the new number", err, "")
	_, err = f.auth.LogIn(ctx, testPhone, testPassword, account.Caller{})
	wantError(t, "login with the old number", err, apperr.LoginWrong)
	_, err = f.auth.Refresh(ctx, other.Refresh)
	wantError(t, "another session", err, apperr.SessionEnded)
	_, err = f.auth.Refresh(ctx, tokens.Refresh)
	wantError(t, "the own session", err, "")
	me.IssuedAt = f.now
	cache := account.NewRevocationCache(f, f.clock)
	wantError(t, "an access token from before", cache.Check(ctx, me), apperr.TokenExpired)
	me.PhoneVersion = 1
	wantError(t, "an access token from after", cache.Check(ctx, me), "")

	second := f.addUser(t).User.Principal("") // has the old number
	_, err = f.changePhone(second, f.requestCodeLater(t, newTestPhone, account.PurposePhone), proof)
	wantError(t, "taken number", err, apperr.PhoneTaken)
}

// TestChangePhone_Owner checks what proves that the holder of a session owns the account.
func TestChangePhone_Owner(t *testing.T) {
	for _, c := range []struct {
		name, password, oldCode string
		staff                   bool
		want                    apperr.Code
		field                   string
	}{
		{"nothing", "", "", false, apperr.InvalidBody, "/password"},
		{"password", testPassword, "", false, "", ""},
		{"wrong password", "another-horse-7", "", false, apperr.PasswordWrong, "/password"},
		{"code to the old number", "", "right", false, "", ""},
		{"wrong code to the old number", "", "wrong", false, apperr.CodeWrong, "/oldCode"},
		{"code to the old number, wrong password", "another-horse-7", "right", false, apperr.PasswordWrong, "/password"},
		{"staff by password", testPassword, "", true, apperr.InvalidBody, "/oldCode"},
		{"staff by code", "", "right", true, apperr.InvalidBody, "/password"},
		{"staff by both", testPassword, "right", true, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t)
			u := f.addUser(t).User
			if c.staff {
				u.Role = user.RoleAdmin
				f.putUser(u)
				f.requireSecondFactor()
			}
			proof := account.OwnerProof{Password: c.password}
			if c.oldCode != "" {
				proof.OldCode.Digits = f.requestCode(t, testPhone, account.PurposePhone)
			}
			if c.oldCode == "wrong" {
				proof.OldCode.Digits = otherCode(proof.OldCode.Digits)
			}
			_, err := f.changePhone(u.Principal(f.sessionsOf(u.ID)[0].Family), f.requestCode(t, newTestPhone, account.PurposePhone), proof)
			wantError(t, c.name, err, c.want)
			if c.field != "" && (err == nil || apperr.From(err).Fields[0].Pointer != c.field) {
				t.Errorf("got %v, want the field %s", err, c.field)
			}
			if moved := f.user(u.ID).Phone == newTestPhone; moved != (c.want == "") {
				t.Errorf("got moved %v", moved)
			}
		})
	}
}

// otherCode returns a code that differs.
func otherCode(code string) string { return strconv.Itoa(100000 + (100000+atoi(code))%900000) }

// TestChangePhone_Bound checks that a code works only for the user who requested it, and
// that guesses of the password are limited.
func TestChangePhone_Bound(t *testing.T) {
	f, ctx := newFixture(t), context.Background()
	u := f.addUser(t).User
	me := u.Principal(f.sessionsOf(u.ID)[0].Family)
	f.addAnother()
	_, err := f.sms.SendCode(ctx, newTestPhone, account.PurposePhone, account.Caller{IP: "1.2.3.4"})
	wantError(t, "request without a user", err, apperr.Unauthenticated)
	sent, err := f.sms.SendCode(ctx, newTestPhone, account.PurposePhone, account.Caller{IP: "1.2.3.4", UserID: "another"})
	must(err)
	for _, challenge := range []string{"", sent.Challenge} {
		in := account.CodeInput{Digits: f.lastCode(), Challenge: challenge}
		_, _, err = f.credentials.ChangePhone(ctx, me, newTestPhone, in, account.OwnerProof{Password: testPassword}, account.Caller{})
		wantError(t, "the code of another user", err, apperr.CodeWrong)
	}
	for range account.MaxCodeAttempts + 1 {
		_, err = f.changePhone(me, otherCode(f.lastCode()), account.OwnerProof{Password: "another-horse-7"})
	}
	wantError(t, "a wrong code, without which no password is compared", err, apperr.CodeWrong)
	code := ""
	for n := range account.MaxFailedLogins + 2 { // the first is counted among those of others
		if n%account.MaxCodeAttempts == 0 {
			code = f.requestCodeLater(t, newTestPhone, account.PurposePhone)
		}
		_, err = f.changePhone(me, code, account.OwnerProof{Password: "another-horse-7"})
	}
	wantError(t, "after many wrong passwords", err, apperr.LoginLocked)
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

// TestConfirmDeletion checks what a user must prove to delete the account: the code sent to their
// number for this purpose, requested by them, and as staff also the password.
func TestConfirmDeletion(t *testing.T) {
	for name, c := range map[string]struct {
		role             user.Role
		factor           bool
		digits, password string // "" of digits is the right code
		purpose          string
		want             apperr.Code
	}{
		"customer":                       {role: user.RoleUser, factor: true},
		"customer with the password":     {role: user.RoleUser, password: testPassword},
		"customer with a wrong password": {role: user.RoleUser, password: "another-horse-8", want: apperr.PasswordWrong},
		"wrong code":                     {role: user.RoleUser, digits: "000000", want: apperr.CodeWrong},
		"code of another purpose":        {role: user.RoleUser, purpose: account.PurposePhone, want: apperr.CodeWrong},
		"staff":                          {role: user.RoleAdmin},
		"staff with a second factor":     {role: user.RoleAdmin, factor: true, want: apperr.InvalidBody},
		"staff with both factors":        {role: user.RoleAdmin, factor: true, password: testPassword},
		"staff with a wrong password":    {role: user.RoleAdmin, factor: true, password: "another-horse-8", want: apperr.PasswordWrong},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			u := f.addUser(t).User
			u.Role = c.role
			f.putUser(u)
			f.credentials.StaffSecondFactor = c.factor
			requester := account.Caller{IP: "1.2.3.4", UserID: u.ID}
			_, err := f.sms.SendCode(context.Background(), testPhone, cmp.Or(c.purpose, account.PurposeDelete), requester)
			must(err)
			in := account.CodeInput{Digits: cmp.Or(c.digits, f.lastCode())}
			err = f.credentials.ConfirmDeletion(context.Background(), u.Principal(""), in, c.password, account.Caller{IP: "1.2.3.4"})
			wantError(t, "confirm", err, c.want)
		})
	}
}

// TestSendCode_Owner checks that a code that only the owner of a number can use is not sent to
// others, with or without an account, and that codes that others request for a number leave the
// owner their own.
func TestSendCode_Owner(t *testing.T) {
	f, ctx := newFixture(t), context.Background()
	me := f.addUser(t).User
	f.addAnother()
	stranger := account.Caller{IP: "1.2.3.4", UserID: "another"}
	_, err := f.sms.SendCode(ctx, testPhone, account.PurposeDelete, account.Caller{IP: "1.2.3.4"})
	wantError(t, "a code without a user", err, apperr.Unauthenticated)
	for _, number := range []string{testPhone, newTestPhone} {
		_, err = f.sms.SendCode(ctx, number, account.PurposeDelete, stranger)
		wantError(t, "the number of another", err, apperr.InvalidBody)
		if field := apperr.From(err).Fields[0]; field.Pointer != "/phone" || field.Code != "not_own" {
			t.Errorf("got %+v, want /phone", field)
		}
	}
	_, err = f.sms.SendCode(ctx, testPhone, account.PurposeDelete, account.Caller{IP: "1.2.3.4", UserID: "deleted"})
	wantError(t, "a deleted user", err, apperr.UserNotFound)
	if len(f.smsTexts) != 0 {
		t.Errorf("got %q", f.smsTexts)
	}
	for n := range 4 { // each gets as many as one client
		f.putUser(user.User{ID: "another" + strconv.Itoa(n), Phone: fmt.Sprintf("+98912000008%d", n), Role: user.RoleUser})
	}
	for n := range 2 * account.MaxCodesPerDay {
		stranger.UserID = "another" + strconv.Itoa(n%4)
		f.now = f.now.Add(account.CodeResendInterval)
		_, err = f.sms.SendCode(ctx, testPhone, account.PurposePhone, stranger)
	}
	wantError(t, "many codes to the number of another", err, apperr.TooManyRequests)
	if len(f.smsTexts) != account.MaxCodesPerDay {
		t.Errorf("got %d codes", len(f.smsTexts))
	}
	_, err = f.sms.SendCode(ctx, testPhone, account.PurposeSignUp, account.Caller{IP: "5.6.7.8"})
	wantError(t, "one more, to sign up", err, apperr.TooManyRequests)
	for _, purpose := range []string{account.PurposePhone, account.PurposeDelete, account.PurposeLogin} {
		_, err = f.sms.SendCode(ctx, testPhone, purpose, account.Caller{IP: "9.9.9.9", UserID: me.ID})
		wantError(t, "the owner: "+purpose, err, "")
	}
}

// addAnother adds the user "another", with another number.
func (f *fixture) addAnother() {
	f.putUser(user.User{ID: "another", Phone: "+989120000077", Role: user.RoleUser})
}

// TestConfirmUpdate checks what administrators must prove to change their own phone number or
// password among the users, and that a code to the current number works once.
func TestConfirmUpdate(t *testing.T) {
	taken, own, password, name := newTestPhone, "0912 123 4567", "another-horse-8", "Sara"
	for _, c := range []struct {
		name              string
		update            account.UserUpdate
		password, oldCode string
		factor            bool
		want              apperr.Code
		field             string
	}{
		{"phone", account.UserUpdate{Phone: &taken}, testPassword, "", false, "", ""},
		{"phone without a proof", account.UserUpdate{Phone: &taken}, "", "", false, apperr.InvalidBody, "/currentPassword"},
		{"password without a proof", account.UserUpdate{Password: &password, Name: &name}, "", "", false, apperr.InvalidBody, "/currentPassword"},
		{"wrong password", account.UserUpdate{Password: &password}, "another-horse-7", "", false, apperr.PasswordWrong, "/currentPassword"},
		{"code to the number", account.UserUpdate{Password: &password}, "", "right", false, "", ""},
		{"wrong code", account.UserUpdate{Password: &password}, testPassword, "wrong", false, apperr.CodeWrong, "/oldCode"},
		{"one factor", account.UserUpdate{Phone: &taken}, testPassword, "", true, apperr.InvalidBody, "/oldCode"},
		{"the other factor", account.UserUpdate{Phone: &taken}, "", "right", true, apperr.InvalidBody, "/currentPassword"},
		{"both factors", account.UserUpdate{Phone: &taken}, testPassword, "right", true, "", ""},
		{"the number of before", account.UserUpdate{Phone: &own, Name: &name}, "", "", true, "", ""},
		{"a name", account.UserUpdate{Name: &name}, "", "", true, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, ctx := newFixture(t), context.Background()
			u := f.addUser(t).User
			u.Role = user.RoleAdmin
			f.putUser(u)
			f.credentials.StaffSecondFactor = c.factor
			proof := account.OwnerProof{Password: c.password}
			if c.oldCode != "" {
				proof.OldCode.Digits = f.requestCode(t, testPhone, account.PurposePhone)
			}
			if c.oldCode == "wrong" {
				proof.OldCode.Digits = otherCode(proof.OldCode.Digits)
			}
			codes, err := f.credentials.ConfirmUpdate(ctx, u.Principal(""), c.update, proof, account.Caller{IP: "1.2.3.4"})
			wantError(t, c.name, err, c.want)
			if c.field != "" && (err == nil || apperr.From(err).Fields[0].Pointer != c.field) {
				t.Errorf("got %v, want the field %s", err, c.field)
			}
			if (len(codes) == 1) != (c.oldCode == "right" && c.want == "") {
				t.Errorf("got the codes %v", codes)
			}
			if len(codes) == 1 {
				must(f.AdminUpdateUser(ctx, u, u, nil, audit.Record{}, codes...))
				wantError(t, "the code again", f.AdminUpdateUser(ctx, u, u, nil, audit.Record{}, codes...), apperr.CodeWrong)
			}
		})
	}
	f := newFixture(t)
	u := f.addUser(t).User
	u.Role = user.RoleAdmin
	f.putUser(u)
	var err error
	for range account.MaxFailedLogins + 2 { // the first is counted among those of others
		_, err = f.credentials.ConfirmUpdate(context.Background(), u.Principal(""), account.UserUpdate{Password: &password}, account.OwnerProof{Password: "another-horse-7"}, account.Caller{})
	}
	wantError(t, "after many wrong passwords", err, apperr.LoginLocked)
	_, err = f.auth.LogIn(context.Background(), testPhone, testPassword, account.Caller{})
	wantError(t, "the login of the owner, which a stolen token does not lock", err, "")
}
