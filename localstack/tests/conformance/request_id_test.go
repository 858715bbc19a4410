package conformance

import (
	"context"
	"slices"
	"testing"

	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/requestlog"
	"ticketsystem/pkg/ticket"
)

// TestRequestID checks that the entries of all writes, and notifications, store the id of their
// request, and that a repeated request does not change it.
func TestRequestID(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		sara, ali := customer("Sara"), agent("Ali")
		service, categoryID := newTicketService(t, db.open())
		of := func(id string) context.Context { return requestlog.WithID(t.Context(), id) }
		tk, _, err := service.Create(of("r1"), sara, ticket.CreateParams{ClientID: newID(), Title: "T", CategoryID: categoryID, Description: "D"})
		must(t, err)
		message := ticket.Message{TicketID: tk.ID, ClientID: newID(), Body: "M"}
		for _, id := range []string{"r2", "a repeated request"} {
			_, err = service.Post(of(id), sara, message)
			must(t, err)
		}
		_, err = service.SetStatus(of("r3"), ali, tk.ID, newID(), ticket.StatusResolved)
		must(t, err)
		_, err = service.Post(t.Context(), ali, ticket.Message{TicketID: tk.ID, ClientID: newID(), Body: "a schedule"})
		must(t, err)
		var got []string
		for _, e := range readLog(t, db, tk.ID).Entries {
			got = append(got, e.RequestID)
		}
		if want := []string{"r1", "r2", "r3", ""}; !slices.Equal(got, want) {
			t.Errorf("entries: got %q, want %q", got, want)
		}
		n := newNotification(newID(), 1)
		n.RequestID = "r4"
		must(t, db.open().AddNotifications(t.Context(), n))
		page, err := db.open().ListNotifications(t.Context(), n.UserID, notification.Query{Limit: 1})
		must(t, err)
		if len(page.Notifications) != 1 || page.Notifications[0].RequestID != "r4" {
			t.Errorf("notification: got %+v", page.Notifications)
		}
	})
}
