package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"ticketsystem/localstack/client"
)

// member is a person as administrators see them.
type member struct {
	client.User
	Disabled bool
}

// enter has the seeded administrator enter somebody with a password.
func enter(t *testing.T, role string) member {
	t.Helper()
	var m member
	staff(t, adminPhone).must(201, "POST", "/users", object{
		"phone": client.RandomPhone(), "role": role, "name": "Nima " + role, "password": client.Password,
	}, &m)
	return m
}

// byCode signs somebody in by a one-time code.
func byCode(t *testing.T, phone string) actor {
	t.Helper()
	var tokens client.Tokens
	expect(t, anybody(t, "POST", "/login", object{"phone": phone, "code": ask(t, phone, "login")}), 200, &tokens)
	return actor{t, suite.api.As(tokens)}
}

// officer is somebody new of a role, who has signed in by code.
func officer(t *testing.T, role string) actor {
	t.Helper()
	return byCode(t, enter(t, role).Phone)
}

// edit changes a person.
func (a actor) edit(userID string, fields object) member {
	a.t.Helper()
	var m member
	a.must(200, "PATCH", "/users/"+userID, fields, &m)
	return m
}

// refreshed is the same person with what a refresh gives.
func (a actor) refreshed() (actor, error) {
	a.t.Helper()
	var tokens client.Tokens
	if err := renew(a.t, a.Tokens().RefreshToken).Into(200, &tokens); err != nil {
		return a, err
	}
	return actor{a.t, suite.api.As(tokens)}, nil
}

// shutOut wants that an access token is refused soon, and that a socket has ended.
// How soon is the role matrix's to see, and a matter of a clock in pkg/account:
// a machine that stands still for a while is no fault.
func shutOut(t *testing.T, who actor, socket line) {
	t.Helper()
	if _, err := socket.AwaitEnd(t.Context()); err != nil {
		t.Error(err)
	}
	eventually(t, "the access token of before is refused", func() error {
		answer := who.call("GET", "/tickets?limit=1", nil)
		if answer.Status != 401 {
			return wrong("GET /tickets", answer.Status, 401)
		}
		same(t, "GET /tickets: code", refused(t, answer, 401).Code, "token_expired")
		return nil
	})
}

// TestDisabledPersonIsOut: tokens, sessions and sockets end, and neither
// password nor code opens the door, until an administrator opens it again.
func TestDisabledPersonIsOut(t *testing.T) {
	t.Parallel()
	boss, me := officer(t, "admin"), officer(t, "support")
	socket := me.connect()
	socket.ask(object{"action": "ping"}, "pong")
	same(t, "disabled", boss.edit(me.User.ID, object{"disabled": true}).Disabled, true)
	same(t, "refresh: code", refused(t, renew(t, me.Tokens().RefreshToken), 401).Code, "session_ended")
	shutOut(t, me, socket)

	password := func(word string) client.Answer {
		return anybody(t, "POST", "/login", object{"phone": me.User.Phone, "password": word})
	}
	same(t, "right password: code", refused(t, password(client.Password), 403).Code, "account_disabled")
	same(t, "wrong password: code", refused(t, password("wrong-horse-9"), 401).Code, "login_wrong")

	var found member
	boss.get("/users/"+me.User.ID, &found)
	same(t, "GET /users/{id}: disabled", found.Disabled, true)
	same(t, "enabled", boss.edit(me.User.ID, object{"disabled": false}).Disabled, false)
	var tokens client.Tokens
	expect(t, password(client.Password), 200, &tokens)
	eventually(t, "the person is in again", func() error {
		return renew(t, tokens.RefreshToken).Into(200, &tokens)
	})
}

// TestRoleChangeTakesEffect: what was issued with the old role ends, and the
// session goes on with the new one.
func TestRoleChangeTakesEffect(t *testing.T) {
	t.Parallel()
	boss, me := officer(t, "admin"), officer(t, "support")
	refused(t, me.call("GET", "/users", nil), 403)
	for _, step := range []struct {
		role string
		want int
	}{{"admin", 200}, {"user", 403}} {
		socket := me.connect()
		socket.ask(object{"action": "ping"}, "pong")
		same(t, "role", boss.edit(me.User.ID, object{"role": step.role}).Role, step.role)
		shutOut(t, me, socket)
		eventually(t, "the session goes on as "+step.role, func() (err error) {
			if me, err = me.refreshed(); err != nil {
				return err
			}
			if me.User.Role != step.role {
				return wrong("role", me.User.Role, step.role)
			}
			return me.call("GET", "/users?limit=1", nil).Into(step.want, nil)
		})
	}
}

// TestRemovedPerson: nobody signs in as them, tickets show that they have been
// removed, and their number is free.
func TestRemovedPerson(t *testing.T) {
	t.Parallel()
	boss, me, agent := officer(t, "admin"), officer(t, "user"), officer(t, "support")
	ticket := me.open(nil)
	agent.change(ticket.ID, "assign", object{"assigneeId": "me"})
	socket := me.connect()
	socket.ask(object{"action": "ping"}, "pong")
	boss.must(204, "DELETE", "/users/"+me.User.ID, nil, nil)
	same(t, "refresh: code", refused(t, renew(t, me.Tokens().RefreshToken), 401).Code, "session_ended")
	shutOut(t, me, socket)
	boss.must(204, "DELETE", "/users/"+agent.User.ID, nil, nil)
	for _, method := range []string{"GET", "DELETE"} {
		same(t, method+": code", refused(t, boss.call(method, "/users/"+me.User.ID, nil), 404).Code, "user_not_found")
	}
	refused(t, anybody(t, "POST", "/login", object{"phone": me.User.Phone, "password": client.Password}), 401)

	for language, want := range map[string]string{"en": "Removed user", "fa": "کاربر حذف‌شده"} {
		eventually(t, "the ticket shows a removed user", func() error {
			var shown client.Detail
			if err := boss.call("GET", "/tickets/"+ticket.ID, nil, client.Language(language)).Into(200, &shown); err != nil {
				return err
			}
			customer, assignee := shown.Ticket.Customer, shown.Ticket.Assignee
			if customer == nil || assignee == nil || customer.Name != want || assignee.Name != want || customer.ID != me.User.ID {
				return wrong("customer and assignee", text([]any{customer, assignee}), want)
			}
			same(t, "author of the entry", shown.Entries[0].Author.Name, me.User.Name)
			return nil
		})
	}
	person, err := suite.api.SignUp(t.Context(), me.User.Phone, "Sara Anew")
	anew := actor{t, got(t, person, err)}
	if anew.User.ID == me.User.ID || anew.User.Role != "user" {
		t.Errorf("signed up anew: got %+v, want somebody else", anew.User)
	}
	refused(t, anew.call("GET", "/tickets/"+ticket.ID, nil), 404)
}

// TestDeletedTicketIsGone for everybody, at once, and for good.
func TestDeletedTicketIsGone(t *testing.T) {
	t.Parallel()
	boss, me, agent := staff(t, adminPhone), customer(t), support(t)
	clientID := client.NewID()
	content, err := client.PNG(7)
	got(t, content, err)
	file, err := me.Attach(t.Context(), "slip.png", "image/png", content)
	got(t, file, err)
	ticket := me.open(object{"clientId": clientID, "attachmentIds": []string{file}})
	agent.post(ticket.ID, "We look into it.", nil)
	path := "/tickets/" + ticket.ID
	var signed struct{ URL string }
	eventually(t, "the file is ready", func() error {
		return me.call("GET", "/attachments/"+file, nil, client.Header("Accept", "application/json")).Into(200, &signed)
	})
	refused(t, agent.call("DELETE", path, nil), 403)
	refused(t, me.call("DELETE", path, nil), 403)
	boss.must(204, "DELETE", path, nil, nil)

	gone := func() {
		t.Helper()
		for _, who := range []actor{me, agent, boss} {
			for _, read := range []string{"", "/messages", "/history"} {
				refused(t, who.call("GET", path+read, nil), 404)
			}
			refused(t, who.call("POST", path+"/messages", object{"clientId": client.NewID(), "body": "Hello?"}), 404)
			refused(t, who.call("POST", path+"/close", object{"clientId": client.NewID()}), 404)
		}
		refused(t, boss.call("DELETE", path, nil), 404)
		again := me.call("POST", "/tickets", object{
			"clientId": clientID, "title": "The parcel has not come", "description": "Not yet.", "categoryId": ticket.Category.ID,
		})
		same(t, "its clientId again: code", refused(t, again, 409).Code, "ticket_deleted")
	}
	gone()
	problem := agent.connect().ask(object{"action": "subscribe", "topic": "ticket:" + ticket.ID}, "error").Problem
	same(t, "subscribe: code", problem.Code, "ticket_not_found")
	eventually(t, "the lists have it no more", func() error {
		for _, who := range []actor{me, boss} {
			var page client.List[client.Ticket]
			who.get("/tickets?limit=100&sort=-createdAt", &page)
			if slices.Contains(ids(page.Data), ticket.ID) {
				return wrong("tickets", "the deleted one among them", "none")
			}
		}
		return nil
	})
	eventually(t, "its file is erased", func() error {
		if answer := me.call("GET", "/attachments/"+file, nil); answer.Status != 404 {
			return wrong("GET /attachments/{id}", answer.Status, 404)
		}
		bytes, err := suite.api.Fetch(t.Context(), signed.URL)
		if err == nil && bytes.Status != 404 {
			err = wrong("GET of the signed address of before", bytes.Status, 404)
		}
		return err
	})
	gone()
}

// TestCategoriesAreKept by administrators. It runs alone: others read the
// catalogue page by page.
func TestCategoriesAreKept(t *testing.T) {
	boss, me, w := officer(t, "admin"), customer(t), word()
	names := object{"en": "Refunds " + w, "fa": "بازپرداخت " + w}
	var made client.Category
	answer := boss.must(201, "POST", "/categories", object{"names": names}, &made, client.Language("en"))
	same(t, "location", answer.Header.Get("Location"), "/categories/"+made.ID)
	path := "/categories/" + made.ID
	boss.get(path, nil)
	same(t, "the name again: code", refused(t, boss.call("POST", "/categories", object{"name": "refunds " + w}), 409).Code, "name_taken")
	ticket := me.open(object{"categoryId": made.ID})
	same(t, "category of the ticket", ticket.Category.Name, "Refunds "+w)

	boss.must(200, "PATCH", path, object{"name": "Money back " + w, "active": false}, &made, client.Language("en"))
	same(t, "changed", text(made), text(client.Category{ID: made.ID, Name: "Money back " + w}))
	boss.must(204, "DELETE", path, nil, nil)
	refused(t, boss.call("GET", path, nil), 404)
	refused(t, boss.call("DELETE", path, nil), 404)
	var page client.List[client.Category]
	boss.get("/categories", &page)
	if strings.Contains(text(page.Data), w) {
		t.Errorf("GET /categories: got %s, want the deleted one no more", text(page.Data))
	}
	same(t, "category of the ticket", me.detail(ticket.ID).Ticket.Category.Name, "Refunds "+w)
}

// TestOnlyAdministratorsAdministrate: others are told that they may not, before
// anything else is looked at.
func TestOnlyAdministratorsAdministrate(t *testing.T) {
	t.Parallel()
	callers, id := []actor{customer(t), support(t)}, client.NewID()
	for _, route := range []string{
		"GET /users", "POST /users", "GET /users/" + id, "PATCH /users/" + id, "DELETE /users/" + id, "GET /admin/audit",
		"POST /categories", "PATCH /categories/" + id, "DELETE /categories/" + id, "DELETE /tickets/" + id,
	} {
		method, path, _ := strings.Cut(route, " ")
		var body any
		if method == http.MethodPost || method == http.MethodPatch {
			body = object{}
		}
		for _, who := range callers {
			refused(t, who.call(method, path, body), 403)
		}
		refused(t, anybody(t, method, path, body), 401)
	}
}

// TestDeedsAreTold: each change stands in the audit log, once and in order,
// and no secret does.
func TestDeedsAreTold(t *testing.T) {
	t.Parallel()
	boss, me := officer(t, "admin"), customer(t)
	ticket := me.open(nil)
	var u member
	boss.must(201, "POST", "/users", object{"phone": client.RandomPhone(), "name": "Reza"}, &u)
	taken := boss.call("POST", "/users", object{"phone": u.Phone})
	same(t, "a taken number: code", refused(t, taken, 409).Code, "phone_taken")
	taken = boss.call("PATCH", "/users/"+u.ID, object{"phone": me.User.Phone})
	same(t, "another's number: code", refused(t, taken, 409).Code, "phone_taken")
	boss.edit(u.ID, object{"name": "Reza Karimi", "role": "support", "password": anotherPassword})
	boss.must(204, "DELETE", "/tickets/"+ticket.ID, nil, nil)
	boss.must(204, "DELETE", "/users/"+u.ID, nil, nil)

	type deed struct {
		At, Address, Action, Target string
		Actor                       struct{ ID, Name string }
		Before, After               map[string]any
	}
	var told []string
	for path := "/admin/audit?limit=3"; path != "" && len(told) < 4; {
		var page client.List[deed]
		answer := boss.get(path, &page)
		if strings.Contains(string(answer.Body), anotherPassword) || strings.Contains(string(answer.Body), "argon") {
			t.Fatalf("the audit log holds a secret: %s", answer)
		}
		for _, d := range page.Data {
			if d.Actor.ID != boss.User.ID {
				continue
			}
			told = append(told, d.Action+" "+d.Target)
			if d.At == "" || d.Address == "" || d.Actor.Name != boss.User.Name {
				t.Errorf("got %+v, want when, who and from where", d)
			}
			if d.Action == "user.changed" {
				same(t, "before", text(d.Before), `{"name":"Reza","role":"user"}`)
				same(t, "after", text(d.After), `{"name":"Reza Karimi","password":"changed","role":"support"}`)
			}
		}
		path = ""
		if page.Page.HasMore {
			path = "/admin/audit?limit=3&cursor=" + page.Page.Next
		}
	}
	same(t, "deeds", text(told), text([]string{
		"user.removed " + u.ID, "ticket.removed " + ticket.ID, "user.changed " + u.ID, "user.created " + u.ID,
	}))
}
