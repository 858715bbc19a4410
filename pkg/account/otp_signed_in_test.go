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

// TestSendCode_NewNumbersOfUser checks that a user gets as many codes for new numbers in a day as
// there are for one number.
func TestSendCode_NewNumbersOfUser(t *testing.T) {
	f := newFixture(t)
	caller := account.Caller{UserID: f.addUser(t).User.ID}
	for n := range account.MaxCodesPerDay + 1 {
		_, err := f.sms.SendCode(t.Context(), fmt.Sprintf("+98912000%04d", n), account.PurposePhone, caller)
		if refused := apperr.Is(err, apperr.TooManyRequests); refused != (n == account.MaxCodesPerDay) {
			t.Errorf("number %d: got %v", n+1, err)
		}
	}
	_, err := f.sms.SendCode(t.Context(), testPhone, account.PurposePhone, caller)
	wantError(t, "the own number", err, "")
}

// TestChangePhone_LockedPassword checks that strangers, who lock the password of a number, do not
// keep its owner from proving the password in an open session.
func TestChangePhone_LockedPassword(t *testing.T) {
	f := newFixture(t)
	u := f.addUser(t).User
	f.lock()
	for range 2 {
		_, err := f.auth.LogIn(t.Context(), testPhone, testPassword, account.Caller{IP: "1.2.3.4"})
		wantError(t, "a new device", err, apperr.LoginLocked)
	}
	code := f.requestCode(t, newTestPhone, account.PurposePhone)
	_, err := f.changePhone(u.Principal(f.sessionsOf(u.ID)[0].Family), code, account.OwnerProof{Password: testPassword})
	wantError(t, "the open session", err, "")
}

// TestSignedIn_SharedAddress checks that others behind an address, who have used up its codes and
// wrong codes, take nothing from a signed-in user, and the user nothing from them.
func TestSignedIn_SharedAddress(t *testing.T) {
	const limit = 20
	f, ctx := newFixture(t), t.Context()
	u := f.addUser(t).User
	u.Email = "sara@example.com"
	f.putUser(u)
	me, caller := u.Principal(f.sessionsOf(u.ID)[0].Family), account.Caller{IP: "5.5.5.5", UserID: u.ID}
	f.auth.OTP.Limiter.PerClient = limit
	f.count("code-address", caller.IP, account.RateWindow, limit)
	f.count("code-wrong", caller.IP, account.RateWindow, limit)
	input := func(number, purpose string) account.CodeInput {
		sent, err := f.sms.SendCode(ctx, number, purpose, caller)
		wantError(t, "a code of purpose "+purpose, err, "")
		return account.CodeInput{Digits: f.lastCode(), Challenge: sent.Challenge}
	}
	wantError(t, "delete", f.credentials.ConfirmDeletion(ctx, me, input(testPhone, account.PurposeDelete), "", caller), "")
	_, err := f.emailCodes.SendEmailCode(ctx, me)
	wantError(t, "a code by e-mail", err, "")
	_, err = f.credentials.ConfirmEmail(ctx, me, codePattern.FindString(f.emails[0].Text))
	wantError(t, "e-mail", err, "")
	old := input(testPhone, account.PurposePhone)
	_, _, err = f.credentials.ChangePhone(ctx, me, newTestPhone, input(newTestPhone, account.PurposePhone), account.OwnerProof{OldCode: old}, caller)
	wantError(t, "phone", err, "")

	caller.IP = "6.6.6.6"
	for n := range limit {
		_, err = f.sms.SendCode(ctx, fmt.Sprintf("+98912000%04d", n), account.PurposePhone, caller)
		_, _, _ = f.credentials.ChangePhone(ctx, me, testPhone, account.CodeInput{Digits: "123456"}, account.OwnerProof{Password: testPassword}, caller)
		caller.IP = fmt.Sprint("6.6.6.", n)
	}
	wantError(t, "above the limit of a user", err, apperr.TooManyRequests)
	_, err = f.sms.SendCode(ctx, testPhone, account.PurposeSignUp, account.Caller{IP: "6.6.6.6"})
	wantError(t, "a stranger behind the address of the user", err, "")
}

// TestSendQueuedCode_Removed checks that nothing is sent for a user who was removed, or has moved
// to another number, after the request.
func TestSendQueuedCode_Removed(t *testing.T) {
	for name, c := range map[string]struct {
		number, purpose string
	}{
		"own number": {testPhone, account.PurposePhone}, "new number": {newTestPhone, account.PurposePhone},
		"removal": {testPhone, account.PurposeDelete}, "login": {testPhone, account.PurposeLogin}, "reset": {testPhone, account.PurposeReset},
	} {
		f := newFixture(t)
		u := f.addUser(t).User
		f.requestCode(t, c.number, c.purpose)
		must(f.DeleteUser(t.Context(), u, audit.Record{}))
		if c.purpose == account.PurposePhone || c.purpose == account.PurposeDelete {
			f.addUser(t) // the number has another owner
		}
		must(f.sender.SendQueuedCode(t.Context(), f.jobs[0]))
		if len(f.smsTexts) != 1 {
			t.Errorf("%s: got %d codes, want none after the removal", name, len(f.smsTexts)-1)
		}
	}
}

// TestSendCode_ReserveOfAccounts checks that users, who have codes sent to new numbers, cannot use
// up the codes for the numbers of accounts, and that the requests do not show it.
func TestSendCode_ReserveOfAccounts(t *testing.T) {
	f := newFixture(t)
	me := f.addUser(t).User
	f.addAnother()
	f.sender.MaxPerDay = 10
	for n := range 3 * f.sender.MaxPerDay {
		f.putUser(user.User{ID: fmt.Sprint("user", n), Phone: fmt.Sprintf("+98912111%04d", n), Role: user.RoleUser})
		number := fmt.Sprintf("+98912000%04d", n)
		if n%2 == 0 {
			number = testPhone // of an account, but not theirs
			f.now = f.now.Add(time.Second)
		}
		_, err := f.sms.SendCode(t.Context(), number, account.PurposePhone, account.Caller{UserID: fmt.Sprint("user", n)})
		wantError(t, "a user with a new number", err, "")
	}
	if len(f.smsTexts) != 8 {
		t.Errorf("to new numbers: %d codes sent, want 8 of 10", len(f.smsTexts))
	}
	for _, purpose := range []string{account.PurposeLogin, account.PurposePhone} {
		_, err := f.sms.SendCode(t.Context(), testPhone, purpose, account.Caller{UserID: me.ID})
		wantError(t, purpose, err, "")
	}
	if len(f.smsTexts) != 10 {
		t.Errorf("with those of an account: %d codes sent, want 10", len(f.smsTexts))
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
