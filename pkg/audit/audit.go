// Package audit is the log of what administrators did. A record is written in
// the same transaction as the change that it tells of: neither is without the
// other.
package audit

import (
	"context"
	"reflect"
	"time"
)

// Actor is who did it, and from where.
type Actor struct {
	ID      string
	Name    string
	Address string // network address
}

// What administrators do to people, categories and tickets.
const (
	UserCreated     = "user.created"
	UserUpdated     = "user.changed"
	UserDeleted     = "user.removed"
	CategoryCreated = "category.created"
	CategoryUpdated = "category.changed"
	CategoryDeleted = "category.removed"
	TicketDeleted   = "ticket.removed"

	BroadcastStarted   = "broadcast.started"
	BroadcastCancelled = "broadcast.cancelled"
)

// Fields are the values that a change touched, by the names of the API. They
// hold no secrets: of a password they say that there is one.
type Fields map[string]any

// Record is one deed.
type Record struct {
	ID     string // ULID: records sort by time
	At     time.Time
	Actor  Actor
	Action string
	Target string // id of what it was done to
	Before Fields
	After  Fields
}

// Store reads the log; it is written with the changes themselves.
type Store interface {
	// AuditRecords reads up to limit records, the newest first, that are older than
	// before ("" for the newest).
	AuditRecords(ctx context.Context, before string, limit int) ([]Record, error)
}

// Diff keeps what differs between two sets of facts.
func Diff(before, after Fields) (oldValues, newValues Fields) {
	oldValues, newValues = Fields{}, Fields{}
	for name, value := range after {
		if !reflect.DeepEqual(before[name], value) {
			oldValues[name], newValues[name] = before[name], value
		}
	}
	return oldValues, newValues
}

// Recorder writes records.
type Recorder struct {
	Now   func() time.Time
	NewID func() string
}

// NewRecord makes a record of a deed.
func (r Recorder) NewRecord(actor Actor, action, target string, before, after Fields) Record {
	return Record{ID: r.NewID(), At: r.Now(), Actor: actor, Action: action, Target: target, Before: before, After: after}
}
