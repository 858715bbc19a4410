package account

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/user"
)

// TestSignUpKeepsTheCode when the password is refused.
func TestSignUpKeepsTheCode(t *testing.T) {
	o := newOffice(t)
	code := o.ask(t, number, PurposeSignUp)
	for _, weak := range []string{"short", "09121234567", "password", "aaaaaaaaaa", "abcdefgh"} {
		for range codeTries {
			if _, err := o.desk.SignUp(context.Background(), number, weak, code, "", Caller{}); !fault.Is(err, fault.WeakPassword) {
				t.Errorf("%s: got %v", weak, err)
			}
		}
	}
	got, err := o.desk.SignUp(context.Background(), number, password, code, "Sara", Caller{Locale: "fa"})
	want := user.User{ID: got.User.ID, Phone: number, Role: user.RoleUser, Name: "Sara", Locale: "fa", Notify: user.Choices{Email: true, SMS: true}, CreatedAt: o.now}
	if err != nil || got.User != want || got.ExpiresIn != 900 {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

func TestLogIn(t *testing.T) {
	ctx := context.Background()
	o := newOffice(t)
	o.member(t)
	o.logins["+989120000000"] = Login{Phone: "+989120000000"} // by code alone
	for _, c := range []struct {
		name, phone, password string
		want                  fault.Kind
	}{
		{"right", "09121234567", password, ""},
		{"wrong password", number, "another-horse-7", fault.LoginWrong},
		{"unknown number", "09127654321", password, fault.LoginWrong},
		{"an account without a password", "09120000000", "", fault.LoginWrong},
		{"no number", "x", password, fault.InvalidBody},
	} {
		_, err := o.desk.LogIn(ctx, c.phone, c.password, Caller{Address: c.name})
		if c.want == "" && err != nil || c.want != "" && !fault.Is(err, c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

// TestLoginLocks after so many failures on a number, or from an address, and
// opens with the next window. A right password does not count.
func TestLoginLocks(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		limit int
		phone func(n int) string
		from  func(n int) string
	}{
		"one number, many addresses": {100, func(int) string { return number }, func(n int) string { return string(rune('a' + n)) }},
		"one address, many numbers":  {failsPerPhone, func(n int) string { return "+98912000000" + string(rune('0'+n)) }, func(int) string { return "1.2.3.4" }},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			o.member(t)
			o.desk.Limits.PerAddress = c.limit
			try := func(n int, password string) error {
				_, err := o.desk.LogIn(ctx, c.phone(n), password, Caller{Address: c.from(n)})
				return err
			}
			if _, err := o.desk.LogIn(ctx, number, password, Caller{Address: c.from(0)}); err != nil {
				t.Fatal(err)
			}
			for n := range failsPerPhone - 2 { // as if they had tried; hashing is slow
				if err := o.desk.failed(ctx, c.phone(n), o.desk.counter("login-address", c.from(n), limitWindow), false); !fault.Is(err, fault.LoginWrong) {
					t.Fatal(err)
				}
			}
			for n := range 2 {
				if err := try(n, "wrong-horse-7"); !fault.Is(err, fault.LoginWrong) {
					t.Errorf("failure %d: got %v", n+1, err)
				}
			}
			err := try(0, password)
			if got := fault.From(err); got.Kind != fault.LoginLocked || got.RetryAfter <= 0 || got.RetryAfter > limitWindow {
				t.Errorf("then: got %v, retry after %v", err, got.RetryAfter)
			}
			o.now = o.now.Add(limitWindow)
			if _, err := o.desk.LogIn(ctx, number, password, Caller{Address: c.from(0)}); err != nil {
				t.Errorf("the next window: got %v", err)
			}
		})
	}
}

// TestARightPasswordIsForgiven: who has mistyped and then gets it right may
// mistype as often again, and is not counted while nobody guesses.
func TestARightPasswordIsForgiven(t *testing.T) {
	ctx := context.Background()
	o := newOffice(t)
	o.member(t)
	for range failsPerPhone - 1 {
		if counted, err := o.CountTry(ctx, number, o.now.Truncate(limitWindow), failsPerPhone); err != nil || !counted {
			t.Fatalf("got %v, %v", counted, err)
		}
	}
	for range 2 {
		if _, err := o.desk.LogIn(ctx, number, password, Caller{Address: "1.2.3.4"}); err != nil {
			t.Fatalf("the right one: got %v", err)
		}
		if l, _, err := o.Login(ctx, number); err != nil || !l.Tries.IsZero() {
			t.Errorf("got tries %v, %v, want none", l.Tries, err)
		}
	}
}

// TestGuessesAreCountedFirst once somebody has guessed, also in a later window.
func TestGuessesAreCountedFirst(t *testing.T) {
	ctx := context.Background()
	o := newOffice(t)
	o.member(t)
	if _, err := o.CountTry(ctx, number, o.now.Truncate(limitWindow), failsPerPhone); err != nil {
		t.Fatal(err)
	}
	o.now = o.now.Add(limitWindow)
	for range failsPerPhone { // on their way, and not yet compared
		if _, err := o.CountTry(ctx, number, o.now.Truncate(limitWindow), failsPerPhone); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := o.desk.LogIn(ctx, number, password, Caller{Address: "1.2.3.4"}); !fault.Is(err, fault.LoginLocked) {
		t.Errorf("got %v, want it locked", err)
	}
}

func TestLogInByCode(t *testing.T) {
	ctx := context.Background()
	o := newOffice(t)
	o.member(t)
	code := o.ask(t, number, PurposeLogin)
	if _, err := o.desk.LogInByCode(ctx, number, code, Caller{}); err != nil {
		t.Errorf("got %v", err)
	}
	if _, err := o.desk.LogInByCode(ctx, number, code, Caller{}); !fault.Is(err, fault.CodeWrong) {
		t.Errorf("again: got %v", err)
	}
	// A code for a number without an account is never sent; even if guessed it
	// opens nothing.
	stranger := "+989127654321"
	o.codes[o.desk.hashed("number", stranger)+PurposeLogin] = Code{Hash: o.desk.codeHash(stranger, PurposeLogin, "123456"), ExpiresAt: o.now.Add(time.Minute)}
	if _, err := o.desk.LogInByCode(ctx, stranger, "123456", Caller{}); !fault.Is(err, fault.CodeWrong) {
		t.Errorf("a stranger: got %v", err)
	}
}

// TestForgedTokens end nobody's session.
func TestForgedTokens(t *testing.T) {
	ctx := context.Background()
	o := newOffice(t)
	good := o.member(t).Refresh
	raw, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		forged := append([]byte(nil), raw...)
		forged[i] ^= 1
		if _, err := o.desk.Refresh(ctx, base64.RawURLEncoding.EncodeToString(forged)); !fault.Is(err, fault.SessionEnded) {
			t.Fatalf("byte %d: got %v", i, err)
		}
	}
	for _, nonsense := range []string{"", "x", good + "A", good[:len(good)-1], strings.ToUpper(good)} {
		if _, err := o.desk.Refresh(ctx, nonsense); !fault.Is(err, fault.SessionEnded) {
			t.Errorf("%q: got %v", nonsense, err)
		}
		if err := o.desk.LogOut(ctx, user.Principal{}, nonsense); nonsense != "" && err != nil {
			t.Errorf("logout with %q: got %v", nonsense, err)
		}
	}
	if _, err := o.desk.Refresh(ctx, good); err != nil {
		t.Errorf("the good one: got %v", err)
	}
}

// TestGrace: the answer to a refresh may have been lost. Within ten seconds the
// last token gets the same successor again; later, two hold the session.
func TestGrace(t *testing.T) {
	ctx := context.Background()
	for wait, ended := range map[time.Duration]bool{0: false, grace: false, grace + time.Millisecond: true} {
		o := newOffice(t)
		first := o.member(t).Refresh
		next, err := o.desk.Refresh(ctx, first)
		if err != nil || next.Refresh == first {
			t.Fatalf("got %v", err)
		}
		o.now = o.now.Add(wait)
		again, err := o.desk.Refresh(ctx, first)
		if !ended && (err != nil || again.Refresh != next.Refresh) || ended && !fault.Is(err, fault.RefreshReused) {
			t.Errorf("after %v: got %v, the same successor %v", wait, err, again.Refresh == next.Refresh)
		}
		if _, err := o.desk.Refresh(ctx, next.Refresh); fault.Is(err, fault.SessionEnded) != ended {
			t.Errorf("after %v, the successor: got %v, want ended %v", wait, err, ended)
		}
	}
}

func TestLogOut(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		who   func(mine user.Principal) user.Principal
		token bool
		ended bool
	}{
		"one's own session":          {func(p user.Principal) user.Principal { return p }, false, true},
		"with one's token":           {func(p user.Principal) user.Principal { return p }, true, true},
		"with the token alone":       {func(user.Principal) user.Principal { return user.Principal{} }, true, true},
		"with another's token":       {func(user.Principal) user.Principal { return user.Principal{UserID: "reza", Session: "x"} }, true, false},
		"a session that is no one's": {func(p user.Principal) user.Principal { p.Session = "x"; return p }, false, false},
	} {
		o := newOffice(t)
		tokens := o.member(t)
		var family string
		for family = range o.sessions {
		}
		token := ""
		if c.token {
			token = tokens.Refresh
		}
		if err := o.desk.LogOut(ctx, c.who(tokens.User.Principal(family)), token); err != nil {
			t.Errorf("%s: got %v", name, err)
		}
		if _, err := o.desk.Refresh(ctx, tokens.Refresh); fault.Is(err, fault.SessionEnded) != c.ended {
			t.Errorf("%s: then got %v, want ended %v", name, err, c.ended)
		}
	}
}

func ptr[T any](v T) *T { return &v }

func TestEditPlaces(t *testing.T) {
	for _, c := range []struct {
		name  string
		had   [2]string
		patch Patch
		want  [2]string
		wrong string
	}{
		{"province and city", [2]string{}, Patch{Province: ptr("tehran"), City: ptr("tehran")}, [2]string{"tehran", "tehran"}, ""},
		{"a city of the province one has", [2]string{"tehran", ""}, Patch{City: ptr("tehran")}, [2]string{"tehran", "tehran"}, ""},
		{"moving away", [2]string{"tehran", "tehran"}, Patch{Province: ptr("fars")}, [2]string{"fars", ""}, ""},
		{"nowhere", [2]string{"tehran", "tehran"}, Patch{Province: ptr("")}, [2]string{"", ""}, ""},
		{"no city", [2]string{"tehran", "tehran"}, Patch{City: ptr("")}, [2]string{"tehran", ""}, ""},
		{"a city elsewhere", [2]string{"tehran", ""}, Patch{City: ptr("shiraz")}, [2]string{}, "/city"},
		{"a city of no province", [2]string{}, Patch{City: ptr("tehran")}, [2]string{}, "/city"},
		{"an unknown province", [2]string{}, Patch{Province: ptr("atlantis")}, [2]string{}, "/province"},
	} {
		o := newOffice(t)
		o.users["sara"] = user.User{ID: "sara", Province: c.had[0], City: c.had[1]}
		got, err := o.desk.Edit(context.Background(), user.Principal{UserID: "sara"}, c.patch)
		if c.wrong != "" {
			if f := fault.From(err); err == nil || f.Kind != fault.InvalidBody || f.Fields[0].Pointer != c.wrong {
				t.Errorf("%s: got %v, want %s", c.name, err, c.wrong)
			}
			continue
		}
		if err != nil || [2]string{got.Province, got.City} != c.want {
			t.Errorf("%s: got %s, %s, %v, want %v", c.name, got.Province, got.City, err, c.want)
		}
	}
}

func TestEditPicture(t *testing.T) {
	image := attachment.Attachment{ID: "mine", Owner: "sara", State: attachment.Ready, Type: "image/png"}
	for name, c := range map[string]struct {
		change func(a *attachment.Attachment)
		ok     bool
	}{
		"one's own image": {func(*attachment.Attachment) {}, true},
		"another's":       {func(a *attachment.Attachment) { a.Owner = "reza" }, false},
		"not arrived":     {func(a *attachment.Attachment) { a.State = attachment.Pending }, false},
		"no image":        {func(a *attachment.Attachment) { a.Type = "application/pdf" }, false},
		"unknown":         {func(a *attachment.Attachment) { a.ID = "other" }, false},
	} {
		o := newOffice(t)
		o.users["sara"] = user.User{ID: "sara"}
		a := image
		c.change(&a)
		o.files[a.ID] = a
		got, err := o.desk.Edit(context.Background(), user.Principal{UserID: "sara"}, Patch{PictureID: ptr("mine")})
		if c.ok && (err != nil || got.PictureID != "mine" || len(o.kept) != 1) || !c.ok && (!fault.Is(err, fault.InvalidBody) || len(o.kept) != 0) {
			t.Errorf("%s: got %+v, %v, kept %v", name, got, err, o.kept)
		}
	}
	o := newOffice(t)
	o.users["sara"] = user.User{ID: "sara", PictureID: "mine"}
	if got, err := o.desk.Edit(context.Background(), user.Principal{UserID: "sara"}, Patch{PictureID: ptr("")}); err != nil || got.PictureID != "" {
		t.Errorf("taken away: got %+v, %v", got, err)
	}
	if _, err := o.desk.Edit(context.Background(), user.Principal{UserID: "sara"}, Patch{PictureID: ptr("broken")}); err == nil || fault.Is(err, fault.InvalidBody) {
		t.Errorf("a store that does not answer: got %v", err)
	}
}

func TestGrantAdmin(t *testing.T) {
	o := newOffice(t)
	made, err := o.desk.GrantAdmin(context.Background(), "0912 000 0000")
	if err != nil || made.Role != user.RoleAdmin || o.logins["+989120000000"].Hash != "" || o.users[made.ID] != made {
		t.Errorf("a new one: got %+v, %v", made, err)
	}
	sara := o.member(t).User
	raised, err := o.desk.GrantAdmin(context.Background(), number)
	if err != nil || raised.ID != sara.ID || raised.Role != user.RoleAdmin || o.logins[number].Hash == "" {
		t.Errorf("one with an account: got %+v, %v", raised, err)
	}
	if _, err := o.desk.GrantAdmin(context.Background(), "x"); !fault.Is(err, fault.InvalidBody) {
		t.Errorf("no number: got %v", err)
	}
}
