package account

import (
	"context"

	"ticketsystem/pkg/user"
)

// GrantAdmin makes whoever has the number an administrator, with an account
// without a password if there is none yet. Errors: invalid_body.
func (a *Auth) GrantAdmin(ctx context.Context, rawPhone string) (user.User, error) {
	number, err := a.parsePhone(rawPhone)
	if err != nil {
		return user.User{}, err
	}
	login, found, err := a.Store.Login(ctx, number)
	if err != nil {
		return user.User{}, err
	}
	if found {
		u, err := a.Store.User(ctx, login.User.ID) // the login's copy may be old
		if err != nil {
			return user.User{}, err
		}
		login.User = u
		login.User.Role, login.User.Disabled = user.RoleAdmin, false
	} else {
		login = Login{Phone: number, User: a.newUser(number, "", user.RoleAdmin, "")}
	}
	return login.User, a.Store.PutAccount(ctx, login)
}
