package stream

import (
	"context"
	"log/slog"

	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
)

// Users copies a changed user to where copies of users lie.
type Users interface {
	CopyUser(ctx context.Context, userID string) error
}

// Project makes the handler that keeps the projections: ticket heads from
// their logs, and the copies of users.
func Project(desk *ticket.Desk, users Users, log *slog.Logger) Handler {
	return each(log, func(ctx context.Context, c table.Change) error {
		switch {
		case c.Entry != nil && c.Created:
			return desk.Project(ctx, c.Entry.TicketID, c.Entry.Seq)
		case c.Mark != nil:
			return desk.Project(ctx, c.Mark.TicketID, c.Mark.Seq+1)
		case c.UserID != "" && !c.Created:
			return users.CopyUser(ctx, c.UserID)
		}
		return nil
	})
}
