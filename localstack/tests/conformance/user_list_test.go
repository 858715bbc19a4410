package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/dynamo"
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

// TestListUsers_IndexBehind checks that a list of a role, and so a broadcast to it, omits a user
// whose row in the index is from before a change of role or state.
func TestListUsers_IndexBehind(t *testing.T) {
	t.Parallel()
	store := openStore()
	enabled := false
	for attribute, value := range map[string]types.AttributeValue{
		"role": &types.AttributeValueMemberS{Value: string(user.RoleUser)}, "disabled": &types.AttributeValueMemberBOOL{Value: true},
	} {
		login := newLogin()
		login.User.Role = user.RoleAdmin
		must(t, store.PutAccount(t.Context(), login))
		listed := func() bool {
			users, _, err := store.ListUsersBy(t.Context(), account.UserQuery{Role: user.RoleAdmin, Disabled: &enabled, Limit: 100}, nil)
			must(t, err)
			return slices.ContainsFunc(users, func(u user.User) bool { return u.ID == login.User.ID })
		}
		await(t, func() error {
			if !listed() {
				return errors.New(attribute + ": not listed")
			}
			return nil
		})
		_, err := dynamodb.NewFromConfig(env.config).UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
			TableName: &env.table, UpdateExpression: aws.String("SET #a = :v"), ExpressionAttributeNames: map[string]string{"#a": attribute},
			ExpressionAttributeValues: map[string]types.AttributeValue{":v": value},
			Key:                       map[string]types.AttributeValue{"PK": &types.AttributeValueMemberS{Value: "U#" + login.User.ID}, "SK": &types.AttributeValueMemberS{Value: "~U"}},
		})
		must(t, err)
		equal(t, attribute+": listed after a change that the index lacks", listed(), false)
	}
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

// TestListUsers_Sorted lists users in each order, with each filter, by page, also after changes
// of their names, roles and states.
func TestListUsers_Sorted(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		store := db.isolated()
		userAdmin := newUserAdmin(store)
		ids := createSortedUsers(t, store, userAdmin)
		yes, no := true, false
		names := map[string]string{}
		for name, id := range ids {
			names[id] = name
		}
		for role, want := range map[user.Role]int{"": 3, user.RoleSupport: 2, user.RoleUser: 1, user.RoleAdmin: 0} {
			n, complete, err := store.CountUsers(t.Context(), role)
			must(t, err)
			equal(t, "enabled users of "+string(role), fmt.Sprint(n, complete), fmt.Sprint(want, true))
		}
		for _, c := range []struct {
			q    account.UserQuery
			want string
		}{
			{account.UserQuery{}, "dcbea"}, {account.UserQuery{Ascending: true}, "aebcd"},
			{account.UserQuery{Sort: account.UsersByName, Ascending: true}, "abcde"}, {account.UserQuery{Sort: account.UsersByName}, "edcba"},
			{account.UserQuery{Sort: account.UsersByName, Ascending: true, Role: user.RoleSupport}, "ade"},
			{account.UserQuery{Sort: account.UsersByName, Ascending: true, Role: user.RoleUser}, "bc"},
			{account.UserQuery{Sort: account.UsersByLastSeen, Role: user.RoleSupport}, "dae"},
			{account.UserQuery{Sort: account.UsersByLastSeen, Ascending: true, Disabled: &no, Role: user.RoleSupport}, "ad"},
			{account.UserQuery{Disabled: &yes}, "ce"}, {account.UserQuery{Disabled: &no}, "dba"}, {account.UserQuery{Disabled: &yes, Sort: account.UsersByName}, "ec"},
			{account.UserQuery{Disabled: &yes, Role: user.RoleUser}, "c"}, {account.UserQuery{Disabled: &no, Sort: account.UsersByLastSeen}, "dab"},
		} {
			for _, c.q.Limit = range []int{1, 2, 50} {
				got := ""
				for cursor, n := map[string]string(nil), 0; n == 0 || cursor != nil; n++ {
					page, next, err := userAdmin.List(t.Context(), c.q, cursor)
					must(t, err)
					for _, u := range page {
						got += names[u.ID]
					}
					cursor = next
				}
				equal(t, fmt.Sprintf("%+v", c.q), got, c.want)
			}
		}
	})
}

// createSortedUsers creates users whose names sort as a, b, c, d, e, and returns their ids. Users
// c and e are disabled, d and a were seen.
func createSortedUsers(t *testing.T, store testStore, userAdmin *account.UserAdmin) map[string]string {
	t.Helper()
	ids := map[string]string{}
	for _, u := range []struct {
		name, fullName string
		role           user.Role
	}{{"a", "Ali", user.RoleSupport}, {"e", "x", user.RoleUser}, {"b", "ali Reza", user.RoleUser}, {"c", "برزو", user.RoleUser}, {"d", "پارسا", user.RoleSupport}} {
		made, err := userAdmin.Create(t.Context(), adminActor, account.CreateUserParams{Phone: newPhone(), Name: u.fullName, Role: u.role})
		must(t, err)
		ids[u.name] = made.ID
	}
	disabled, name, role := true, "تارا", user.RoleSupport
	for _, id := range []string{ids["c"], ids["e"]} {
		_, err := userAdmin.Update(t.Context(), adminActor, id, account.UserUpdate{Disabled: &disabled})
		must(t, err)
	}
	_, err := userAdmin.Update(t.Context(), adminActor, ids["e"], account.UserUpdate{Name: &name, Role: &role})
	must(t, err)
	at := time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC)
	for _, seen := range []struct {
		id string
		at time.Time
	}{
		{ids["d"], at.Add(time.Hour)}, {ids["a"], at}, {ids["a"], at.Add(user.SeenInterval - 1)},
		{ids["e"], at.Add(2 * time.Hour)}, // disabled
		{newID(), at},                     // deleted
	} {
		must(t, store.RecordSeen(t.Context(), seen.id, seen.at))
	}
	stored, err := userAdmin.Get(t.Context(), ids["a"])
	must(t, err)
	equal(t, "last seen", stored.LastSeenAt, at)
	return ids
}

// TestListUsers_Replay checks that a replay indexes users from before the orders.
func TestListUsers_Replay(t *testing.T) {
	t.Parallel()
	w := newEmptyWorkload(t, 15)
	l := newLogin()
	l.User.Disabled = true
	must(t, w.store.PutAccount(t.Context(), l))
	before := w.items(t)
	w.removeAttributes(t, "U#"+l.User.ID, "~U", "u, ls, q, a, w")
	w.replay(t, w.store)
	equal(t, "index keys", w.items(t)["U#"+l.User.ID+"|~U"], before["U#"+l.User.ID+"|~U"])
}

// rowTwice is an HTTP client whose queries of an index return the row of a user twice, as two
// pages do when the user moves between them.
type rowTwice struct {
	next   aws.HTTPClient
	userID string
}

func (c rowTwice) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if strings.Contains(string(body), `"IndexName"`) {
		row := fmt.Sprintf(`{"PK":{"S":"U#%s"},"SK":{"S":"~U"}}`, c.userID)
		answer := fmt.Sprintf(`{"Count":2,"Items":[%s,%s],"ScannedCount":2}`, row, row)
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return c.next.Do(r)
}

// TestListUsers_Moved checks that a list has a user once who moves in the index while it is read.
func TestListUsers_Moved(t *testing.T) {
	t.Parallel()
	u := addUser(t, newUserAdmin(openStore()), user.RoleUser)
	config := env.config.Copy()
	config.HTTPClient = rowTwice{config.HTTPClient, u.ID}
	users, _, err := dynamo.New(config, env.table, app.Now).ListUsersBy(t.Context(), account.UserQuery{Sort: account.UsersByLastSeen, Limit: 10}, nil)
	if must(t, err); len(users) != 1 || users[0].ID != u.ID {
		t.Errorf("got %+v, want one user", users)
	}
}

// TestListUsers_DisabledRenamed checks that a user who was just disabled, and whose token is still
// valid, does not change the name, and that the list of disabled users by name has them.
func TestListUsers_DisabledRenamed(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		store := db.isolated()
		userAdmin := newUserAdmin(store)
		u := addUser(t, userAdmin, user.RoleUser)
		disabled, renamed, name, yes := u, u, "Renamed", true
		disabled.Disabled, renamed.Name = true, name
		_, err := store.UpdateUser(t.Context(), u.ID, account.ProfileUpdate{Name: &name})
		must(t, err)
		record := audit.Record{ID: newID(), Action: audit.UserUpdated, Target: u.ID}
		wantCode(t, "disable a user who was renamed meanwhile", store.AdminUpdateUser(t.Context(), u, disabled, nil, record), apperr.Conflict)
		disabled.Name = name
		must(t, store.AdminUpdateUser(t.Context(), renamed, disabled, nil, record))
		_, err = store.UpdateUser(t.Context(), u.ID, account.ProfileUpdate{Name: &u.Name})
		wantCode(t, "rename", err, apperr.AccountDisabled)
		_, err = store.UpdateUser(t.Context(), u.ID, account.ProfileUpdate{Locale: &u.Locale})
		must(t, err)
		list, _, err := userAdmin.List(t.Context(), account.UserQuery{Disabled: &yes, Sort: account.UsersByName, Limit: 10}, nil)
		must(t, err)
		if len(list) != 1 || list[0].ID != u.ID {
			t.Errorf("got %+v, want the disabled user", list)
		}
	})
}
