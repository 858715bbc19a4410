package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/user"
)

// fakeUsers has users of all roles, one of them disabled. It fails for an id that is no key.
type fakeUsers []user.User

func (f fakeUsers) ListUsers(_ context.Context, role user.Role, _ int, _ map[string]string) (users []user.User, next map[string]string, err error) {
	for _, u := range f {
		if u.Role == role || u.ID == saraID { // the index may be behind
			users = append(users, u)
		}
	}
	return users, nil, nil
}

func (f fakeUsers) AgentStats(context.Context) (stats.Snapshot, error) {
	snapshot := stats.NewSnapshot(time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC))
	snapshot.Slots[stats.Slot{AgentID: aliID}] = stats.Counts{"t_open": 3}
	snapshot.OnlineAgents[aliID] = true
	return snapshot, nil
}

func (f fakeUsers) CustomerStats(_ context.Context, id string) (user.User, stats.Counts, error) {
	if len(id) > 2046 {
		return user.User{}, nil, errStoreDown
	}
	for _, u := range f {
		if u.ID == id {
			return u, stats.Counts{"t_open": 1, "t_all": 2}, nil
		}
	}
	return user.User{}, nil, apperr.New(apperr.UserNotFound, "")
}

func someUsers() fakeUsers {
	return fakeUsers{
		{ID: saraID, Role: user.RoleUser, Name: "Sara", Phone: "+989120000004"}, {ID: aliID, Role: user.RoleSupport, Name: "Ali", Phone: "+989120000002"},
		{ID: oneID, Role: user.RoleAdmin, Name: "Leila"}, {ID: "gone", Role: user.RoleSupport, Name: "Dara", Disabled: true},
	}
}

// TestListAgents checks that only enabled staff is listed, by name.
func TestListAgents(t *testing.T) {
	got := newFixture(t).send(t, api.ListAgents(someUsers()), ali, newRequest(http.MethodGet, "/agents", ""))
	list, _ := got.body["data"].([]any)
	if got.status != 200 || len(list) != 2 {
		t.Fatalf("got %d %s, want two agents", got.status, got.text)
	}
	first, _ := list[0].(map[string]any)
	if first["name"] != "Ali" || first["online"] != true || first["openTickets"] != 3.0 || first["role"] != "support" {
		t.Errorf("got %v", first)
	}
}

// TestGetCustomer checks that staff sees customers and no phone numbers of colleagues.
func TestGetCustomer(t *testing.T) {
	fx := newFixture(t)
	for id, want := range map[string]int{saraID: 200, aliID: 404, oneID: 404, "gone": 404, "nobody": 404, strings.Repeat("x", 5000): 404} {
		r := newRequest(http.MethodGet, "/customers/x", "")
		r.PathParameters["id"] = id
		got := fx.send(t, api.GetCustomer(someUsers()), ali, r)
		if got.status != want {
			t.Errorf("%s: got %d, want %d", id, got.status, want)
		}
		if id == saraID && (got.field("tickets", "open") != 1.0 || got.field("tickets", "all") != 2.0 || got.body["phone"] != "+989120000004") {
			t.Errorf("got %s", got.text)
		}
	}
	for name, e := range map[string]api.Endpoint{"agents": api.ListAgents(someUsers()), "customer": api.GetCustomer(someUsers())} {
		if got := fx.send(t, e, sara, newRequest(http.MethodGet, "/customers/x", "")); got.status != 403 {
			t.Errorf("%s for a customer: got %d, want 403", name, got.status)
		}
	}
}
