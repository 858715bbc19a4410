package worker

import (
	"context"

	"ticketsystem/pkg/account"
)

// GrantAdminRequest is the input of GrantAdmin.
type GrantAdminRequest struct {
	Phone string `json:"phone"`
}

// GrantAdminResult describes the administrator.
type GrantAdminResult struct {
	ID    string `json:"id"`
	Phone string `json:"phone"`
	Role  string `json:"role"`
	// Password is the generated password of an account that had none.
	Password string `json:"password,omitempty"`
}

// GrantAdmin returns the handler behind `make grant-admin`. It makes the user with the
// phone number an administrator, and creates the account if there is none. It is
// safe to repeat.
func GrantAdmin(users *account.UserAdmin) func(context.Context, GrantAdminRequest) (GrantAdminResult, error) {
	return func(ctx context.Context, in GrantAdminRequest) (GrantAdminResult, error) {
		u, password, err := users.GrantAdmin(ctx, in.Phone)
		return GrantAdminResult{u.ID, u.Phone, string(u.Role), password}, err
	}
}
