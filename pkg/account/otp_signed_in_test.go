package account_test

import (
	"fmt"
	"testing"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
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
