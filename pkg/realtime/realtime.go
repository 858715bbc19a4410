// Package realtime knows who listens: open connections, the topics they watch,
// and the passes that let a browser open a socket.
package realtime

import (
	"context"
	"errors"
	"time"

	"ticketsystem/pkg/user"
)

// ErrGone is what a Pusher says of a connection that is closed.
var ErrGone = errors.New("the connection is gone")

// QueueTopic is the topic of all tickets; staff alone may watch it.
const QueueTopic = "queue"

// TicketTopic is the topic of one ticket.
func TicketTopic(ticketID string) string { return "ticket:" + ticketID }

// UserTopic is the topic of one person; each of his connections watches it.
func UserTopic(userID string) string { return "user:" + userID }

// API Gateway ends a socket after two hours, whatever happens; what is stored
// about it need not live longer.
const connectionTTL = 2*time.Hour + 5*time.Minute

// ConnectTokenTTL is how long a pass for opening a socket is good.
const ConnectTokenTTL = 30 * time.Second

// Connection is an open socket.
type Connection struct {
	ID        string
	Principal user.Principal
	Topics    []string
	OpenedAt  time.Time
	ExpiresAt time.Time
}

// Subscriber is a connection's interest in a topic.
type Subscriber struct {
	Topic        string
	ConnectionID string
	UserID       string
	Name         string
	Role         user.Role
	Locale       string
}

// Store keeps connections, watchers and passes. What has expired is never
// returned.
type Store interface {
	// PutConnectToken stores a pass under a hash until it expires.
	PutConnectToken(ctx context.Context, hash string, principal user.Principal, expires time.Time) error
	// ConsumeConnectToken gives a pass's owner and uses it up: of many that try, one gets it.
	ConsumeConnectToken(ctx context.Context, hash string) (principal user.Principal, found bool, err error)

	AddConnection(ctx context.Context, c Connection) error
	Connection(ctx context.Context, id string) (c Connection, found bool, err error)
	// DeleteConnection forgets a connection with all its watchers.
	DeleteConnection(ctx context.Context, id string) (c Connection, found bool, err error)
	// DeleteStaleConnection does so for a connection that cannot be reached, unless it was
	// opened after that time. topic is where it was found watching; a watcher
	// that its connection does not know of goes as well.
	DeleteStaleConnection(ctx context.Context, id, topic string, openedBefore time.Time) error

	// Subscribe adds a watcher; it reports false when the connection is gone.
	Subscribe(ctx context.Context, c Connection, topic string) (bool, error)
	Unsubscribe(ctx context.Context, connectionID, topic string) error
	Subscribers(ctx context.Context, topic string) ([]Subscriber, error)
}

// Pusher sends frames to connections. Errors: ErrGone.
type Pusher interface {
	Send(ctx context.Context, connectionID string, data []byte) error
}
