package e2e

import (
	"fmt"
	"testing"
)

// TestReplay_NoChanges runs a replay without damage. Lists, search and statistics stay
// the same, and later changes are counted.
func TestReplay_NoChanges(t *testing.T) {
	if suite.local == nil {
		return // needs the local stack
	}
	me, agent := customer(t), support(t)
	ticket := me.openTicket(object{"title": "Replay of the zanzibar invoice"})
	agent.post(ticket.ID, "the quagga has been paid", nil)
	agent.change(ticket.ID, "status", object{"status": "pending"})
	me.awaitNotifications(2)
	cursor, tickets := "", 0
	for {
		var out struct {
			Cursor  string
			Tickets int
		}
		if err := suite.api.InvokeFunction(t.Context(), "projection-replay", object{"cursor": cursor}, &out); err != nil {
			t.Fatal(err)
		}
		tickets += out.Tickets
		if cursor = out.Cursor; cursor == "" {
			break
		}
	}
	if tickets == 0 {
		t.Error("no ticket was replayed")
	}
	eventually(t, "the ticket is found", func() error {
		var page struct{ Data []struct{ ID, Status string } }
		me.get("/tickets?q=zanzibar+quagga", &page)
		if len(page.Data) != 1 || page.Data[0].ID != ticket.ID || page.Data[0].Status != "pending" {
			return fmt.Errorf("got %+v", page.Data)
		}
		return nil
	})
}
