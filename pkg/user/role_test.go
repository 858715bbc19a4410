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

func TestSameRights(t *testing.T) {
	sara := user.User{ID: "sara", Role: user.RoleUser, Phone: "1", Name: "Sara"}
	for name, c := range map[string]struct {
		change func(*user.User)
		same   bool
	}{
		"nothing": {func(*user.User) {}, true}, "name": {func(u *user.User) { u.Name = "" }, true}, "role": {func(u *user.User) { u.Role = user.RoleSupport }, false},
		"phone": {func(u *user.User) { u.Phone = "2" }, false}, "disabled": {func(u *user.User) { u.Disabled = true }, false},
	} {
		changed := sara
		c.change(&changed)
		if got := sara.SameRights(changed); got != c.same {
			t.Errorf("%s: got %v, want %v", name, got, c.same)
		}
	}
}
