package e2e

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/client"
)

// missingResource is the resource that does not exist.
const missingResource = "missing"

// authzFixture holds users of every role and the resources of the matrix. Shared
// resources are only read; a request that may change a resource gets a new one.
type authzFixture struct {
	t           *testing.T
	admin       testUser // creates users and checks for changes
	thirdUser   testUser // owner of the "other's" resources
	users       map[string]testUser
	sockets     map[string]wsConn
	connectURLs map[string]string            // of the disabled and the removed user, with tokens from before
	resources   map[string]map[string]string // kind -> resource -> id
	fileID      string                       // of thirdUser, in no message
	secrets     []secret
	marker      string // text in everything that the matrix creates
}

// secret is a text that only some roles may see.
type secret struct {
	text string
	may  []string
}

// revocationTimeout bounds the enforcement of changed rights in all functions.
const revocationTimeout = 10 * time.Second

// newAuthzFixture creates the users and the shared resources.
func newAuthzFixture(t *testing.T) *authzFixture {
	t.Helper()
	f := &authzFixture{
		t: t, admin: staff(t, adminPhone), users: map[string]testUser{}, sockets: map[string]wsConn{}, connectURLs: map[string]string{},
		marker: "made by the matrix " + client.NewID(),
	}
	for _, role := range []string{roleCustomer, roleOther, roleDisabled, roleRemoved} {
		f.users[role] = f.createUser("user", "Sara "+client.NewID())
	}
	f.users[roleSupport] = f.createUser("support", "Reza Karimi")
	f.users[roleAdmin] = f.createUser("admin", "Leila Admin")
	for _, role := range []string{roleDisabled, roleRemoved} {
		f.connectURLs[role] = f.users[role].connectToken().URL
	}
	f.admin.updateUser(f.users[roleDisabled].Profile.ID, object{"disabled": true})
	f.admin.mustCall(204, "DELETE", "/users/"+f.users[roleRemoved].Profile.ID, nil, nil)
	f.handOverNumber()
	assignedID := f.demoteAssignee()
	until := time.Now().Add(revocationTimeout)

	f.thirdUser = f.createUser("user", f.newSecret("third user", roleSupport, roleAdmin))
	f.secrets = append(f.secrets, secret{f.thirdUser.Profile.Phone, []string{roleSupport, roleAdmin}})
	f.createResources()
	for _, role := range []string{roleCustomer, roleOther, roleSupport, roleAdmin, roleDemoted, roleNewHolder} {
		f.sockets[role] = f.users[role].connect()
	}
	f.users[roleCustomer].post(assignedID, f.newSecret("message after the demotion", roleCustomer, roleSupport, roleAdmin), nil)
	waitUntil(t, until) // every function has loaded the revocation by then
	return f
}

// handOverNumber moves the customer to another number, and signs another user up with the
// number from before.
func (f *authzFixture) handOverNumber() {
	f.t.Helper()
	owner := f.users[roleCustomer].Profile
	moved := f.admin.updateUser(owner.ID, object{"phone": client.RandomPhone()})
	f.users[roleCustomer] = f.signInAgain(moved.Phone)
	f.users[roleNewHolder] = f.createUserWithPhone(owner.Phone, "user", "Nima "+client.NewID())
}

// demoteAssignee assigns a ticket of the customer to an agent, who then becomes a customer. It
// returns the id of the ticket.
func (f *authzFixture) demoteAssignee() string {
	f.t.Helper()
	agent := f.createUser("support", "Dara "+client.NewID())
	ticketID := f.users[roleCustomer].openTicket(object{"title": f.newSecret("title", roleCustomer, roleSupport, roleAdmin)}).ID
	agent.change(ticketID, "assign", object{"assigneeId": "me"})
	f.admin.updateUser(agent.Profile.ID, object{"role": "user"})
	f.users[roleDemoted] = f.signInAgain(agent.Profile.Phone)
	return ticketID
}

// createUser creates a user of a role and logs them in by password.
func (f *authzFixture) createUser(role, name string) testUser {
	f.t.Helper()
	return f.createUserWithPhone(client.RandomPhone(), role, name)
}

func (f *authzFixture) createUserWithPhone(phone, role, name string) testUser {
	f.t.Helper()
	var account adminUserView
	f.admin.mustCall(201, "POST", "/users", object{
		"phone": phone, "role": role, "name": name, "password": client.Password,
	}, &account)
	return f.signInAgain(account.Phone)
}

// signInAgain opens another session of a user.
func (f *authzFixture) signInAgain(phone string) testUser {
	f.t.Helper()
	user, err := suite.api.Login(f.t.Context(), phone, client.Password)
	return testUser{f.t, must(f.t, user, err)}
}

// newSecret returns a text that only these roles may see.
func (f *authzFixture) newSecret(what string, allowed ...string) string {
	text := what + " " + strings.ToLower(client.NewID())
	f.secrets = append(f.secrets, secret{text, allowed})
	return text
}

// createResources creates the shared resources.
func (f *authzFixture) createResources() {
	f.t.Helper()
	mine := []string{roleCustomer, roleSupport, roleAdmin}
	customer, agent := f.users[roleCustomer], f.users[roleSupport]
	tickets, files := map[string]string{missingResource: client.NewID()}, map[string]string{missingResource: client.NewID()}
	for resource, owner := range map[string]testUser{"own": customer, "assigned": customer, "closed": customer, "other's": f.thirdUser} {
		allowed := mine
		if resource == "other's" {
			allowed = []string{roleSupport, roleAdmin}
		}
		files[resource] = owner.attach(f.newSecret("file", allowed...)+".png", "image/png", testPicture(f.t))
		tickets[resource] = owner.openTicket(object{
			"title": f.newSecret("title", allowed...), "description": f.newSecret("description", allowed...), "attachmentIds": []string{files[resource]},
		}).ID
	}
	inNote := agent.attach(f.newSecret("file of a note", roleSupport, roleAdmin)+".png", "image/png", testPicture(f.t))
	agent.post(tickets["own"], f.newSecret("note", roleSupport, roleAdmin), object{"internal": true, "attachmentIds": []string{inNote}})
	agent.change(tickets["assigned"], "assign", object{"assigneeId": "me"})
	customer.change(tickets["closed"], "close", nil)
	files["in a note"] = inNote
	files["unsent"] = customer.attach("unsent.png", "image/png", testPicture(f.t))
	f.fileID = f.thirdUser.attach("unsent.png", "image/png", testPicture(f.t))
	f.awaitProcessed(files)

	session, _ := sessionsOf(f.t, f.thirdUser.call)
	f.resources = map[string]map[string]string{
		"A ticket": tickets, "A file": files,
		"A session":   {"other's": session.ID, missingResource: client.NewID()},
		"A user":      {"other's": f.thirdUser.Profile.ID, missingResource: client.NewID()},
		"A category":  {"active": f.newCategory(true, f.marker+" standing"), "retired": f.newCategory(false, f.newSecret("retired", roleAdmin)), missingResource: client.NewID()},
		"A broadcast": {"sent": f.newBroadcast(), missingResource: client.NewID()},
	}
}

// awaitProcessed waits until the files can be downloaded.
func (f *authzFixture) awaitProcessed(files map[string]string) {
	f.t.Helper()
	owners := map[string]testUser{"other's": f.thirdUser, "in a note": f.users[roleSupport]}
	for resource, id := range files {
		owner, named := owners[resource]
		if !named {
			owner = f.users[roleCustomer]
		}
		if resource == missingResource {
			continue
		}
		eventually(f.t, "the file is processed: "+resource, func() error {
			if response := owner.call("GET", "/attachments/"+id, nil); response.Status != 302 {
				return mismatch("GET /attachments/{id}", response, 302)
			}
			return nil
		})
	}
}

// newCategory creates a category, active or not.
func (f *authzFixture) newCategory(active bool, name string) string {
	f.t.Helper()
	var made client.Category
	f.admin.mustCall(201, "POST", "/categories", object{"names": object{"en": name, "fa": name + " فا"}, "active": active}, &made)
	f.t.Cleanup(func() { // keeps the categories of a shared stack few
		if response, err := f.admin.Do(f.t.Context(), "DELETE", "/categories/"+made.ID, nil); err == nil && response.Status >= 500 {
			f.t.Errorf("DELETE /categories: got %s", response)
		}
	})
	return made.ID
}

// newBroadcast sends a broadcast to the third user and waits until it is done.
func (f *authzFixture) newBroadcast() string {
	f.t.Helper()
	var made, now struct{ ID, State string }
	f.admin.mustCall(202, "POST", "/notifications", object{
		"title": "News", "body": f.newSecret("broadcast", roleAdmin), "audience": object{"userIds": []string{f.thirdUser.Profile.ID}}, "channels": []string{"app"},
	}, &made)
	eventually(f.t, "the broadcast is done", func() error {
		if f.admin.get("/broadcasts/"+made.ID, &now); now.State != "done" {
			return mismatch("state", now.State, "done")
		}
		return nil
	})
	return made.ID
}

// existing returns the shared resource that a role requests. A role without its own
// requests the customer's.
func (f *authzFixture) existing(kind, role, resource string) string {
	user, signedIn := f.users[role]
	if !signedIn {
		user = f.users[roleCustomer]
	}
	if kind == "A user" && resource == "own" {
		return user.Profile.ID
	}
	if kind == "A session" && resource == "own" {
		if role == roleDisabled || role == roleRemoved {
			user = f.users[roleCustomer] // they have none
		}
		current, _ := sessionsOf(f.t, user.call)
		return current.ID
	}
	return f.resources[kind][resource]
}

// newResource returns a new resource for a role that may change it.
func (f *authzFixture) newResource(kind, role, resource string) string {
	f.t.Helper()
	switch {
	case kind == "A ticket" && resource != missingResource:
		return f.newTicket(resource)
	case kind == "A session":
		current, _ := sessionsOf(f.t, f.signInAgain(f.users[role].Profile.Phone).call)
		return current.ID
	case kind == "A category":
		return f.newCategory(resource == "active", f.marker+" "+client.NewID())
	case kind == "A user" && resource == "other's":
		return f.createUser("user", f.marker).Profile.ID
	}
	return f.existing(kind, role, resource)
}

// newTicket creates a ticket that is the customer's own, assigned, closed or another
// user's. The first reply is the agent's, so that there is something to mark read.
func (f *authzFixture) newTicket(resource string) string {
	f.t.Helper()
	owner := f.users[roleCustomer]
	if resource == "other's" {
		owner = f.thirdUser
	}
	id := owner.openTicket(object{"title": f.marker}).ID
	f.admin.post(id, "How can we help?", nil)
	switch resource {
	case "assigned":
		f.users[roleSupport].change(id, "assign", object{"assigneeId": "me"})
	case "closed":
		owner.change(id, "close", nil)
	}
	return id
}

// findLeaks returns the secrets in a text that the role may not see.
func (f *authzFixture) findLeaks(role, text string) []string {
	var found []string
	for _, s := range f.secrets {
		if strings.Contains(text, s.text) && !slices.Contains(s.may, role) {
			found = append(found, s.text)
		}
	}
	return found
}

// pictureURL matches picture URLs, which change every half hour.
var pictureURL = regexp.MustCompile(`"pictureUrl":"[^"]*"`)

// snapshot returns the administrator's view of all resources, by path.
func (f *authzFixture) snapshot() map[string]string {
	f.t.Helper()
	seen := map[string]string{}
	record := func(user testUser, path string) {
		seen[path] = pictureURL.ReplaceAllString(string(user.get(path, nil).Body), "")
	}
	for resource, id := range f.resources["A ticket"] {
		if resource != missingResource {
			record(f.admin, "/tickets/"+id)
			record(f.admin, "/tickets/"+id+"/history?after=0&limit=100")
		}
	}
	for role, user := range f.users {
		if role != roleRemoved {
			record(f.admin, "/users/"+user.Profile.ID)
		}
	}
	record(f.admin, "/users/"+f.thirdUser.Profile.ID)
	record(f.admin, "/broadcasts/"+f.resources["A broadcast"]["sent"])
	record(f.admin, "/categories/"+f.resources["A category"]["active"])
	record(f.admin, "/categories/"+f.resources["A category"]["retired"])
	record(f.thirdUser, "/sessions")
	return seen
}

// diff returns what has changed since before, and what was created.
func (f *authzFixture) diff(before map[string]string) []string {
	f.t.Helper()
	var out []string
	for path, now := range f.snapshot() {
		if before[path] != now {
			out = append(out, fmt.Sprintf("%s: was %s, is %s", path, before[path], now))
		}
	}
	for _, path := range []string{"/tickets?limit=100&sort=-createdAt", "/users?limit=100", "/broadcasts?limit=100", "/categories?limit=100"} {
		if body := string(f.admin.get(path, nil).Body); strings.Count(body, f.marker) > strings.Count(body, f.marker+" standing") {
			out = append(out, path+": contains an unauthorized resource")
		}
	}
	return out
}
