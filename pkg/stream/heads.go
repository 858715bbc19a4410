package stream

import (
	"context"

	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
)

// Heads keeps ticket heads up to date with their logs and read marks.
func Heads(desk *ticket.Desk) Effect {
	return func(ctx context.Context, c table.Change) error {
		switch {
		case c.Entry != nil && c.Created:
			return desk.Project(ctx, c.Entry.TicketID, c.Entry.Seq)
		case c.Mark != nil:
			return desk.Project(ctx, c.Mark.TicketID, c.Mark.Seq+1)
		}
		return nil
	}
}
