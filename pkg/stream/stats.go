package stream

import (
	"context"
	"slices"
	"time"

	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
)

// Counts keeps the numbers of the house. What a batch brings of one ticket is
// counted at once, with the first of it.
func Counts(counter *stats.Counter) Effect {
	return func(ctx context.Context, c table.Change) error {
		switch {
		case c.Gone != "":
			return counter.Forget(ctx, c.Gone)
		case counts(c) && !slices.ContainsFunc(c.Before, counts):
			return counter.Follow(ctx, *c.Entry)
		}
		return nil
	}
}

func counts(c table.Change) bool { return c.Entry != nil && c.Created && stats.Matters(*c.Entry) }

// Lists keeps what administrators see of the present.
type Lists interface {
	NoteActivity(ctx context.Context, e ticket.Entry) error
	NoteSocket(ctx context.Context, connectionID string, expires time.Time, open bool) error
}

// Present keeps the newest entries of the house and its open sockets listed.
func Present(lists Lists) Effect {
	return func(ctx context.Context, c table.Change) error {
		switch {
		case c.Entry != nil && c.Created:
			return lists.NoteActivity(ctx, *c.Entry)
		case c.Socket != nil:
			return lists.NoteSocket(ctx, c.Socket.ID, c.Socket.Expires, c.Socket.Open)
		}
		return nil
	}
}
