package account_test

import (
	"context"
	"strconv"
	"testing"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/user"
)

const newTestPhone = "+989127654321"

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
	if fields := apperr.From(err).Fields; len(fields) != 1 || fields[0].Pointer != "/phone" {
		t.Errorf("a taken number: got the fields %v, want /phone", fields)
	}
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
