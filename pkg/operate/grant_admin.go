package operate

import (
	"context"

	"ticketsystem/pkg/account"
)

// GrantAdminResult is what GrantAdmin answers.
type GrantAdminResult struct {
	ID    string `json:"id"`
	Phone string `json:"phone"`
	Role  string `json:"role"`
}

// GrantAdmin makes the handler behind `make admin`: whoever has the number
// becomes an administrator; if nobody has it, an account is made that signs in
// by code. It may be repeated.
func GrantAdmin(accounts *account.Auth) func(context.Context, struct {
	Phone string `json:"phone"`
}) (GrantAdminResult, error) {
	return func(ctx context.Context, in struct {
		Phone string `json:"phone"`
	}) (GrantAdminResult, error) {
		u, err := accounts.GrantAdmin(ctx, in.Phone)
		return GrantAdminResult{u.ID, u.Phone, string(u.Role)}, err
	}
}
