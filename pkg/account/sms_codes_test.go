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
	"ticketsystem/pkg/user"
)

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
	f.auth.OTP.Limiter.PerClient, f.sender.MaxPerDay = 10_000, 3
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
	f.auth.OTP.Limiter.PerClient, f.sender.MaxPerDay = 10_000, 10_000
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

// TestSendCode_CountryCredit checks that a code permits more codes to a foreign country when it is
// used up, once, and not when it is only verified.
func TestSendCode_CountryCredit(t *testing.T) {
	const number = "+447911123456"
	ctx, caller := context.Background(), account.Caller{IP: "1.2.3.4"}
	for name, c := range map[string]struct {
		purpose string
		change  func(f *fixture, u *user.User)
		use     func(f *fixture, in account.CodeInput) error
		earned  int
	}{
		"sign-up with an account": {account.PurposeSignUp, nil, func(f *fixture, in account.CodeInput) error {
			_, err := f.auth.SignUp(ctx, number, testPassword, in, "", caller)
			return err
		}, 0},
		"one factor of staff": {account.PurposeLogin, func(f *fixture, u *user.User) {
			u.Role = user.RoleAdmin
			f.requireSecondFactor()
		}, func(f *fixture, in account.CodeInput) error {
			_, err := f.auth.LogInByCode(ctx, number, in, caller)
			return err
		}, 0},
		"wrong password": {account.PurposeLogin, nil, func(f *fixture, in account.CodeInput) error {
			_, err := f.auth.LogInByPasswordAndCode(ctx, number, "another-horse-7", in, caller)
			return err
		}, 0},
		"disabled": {account.PurposeReset, func(_ *fixture, u *user.User) { u.Disabled = true }, func(f *fixture, in account.CodeInput) error {
			return f.credentials.ResetPassword(ctx, number, "another-horse-8", in, "", caller)
		}, 0},
		"login": {account.PurposeLogin, nil, func(f *fixture, in account.CodeInput) error {
			_, err := f.auth.LogInByCode(ctx, number, in, caller)
			return err
		}, account.CountryCreditPerUse},
		"reset": {account.PurposeReset, nil, func(f *fixture, in account.CodeInput) error {
			return f.credentials.ResetPassword(ctx, number, "another-horse-8", in, "", caller)
		}, account.CountryCreditPerUse},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.sms.AllowedCountries = []string{"GB"}
			u := f.addUser(t).User
			u.Phone = number
			if c.change != nil {
				c.change(f, &u)
			}
			f.putUser(u)
			sent, err := f.sms.SendCode(ctx, number, c.purpose, caller)
			must(err)
			in := account.CodeInput{Digits: f.lastCode(), Challenge: sent.Challenge}
			for n := range account.MaxCodeAttempts - 1 {
				if err := c.use(f, in); (err == nil) != (c.earned > 0 && n == 0) {
					t.Errorf("use %d: got %v", n, err)
				}
			}
			if got, err := f.AddToCounter(ctx, f.auth.OTP.CountryCounter(number), 0); err != nil || got != 1-c.earned {
				t.Errorf("got the counter %d, %v, want one code less %d", got, err, c.earned)
			}
		})
	}
	f := newFixture(t)
	f.sms.AllowedCountries = []string{"GB"}
	sent, err := f.sms.SendCode(ctx, number, account.PurposeSignUp, caller)
	must(err)
	_, err = f.auth.SignUp(ctx, number, testPassword, account.CodeInput{Digits: f.lastCode(), Challenge: sent.Challenge}, "", caller)
	must(err)
	if got, err := f.AddToCounter(ctx, f.auth.OTP.CountryCounter(number), 0); err != nil || got != 1-account.CountryCreditPerUse {
		t.Errorf("sign-up: got the counter %d, %v", got, err)
	}
}

// TestSendQueuedCode_Counted checks that a code counts once although its job is repeated, and that
// a code above a limit counts for none and is never sent.
func TestSendQueuedCode_Counted(t *testing.T) {
	ctx, foreign := context.Background(), "+447911123456"
	f := newFixture(t)
	f.sms.AllowedCountries, f.sender.MaxPerDay, f.now = []string{"IR", "GB"}, 5, f.now.Add(4*time.Minute) // four for sign-ups
	count := func(scope, subject string, window time.Duration) int {
		n, err := f.AddToCounter(ctx, f.auth.OTP.Limiter.NewCounter(scope, subject, window), 0)
		must(err)
		return n
	}
	f.sendErr = errors.New("provider down")
	f.requestCode(t, foreign, account.PurposeSignUp)
	for range 5 {
		f.now = f.now.Add(20 * time.Second) // also after the window of five minutes
		if err := f.sender.SendQueuedCode(ctx, f.jobs[0]); !errors.Is(err, f.sendErr) {
			t.Errorf("a failed SMS: got %v", err)
		}
	}
	f.sendErr = nil
	must(f.sender.SendQueuedCode(ctx, f.jobs[0]))
	country, err := f.AddToCounter(ctx, f.auth.OTP.CountryCounter(foreign), 0)
	if day := count("code-day", "", 24*time.Hour); err != nil || day != 1 || country != 1 {
		t.Errorf("got %d codes of the day, %d of the country, %v, want one of both", day, country, err)
	}
	for n := range 5 {
		f.requestCode(t, fmt.Sprintf("+44791112100%d", n), account.PurposeSignUp)
		if refused := errors.Is(f.lastJobErr, account.ErrCodeLimit); refused != (n >= 3) {
			t.Errorf("code %d of the day: got %v", n+2, f.lastJobErr)
		}
	}
	if err := f.sender.SendQueuedCode(ctx, f.jobs[5]); !errors.Is(err, account.ErrCodeLimit) || len(f.smsTexts) != 4 {
		t.Errorf("a refused code again: got %v, %d SMS", err, len(f.smsTexts))
	}
	country, err = f.AddToCounter(ctx, f.auth.OTP.CountryCounter(foreign), 0)
	if day, all := count("code-day", "", 24*time.Hour), count("code-all", "", account.RateWindow); err != nil || day != 4 || all != 4 || country != 4 {
		t.Errorf("got %d codes of the day, %d of ten minutes, %d of the country, %v, want those that were sent", day, all, country, err)
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

// TestSendCode_UnsentNotCounted checks that codes that could not be queued, or stored, count
// neither for the client nor for the number.
func TestSendCode_UnsentNotCounted(t *testing.T) {
	f := newFixture(t)
	send := func(ip string) error {
		_, err := f.sms.SendCode(t.Context(), testPhone, account.PurposeSignUp, account.Caller{IP: ip})
		return err
	}
	f.queueErr = errors.New("queue down")
	for range account.MaxCodesPerDay {
		wantError(t, "queue down", send("1.2.3.4"), apperr.Unavailable)
	}
	f.queueErr = nil
	before := f.Before
	f.Before = func(operation, key string) error {
		if operation == "PutCode" {
			return errors.New("store down")
		}
		return before(operation, key)
	}
	if send("1.2.3.4") == nil {
		t.Error("store down: got no error")
	}
	f.Before = before
	wantError(t, "as soon as both are up", send("1.2.3.4"), "")
	for n := range account.MaxCodesPerDay {
		want := apperr.Code("")
		if n == account.MaxCodesPerDay-1 {
			want = apperr.TooManyRequests
		}
		wantError(t, fmt.Sprintf("client %d", n), send(fmt.Sprint(n)), want)
	}
}

// TestSendCode_FullNumberNotCounted checks that a client has all its codes after those that were
// refused because others had used up the codes of the number, and that each of these waits.
func TestSendCode_FullNumberNotCounted(t *testing.T) {
	f := newFixture(t)
	send := func() error {
		f.now = f.now.Add(account.CodeResendInterval)
		_, err := f.sms.SendCode(t.Context(), testPhone, account.PurposeSignUp, account.Caller{IP: "1.2.3.4"})
		return err
	}
	f.count("code-number", account.PurposeSignUp+" "+testPhone, 24*time.Hour, account.MaxCodesPerDay)
	for range account.MaxCodesPerRequester + 1 {
		err := send()
		wantError(t, "full", err, apperr.TooManyRequests)
		if wait := apperr.From(err).RetryAfter; wait < time.Hour {
			t.Errorf("full: retry after %v, want the next day", wait)
		}
		f.now = f.now.Add(time.Second - account.CodeResendInterval)
		if wait := apperr.From(send()).RetryAfter; wait != account.CodeResendInterval-time.Second {
			t.Errorf("a second later: retry after %v", wait)
		}
	}
	f.count("code-number", account.PurposeSignUp+" "+testPhone, 24*time.Hour, -account.MaxCodesPerRequester)
	for range account.MaxCodesPerRequester {
		wantError(t, "a code of the client", send(), "")
	}
	wantError(t, "above the limit of the number", send(), apperr.TooManyRequests)
}
