package account

import (
	"context"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/user"
)

// LogIn opens a session by password: one read of the login, one write of the
// session. Failures are counted by number and by address; an unknown number
// costs the same time and gets the same answer as a wrong password.
//
// A number on which somebody has guessed is counted before the comparison,
// until the right password comes or a day has passed: however many guesses
// arrive at once, no more than the limit are compared. The others are counted
// after it, and cost nothing. So a burst passes the limit once, and nobody pays
// for being careful with who never fails.
//
// Errors: invalid_body, login_wrong, login_locked, account_disabled.
func (a *Auth) LogIn(ctx context.Context, rawPhone, password string, caller Caller) (Tokens, error) {
	number, err := a.parsePhone(rawPhone)
	if err != nil {
		return Tokens{}, err
	}
	ipCounter := a.rateCounter("login-address", caller.IP, rateWindow)
	if a.Blocked.blocked(ipCounter) {
		return Tokens{}, apperr.New(apperr.LoginLocked, "").WithRetryAfter(a.retryAfter(ipCounter))
	}
	login, found, err := a.Store.Login(ctx, number)
	if err != nil {
		return Tokens{}, err
	}
	hasFailures := !login.FailureWindow.IsZero()
	if hasFailures {
		if err := a.recordAttempt(ctx, number, ipCounter); err != nil {
			return Tokens{}, err
		}
	}
	hash := login.Hash
	if !found || hash == "" {
		hash = auth.DummyHash
	}
	match, err := auth.Verify(hash, password)
	switch {
	case err != nil:
		return Tokens{}, err
	case !match:
		return Tokens{}, a.loginFailed(ctx, number, ipCounter, hasFailures)
	case hasFailures:
		if err := a.Store.ClearLoginAttempts(ctx, number); err != nil {
			return Tokens{}, err
		}
	}
	return a.openSession(ctx, login.User, nil, caller)
}

// recordAttempt counts a try on the number. Errors: login_locked.
func (a *Auth) recordAttempt(ctx context.Context, number string, window RateCounter) error {
	counted, err := a.Store.RecordLoginAttempt(ctx, number, window.Start, maxFailedLogins)
	if err == nil && !counted {
		err = apperr.New(apperr.LoginLocked, "").WithRetryAfter(a.retryAfter(window))
	}
	return err
}

// loginFailed counts a failed login, by number unless that has been done, and says
// so. An address that has failed too often is refused from now on.
func (a *Auth) loginFailed(ctx context.Context, number string, ipCounter RateCounter, alreadyCounted bool) error {
	if !alreadyCounted {
		if err := a.recordAttempt(ctx, number, ipCounter); err != nil && !apperr.Is(err, apperr.LoginLocked) {
			return err
		}
	}
	n, err := a.Store.IncrementCounter(ctx, ipCounter)
	if err != nil {
		return err
	}
	if n >= a.Limits.PerIP {
		a.Blocked.block(ipCounter)
	}
	return apperr.New(apperr.LoginWrong, "")
}

// LogInByCode opens a session by a one-time code.
//
// Errors: invalid_body, code_wrong, code_locked, account_disabled.
func (a *Auth) LogInByCode(ctx context.Context, rawPhone, digits string, caller Caller) (Tokens, error) {
	number, err := a.parsePhone(rawPhone)
	if err != nil {
		return Tokens{}, err
	}
	code, err := a.verifyPhoneCode(ctx, number, PurposeLogin, digits)
	if err != nil {
		return Tokens{}, err
	}
	login, found, err := a.Store.Login(ctx, number)
	if err != nil {
		return Tokens{}, err
	}
	if !found {
		return Tokens{}, apperr.New(apperr.CodeWrong, "")
	}
	return a.openSession(ctx, login.User, &code, caller)
}

// openSession opens a session for somebody who has proved who they are.
func (a *Auth) openSession(ctx context.Context, u user.User, code *OneTimeCode, caller Caller) (Tokens, error) {
	if u.Disabled {
		return Tokens{}, apperr.New(apperr.AccountDisabled, "")
	}
	create := a.newSession
	if caller.UseCookie {
		create = a.newCookieSession
	}
	session, token, err := create(u, caller)
	if err != nil {
		return Tokens{}, err
	}
	if err := a.Store.CreateSession(ctx, session, code); err != nil {
		return Tokens{}, err
	}
	if caller.UseCookie {
		return Tokens{User: u, Cookie: token, ExpiresIn: int(SessionTTL / time.Second)}, nil
	}
	return a.issueTokens(ctx, session, token)
}
