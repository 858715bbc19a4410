package account_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
)

// TestSignUp_PhoneSpellings checks that a code is valid for every spelling of a number.
func TestSignUp_PhoneSpellings(t *testing.T) {
	for _, spelling := range []string{"09121234567", "+98 912 123 4567", "00989121234567", "۰۹۱۲۱۲۳۴۵۶۷", "٠٩١٢١٢٣٤٥٦٧"} {
		f := newFixture(t)
		code := f.requestCode(t, testPhone, account.PurposeSignUp)
		tokens, err := f.auth.SignUp(context.Background(), spelling, testPassword, account.CodeInput{Digits: code}, "", account.Caller{})
		if err != nil || tokens.User.Phone != testPhone {
			t.Errorf("%s: got %+v, %v", spelling, tokens.User, err)
		}
	}
}

func TestVerifyCode_PersianDigits(t *testing.T) {
	f := newFixture(t)
	digits := strings.Map(func(r rune) rune { return r - '0' + '۰' }, f.requestCode(t, testPhone, account.PurposeSignUp))
	if _, err := f.auth.SignUp(context.Background(), testPhone, testPassword, account.CodeInput{Digits: digits}, "", account.Caller{}); err != nil {
		t.Errorf("%s: got %v", digits, err)
	}
}

func TestVerifyCode_Locked(t *testing.T) {
	f := newFixture(t)
	code := f.requestCode(t, testPhone, account.PurposeSignUp)
	wrong := "000000"
	if code == wrong {
		wrong = "000001"
	}
	signUp := func(code string) error {
		_, err := f.auth.SignUp(context.Background(), testPhone, testPassword, account.CodeInput{Digits: code}, "", account.Caller{})
		return err
	}
	for n := 1; n <= account.MaxCodeAttempts; n++ {
		if err := signUp(wrong); !apperr.Is(err, apperr.CodeWrong) {
			t.Errorf("attempt %d: got %v", n, err)
		}
	}
	for _, guess := range []string{wrong, code} {
		if got := apperr.From(signUp(guess)); got.Code != apperr.CodeLocked || got.RetryAfter != account.CodeTTL {
			t.Errorf("after %d attempts: got %v, retry after %v", account.MaxCodeAttempts, got, got.RetryAfter)
		}
	}
	f.now = f.now.Add(time.Minute)
	if err := signUp(f.requestCode(t, testPhone, account.PurposeSignUp)); err != nil {
		t.Errorf("new code: got %v", err)
	}
}

// TestVerifyCode_WrongPurpose checks that a code is valid for one purpose, one number and
// codeTTL only.
func TestVerifyCode_WrongPurpose(t *testing.T) {
	ctx := context.Background()
	for name, use := range map[string]func(f *fixture, code string) error{
		"another purpose": func(f *fixture, code string) error {
			_, err := f.auth.LogInByCode(ctx, testPhone, account.CodeInput{Digits: code}, account.Caller{})
			return err
		},
		"another number": func(f *fixture, code string) error {
			_, err := f.auth.SignUp(ctx, "09127654321", testPassword, account.CodeInput{Digits: code}, "", account.Caller{})
			return err
		},
		"expired": func(f *fixture, code string) error {
			f.now = f.now.Add(account.CodeTTL)
			_, err := f.auth.SignUp(ctx, testPhone, testPassword, account.CodeInput{Digits: code}, "", account.Caller{})
			return err
		},
	} {
		f := newFixture(t)
		if err := use(f, f.requestCode(t, testPhone, account.PurposeSignUp)); !apperr.Is(err, apperr.CodeWrong) {
			t.Errorf("%s: got %v, want %s", name, err, apperr.CodeWrong)
		}
	}
}

// TestCodes_AttackerBesideVictim requests and guesses codes of a number beside its owner.
// The owner gets in, with the challenge from the same IP address and without it from
// another one.
func TestCodes_AttackerBesideVictim(t *testing.T) {
	ctx := context.Background()
	attacker, owner := account.Caller{IP: "203.0.113.1"}, account.Caller{IP: "198.51.100.7"}
	for name, c := range map[string]struct {
		caller    account.Caller
		challenge bool
	}{"with the challenge, one address": {attacker, true}, "with the challenge": {owner, true}, "without the challenge": {owner, false}} {
		f := newFixture(t)
		f.addUser(t)
		for range 30 { // only codes that are sent count
			_, _ = f.sms.SendCode(ctx, testPhone, account.PurposeLogin, attacker)
		}
		f.now = f.now.Add(account.CodeResendInterval)
		sent, err := f.sms.SendCode(ctx, testPhone, account.PurposeLogin, c.caller)
		if err != nil {
			t.Fatalf("%s: request: got %v", name, err)
		}
		code := f.lastCode()
		wrong := "000000"
		if code == wrong {
			wrong = "000001"
		}
		for range 2 * account.MaxCodeAttempts {
			_, _ = f.auth.LogInByCode(ctx, testPhone, account.CodeInput{Digits: wrong}, attacker)
		}
		_, _ = f.sms.SendCode(ctx, testPhone, account.PurposeLogin, attacker) // its code must not replace the owner's
		for range account.MaxFailedLogins {
			_, _ = f.auth.LogIn(ctx, testPhone, "wrong-horse-1", attacker)
		}
		in := account.CodeInput{Digits: code}
		if c.challenge {
			in.Challenge = sent.Challenge
		}
		if _, err := f.auth.LogInByCode(ctx, testPhone, in, c.caller); err != nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestCodes_StrangersBesideOldClient requests and guesses codes of a number from many addresses
// beside a client that sends no challenge. The client gets in with either of its two codes.
func TestCodes_StrangersBesideOldClient(t *testing.T) {
	ctx, owner := t.Context(), account.Caller{IP: "198.51.100.7"}
	for name, first := range map[string]bool{"the first code": true, "the second": false} {
		f := newFixture(t)
		f.addUser(t)
		codes := make([]string, 2)
		for n := range codes {
			f.now = f.now.Add(account.CodeResendInterval)
			_, err := f.sms.SendCode(ctx, testPhone, account.PurposeLogin, owner)
			wantError(t, name+": request", err, "")
			codes[n] = f.lastCode()
			for address := range 6 {
				stranger := account.Caller{IP: fmt.Sprintf("203.0.113.%d", 10*n+address)}
				if address%2 == 0 { // the others guess without a code of their own
					_, err = f.sms.SendCode(ctx, testPhone, account.PurposeLogin, stranger)
					wantError(t, name+": a stranger", err, "")
				}
				for range 2 * account.MaxCodeAttempts {
					_, err = f.auth.LogInByCode(ctx, testPhone, account.CodeInput{Digits: "000000"}, stranger)
				}
				wantError(t, name+": a stranger", err, apperr.CodeLocked)
			}
		}
		code := codes[1]
		if first {
			code = codes[0]
		}
		_, err := f.auth.LogInByCode(ctx, testPhone, account.CodeInput{Digits: code}, owner)
		wantError(t, name, err, "")
	}
}

// TestVerifyCode_GuessesWithoutChallenge checks how many guesses clients without a challenge have
// for one code: those of its own client, and of all others together.
func TestVerifyCode_GuessesWithoutChallenge(t *testing.T) {
	f := newFixture(t)
	f.addUser(t)
	own := account.Caller{IP: "198.51.100.7"}
	_, err := f.sms.SendCode(t.Context(), testPhone, account.PurposeLogin, own)
	must(err)
	guesses := map[bool]int{}
	for n := range 100 {
		caller := account.Caller{IP: fmt.Sprint("203.0.113.", n)}
		if n%2 == 0 {
			caller = own
		}
		if _, err := f.auth.LogInByCode(t.Context(), testPhone, account.CodeInput{Digits: "000000"}, caller); apperr.Is(err, apperr.CodeWrong) {
			guesses[caller == own]++
		}
	}
	if guesses[true] != account.MaxCodeAttempts || guesses[false] != account.MaxUnboundAttempts {
		t.Errorf("got %d guesses of the client, %d of others", guesses[true], guesses[false])
	}
}

// TestVerifyCode_Challenge checks that wrong codes count for their challenge, and that a
// challenge is valid for its own code and number only.
func TestVerifyCode_Challenge(t *testing.T) {
	ctx := context.Background()
	f := newFixture(t)
	f.addUser(t)
	first, err := f.sms.SendCode(ctx, testPhone, account.PurposeLogin, account.Caller{})
	must(err)
	firstCode := f.lastCode()
	f.now = f.now.Add(account.CodeResendInterval)
	second, err := f.sms.SendCode(ctx, testPhone, account.PurposeLogin, account.Caller{})
	must(err)
	secondCode := f.lastCode()
	try := func(digits, challenge string) apperr.Code {
		if _, err := f.auth.LogInByCode(ctx, testPhone, account.CodeInput{Digits: digits, Challenge: challenge}, account.Caller{}); err != nil {
			return apperr.From(err).Code
		}
		return ""
	}
	for n := 1; n <= account.MaxCodeAttempts; n++ {
		if got := try(firstCode, second.Challenge); firstCode != secondCode && got != apperr.CodeWrong {
			t.Errorf("attempt %d with the code of another challenge: got %q", n, got)
		}
	}
	for _, c := range []struct {
		name, digits, challenge string
		want                    apperr.Code
	}{
		{"used up", secondCode, second.Challenge, apperr.CodeLocked},
		{"mistyped", "12345", first.Challenge, apperr.CodeWrong},
		{"malformed", firstCode, "x", apperr.InvalidBody},
		{"unknown", firstCode, strings.Repeat("A", 22), apperr.CodeWrong},
		{"other challenge", firstCode[:3] + " \u200e" + firstCode[3:], first.Challenge, ""},
		{"again", firstCode, first.Challenge, apperr.CodeWrong},
	} {
		if got := try(c.digits, c.challenge); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestVerifyCode_WrongCodesPerAddress checks that wrong codes of many numbers from one IP
// address are limited, also over the addresses of one IPv6 network.
func TestVerifyCode_WrongCodesPerAddress(t *testing.T) {
	ctx := context.Background()
	f := newFixture(t)
	f.auth.OTP.Limiter.PerClient = 10
	for n := 1; n <= 12; n++ {
		ip := fmt.Sprintf("2001:db8::%d", n)
		_, err := f.auth.LogInByCode(ctx, fmt.Sprintf("091200000%02d", n), account.CodeInput{Digits: "123456"}, account.Caller{IP: ip})
		if locked := apperr.Is(err, apperr.CodeLocked); locked != (n > 10) {
			t.Errorf("wrong code %d: got %v", n, err)
		}
	}
	if _, err := f.auth.LogInByCode(ctx, "09120000000", account.CodeInput{Digits: "123456"}, account.Caller{IP: "2001:db8:1::1"}); !apperr.Is(err, apperr.CodeWrong) {
		t.Errorf("another network: got %v", err)
	}
}

// TestVerifyCode_FormerHolder checks that codes which a number's former holder has kept do not open
// the account of the present one.
func TestVerifyCode_FormerHolder(t *testing.T) {
	f := newFixture(t)
	f.addUser(t)
	login := f.requestCode(t, testPhone, account.PurposeLogin)
	reset := f.requestCode(t, testPhone, account.PurposeReset)
	must(f.DeleteUser(t.Context(), f.login(testPhone).User, audit.Record{}))
	f.addUser(t)

	_, err := f.auth.LogInByCode(t.Context(), testPhone, account.CodeInput{Digits: login}, account.Caller{})
	wantError(t, "code to log in", err, apperr.CodeWrong)
	_, err = f.auth.LogInByPasswordAndCode(t.Context(), testPhone, testPassword, account.CodeInput{Digits: login}, account.Caller{})
	wantError(t, "code as second factor", err, apperr.CodeWrong)
	err = f.credentials.ResetPassword(t.Context(), testPhone, "another-horse-8", account.CodeInput{Digits: reset}, "", account.Caller{})
	wantError(t, "code to reset the password", err, apperr.CodeWrong)
}
