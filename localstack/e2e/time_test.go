package e2e

import "testing"

// TestTimeLeavesFreshTicketsAlone: the schedule runs, and nobody who has just
// been asked is reminded or closed.
func TestTimeLeavesFreshTicketsAlone(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		t.Log("schedules are started by hand on the local stack alone")
		return
	}
	me, agent := customer(t), support(t)
	ticket := me.open(nil)
	agent.change(ticket.ID, "status", object{"status": "pending"})
	me.awaitNotices(1)
	var passed struct{ Resolved, Closed, Reminded int }
	if err := suite.api.Run(t.Context(), "ticket-time", nil, &passed); err != nil {
		t.Fatal(err)
	}
	if passed.Resolved+passed.Closed+passed.Reminded != 0 {
		t.Errorf("got %+v", passed)
	}
	same(t, "status", me.detail(ticket.ID).Ticket.Status, "pending")
}
