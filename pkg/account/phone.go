package account

import (
	"context"

	"ticketsystem/pkg/user"
)

// ChangePhone moves one's own account to another number, which a code has
// proved. Asking again for the number one has changes nothing.
//
// Errors: invalid_body, code_wrong, code_locked, phone_taken, conflict.
func (s *Service) ChangePhone(ctx context.Context, who user.Principal, rawPhone, digits string) (user.User, error) {
	number, err := s.number(rawPhone)
	if err != nil {
		return user.User{}, err
	}
	u, err := s.Store.User(ctx, who.UserID)
	if err != nil || u.Phone == number {
		return u, err
	}
	code, err := s.checkCode(ctx, number, PurposePhone, digits)
	if err != nil {
		return user.User{}, err
	}
	return s.Store.MovePhone(ctx, u, number, code)
}
