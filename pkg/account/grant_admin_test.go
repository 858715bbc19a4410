package account_test

import (
	"context"
	"testing"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/user"
)

func TestGrantAdmin(t *testing.T) {
	f, ctx := newFixture(t), context.Background()
	admins := &account.UserAdmin{UserDirectory: f.users, Store: f}
	made, password, err := admins.GrantAdmin(ctx, "0912 000 0000")
	if err != nil || made.Role != user.RoleAdmin || len(password) < 20 || f.user(made.ID) != made {
		t.Errorf("new user: got %+v, %q, %v", made, password, err)
	}
	if _, err := f.auth.LogIn(ctx, made.Phone, password, account.Caller{}); err != nil {
		t.Errorf("the generated password: got %v", err)
	}
	if again, password, err := admins.GrantAdmin(ctx, made.Phone); again != made || password != "" || err != nil {
		t.Errorf("again: got %+v, %q, %v", again, password, err)
	}
	sara := f.addUser(t).User
	raised, password, err := admins.GrantAdmin(ctx, testPhone)
	if err != nil || raised.ID != sara.ID || raised.Role != user.RoleAdmin || password != "" || f.login(testPhone).Hash == "" {
		t.Errorf("existing user: got %+v, %q, %v", raised, password, err)
	}
	if _, _, err := admins.GrantAdmin(ctx, "x"); !apperr.Is(err, apperr.InvalidBody) {
		t.Errorf("invalid number: got %v", err)
	}
}

// TestGrantAdmin_ConcurrentChange changes the password and the name between the read and
// the write of GrantAdmin. Both changes are kept.
func TestGrantAdmin_ConcurrentChange(t *testing.T) {
	f, ctx := newFixture(t), context.Background()
	sara := f.addUser(t).User
	before, changed := f.Before, false
	f.Before = func(operation, key string) error {
		if operation == "AdminUpdateUser" && !changed {
			changed = true
			sara.Name = "Sara A."
			must(f.PutAccount(ctx, account.Login{Phone: testPhone, Hash: "new hash", User: sara}))
		}
		return before(operation, key)
	}
	_, _, err := (&account.UserAdmin{UserDirectory: f.users, Store: f}).GrantAdmin(ctx, testPhone)
	if got := f.login(testPhone); err != nil || got.Hash != "new hash" || f.user(sara.ID).Name != "Sara A." || f.user(sara.ID).Role != user.RoleAdmin {
		t.Errorf("got %+v, %+v, %v, want the concurrent changes kept", got, f.user(sara.ID), err)
	}
}
