// Package audit defines the audit log of administrators' changes. Stores write each
// record in the same transaction as the change.
package audit

import (
	"context"
	"reflect"
	"time"

	"ticketsystem/pkg/id"
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

	// DeliveryRetried has the id of the notification and the channel.
	DeliveryRetried = "delivery.retried"

	BroadcastStarted   = "broadcast.started"
	BroadcastCancelled = "broadcast.cancelled"
)

// Actions returns all actions.
func Actions() []string {
	return []string{
		UserCreated, UserUpdated, UserDeleted, CategoryCreated, CategoryUpdated, CategoryDeleted, TicketDeleted,
		SuppressionDeleted, DeliveryRetried, BroadcastStarted, BroadcastCancelled,
	}
}

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

// Query selects a page of records. A zero field selects all.
type Query struct {
	Actor  string // user id
	Action string
	Target string
	From   time.Time
	To     time.Time // exclusive
	Before string    // id: records older than it
	Limit  int
}

// Matches reports whether a record is of the actor, action and target of the query.
func (q Query) Matches(r Record) bool {
	matches := func(filter, value string) bool { return filter == "" || filter == value }
	return matches(q.Actor, r.Actor.ID) && matches(q.Action, r.Action) && matches(q.Target, r.Target)
}

// Bounds returns the ids between which the records of the query are: from inclusive, to exclusive.
func (q Query) Bounds() (from, to string) {
	from, to = "0", "~" // sort before and after all ids
	if !q.From.IsZero() {
		from = id.First(q.From)
	}
	if !q.To.IsZero() {
		to = id.First(q.To)
	}
	if q.Before != "" {
		to = min(to, q.Before)
	}
	return from, to
}

// Store reads the audit log.
type Store interface {
	// AuditRecords returns a page of records, newest first. A page with fewer records than
	// q.Limit may be followed by others: next is Query.Before of the next page, "" after the last.
	AuditRecords(ctx context.Context, q Query) (records []Record, next string, err error)
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

// NewRecord returns a record with a new id and the current time, that of the id.
func (r Recorder) NewRecord(actor Actor, action, target string, before, after Fields) Record {
	recordID := r.NewID()
	at := id.Time(recordID)
	if at.IsZero() {
		at = r.Now()
	}
	return Record{ID: recordID, At: at, Actor: actor, Action: action, Target: target, Before: before, After: after}
}
