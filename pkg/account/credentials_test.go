package account_test

import (
	"cmp"
	"context"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/user"
)

// TestCredentials_TokenIssuedMeanwhile checks that an access token is void that a session got while
// the transaction ran that ended the session.
func TestCredentials_TokenIssuedMeanwhile(t *testing.T) {
	for operation, change := range map[string]func(f *fixture, tokens account.Tokens) error{
		"ResetPassword": func(f *fixture, _ account.Tokens) error {
			code := f.requestCode(t, testPhone, account.PurposeReset)
			return f.credentials.ResetPassword(t.Context(), testPhone, "another-horse-8", account.CodeInput{Digits: code}, "", account.Caller{})
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
