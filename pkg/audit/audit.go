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
	UserChanged     = "user.changed"
	UserRemoved     = "user.removed"
	CategoryCreated = "category.created"
	CategoryChanged = "category.changed"
	CategoryRemoved = "category.removed"
	TicketRemoved   = "ticket.removed"

	BroadcastStarted   = "broadcast.started"
	BroadcastCancelled = "broadcast.cancelled"
)

// Facts are the values that a change touched, by the names of the API. They
// hold no secrets: of a password they say that there is one.
type Facts map[string]any

// Record is one deed.
type Record struct {
	ID     string // ULID: records sort by time
	At     time.Time
	Actor  Actor
	Action string
	Target string // id of what it was done to
	Before Facts
	After  Facts
}

// Store reads the log; it is written with the changes themselves.
type Store interface {
	// Audit reads up to limit records, the newest first, that are older than
	// before ("" for the newest).
	Audit(ctx context.Context, before string, limit int) ([]Record, error)
}

// Changed keeps what differs between two sets of facts.
func Changed(before, after Facts) (was, is Facts) {
	was, is = Facts{}, Facts{}
	for name, value := range after {
		if !reflect.DeepEqual(before[name], value) {
			was[name], is[name] = before[name], value
		}
	}
	return was, is
}

// Pen writes records.
type Pen struct {
	Now   func() time.Time
	NewID func() string
}

// Note makes a record of a deed.
func (p Pen) Note(by Actor, action, target string, before, after Facts) Record {
	return Record{ID: p.NewID(), At: p.Now(), Actor: by, Action: action, Target: target, Before: before, After: after}
}
