package account

import (
	"context"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
)

// ResetPassword gives whoever proves a number by a code a new password there,
// and ends all that was signed in with the old one: sessions at once, access
// tokens within seconds. A refusal for the password leaves the code as it is.
//
// Errors: invalid_body, weak_password, code_wrong, code_locked.
func (a *Auth) ResetPassword(ctx context.Context, rawPhone, digits, password string) error {
	number, err := a.parsePhone(rawPhone)
	if err != nil {
		return err
	}
	if err := auth.CheckPassword(password, number); err != nil {
		return err
	}
	code, err := a.verifyPhoneCode(ctx, number, PurposeReset, digits)
	if err != nil {
		return err
	}
	login, found, err := a.Store.Login(ctx, number)
	if err != nil {
		return err
	}
	if !found {
		return apperr.New(apperr.CodeWrong, "")
	}
	if login.Hash, err = auth.Hash(password, a.Random); err != nil {
		return err
	}
	return a.Store.ResetPassword(ctx, login, code, a.Now())
}
