package account

import (
	"context"

	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/fault"
)

// ResetPassword gives whoever proves a number by a code a new password there,
// and ends all that was signed in with the old one: sessions at once, access
// tokens within seconds. A refusal for the password leaves the code as it is.
//
// Errors: invalid_body, weak_password, code_wrong, code_locked.
func (s *Service) ResetPassword(ctx context.Context, rawPhone, digits, password string) error {
	number, err := s.number(rawPhone)
	if err != nil {
		return err
	}
	if err := auth.CheckPassword(password, number); err != nil {
		return err
	}
	code, err := s.checkCode(ctx, number, PurposeReset, digits)
	if err != nil {
		return err
	}
	login, found, err := s.Store.Login(ctx, number)
	if err != nil {
		return err
	}
	if !found {
		return fault.New(fault.CodeWrong, "")
	}
	if login.Hash, err = auth.Hash(password, s.Random); err != nil {
		return err
	}
	return s.Store.ResetPassword(ctx, login, code, s.Now())
}
