package stream_test

import (
	"testing"
	"time"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/memstore"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
)

// TestScheduleTimers_HiddenEntries checks that what customers do not see, such as tags, does not
// delay their reminder.
func TestScheduleTimers_HiddenEntries(t *testing.T) {
	start := time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC)
	store := memstore.New(func() time.Time { return start })
	schedule := stream.ScheduleTimers(store, ticket.AutomationPolicy{RemindAfter: 72 * time.Hour, ResolveAfter: 168 * time.Hour, CloseAfter: time.Hour})
	pending := ticket.State{Status: ticket.StatusPending}
	for n, e := range []ticket.Entry{
		{Kind: ticket.KindStatus, Change: &ticket.Change{Field: "status", From: "open", To: "pending"}},
		{Kind: ticket.KindTags, Change: &ticket.Change{Field: "tags", To: "vip"}},
		{Kind: ticket.KindNote, Body: "still no answer"},
	} {
		e.TicketID, e.Seq, e.State, e.CreatedAt = "t", n+2, pending, start.Add(time.Duration(n)*24*time.Hour)
		if err := schedule(t.Context(), event.EntryAppended{Entry: e}); err != nil {
			t.Fatal(err)
		}
	}
	due, err := store.DueTimers(t.Context(), start.Add(72*time.Hour), 10)
	if err != nil || len(due) != 1 || !due[0].Due.Equal(start.Add(72*time.Hour)) {
		t.Errorf("got %v, %v, want the reminder three days after the status", due, err)
	}
}
