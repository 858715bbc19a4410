// Package ticket implements tickets as append-only logs of entries. All other
// ticket state is derived by folding the log.
//
// The package does not depend on AWS. Service implements the operations and
// Store persists tickets; pkg/dynamo implements Store on DynamoDB.
package ticket

import (
	"maps"
	"slices"
	"time"

	"ticketsystem/pkg/id"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/user"
)

// Status is the status of a ticket; status.go has the allowed transitions.
type Status string

// The six statuses, in their usual order.
const (
	StatusNew      Status = "new"
	StatusOpen     Status = "open"
	StatusPending  Status = "pending" // waiting for the customer
	StatusOnHold   Status = "on_hold" // waiting for a third party; customers see open
	StatusResolved Status = "resolved"
	StatusClosed   Status = "closed"
)

// Statuses returns all statuses, the active ones first.
func Statuses() []Status {
	return []Status{StatusNew, StatusOpen, StatusPending, StatusOnHold, StatusResolved, StatusClosed}
}

// Valid reports whether s is one of Statuses.
func (s Status) Valid() bool { return slices.Contains(Statuses(), s) }

// IsActive reports whether s is valid and neither resolved nor closed.
func (s Status) IsActive() bool { return s.Valid() && s != StatusResolved && s != StatusClosed }

// Priority determines the order of the queue.
type Priority string

// The four priorities.
const (
	PriorityLow    Priority = "low"
	PriorityMedium Priority = "medium"
	PriorityHigh   Priority = "high"
	PriorityUrgent Priority = "urgent"
)

// Rank returns 0 for urgent to 3 for low, and -1 for an invalid priority.
func (p Priority) Rank() int {
	return slices.Index([]Priority{PriorityUrgent, PriorityHigh, PriorityMedium, PriorityLow}, p)
}

// Valid reports whether p is one of the four priorities.
func (p Priority) Valid() bool { return p.Rank() >= 0 }

// Category is the category of a ticket, with the names it had when it was
// chosen. Tickets keep the names of a category that is deleted later.
type Category struct {
	ID    string
	Names map[string]string // by language: en, fa
}

// UserRef is the id and name of a customer or an assignee.
type UserRef struct {
	ID   string
	Name string
}

// State is the part of a ticket that decides which changes are allowed. Every
// entry stores the state after it, so the newest entry has the current one.
type State struct {
	Status     Status
	Priority   Priority
	CategoryID string
	AssigneeID string // "" if unassigned
}

// Reader is the read position of one user.
type Reader struct {
	Read   int // last sequence number marked as read, when the ticket was stored
	Unread int // visible messages of other users after Read
}

// Ticket is the projection of a ticket's log, as shown in lists and details.
type Ticket struct {
	ID    string
	Title string
	// Description is the text of the opening. It is not stored: Create, Detail and ByNumber set it.
	Description string
	Customer    UserRef
	OpenedBy    string // id of the agent who opened the ticket for the customer, or ""
	State       State
	Category    Category
	Assignee    UserRef // zero if unassigned
	Tags        []string

	FollowUpOf string   // id of the closed ticket that this one continues, or ""
	FollowUps  []string // ids of the tickets that continue this one

	LastSeq   int // newest entry included
	PublicSeq int // newest entry that the customer may see

	Messages int               // number of public messages
	Notes    int               // number of notes
	Readers  map[string]Reader // by user id; a missing user has read nothing
	Preview  string            // start of the newest public text

	CreatedAt      time.Time
	LastActivityAt time.Time // time of the newest entry that the customer may see
	WaitingSince   time.Time // first unanswered customer message, or reopening; zero if answered
	FirstReplyAt   time.Time // first public message of staff; zero before it
	ResolvedAt     time.Time // time of the transition to resolved; zero after a reopening
	ClosedAt       time.Time // zero unless closed

	// Revision counts the writes of the stored projection, for optimistic locking.
	Revision int
}

// ReopenUntil returns until when a message or the customer reopens a closed ticket, and the
// zero time for a ticket that is not closed.
func (tk Ticket) ReopenUntil(window time.Duration) time.Time {
	if tk.State.Status != StatusClosed || tk.ClosedAt.IsZero() {
		return time.Time{}
	}
	return tk.ClosedAt.Add(window)
}

// clone returns a copy that shares no map or slice that Fold modifies.
func (tk Ticket) clone() Ticket {
	tk.Readers = maps.Clone(tk.Readers)
	tk.Tags, tk.FollowUps = slices.Clone(tk.Tags), slices.Clone(tk.FollowUps)
	return tk
}

// SearchTerms returns the terms of the fields that find a ticket: title and number, and
// for staff the customer and the tags.
func (tk Ticket) SearchTerms(customer user.User) (terms, staffOnly []string) {
	return search.Tokens(tk.Title, id.Number(tk.ID)), append(customer.SearchTerms(), search.Tokens(tk.Tags...)...)
}

// VisibleTo reports whether the actor may know that the ticket exists.
func (tk Ticket) VisibleTo(actor user.Principal) bool {
	return tk.ID != "" && (actor.Role.IsStaff() || actor.Role == user.RoleSystem || tk.Customer.ID == actor.UserID)
}

// IsListed reports whether the lists of staff have the ticket. They get it with its first projection.
func (tk Ticket) IsListed() bool { return tk.Revision > 1 }

// LastSeqFor returns the newest sequence number that the actor may see. It is
// also the version of the ticket: it changes with each entry visible to the actor.
func (tk Ticket) LastSeqFor(actor user.Principal) int {
	if actor.Role.IsStaff() {
		return tk.LastSeq
	}
	return tk.PublicSeq
}

// UnreadFor returns the number of visible messages of other users after the
// actor's read marker.
func (tk Ticket) UnreadFor(actor user.Principal) int { return tk.unreadFor(actor.UserID) }

func (tk Ticket) unreadFor(userID string) int {
	if r, ok := tk.Readers[userID]; ok {
		return r.Unread
	}
	return tk.visibleMessages(userID)
}

// countsNotesFor reports whether notes count as unread for a user. They count for
// all users but the ticket's customer, whatever that user's role is today, because
// the stored counts do not know the roles of readers.
func (tk Ticket) countsNotesFor(userID string) bool { return userID != tk.Customer.ID }

// visibleMessages returns the number of messages that count for a user.
func (tk Ticket) visibleMessages(userID string) int {
	if tk.countsNotesFor(userID) {
		return tk.Messages + tk.Notes
	}
	return tk.Messages
}
