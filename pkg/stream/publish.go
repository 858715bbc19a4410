package stream

import (
	"context"
	"slices"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// Publisher publishes frames to the sockets that are subscribed to a change. Its
// methods fail only if the subscribers cannot be read; a lost frame is no error.
type Publisher interface {
	// PublishTicketChange sends the ticket to those who watch the queue, if what they see of it
	// has changed, and announces new entries to the others who may see them.
	PublishTicketChange(ctx context.Context, before, tk ticket.Ticket) error
	// PublishReadMarker sends a read marker. Customers get public instead, the last
	// entry read that they may see; if it is 0, they get nothing.
	PublishReadMarker(ctx context.Context, tk ticket.Ticket, m ticket.ReadMarker, public int) error
	// PublishAttachments sends the states of attachments of an entry.
	PublishAttachments(ctx context.Context, tk ticket.Ticket, e ticket.Entry, changed []ticket.Attachment) error
	// PublishNotification sends a notification to its recipient.
	PublishNotification(ctx context.Context, n notification.Notification) error
	// PublishUnread sends the number of unread notifications to their recipient.
	PublishUnread(ctx context.Context, userID string, unread int) error
	// PublishGone announces that a ticket was deleted; tk is the ticket before.
	PublishGone(ctx context.Context, tk ticket.Ticket) error
	// EndSubscriptions removes the subscriptions to a ticket. It is safe to repeat.
	EndSubscriptions(ctx context.Context, ticketID string) error
}

// LogReader reads ticket logs.
type LogReader interface {
	// ReadLogLatest reads a ticket and its newest entries, at least n. The Ticket of the log is
	// the zero value if there is no such ticket.
	ReadLogLatest(ctx context.Context, ticketID string, n int) (ticket.Log, error)

	// ReadLogPage reads n items from an entry on. end reports whether they reach the end of the
	// log; then it also returns the ticket.
	ReadLogPage(ctx context.Context, ticketID string, from, n int) (log ticket.Log, end bool, err error)

	// ReadLogRange reads at most n entries of [from, to], without the ticket: the
	// newest of them if backward is set.
	ReadLogRange(ctx context.Context, ticketID string, from, to, n int, backward bool) (ticket.Log, error)
}

// PublishChanges returns a Handler that publishes changed and deleted tickets, states of attachments
// and moved read markers to subscribers. The request that posts an entry publishes it, at most once;
// the handler announces it at least once, when the stored ticket includes it.
func PublishChanges(logs LogReader, publisher Publisher) Handler {
	return func(ctx context.Context, e event.Event, _ ...event.Event) error {
		switch e := e.(type) {
		case event.TicketChanged:
			return publisher.PublishTicketChange(ctx, e.Before, e.Ticket)
		case event.TicketDeleted:
			if e.Ticket.ID == "" {
				return nil
			}
			if err := publisher.PublishGone(ctx, e.Ticket); err != nil {
				return err
			}
			return publisher.EndSubscriptions(ctx, e.TicketID)
		case event.AttachmentsChanged:
			log, err := logs.ReadLogLatest(ctx, e.Entry.TicketID, 1)
			if err != nil || log.Ticket.ID == "" {
				return err
			}
			return publisher.PublishAttachments(ctx, log.Ticket, e.Entry, e.Attachments)
		case event.ReadMarkerMoved:
			return publishReadMarker(ctx, logs, publisher, e)
		}
		return nil
	}
}

// readMarkerPage is how many items are read at first after the previous position of a read marker.
const readMarkerPage = 60

func publishReadMarker(ctx context.Context, logs LogReader, publisher Publisher, moved event.ReadMarkerMoved) error {
	log, public, err := readMarkedEntries(ctx, logs, moved)
	if err != nil || log.Ticket.ID == "" {
		return err
	}
	newest := log.Ticket.LastSeq
	if n := len(log.Entries); n > 0 {
		newest = max(newest, log.Entries[n-1].Seq)
	}
	moved.Marker.Seq = min(moved.Marker.Seq, newest) // one beyond the end of the log is set back later
	return publisher.PublishReadMarker(ctx, log.Ticket, moved.Marker, public)
}

// readMarkedEntries returns the ticket with its newest entries, and the newest entry that the reader
// has read since the previous position and that customers may see, or 0.
func readMarkedEntries(ctx context.Context, logs LogReader, moved event.ReadMarkerMoved) (log ticket.Log, public int, err error) {
	log, end, err := logs.ReadLogPage(ctx, moved.Marker.TicketID, moved.Before+1, readMarkerPage)
	if err != nil || end {
		return log, newestPublic(log.Entries, moved.Marker.Seq), err
	}
	log, err = logs.ReadLogLatest(ctx, moved.Marker.TicketID, 1)
	if err != nil || log.Ticket.ID == "" {
		return log, 0, err
	}
	public, err = readNewestPublic(ctx, logs, moved)
	return log, public, err
}

// newestPublic returns the newest entry up to seq that customers may see, or 0.
func newestPublic(entries []ticket.Entry, seq int) int {
	for _, e := range slices.Backward(entries) {
		if e.Seq <= seq && e.VisibleTo(user.RoleUser) {
			return e.Seq
		}
	}
	return 0
}

// readNewestPublic returns the newest entry that the reader has read since the previous
// position and that customers may see, or 0. It examines at most 100 entries.
func readNewestPublic(ctx context.Context, logs LogReader, moved event.ReadMarkerMoved) (int, error) {
	from, to := moved.Before+1, moved.Marker.Seq
	for reads := 0; reads < 4 && from <= to; reads++ {
		log, err := logs.ReadLogRange(ctx, moved.Marker.TicketID, from, to, 25, true)
		if err != nil || len(log.Entries) == 0 {
			return 0, err
		}
		if public := newestPublic(log.Entries, to); public > 0 {
			return public, nil
		}
		to = log.Entries[0].Seq - 1
	}
	return 0, nil
}
