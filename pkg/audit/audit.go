// Package audit defines the audit log of administrators' changes. Stores write each
// record in the same transaction as the change.
package audit

import (
	"context"
	"reflect"
	"time"
)

// Actor is the administrator who made a change.
type Actor struct {
	ID      string
	Name    string
	Address string // IP address
}

// The actions of administrators.
const (
	UserCreated     = "user.created"
	UserUpdated     = "user.changed"
	UserDeleted     = "user.removed"
	CategoryCreated = "category.created"
	CategoryUpdated = "category.changed"
	CategoryDeleted = "category.removed"
	TicketDeleted   = "ticket.removed"

	// SuppressionDeleted has the address with only the first letter of its local part.
	SuppressionDeleted = "suppression.removed"

	BroadcastStarted   = "broadcast.started"
	BroadcastCancelled = "broadcast.cancelled"
)

// Fields are the changed values by their API names. They contain no secrets: a new
// password is recorded as "changed".
type Fields map[string]any

// Record is one change by an administrator.
type Record struct {
	ID     string // ULID; sorts by time
	At     time.Time
	Actor  Actor
	Action string
	Target string // id of the changed user, category, ticket or broadcast
	Before Fields
	After  Fields
}

// Store reads the audit log.
type Store interface {
	// AuditRecords returns up to limit records older than the id before, newest first.
	// An empty before starts at the newest record.
	AuditRecords(ctx context.Context, before string, limit int) ([]Record, error)
}

// Diff returns the fields of before and after whose values differ.
func Diff(before, after Fields) (oldValues, newValues Fields) {
	oldValues, newValues = Fields{}, Fields{}
	for name, value := range after {
		if !reflect.DeepEqual(before[name], value) {
			oldValues[name], newValues[name] = before[name], value
		}
	}
	return oldValues, newValues
}

// Recorder creates audit records.
type Recorder struct {
	Now   func() time.Time
	NewID func() string
}

// NewRecord returns a record with a new id and the current time.
func (r Recorder) NewRecord(actor Actor, action, target string, before, after Fields) Record {
	return Record{ID: r.NewID(), At: r.Now(), Actor: actor, Action: action, Target: target, Before: before, After: after}
}
