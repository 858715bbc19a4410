package operate

import (
	"context"

	"ticketsystem/pkg/account"
)

// Granted is what GrantAdmin answers.
type Granted struct {
	ID    string `json:"id"`
	Phone string `json:"phone"`
	Role  string `json:"role"`
}

// GrantAdmin makes the handler behind `make admin`: whoever has the number
// becomes an administrator; if nobody has it, an account is made that signs in
// by code. It may be repeated.
func GrantAdmin(people *account.Service) func(context.Context, struct {
	Phone string `json:"phone"`
}) (Granted, error) {
	return func(ctx context.Context, in struct {
		Phone string `json:"phone"`
	}) (Granted, error) {
		u, err := people.GrantAdmin(ctx, in.Phone)
		return Granted{u.ID, u.Phone, string(u.Role)}, err
	}
}
