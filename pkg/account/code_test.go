package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/fault"
)

func TestSendCode(t *testing.T) {
	o := newOffice(t)
	got, err := o.desk.SendCode(context.Background(), "0912 123 4567", PurposeSignUp, Caller{Locale: "en"})
	if err != nil || got != (Sent{ExpiresIn: 300, ResendAfter: 60}) {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, code := range o.codes {
		if code.Hash == o.code() || strings.Contains(code.NumberMAC, "912") || !code.ExpiresAt.Equal(o.now.Add(5*time.Minute)) {
			t.Errorf("it is kept as %+v", code)
		}
	}
	if _, err := o.desk.SendCode(context.Background(), "12", PurposeSignUp, Caller{}); !fault.Is(err, fault.InvalidBody) {
		t.Errorf("no number: got %v", err)
	}
}

// TestOnePersonManySpellings: a code for one spelling works for all.
func TestOnePersonManySpellings(t *testing.T) {
	for _, spelling := range []string{"09121234567", "+98 912 123 4567", "00989121234567", "۰۹۱۲۱۲۳۴۵۶۷", "٠٩١٢١٢٣٤٥٦٧"} {
		o := newOffice(t)
		code := o.ask(t, number, PurposeSignUp)
		tokens, err := o.desk.SignUp(context.Background(), spelling, password, code, "", Caller{})
		if err != nil || tokens.User.Phone != number {
			t.Errorf("%s: got %+v, %v", spelling, tokens.User, err)
		}
	}
}

// TestCodeInPersianDigits is the same code.
func TestCodeInPersianDigits(t *testing.T) {
	o := newOffice(t)
	digits := strings.Map(func(r rune) rune { return r - '0' + '۰' }, o.ask(t, number, PurposeSignUp))
	if _, err := o.desk.SignUp(context.Background(), number, password, digits, "", Caller{}); err != nil {
		t.Errorf("%s: got %v", digits, err)
	}
}

func TestCodeLanguage(t *testing.T) {
	for locale, want := range map[string]string{"en": "Your TicketSystem code", "fa": "کد تیکت‌سیستم", "": "Your TicketSystem code"} {
		o := newOffice(t)
		if _, err := o.desk.SendCode(context.Background(), number, PurposeSignUp, Caller{Locale: locale}); err != nil || !strings.Contains(o.texts[0], want) {
			t.Errorf("%q: got %q, %v", locale, o.texts, err)
		}
	}
	// Who has an account gets it in the language they have chosen.
	o := newOffice(t)
	o.member(t)
	login := o.logins[number]
	login.User.Locale = "fa"
	o.logins[number] = login
	if o.ask(t, number, PurposeLogin); !strings.Contains(o.texts[len(o.texts)-1], "کد تیکت‌سیستم") {
		t.Errorf("got %q", o.texts)
	}
}

// TestUnknownNumberGetsTheSameAnswer, and no text when it is for logging in.
func TestUnknownNumberGetsTheSameAnswer(t *testing.T) {
	for purpose, texts := range map[string]int{PurposeSignUp: 1, PurposeLogin: 0, PurposeReset: 0} {
		known, unknown := newOffice(t), newOffice(t)
		known.member(t)
		a, errA := known.desk.SendCode(context.Background(), number, purpose, Caller{})
		b, errB := unknown.desk.SendCode(context.Background(), number, purpose, Caller{})
		if a != b || errA != nil || errB != nil {
			t.Errorf("%s: got %+v, %v and %+v, %v", purpose, a, errA, b, errB)
		}
		if len(unknown.texts) != texts || len(known.texts) != 1 {
			t.Errorf("%s: got %d texts to an unknown number, %d to a known one", purpose, len(unknown.texts), len(known.texts))
		}
	}
}

// TestLimitsOnCodes: a pause between two, so many a day to a number, so many
// from an address; each says when to come again.
func TestLimitsOnCodes(t *testing.T) {
	ctx := context.Background()
	o := newOffice(t)
	o.ask(t, number, PurposeSignUp)
	o.now = o.now.Add(20 * time.Second)
	_, err := o.desk.SendCode(ctx, number, PurposeSignUp, Caller{})
	if got := fault.From(err); got.Kind != fault.TooManyRequests || got.RetryAfter != 40*time.Second {
		t.Errorf("too soon: got %v, retry after %v", err, got.RetryAfter)
	}
	if o.now = o.now.Add(40 * time.Second); o.ask(t, number, PurposeSignUp) == "" {
		t.Error("after the pause: no code")
	}

	o = newOffice(t)
	for n := 1; n <= codesPerDay+1; n++ {
		o.now = o.now.Add(10 * time.Minute)
		_, err := o.desk.SendCode(ctx, number, PurposeSignUp, Caller{Address: fmt.Sprint(n)})
		if refused := fault.Is(err, fault.TooManyRequests); refused != (n > codesPerDay) {
			t.Errorf("code %d of the day: got %v", n, err)
		}
		if wait := fault.From(err); n > codesPerDay && wait.RetryAfter < time.Hour {
			t.Errorf("code %d of the day: retry after %v, want the next day", n, wait.RetryAfter)
		}
	}

	o = newOffice(t)
	o.desk.Limits.PerAddress = 3
	for n := 1; n <= 4; n++ {
		_, err := o.desk.SendCode(ctx, fmt.Sprintf("0912000000%d", n), PurposeSignUp, Caller{Address: "1.2.3.4"})
		if refused := fault.Is(err, fault.TooManyRequests); refused != (n > 3) {
			t.Errorf("code %d from the address: got %v", n, err)
		}
	}
	if _, err := o.desk.SendCode(ctx, "09120000009", PurposeSignUp, Caller{Address: "5.6.7.8"}); err != nil {
		t.Errorf("another address: got %v", err)
	}
	if o.now = o.now.Add(limitWindow); o.ask(t, "09120000008", PurposeSignUp) == "" {
		t.Error("the next window: no code")
	}
}

// TestNoLine: what could not be sent may be asked for again at once.
func TestNoLine(t *testing.T) {
	o := newOffice(t)
	o.noLine = errors.New("no line")
	_, err := o.desk.SendCode(context.Background(), number, PurposeSignUp, Caller{})
	if !fault.Is(err, fault.Unavailable) || !errors.Is(err, o.noLine) {
		t.Errorf("got %v, want %s", err, fault.Unavailable)
	}
	o.noLine = nil
	if o.ask(t, number, PurposeSignUp) == "" {
		t.Error("again: no code")
	}
}

func TestWrongCodes(t *testing.T) {
	o := newOffice(t)
	code := o.ask(t, number, PurposeSignUp)
	wrong := "000000"
	if code == wrong {
		wrong = "000001"
	}
	signUp := func(code string) error {
		_, err := o.desk.SignUp(context.Background(), number, password, code, "", Caller{})
		return err
	}
	for n := 1; n <= codeTries; n++ {
		if err := signUp(wrong); !fault.Is(err, fault.CodeWrong) {
			t.Errorf("try %d: got %v", n, err)
		}
	}
	for _, guess := range []string{wrong, code} {
		if err := signUp(guess); !fault.Is(err, fault.CodeLocked) {
			t.Errorf("after %d tries: got %v", codeTries, err)
		}
	}
	o.now = o.now.Add(time.Minute)
	if err := signUp(o.ask(t, number, PurposeSignUp)); err != nil {
		t.Errorf("a new code: got %v", err)
	}
}

// TestCodesAreForOneThing: another purpose, another number, later: wrong.
func TestCodesAreForOneThing(t *testing.T) {
	ctx := context.Background()
	for name, use := range map[string]func(o *office, code string) error{
		"another purpose": func(o *office, code string) error {
			_, err := o.desk.LogInByCode(ctx, number, code, Caller{})
			return err
		},
		"another number": func(o *office, code string) error {
			_, err := o.desk.SignUp(ctx, "09127654321", password, code, "", Caller{})
			return err
		},
		"expired": func(o *office, code string) error {
			o.now = o.now.Add(codeLife)
			_, err := o.desk.SignUp(ctx, number, password, code, "", Caller{})
			return err
		},
	} {
		o := newOffice(t)
		if err := use(o, o.ask(t, number, PurposeSignUp)); !fault.Is(err, fault.CodeWrong) {
			t.Errorf("%s: got %v, want %s", name, err, fault.CodeWrong)
		}
	}
}
