package ticket

import (
	"time"

	"ticketsystem/pkg/user"
)

// MaxSeq is the largest sequence number: keys have 10 digits.
const MaxSeq = 9_999_999_999

// Kind is what an entry records.
type Kind string

// The kinds of entries. Notes and tags are visible to staff only.
const (
	KindOpened     Kind = "opened"
	KindMessage    Kind = "message"
	KindNote       Kind = "note"
	KindStatus     Kind = "status"
	KindAssignment Kind = "assignment"
	KindPriority   Kind = "priority"
	KindCategory   Kind = "category"
	KindTitle      Kind = "title"
	KindTags       Kind = "tags"
	KindFollowUp   Kind = "follow_up" // a ticket that continues this one was created
	KindUnlinked   Kind = "unlinked"  // a ticket that continued this one, or that this one continued, was deleted
)

// Author is the user who created an entry, with the name and role of that time.
type Author struct {
	ID   string
	Name string
	Role user.Role
}

func authorOf(actor user.Principal) Author {
	return Author{ID: actor.UserID, Name: actor.Name, Role: actor.Role}
}

// Change is the field that an entry changed. From and To are "" for no value,
// such as an unassigned ticket.
type Change struct {
	Field    string // status, assignee, priority, category, title, tags, followUp or followUpOf
	From, To string // ids or values
	FromName string // name of the user From, for an assignee
	Name     string // name of the user To
	// FromNames and Names are the names of the categories From and To, by language.
	FromNames, Names map[string]string
}

// Opening holds the fields that only the first entry of a log has.
type Opening struct {
	Title      string
	Category   Category
	FollowUpOf string  // id of a ticket of the same customer, or ""
	Customer   UserRef // zero if the author is the customer
}

// Attachment is a file of an entry. State changes once, from pending to ready or
// refused, when the upload has been validated.
type Attachment struct {
	ID     string
	Name   string
	Type   string
	Size   int64
	State  string
	Width  int // pixels of a picture; 0 if unknown
	Height int
}

// Entry is one entry of a ticket's log. Entries are immutable, except for the
// state of their attachments, and are deleted only with the ticket.
type Entry struct {
	TicketID     string
	Seq          int // sequence number: 1, 2, 3 ... without gaps
	HiddenBefore int // entries directly before this one that customers do not see
	Kind         Kind
	Author       Author
	Body         string
	Attachments  []Attachment
	Change       *Change
	Opening      *Opening // set on the first entry only
	ClientID     string   // ULID or UUID created by the client, or ""
	RequestID    string   // of the request that wrote the entry, "" for a schedule
	CreatedAt    time.Time
	State        State // the ticket after this entry
}

// Customer returns the customer of the ticket that e has opened.
func (e Entry) Customer() UserRef {
	if e.Opening != nil && e.Opening.Customer.ID != "" {
		return e.Opening.Customer
	}
	return UserRef{ID: e.Author.ID, Name: e.Author.Name}
}

// IsMessage reports whether the entry is a public message or a note.
func (e Entry) IsMessage() bool { return e.Kind == KindMessage || e.Kind == KindNote }

// isReopening reports whether the entry makes a resolved or closed ticket wait for staff, without
// a message. A pending one waits for the customer.
func (e Entry) isReopening() bool {
	return e.Kind == KindStatus && e.Change != nil && !Status(e.Change.From).IsActive() && publicStatus(e.State.Status) == StatusOpen
}

// VisibleTo reports whether a role that may see the ticket may see this entry.
func (e Entry) VisibleTo(role user.Role) bool { return role.IsStaff() || e.isPublic() }

// PrevFor returns the sequence number of the entry before this one that a role may see,
// 0 if there is none.
func (e Entry) PrevFor(role user.Role) int {
	if role.IsStaff() {
		return e.Seq - 1
	}
	return e.Seq - 1 - e.HiddenBefore
}

// isPublic reports whether customers see the entry. They see no notes, no tags and
// no change between two statuses that look the same to them.
func (e Entry) isPublic() bool {
	return e.Kind != KindNote && e.Kind != KindTags && (e.Kind != KindStatus || e.Change == nil || e.ForRole(user.RoleUser).Change != nil)
}

// Log is a range of a ticket's log with the projected ticket. Entries ascend
// without gaps.
type Log struct {
	Ticket      Ticket
	Entries     []Entry
	ReadMarkers map[string]int // last sequence number read, by user id; complete only if the read included all markers
	Readers     []ReadMarker   // the same with the names of the users, by user id; not of all reads
	Deleted     bool           // the ticket was deleted; remaining entries will be purged

	ClockAhead map[string]time.Time // Unchanged.ClockAhead by user id, as ReadMarkers
}

// entryAt returns the entry with the sequence number if the range contains it.
func (l Log) entryAt(seq int) (Entry, bool) {
	if n := len(l.Entries); n == 0 || seq < l.Entries[0].Seq || seq > l.Entries[n-1].Seq {
		return Entry{}, false
	}
	return l.Entries[seq-l.Entries[0].Seq], true
}

// findByClientID returns the author's entry with the client id.
func (l Log) findByClientID(authorID, clientID string) (Entry, bool) {
	for i := len(l.Entries) - 1; i >= 0; i-- {
		if e := l.Entries[i]; e.ClientID == clientID && e.Author.ID == authorID {
			return e, true
		}
	}
	return Entry{}, false
}
