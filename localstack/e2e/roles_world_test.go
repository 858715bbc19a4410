package e2e

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketsystem/localstack/client"
)

// missingThing is the thing that is not there.
const missingThing = "missing"

// world is what the matrix is played in: people of every role, and the things
// that they ask for. What is standing is only read, and asked for by those who
// may not; who may change a thing gets a fresh one.
type world struct {
	t       *testing.T
	boss    actor // enters people and looks after what has changed
	third   actor // whose things are the "other's"
	people  map[string]actor
	sockets map[string]line
	pass    string                       // lets the disabled one's socket in, if it did
	things  map[string]map[string]string // kind -> thing -> id
	file    string                       // of the third person, in no message
	secrets []secret
	mark    string // stands in whatever the matrix asks the stack to make
}

// secret is a text that only some roles may come to see.
type secret struct {
	text string
	may  []string
}

// rights is how soon a change of somebody's rights is enforced everywhere.
const rights = 10 * time.Second

// newWorld peoples a world and fills it.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		t: t, boss: staff(t, adminPhone), people: map[string]actor{}, sockets: map[string]line{},
		mark: "made by the matrix " + client.NewID(),
	}
	for _, role := range []string{roleCustomer, roleOther, roleDisabled} {
		w.people[role] = w.enter("user", "Sara "+client.NewID())
	}
	w.people[roleSupport] = w.enter("support", "Reza Karimi")
	w.people[roleAdmin] = w.enter("admin", "Leila Admin")
	disabled := w.people[roleDisabled]
	w.pass = disabled.handshake().URL
	w.boss.edit(disabled.User.ID, object{"disabled": true})
	out := time.Now().Add(rights)

	w.third = w.enter("user", w.secret("third person", roleSupport, roleAdmin))
	w.secrets = append(w.secrets, secret{w.third.User.Phone, []string{roleAdmin}})
	w.fill()
	for _, role := range []string{roleCustomer, roleOther, roleSupport, roleAdmin} {
		w.sockets[role] = w.people[role].connect()
	}
	waitUntil(t, out) // by then every function knows that he is out
	return w
}

// enter makes a person of a role who is signed in by password.
func (w *world) enter(role, name string) actor {
	w.t.Helper()
	var m member
	w.boss.must(201, "POST", "/users", object{
		"phone": client.RandomPhone(), "role": role, "name": name, "password": client.Password,
	}, &m)
	return w.again(m.Phone)
}

// again opens another session of a person.
func (w *world) again(phone string) actor {
	w.t.Helper()
	person, err := suite.api.Login(w.t.Context(), phone, client.Password)
	return actor{w.t, got(w.t, person, err)}
}

// secret makes a text that nobody but these roles may see.
func (w *world) secret(what string, may ...string) string {
	text := what + " " + strings.ToLower(client.NewID())
	w.secrets = append(w.secrets, secret{text, may})
	return text
}

// fill makes the standing things.
func (w *world) fill() {
	w.t.Helper()
	mine := []string{roleCustomer, roleSupport, roleAdmin}
	customer, agent := w.people[roleCustomer], w.people[roleSupport]
	tickets, files := map[string]string{missingThing: client.NewID()}, map[string]string{missingThing: client.NewID()}
	for thing, owner := range map[string]actor{"own": customer, "assigned": customer, "closed": customer, "other's": w.third} {
		may := mine
		if thing == "other's" {
			may = []string{roleSupport, roleAdmin}
		}
		files[thing] = owner.attach(w.secret("file", may...)+".png", "image/png", picture(w.t))
		tickets[thing] = owner.open(object{
			"title": w.secret("title", may...), "description": w.secret("description", may...), "attachmentIds": []string{files[thing]},
		}).ID
	}
	noted := agent.attach(w.secret("file of a note", roleSupport, roleAdmin)+".png", "image/png", picture(w.t))
	agent.post(tickets["own"], w.secret("note", roleSupport, roleAdmin), object{"internal": true, "attachmentIds": []string{noted}})
	agent.change(tickets["assigned"], "assign", object{"assigneeId": "me"})
	customer.change(tickets["closed"], "close", nil)
	files["in a note"] = noted
	files["unsent"] = customer.attach("unsent.png", "image/png", picture(w.t))
	w.file = w.third.attach("unsent.png", "image/png", picture(w.t))
	w.checked(files)

	session, _ := sessionsOf(w.t, w.third.call)
	w.things = map[string]map[string]string{
		"A ticket": tickets, "A file": files,
		"A session":   {"other's": session.ID, missingThing: client.NewID()},
		"A person":    {"other's": w.third.User.ID, missingThing: client.NewID()},
		"A category":  {"active": w.category(true, w.mark+" standing"), "retired": w.category(false, w.secret("retired", roleAdmin)), missingThing: client.NewID()},
		"A broadcast": {"sent": w.broadcast(), missingThing: client.NewID()},
	}
}

// checked waits until whoever may have the files gets them.
func (w *world) checked(files map[string]string) {
	w.t.Helper()
	owners := map[string]actor{"other's": w.third, "in a note": w.people[roleSupport]}
	for thing, id := range files {
		owner, named := owners[thing]
		if !named {
			owner = w.people[roleCustomer]
		}
		if thing == missingThing {
			continue
		}
		eventually(w.t, "the file is checked: "+thing, func() error {
			if answer := owner.call("GET", "/attachments/"+id, nil); answer.Status != 302 {
				return wrong("GET /attachments/{id}", answer, 302)
			}
			return nil
		})
	}
}

// category makes a category, and retires it if it shall not be active.
func (w *world) category(active bool, name string) string {
	w.t.Helper()
	var made client.Category
	w.boss.must(201, "POST", "/categories", object{"names": object{"en": name, "fa": name + " فا"}, "active": active}, &made)
	w.t.Cleanup(func() { // not to fill the shelf of a stack that others use
		if answer, err := w.boss.Do(w.t.Context(), "DELETE", "/categories/"+made.ID, nil); err == nil && answer.Status >= 500 {
			w.t.Errorf("DELETE /categories: got %s", answer)
		}
	})
	return made.ID
}

// broadcast tells the third person something and waits until it is done.
func (w *world) broadcast() string {
	w.t.Helper()
	var made, now struct{ ID, State string }
	w.boss.must(202, "POST", "/notifications", object{
		"title": "News", "body": w.secret("broadcast", roleAdmin), "audience": object{"userIds": []string{w.third.User.ID}}, "channels": []string{"app"},
	}, &made)
	eventually(w.t, "the broadcast is done", func() error {
		if w.boss.get("/broadcasts/"+made.ID, &now); now.State != "done" {
			return wrong("state", now.State, "done")
		}
		return nil
	})
	return made.ID
}

// standing is the thing that a role asks for; who has none of their own asks
// for the customer's.
func (w *world) standing(kind, role, thing string) string {
	who, signedIn := w.people[role]
	if !signedIn {
		who = w.people[roleCustomer]
	}
	if kind == "A person" && thing == "own" {
		return who.User.ID
	}
	if kind == "A session" && thing == "own" {
		if role == roleDisabled {
			who = w.people[roleCustomer] // his have ended
		}
		current, _ := sessionsOf(w.t, who.call)
		return current.ID
	}
	return w.things[kind][thing]
}

// fresh is a thing like the standing one, for a role that may change it.
func (w *world) fresh(kind, role, thing string) string {
	w.t.Helper()
	switch {
	case kind == "A ticket" && thing != missingThing:
		return w.ticket(thing)
	case kind == "A session":
		current, _ := sessionsOf(w.t, w.again(w.people[role].User.Phone).call)
		return current.ID
	case kind == "A category":
		return w.category(thing == "active", w.mark+" "+client.NewID())
	case kind == "A person" && thing == "other's":
		return w.enter("user", w.mark).User.ID
	}
	return w.standing(kind, role, thing)
}

// ticket opens one that is the customer's own, assigned or closed, or another
// person's. The first word on it is the agent's: somebody has to read it.
func (w *world) ticket(thing string) string {
	w.t.Helper()
	owner := w.people[roleCustomer]
	if thing == "other's" {
		owner = w.third
	}
	id := owner.open(object{"title": w.mark}).ID
	w.boss.post(id, "How can we help?", nil)
	switch thing {
	case "assigned":
		w.people[roleSupport].change(id, "assign", object{"assigneeId": "me"})
	case "closed":
		owner.change(id, "close", nil)
	}
	return id
}

// leaks finds what a text says that the role may not see.
func (w *world) leaks(role, text string) []string {
	var found []string
	for _, s := range w.secrets {
		if strings.Contains(text, s.text) && !slices.Contains(s.may, role) {
			found = append(found, s.text)
		}
	}
	return found
}

// pictureAddress is another one every half an hour.
var pictureAddress = regexp.MustCompile(`"pictureUrl":"[^"]*"`)

// state is all that could have been changed, by where it is seen; the boss, who
// sees everything, looks.
func (w *world) state() map[string]string {
	w.t.Helper()
	seen := map[string]string{}
	look := func(who actor, path string) {
		seen[path] = pictureAddress.ReplaceAllString(string(who.get(path, nil).Body), "")
	}
	for thing, id := range w.things["A ticket"] {
		if thing != missingThing {
			look(w.boss, "/tickets/"+id)
			look(w.boss, "/tickets/"+id+"/history?after=0&limit=100")
		}
	}
	for _, who := range w.people {
		look(w.boss, "/users/"+who.User.ID)
	}
	look(w.boss, "/users/"+w.third.User.ID)
	look(w.boss, "/broadcasts/"+w.things["A broadcast"]["sent"])
	look(w.boss, "/categories/"+w.things["A category"]["active"])
	look(w.boss, "/categories/"+w.things["A category"]["retired"])
	look(w.third, "/sessions")
	return seen
}

// changes says what is not as it was, and what has been made.
func (w *world) changes(before map[string]string) []string {
	w.t.Helper()
	var out []string
	for path, now := range w.state() {
		if before[path] != now {
			out = append(out, fmt.Sprintf("%s: was %s, is %s", path, before[path], now))
		}
	}
	for _, path := range []string{"/tickets?limit=100&sort=-createdAt", "/users?limit=100", "/broadcasts?limit=100", "/categories?limit=100"} {
		if body := string(w.boss.get(path, nil).Body); strings.Count(body, w.mark) > strings.Count(body, w.mark+" standing") {
			out = append(out, path+": holds what somebody made who may not")
		}
	}
	return out
}
