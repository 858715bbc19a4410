package e2e

import (
	"fmt"
	"strings"
	"testing"

	"ticketsystem/localstack/client"
)

func TestPostMessage(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.open(nil)
	id := client.NewID()
	var entry client.Entry
	me.must(201, "POST", "/tickets/"+ticket.ID+"/messages", object{"clientId": id, "body": "سلام\nhello 🙂"}, &entry)
	same(t, "ticketId", entry.TicketID, ticket.ID)
	same(t, "seq", entry.Seq, 2)
	same(t, "kind", entry.Kind, "message")
	same(t, "body", entry.Body, "سلام\nhello 🙂")
	same(t, "clientId", entry.ClientID, id)
	same(t, "author", entry.Author, client.Author{ID: me.User.ID, Name: me.User.Name, Role: "user"})
	same(t, "state.status", entry.State.Status, "new")
	if entry.Change != nil {
		t.Errorf("change: got %+v, want none", entry.Change)
	}
	read := me.detail(ticket.ID)
	same(t, "lastSeq", read.Ticket.LastSeq, 2)
	same(t, "stored entry", text(last(t, read.Entries)), text(entry))
}

func TestRepeatedMessageIsStoredOnce(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.open(nil)
	path := "/tickets/" + ticket.ID + "/messages"
	body := object{"clientId": client.NewID(), "body": "once", "after": 1}
	var first, repeat client.Entry
	me.must(201, "POST", path, body, &first)
	me.must(200, "POST", path, body, &repeat)
	same(t, "repeat", text(repeat), text(first))

	for i := range 5 {
		me.post(ticket.ID, fmt.Sprintf("later %d", i), nil)
	}
	me.must(200, "POST", path, body, &repeat)
	same(t, "repeat behind later messages: seq", repeat.Seq, first.Seq)
	delete(body, "after")
	me.must(200, "POST", path, body, &repeat)
	same(t, "repeat without after: seq", repeat.Seq, first.Seq)
	body["body"] = "other content"
	me.must(200, "POST", path, body, &repeat)
	same(t, "repeat with other content: body", repeat.Body, "once")

	var theirs client.Entry
	agent.must(201, "POST", path, body, &theirs)
	same(t, "the same clientId of another author: seq", theirs.Seq, 8)
	same(t, "seqs", fmt.Sprint(seqs(me.history(ticket.ID))), fmt.Sprint(between(1, 8)))

	other := me.open(nil)
	same(t, "the same clientId on another ticket: seq", me.post(other.ID, "x", object{"clientId": body["clientId"]}).Seq, 2)
}

func TestEqualMessagesAtOnceAreStoredOnce(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.open(nil)
	body := object{"clientId": client.NewID(), "body": "once", "after": 1}
	answers := together(t, 10, func(int) (client.Answer, error) {
		return me.Do(t.Context(), "POST", "/tickets/"+ticket.ID+"/messages", body)
	})
	for _, answer := range answers {
		var entry client.Entry
		if answer.Status != 200 && answer.Status != 201 {
			t.Fatalf("ten equal messages at once: got %s, want 200 or 201", answer)
		}
		expect(t, answer, answer.Status, &entry)
		same(t, "seq", entry.Seq, 2)
	}
	same(t, "201s of ten equal messages", count(answers)[201], 1)
	same(t, "entries", len(me.history(ticket.ID)), 2)
}

func TestBadMessages(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.open(nil)
	path := "/tickets/" + ticket.ID + "/messages"
	for name, c := range map[string]struct {
		body  object
		field string
	}{
		"no clientId":     {object{"body": "x"}, "clientId"},
		"bad clientId":    {object{"clientId": "x", "body": "x"}, "clientId"},
		"nothing":         {object{"clientId": client.NewID()}, "body"},
		"blank":           {object{"clientId": client.NewID(), "body": " \n "}, "body"},
		"NUL":             {object{"clientId": client.NewID(), "body": "a\x00b"}, "body"},
		"body type":       {object{"clientId": client.NewID(), "body": 7}, "body"},
		"after type":      {object{"clientId": client.NewID(), "body": "x", "after": "1"}, "after"},
		"negative after":  {object{"clientId": client.NewID(), "body": "x", "after": -1}, "after"},
		"internal type":   {object{"clientId": client.NewID(), "body": "x", "internal": "no"}, "internal"},
		"unknown":         {object{"clientId": client.NewID(), "body": "x", "seq": 99}, "seq"},
		"too many files":  {object{"clientId": client.NewID(), "body": "x", "attachmentIds": elevenIDs()}, "attachmentIds"},
		"very long":       {object{"clientId": client.NewID(), "body": strings.Repeat("x", 200_000)}, "body"},
		"attachment type": {object{"clientId": client.NewID(), "body": "x", "attachmentIds": object{}}, "attachmentIds"},
	} {
		answer := me.call("POST", path, c.body)
		if answer.Status == 413 {
			refused(t, answer, 413)
			continue
		}
		if answer.Status != 400 && answer.Status != 422 {
			t.Errorf("%s: got %s, want 400 or 422", name, answer)
			continue
		}
		if problem := refused(t, answer, 400, 422); !names(problem, c.field) {
			t.Errorf("%s: got errors %+v, want one that points at /%s", name, problem.Errors, c.field)
		}
	}
	same(t, "entries after refused messages", len(me.history(ticket.ID)), 1)
}

func TestEntriesArePaged(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.open(nil)
	for i := range 11 {
		me.post(ticket.ID, fmt.Sprintf("message %d", i+2), nil)
	}
	path := "/tickets/" + ticket.ID
	for _, c := range []struct {
		query string
		seqs  []int
		more  bool
	}{
		{"/history?after=0&limit=5", between(1, 5), true},
		{"/history?after=5&limit=5", between(6, 10), true},
		{"/history?after=10&limit=5", between(11, 12), false},
		{"/history?after=7&limit=5", between(8, 12), false},
		{"/history?after=12", nil, false},
		{"/history?after=500", nil, false},
		{"/history?before=13&limit=5", between(8, 12), true},
		{"/history?before=6&limit=5", between(1, 5), false},
		{"/history?before=6&limit=3", between(3, 5), true},
		{"/history?before=1", nil, false},
		{"/history?limit=100", between(1, 12), false},
		{"/messages?after=2&limit=4", between(3, 6), true},
		{"/messages?before=8&limit=4", between(4, 7), true},
		{"/messages?after=8", between(9, 12), false},
	} {
		var page client.Log
		me.get(path+c.query, &page)
		same(t, c.query+" seqs", fmt.Sprint(seqs(page.Data)), fmt.Sprint(c.seqs))
		same(t, c.query+" hasMore", page.Page.HasMore, c.more)
		same(t, c.query+" lastSeq", page.LastSeq, 12)
		if page.Data == nil {
			t.Errorf("%s: got data null, want a list", c.query)
		}
	}
	for _, query := range []string{"after=-1", "after=x", "before=x", "before=-1", "after=1.5", "after=99999999999999999999"} {
		refused(t, me.call("GET", path+"/messages?"+query, nil), 400)
		refused(t, me.call("GET", path+"/history?"+query, nil), 400)
	}
}

func TestMessagesListHoldsMessagesOnly(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.open(nil)
	agent.change(ticket.ID, "assign", object{"assigneeId": "me"})
	me.post(ticket.ID, "one", nil)
	expect(t, me.amend(ticket.ID, object{"title": "Another title"}), 200, nil)
	agent.post(ticket.ID, "two", nil)
	agent.post(ticket.ID, "between us", object{"internal": true})
	me.change(ticket.ID, "close", nil)

	want := []string{"opened", "assignment", "message", "title", "message", "note", "status"}
	same(t, "history", fmt.Sprint(kinds(agent.history(ticket.ID))), fmt.Sprint(want))
	for _, reader := range []actor{me, agent} {
		var page client.Log
		reader.get("/tickets/"+ticket.ID+"/messages?after=0", &page)
		var bodies []string
		for _, entry := range page.Data {
			switch entry.Kind {
			case "message", "note":
				bodies = append(bodies, entry.Body)
			case "opened": // its body is the customer's first words
			default:
				t.Errorf("messages: got an entry of kind %s, want messages only", entry.Kind)
			}
		}
		wanted := []string{"one", "two"}
		if reader.User.Role != "user" {
			wanted = append(wanted, "between us")
		}
		same(t, reader.User.Role+"'s messages", fmt.Sprint(bodies), fmt.Sprint(wanted))
		same(t, "lastSeq", page.LastSeq, 7)
	}
}
