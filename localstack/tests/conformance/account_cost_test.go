package conformance

import (
	"context"
	"fmt"
	"strings"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/user"
)

func accountCosts() []costCase {
	var refresh, other, cookie, phone, device string
	var code account.CodeInput
	return []costCase{
		{name: "request and send a code", golden: cost{8, 1, 7}, run: func(ctx context.Context, f *costFixture) error {
			sent, err := f.accounts.SendCode(ctx, f.phone, account.PurposeLogin, f.accounts.caller)
			code = account.CodeInput{Digits: f.accounts.sms.code(f.phone), Challenge: sent.Challenge}
			return err
		}},
		{name: "login by code", golden: cost{3, 1, 5}, run: func(ctx context.Context, f *costFixture) error {
			_, err := f.accounts.LogInByCode(ctx, f.phone, code, f.accounts.caller)
			return err
		}},
		{name: "login", budget: "2 / 1 / 1", golden: cost{2, 1, 1}, run: func(ctx context.Context, f *costFixture) error {
			tokens, err := f.accounts.LogIn(ctx, f.phone, password, f.accounts.caller)
			refresh, device = tokens.Refresh, tokens.Device
			return err
		}},
		{name: "login of a known device, after a failure", golden: cost{4, 1, 3}, run: func(ctx context.Context, f *costFixture) error {
			known := f.accounts.caller
			known.Device = device
			tokens, err := f.accounts.LogIn(ctx, f.phone, password, known)
			other = tokens.Refresh
			return err
		}, prepare: func(ctx context.Context, f *costFixture) error {
			_, err := f.store.RecordLoginAttempt(ctx, f.phone, app.Now(), 10)
			return err
		}},
		{name: "refresh", budget: "1 / 0 / 1", golden: cost{1, 0, 1}, run: func(ctx context.Context, f *costFixture) error {
			tokens, err := f.accounts.Refresh(ctx, refresh)
			refresh = tokens.Refresh
			return err
		}},
		{name: "logout", golden: cost{1, 0, 4}, run: func(ctx context.Context, f *costFixture) error {
			return f.accounts.LogOut(ctx, f.sara, refresh)
		}},
		{name: "authenticate a cookie", golden: cost{1, 1, 0}, run: func(ctx context.Context, f *costFixture) error {
			_, _, err := (&account.Authenticator{Cookies: f.store, Now: app.Now}).AuthenticateCookie(ctx, cookie)
			return err
		}, prepare: func(ctx context.Context, f *costFixture) error {
			if err := f.accounts.LogOut(ctx, f.sara, other); err != nil {
				return err
			}
			browser := f.accounts.caller
			browser.UseCookie = true
			tokens, err := f.accounts.LogIn(ctx, f.phone, password, browser)
			cookie = tokens.Cookie
			return err
		}},
		{name: "sessions (2)", golden: cost{1, 1, 0}, run: func(ctx context.Context, f *costFixture) error {
			_, _, err := f.accounts.ListSessions(ctx, f.sara, "", 20)
			return err
		}},
		{name: "reset a password, 3 sessions", golden: cost{5, 2, 16}, run: func(ctx context.Context, f *costFixture) error {
			return f.accounts.ResetPassword(ctx, f.phone, password, code, "", f.accounts.caller)
		}, prepare: func(ctx context.Context, f *costFixture) error {
			sent, err := f.accounts.SendCode(ctx, f.phone, account.PurposeReset, f.accounts.caller)
			code = account.CodeInput{Digits: f.accounts.sms.code(f.phone), Challenge: sent.Challenge}
			return err
		}},
		{name: "change the phone number", golden: cost{7, 4, 16}, run: func(ctx context.Context, f *costFixture) error {
			_, _, err := f.accounts.ChangePhone(ctx, f.sara, phone, code, account.OwnerProof{Password: password}, f.accounts.caller)
			f.phone = phone
			return err
		}, prepare: func(ctx context.Context, f *costFixture) error {
			phone = newPhone()
			u, err := f.store.User(ctx, f.sara.UserID)
			if err != nil {
				return err
			}
			session := newSession(u)
			if err := f.store.CreateSession(ctx, session, nil); err != nil {
				return err
			}
			f.sara.Session = session.Family
			caller := f.accounts.caller
			caller.UserID = f.sara.UserID
			sent, err := f.accounts.SendCode(ctx, phone, account.PurposePhone, caller)
			code = account.CodeInput{Digits: f.accounts.sms.code(phone), Challenge: sent.Challenge}
			return err
		}},
		{name: "revoke access", golden: cost{1, 0, 1}, run: func(ctx context.Context, f *costFixture) error {
			return f.store.AddRevocation(ctx, newID(), user.Revocation{At: app.Now()})
		}},
		{name: "revocations, every 5 s per instance", golden: cost{1, 0.5, 0}, prepare: func(ctx context.Context, f *costFixture) error {
			return f.store.AddRevocation(ctx, newID(), user.Revocation{At: isolatedDay()})
		}, run: func(ctx context.Context, f *costFixture) error {
			return account.NewRevocationCache(f.store, isolatedDay).Check(ctx, customer("Reza"))
		}},
		{name: "profile", golden: cost{1, 1, 0}, run: func(ctx context.Context, f *costFixture) error {
			_, err := f.accounts.Profile(ctx, f.sara)
			return err
		}},
		{name: "update profile, one session", golden: cost{6, 3, 7}, run: func(ctx context.Context, f *costFixture) error {
			name := "سارا"
			_, err := f.accounts.UpdateProfile(ctx, f.sara, account.ProfileUpdate{Name: &name})
			return err
		}},
	}
}

func sharedCosts() []costCase {
	record := newRecord()
	return []costCase{
		{name: "categories, every 20 s per instance", golden: cost{1, 0.5, 0}, run: func(ctx context.Context, f *costFixture) error {
			_, err := category.NewCache(f.store, app.Now).List(ctx)
			return err
		}},
		{name: "Idempotency-Key, on top of a POST", golden: cost{2, 0, 2}, run: func(ctx context.Context, f *costFixture) error {
			if _, err := f.store.BeginRequest(ctx, record, record.StartedAt); err != nil {
				return err
			}
			record.Response = strings.Repeat("x", 400)
			return f.store.CompleteRequest(ctx, record)
		}},
		{name: "Idempotency-Key, repeated", golden: cost{1, 0, 1}, run: func(ctx context.Context, f *costFixture) error {
			again := record
			again.Owner = newID()
			earlier, err := f.store.BeginRequest(ctx, again, record.StartedAt)
			if err == nil && earlier == nil {
				err = fmt.Errorf("the response was not stored")
			}
			return err
		}},
		{name: "health", golden: cost{1, 0.5, 0}, run: func(ctx context.Context, f *costFixture) error { return f.store.Ping(ctx) }},
	}
}
