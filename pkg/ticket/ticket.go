// Package ticket is the heart of the house: a ticket is an append-only log of
// entries, and everything else about it is folded from that log.
//
// The package knows no technology. A Desk serves the operations, a Store keeps
// the log; pkg/dynamo implements it on DynamoDB.
package ticket

import (
	"maps"
	"slices"
	"time"

	"ticketsystem/pkg/user"
)

// Status is where a ticket stands in its life; life.go holds the rules.
type Status string

// The six statuses, in the order a ticket usually passes them.
const (
	StatusNew      Status = "new"
	StatusOpen     Status = "open"
	StatusPending  Status = "pending" // waits for the customer
	StatusOnHold   Status = "on_hold" // waits for a third party; customers see open
	StatusResolved Status = "resolved"
	StatusClosed   Status = "closed"
)

// Valid says whether s is one of the six.
func (s Status) Valid() bool {
	switch s {
	case StatusNew, StatusOpen, StatusPending, StatusOnHold, StatusResolved, StatusClosed:
		return true
	}
	return false
}

// IsActive says whether work on the ticket is still expected.
func (s Status) IsActive() bool { return s.Valid() && s != StatusResolved && s != StatusClosed }

// Priority orders the queue.
type Priority string

// The four priorities.
const (
	PriorityLow    Priority = "low"
	PriorityMedium Priority = "medium"
	PriorityHigh   Priority = "high"
	PriorityUrgent Priority = "urgent"
)

// Rank is the place in the queue, 0 for urgent to 3 for low, -1 for anything else.
func (p Priority) Rank() int {
	return slices.Index([]Priority{PriorityUrgent, PriorityHigh, PriorityMedium, PriorityLow}, p)
}

// Valid says whether p is one of the four.
func (p Priority) Valid() bool { return p.Rank() >= 0 }

// Category is a ticket's category as it was named when it was chosen: a
// ticket keeps the names of a category that is deleted later.
type Category struct {
	ID    string
	Names map[string]string // by language: en, fa
}

// UserRef is a customer or an assignee as a ticket shows them.
type UserRef struct {
	ID   string
	Name string
}

// State is what an entry leaves behind: the ticket after it. It is stored with
// every entry, so the newest entry alone tells what may come next.
type State struct {
	Status     Status
	Priority   Priority
	CategoryID string
	AssigneeID string // "" while nobody holds the ticket
}

// Reader is one person's place in the log.
type Reader struct {
	Read   int // the last seq marked as read
	Unread int // visible messages of others after it
}

// Ticket is the ticket as lists and details show it: a projection of its log.
type Ticket struct {
	ID       string
	Title    string
	Customer UserRef
	State    State
	Category Category
	Assignee UserRef // zero while nobody holds the ticket
	Tags     []string

	LastSeq   int // newest entry folded in
	PublicSeq int // newest entry the customer may see

	Messages int               // public messages so far
	Notes    int               // internal notes so far
	Readers  map[string]Reader // by user id; who is missing has read nothing
	Preview  string            // beginning of the newest public text

	CreatedAt      time.Time
	LastActivityAt time.Time // newest entry the customer may see
	WaitingSince   time.Time // first customer message nobody answered; zero when answered
	FirstReplyAt   time.Time // first public answer of staff; zero before
	ResolvedAt     time.Time
	ClosedAt       time.Time // zero unless closed

	// Revision counts the writes of the stored head. It is the optimistic
	// lock of the projection, not a part of the ticket.
	Revision int
}

// clone copies the head deeply enough that folding into the copy leaves the
// original alone.
func (tk Ticket) clone() Ticket {
	tk.Readers = maps.Clone(tk.Readers)
	tk.Tags = slices.Clone(tk.Tags)
	return tk
}

// VisibleTo says whether the person may know that the ticket exists.
func (tk Ticket) VisibleTo(actor user.Principal) bool {
	return tk.ID != "" && (actor.Role.IsStaff() || actor.Role == user.RoleSystem || tk.Customer.ID == actor.UserID)
}

// LastSeqFor is the newest seq the person may see. Notes leave no trace in it
// for a customer.
func (tk Ticket) LastSeqFor(actor user.Principal) int {
	if actor.Role.IsStaff() {
		return tk.LastSeq
	}
	return tk.PublicSeq
}

// UnreadFor counts the visible messages of others after the person's read mark.
func (tk Ticket) UnreadFor(actor user.Principal) int {
	if r, ok := tk.Readers[actor.UserID]; ok {
		return r.Unread
	}
	if actor.Role.IsStaff() {
		return tk.Messages + tk.Notes
	}
	return tk.Messages
}
