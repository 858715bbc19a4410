package account

import (
	"context"

	"ticketsystem/pkg/user"
)

// ChangePhone moves one's own account to another number, which a code has
// proved. Asking again for the number one has changes nothing.
//
// Errors: invalid_body, code_wrong, code_locked, phone_taken, conflict.
func (a *Auth) ChangePhone(ctx context.Context, actor user.Principal, rawPhone, digits string) (user.User, error) {
	number, err := a.parsePhone(rawPhone)
	if err != nil {
		return user.User{}, err
	}
	u, err := a.Store.User(ctx, actor.UserID)
	if err != nil || u.Phone == number {
		return u, err
	}
	code, err := a.verifyPhoneCode(ctx, number, PurposePhone, digits)
	if err != nil {
		return user.User{}, err
	}
	return a.Store.ChangePhone(ctx, u, number, code)
}
