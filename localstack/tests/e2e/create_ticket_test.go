package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/client"
)

func TestCreateTicket(t *testing.T) {
	t.Parallel()
	me := customer(t)
	category := seededCategory(t, 1)
	clientID := client.NewID()
	body := ticketBody(t, object{
		"clientId": clientID, "title": "صورت‌حساب اشتباه", "description": "Line one\nline two 🙂", "categoryId": category.ID, "priority": "high",
	})
	var ticket client.Ticket
	response := me.mustCall(201, "POST", "/tickets", body, &ticket)
	if location := response.Header.Get("Location"); !strings.HasSuffix(location, "/tickets/"+ticket.ID) {
		t.Errorf("Location: got %q, want .../tickets/%s", location, ticket.ID)
	}
	equal(t, "title", ticket.Title, "صورت‌حساب اشتباه")
	equal(t, "status", ticket.Status, "new")
	equal(t, "priority", ticket.Priority, "high")
	equal(t, "unread", ticket.Unread, 0)
	equal(t, "lastSeq", ticket.LastSeq, 1)
	if ticket.Number == "" || ticket.Version == nil || ticket.Assignee != nil || ticket.ClosedAt != nil || ticket.Tags == nil {
		t.Errorf("ticket: got %+v, want number and version, no assignee, not closed, an empty list of tags", ticket)
	}
	if ticket.Category == nil || *ticket.Category != (client.Ref{ID: category.ID, Name: category.Name}) {
		t.Errorf("category: got %+v, want %+v", ticket.Category, category)
	}
	if ticket.Customer == nil || ticket.Customer.ID != me.Profile.ID || ticket.Customer.Name != me.Profile.Name {
		t.Errorf("customer: got %+v, want %s", ticket.Customer, me.Profile.ID)
	}
	if age := time.Since(ticket.CreatedAt).Abs(); age > time.Hour || !ticket.LastActivityAt.Equal(ticket.CreatedAt) {
		t.Errorf("times: got created %s and active %s, want the same moment of today", ticket.CreatedAt, ticket.LastActivityAt)
	}

	var detail client.Detail
	read := me.get("/tickets/"+ticket.ID, &detail)
	equal(t, "ETag of GET", read.Header.Get("ETag"), response.Header.Get("ETag"))
	equal(t, "entries", len(detail.Entries), 1)
	entry := newest(t, detail.Entries)
	equal(t, "entry.kind", entry.Kind, "opened")
	equal(t, "entry.seq", entry.Seq, 1)
	equal(t, "entry.body", entry.Body, "Line one\nline two 🙂")
	equal(t, "entry.clientId", entry.ClientID, clientID)
	equal(t, "entry.author", entry.Author, client.Author{ID: me.Profile.ID, Name: me.Profile.Name, Role: "user"})
	equal(t, "entry.state", entry.State, client.State{Status: "new", Priority: "high", CategoryID: category.ID})
}

func TestCreateTicket_DefaultPriority(t *testing.T) {
	t.Parallel()
	equal(t, "priority", customer(t).openTicket(nil).Priority, "medium")
}

func TestCreateTicket_Idempotent(t *testing.T) {
	t.Parallel()
	me, other := customer(t), customer(t)
	body := ticketBody(t, nil)
	var first, second client.Ticket
	me.mustCall(201, "POST", "/tickets", body, &first)
	response := me.mustCall(200, "POST", "/tickets", body, &second)
	equal(t, "repeat: id", second.ID, first.ID)
	if response.Header.Get("ETag") == "" {
		t.Error("repeat: got no ETag, want one")
	}
	body["title"] = "Something else"
	me.mustCall(200, "POST", "/tickets", body, &second)
	equal(t, "repeat with other content: id", second.ID, first.ID)
	equal(t, "repeat with other content: title", second.Title, first.Title)

	other.mustCall(201, "POST", "/tickets", body, &second)
	if second.ID == first.ID {
		t.Errorf("the same clientId of another user: got ticket %s, want a new one", first.ID)
	}
}

func TestCreateTicket_Concurrent(t *testing.T) {
	t.Parallel()
	me := customer(t)
	body := ticketBody(t, nil)
	responses := concurrently(t, 10, func(int) (client.Response, error) {
		return me.Do(t.Context(), "POST", "/tickets", body)
	})
	ids := map[string]bool{}
	for _, response := range responses {
		if response.Status != 200 && response.Status != 201 {
			t.Fatalf("ten equal calls at once: got %s, want 200 or 201", response)
		}
		var ticket client.Ticket
		wantStatus(t, response, response.Status, &ticket)
		ids[ticket.ID] = true
	}
	equal(t, "tickets of ten equal calls at once", len(ids), 1)
	equal(t, "201s of ten equal calls at once", countStatuses(responses)[201], 1)
}

func TestCreateTicket_FollowUp(t *testing.T) {
	t.Parallel()
	me, other, agent := customer(t), customer(t), support(t)
	old := me.openTicket(nil)
	create := func(u testUser, wantCode string) {
		t.Helper()
		problem := wantProblem(t, u.call("POST", "/tickets", ticketBody(t, object{"followUpOf": old.ID})), 422)
		if len(problem.Errors) != 1 || problem.Errors[0].Pointer != "/followUpOf" || problem.Errors[0].Code != wantCode {
			t.Errorf("got %+v, want %s at /followUpOf", problem, wantCode)
		}
	}
	create(me, "not_closed")
	me.change(old.ID, "close", nil)
	create(other, "unknown")
	problem := wantProblem(t, agent.call("POST", "/tickets", ticketBody(t, object{"followUpOf": old.ID, "customerId": other.Profile.ID})), 422)
	equal(t, "pointer", problem.Errors[0].Pointer+" "+problem.Errors[0].Code, "/followUpOf not_allowed")

	body := ticketBody(t, object{"followUpOf": old.ID})
	var followUp client.Ticket
	me.mustCall(201, "POST", "/tickets", body, &followUp)
	me.mustCall(200, "POST", "/tickets", body, &followUp)
	for _, u := range []testUser{me, agent} {
		got := u.detail(followUp.ID).Ticket
		if got.FollowUpOf == nil || *got.FollowUpOf != (client.TicketRef{ID: old.ID, Number: old.Number}) {
			t.Errorf("followUpOf: got %+v, want %s", got.FollowUpOf, old.ID)
		}
		equal(t, "followUps", fmt.Sprint(u.detail(old.ID).Ticket.FollowUps), fmt.Sprint([]client.TicketRef{{ID: followUp.ID, Number: followUp.Number}}))
		link := newest(t, u.history(old.ID))
		equal(t, "kind", link.Kind, "follow_up")
		equal(t, "author", link.Author.ID, me.Profile.ID)
		equal(t, "change", *link.Change, client.Change{Field: "followUp", To: followUp.ID})
	}
}

// TestDeleteTicket_Links checks that no link to a deleted ticket stays in the ticket that it
// continues and in those that continue it.
func TestDeleteTicket_Links(t *testing.T) {
	t.Parallel()
	me, agent := customer(t), support(t)
	follow := func(of client.Ticket) client.Ticket {
		t.Helper()
		me.change(of.ID, "close", nil)
		var tk client.Ticket
		me.mustCall(201, "POST", "/tickets", ticketBody(t, object{"followUpOf": of.ID}), &tk)
		return tk
	}
	first := me.openTicket(nil)
	deleted := follow(first)
	last := follow(deleted)
	seededAdmin(t).mustCall(204, "DELETE", "/tickets/"+deleted.ID, nil, nil)
	for _, u := range []testUser{me, agent} {
		for id, field := range map[string]string{first.ID: "followUp", last.ID: "followUpOf"} {
			eventually(t, "no link to the deleted ticket", func() error {
				if tk := u.detail(id).Ticket; tk.FollowUpOf != nil || len(tk.FollowUps) > 0 {
					return fmt.Errorf("got %+v, %+v, want no link", tk.FollowUpOf, tk.FollowUps)
				}
				return nil
			})
			entry := newest(t, u.history(id))
			equal(t, "entry", entry.Kind+" by "+entry.Author.Role, "unlinked by system")
			equal(t, "change", *entry.Change, client.Change{Field: field, From: deleted.ID})
		}
	}
}

// TestCreateTicket_ForCustomer opens a ticket for a customer and checks that it is the
// customer's in every respect, and the agent's in none.
func TestCreateTicket_ForCustomer(t *testing.T) {
	t.Parallel()
	me, other, agent := customer(t), customer(t), support(t)
	file := agent.attach("call.txt", "text/plain", []byte("a call"))
	body := ticketBody(t, object{"customerId": me.Profile.ID, "attachmentIds": []string{file}, "description": "zebra " + client.NewID()})
	mine := me.connect()
	var ticket client.Ticket
	agent.mustCall(201, "POST", "/tickets", body, &ticket)
	agent.mustCall(200, "POST", "/tickets", body, nil)
	equal(t, "customer", *ticket.Customer, client.Ref{ID: me.Profile.ID, Name: me.Profile.Name})
	mine.await("a head frame", func(f client.Frame) bool { return f.Type == "head" && f.TicketID == ticket.ID })

	opening := me.detail(ticket.ID).Opening
	equal(t, "author", opening.Author, client.Author{ID: agent.Profile.ID, Name: agent.Profile.Name, Role: "support"})
	wantProblem(t, other.call("GET", "/tickets/"+ticket.ID, nil), 404)
	awaitList(me, "/tickets", []string{ticket.ID}, []string{ticket.ID})
	awaitList(me, "/tickets?q=zebra", []string{ticket.ID}, []string{ticket.ID})
	awaitList(agent, "/tickets?customer="+me.Profile.ID, []string{ticket.ID}, []string{ticket.ID})
	awaitList(agent, "/tickets?customer="+me.Profile.ID+"&sort=-createdAt", []string{ticket.ID}, []string{ticket.ID})
	eventually(t, "the file is the customer's too", func() error {
		if response := me.call("GET", "/attachments/"+file, nil); response.Status != 302 {
			return mismatch("status", response, 302)
		}
		return nil
	})
	eventually(t, "the customer is notified and counted", func() error {
		var list client.List[client.Notification]
		me.get("/notifications", &list)
		if len(list.Data) != 1 || list.Data[0].Kind != "opened" || list.Data[0].TicketID != ticket.ID {
			return mismatch("notifications", list.Data, "one of the opening")
		}
		var card struct{ Tickets struct{ All int } }
		if agent.get("/customers/"+me.Profile.ID, &card); card.Tickets.All != 1 {
			return mismatch("tickets of the customer", card.Tickets.All, 1)
		}
		return nil
	})
	for _, c := range []struct {
		u       testUser
		fields  object
		status  int
		pointer string
	}{
		{agent, nil, 422, "/customerId required"}, {agent, object{"customerId": client.NewID()}, 422, "/customerId unknown"},
		{agent, object{"customerId": support2(t).Profile.ID}, 422, "/customerId unknown"}, {agent, object{"customerId": "x"}, 422, "/customerId invalid"},
		{other, object{"customerId": me.Profile.ID}, 403, ""},
	} {
		problem := wantProblem(t, c.u.call("POST", "/tickets", ticketBody(t, c.fields)), c.status)
		if c.pointer != "" && (len(problem.Errors) != 1 || problem.Errors[0].Pointer+" "+problem.Errors[0].Code != c.pointer) {
			t.Errorf("%v: got %+v, want %s", c.fields, problem, c.pointer)
		}
	}
	other.mustCall(201, "POST", "/tickets", ticketBody(t, object{"customerId": other.Profile.ID}), nil)
}
