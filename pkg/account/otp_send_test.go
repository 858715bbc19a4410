package account_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
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

// TestSendCode_UnknownPhone checks that the result does not depend on whether the number
// has an account, and that login and reset codes are sent only if it has one.
func TestSendCode_UnknownPhone(t *testing.T) {
	for purpose, want := range map[string]int{account.PurposeSignUp: 1, account.PurposeLogin: 0, account.PurposeReset: 0} {
		known, unknown := newFixture(t), newFixture(t)
		known.addUser(t)
		a, errA := known.sms.SendCode(context.Background(), testPhone, purpose, account.Caller{})
		b, errB := unknown.sms.SendCode(context.Background(), testPhone, purpose, account.Caller{})
		if a.Challenge == b.Challenge {
			t.Errorf("%s: got one challenge for two codes", purpose)
		}
		a.Challenge, b.Challenge = "", ""
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

// TestSendCode_QueueFails checks that a code that was not queued can be requested again
// at once.
func TestSendCode_QueueFails(t *testing.T) {
	f := newFixture(t)
	f.queueErr = errors.New("queue down")
	_, err := f.sms.SendCode(context.Background(), testPhone, account.PurposeSignUp, account.Caller{})
	if !apperr.Is(err, apperr.Unavailable) || !errors.Is(err, f.queueErr) {
		t.Errorf("got %v, want %s", err, apperr.Unavailable)
	}
	f.queueErr = nil
	if f.requestCode(t, testPhone, account.PurposeSignUp) == "" {
		t.Error("retry: no code")
	}
}

// TestSendQueuedCode_Repeated checks that a repeated job sends the same code, that the
// queue contains neither the code nor the number, and that an expired job sends nothing.
func TestSendQueuedCode_Repeated(t *testing.T) {
	f := newFixture(t)
	f.sendErr = errors.New("provider down")
	f.requestCode(t, testPhone, account.PurposeSignUp)
	if !errors.Is(f.lastJobErr, f.sendErr) {
		t.Errorf("a failed SMS: got %v", f.lastJobErr)
	}
	f.sendErr = nil
	for range 2 {
		must(f.sender.SendQueuedCode(context.Background(), f.jobs[0]))
	}
	if len(f.smsTexts) != 2 || f.smsTexts[0] != f.smsTexts[1] {
		t.Errorf("got %q, want the same code twice", f.smsTexts)
	}
	if job := f.jobs[0]; strings.Contains(job, f.lastCode()) || strings.Contains(job, "912123") {
		t.Errorf("got %q, want a sealed job", job)
	}
	f.now = f.now.Add(account.CodeTTL)
	if err := f.sender.SendQueuedCode(context.Background(), f.jobs[0]); err != nil || len(f.smsTexts) != 2 {
		t.Errorf("expired: got %v, %d SMS", err, len(f.smsTexts))
	}
	if err := f.sender.SendQueuedCode(context.Background(), f.jobs[0]+"x"); err == nil {
		t.Error("a forged job: got no error")
	}
}

// TestSendCode_GlobalLimits checks that only codes that are sent count against the daily
// limit of all codes, and that a foreign country is limited until its codes are used.
func TestSendCode_GlobalLimits(t *testing.T) {
	ctx := context.Background()
	f := newFixture(t)
	f.auth.OTP.Limits.PerIP, f.sender.MaxPerDay = 10_000, 3
	for n := range 50 { // one is sent, and none of the numbers without an account
		_, _ = f.sms.SendCode(ctx, testPhone, account.PurposeSignUp, account.Caller{})
		_, _ = f.sms.SendCode(ctx, fmt.Sprintf("091200000%02d", n), account.PurposeLogin, account.Caller{})
	}
	for n := range 3 {
		_, err := f.sms.SendCode(ctx, fmt.Sprintf("091200001%02d", n), account.PurposeSignUp, account.Caller{})
		if err != nil || errors.Is(f.lastJobErr, account.ErrCodeLimit) != (n == 2) {
			t.Errorf("code %d: got %v, %v", n+2, err, f.lastJobErr)
		}
	}

	f = newFixture(t)
	f.sms.AllowedCountries = []string{"IR", "GB"}
	f.auth.OTP.Limits.PerIP, f.sender.MaxPerDay = 10_000, 10_000
	for n := range account.CountryCredit + 1 {
		_, err := f.sms.SendCode(ctx, fmt.Sprintf("+44791112%04d", n), account.PurposeSignUp, account.Caller{})
		if err != nil || errors.Is(f.lastJobErr, account.ErrCodeLimit) != (n == account.CountryCredit) {
			t.Fatalf("foreign code %d: got %v, %v", n+1, err, f.lastJobErr)
		}
	}
	if f.requestCode(t, testPhone, account.PurposeSignUp); f.lastJobErr != nil {
		t.Errorf("own country: got %v", f.lastJobErr)
	}
}

func TestSendCode_Country(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		allowed []string
		phone   string
		want    apperr.Code
	}{
		{nil, testPhone, ""}, {nil, "+447911123456", apperr.PhoneCountry}, {[]string{"GB"}, "+447911123456", ""}, {[]string{"GB"}, "09121234568", apperr.PhoneCountry},
		{[]string{"US"}, "+18765550123", apperr.PhoneCountry}, {[]string{"US"}, "+99912345678", apperr.PhoneCountry},
	} {
		f.sms.AllowedCountries = c.allowed
		_, err := f.sms.SendCode(context.Background(), c.phone, account.PurposeSignUp, account.Caller{})
		if (err != nil) != (c.want != "") || err != nil && !apperr.Is(err, c.want) {
			t.Errorf("%v %s: got %v, want %q", c.allowed, c.phone, err, c.want)
		}
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

// slowQueue runs jobs in the background, as the delivery queue does.
type slowQueue struct {
	*fixture
	wg sync.WaitGroup
}

func (q *slowQueue) SendText(ctx context.Context, sealed string) error {
	q.wg.Go(func() { _ = q.sender.SendQueuedCode(context.WithoutCancel(ctx), sealed) })
	return nil
}

// slowProvider takes a second for an SMS.
type slowProvider struct{}

func (slowProvider) Send(context.Context, string, string) error {
	time.Sleep(time.Second)
	return nil
}

// TestSendCode_SlowProvider checks that a request takes the same time whether or not the
// number has an account, with a provider that takes a second.
func TestSendCode_SlowProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.addUser(t)
		queue := &slowQueue{fixture: f}
		f.sms.Queue, f.sender.SMS = queue, slowProvider{}
		for _, phone := range []string{testPhone, "+989127654321"} {
			for _, purpose := range []string{account.PurposeLogin, account.PurposeReset} {
				start := time.Now()
				if _, err := f.sms.SendCode(t.Context(), phone, purpose, account.Caller{}); err != nil {
					t.Errorf("%s %s: got %v", phone, purpose, err)
				}
				if took := time.Since(start); took != 0 {
					t.Errorf("%s %s: took %v, want none of the provider's time", phone, purpose, took)
				}
			}
		}
		queue.wg.Wait()
	})
}

// TestSendCode_RefusedNotCounted checks that rejected requests of strangers take nothing
// from the codes of a number.
func TestSendCode_RefusedNotCounted(t *testing.T) {
	f := newFixture(t)
	for range 2 * account.MaxCodesPerDay {
		_, _ = f.sms.SendCode(context.Background(), testPhone, account.PurposeSignUp, account.Caller{IP: "203.0.113.1"})
	}
	if _, err := f.sms.SendCode(context.Background(), testPhone, account.PurposeSignUp, account.Caller{IP: "198.51.100.7"}); err != nil {
		t.Errorf("got %v", err)
	}
}
