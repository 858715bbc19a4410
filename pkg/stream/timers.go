package stream

import (
	"context"

	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
)

// Timers sets the clock on tickets that wait for something, and takes it away
// when they no longer do. What the customer cannot see does not move it.
func Timers(timers ticket.TimerStore, patience ticket.Patience) Effect {
	return func(ctx context.Context, c table.Change) error {
		if c.Entry == nil || !c.Created || c.Entry.Kind == ticket.KindNote {
			return nil
		}
		e := c.Entry
		if due, waits := patience.Due(e.State.Status, e.CreatedAt); waits {
			return timers.SetTimer(ctx, ticket.Timer{TicketID: e.TicketID, Due: due}, e.Seq)
		}
		if e.Change == nil || e.Change.Field != "status" {
			return nil // it did not wait before either
		}
		return timers.DropTimer(ctx, e.TicketID, e.Seq)
	}
}
