package account_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/user"
)

// requireSecondFactor turns the second factor of staff on.
func (f *fixture) requireSecondFactor() {
	f.auth.Sessions.StaffSecondFactor, f.credentials.StaffSecondFactor, f.users.StaffSecondFactor = true, true, true
}

// wantError checks the code of an error; "" means none.
func wantError(t *testing.T, name string, err error, want apperr.Code) {
	t.Helper()
	if want == "" && err != nil || want != "" && !apperr.Is(err, want) {
		t.Errorf("%s: got %v, want %q", name, err, want)
	}
}

func TestSecondFactor(t *testing.T) {
	const wrong = "another-horse-7"
	for _, c := range []struct {
		name           string
		on             bool
		role           user.Role
		password, code string // "" is not sent
		want           apperr.Code
		field          string
	}{
		{"password", true, user.RoleSupport, testPassword, "", apperr.SecondFactorRequired, "/code"},
		{"wrong password", true, user.RoleSupport, wrong, "", apperr.LoginWrong, ""},
		{"code", true, user.RoleAdmin, "", "right", apperr.SecondFactorRequired, "/password"},
		{"wrong code", true, user.RoleAdmin, "", "wrong", apperr.CodeWrong, "/code"},
		{"both", true, user.RoleAdmin, testPassword, "right", "", ""},
		{"both, wrong password", true, user.RoleAdmin, wrong, "right", apperr.LoginWrong, ""},
		{"both, wrong code", true, user.RoleAdmin, testPassword, "wrong", apperr.CodeWrong, "/code"},
		{"customer by password", true, user.RoleUser, testPassword, "", "", ""},
		{"customer by code", true, user.RoleUser, "", "right", "", ""},
		{"customer by both, wrong password", true, user.RoleUser, wrong, "right", apperr.LoginWrong, ""},
		{"off, password", false, user.RoleAdmin, testPassword, "", "", ""},
		{"off, code", false, user.RoleAdmin, "", "right", "", ""},
		{"off, both, wrong code", false, user.RoleAdmin, testPassword, "wrong", apperr.CodeWrong, "/code"},
	} {
		for _, cookie := range []bool{false, true} {
			t.Run(c.name+" "+strconv.FormatBool(cookie), func(t *testing.T) {
				f := newFixture(t)
				u := f.addUser(t).User
				u.Role = c.role
				f.putUser(u)
				if c.on {
					f.requireSecondFactor()
				}
				before := len(f.sessionsOf(u.ID))
				err := f.logIn(t, c.password, c.code, account.Caller{IP: "1.2.3.4", UseCookie: cookie})
				wantError(t, "login", err, c.want)
				if c.field != "" && (err == nil || apperr.From(err).Fields[0].Pointer != c.field) {
					t.Errorf("got %v, want the field %s", err, c.field)
				}
				if opened := len(f.sessionsOf(u.ID)) - before; (opened == 1) != (c.want == "") {
					t.Errorf("got %d new sessions", opened)
				}
			})
		}
	}
}

// logIn signs in with what is not empty. code is "right" or "wrong".
func (f *fixture) logIn(t *testing.T, password, code string, caller account.Caller) error {
	t.Helper()
	ctx, in := context.Background(), account.CodeInput{}
	if code != "" {
		in.Digits = f.requestCode(t, testPhone, account.PurposeLogin)
		if code == "wrong" {
			in.Digits = otherCode(in.Digits)
		}
	}
	var err error
	switch {
	case code == "":
		_, err = f.auth.LogIn(ctx, testPhone, password, caller)
	case password == "":
		_, err = f.auth.LogInByCode(ctx, testPhone, in, caller)
	default:
		_, err = f.auth.LogInByPasswordAndCode(ctx, testPhone, password, in, caller)
	}
	return err
}

func atoi(text string) int {
	n, err := strconv.Atoi(text)
	must(err)
	return n
}

// TestSecondFactor_Strangers locks the password of an administrator. The administrator
// signs in with both factors; a person with the code alone has five guesses.
func TestSecondFactor_Strangers(t *testing.T) {
	f, ctx := newFixture(t), context.Background()
	u := f.addUser(t).User
	u.Role = user.RoleAdmin
	f.putUser(u)
	f.requireSecondFactor()
	for n := range account.MaxFailedLogins + 1 {
		_, err := f.auth.LogIn(ctx, testPhone, "wrong-horse-"+strconv.Itoa(n), account.Caller{IP: strconv.Itoa(n)})
		if err == nil {
			t.Fatal("a wrong password was accepted")
		}
	}
	_, err := f.auth.LogIn(ctx, testPhone, testPassword, account.Caller{IP: "1.2.3.4"})
	wantError(t, "password alone", err, apperr.LoginLocked)
	sent, err := f.sms.SendCode(ctx, testPhone, account.PurposeLogin, account.Caller{IP: "1.2.3.4"})
	must(err)
	in := account.CodeInput{Digits: f.lastCode(), Challenge: sent.Challenge}
	_, err = f.auth.LogInByPasswordAndCode(ctx, testPhone, testPassword, in, account.Caller{IP: "1.2.3.4"})
	wantError(t, "both", err, "")

	f.now = f.now.Add(account.CodeResendInterval)
	sent, err = f.sms.SendCode(ctx, testPhone, account.PurposeLogin, account.Caller{IP: "1.2.3.4"})
	must(err)
	in = account.CodeInput{Digits: f.lastCode(), Challenge: sent.Challenge}
	for n := range account.MaxCodeAttempts {
		_, err = f.auth.LogInByPasswordAndCode(ctx, testPhone, "wrong-horse-"+strconv.Itoa(n), in, account.Caller{IP: "1.2.3.4"})
		wantError(t, "guess", err, apperr.LoginWrong)
	}
	_, err = f.auth.LogInByPasswordAndCode(ctx, testPhone, testPassword, in, account.Caller{IP: "1.2.3.4"})
	wantError(t, "after five guesses", err, apperr.CodeLocked)
}

// TestSecondFactor_OldSessions checks that sessions opened by one factor end when their
// user becomes staff, whichever way the rights change.
func TestSecondFactor_OldSessions(t *testing.T) {
	f, ctx := newFixture(t), context.Background()
	token := f.addUser(t)
	cookie, err := f.auth.LogIn(ctx, testPhone, testPassword, account.Caller{UseCookie: true})
	must(err)
	authenticator := &account.Authenticator{Revocations: account.NewRevocationCache(f, f.clock), Cookies: f, Now: f.clock, StaffSecondFactor: true}
	f.requireSecondFactor()
	try := func(want apperr.Code) {
		t.Helper()
		_, _, err := authenticator.AuthenticateCookie(ctx, cookie.Cookie)
		wantError(t, "cookie", err, want)
		principal := token.User.Principal(f.sessionsOf(token.User.ID)[1].Family)
		wantError(t, "socket", authenticator.CheckSession(ctx, principal), want)
		next, err := f.auth.Refresh(ctx, token.Refresh)
		wantError(t, "refresh", err, want)
		if err == nil {
			token.Refresh = next.Refresh
		}
	}
	try("")
	u := token.User
	u.Role = user.RoleSupport
	f.putUser(u)
	_, err = f.SyncUserCopies(ctx, u.ID)
	must(err)
	try(apperr.SessionEnded)

	f.now = f.now.Add(time.Minute)
	in := account.CodeInput{Digits: f.requestCode(t, testPhone, account.PurposeLogin)}
	both, err := f.auth.LogInByPasswordAndCode(ctx, testPhone, testPassword, in, account.Caller{})
	must(err)
	_, err = f.auth.Refresh(ctx, both.Refresh)
	wantError(t, "refresh of a session with both factors", err, "")
}

// TestSecondFactor_Reset checks that a code alone does not set the password of staff, and that a
// code together with the current password does.
func TestSecondFactor_Reset(t *testing.T) {
	f, ctx := newFixture(t), context.Background()
	u := f.addUser(t).User
	f.requireSecondFactor()
	reset := func(password, current string) error {
		f.now = f.now.Add(account.CodeResendInterval)
		in := account.CodeInput{Digits: f.requestCode(t, testPhone, account.PurposeReset)}
		return f.credentials.ResetPassword(ctx, testPhone, password, in, current, account.Caller{})
	}
	wantError(t, "customer", reset("another-horse-8", ""), "")
	u.Role = user.RoleSupport
	f.putUser(u)
	hash := f.login(testPhone).Hash
	wantError(t, "staff", reset("another-horse-9", ""), apperr.ResetNotAllowed)
	wrong := reset("another-horse-9", "another-horse-7")
	wantError(t, "a wrong password", wrong, apperr.PasswordWrong)
	if wrong != nil && apperr.From(wrong).Fields[0].Pointer != "/currentPassword" {
		t.Errorf("the wrong password is at another field: %v", wrong)
	}
	if f.login(testPhone).Hash != hash {
		t.Error("the password has changed")
	}
	wantError(t, "both", reset("another-horse-9", "another-horse-8"), "")
	if f.login(testPhone).Hash == hash {
		t.Error("the password has not changed")
	}
}

// TestCreate_StaffNeedPassword checks that no account of staff is created that could never sign in.
func TestCreate_StaffNeedPassword(t *testing.T) {
	f := newFixture(t)
	f.requireSecondFactor()
	for _, c := range []struct {
		role     user.Role
		password string
		refused  bool
	}{{user.RoleSupport, "", true}, {user.RoleAdmin, "", true}, {user.RoleSupport, testPassword, false}, {user.RoleUser, "", false}} {
		number := fmt.Sprintf("+98912555%04d", len(c.role)*10+len(c.password))
		_, err := f.users.Create(t.Context(), audit.Actor{}, account.CreateUserParams{Phone: number, Role: c.role, Password: c.password})
		if refused := apperr.Is(err, apperr.InvalidBody); refused != c.refused || !refused && err != nil {
			t.Errorf("%s with password %q: got %v", c.role, c.password, err)
		}
	}
}
