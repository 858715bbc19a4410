package stream

import (
	"context"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
)

// Frames is the durable push: every entry is hinted at, every changed ticket
// shown on the queue, every read mark told.
func Frames(tickets ticket.Store, news *api.News) Effect {
	return func(ctx context.Context, c table.Change) error {
		switch {
		case c.Entry != nil && c.Created:
			known, err := tickets.Newest(ctx, c.Entry.TicketID, 1)
			if err != nil || known.Head.ID == "" {
				return err
			}
			known.Head.State = c.Entry.State
			news.Head(ctx, known.Head, *c.Entry)
		case c.Head != nil:
			news.Queue(ctx, *c.Head)
		case c.Mark != nil:
			news.Read(ctx, *c.Mark)
		}
		return nil
	}
}
