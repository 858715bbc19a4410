package stream

import (
	"context"

	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/ticket"
)

// ScheduleTimers sets the clock on tickets that wait for something, and takes it away
// when they no longer do. What the customer cannot see does not move it.
func ScheduleTimers(timers ticket.TimerStore, policy ticket.AutomationPolicy) Handler {
	return func(ctx context.Context, change dynamo.Change) error {
		if change.Entry == nil || !change.Created || change.Entry.Kind == ticket.KindNote {
			return nil
		}
		e := change.Entry
		if due, ok := policy.Due(e.State.Status, e.CreatedAt); ok {
			return timers.SetTimer(ctx, ticket.Timer{TicketID: e.TicketID, Due: due}, e.Seq)
		}
		if e.Change == nil || e.Change.Field != "status" {
			return nil // it did not wait before either
		}
		return timers.DeleteTimer(ctx, e.TicketID, e.Seq)
	}
}
