package e2e

import (
	"fmt"
	"strings"
	"testing"

	"ticketsystem/localstack/testkit/client"
)

// wantStatusChange checks that the entry is a status change.
func wantStatusChange(t *testing.T, entry client.Entry, from, to string) {
	t.Helper()
	if entry.Change == nil || entry.Change.Field != "status" || entry.Change.From != from || entry.Change.To != to {
		t.Errorf("seq %d: got change %+v, want status from %s to %s", entry.Seq, entry.Change, from, to)
	}
	equal(t, fmt.Sprintf("seq %d: state.status", entry.Seq), entry.State.Status, to)
}

// awaitStatus waits for a ticket's status, which the projection may change after a
// message.
func (u testUser) awaitStatus(ticketID, want string) {
	u.t.Helper()
	eventually(u.t, "status for "+u.Profile.Role, func() error {
		if got := u.detail(ticketID).Ticket.Status; got != want {
			return mismatch("status", got, want)
		}
		return nil
	})
}

func TestTicketStatusFlow(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	id := me.openTicket(nil).ID

	wantStatusChange(t, agent.post(id, "How can I help?", nil), "new", "open")
	me.awaitStatus(id, "open")
	if second := agent.post(id, "Are you there?", nil); second.Change != nil {
		t.Errorf("second reply: got change %+v, want none", second.Change)
	}
	equal(t, "pending", agent.change(id, "status", object{"status": "pending"}).Status, "pending")
	wantStatusChange(t, newest(t, agent.history(id)), "open", "pending")
	me.awaitStatus(id, "pending")
	wantStatusChange(t, me.post(id, "Here I am", nil), "pending", "open")
	me.awaitStatus(id, "open")
	equal(t, "resolved", agent.change(id, "status", object{"status": "resolved"}).Status, "resolved")
	wantStatusChange(t, me.post(id, "It is back", nil), "resolved", "open")
	agent.awaitStatus(id, "open")

	closed := me.change(id, "close", nil)
	equal(t, "closed", closed.Status, "closed")
	if closed.ClosedAt == nil {
		t.Error("closedAt: got none, want the time")
	}
	wantStatusChange(t, newest(t, me.history(id)), "open", "closed")
	reopened := me.change(id, "reopen", nil)
	equal(t, "reopened", reopened.Status, "open")
	if reopened.ClosedAt != nil {
		t.Errorf("closedAt after reopening: got %s, want none", reopened.ClosedAt)
	}
	agent.change(id, "close", nil)
	wantStatusChange(t, me.post(id, "One more thing", nil), "closed", "open")
	me.awaitStatus(id, "open")

	entries := me.history(id)
	equal(t, "seqs", fmt.Sprint(seqs(entries)), fmt.Sprint(seqRange(1, len(entries))))
	want := "[opened message message status message status message status status status message]"
	equal(t, "kinds", fmt.Sprint(entryKinds(entries)), want)
}

func TestStatusChanges_Idempotent(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	id := me.openTicket(nil).ID
	action := func(user testUser, name string, body object) {
		t.Helper()
		before := len(agent.history(id))
		body["clientId"] = client.NewID()
		var first, repeat client.Ticket
		user.mustCall(200, "POST", "/tickets/"+id+"/"+name, body, &first)
		user.mustCall(200, "POST", "/tickets/"+id+"/"+name, body, &repeat)
		equal(t, "repeated "+name+": status", repeat.Status, first.Status)
		equal(t, "entries of a repeated "+name, len(agent.history(id))-before, 1)
	}
	action(agent, "assign", object{"assigneeId": "me"})
	action(agent, "status", object{"status": "pending"})
	action(me, "close", object{})
	action(me, "reopen", object{})
}

func TestClose_Concurrent(t *testing.T) {
	t.Parallel()
	me := customer(t)
	id := me.openTicket(nil).ID
	body := object{"clientId": client.NewID()}
	responses := concurrently(t, 6, func(int) (client.Response, error) {
		return me.Do(t.Context(), "POST", "/tickets/"+id+"/close", body)
	})
	equal(t, "200s of six equal closes", countStatuses(responses)[200], 6)
	equal(t, "history", fmt.Sprint(entryKinds(me.history(id))), "[opened status]")
}

func TestOnHold_ShownAsOpen(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	id := me.openTicket(nil).ID
	agent.post(id, "One moment", nil)
	equal(t, "for staff", agent.change(id, "status", object{"status": "on_hold"}).Status, "on_hold")
	agent.post(id, "Still on it", nil)
	agent.awaitStatus(id, "on_hold")
	me.awaitStatus(id, "open")
	me.post(id, "Any news?", nil)
	agent.awaitStatus(id, "open")
	agent.change(id, "status", object{"status": "on_hold"})
	agent.change(id, "status", object{"status": "resolved"})
	me.awaitStatus(id, "resolved")
	agent.change(id, "status", object{"status": "on_hold"})
	me.awaitStatus(id, "open")
	for _, path := range []string{"/tickets/" + id, "/tickets", "/tickets/" + id + "/history?limit=100", "/tickets/" + id + "/messages?limit=100"} {
		if response := me.call("GET", path, nil); response.Status != 200 || strings.Contains(string(response.Body), "hold") {
			t.Errorf("GET %s by the customer: got %s, want no on_hold", path, response)
		}
	}
}

func TestStatusChange_Invalid(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	id := me.openTicket(nil).ID
	for name, c := range map[string]struct {
		verb  string
		body  object
		field string
	}{
		"status without clientId":      {"status", object{"status": "pending"}, "clientId"},
		"no status":                    {"status", object{"clientId": client.NewID()}, "status"},
		"unknown status":               {"status", object{"clientId": client.NewID(), "status": "excited"}, "status"},
		"status type":                  {"status", object{"clientId": client.NewID(), "status": 1}, "status"},
		"assign without clientId":      {"assign", object{"assigneeId": "me"}, "clientId"},
		"no assignee":                  {"assign", object{"clientId": client.NewID()}, "assigneeId"},
		"assignee type":                {"assign", object{"clientId": client.NewID(), "assigneeId": 5}, "assigneeId"},
		"unknown assignee":             {"assign", object{"clientId": client.NewID(), "assigneeId": client.NewID()}, "assigneeId"},
		"a customer as assignee":       {"assign", object{"clientId": client.NewID(), "assigneeId": me.Profile.ID}, "assigneeId"},
		"close without clientId":       {"close", object{}, "clientId"},
		"reopen with an unknown field": {"reopen", object{"clientId": client.NewID(), "why": "x"}, "why"},
	} {
		response := agent.call("POST", "/tickets/"+id+"/"+c.verb, c.body)
		if response.Status != 400 && response.Status != 422 {
			t.Errorf("%s: got %s, want 400 or 422", name, response)
			continue
		}
		if problem := wantProblem(t, response, 400, 422); !pointsAt(problem, c.field) {
			t.Errorf("%s: got errors %+v, want one that points at /%s", name, problem.Errors, c.field)
		}
	}
	equal(t, "history after rejected changes", fmt.Sprint(entryKinds(agent.history(id))), "[opened]")
}

func TestAssign(t *testing.T) {
	t.Parallel()
	me, agent, colleague := customer(t), support(t), support2(t)
	id := me.openTicket(nil).ID
	claimed := agent.change(id, "assign", object{"assigneeId": "me"})
	equal(t, "status after a claim", claimed.Status, "open")
	if claimed.Assignee == nil || claimed.Assignee.ID != agent.Profile.ID || claimed.Assignee.Name != agent.Profile.Name {
		t.Fatalf("assignee: got %+v, want %s", claimed.Assignee, agent.Profile.ID)
	}
	entry := newest(t, agent.history(id))
	equal(t, "kind", entry.Kind, "assignment")
	equal(t, "state.assigneeId", entry.State.AssigneeID, agent.Profile.ID)
	equal(t, "state.status", entry.State.Status, "open")

	wantProblem(t, colleague.call("POST", "/tickets/"+id+"/assign", object{"clientId": client.NewID(), "assigneeId": "me"}), 409)
	given := agent.change(id, "assign", object{"assigneeId": colleague.Profile.ID})
	equal(t, "assignee after assigning a colleague", given.Assignee.ID, colleague.Profile.ID)
	taken := agent.change(id, "assign", object{"assigneeId": agent.Profile.ID})
	equal(t, "assignee after assigning oneself", taken.Assignee.ID, agent.Profile.ID)
	free := colleague.change(id, "assign", object{"assigneeId": nil})
	if free.Assignee != nil {
		t.Errorf("assignee after release: got %+v, want none", free.Assignee)
	}
	equal(t, "state.assigneeId after release", newest(t, agent.history(id)).State.AssigneeID, "")
	mine := colleague.change(id, "assign", object{"assigneeId": "me"})
	equal(t, "assignee after the second claim", mine.Assignee.ID, colleague.Profile.ID)
	equal(t, "history", fmt.Sprint(entryKinds(agent.history(id))), "[opened assignment assignment assignment assignment assignment]")
}

func TestClaim_Concurrent(t *testing.T) {
	t.Parallel()
	me := customer(t)
	agents := []testUser{support(t), support2(t), staff(t, adminPhone)}
	for range 4 {
		id := me.openTicket(nil).ID
		responses := concurrently(t, len(agents), func(i int) (client.Response, error) {
			return agents[i].Do(t.Context(), "POST", "/tickets/"+id+"/assign", object{"clientId": client.NewID(), "assigneeId": "me"})
		})
		if got := countStatuses(responses); got[200] != 1 || got[409] != 2 {
			t.Errorf("three claims at once: got statuses %v, want one 200 and two 409", got)
		}
		equal(t, "history", fmt.Sprint(entryKinds(agents[0].history(id))), "[opened assignment]")
	}
}
