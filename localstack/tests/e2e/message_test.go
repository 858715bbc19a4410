package e2e

import (
	"fmt"
	"strings"
	"testing"

	"ticketsystem/localstack/testkit/client"
)

func TestPostMessage(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.openTicket(nil)
	id := client.NewID()
	var entry client.Entry
	me.mustCall(201, "POST", "/tickets/"+ticket.ID+"/messages", object{"clientId": id, "body": "سلام\nhello 🙂"}, &entry)
	equal(t, "ticketId", entry.TicketID, ticket.ID)
	equal(t, "seq", entry.Seq, 2)
	equal(t, "kind", entry.Kind, "message")
	equal(t, "body", entry.Body, "سلام\nhello 🙂")
	equal(t, "clientId", entry.ClientID, id)
	equal(t, "author", entry.Author, client.Author{ID: me.Profile.ID, Name: me.Profile.Name, Role: "user"})
	equal(t, "state.status", entry.State.Status, "new")
	if entry.Change != nil {
		t.Errorf("change: got %+v, want none", entry.Change)
	}
	read := me.detail(ticket.ID)
	equal(t, "lastSeq", read.Ticket.LastSeq, 2)
	equal(t, "stored entry", toJSON(newest(t, read.Entries)), toJSON(entry))
}

// TestPostMessage_PastedText checks that pasted text loses its control and format characters,
// and nothing else.
func TestPostMessage_PastedText(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.openTicket(nil)
	for sent, want := range map[string]string{
		"\x00a\x00b": "ab", "a\vb\x1b[1mc\x07": "a\nb[1mc", "replaced: \ufffd": "replaced: \ufffd", "می\u200cخواهم\u202e": "می\u200cخواهم", "?": "?",
	} {
		var entry client.Entry
		me.mustCall(201, "POST", "/tickets/"+ticket.ID+"/messages", object{"clientId": client.NewID(), "body": sent}, &entry)
		equal(t, "body", entry.Body, want)
	}
}

func TestPostMessage_Idempotent(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.openTicket(nil)
	path := "/tickets/" + ticket.ID + "/messages"
	body := object{"clientId": client.NewID(), "body": "once", "after": 1}
	var first, repeat client.Entry
	me.mustCall(201, "POST", path, body, &first)
	me.mustCall(200, "POST", path, body, &repeat)
	equal(t, "repeat", toJSON(repeat), toJSON(first))

	for i := range 5 {
		me.post(ticket.ID, fmt.Sprintf("later %d", i), nil)
	}
	me.mustCall(200, "POST", path, body, &repeat)
	equal(t, "repeat after later messages: seq", repeat.Seq, first.Seq)
	delete(body, "after")
	me.mustCall(200, "POST", path, body, &repeat)
	equal(t, "repeat without after: seq", repeat.Seq, first.Seq)
	body["body"] = "other content"
	me.mustCall(200, "POST", path, body, &repeat)
	equal(t, "repeat with other content: body", repeat.Body, "once")

	var theirs client.Entry
	agent.mustCall(201, "POST", path, body, &theirs)
	equal(t, "the same clientId of another author: seq", theirs.Seq, 8)
	equal(t, "seqs", fmt.Sprint(seqs(me.history(ticket.ID))), fmt.Sprint(seqRange(1, 8)))

	closing := object{"clientId": client.NewID()}
	me.mustCall(200, "POST", "/tickets/"+ticket.ID+"/close", closing, nil)
	problem := wantProblem(t, me.call("POST", path, object{"clientId": closing["clientId"], "body": "not lost"}), 422)
	equal(t, "the clientId of a change: field", problem.Errors[0].Pointer+" "+problem.Errors[0].Code, "/clientId used")

	other := me.openTicket(nil)
	equal(t, "the same clientId on another ticket: seq", me.post(other.ID, "x", object{"clientId": body["clientId"]}).Seq, 2)
}

func TestPostMessage_ConcurrentRepeats(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.openTicket(nil)
	body := object{"clientId": client.NewID(), "body": "once", "after": 1}
	responses := concurrently(t, 10, func(int) (client.Response, error) {
		return me.Do(t.Context(), "POST", "/tickets/"+ticket.ID+"/messages", body)
	})
	for _, response := range responses {
		var entry client.Entry
		if response.Status != 200 && response.Status != 201 {
			t.Fatalf("ten equal messages at once: got %s, want 200 or 201", response)
		}
		wantStatus(t, response, response.Status, &entry)
		equal(t, "seq", entry.Seq, 2)
	}
	equal(t, "201s of ten equal messages", countStatuses(responses)[201], 1)
	equal(t, "entries", len(me.history(ticket.ID)), 2)
}

func TestPostMessage_Invalid(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.openTicket(nil)
	path := "/tickets/" + ticket.ID + "/messages"
	for name, c := range map[string]struct {
		body  object
		field string
	}{
		"no clientId":     {object{"body": "x"}, "clientId"},
		"bad clientId":    {object{"clientId": "x", "body": "x"}, "clientId"},
		"nothing":         {object{"clientId": client.NewID()}, "body"},
		"blank":           {object{"clientId": client.NewID(), "body": " \n "}, "body"},
		"invisible":       {object{"clientId": client.NewID(), "body": "\u200b\u2066\u2800"}, "body"},
		"NUL":             {object{"clientId": client.NewID(), "body": "\x00"}, "body"},
		"body type":       {object{"clientId": client.NewID(), "body": 7}, "body"},
		"after type":      {object{"clientId": client.NewID(), "body": "x", "after": "1"}, "after"},
		"negative after":  {object{"clientId": client.NewID(), "body": "x", "after": -1}, "after"},
		"internal type":   {object{"clientId": client.NewID(), "body": "x", "internal": "no"}, "internal"},
		"unknown":         {object{"clientId": client.NewID(), "body": "x", "seq": 99}, "seq"},
		"too many files":  {object{"clientId": client.NewID(), "body": "x", "attachmentIds": tooManyIDs()}, "attachmentIds"},
		"very long":       {object{"clientId": client.NewID(), "body": strings.Repeat("x", 200_000)}, "body"},
		"attachment type": {object{"clientId": client.NewID(), "body": "x", "attachmentIds": object{}}, "attachmentIds"},
	} {
		response := me.call("POST", path, c.body)
		if response.Status == 413 {
			wantProblem(t, response, 413)
			continue
		}
		if response.Status != 400 && response.Status != 422 {
			t.Errorf("%s: got %s, want 400 or 422", name, response)
			continue
		}
		if problem := wantProblem(t, response, 400, 422); !pointsAt(problem, c.field) {
			t.Errorf("%s: got errors %+v, want one that points at /%s", name, problem.Errors, c.field)
		}
	}
	equal(t, "entries after rejected messages", len(me.history(ticket.ID)), 1)
}

func TestEntries_Pagination(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.openTicket(nil)
	for i := range 11 {
		me.post(ticket.ID, fmt.Sprintf("message %d", i+2), nil)
	}
	path := "/tickets/" + ticket.ID
	for _, c := range []struct {
		query string
		seqs  []int
		more  bool
	}{
		{"/history?after=0&limit=5", seqRange(1, 5), true},
		{"/history?after=5&limit=5", seqRange(6, 10), true},
		{"/history?after=10&limit=5", seqRange(11, 12), false},
		{"/history?after=7&limit=5", seqRange(8, 12), false},
		{"/history?after=12", nil, false},
		{"/history?after=500", nil, false},
		{"/history?before=13&limit=5", seqRange(8, 12), true},
		{"/history?before=6&limit=5", seqRange(1, 5), false},
		{"/history?before=6&limit=3", seqRange(3, 5), true},
		{"/history?before=1", nil, false},
		{"/history?limit=100", seqRange(1, 12), false},
		{"/messages?after=2&limit=4", seqRange(3, 6), true},
		{"/messages?before=8&limit=4", seqRange(4, 7), true},
		{"/messages?after=8", seqRange(9, 12), false},
	} {
		var page client.EntryPage
		me.get(path+c.query, &page)
		equal(t, c.query+" seqs", fmt.Sprint(seqs(page.Data)), fmt.Sprint(c.seqs))
		equal(t, c.query+" hasMore", page.Page.HasMore, c.more)
		equal(t, c.query+" lastSeq", page.LastSeq, 12)
		if page.Data == nil {
			t.Errorf("%s: got data null, want a list", c.query)
		}
	}
	for _, query := range []string{"after=-1", "after=x", "before=x", "before=-1", "after=1.5", "after=99999999999999999999"} {
		wantProblem(t, me.call("GET", path+"/messages?"+query, nil), 400)
		wantProblem(t, me.call("GET", path+"/history?"+query, nil), 400)
	}
}

func TestMessages_OnlyMessages(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.openTicket(nil)
	agent.change(ticket.ID, "assign", object{"assigneeId": "me"})
	me.post(ticket.ID, "one", nil)
	wantStatus(t, me.patch(ticket.ID, object{"title": "Another title"}), 200, nil)
	agent.post(ticket.ID, "two", nil)
	agent.post(ticket.ID, "between us", object{"internal": true})
	me.change(ticket.ID, "close", nil)

	want := []string{"opened", "assignment", "message", "title", "message", "note", "status"}
	equal(t, "history", fmt.Sprint(entryKinds(agent.history(ticket.ID))), fmt.Sprint(want))
	for _, reader := range []testUser{me, agent} {
		var page client.EntryPage
		reader.get("/tickets/"+ticket.ID+"/messages?after=0", &page)
		var bodies []string
		for _, entry := range page.Data {
			switch entry.Kind {
			case "message", "note":
				bodies = append(bodies, entry.Body)
			case "opened": // its body is the customer's description
			default:
				t.Errorf("messages: got an entry of kind %s, want messages only", entry.Kind)
			}
		}
		wanted := []string{"one", "two"}
		if reader.Profile.Role != "user" {
			wanted = append(wanted, "between us")
		}
		equal(t, reader.Profile.Role+"'s messages", fmt.Sprint(bodies), fmt.Sprint(wanted))
		equal(t, "lastSeq", page.LastSeq, 7)
	}
}

// TestListMessages_LongTexts reads a page of 100 messages of the longest text, whose
// characters are escaped in JSON.
func TestListMessages_LongTexts(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.openTicket(nil)
	for i := range 100 {
		author := me
		if i%2 == 1 {
			author = agent
		}
		author.post(ticket.ID, strings.Repeat([]string{"<", `"`, `\`, "👋"}[i/2%4], 10_000), nil)
	}
	found := 0
	for path := "/tickets/" + ticket.ID + "/messages?limit=100"; ; {
		var page struct {
			Data []client.Entry `json:"data"`
			Page struct {
				Next    string `json:"next"`
				HasMore bool   `json:"hasMore"`
			} `json:"page"`
		}
		me.get(path, &page)
		if found += len(page.Data); !page.Page.HasMore {
			break
		}
		path = "/tickets/" + ticket.ID + "/messages?limit=100&cursor=" + page.Page.Next
	}
	equal(t, "messages", found, 100)
}
