// Package attachment is what the house knows about files: which it takes, who
// may have them, and where each stands.
package attachment

import (
	"time"

	"ticketsystem/pkg/user"
)

// State says how far an upload has come.
type State string

// An attachment waits for its upload, then it is ready or refused for good.
const (
	Pending State = "pending"
	Ready   State = "ready"
	Refused State = "refused"
)

// Attachment is one file. Size is in bytes; SHA256 is base64 of the digest or
// "" when the client did not say.
type Attachment struct {
	ID     string
	Owner  string // user id of who uploads it
	Name   string
	Type   string // media type
	Size   int64
	SHA256 string
	State  State
	Reason string // why it was refused

	// The place it was given in a ticket's log; zero while it is in none.
	TicketID   string
	Seq        int
	Internal   bool   // belongs to a note
	CustomerID string // the ticket's customer

	CreatedAt time.Time
}

// VisibleTo says whether the person may have the file: its owner, staff, and
// the customer of the ticket it belongs to unless it is in a note.
func (a Attachment) VisibleTo(actor user.Principal) bool {
	switch {
	case a.Owner == actor.UserID:
		return true
	case a.TicketID == "":
		return false
	}
	return actor.Role.IsStaff() || a.CustomerID == actor.UserID && !a.Internal
}

// UploadKey is where the client puts the bytes. Its permission to do so lives
// on for a while, so what lies there is never handed out.
func (a Attachment) UploadKey() string { return "uploads/" + a.ID }

// Key is where accepted bytes lie; nobody but the house can write there.
func (a Attachment) Key() string { return "files/" + a.ID }
