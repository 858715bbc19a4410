package e2e

import (
	"fmt"
	"slices"
	"testing"

	"ticketsystem/localstack/testkit/client"
)

type agentSummary struct {
	ID, Name, Role string
	PictureURL     *string
	Online         bool
	OpenTickets    int
}

// TestTicketCounts follows the numbers of a new agent, and of the customer. Other tests change the
// numbers of all tickets.
func TestTicketCounts(t *testing.T) {
	t.Parallel()
	agent, me := newStaff(t, "support"), customer(t)
	want := func(what string, mine, unread, open, all int) {
		t.Helper()
		eventually(t, what, func() error {
			var counts client.TicketCounts
			agent.get("/tickets/counts", &counts)
			if got, want := [2]int{counts.Mine, counts.Unread}, [2]int{mine, unread}; got != want {
				return mismatch("mine and unread", got, want)
			}
			if len(counts.ByStatus) != 6 || len(counts.ByPriority) != 4 || len(counts.ByCategory) == 0 || counts.ByCategory[0].Name == "" {
				return fmt.Errorf("got %+v", counts)
			}
			var sara struct {
				ID, Name, Phone string
				Tickets         struct{ Open, All int }
			}
			agent.get("/customers/"+me.Profile.ID, &sara)
			if got, want := [2]int{sara.Tickets.Open, sara.Tickets.All}, [2]int{open, all}; got != want || sara.Phone != me.Profile.Phone {
				return mismatch("the customer", sara, want)
			}
			return nil
		})
	}
	want("before", 0, 0, 0, 0)
	mine := me.openTicket(nil)
	want("opened", 0, 0, 1, 1)
	agent.change(mine.ID, "assign", object{"assigneeId": "me"})
	want("assigned", 1, 0, 1, 1)
	entry := me.post(mine.ID, "hello?", nil)
	want("a message", 1, 1, 1, 1)
	agent.mustCall(204, "POST", "/tickets/"+mine.ID+"/read", object{"seq": entry.Seq}, nil)
	want("read", 1, 0, 1, 1)
	agent.change(mine.ID, "status", object{"status": "resolved"})
	want("resolved", 0, 0, 0, 1)
	seededAdmin(t).mustCall(204, "DELETE", "/tickets/"+mine.ID, nil, nil)
	want("deleted", 0, 0, 0, 0)
}

// TestTicketCounts_Frame checks that a subscriber of the queue gets the numbers after changes.
func TestTicketCounts_Frame(t *testing.T) {
	t.Parallel()
	agent, me := newStaff(t, "support"), customer(t)
	socket := agent.connect()
	socket.request(object{"action": "subscribe", "topic": "queue"}, "subscribed")
	for n := 1; n <= 3; n++ {
		mine := me.openTicket(nil)
		agent.change(mine.ID, "assign", object{"assigneeId": "me"})
		socket.await("counts", func(f client.Frame) bool { return f.Counts != nil && f.Counts.Mine == n })
	}
}

// TestAgents checks who is listed, the number of tickets and who is online.
func TestAgents(t *testing.T) {
	t.Parallel()
	admin, agent, me := seededAdmin(t), newStaff(t, "support"), customer(t)
	find := func() *agentSummary {
		var list struct{ Data []agentSummary }
		agent.get("/agents", &list)
		for _, a := range list.Data {
			if a.ID == me.Profile.ID || a.Role == "user" {
				t.Fatalf("a customer is among the agents: %+v", a)
			}
		}
		if i := slices.IndexFunc(list.Data, func(a agentSummary) bool { return a.ID == agent.Profile.ID }); i >= 0 {
			return &list.Data[i]
		}
		return nil
	}
	want := func(what string, online bool, open int) {
		t.Helper()
		eventually(t, what, func() error {
			if a := find(); a == nil || a.Online != online || a.OpenTickets != open || a.Role != "support" {
				return fmt.Errorf("got %+v, want online %v with %d tickets", a, online, open)
			}
			return nil
		})
	}
	want("a new agent", false, 0)
	mine := me.openTicket(nil)
	agent.change(mine.ID, "assign", object{"assigneeId": "me"})
	socket := agent.connect()
	want("with a ticket and a socket", true, 1)
	_ = socket.Close()
	me.change(mine.ID, "close", nil)
	want("without", false, 0)
	wantProblem(t, agent.call("GET", "/customers/"+admin.Profile.ID, nil), 404)
	wantProblem(t, agent.call("GET", "/customers/nobody", nil), 404)
	admin.mustCall(200, "PATCH", "/users/"+agent.Profile.ID, object{"disabled": true}, nil)
	disabled := agent.Profile.ID
	agent = support(t)
	var list struct{ Data []agentSummary }
	agent.get("/agents", &list)
	if len(list.Data) == 0 || slices.ContainsFunc(list.Data, func(a agentSummary) bool { return a.ID == disabled }) {
		t.Errorf("got %+v, want agents without the disabled one", list.Data)
	}
}
