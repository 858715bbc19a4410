// Package user holds what the system knows about a person.
package user

// Role decides which doors are open to a person.
type Role string

// The three roles of the API.
const (
	RoleUser    Role = "user"
	RoleSupport Role = "support"
	RoleAdmin   Role = "admin"
)

// RoleSystem is the author of what time does. Nobody can have it.
const RoleSystem Role = "system"

// IsStaff says whether the role works for support: agents and administrators.
func (r Role) IsStaff() bool { return r == RoleSupport || r == RoleAdmin }

// Valid says whether the role is one of the three.
func (r Role) Valid() bool { return r == RoleUser || r.IsStaff() }
