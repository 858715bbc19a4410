package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"ticketsystem/localstack/testkit/client"
)

// checkStateChain checks that every entry carries the state after it: no gaps, and each
// status change starts from the previous entry's status.
func checkStateChain(t *testing.T, entries []client.Entry) {
	t.Helper()
	equal(t, "seqs", fmt.Sprint(seqs(entries)), fmt.Sprint(seqRange(1, len(entries))))
	for i, entry := range entries[1:] {
		before := entries[i].State
		what := fmt.Sprintf("seq %d (%s)", entry.Seq, entry.Kind)
		switch {
		case entry.Change != nil && entry.Change.Field == "status":
			equal(t, what+": change.from", entry.Change.From, any(before.Status))
			equal(t, what+": change.to", entry.Change.To, any(entry.State.Status))
		case entry.Kind != "assignment": // a reply opens a new ticket
			equal(t, what+": state.status", entry.State.Status, before.Status)
		}
		if entry.Kind != "assignment" {
			equal(t, what+": state.assigneeId", entry.State.AssigneeID, before.AssigneeID)
		}
	}
}

func TestLog_ConcurrentChanges(t *testing.T) {
	t.Parallel()
	me, agent, colleague := customer(t), support(t), support2(t)
	id := me.openTicket(nil).ID
	type step struct {
		user testUser
		path string
		body object
	}
	var steps []step
	for range 4 {
		steps = append(steps,
			step{me, "messages", object{"body": "customer"}},
			step{agent, "messages", object{"body": "support"}},
			step{agent, "messages", object{"body": "between us", "internal": true}},
			step{agent, "status", object{"status": "pending"}},
			step{agent, "status", object{"status": "resolved"}},
			step{colleague, "status", object{"status": "on_hold"}},
			step{agent, "assign", object{"assigneeId": "me"}},
			step{colleague, "assign", object{"assigneeId": nil}},
			step{me, "close", object{}},
			step{me, "reopen", object{}},
		)
	}
	responses := concurrently(t, len(steps), func(i int) (client.Response, error) {
		body := object{"clientId": client.NewID()}
		for name, value := range steps[i].body {
			body[name] = value
		}
		return steps[i].user.Do(t.Context(), "POST", "/tickets/"+id+"/"+steps[i].path, body)
	})
	for _, response := range responses {
		if response.Status != 200 && response.Status != 201 {
			wantProblem(t, response, 409)
		}
	}
	entries := agent.history(id)
	checkStateChain(t, entries)
	eventually(t, "the ticket reaches the end of the log", func() error {
		ticket, end := agent.detail(id).Ticket, newest(t, entries)
		holder := ""
		if ticket.Assignee != nil {
			holder = ticket.Assignee.ID
		}
		if ticket.LastSeq != end.Seq || ticket.Status != end.State.Status || holder != end.State.AssigneeID {
			return mismatch("ticket", toJSON(ticket), toJSON(end))
		}
		return nil
	})
}

func TestUpdateTicket_Concurrent(t *testing.T) {
	t.Parallel()
	me := customer(t)
	id := me.openTicket(nil).ID
	etag := me.get("/tickets/"+id, nil).Header.Get("ETag")
	responses := concurrently(t, 6, func(i int) (client.Response, error) {
		return me.Do(t.Context(), "PATCH", "/tickets/"+id, object{"title": fmt.Sprintf("Title %d", i)}, client.IfMatch(etag))
	})
	for _, response := range responses {
		if response.Status != 200 {
			wantProblem(t, response, 412, 409)
		}
	}
	equal(t, "200s of six updates of one version", countStatuses(responses)[200], 1)
	equal(t, "history", fmt.Sprint(entryKinds(me.history(id))), "[opened title]")
}

func TestStatusChanges_LateRepeat(t *testing.T) {
	t.Parallel()
	me, agent, colleague := customer(t), support(t), support2(t)
	id := me.openTicket(nil).ID
	claim := object{"clientId": client.NewID(), "assigneeId": "me"}
	agent.change(id, "assign", claim)
	agent.change(id, "assign", object{"assigneeId": nil})
	colleague.change(id, "assign", object{"assigneeId": "me"})
	agent.mustCall(200, "POST", "/tickets/"+id+"/assign", claim, nil)
	holder := agent.detail(id).Ticket.Assignee
	if holder == nil || holder.ID != colleague.Profile.ID {
		t.Errorf("assignee after a late repeat of a claim: got %+v, want %s", holder, colleague.Profile.ID)
	}
	closing := object{"clientId": client.NewID()}
	me.change(id, "close", closing)
	me.change(id, "reopen", nil)
	me.mustCall(200, "POST", "/tickets/"+id+"/close", closing, nil)
	equal(t, "status after a late repeat of a close", me.detail(id).Ticket.Status, "open")
	equal(t, "history", fmt.Sprint(entryKinds(agent.history(id))), "[opened assignment assignment assignment status status]")
}

// TestPostMessage_RepeatWithAnyAfter repeats a message with different values of after,
// as clients with different knowledge would.
func TestPostMessage_RepeatWithAnyAfter(t *testing.T) {
	t.Parallel()
	me := customer(t)
	id := me.openTicket(nil).ID
	path := "/tickets/" + id + "/messages"
	ahead := ulid.MustNew(ulid.Timestamp(time.Now().Add(time.Hour)), ulid.DefaultEntropy()).String()
	behind := ulid.MustNew(ulid.Timestamp(time.Now().Add(-1000*time.Hour)), ulid.DefaultEntropy()).String()
	for name, clientID := range map[string]string{"right": client.NewID(), "ahead": ahead, "behind": behind} {
		var first, repeat client.Entry
		seen := me.detail(id).Ticket.LastSeq
		me.mustCall(201, "POST", path, object{"clientId": clientID, "body": name, "after": seen}, &first)
		for range 3 {
			me.post(id, "later", nil)
		}
		for _, after := range []any{nil, 0, 1, seen, first.Seq, first.Seq + 1, first.Seq + 3, 5000} {
			body := object{"clientId": clientID, "body": name}
			if after != nil {
				body["after"] = after
			}
			response := me.call("POST", path, body)
			if err := response.Decode(200, &repeat); err != nil {
				t.Errorf("clock of the client %s, repeat with after %v: %v", name, after, err)
				continue
			}
			equal(t, fmt.Sprintf("clock of the client %s, repeat with after %v: seq", name, after), repeat.Seq, first.Seq)
		}
	}
}

func TestPostMessage_LateRepeat(t *testing.T) {
	t.Parallel()
	me := customer(t)
	id := me.openTicket(nil).ID
	path := "/tickets/" + id + "/messages"
	body := object{"clientId": client.NewID(), "body": "once", "after": 1}
	me.mustCall(201, "POST", path, body, nil)
	for i := range 120 {
		me.post(id, fmt.Sprintf("message %d", i), object{"after": i + 2})
	}
	var repeat client.Entry
	me.mustCall(200, "POST", path, body, &repeat)
	equal(t, "seq of a repeat 120 messages later", repeat.Seq, 2)
	equal(t, "lastSeq", me.detail(id).Ticket.LastSeq, 122)
}
