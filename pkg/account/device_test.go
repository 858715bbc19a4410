package account_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/user"
)

// count fills a counter of the present window, as requests of others do.
func (f *fixture) count(scope, subject string, window time.Duration, n int) {
	_, err := f.AddToCounter(context.Background(), f.auth.OTP.Limiter.NewCounter(scope, subject, window), n)
	must(err)
}

// logInFrom signs in by password and returns the device cookie.
func (f *fixture) logInFrom(ip, device, password string) (string, error) {
	tokens, err := f.auth.LogIn(context.Background(), testPhone, password, account.Caller{IP: ip, Device: device})
	return tokens.Device, err
}

// lock fails the password of testPhone from other addresses until it is locked.
func (f *fixture) lock() {
	for range account.MaxFailedLogins {
		_, err := f.RecordLoginAttempt(context.Background(), testPhone, f.now.Truncate(account.RateWindow), account.MaxFailedLogins)
		must(err)
	}
}

// TestLogIn_KnownDevice checks that the failures of others do not lock out a device that has
// signed in before, and that nothing but its own cookie makes a device known.
func TestLogIn_KnownDevice(t *testing.T) {
	f := newFixture(t)
	device := f.addUser(t).Device
	must(f.PutAccount(t.Context(), account.Login{Phone: newTestPhone, Hash: f.login(testPhone).Hash, User: account.NewUser(f.auth.NewID(), newTestPhone, "Ali", user.RoleUser, "", f.now)}))
	other, err := f.auth.LogIn(t.Context(), newTestPhone, testPassword, account.Caller{})
	must(err)
	f.lock()
	f.count("login-address", "5.5.5.5", account.RateWindow, 100)
	for name, unknown := range map[string]string{
		"none": "", "of another number": other.Device, "cut": device[:len(device)-1], "changed": "B" + device[1:], "padded": device + "=", "text": "device",
	} {
		_, err := f.logInFrom("1.1.1.1", unknown, testPassword)
		wantError(t, "device cookie "+name, err, apperr.LoginLocked)
	}
	for n := range 3 {
		if _, err := f.logInFrom("5.5.5.5", device, testPassword); err != nil {
			t.Fatalf("known device, login %d: %v", n+1, err)
		}
	}
	_, err = f.logInFrom("1.1.1.1", "", testPassword)
	wantError(t, "others after the login of the device", err, apperr.LoginLocked)

	u := f.login(testPhone).User
	must(f.DeleteUser(t.Context(), u, audit.Record{}))
	f.addUser(t)
	f.lock()
	_, err = f.logInFrom("1.1.1.1", device, testPassword)
	wantError(t, "device of the number's former owner", err, apperr.LoginLocked)
}

// TestLogIn_KnownDeviceExpires checks how long a device is known.
func TestLogIn_KnownDeviceExpires(t *testing.T) {
	f := newFixture(t)
	device := f.addUser(t).Device
	for after, want := range map[time.Duration]apperr.Code{account.DeviceTTL - time.Hour: "", account.DeviceTTL + time.Hour: apperr.LoginLocked} {
		start := f.now
		f.now = f.now.Add(after)
		f.lock()
		if _, err := f.logInFrom("1.1.1.1", device, testPassword); (err != nil) != (want != "") || err != nil && !apperr.Is(err, want) {
			t.Errorf("after %s: got %v, want %q", after, err, want)
		}
		f.now = start
	}
}

// TestLogIn_GuessesOfDevices checks that the guesses of a known device are bounded, without an
// effect on another device, and those of all devices together.
func TestLogIn_GuessesOfDevices(t *testing.T) {
	f := newFixture(t)
	stolen := f.addUser(t).Device
	own, err := f.logInFrom("1.1.1.1", "", testPassword)
	must(err)
	compared := 0
	for n := range account.MaxFailedLogins + 3 {
		_, err := f.logInFrom(strconv.Itoa(n), stolen, "wrong-horse-7")
		switch {
		case apperr.Is(err, apperr.LoginWrong):
			compared++
		default:
			wantError(t, "guess", err, apperr.LoginLocked)
		}
	}
	if want := account.MaxFailedLogins + 1; compared != want { // the first is counted among those of others
		t.Errorf("%d guesses of one device were compared, want %d", compared, want)
	}
	if _, err := f.logInFrom("1.1.1.1", own, testPassword); err != nil {
		t.Errorf("another device: %v", err)
	}
	f.count("login-number-devices", f.login(testPhone).User.ID+" "+testPhone, account.RateWindow, account.MaxFailedOfDevices)
	_, err = f.logInFrom("1.1.1.1", own, testPassword)
	wantError(t, "after the limit of all devices", err, apperr.LoginLocked)
}

// TestSendCode_KnownDevice checks that others cannot use up the codes of a known device, which
// are bounded too.
func TestSendCode_KnownDevice(t *testing.T) {
	f := newFixture(t)
	device := f.addUser(t).Device
	f.count("code-number", account.PurposeLogin+" "+testPhone, 24*time.Hour, account.MaxCodesPerDay)
	f.count("code-address", "5.5.5.5", account.RateWindow, 100)
	f.count("code-wrong", "5.5.5.5", account.RateWindow, 100)
	request := func(device string) (account.CodeSent, error) {
		f.now = f.now.Add(account.CodeResendInterval)
		return f.sms.SendCode(t.Context(), testPhone, account.PurposeLogin, account.Caller{IP: "5.5.5.5", Device: device})
	}
	must(f.PutAccount(context.Background(), account.Login{Phone: newTestPhone, Hash: f.login(testPhone).Hash, User: account.NewUser(f.auth.NewID(), newTestPhone, "Ali", user.RoleUser, "", f.now)}))
	other, err := f.auth.LogIn(context.Background(), newTestPhone, testPassword, account.Caller{})
	must(err)
	for name, unknown := range map[string]string{"none": "", "of another number": other.Device} {
		_, err := request(unknown)
		wantError(t, "device cookie "+name, err, apperr.TooManyRequests)
	}
	for n := range account.MaxCodesPerRequester {
		sent, err := request(device)
		if err != nil {
			t.Fatalf("code %d: %v", n+1, err)
		}
		if n == 0 {
			in := account.CodeInput{Digits: f.lastCode(), Challenge: sent.Challenge}
			if _, err := f.auth.LogInByCode(t.Context(), testPhone, in, account.Caller{IP: "5.5.5.5", Device: device}); err != nil {
				t.Errorf("login by code: %v", err)
			}
		}
	}
	_, err = request(device)
	wantError(t, "above the codes of one device", err, apperr.TooManyRequests)
	f.count("code-number-devices", f.login(testPhone).User.ID+" "+account.PurposeLogin+" "+testPhone, 24*time.Hour, account.MaxCodesPerDay)
	fresh, err := f.logInFrom("1.1.1.1", "", testPassword)
	must(err)
	_, err = request(fresh)
	wantError(t, "above the codes of all devices", err, apperr.TooManyRequests)
}

// TestSendCode_DevicesOfFormerOwner checks that the devices of a number's former owner use up
// neither the codes nor the attempts of those of the present one.
func TestSendCode_DevicesOfFormerOwner(t *testing.T) {
	f := newFixture(t)
	f.addUser(t)
	former := make([]string, 4)
	for n := range former {
		device, err := f.logInFrom("1.1.1.1", "", testPassword)
		must(err)
		former[n] = device
	}
	must(f.DeleteUser(t.Context(), f.login(testPhone).User, audit.Record{}))
	own := f.addUser(t).Device
	request := func(device string) error {
		_, err := f.sms.SendCode(t.Context(), testPhone, account.PurposeLogin, account.Caller{IP: "5.5.5.5", Device: device})
		return err
	}
	for n := range 4 * account.MaxCodesPerRequester {
		f.now = f.now.Add(account.CodeResendInterval)
		_ = request(former[n%4])
		_, _ = f.auth.LogInByCode(t.Context(), testPhone, account.CodeInput{Digits: "123456"}, account.Caller{Device: former[n%4]})
		_, _ = f.logInFrom("1.1.1.1", former[n%4], "wrong-horse-7")
	}
	wantError(t, "the former owner", request(former[0]), apperr.TooManyRequests)
	wantError(t, "the owner", request(own), "")
	_, err := f.auth.LogInByCode(t.Context(), testPhone, account.CodeInput{Digits: f.lastCode()}, account.Caller{Device: own})
	wantError(t, "login of the owner by code", err, "")
	_, err = f.logInFrom("1.1.1.1", own, testPassword)
	wantError(t, "login of the owner by password", err, "")
}
