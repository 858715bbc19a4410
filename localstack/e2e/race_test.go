package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"ticketsystem/localstack/client"
)

// chained wants every entry to carry the state after it: seqs without gaps,
// and each move of the status to begin where the entry before it ended.
func chained(t *testing.T, entries []client.Entry) {
	t.Helper()
	same(t, "seqs", fmt.Sprint(seqs(entries)), fmt.Sprint(between(1, len(entries))))
	for i, entry := range entries[1:] {
		before := entries[i].State
		what := fmt.Sprintf("seq %d (%s)", entry.Seq, entry.Kind)
		switch {
		case entry.Change != nil && entry.Change.Field == "status":
			same(t, what+": change.from", entry.Change.From, any(before.Status))
			same(t, what+": change.to", entry.Change.To, any(entry.State.Status))
		case entry.Kind != "assignment": // which opens a new ticket
			same(t, what+": state.status", entry.State.Status, before.Status)
		}
		if entry.Kind != "assignment" {
			same(t, what+": state.assigneeId", entry.State.AssigneeID, before.AssigneeID)
		}
	}
}

func TestLogIsConsistentUnderRaces(t *testing.T) {
	t.Parallel()
	me, agent, colleague := customer(t), support(t), support2(t)
	id := me.open(nil).ID
	type step struct {
		who  actor
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
	answers := together(t, len(steps), func(i int) (client.Answer, error) {
		body := object{"clientId": client.NewID()}
		for name, value := range steps[i].body {
			body[name] = value
		}
		return steps[i].who.Do(t.Context(), "POST", "/tickets/"+id+"/"+steps[i].path, body)
	})
	for _, answer := range answers {
		if answer.Status != 200 && answer.Status != 201 {
			refused(t, answer, 409)
		}
	}
	entries := agent.history(id)
	chained(t, entries)
	eventually(t, "the head follows the log", func() error {
		head, end := agent.detail(id).Ticket, last(t, entries)
		holder := ""
		if head.Assignee != nil {
			holder = head.Assignee.ID
		}
		if head.LastSeq != end.Seq || head.Status != end.State.Status || holder != end.State.AssigneeID {
			return wrong("head", text(head), text(end))
		}
		return nil
	})
}

func TestPatchesAtOnceDoNotOverwrite(t *testing.T) {
	t.Parallel()
	me := customer(t)
	id := me.open(nil).ID
	etag := me.get("/tickets/"+id, nil).Header.Get("ETag")
	answers := together(t, 6, func(i int) (client.Answer, error) {
		return me.Do(t.Context(), "PATCH", "/tickets/"+id, object{"title": fmt.Sprintf("Title %d", i)}, client.IfMatch(etag))
	})
	for _, answer := range answers {
		if answer.Status != 200 {
			refused(t, answer, 412, 409)
		}
	}
	same(t, "200s of six changes of one version", count(answers)[200], 1)
	same(t, "history", fmt.Sprint(kinds(me.history(id))), "[opened title]")
}

func TestLateRepeatsOfVerbsDoNothing(t *testing.T) {
	t.Parallel()
	me, agent, colleague := customer(t), support(t), support2(t)
	id := me.open(nil).ID
	claim := object{"clientId": client.NewID(), "assigneeId": "me"}
	agent.change(id, "assign", claim)
	agent.change(id, "assign", object{"assigneeId": nil})
	colleague.change(id, "assign", object{"assigneeId": "me"})
	agent.must(200, "POST", "/tickets/"+id+"/assign", claim, nil)
	holder := agent.detail(id).Ticket.Assignee
	if holder == nil || holder.ID != colleague.User.ID {
		t.Errorf("assignee after a late repeat of a claim: got %+v, want %s", holder, colleague.User.ID)
	}
	closing := object{"clientId": client.NewID()}
	me.change(id, "close", closing)
	me.change(id, "reopen", nil)
	me.must(200, "POST", "/tickets/"+id+"/close", closing, nil)
	same(t, "status after a late repeat of a close", me.detail(id).Ticket.Status, "open")
	same(t, "history", fmt.Sprint(kinds(agent.history(id))), "[opened assignment assignment assignment status status]")
}

// TestRepeatsAreFoundWhateverAfterSays repeats a message with every idea that
// a client may have of what it has seen.
func TestRepeatsAreFoundWhateverAfterSays(t *testing.T) {
	t.Parallel()
	me := customer(t)
	id := me.open(nil).ID
	path := "/tickets/" + id + "/messages"
	ahead := ulid.MustNew(ulid.Timestamp(time.Now().Add(time.Hour)), ulid.DefaultEntropy()).String()
	behind := ulid.MustNew(ulid.Timestamp(time.Now().Add(-1000*time.Hour)), ulid.DefaultEntropy()).String()
	for name, clientID := range map[string]string{"right": client.NewID(), "ahead": ahead, "behind": behind} {
		var first, repeat client.Entry
		seen := me.detail(id).Ticket.LastSeq
		me.must(201, "POST", path, object{"clientId": clientID, "body": name, "after": seen}, &first)
		for range 3 {
			me.post(id, "later", nil)
		}
		for _, after := range []any{nil, 0, 1, seen, first.Seq, first.Seq + 1, first.Seq + 3, 5000} {
			body := object{"clientId": clientID, "body": name}
			if after != nil {
				body["after"] = after
			}
			answer := me.call("POST", path, body)
			if err := answer.Into(200, &repeat); err != nil {
				t.Errorf("a phone's clock %s, repeat with after %v: %v", name, after, err)
				continue
			}
			same(t, fmt.Sprintf("a phone's clock %s, repeat with after %v: seq", name, after), repeat.Seq, first.Seq)
		}
	}
}

func TestRepeatIsFoundHoweverLate(t *testing.T) {
	t.Parallel()
	me := customer(t)
	id := me.open(nil).ID
	path := "/tickets/" + id + "/messages"
	body := object{"clientId": client.NewID(), "body": "once", "after": 1}
	me.must(201, "POST", path, body, nil)
	for i := range 120 {
		me.post(id, fmt.Sprintf("message %d", i), object{"after": i + 2})
	}
	var repeat client.Entry
	me.must(200, "POST", path, body, &repeat)
	same(t, "seq of a repeat 120 messages later", repeat.Seq, 2)
	same(t, "lastSeq", me.detail(id).Ticket.LastSeq, 122)
}
