package e2e

import "testing"

// TestAutomation_IgnoresFreshTickets runs the automation and checks that a ticket with
// recent activity is neither reminded nor closed.
func TestAutomation_IgnoresFreshTickets(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		t.Log("schedules can be run by hand in the local stack only")
		return
	}
	me, agent := customer(t), support(t)
	ticket := me.openTicket(nil)
	agent.change(ticket.ID, "status", object{"status": "pending"})
	me.awaitNotifications(1)
	var result struct{ Resolved, Closed, Reminded int }
	if err := suite.api.InvokeFunction(t.Context(), "ticket-automate", nil, &result); err != nil {
		t.Fatal(err)
	}
	if result.Resolved+result.Closed+result.Reminded != 0 {
		t.Errorf("got %+v", result)
	}
	equal(t, "status", me.detail(ticket.ID).Ticket.Status, "pending")
}
