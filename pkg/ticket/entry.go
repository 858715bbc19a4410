package ticket

import (
	"time"

	"ticketsystem/pkg/user"
)

// MaxSeq is the largest seq that a key has room for.
const MaxSeq = 9_999_999_999

// Kind says what an entry records.
type Kind string

// The kinds of entries. Notes are for staff alone.
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
	KindRating     Kind = "rating"
)

// Author is who made an entry, as they were named then.
type Author struct {
	ID   string
	Name string
	Role user.Role
}

func authorOf(actor user.Principal) Author {
	return Author{ID: actor.UserID, Name: actor.Name, Role: actor.Role}
}

// Change is the move an entry made. An empty From or To is "nothing", as with
// a released assignment.
type Change struct {
	Field    string            // status, assignee, priority, category, title or tags
	From, To string            // ids or values
	Name     string            // the name behind To, where To is a person's id
	Names    map[string]string // the names behind To, where To is a category's id
}

// Opening is what only the first entry of a log tells.
type Opening struct {
	Title    string
	Category Category
}

// Attachment is a file as an entry shows it. State moves once, from pending to
// ready or refused, when the upload has been checked.
type Attachment struct {
	ID    string
	Name  string
	Type  string
	Size  int64
	State string
}

// Entry is one line of a ticket's log. Entries are never changed, but for the
// state of their attachments, and never removed while the ticket lives.
type Entry struct {
	TicketID    string
	Seq         int // 1, 2, 3 ... without gaps
	Kind        Kind
	Author      Author
	Body        string
	Attachments []Attachment
	Change      *Change
	Opening     *Opening // on the first entry alone
	ClientID    string   // ULID of the client's making; "" where there is none
	CreatedAt   time.Time
	State       State // the ticket after this entry
}

// IsMessage says whether somebody said something: a public message or a note.
func (e Entry) IsMessage() bool { return e.Kind == KindMessage || e.Kind == KindNote }

// VisibleTo says whether a person who may see the ticket may see this entry.
func (e Entry) VisibleTo(role user.Role) bool { return e.Kind != KindNote || role.IsStaff() }

// Log is a stretch of a ticket's log with its head. Entries ascend and have no
// gaps among them.
type Log struct {
	Ticket      Ticket
	Entries     []Entry
	ReadMarkers map[string]int // read marks by user id, as far as the read covered them
	Deleted     bool           // the ticket has been deleted; what else is here will be
}

// entryAt is the entry with that seq, if the stretch has it.
func (l Log) entryAt(seq int) (Entry, bool) {
	if n := len(l.Entries); n == 0 || seq < l.Entries[0].Seq || seq > l.Entries[n-1].Seq {
		return Entry{}, false
	}
	return l.Entries[seq-l.Entries[0].Seq], true
}

// findByClientID returns the entry that the author made under the clientId.
func (l Log) findByClientID(authorID, clientID string) (Entry, bool) {
	for i := len(l.Entries) - 1; i >= 0; i-- {
		if e := l.Entries[i]; e.ClientID == clientID && e.Author.ID == authorID {
			return e, true
		}
	}
	return Entry{}, false
}

// Version is what a ticket's ETag says to one person: it moves with every
// entry the person may see.
func Version(tk Ticket, actor user.Principal) int { return tk.LastSeqFor(actor) }
