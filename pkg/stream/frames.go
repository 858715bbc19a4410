package stream

import (
	"context"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
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
			return news.Head(ctx, known.Head, *c.Entry)
		case c.Head != nil:
			return news.Queue(ctx, *c.Head)
		case c.Mark != nil:
			return readMark(ctx, tickets, news, *c.Mark)
		}
		return nil
	}
}

func readMark(ctx context.Context, tickets ticket.Store, news *api.News, m ticket.Mark) error {
	known, err := tickets.Newest(ctx, m.TicketID, 1)
	if err != nil || known.Head.ID == "" {
		return err
	}
	public := known.Head.PublicSeq
	for _, e := range known.Entries { // the head may lag behind them
		if e.VisibleTo(user.RoleUser) {
			public = max(public, e.Seq)
		}
	}
	return news.Read(ctx, m, public)
}
