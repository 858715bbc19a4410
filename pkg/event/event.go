// Package event defines the changes of the table that stream handlers act on.
// The store decodes them from DynamoDB stream records.
package event

import (
	"time"

	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// Event is one change of the table. The types of this package are its only
// implementations.
type Event interface{ event() }

// EntryAppended reports a new entry of a ticket log.
type EntryAppended struct{ Entry ticket.Entry }

// ChangeUnchanged reports a change of a ticket that had nothing to do.
type ChangeUnchanged struct{ Change ticket.Unchanged }

// TicketChanged reports a write of a ticket's projection. Before is the ticket as it was, the
// zero value if there was none.
type TicketChanged struct{ Ticket, Before ticket.Ticket }

// TicketDeleted reports a write of a ticket's tombstone. It is repeated when
// entries were appended after the deletion, and follows them. Ticket is the ticket as
// it was before, the zero value in a repetition.
type TicketDeleted struct {
	TicketID string
	Ticket   ticket.Ticket
}

// ReadMarkerMoved reports a new position of a reader. Before is the previous
// sequence number, 0 for the first one.
type ReadMarkerMoved struct {
	Marker ticket.ReadMarker
	Before int
}

// UserCreated reports a new user.
type UserCreated struct{ User user.User }

// UserChanged reports a changed user. Old is the zero User if the record has no
// old image.
type UserChanged struct{ Old, New user.User }

// RightsChanged reports whether sessions and sockets of the old user must end. A phone number that
// the user changed ends no session here: the change itself ends all but its own.
func (e UserChanged) RightsChanged() bool {
	old := e.Old
	if e.New.PhoneSession != "" {
		old.Phone = e.New.Phone
	}
	return old.ID != "" && !old.SameRights(e.New)
}

// UserDeleted reports a deleted user, as they were before.
type UserDeleted struct{ User user.User }

// UserPropagation reports the progress of the propagation of a user's change or deletion to
// tickets, notifications, audit records and files. The store writes it again for each step.
type UserPropagation struct {
	UserID string
	Run    string // identifies the change of the user
	Step   int
	Phase  int               // one of the Propagation constants
	After  map[string]string // cursor of the last item that is complete
	Seq    int               // entry of the next ticket at which the step continues
}

// The phases of a propagation. PropagationAudit and PropagationFiles follow the deletion of a user only.
const (
	PropagationOwnTickets = iota
	PropagationReferencedTickets
	PropagationNotifications
	PropagationAudit
	PropagationFiles
	PropagationDone
)

// SessionStarted reports a new session, with the user that its tokens describe.
type SessionStarted struct {
	User      user.User
	SessionID string
	At        time.Time
}

// SessionUsed reports that a session was refreshed.
type SessionUsed struct {
	UserID string
	At     time.Time
}

// SessionEnded reports a session that was deleted or has expired.
type SessionEnded struct{ UserID, SessionID string }

// NotificationCreated reports a new notification.
type NotificationCreated struct{ Notification notification.Notification }

// NotificationsRead reports that a user has fewer unread notifications than before.
type NotificationsRead struct {
	UserID string
	Unread int
}

// BroadcastCreated reports a new broadcast.
type BroadcastCreated struct{ BroadcastID string }

// BroadcastChanged reports new progress of a broadcast, a result of a delivery or its end.
type BroadcastChanged struct{ BroadcastID string }

// BroadcastPublishRequested reports a request to publish a broadcast. Rounds ascend. Published is the
// time of the last publication before it.
type BroadcastPublishRequested struct {
	BroadcastID string
	Round       int
	Published   time.Time
}

// TicketCountsChanged reports a write of the current counts of tickets.
type TicketCountsChanged struct{}

// CountsPublishRequested reports a request to publish the counts. Rounds ascend. Published is the time of
// the last publication before it.
type CountsPublishRequested struct {
	Round     int
	Published time.Time
}

// SocketOpened reports a new WebSocket connection. AgentID is its user if that is staff.
type SocketOpened struct {
	ConnectionID string
	UserID       string
	AgentID      string
	ExpiresAt    time.Time
}

// SocketClosed reports a WebSocket connection that was closed.
type SocketClosed struct {
	ConnectionID string
	AgentID      string
	ExpiresAt    time.Time
}

// AttachmentCreated reports a new attachment.
type AttachmentCreated struct{ ID, OwnerID string }

// AttachmentDeleted reports that the record of an attachment was deleted, or has
// expired because nothing used the attachment.
type AttachmentDeleted struct{ ID, OwnerID string }

// AttachmentsChanged reports attachments of an entry whose state has changed.
type AttachmentsChanged struct {
	Entry       ticket.Entry
	Attachments []ticket.Attachment
}

// HeartbeatSent reports a heartbeat that was written to measure the lag of the
// stream handlers.
type HeartbeatSent struct{ SentAt time.Time }

func (EntryAppended) event()             {}
func (ChangeUnchanged) event()           {}
func (TicketChanged) event()             {}
func (TicketDeleted) event()             {}
func (ReadMarkerMoved) event()           {}
func (UserCreated) event()               {}
func (UserChanged) event()               {}
func (UserDeleted) event()               {}
func (UserPropagation) event()           {}
func (SessionStarted) event()            {}
func (SessionUsed) event()               {}
func (SessionEnded) event()              {}
func (NotificationCreated) event()       {}
func (NotificationsRead) event()         {}
func (BroadcastCreated) event()          {}
func (BroadcastChanged) event()          {}
func (BroadcastPublishRequested) event() {}
func (TicketCountsChanged) event()       {}
func (CountsPublishRequested) event()    {}
func (SocketOpened) event()              {}
func (SocketClosed) event()              {}
func (AttachmentCreated) event()         {}
func (AttachmentDeleted) event()         {}
func (AttachmentsChanged) event()        {}
func (HeartbeatSent) event()             {}
