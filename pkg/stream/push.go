package stream

import (
	"context"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// Publisher pushes frames to the sockets that are subscribed to a change. Its
// methods fail only if the subscribers cannot be read; a lost frame is no error.
type Publisher interface {
	// PublishEntryHint announces that the ticket has an entry.
	PublishEntryHint(ctx context.Context, tk ticket.Ticket, e ticket.Entry) error
	// PublishQueueChange sends the ticket to those who watch the queue.
	PublishQueueChange(ctx context.Context, tk ticket.Ticket) error
	// PublishReadMarker sends a read marker. public is the last sequence number that
	// the customer may see.
	PublishReadMarker(ctx context.Context, tk ticket.Ticket, m ticket.ReadMarker, public int) error
	// PublishNotification sends a notification to its recipient.
	PublishNotification(ctx context.Context, n notification.Notification) error
}

// LogReader reads ticket logs.
type LogReader interface {
	// ReadLogLatest reads a ticket and its newest entries, at least n. The Ticket of the log is
	// the zero value if there is no such ticket.
	ReadLogLatest(ctx context.Context, ticketID string, n int) (ticket.Log, error)
}

// PushChanges returns a Handler that pushes new entries, changed tickets and moved
// read markers to subscribers. The request that posts an entry pushes it too, at
// most once; the handler pushes at least once.
func PushChanges(logs LogReader, publisher Publisher) Handler {
	return func(ctx context.Context, e event.Event, _ ...event.Event) error {
		switch e := e.(type) {
		case event.EntryAppended:
			log, err := logs.ReadLogLatest(ctx, e.Entry.TicketID, 1)
			if err != nil || log.Ticket.ID == "" {
				return err
			}
			log.Ticket.State = e.Entry.State
			return publisher.PublishEntryHint(ctx, log.Ticket, e.Entry)
		case event.TicketChanged:
			return publisher.PublishQueueChange(ctx, e.Ticket)
		case event.ReadMarkerMoved:
			return pushReadMarker(ctx, logs, publisher, e.Marker)
		}
		return nil
	}
}

func pushReadMarker(ctx context.Context, logs LogReader, publisher Publisher, marker ticket.ReadMarker) error {
	log, err := logs.ReadLogLatest(ctx, marker.TicketID, 1)
	if err != nil || log.Ticket.ID == "" {
		return err
	}
	public := log.Ticket.PublicSeq
	for _, e := range log.Entries { // the stored ticket may lack them
		if e.VisibleTo(user.RoleUser) {
			public = max(public, e.Seq)
		}
	}
	return publisher.PublishReadMarker(ctx, log.Ticket, marker, public)
}
