package stream

import (
	"context"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// ScheduleTimers returns a Handler that sets the timer of a ticket whose status
// has an automatic transition, and deletes it otherwise. Entries that customers do not
// see do not move the timer.
func ScheduleTimers(timers ticket.TimerStore, policy ticket.AutomationPolicy) Handler {
	return on(func(ctx context.Context, appended event.EntryAppended) error {
		e := appended.Entry
		if !e.VisibleTo(user.RoleUser) {
			return nil
		}
		if due, ok := policy.Due(e.State.Status, e.CreatedAt); ok {
			return timers.SetTimer(ctx, ticket.Timer{TicketID: e.TicketID, Due: due}, e.Seq)
		}
		if e.Change == nil || e.Change.Field != "status" {
			return nil // the status before had no timer either
		}
		return timers.DeleteTimer(ctx, e.TicketID, e.Seq)
	})
}
