package conformance

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/user"
)

// TestListUsers_ByRole lists the users of each role and of all roles by page, newest
// first.
func TestListUsers_ByRole(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		userAdmin := newUserAdmin(db.isolated())
		now := app.Now()
		all := map[user.Role][]string{}
		for i := range 9 {
			userAdmin.Recorder.Now = func() time.Time { return now.Add(time.Duration(i) * time.Second) }
			role := []user.Role{user.RoleUser, user.RoleSupport, user.RoleUser}[i%3]
			u := addUser(t, userAdmin, role)
			for _, list := range []user.Role{"", role} {
				all[list] = append([]string{u.ID}, all[list]...)
			}
		}
		for _, role := range []user.Role{"", user.RoleUser, user.RoleSupport, user.RoleAdmin} {
			var ids []string
			for cursor, n := map[string]string(nil), 0; n == 0 || cursor != nil; n++ {
				users, next, err := userAdmin.List(t.Context(), account.UserQuery{Role: role, Limit: 2}, cursor)
				must(t, err)
				for _, u := range users {
					ids = append(ids, u.ID)
				}
				cursor = next
			}
			equal(t, fmt.Sprintf("users of role %q", role), ids, all[role])
		}
	})
}

// TestListUsers_Search searches by terms of name, email and phone number, with and
// without a role.
func TestListUsers_Search(t *testing.T) {
	t.Parallel()
	store := newIsolatedStore(t)
	userAdmin, index := newUserAdmin(store), stream.IndexSearch(store)
	var users []user.User
	for i := range 6 {
		u, err := userAdmin.Create(t.Context(), adminActor, account.CreateUserParams{
			Phone: newPhone(), Name: fmt.Sprint("Reza Karimi ", i), Email: fmt.Sprintf("reza%d@example.com", i),
			Role: []user.Role{user.RoleUser, user.RoleSupport}[i%2],
		})
		must(t, err)
		must(t, index(t.Context(), event.UserCreated{User: u}))
		users = append([]user.User{u}, users...)
	}
	search := func(typed string, role user.Role) (names []string) {
		q := account.UserQuery{Role: role, Text: typed, Limit: 2}
		for cursor, n := map[string]string(nil), 0; n == 0 || cursor != nil; n++ {
			page, next, err := userAdmin.List(t.Context(), q, cursor)
			must(t, err)
			for _, u := range page {
				names = append(names, strings.TrimPrefix(u.Name, "Reza Karimi "))
			}
			cursor = next
		}
		return names
	}
	equal(t, "all", search("karimi rez", ""), []string{"5", "4", "3", "2", "1", "0"})
	equal(t, "of a role", search("karimi", user.RoleSupport), []string{"5", "3", "1"})
	equal(t, "of another role", search("karimi", user.RoleAdmin), nil)
	equal(t, "by email", search("reza4@example.com", ""), []string{"4"})
	equal(t, "by phone", search("0"+users[0].Phone[3:], ""), []string{"5"})
	equal(t, "by phone prefix", search(users[0].Phone[:9], user.RoleSupport), []string{"5", "3", "1"})
	equal(t, "by id", search(users[5].ID, ""), []string{"0"})
	equal(t, "no match", search("nomatch", ""), nil)
	must(t, userAdmin.Delete(t.Context(), adminActor, users[0].ID))
	equal(t, "deleted, before the stream handler ran", search("karimi", user.RoleSupport), []string{"3", "1"})
}
