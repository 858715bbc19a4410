// Package user defines users, roles and principals.
package user

// Role determines what a user may do.
type Role string

// The three roles of the API.
const (
	RoleUser    Role = "user"
	RoleSupport Role = "support"
	RoleAdmin   Role = "admin"
)

// RoleSystem is the role of the author of automatic changes. No user has it.
const RoleSystem Role = "system"

// IsStaff reports whether the role is agent or administrator.
func (r Role) IsStaff() bool { return r == RoleSupport || r == RoleAdmin }

// Valid reports whether a user can have the role.
func (r Role) Valid() bool { return r == RoleUser || r.IsStaff() }
