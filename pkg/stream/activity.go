package stream

import (
	"context"
	"time"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/ticket"
)

// ActivityStore stores the recent activity that administrators see.
type ActivityStore interface {
	// RecordActivity adds an entry to the list of recent entries. It is safe to repeat.
	RecordActivity(ctx context.Context, e ticket.Entry) error
	// RecordSocket adds a connection to the open sockets, or removes it. agentID is its user if
	// that is staff.
	RecordSocket(ctx context.Context, connectionID, agentID string, expires time.Time, open bool) error
}

// ProjectActivity returns a Handler that lists recent entries and open sockets.
func ProjectActivity(store ActivityStore) Handler {
	return func(ctx context.Context, e event.Event, _ ...event.Event) error {
		switch e := e.(type) {
		case event.EntryAppended:
			return store.RecordActivity(ctx, e.Entry)
		case event.SocketOpened:
			return store.RecordSocket(ctx, e.ConnectionID, e.AgentID, e.ExpiresAt, true)
		case event.SocketClosed:
			return store.RecordSocket(ctx, e.ConnectionID, e.AgentID, e.ExpiresAt, false)
		}
		return nil
	}
}
