package e2e

import (
	"fmt"
	"strings"
	"testing"

	"ticketsystem/localstack/testkit/client"
)

func TestNote_InvisibleToCustomer(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.openTicket(nil)
	agent.post(ticket.ID, "Hello", nil)
	path := "/tickets/" + ticket.ID
	var detail client.Detail
	eventually(t, "the reply is counted", func() error {
		me.get(path, &detail)
		if detail.Ticket.Preview != "Hello" || detail.Ticket.Unread != 1 {
			return mismatch("ticket", toJSON(detail.Ticket), "preview Hello and one unread")
		}
		return nil
	})
	before := me.get(path, nil)
	note := agent.post(ticket.ID, "secret-note", object{"internal": true})
	equal(t, "note.kind", note.Kind, "note")
	equal(t, "note.seq", note.Seq, 3)
	eventually(t, "staff see the note", func() error {
		if got := agent.detail(ticket.ID).Ticket.LastSeq; got != 3 {
			return mismatch("lastSeq for staff", got, 3)
		}
		return nil
	})

	after := me.get(path, nil)
	equal(t, "the customer's view after a note", string(after.Body), string(before.Body))
	equal(t, "the customer's ETag after a note", after.Header.Get("ETag"), before.Header.Get("ETag"))
	for _, endpoint := range []string{path, path + "/messages?after=0", path + "/history?after=0", path + "/history?after=2", "/tickets"} {
		if response := me.call("GET", endpoint, nil); strings.Contains(string(response.Body), "secret-note") || strings.Contains(string(response.Body), `"note"`) {
			t.Errorf("GET %s by the customer: got %s, want no trace of the note", endpoint, response)
		}
	}
	var page client.EntryPage
	me.get(path+"/history?after=0", &page)
	equal(t, "lastSeq for the customer", page.LastSeq, 2)
	equal(t, "hasMore for the customer", page.Page.HasMore, false)

	me.post(ticket.ID, "thanks", nil)
	equal(t, "the customer's seqs", fmt.Sprint(seqs(me.history(ticket.ID))), "[1 2 4]")
	equal(t, "the agent's seqs", fmt.Sprint(seqs(agent.history(ticket.ID))), "[1 2 3 4]")
}

func TestEntries_FullPagesDespiteNotes(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.openTicket(nil) // seq 1
	for range 4 {                // seqs 2 to 5
		agent.post(ticket.ID, "note", object{"internal": true})
	}
	for range 3 { // seqs 6 to 8
		me.post(ticket.ID, "message", nil)
	}
	agent.post(ticket.ID, "note", object{"internal": true}) // seq 9
	for _, c := range []struct {
		query string
		seqs  []int
		more  bool
	}{
		{"after=0&limit=2", []int{1, 6}, true},
		{"after=1&limit=2", []int{6, 7}, true},
		{"after=6&limit=2", []int{7, 8}, false},
		{"before=7&limit=2", []int{1, 6}, false},
		{"before=8&limit=1", []int{7}, true},
		{"limit=100", []int{1, 6, 7, 8}, false},
	} {
		var page client.EntryPage
		me.get("/tickets/"+ticket.ID+"/history?"+c.query, &page)
		equal(t, c.query+" seqs", fmt.Sprint(seqs(page.Data)), fmt.Sprint(c.seqs))
		equal(t, c.query+" hasMore", page.Page.HasMore, c.more)
		equal(t, c.query+" lastSeq", page.LastSeq, 8)
	}
}

func TestDetail_FullPageDespiteNotes(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.openTicket(nil)
	for i := range 3 {
		me.post(ticket.ID, fmt.Sprintf("message %d", i), nil)
	}
	for range 22 {
		agent.post(ticket.ID, "note", object{"internal": true})
	}
	detail := me.detail(ticket.ID)
	equal(t, "the customer's seqs", fmt.Sprint(seqs(detail.Entries)), "[1 2 3 4]")
	equal(t, "the customer's hasMore", detail.HasMore, false)
	equal(t, "the customer's lastSeq", detail.Ticket.LastSeq, 4)
}

func TestNote_CustomerForbidden(t *testing.T) {
	t.Parallel()
	me := customer(t)
	ticket := me.openTicket(nil)
	body := object{"clientId": client.NewID(), "body": "between us", "internal": true}
	wantProblem(t, me.call("POST", "/tickets/"+ticket.ID+"/messages", body), 403)
	body["internal"] = false
	me.mustCall(201, "POST", "/tickets/"+ticket.ID+"/messages", body, nil)
}

func TestNote_KeepsStatus(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.openTicket(nil)
	note := agent.post(ticket.ID, "look at this", object{"internal": true})
	equal(t, "status after a note", note.State.Status, "new")
	agent.change(ticket.ID, "status", object{"status": "pending"})
	agent.post(ticket.ID, "still waiting", object{"internal": true})
	equal(t, "status after a note on a pending ticket", agent.detail(ticket.ID).Ticket.Status, "pending")
}

func TestUnread_CountsOthersOnly(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	ticket := me.openTicket(nil)
	path := "/tickets/" + ticket.ID
	unread := func(reader testUser, want int) {
		t.Helper()
		eventually(t, "unread of "+reader.Profile.Role, func() error {
			if got := reader.detail(ticket.ID).Ticket.Unread; got != want {
				return mismatch("unread", got, want)
			}
			return nil
		})
	}
	unread(me, 0)
	agent.post(ticket.ID, "one", nil)                             // 2
	agent.post(ticket.ID, "between us", object{"internal": true}) // 3
	agent.post(ticket.ID, "two", nil)                             // 4
	unread(me, 2)
	me.mustCall(204, "POST", path+"/read", object{"seq": 2}, nil)
	unread(me, 1)
	me.mustCall(204, "POST", path+"/read", object{"seq": 4}, nil)
	unread(me, 0)
	me.mustCall(204, "POST", path+"/read", object{"seq": 1}, nil)
	unread(me, 0)
	me.post(ticket.ID, "mine", nil) // 5
	unread(me, 0)
	agent.post(ticket.ID, "three", nil) // 6
	unread(me, 1)

	awaitList(me, "/tickets", []string{ticket.ID}, []string{ticket.ID})
	eventually(t, "unread in the list", func() error {
		tickets, _, err := readAllPages(me, "/tickets")
		if err == nil && tickets[0].Unread != 1 {
			err = mismatch("unread", tickets[0].Unread, 1)
		}
		return err
	})
	for name, body := range map[string]object{
		"nothing": {}, "text": {"seq": "1"}, "negative": {"seq": -1}, "unknown field": {"seq": 1, "who": "x"},
	} {
		response := me.call("POST", path+"/read", body)
		if response.Status != 400 && response.Status != 422 {
			t.Errorf("read with %s: got %s, want 400 or 422", name, response)
		}
	}
	equal(t, "entries: marking read writes none", newest(t, me.history(ticket.ID)).Seq, 6)
}
