package account_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
)

func TestSendCode(t *testing.T) {
	f := newFixture(t)
	got, err := f.sms.SendCode(context.Background(), "0912 123 4567", account.PurposeSignUp, account.Caller{Locale: "en"})
	if err != nil || got != (account.CodeSent{ExpiresIn: 300, ResendAfter: 60}) {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, code := range f.Codes() {
		if code.Hash == f.lastCode() || strings.Contains(code.RecipientMAC, "912") || !code.ExpiresAt.Equal(f.now.Add(5*time.Minute)) {
			t.Errorf("stored code: got %+v", code)
		}
	}
	if _, err := f.sms.SendCode(context.Background(), "12", account.PurposeSignUp, account.Caller{}); !apperr.Is(err, apperr.InvalidBody) {
		t.Errorf("invalid number: got %v", err)
	}
}

// TestSignUp_PhoneSpellings checks that a code is valid for every spelling of a number.
func TestSignUp_PhoneSpellings(t *testing.T) {
	for _, spelling := range []string{"09121234567", "+98 912 123 4567", "00989121234567", "۰۹۱۲۱۲۳۴۵۶۷", "٠٩١٢١٢٣٤٥٦٧"} {
		f := newFixture(t)
		code := f.requestCode(t, testPhone, account.PurposeSignUp)
		tokens, err := f.auth.SignUp(context.Background(), spelling, testPassword, code, "", account.Caller{})
		if err != nil || tokens.User.Phone != testPhone {
			t.Errorf("%s: got %+v, %v", spelling, tokens.User, err)
		}
	}
}

func TestVerifyCode_PersianDigits(t *testing.T) {
	f := newFixture(t)
	digits := strings.Map(func(r rune) rune { return r - '0' + '۰' }, f.requestCode(t, testPhone, account.PurposeSignUp))
	if _, err := f.auth.SignUp(context.Background(), testPhone, testPassword, digits, "", account.Caller{}); err != nil {
		t.Errorf("%s: got %v", digits, err)
	}
}

func TestSendCode_Language(t *testing.T) {
	for locale, want := range map[string]string{"en": "Your TicketSystem code", "fa": "کد تیکت‌سیستم", "": "Your TicketSystem code"} {
		f := newFixture(t)
		if _, err := f.sms.SendCode(context.Background(), testPhone, account.PurposeSignUp, account.Caller{Locale: locale}); err != nil || !strings.Contains(f.smsTexts[0], want) {
			t.Errorf("%q: got %q, %v", locale, f.smsTexts, err)
		}
	}
	// An account has its own language.
	f := newFixture(t)
	f.addUser(t)
	u := f.login(testPhone).User
	u.Locale = "fa"
	f.putUser(u)
	if f.requestCode(t, testPhone, account.PurposeLogin); !strings.Contains(f.smsTexts[len(f.smsTexts)-1], "کد تیکت‌سیستم") {
		t.Errorf("got %q", f.smsTexts)
	}
}

// TestSendCode_UnknownPhone checks that the result does not depend on whether the number
// has an account, and that login and reset codes are sent only if it has one.
func TestSendCode_UnknownPhone(t *testing.T) {
	for purpose, want := range map[string]int{account.PurposeSignUp: 1, account.PurposeLogin: 0, account.PurposeReset: 0} {
		known, unknown := newFixture(t), newFixture(t)
		known.addUser(t)
		a, errA := known.sms.SendCode(context.Background(), testPhone, purpose, account.Caller{})
		b, errB := unknown.sms.SendCode(context.Background(), testPhone, purpose, account.Caller{})
		if a != b || errA != nil || errB != nil {
			t.Errorf("%s: got %+v, %v and %+v, %v", purpose, a, errA, b, errB)
		}
		if len(unknown.smsTexts) != want || len(known.smsTexts) != 1 {
			t.Errorf("%s: got %d SMS to an unknown number, %d to a known one", purpose, len(unknown.smsTexts), len(known.smsTexts))
		}
	}
}

// TestSendCode_RateLimits checks the resend interval, the daily limit per number, the
// limit per IP address, and their Retry-After.
func TestSendCode_RateLimits(t *testing.T) {
	ctx := context.Background()
	f := newFixture(t)
	f.requestCode(t, testPhone, account.PurposeSignUp)
	f.now = f.now.Add(20 * time.Second)
	_, err := f.sms.SendCode(ctx, testPhone, account.PurposeSignUp, account.Caller{})
	if got := apperr.From(err); got.Code != apperr.TooManyRequests || got.RetryAfter != 40*time.Second {
		t.Errorf("too soon: got %v, retry after %v", err, got.RetryAfter)
	}
	if f.now = f.now.Add(40 * time.Second); f.requestCode(t, testPhone, account.PurposeSignUp) == "" {
		t.Error("after the resend interval: no code")
	}

	f = newFixture(t)
	for n := 1; n <= account.MaxCodesPerDay+1; n++ {
		f.now = f.now.Add(10 * time.Minute)
		_, err := f.sms.SendCode(ctx, testPhone, account.PurposeSignUp, account.Caller{IP: fmt.Sprint(n)})
		if refused := apperr.Is(err, apperr.TooManyRequests); refused != (n > account.MaxCodesPerDay) {
			t.Errorf("code %d of the day: got %v", n, err)
		}
		if wait := apperr.From(err); n > account.MaxCodesPerDay && wait.RetryAfter < time.Hour {
			t.Errorf("code %d of the day: retry after %v, want the next day", n, wait.RetryAfter)
		}
	}

	f = newFixture(t)
	f.auth.OTP.Limits.PerIP = 3
	for n := 1; n <= 4; n++ {
		_, err := f.sms.SendCode(ctx, fmt.Sprintf("0912000000%d", n), account.PurposeSignUp, account.Caller{IP: "1.2.3.4"})
		if refused := apperr.Is(err, apperr.TooManyRequests); refused != (n > 3) {
			t.Errorf("code %d from one IP address: got %v", n, err)
		}
	}
	if _, err := f.sms.SendCode(ctx, "09120000009", account.PurposeSignUp, account.Caller{IP: "5.6.7.8"}); err != nil {
		t.Errorf("another IP address: got %v", err)
	}
	if f.now = f.now.Add(account.RateWindow); f.requestCode(t, "09120000008", account.PurposeSignUp) == "" {
		t.Error("next window: no code")
	}
}

// TestSendCode_SMSFails checks that a code that was not sent can be requested again at
// once.
func TestSendCode_SMSFails(t *testing.T) {
	f := newFixture(t)
	f.sendErr = errors.New("provider down")
	_, err := f.sms.SendCode(context.Background(), testPhone, account.PurposeSignUp, account.Caller{})
	if !apperr.Is(err, apperr.Unavailable) || !errors.Is(err, f.sendErr) {
		t.Errorf("got %v, want %s", err, apperr.Unavailable)
	}
	f.sendErr = nil
	if f.requestCode(t, testPhone, account.PurposeSignUp) == "" {
		t.Error("retry: no code")
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
		_, err := f.auth.SignUp(context.Background(), testPhone, testPassword, code, "", account.Caller{})
		return err
	}
	for n := 1; n <= account.MaxCodeAttempts; n++ {
		if err := signUp(wrong); !apperr.Is(err, apperr.CodeWrong) {
			t.Errorf("attempt %d: got %v", n, err)
		}
	}
	for _, guess := range []string{wrong, code} {
		if err := signUp(guess); !apperr.Is(err, apperr.CodeLocked) {
			t.Errorf("after %d attempts: got %v", account.MaxCodeAttempts, err)
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
			_, err := f.auth.LogInByCode(ctx, testPhone, code, account.Caller{})
			return err
		},
		"another number": func(f *fixture, code string) error {
			_, err := f.auth.SignUp(ctx, "09127654321", testPassword, code, "", account.Caller{})
			return err
		},
		"expired": func(f *fixture, code string) error {
			f.now = f.now.Add(account.CodeTTL)
			_, err := f.auth.SignUp(ctx, testPhone, testPassword, code, "", account.Caller{})
			return err
		},
	} {
		f := newFixture(t)
		if err := use(f, f.requestCode(t, testPhone, account.PurposeSignUp)); !apperr.Is(err, apperr.CodeWrong) {
			t.Errorf("%s: got %v, want %s", name, err, apperr.CodeWrong)
		}
	}
}
