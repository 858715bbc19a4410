package conformance

import (
	"testing"
	"time"

	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/wiring"
)

// TestTime: entries set and drop the timer in whatever order they come; two
// runs of the clock at once remind, resolve and close each ticket once.
func TestTime(t *testing.T) {
	t.Parallel()
	store := open()
	desk, categoryID := newDesk(t, store)
	people := newPeople(t, store)
	sara := people.signUp(t, newNumber()).User.Principal("")
	ali := agent("Ali")
	ticketID := openTicket(t, desk, categoryID, sara)
	pending, err := desk.SetStatus(t.Context(), ali, ticketID, newID(), ticket.StatusPending)
	must(t, err)
	patience := ticket.Patience{Reminder: 24 * time.Hour, Pending: 72 * time.Hour, Resolved: 48 * time.Hour}
	follow := func(entries ...ticket.Entry) {
		t.Helper()
		for _, e := range entries {
			must(t, stream.Timers(store, patience)(t.Context(), table.Change{Created: true, Entry: &e}))
		}
	}
	log := wholeLog(t, ticketID).Entries
	follow(log...)
	follow(log...) // the stream repeats itself
	maker := &notification.Maker{Store: store, Tickets: store, People: store, Now: wiring.Now}
	at := func(after time.Duration) *ticket.Clock {
		d := *desk
		d.Now = func() time.Time { return pending.Head.LastActivityAt.Add(after) }
		return &ticket.Clock{Desk: &d, Timers: store, Patience: patience, Remind: maker.Remind}
	}
	run := func(after time.Duration) {
		t.Helper()
		kinds := atOnce(2, func(int) error {
			_, err := at(after).Run(t.Context(), at(after).Desk.Now().Add(time.Minute))
			return err
		})
		if kinds[""] != 2 {
			t.Fatalf("after %v: got %v", after, kinds)
		}
		all := wholeLog(t, ticketID).Entries
		follow(all[len(log):]...)
		log = all
	}
	for _, c := range []struct {
		after   time.Duration
		entries int
		status  ticket.Status
		notices int
	}{
		{time.Hour, 2, ticket.StatusPending, 0},
		{25 * time.Hour, 2, ticket.StatusPending, 1},
		{26 * time.Hour, 2, ticket.StatusPending, 1},
		{73 * time.Hour, 3, ticket.StatusResolved, 1},
		{74 * time.Hour, 3, ticket.StatusResolved, 1},
		{200 * time.Hour, 4, ticket.StatusClosed, 1},
		{900 * time.Hour, 4, ticket.StatusClosed, 1},
	} {
		run(c.after)
		page, err := store.Notifications(t.Context(), sara.UserID, notification.Query{Limit: 10})
		must(t, err)
		last := log[len(log)-1]
		if len(log) != c.entries || last.State.Status != c.status || len(page.Notifications) != c.notices {
			t.Errorf("after %v: got %d entries, %s, %d notifications, want %+v", c.after, len(log), last.State.Status, len(page.Notifications), c)
		}
	}
	checkLog(t, log)
	reopened, err := desk.Reopen(t.Context(), ali, ticketID, newID())
	must(t, err)
	follow(log[1]) // late: an entry that has long been followed by others
	follow(reopened.Entries...)
	run(2000 * time.Hour)
	if last := log[len(log)-1]; last.State.Status != ticket.StatusOpen {
		t.Errorf("after it was reopened: got %s", last.State.Status)
	}
}
