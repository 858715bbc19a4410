package account

import (
	"context"
	"time"

	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/fault"
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
func (s *Service) LogIn(ctx context.Context, rawPhone, password string, from Caller) (Tokens, error) {
	number, err := s.number(rawPhone)
	if err != nil {
		return Tokens{}, err
	}
	address := s.counter("login-address", from.Address, limitWindow)
	if s.Addresses.refused(address) {
		return Tokens{}, fault.New(fault.LoginLocked, "").WithRetryAfter(s.wait(address))
	}
	login, found, err := s.Store.Login(ctx, number)
	if err != nil {
		return Tokens{}, err
	}
	suspected := !login.Tries.IsZero()
	if suspected {
		if err := s.countTry(ctx, number, address); err != nil {
			return Tokens{}, err
		}
	}
	hash := login.Hash
	if !found || hash == "" {
		hash = auth.DummyHash
	}
	right, err := auth.Verify(hash, password)
	switch {
	case err != nil:
		return Tokens{}, err
	case !right:
		return Tokens{}, s.failed(ctx, number, address, suspected)
	case suspected:
		if err := s.Store.ForgetTries(ctx, number); err != nil {
			return Tokens{}, err
		}
	}
	return s.open(ctx, login.User, nil, from)
}

// countTry counts a try on the number. Errors: login_locked.
func (s *Service) countTry(ctx context.Context, number string, now Counter) error {
	counted, err := s.Store.CountTry(ctx, number, now.Start, failsPerPhone)
	if err == nil && !counted {
		err = fault.New(fault.LoginLocked, "").WithRetryAfter(s.wait(now))
	}
	return err
}

// failed counts a failed login, by number unless that has been done, and says
// so. An address that has failed too often is refused from now on.
func (s *Service) failed(ctx context.Context, number string, address Counter, counted bool) error {
	if !counted {
		if err := s.countTry(ctx, number, address); err != nil && !fault.Is(err, fault.LoginLocked) {
			return err
		}
	}
	n, err := s.Store.Count(ctx, address)
	if err != nil {
		return err
	}
	if n >= s.Limits.PerAddress {
		s.Addresses.refuse(address)
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
	login, found, err := s.Store.Login(ctx, number)
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
