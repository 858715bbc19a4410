// Package realtime manages WebSocket connections, topic subscriptions and
// single-use connect tokens.
package realtime

import (
	"context"
	"errors"
	"time"

	"ticketsystem/pkg/user"
)

// ErrGone is returned by a Pusher if the connection is closed.
var ErrGone = errors.New("the connection is gone")

// QueueTopic is the topic of all tickets. Only staff may subscribe to it.
const QueueTopic = "queue"

// TicketTopic returns the topic of one ticket.
func TicketTopic(ticketID string) string { return "ticket:" + ticketID }

// UserTopic returns the topic of one user, to which all their connections subscribe.
func UserTopic(userID string) string { return "user:" + userID }

// connectionTTL exceeds the 2 hours after which API Gateway closes a WebSocket.
const connectionTTL = 2*time.Hour + 5*time.Minute

// connectTokenTTL is how long a connect token is valid.
const connectTokenTTL = 30 * time.Second

// Connection is an open socket.
type Connection struct {
	ID        string
	Principal user.Principal
	Topics    []string
	OpenedAt  time.Time
	ExpiresAt time.Time
}

// NewConnection returns a connection that subscribes to the events of its user.
func NewConnection(id string, principal user.Principal, now time.Time) Connection {
	return Connection{ID: id, Principal: principal, Topics: []string{UserTopic(principal.UserID)}, OpenedAt: now, ExpiresAt: now.Add(connectionTTL)}
}

// Subscriber is the subscription of one connection to a topic. Its principal is the one that
// opened the connection.
type Subscriber struct {
	Topic        string
	ConnectionID string
	SubscribedAt time.Time
	user.Principal
}

// Store stores connections, subscriptions and connect tokens. It never returns
// expired items.
type Store interface {
	// PutConnectToken stores the hash of a token until it expires.
	PutConnectToken(ctx context.Context, hash string, principal user.Principal, expires time.Time) error
	// ConsumeConnectToken deletes a token and returns its principal. Of several
	// concurrent calls, one finds it.
	ConsumeConnectToken(ctx context.Context, hash string) (principal user.Principal, found bool, err error)
	// AddConnection stores a connection with the subscriptions to its topics. It is safe to repeat.
	AddConnection(ctx context.Context, c Connection) error
	// Connection returns a connection with its topics.
	Connection(ctx context.Context, id string) (c Connection, found bool, err error)
	// DeleteConnection deletes a connection and its subscriptions, and returns
	// the connection. It is safe to repeat.
	DeleteConnection(ctx context.Context, id string) (c Connection, found bool, err error)
	// DeleteStaleConnection deletes an unreachable connection and its
	// subscriptions, unless it was opened at or after openedBefore. It also deletes the
	// subscription to topic, even if the connection does not list it.
	DeleteStaleConnection(ctx context.Context, id, topic string, openedBefore time.Time) error

	// Subscribe adds a subscription. It reports false if the connection does
	// not exist.
	Subscribe(ctx context.Context, c Connection, topic string) (bool, error)
	// Unsubscribe deletes a subscription. A missing one is not an error.
	Unsubscribe(ctx context.Context, connectionID, topic string) error
	// Subscribers returns the subscribers of a topic.
	Subscribers(ctx context.Context, topic string) ([]Subscriber, error)
}

// Pusher sends frames to connections. It returns ErrGone if one is closed.
type Pusher interface {
	Send(ctx context.Context, connectionID string, data []byte) error
}
