package stream

import (
	"context"
	"slices"

	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
)

// Heads keeps ticket heads up to date with their logs and read marks. What a
// batch brings of one ticket is folded at once, with the first of it.
func Heads(desk *ticket.Desk) Effect {
	return func(ctx context.Context, c table.Change) error {
		if !movesHead(c) || slices.ContainsFunc(c.Before, movesHead) {
			return nil
		}
		if c.Mark != nil {
			return desk.Project(ctx, c.Mark.TicketID, c.Mark.Seq+1)
		}
		return desk.Project(ctx, c.Entry.TicketID, c.Entry.Seq)
	}
}

func movesHead(c table.Change) bool { return c.Entry != nil && c.Created || c.Mark != nil }
