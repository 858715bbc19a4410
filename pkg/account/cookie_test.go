package account

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/fault"
)

// browser is a person with a cookie session, and the gate it comes through.
func (o *office) browser(t *testing.T) (Tokens, *Gate) {
	t.Helper()
	u := o.member(t).User
	tokens, err := o.desk.open(context.Background(), u, nil, Caller{Cookie: true, Device: "Firefox"})
	if err != nil {
		t.Fatal(err)
	}
	return tokens, &Gate{Cookies: o, Now: o.desk.Now}
}

func TestCookie(t *testing.T) {
	o := newOffice(t)
	tokens, gate := o.browser(t)
	if tokens.Cookie == "" || tokens.Access != "" || tokens.Refresh != "" || tokens.ExpiresIn != 30*24*3600 {
		t.Fatalf("got %+v, want a cookie for 30 days and nothing else", tokens)
	}
	who, err := gate.Cookie(context.Background(), tokens.Cookie)
	if err != nil || who.UserID != tokens.User.ID || o.sessions[who.Session].Device != "Firefox" || !who.IssuedAt.Equal(o.now) {
		t.Errorf("got %+v, %v", who, err)
	}
	raw, _ := base64.RawURLEncoding.DecodeString(tokens.Cookie)
	raw[40] ^= 1
	for name, cookie := range map[string]string{
		"nothing": "", "nonsense": "x", "another secret": base64.RawURLEncoding.EncodeToString(raw), "cut": tokens.Cookie[:20],
		"longer": tokens.Cookie + "AAAA",
	} {
		if _, err := gate.Cookie(context.Background(), cookie); !fault.Is(err, fault.SessionEnded) {
			t.Errorf("%s: got %v, want session_ended", name, err)
		}
	}
	if err := o.desk.CloseSession(context.Background(), who, who.Session); err != nil {
		t.Fatal(err)
	}
	if _, err := gate.Cookie(context.Background(), tokens.Cookie); !fault.Is(err, fault.SessionEnded) {
		t.Errorf("ended: got %v, want session_ended", err)
	}
}

// TestCookiesAndRefreshTokensAreNotEachOther, nor is any part of one.
func TestCookiesAndRefreshTokensAreNotEachOther(t *testing.T) {
	o := newOffice(t)
	tokens, gate := o.browser(t)
	if _, err := o.desk.Refresh(context.Background(), tokens.Cookie); !fault.Is(err, fault.SessionEnded) {
		t.Errorf("a cookie for a refresh token: got %v", err)
	}
	refresh := o.member(t).Refresh
	raw, _ := base64.RawURLEncoding.DecodeString(refresh)
	for name, cookie := range map[string]string{"whole": refresh, "without its tag": base64.RawURLEncoding.EncodeToString(raw[:cookieBytes])} {
		if _, err := gate.Cookie(context.Background(), cookie); !fault.Is(err, fault.SessionEnded) {
			t.Errorf("a refresh token, %s: got %v", name, err)
		}
	}
}

// TestCookieLife: 30 days from its last use, which is written down once an hour.
func TestCookieLife(t *testing.T) {
	o := newOffice(t)
	tokens, gate := o.browser(t)
	come := func(after time.Duration) error {
		o.now = o.now.Add(after)
		_, err := gate.Cookie(context.Background(), tokens.Cookie)
		return err
	}
	for _, after := range []time.Duration{0, 59 * time.Minute, time.Minute, 30 * time.Minute, 29 * 24 * time.Hour, 29 * 24 * time.Hour} {
		if err := come(after); err != nil {
			t.Fatalf("%v later: %v", after, err)
		}
	}
	if o.touched != 3 {
		t.Errorf("written down %d times, want 3", o.touched)
	}
	if err := come(SessionLife); !fault.Is(err, fault.SessionEnded) {
		t.Errorf("after 30 idle days: got %v, want session_ended", err)
	}
}

func TestCSRFToken(t *testing.T) {
	one, other := CSRFToken("a"), CSRFToken("b")
	if one == other || one != CSRFToken("a") || len(one) < 40 || strings.Contains(one, "=") {
		t.Errorf("got %q and %q", one, other)
	}
}

func TestSessions(t *testing.T) {
	o := newOffice(t)
	ctx := context.Background()
	_, _ = o.browser(t)
	stranger := newOffice(t).member(t).User.Principal("")
	page, more, err := o.desk.Sessions(ctx, o.logins[number].User.Principal(""), "", 1)
	if err != nil || len(page) != 1 || !more { // the other is of the tokens
		t.Fatalf("got %d, more %v, %v", len(page), more, err)
	}
	family := page[0].Family
	for name, id := range map[string]string{"another person's": family, "none": o.desk.NewID(), "no id": "x/y"} {
		if err := o.desk.CloseSession(ctx, stranger, id); !fault.Is(err, fault.SessionNotFound) {
			t.Errorf("%s: got %v, want session_not_found", name, err)
		}
	}
	if _, there := o.sessions[family]; !there || len(o.revoked) > 0 {
		t.Error("another person has ended it")
	}
}
