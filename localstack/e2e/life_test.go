package e2e

import (
	"fmt"
	"strings"
	"testing"

	"ticketsystem/localstack/client"
)

// moved wants an entry that carries a move of the status.
func moved(t *testing.T, entry client.Entry, from, to string) {
	t.Helper()
	if entry.Change == nil || entry.Change.Field != "status" || entry.Change.From != from || entry.Change.To != to {
		t.Errorf("seq %d: got change %+v, want status from %s to %s", entry.Seq, entry.Change, from, to)
	}
	same(t, fmt.Sprintf("seq %d: state.status", entry.Seq), entry.State.Status, to)
}

// status waits for a ticket's status, which a message may change through the
// stream.
func (a actor) status(ticketID, want string) {
	a.t.Helper()
	eventually(a.t, "status for "+a.User.Role, func() error {
		if got := a.detail(ticketID).Ticket.Status; got != want {
			return wrong("status", got, want)
		}
		return nil
	})
}

func TestLifeOfATicket(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	id := me.open(nil).ID

	moved(t, agent.post(id, "How can I help?", nil), "new", "open")
	me.status(id, "open")
	if second := agent.post(id, "Are you there?", nil); second.Change != nil {
		t.Errorf("second answer: got change %+v, want none", second.Change)
	}
	same(t, "pending", agent.change(id, "status", object{"status": "pending"}).Status, "pending")
	moved(t, last(t, agent.history(id)), "open", "pending")
	me.status(id, "pending")
	moved(t, me.post(id, "Here I am", nil), "pending", "open")
	me.status(id, "open")
	same(t, "resolved", agent.change(id, "status", object{"status": "resolved"}).Status, "resolved")
	moved(t, me.post(id, "It is back", nil), "resolved", "open")
	agent.status(id, "open")

	closed := me.change(id, "close", nil)
	same(t, "closed", closed.Status, "closed")
	if closed.ClosedAt == nil {
		t.Error("closedAt: got none, want the time")
	}
	moved(t, last(t, me.history(id)), "open", "closed")
	reopened := me.change(id, "reopen", nil)
	same(t, "reopened", reopened.Status, "open")
	if reopened.ClosedAt != nil {
		t.Errorf("closedAt after reopening: got %s, want none", reopened.ClosedAt)
	}
	agent.change(id, "close", nil)
	moved(t, me.post(id, "One more thing", nil), "closed", "open")
	me.status(id, "open")

	entries := me.history(id)
	same(t, "seqs", fmt.Sprint(seqs(entries)), fmt.Sprint(between(1, len(entries))))
	want := "[opened message message status message status message status status status message]"
	same(t, "kinds", fmt.Sprint(kinds(entries)), want)
}

func TestVerbsAreExactlyOnce(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	id := me.open(nil).ID
	verb := func(who actor, name string, body object) {
		t.Helper()
		before := len(agent.history(id))
		body["clientId"] = client.NewID()
		var first, repeat client.Ticket
		who.must(200, "POST", "/tickets/"+id+"/"+name, body, &first)
		who.must(200, "POST", "/tickets/"+id+"/"+name, body, &repeat)
		same(t, "repeated "+name+": status", repeat.Status, first.Status)
		same(t, "entries of a repeated "+name, len(agent.history(id))-before, 1)
	}
	verb(agent, "assign", object{"assigneeId": "me"})
	verb(agent, "status", object{"status": "pending"})
	verb(me, "close", object{})
	verb(me, "reopen", object{})
}

func TestClosesAtOnceMakeOneEntry(t *testing.T) {
	t.Parallel()
	me := customer(t)
	id := me.open(nil).ID
	body := object{"clientId": client.NewID()}
	answers := together(t, 6, func(int) (client.Answer, error) {
		return me.Do(t.Context(), "POST", "/tickets/"+id+"/close", body)
	})
	same(t, "200s of six equal closes", count(answers)[200], 6)
	same(t, "history", fmt.Sprint(kinds(me.history(id))), "[opened status]")
}

func TestOnHoldIsOpenForTheCustomer(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	id := me.open(nil).ID
	agent.post(id, "One moment", nil)
	same(t, "for staff", agent.change(id, "status", object{"status": "on_hold"}).Status, "on_hold")
	agent.post(id, "Still on it", nil)
	agent.status(id, "on_hold")
	me.status(id, "open")
	me.post(id, "Any news?", nil)
	agent.status(id, "open")
	agent.change(id, "status", object{"status": "on_hold"})
	agent.change(id, "status", object{"status": "resolved"})
	me.status(id, "resolved")
	agent.change(id, "status", object{"status": "on_hold"})
	me.status(id, "open")
	for _, path := range []string{"/tickets/" + id, "/tickets", "/tickets/" + id + "/history?limit=100", "/tickets/" + id + "/messages?limit=100"} {
		if answer := me.call("GET", path, nil); answer.Status != 200 || strings.Contains(string(answer.Body), "hold") {
			t.Errorf("GET %s by the customer: got %s, want no word of a hold", path, answer)
		}
	}
}

func TestBadVerbs(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	id := me.open(nil).ID
	for name, c := range map[string]struct {
		verb  string
		body  object
		field string
	}{
		"status without clientId": {"status", object{"status": "pending"}, "clientId"},
		"no status":               {"status", object{"clientId": client.NewID()}, "status"},
		"strange status":          {"status", object{"clientId": client.NewID(), "status": "excited"}, "status"},
		"status type":             {"status", object{"clientId": client.NewID(), "status": 1}, "status"},
		"assign without clientId": {"assign", object{"assigneeId": "me"}, "clientId"},
		"no assignee":             {"assign", object{"clientId": client.NewID()}, "assigneeId"},
		"assignee type":           {"assign", object{"clientId": client.NewID(), "assigneeId": 5}, "assigneeId"},
		"unknown assignee":        {"assign", object{"clientId": client.NewID(), "assigneeId": client.NewID()}, "assigneeId"},
		"a customer as assignee":  {"assign", object{"clientId": client.NewID(), "assigneeId": me.User.ID}, "assigneeId"},
		"close without clientId":  {"close", object{}, "clientId"},
		"reopen with more":        {"reopen", object{"clientId": client.NewID(), "why": "x"}, "why"},
	} {
		answer := agent.call("POST", "/tickets/"+id+"/"+c.verb, c.body)
		if answer.Status != 400 && answer.Status != 422 {
			t.Errorf("%s: got %s, want 400 or 422", name, answer)
			continue
		}
		if problem := refused(t, answer, 400, 422); !names(problem, c.field) {
			t.Errorf("%s: got errors %+v, want one that points at /%s", name, problem.Errors, c.field)
		}
	}
	same(t, "history after refused verbs", fmt.Sprint(kinds(agent.history(id))), "[opened]")
}

func TestAssignment(t *testing.T) {
	t.Parallel()
	me, agent, colleague := customer(t), support(t), support2(t)
	id := me.open(nil).ID
	claimed := agent.change(id, "assign", object{"assigneeId": "me"})
	same(t, "status after a claim", claimed.Status, "open")
	if claimed.Assignee == nil || claimed.Assignee.ID != agent.User.ID || claimed.Assignee.Name != agent.User.Name {
		t.Fatalf("assignee: got %+v, want %s", claimed.Assignee, agent.User.ID)
	}
	entry := last(t, agent.history(id))
	same(t, "kind", entry.Kind, "assignment")
	same(t, "state.assigneeId", entry.State.AssigneeID, agent.User.ID)
	same(t, "state.status", entry.State.Status, "open")

	refused(t, colleague.call("POST", "/tickets/"+id+"/assign", object{"clientId": client.NewID(), "assigneeId": "me"}), 409)
	given := agent.change(id, "assign", object{"assigneeId": colleague.User.ID})
	same(t, "assignee after naming a colleague", given.Assignee.ID, colleague.User.ID)
	taken := agent.change(id, "assign", object{"assigneeId": agent.User.ID})
	same(t, "assignee after naming oneself", taken.Assignee.ID, agent.User.ID)
	free := colleague.change(id, "assign", object{"assigneeId": nil})
	if free.Assignee != nil {
		t.Errorf("assignee after release: got %+v, want none", free.Assignee)
	}
	same(t, "state.assigneeId after release", last(t, agent.history(id)).State.AssigneeID, "")
	mine := colleague.change(id, "assign", object{"assigneeId": "me"})
	same(t, "assignee after the second claim", mine.Assignee.ID, colleague.User.ID)
	same(t, "history", fmt.Sprint(kinds(agent.history(id))), "[opened assignment assignment assignment assignment assignment]")
}

func TestTwoAgentsCannotBothClaim(t *testing.T) {
	t.Parallel()
	me := customer(t)
	agents := []actor{support(t), support2(t), staff(t, adminPhone)}
	for range 4 {
		id := me.open(nil).ID
		answers := together(t, len(agents), func(i int) (client.Answer, error) {
			return agents[i].Do(t.Context(), "POST", "/tickets/"+id+"/assign", object{"clientId": client.NewID(), "assigneeId": "me"})
		})
		if got := count(answers); got[200] != 1 || got[409] != 2 {
			t.Errorf("three claims at once: got statuses %v, want one 200 and two 409", got)
		}
		same(t, "history", fmt.Sprint(kinds(agents[0].history(id))), "[opened assignment]")
	}
}
