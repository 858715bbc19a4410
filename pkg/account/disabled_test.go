package account

import (
	"context"
	"testing"

	"ticketsystem/pkg/fault"
)

// TestDisabled: nothing that a disabled person holds lets them in.
func TestDisabled(t *testing.T) {
	ctx := context.Background()
	o := newOffice(t)
	tokens := o.member(t)
	browser, gate := o.browser(t)
	code := o.ask(t, number, PurposeLogin)
	login := o.logins[number]
	login.User.Disabled = true
	o.logins[number] = login
	for family, s := range o.sessions {
		s.User.Disabled = true
		o.sessions[family] = s
	}
	for name, try := range map[string]struct {
		in   func() error
		want fault.Kind
	}{
		"password": {func() error { _, err := o.desk.LogIn(ctx, number, password, Caller{}); return err }, fault.AccountDisabled},
		"code":     {func() error { _, err := o.desk.LogInByCode(ctx, number, code, Caller{}); return err }, fault.AccountDisabled},
		"refresh":  {func() error { _, err := o.desk.Refresh(ctx, tokens.Refresh); return err }, fault.SessionEnded},
		"cookie":   {func() error { _, err := gate.Cookie(ctx, browser.Cookie); return err }, fault.SessionEnded},
	} {
		if err := try.in(); !fault.Is(err, try.want) {
			t.Errorf("%s: got %v, want %s", name, err, try.want)
		}
	}
}
