package user_test

import (
	"testing"

	"ticketsystem/pkg/user"
)

func TestRole(t *testing.T) {
	for _, c := range []struct {
		role         user.Role
		valid, staff bool
	}{
		{user.RoleUser, true, false}, {user.RoleSupport, true, true}, {user.RoleAdmin, true, true},
		{"", false, false}, {"root", false, false}, {"Admin", false, false},
	} {
		if c.role.Valid() != c.valid || c.role.IsStaff() != c.staff {
			t.Errorf("%q: got valid %v staff %v, want %v %v", c.role, c.role.Valid(), c.role.IsStaff(), c.valid, c.staff)
		}
	}
}
