package account_test

import (
	"context"
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
	if err != nil || len(got.Challenge) != 22 || got.ExpiresIn != 300 || got.ResendAfter != 60 {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, code := range f.Codes() {
		if code.ID != got.Challenge || strings.Contains(code.RecipientMAC, "912") || !code.ExpiresAt.Equal(f.now.Add(5*time.Minute)) {
			t.Errorf("stored code: got %+v", code)
		}
	}
	if _, err := f.sms.SendCode(context.Background(), "12", account.PurposeSignUp, account.Caller{}); !apperr.Is(err, apperr.InvalidBody) {
		t.Errorf("invalid number: got %v", err)
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

// TestSendCode_RateLimits checks the resend interval, the daily limit per number, the
// limit per IP address, and their Retry-After.
func TestSendCode_RateLimits(t *testing.T) {
	ctx := context.Background()
	f := newFixture(t)
	f.requestCode(t, testPhone, account.PurposeSignUp)
	f.now = f.now.Add(20 * time.Second)
	_, err := f.sms.SendCode(ctx, testPhone, account.PurposeSignUp, account.Caller{IP: "1.2.3.4"})
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
	f.auth.OTP.Limiter.PerClient = 3
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

// TestSendCode_Reservation checks the limit per IP address of a number and that each
// purpose has its own.
func TestSendCode_Reservation(t *testing.T) {
	f := newFixture(t)
	for n := 1; n <= account.MaxCodesPerRequester+1; n++ {
		f.now = f.now.Add(account.CodeResendInterval)
		_, err := f.sms.SendCode(context.Background(), testPhone, account.PurposeSignUp, account.Caller{IP: "1.2.3.4"})
		if rejected := apperr.Is(err, apperr.TooManyRequests); rejected != (n > account.MaxCodesPerRequester) {
			t.Errorf("code %d: got %v", n, err)
		}
	}
	f.requestCode(t, testPhone, account.PurposeReset)
	if _, err := f.sms.SendCode(context.Background(), testPhone, account.PurposeSignUp, account.Caller{IP: "5.6.7.8"}); err != nil {
		t.Errorf("another address: got %v", err)
	}
}
