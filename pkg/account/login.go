package account

import (
	"context"
	"time"

	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/user"
)

// LogIn opens a session by password: one read of the login with the counters
// of failures, one write of the session. Failures are counted by number and by
// address; an unknown number costs the same time and gets the same answer as a
// wrong password.
//
// Errors: invalid_body, login_wrong, login_locked, account_disabled.
func (s *Service) LogIn(ctx context.Context, rawPhone, password string, from Caller) (Tokens, error) {
	number, err := s.number(rawPhone)
	if err != nil {
		return Tokens{}, err
	}
	counters := []Counter{s.counter("login-number", number, limitWindow), s.counter("login-address", from.Address, limitWindow)}
	login, found, counts, err := s.Store.Login(ctx, number, counters)
	if err != nil {
		return Tokens{}, err
	}
	if counts[0] >= failsPerPhone || counts[1] >= s.Limits.PerAddress {
		return Tokens{}, fault.New(fault.LoginLocked, "").WithRetryAfter(s.wait(counters[0]))
	}
	hash := login.Hash
	if !found || hash == "" {
		hash = auth.DummyHash
	}
	right, err := auth.Verify(hash, password)
	if err != nil {
		return Tokens{}, err
	}
	if !right {
		return Tokens{}, s.failed(ctx, counters)
	}
	return s.open(ctx, login.User, nil, from)
}

// failed counts a failed login and says so. Tries that run at the same moment
// may all pass the check before it, but every one of them is counted.
func (s *Service) failed(ctx context.Context, counters []Counter) error {
	for _, c := range counters {
		if _, err := s.Store.Count(ctx, c); err != nil {
			return err
		}
	}
	return fault.New(fault.LoginWrong, "")
}

// LogInByCode opens a session by a one-time code.
//
// Errors: invalid_body, code_wrong, code_locked, account_disabled.
func (s *Service) LogInByCode(ctx context.Context, rawPhone, digits string, from Caller) (Tokens, error) {
	number, err := s.number(rawPhone)
	if err != nil {
		return Tokens{}, err
	}
	code, err := s.checkCode(ctx, number, PurposeLogin, digits)
	if err != nil {
		return Tokens{}, err
	}
	login, found, _, err := s.Store.Login(ctx, number, nil)
	if err != nil {
		return Tokens{}, err
	}
	if !found {
		return Tokens{}, fault.New(fault.CodeWrong, "")
	}
	return s.open(ctx, login.User, &code, from)
}

// open opens a session for somebody who has proved who they are.
func (s *Service) open(ctx context.Context, u user.User, used *Code, from Caller) (Tokens, error) {
	if u.Disabled {
		return Tokens{}, fault.New(fault.AccountDisabled, "")
	}
	begin := s.newSession
	if from.Cookie {
		begin = s.newCookie
	}
	session, token, err := begin(u, from)
	if err != nil {
		return Tokens{}, err
	}
	if err := s.Store.AddSession(ctx, session, used); err != nil {
		return Tokens{}, err
	}
	if from.Cookie {
		return Tokens{User: u, Cookie: token, ExpiresIn: int(SessionLife / time.Second)}, nil
	}
	return s.tokens(ctx, session, token)
}
