package conformance

import (
	"fmt"
	"testing"
	"time"

	"ticketsystem/pkg/app"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
)

// TestAutomation passes entries to the timer handler in any order, and runs the
// automation twice concurrently. It must remind, resolve and close each ticket once.
func TestAutomation(t *testing.T) {
	t.Parallel()
	store := openStore()
	service, categoryID := newTicketService(t, store)
	a := newAccounts(t, store)
	sara := a.signUp(t, newPhone()).User.Principal("")
	ali := agent("Ali")
	ticketID := openTicket(t, service, categoryID, sara)
	pending, err := service.SetStatus(t.Context(), ali, ticketID, newID(), ticket.StatusPending)
	must(t, err)
	policy := ticket.AutomationPolicy{RemindAfter: 24 * time.Hour, ResolveAfter: 72 * time.Hour, CloseAfter: 48 * time.Hour}
	schedule := func(entries ...ticket.Entry) {
		t.Helper()
		for _, e := range entries {
			must(t, stream.ScheduleTimers(store, policy)(t.Context(), event.EntryAppended{Entry: e}))
		}
	}
	log := readLog(t, onDynamo, ticketID).Entries
	schedule(log...)
	schedule(log...) // the stream may repeat records
	notifier := &notification.Notifier{Store: store, Tickets: store, Users: store, Now: app.Now}
	at := func(after time.Duration) *ticket.Automation {
		s := *service
		s.Now = func() time.Time { return pending.Ticket.LastActivityAt.Add(after) }
		return &ticket.Automation{Tickets: &s, Timers: store, Policy: policy, Remind: notifier.NotifyReminder}
	}
	run := func(after time.Duration) {
		t.Helper()
		byCode := concurrently(2, func(int) error {
			_, err := at(after).Run(t.Context(), at(after).Tickets.Now().Add(time.Minute))
			return err
		})
		if byCode[""] != 2 {
			t.Fatalf("after %v: got %v", after, byCode)
		}
		all := readLog(t, onDynamo, ticketID).Entries
		schedule(all[len(log):]...)
		log = all
	}
	for _, c := range []struct {
		after         time.Duration
		entries       int
		status        ticket.Status
		notifications int
	}{
		{time.Hour, 2, ticket.StatusPending, 0},
		{25 * time.Hour, 2, ticket.StatusPending, 1},
		{26 * time.Hour, 2, ticket.StatusPending, 1},
		{73 * time.Hour, 3, ticket.StatusResolved, 1},
		{74 * time.Hour, 3, ticket.StatusResolved, 1},
		{200 * time.Hour, 4, ticket.StatusClosed, 1},
		{900 * time.Hour, 4, ticket.StatusClosed, 1},
	} {
		await(t, func() error { // the index of the timers may lag; the schedule runs again
			run(c.after)
			page, err := store.ListNotifications(t.Context(), sara.UserID, notification.Query{Limit: 10})
			last := log[len(log)-1]
			if err != nil || len(log) != c.entries || last.State.Status != c.status || len(page.Notifications) != c.notifications {
				return fmt.Errorf("after %v: got %d entries, %s, %d notifications, %w, want %+v", c.after, len(log), last.State.Status, len(page.Notifications), err, c)
			}
			return nil
		})
	}
	checkLog(t, log)
	reopened, err := service.Reopen(t.Context(), ali, ticketID, newID())
	must(t, err)
	schedule(log[1]) // an old entry, delivered late
	schedule(reopened.Entries...)
	run(2000 * time.Hour)
	if last := log[len(log)-1]; last.State.Status != ticket.StatusOpen {
		t.Errorf("after reopening: got %s", last.State.Status)
	}
}
