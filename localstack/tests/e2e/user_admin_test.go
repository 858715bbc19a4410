package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/client"
)

// adminUserView is a user as returned to administrators.
type adminUserView struct {
	client.UserProfile
	Disabled   bool
	LastSeenAt *time.Time
}

// createUser creates a user with a password as the seeded administrator.
func createUser(t *testing.T, role string) adminUserView {
	t.Helper()
	var account adminUserView
	staff(t, adminPhone).mustCall(201, "POST", "/users", object{
		"phone": client.RandomPhone(), "role": role, "name": "Nima " + role, "password": client.Password,
	}, &account)
	return account
}

// signInByCode logs a user in by a one-time code.
func signInByCode(t *testing.T, phone string) testUser {
	t.Helper()
	var tokens client.Tokens
	wantStatus(t, anonymous(t, "POST", "/login", object{"phone": phone, "code": requestCode(t, phone, "login")}), 200, &tokens)
	return testUser{t, suite.api.WithTokens(tokens)}
}

// newStaff creates a user of a role and logs them in by code.
func newStaff(t *testing.T, role string) testUser {
	t.Helper()
	return signInByCode(t, createUser(t, role).Phone)
}

// updateUser updates a user as administrator.
func (u testUser) updateUser(userID string, fields object) adminUserView {
	u.t.Helper()
	var account adminUserView
	u.mustCall(200, "PATCH", "/users/"+userID, fields, &account)
	return account
}

// refresh returns the user with refreshed tokens.
func (u testUser) refresh() (testUser, error) {
	u.t.Helper()
	var tokens client.Tokens
	if err := refresh(u.t, u.Tokens().RefreshToken).Decode(200, &tokens); err != nil {
		return u, err
	}
	return testUser{u.t, suite.api.WithTokens(tokens)}, nil
}

// expectRevoked checks that the socket is closed and that the access token is rejected
// soon. The exact delay is tested by the role matrix and in pkg/account, because this
// machine may stall.
func expectRevoked(t *testing.T, user testUser, socket wsConn) {
	t.Helper()
	if _, err := socket.AwaitClose(t.Context()); err != nil {
		t.Error(err)
	}
	eventually(t, "the old access token is rejected", func() error {
		response := user.call("GET", "/tickets?limit=1", nil)
		if response.Status != 401 {
			return mismatch("GET /tickets", response.Status, 401)
		}
		equal(t, "GET /tickets: code", wantProblem(t, response, 401).Code, "token_expired")
		return nil
	})
}

// TestUpdateUser_Own checks that an administrator's session alone changes neither the own phone
// number nor the own password, and that other administrators need no proof.
func TestUpdateUser_Own(t *testing.T) {
	t.Parallel()
	me := newStaff(t, "admin")
	phone, own := me.Profile.Phone, "/users/"+me.Profile.ID
	for name, fields := range map[string]object{"phone": {"phone": client.RandomPhone()}, "password": {"password": anotherPassword, "name": "Thief"}} {
		equal(t, name+" without a proof", pointsAt(wantProblem(t, me.call("PATCH", own, fields), 422), "currentPassword"), true)
		fields["currentPassword"] = "another-horse-7"
		wrong := wantProblem(t, me.call("PATCH", own, fields), 422)
		equal(t, name+" with a wrong password", wrong.Code, "password_wrong")
		equal(t, name+" with a wrong password: field", pointsAt(wrong, "currentPassword"), true)
	}
	me.updateUser(me.Profile.ID, object{"phone": nationalFormat(phone), "name": "Nima Again"})
	code, err := me.RequestCode(t.Context(), phone, "phone")
	must(t, code, err)
	wrong := wantProblem(t, me.call("PATCH", own, object{"password": anotherPassword, "oldCode": wrongCode(code, 0)}), 422)
	equal(t, "a wrong code", pointsAt(wrong, "oldCode"), true)
	moved := client.RandomPhone()
	equal(t, "phone", me.updateUser(me.Profile.ID, object{"phone": moved, "currentPassword": client.Password, "oldCode": code}).Phone, moved)
	again, err := suite.api.Login(t.Context(), moved, client.Password)
	me = testUser{t, must(t, again, err)}
	me.updateUser(me.Profile.ID, object{"password": anotherPassword, "currentPassword": client.Password})
	again, err = suite.api.Login(t.Context(), moved, anotherPassword)
	must(t, again, err)
	staff(t, adminPhone).updateUser(me.Profile.ID, object{"password": client.Password, "phone": client.RandomPhone()})
}

// TestDisableUser checks that tokens, sessions and sockets of a disabled user end, and
// that neither password nor code works until the user is enabled again.
func TestDisableUser(t *testing.T) {
	t.Parallel()
	admin, me := newStaff(t, "admin"), newStaff(t, "support")
	socket := me.connect()
	socket.request(object{"action": "ping"}, "pong")
	equal(t, "disabled", admin.updateUser(me.Profile.ID, object{"disabled": true}).Disabled, true)
	equal(t, "refresh: code", wantProblem(t, refresh(t, me.Tokens().RefreshToken), 401).Code, "session_ended")
	expectRevoked(t, me, socket)

	login := func(password string) client.Response {
		return anonymous(t, "POST", "/login", object{"phone": me.Profile.Phone, "password": password})
	}
	equal(t, "right password: code", wantProblem(t, login(client.Password), 403).Code, "account_disabled")
	equal(t, "wrong password: code", wantProblem(t, login("wrong-horse-9"), 401).Code, "login_wrong")

	var found adminUserView
	admin.get("/users/"+me.Profile.ID, &found)
	equal(t, "GET /users/{id}: disabled", found.Disabled, true)
	equal(t, "enabled", admin.updateUser(me.Profile.ID, object{"disabled": false}).Disabled, false)
	var tokens client.Tokens
	wantStatus(t, login(client.Password), 200, &tokens)
	eventually(t, "the user can refresh again", func() error {
		return refresh(t, tokens.RefreshToken).Decode(200, &tokens)
	})
}

// TestChangeRole checks that tokens with the old role end, and that the session
// continues with the new role.
func TestChangeRole(t *testing.T) {
	t.Parallel()
	admin, me := newStaff(t, "admin"), newStaff(t, "support")
	wantProblem(t, me.call("GET", "/users", nil), 403)
	for _, step := range []struct {
		role string
		want int
	}{{"admin", 200}, {"user", 403}} {
		socket := me.connect()
		socket.request(object{"action": "ping"}, "pong")
		equal(t, "role", admin.updateUser(me.Profile.ID, object{"role": step.role}).Role, step.role)
		expectRevoked(t, me, socket)
		eventually(t, "the session continues as "+step.role, func() (err error) {
			if me, err = me.refresh(); err != nil {
				return err
			}
			if me.Profile.Role != step.role {
				return mismatch("role", me.Profile.Role, step.role)
			}
			return me.call("GET", "/users?limit=1", nil).Decode(step.want, nil)
		})
	}
}

// TestDeleteUser checks that a deleted user cannot log in, that tickets show a removed
// user, and that the phone number is free.
func TestDeleteUser(t *testing.T) {
	t.Parallel()
	admin, me, agent := newStaff(t, "admin"), newStaff(t, "user"), newStaff(t, "support")
	me.mustCall(200, "PATCH", "/profile", object{"email": me.Profile.ID + "@example.com"}, nil)
	ticket := me.openTicket(nil)
	agent.change(ticket.ID, "assign", object{"assigneeId": "me"})
	socket := me.connect()
	socket.request(object{"action": "ping"}, "pong")
	admin.mustCall(204, "DELETE", "/users/"+me.Profile.ID, nil, nil)
	equal(t, "refresh: code", wantProblem(t, refresh(t, me.Tokens().RefreshToken), 401).Code, "session_ended")
	expectRevoked(t, me, socket)
	admin.mustCall(204, "DELETE", "/users/"+agent.Profile.ID, nil, nil)
	admin.mustCall(204, "DELETE", "/users/"+createUser(t, "admin").ID, nil, nil)
	for _, method := range []string{"GET", "DELETE"} {
		equal(t, method+": code", wantProblem(t, admin.call(method, "/users/"+me.Profile.ID, nil), 404).Code, "user_not_found")
	}
	wantProblem(t, anonymous(t, "POST", "/login", object{"phone": me.Profile.Phone, "password": client.Password}), 401)

	for language, want := range map[string]string{"en": "Removed user", "fa": "کاربر حذف‌شده"} {
		eventually(t, "the ticket shows a removed user", func() error {
			var detail client.Detail
			if err := admin.call("GET", "/tickets/"+ticket.ID, nil, client.Language(language)).Decode(200, &detail); err != nil {
				return err
			}
			customer := detail.Ticket.Customer
			if customer == nil || customer.Name != want || customer.ID != me.Profile.ID || detail.Ticket.Assignee != nil {
				return mismatch("customer and assignee", toJSON([]any{customer, detail.Ticket.Assignee}), want+" and none")
			}
			if author := detail.Entries[0].Author.Name; author != want {
				return mismatch("author of the entry", author, want)
			}
			return nil
		})
	}
	user, err := suite.api.SignUp(t.Context(), me.Profile.Phone, "Sara Again")
	newUser := testUser{t, must(t, user, err)}
	if newUser.Profile.ID == me.Profile.ID || newUser.Profile.Role != "user" {
		t.Errorf("signed up again: got %+v, want a new user", newUser.Profile)
	}
	wantProblem(t, newUser.call("GET", "/tickets/"+ticket.ID, nil), 404)
}

// TestFormerAgent_TicketsReleased checks that the tickets of an agent who is demoted, disabled or
// removed become unassigned by an entry of the system, also one that is reopened later, and that
// no ticket can be assigned to such an agent.
func TestFormerAgent_TicketsReleased(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(admin testUser, agentID string){
		"demoted":  func(admin testUser, agentID string) { admin.updateUser(agentID, object{"role": "user"}) },
		"disabled": func(admin testUser, agentID string) { admin.updateUser(agentID, object{"disabled": true}) },
		"removed":  func(admin testUser, agentID string) { admin.mustCall(204, "DELETE", "/users/"+agentID, nil, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin, me, agent := staff(t, adminPhone), customer(t), newStaff(t, "support")
			active, closed := me.openTicket(nil), me.openTicket(nil)
			for _, id := range []string{active.ID, closed.ID} {
				agent.change(id, "assign", object{"assigneeId": "me"})
			}
			me.change(closed.ID, "close", nil)
			eventually(t, "the tickets are listed as assigned", func() error {
				var page client.List[client.Ticket]
				admin.get("/tickets?assignee="+agent.Profile.ID, &page)
				if len(page.Data) != 2 {
					return mismatch("tickets", len(page.Data), 2)
				}
				return nil
			})
			leave(admin, agent.Profile.ID)
			response := admin.call("POST", "/tickets/"+active.ID+"/assign", object{"clientId": client.NewID(), "assigneeId": agent.Profile.ID})
			wantProblem(t, response, 422)
			me.change(closed.ID, "reopen", nil)
			for _, id := range []string{active.ID, closed.ID} {
				eventually(t, "the ticket is unassigned by the system", func() error {
					entries := me.history(id)
					bySystem := slices.ContainsFunc(entries, func(e client.Entry) bool { return e.Kind == "assignment" && e.Author.Role == "system" })
					if !bySystem || admin.detail(id).Ticket.Assignee != nil {
						return mismatch("entries", toJSON(entries), "unassigned by system")
					}
					return nil
				})
			}
		})
	}
}

// TestListUsers_Sorted checks the filters and orders of the list of users, and that a sign-in
// is recorded.
func TestListUsers_Sorted(t *testing.T) {
	t.Parallel()
	admin, me := newStaff(t, "admin"), customer(t)
	var disabled adminUserView
	admin.mustCall(201, "POST", "/users", object{"phone": client.RandomPhone(), "name": "Reza", "disabled": true}, &disabled)
	first := func(query string) (u adminUserView) {
		var page client.List[adminUserView]
		admin.get("/users?limit=1&"+query, &page)
		if len(page.Data) > 0 {
			u = page.Data[0]
		}
		return u
	}
	eventually(t, "the customer was seen", func() error {
		var u adminUserView
		if admin.get("/users/"+me.Profile.ID, &u); u.LastSeenAt == nil || u.LastSeenAt.Before(u.CreatedAt.Add(-time.Second)) {
			return fmt.Errorf("last seen at %v", u.LastSeenAt)
		}
		for _, query := range []string{"role=user&sort=-lastSeenAt", "sort=-lastSeenAt"} {
			if newest := first(query); newest.LastSeenAt == nil || newest.LastSeenAt.Before(*u.LastSeenAt) {
				return fmt.Errorf("%s: the first was seen at %v", query, newest.LastSeenAt)
			}
		}
		if u = first("disabled=true&sort=-createdAt"); !u.Disabled || u.LastSeenAt != nil {
			return fmt.Errorf("got %+v, want a disabled user", u)
		}
		return nil
	})
	if byName, last := first("sort=name"), first("sort=-name"); byName.ID == "" || byName.ID == last.ID {
		t.Errorf("got %s and %s, want the first and the last user", byName.ID, last.ID)
	}
	for query, field := range map[string]string{"disabled=1": "?disabled", "sort=phone": "?sort", "sort=": "?sort", "sort=name&q=reza": "?sort"} {
		problem := wantProblem(t, admin.call("GET", "/users?"+query, nil), 400)
		if len(problem.Errors) != 1 || problem.Errors[0].Pointer != field {
			t.Errorf("%s: got %+v, want %s", query, problem.Errors, field)
		}
	}
}
