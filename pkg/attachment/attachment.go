// Package attachment defines which files are accepted, who may read them, and
// their processing state.
package attachment

import (
	"time"

	"ticketsystem/pkg/user"
)

// State is the processing state of an attachment.
type State string

// An attachment is pending until its upload has been validated. Ready and
// refused are final. Expired is not stored: it is the state of a pending
// attachment whose upload may no longer begin, and of an erased file in a message.
const (
	Pending State = "pending"
	Ready   State = "ready"
	Refused State = "refused"
	Expired State = "expired"
)

// Attachment is one uploaded file. Size is in bytes. SHA256 is the base64 of
// the digest, or "" if the client declared none.
type Attachment struct {
	ID     string
	Owner  string // user id of the uploader
	Name   string
	Type   string // media type
	Size   int64
	SHA256 string
	State  State
	Reason string // why it was refused

	// Pixels of a picture as shown; 0 for other files and unknown formats.
	Width, Height int
	Thumbnail     bool // an object ThumbnailKey exists

	// The ticket entry that contains the attachment; zero until one does.
	TicketID   string
	Seq        int
	Internal   bool   // belongs to a note
	CustomerID string // the ticket's customer

	InProfile bool // is the profile picture of its owner

	CreatedAt time.Time
}

// ExportType is the media type of the file of an export, which no upload has.
const ExportType = "application/json"

// IsExport reports whether the file is an export of its owner. It belongs to no message, because the
// files of messages do not expire.
func (a Attachment) IsExport() bool { return a.Type == ExportType }

// VisibleTo reports whether actor may read the file. Its owner may; once it is
// in a ticket, so may staff and, unless it is in a note, the ticket's customer.
func (a Attachment) VisibleTo(actor user.Principal) bool {
	switch {
	case a.Owner == actor.UserID:
		return true
	case a.TicketID == "":
		return false
	}
	return actor.Role.IsStaff() || a.CustomerID == actor.UserID && !a.Internal
}

// UploadExpired reports whether the upload of an attachment may no longer begin.
// One that has begun in time may still arrive.
func (s State) UploadExpired(createdAt, now time.Time) bool {
	return s == Pending && !createdAt.IsZero() && now.After(createdAt.Add(UploadTTL))
}

// IsPicture reports whether every browser can show the file as a picture, if its
// content is valid.
func (a Attachment) IsPicture() bool {
	switch a.Type {
	case "image/png", "image/jpeg", "image/webp", "image/gif":
		return true
	}
	return false
}

// UploadKey returns the object key the client uploads to. The client can
// overwrite that object until its permission expires, so it is never served.
func (a Attachment) UploadKey() string { return "uploads/" + a.ID }

// Key returns the object key of the validated file. Clients cannot write to it.
func (a Attachment) Key() string { return "files/" + a.ID }

// ThumbnailKey returns the object key of the thumbnail, a JPEG file.
func (a Attachment) ThumbnailKey() string { return a.Key() + "-480" }

// ThumbnailSize is the longest side of a thumbnail, in pixels.
const ThumbnailSize = 480

// isSmallPicture reports whether the file serves as its own thumbnail.
func (a Attachment) isSmallPicture() bool {
	return a.Width > 0 && max(a.Width, a.Height) <= ThumbnailSize && a.Size <= 64<<10
}
