package account

import (
	"context"

	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/user"
)

// SignUp makes an account for a number that has proved itself with a code, and
// opens a session. A refusal for the password leaves the code as it is; of
// many sign-ups of one number exactly one succeeds.
//
// Errors: invalid_body, weak_password, code_wrong, code_locked, phone_taken.
func (s *Service) SignUp(ctx context.Context, rawPhone, password, digits, name string, from Caller) (Tokens, error) {
	number, err := s.number(rawPhone)
	if err != nil {
		return Tokens{}, err
	}
	if err := auth.CheckPassword(password, number); err != nil {
		return Tokens{}, err
	}
	code, err := s.checkCode(ctx, number, PurposeSignUp, digits)
	if err != nil {
		return Tokens{}, err
	}
	hash, err := auth.Hash(password, s.Random)
	if err != nil {
		return Tokens{}, err
	}
	login := Login{Phone: number, Hash: hash, User: s.newUser(number, name, user.RoleUser, from.Locale)}
	session, refresh, err := s.newSession(login.User, from)
	if err != nil {
		return Tokens{}, err
	}
	if err := s.Store.SignUp(ctx, login, session, code); err != nil {
		return Tokens{}, err
	}
	return s.tokens(ctx, session, refresh)
}

func (s *Service) newUser(number, name string, role user.Role, locale string) user.User {
	if locale == "" {
		locale = "en"
	}
	return user.User{
		ID: s.NewID(), Phone: number, Role: role, Name: name, Locale: locale,
		Notify: user.Choices{Email: true, SMS: true}, CreatedAt: s.Now(),
	}
}
