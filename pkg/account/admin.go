package account

import (
	"context"

	"ticketsystem/pkg/user"
)

// GrantAdmin makes whoever has the number an administrator, with an account
// without a password if there is none yet. Errors: invalid_body.
func (s *Service) GrantAdmin(ctx context.Context, rawPhone string) (user.User, error) {
	number, err := s.number(rawPhone)
	if err != nil {
		return user.User{}, err
	}
	login, found, err := s.Store.Login(ctx, number)
	if err != nil {
		return user.User{}, err
	}
	if found {
		u, err := s.Store.User(ctx, login.User.ID) // the login's copy may be old
		if err != nil {
			return user.User{}, err
		}
		login.User = u
		login.User.Role, login.User.Disabled = user.RoleAdmin, false
	} else {
		login = Login{Phone: number, User: s.newUser(number, "", user.RoleAdmin, "")}
	}
	return login.User, s.Store.SaveAccount(ctx, login)
}
