package e2e

import (
	"strings"
	"testing"
	"time"

	"ticketsystem/localstack/emulator/stack"
	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/seed"
)

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

// TestAutomation_ResolvesAndCloses runs the automation on a stack of its own, in which a pending
// ticket is resolved after less than a second and then closed. The calls of the function are
// compared with its permissions as those of the suite.
func TestAutomation_ResolvesAndCloses(t *testing.T) {
	t.Parallel()
	if suite.local == nil {
		return
	}
	parameters := map[string]string{"RemindAfterDays": "100", "AutoResolveDays": "0.00001", "AutoCloseDays": "0.00001"}
	local, err := stack.Start(t.Context(), stack.Options{
		InMemory: true, Seed: seed.Seed, MinTimeout: time.Minute, Parameters: parameters, Observer: suite.calls.Observe,
	})
	must(t, local, err)
	t.Cleanup(local.Close)
	api := client.New(local.HTTPURL, local.SocketURL, local.OutboxURL)
	user := func(phone string) testUser {
		t.Helper()
		u, err := api.Login(t.Context(), phone, client.Password)
		return testUser{t, must(t, u, err)}
	}
	me, agent := user("+989120000004"), user(supportPhone)
	opened := me.openTicket(nil)
	agent.change(opened.ID, "status", object{"status": "pending"})
	eventually(t, "closed", func() error {
		if err := api.InvokeFunction(t.Context(), "ticket-automate", nil, nil); err != nil {
			return err
		}
		if got := me.detail(opened.ID).Ticket.Status; got != "closed" {
			return mismatch("status", got, "closed")
		}
		return nil
	})
	var changed []string
	for _, e := range agent.detail(opened.ID).Entries {
		if e.Author.Role == "system" {
			changed = append(changed, e.State.Status)
		}
	}
	equal(t, "changes by the system", strings.Join(changed, " "), "resolved closed")
}
