package account

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/user"
)

const newNumber = "+989127654321"

func TestResetPassword(t *testing.T) {
	o := newOffice(t)
	ctx := context.Background()
	old := o.member(t)
	code := o.ask(t, number, PurposeReset)
	for _, c := range []struct {
		code, password string
		want           fault.Kind
	}{
		{code, "short", fault.WeakPassword}, {"000000", "another-horse-8", fault.CodeWrong}, {code, "another-horse-8", ""}, {code, "another-horse-9", fault.CodeWrong},
	} {
		if err := o.desk.ResetPassword(ctx, number, c.code, c.password); (err != nil) != (c.want != "") || err != nil && !fault.Is(err, c.want) {
			t.Errorf("%s: got %v, want %q", c.password, err, c.want)
		}
	}
	if _, err := o.desk.Refresh(ctx, old.Refresh); !fault.Is(err, fault.SessionEnded) {
		t.Errorf("the session of before: got %v, want session_ended", err)
	}
	if got := o.revoked[old.User.ID]; len(got) != 1 || got[0] != (user.Revocation{At: o.now}) {
		t.Error("access tokens of before are good")
	}
	if _, err := o.desk.LogIn(ctx, number, password, Caller{}); !fault.Is(err, fault.LoginWrong) {
		t.Errorf("the old password: got %v, want login_wrong", err)
	}
	if _, err := o.desk.LogIn(ctx, number, "another-horse-8", Caller{}); err != nil {
		t.Errorf("the new password: got %v", err)
	}
}

// TestResetOfAStranger: the answer is the same, and no text is sent.
func TestResetOfAStranger(t *testing.T) {
	o := newOffice(t)
	sent, err := o.desk.SendCode(context.Background(), number, PurposeReset, Caller{})
	if err != nil || sent.ExpiresIn != 300 || len(o.texts) != 0 {
		t.Errorf("got %+v, %v, %d texts", sent, err, len(o.texts))
	}
	for try := range codeTries + 1 {
		want := fault.CodeWrong
		if try == codeTries {
			want = fault.CodeLocked
		}
		if err := o.desk.ResetPassword(context.Background(), number, "123456", "another-horse-8"); !fault.Is(err, want) {
			t.Errorf("try %d: got %v, want %s", try, err, want)
		}
	}
}

func TestChangePhone(t *testing.T) {
	o := newOffice(t)
	ctx := context.Background()
	me := o.member(t).User.Principal("")
	code := o.ask(t, newNumber, PurposePhone)
	if _, err := o.desk.ChangePhone(ctx, me, newNumber, "000000"); !fault.Is(err, fault.CodeWrong) {
		t.Errorf("a wrong code: got %v", err)
	}
	for range 2 { // the second is a repeat after a lost answer
		if u, err := o.desk.ChangePhone(ctx, me, newNumber, code); err != nil || u.Phone != newNumber {
			t.Errorf("got %q, %v", u.Phone, err)
		}
	}
	if _, err := o.desk.LogIn(ctx, newNumber, password, Caller{}); err != nil {
		t.Errorf("login with the new number: %v", err)
	}
	if _, err := o.desk.LogIn(ctx, number, password, Caller{}); !fault.Is(err, fault.LoginWrong) {
		t.Errorf("login with the old number: got %v", err)
	}
	other := o.member(t).User.Principal("") // has the old number now
	if _, err := o.desk.ChangePhone(ctx, other, newNumber, o.askLater(t, newNumber, PurposePhone)); !fault.Is(err, fault.PhoneTaken) {
		t.Errorf("a taken number: got %v, want phone_taken", err)
	}
}

// askLater asks for another code when that may be done.
func (o *office) askLater(t *testing.T, phone, purpose string) string {
	t.Helper()
	o.now = o.now.Add(codePause)
	return o.ask(t, phone, purpose)
}

func TestConfirmEmail(t *testing.T) {
	o := newOffice(t)
	ctx := context.Background()
	me := o.member(t).User.Principal("")
	confirm := func(code string, want fault.Kind) {
		t.Helper()
		if _, err := o.desk.ConfirmEmail(ctx, me, code); (err != nil) != (want != "") || err != nil && !fault.Is(err, want) {
			t.Errorf("confirm: got %v, want %q", err, want)
		}
	}
	ask := func(want fault.Kind) string {
		t.Helper()
		if _, err := o.desk.SendEmailCode(ctx, me, Caller{}); (err != nil) != (want != "") || err != nil && !fault.Is(err, want) {
			t.Fatalf("ask: got %v, want %q", err, want)
		}
		if len(o.mails) == 0 {
			return ""
		}
		return sixInARow.FindString(o.mails[len(o.mails)-1].Text)
	}
	ask(fault.EmailMissing)
	confirm("123456", fault.EmailMissing)
	address, fa := "sara@example.com", "fa"
	edit := func(p Patch) {
		if _, err := o.desk.Edit(ctx, me, p); err != nil {
			t.Fatal(err)
		}
	}
	edit(Patch{Email: &address})
	code := ask("")
	if m := o.mails[0]; m.To != address || m.Subject != "Confirm your e-mail address" || !strings.Contains(m.HTML, code) {
		t.Errorf("got %+v", m)
	}
	ask(fault.TooManyRequests)
	confirm("000000", fault.CodeWrong)
	confirm(code, "")
	confirm(code, fault.CodeWrong)
	edit(Patch{Email: &address}) // the same: it stays confirmed
	if !o.users[me.UserID].EmailVerified {
		t.Error("the address is not confirmed")
	}
	o.now = o.now.Add(codePause)
	edit(Patch{Locale: &fa})
	u := o.users[me.UserID]
	u.Locale = "fa"
	o.users[me.UserID] = u
	code = ask("")
	if m := o.mails[1]; m.Subject != "تأیید نشانی ایمیل شما" || !strings.Contains(m.HTML, `dir="rtl"`) {
		t.Errorf("got %+v", m)
	}
	another := "reza@example.com"
	edit(Patch{Email: &another})
	if o.users[me.UserID].EmailVerified {
		t.Error("another address is confirmed")
	}
	confirm(code, fault.CodeWrong) // it was for the address of before
	o.noLine, o.now = errors.New("no line"), o.now.Add(time.Hour)
	ask(fault.Unavailable)
	o.noLine = nil
	ask("") // nothing had been sent, so at once
	o.desk.Mailer = nil
	o.now = o.now.Add(time.Hour)
	ask(fault.Unavailable)
}
