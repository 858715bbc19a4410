package ticket

import (
	"context"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/retry"
	"ticketsystem/pkg/user"
)

// Store persists tickets: the log, the projection and the read markers. All
// reads of one ticket are strongly consistent. A ticket that does not exist is
// an empty Log, not an error.
type Store interface {
	// ReadLogFrom returns all entries from sequence number from on, with the
	// ticket and its read markers. It usually takes one round trip.
	ReadLogFrom(ctx context.Context, ticketID string, from int) (Log, error)

	// ReadLogLatest returns at least the newest n entries, with the ticket and
	// its read markers.
	ReadLogLatest(ctx context.Context, ticketID string, n int) (Log, error)

	// ReadLogPage returns up to n entries from sequence number from on. If the
	// page reaches the end of the log, it also returns the ticket and its read
	// markers, and end is true.
	ReadLogPage(ctx context.Context, ticketID string, from, n int) (log Log, end bool, err error)

	// ReadLogRange returns up to n entries, and at most 1 MB, with sequence numbers in
	// [from, to]: the newest ones if backward is set. Entries ascend in both cases. The Log
	// has no ticket.
	ReadLogRange(ctx context.Context, ticketID string, from, to, n int, backward bool) (Log, error)

	// AppendEntry writes e if its sequence number is free. Otherwise it writes
	// nothing and returns the existing entry. It returns nil if the existing
	// entry is from this call, whose first response was lost.
	AppendEntry(ctx context.Context, e Entry) (existing *Entry, err error)

	// AppendEntryWithAttachments is AppendEntry that also attaches the files to
	// the entry, in one transaction. It fails with apperr.Conflict if an attachment
	// has changed since it was read.
	AppendEntryWithAttachments(ctx context.Context, e Entry, files []attachment.Attachment) (existing *Entry, err error)

	// CreateTicket writes the ticket, its first entry, the attachments and links,
	// entries of other tickets, in one transaction. If the ticket exists, it writes
	// nothing and exists is true. It fails with apperr.Conflict if an attachment has
	// changed since it was read or the sequence number of a link is taken.
	CreateTicket(ctx context.Context, tk Ticket, e Entry, files []attachment.Attachment, links ...Entry) (exists bool, err error)

	// CommitEntries writes entries and the ticket that results from them in one
	// transaction. It fails with apperr.Conflict if a sequence number is taken or the
	// stored ticket has another revision than tk.
	CommitEntries(ctx context.Context, tk Ticket, entries []Entry) error

	// SaveProjection stores the ticket. It fails with apperr.Conflict if the stored
	// ticket has another revision than tk; revision 0 means that none is stored.
	SaveProjection(ctx context.Context, tk Ticket) error

	// TouchTombstone rewrites the tombstone of a deleted ticket, so that the
	// stream purges the ticket again.
	TouchTombstone(ctx context.Context, ticketID string) error

	// AdvanceReadMarker moves an existing read marker forward in one round
	// trip. It returns false if the user has no marker on the ticket, or set it
	// in another role.
	AdvanceReadMarker(ctx context.Context, m ReadMarker) (bool, error)

	// CreateReadMarker writes the read marker, or moves it forward if it exists.
	CreateReadMarker(ctx context.Context, m ReadMarker) error

	// ClampReadMarker sets the marker to m.Seq if it is still at seen.
	ClampReadMarker(ctx context.Context, m ReadMarker, seen int) error

	// RecordUnchanged records for a day that a change with a client id had nothing to do, and
	// the latest ClockAhead of the user. It is safe to repeat.
	RecordUnchanged(ctx context.Context, u Unchanged, clientID string) error

	// WasUnchanged reports whether RecordUnchanged has recorded the change.
	WasUnchanged(ctx context.Context, ticketID, userID, clientID string) (bool, error)

	// ListTickets returns one page of the tickets that match q. cursor is nil
	// for the first page; next is nil after the last one.
	ListTickets(ctx context.Context, q Query, cursor map[string]string) (tickets []Ticket, next map[string]string, err error)

	// TicketsWithNumber returns the ids of the tickets with an id.Number, newest first. It
	// finds a ticket a moment after its creation, and may return deleted ones. customerID
	// is of the caller; "" for staff.
	TicketsWithNumber(ctx context.Context, number, customerID string) (ids []string, err error)
}

// AttachmentStore reads attachments.
type AttachmentStore interface {
	// Attachments returns the attachments with the given ids, in any order.
	// Unknown ids are left out.
	Attachments(ctx context.Context, ids []string) ([]attachment.Attachment, error)
}

// CategoryStore reads categories.
type CategoryStore interface {
	// Category returns an active category, or apperr.CategoryNotFound.
	Category(ctx context.Context, id string) (Category, error)
}

// UserStore reads the users to whom tickets are assigned, and for whom staff open them.
type UserStore interface {
	// User returns a user, or apperr.UserNotFound.
	User(ctx context.Context, id string) (user.User, error)
}

// WriteChecker decides whether a user may write to tickets now.
type WriteChecker interface {
	// CheckWrite returns apperr.RateLimited if the user wrote too much.
	CheckWrite(ctx context.Context, userID string) error
	// CheckRead returns apperr.RateLimited if the user moved read markers too often.
	CheckRead(ctx context.Context, userID string) error
}

// Service implements the operations on tickets. Store and Now are required.
// Attachments, Categories and Users are needed only by the methods that take the ids of
// such objects.
type Service struct {
	Store       Store
	Attachments AttachmentStore
	Categories  CategoryStore
	Users       UserStore
	Now         func() time.Time

	// TicketLimiter counts the tickets that a user opens; nil permits all.
	TicketLimiter *limit.Limiter
	// Writes refuses the writes of users who wrote too much; nil permits all.
	Writes WriteChecker

	// ReopenWindow is how long after a ticket was closed a message or its
	// customer can reopen it.
	ReopenWindow time.Duration

	versions []int // see IfVersion
}

// userRef returns a user who may be what permitted says, or apperr.UserNotFound.
func (s *Service) userRef(ctx context.Context, id string, permitted func(user.User) bool) (UserRef, error) {
	u, err := s.Users.User(ctx, id)
	if err == nil && !permitted(u) {
		err = apperr.New(apperr.UserNotFound, "")
	}
	return UserRef{ID: u.ID, Name: u.Name}, err
}

// dedupWindow is how many of the newest entries are searched for a client id if
// the client does not send the last sequence number it has seen.
const dedupWindow = 100

// firstPage is the number of items in the first read of a log: dedupWindow entries,
// the read markers and the ticket. A log with more items takes further reads.
const firstPage = dedupWindow + 20

func errNotFound() error { return apperr.New(apperr.TicketNotFound, "") }

func errConflict() error { return apperr.New(apperr.Conflict, "") }

// checkWrite returns apperr.RateLimited if the actor wrote too much; the system has no limit.
// Callers have found before that the request repeats no earlier one.
func (s *Service) checkWrite(ctx context.Context, actor user.Principal) error {
	if s.Writes == nil || actor.Role == user.RoleSystem {
		return nil
	}
	return s.Writes.CheckWrite(ctx, actor.UserID)
}

// CheckVisible reads the ticket without entries. It fails with apperr.TicketNotFound if the actor may
// not see it.
func (s *Service) CheckVisible(ctx context.Context, actor user.Principal, ticketID string) error {
	if !id.Valid(ticketID) {
		return errNotFound()
	}
	log, err := s.Store.ReadLogFrom(ctx, ticketID, MaxSeq)
	if err == nil && !log.Ticket.VisibleTo(actor) {
		err = errNotFound()
	}
	return err
}

// readLatest reads at least the newest n entries. It fails with apperr.TicketNotFound
// if the actor may not see the ticket.
func (s *Service) readLatest(ctx context.Context, actor user.Principal, ticketID string, n int) (Log, error) {
	if !id.Valid(ticketID) {
		return Log{}, errNotFound()
	}
	log, err := s.Store.ReadLogLatest(ctx, ticketID, n)
	if err == nil && !log.Ticket.VisibleTo(actor) {
		err = errNotFound()
	}
	return log, err
}

// readAfter reads from the entry at after on, or the newest entries if after is
// 0, not in the log or far behind its end. The entry at after is included, because
// it carries the current state if nothing follows it. earlier has the entries from
// after on if the log does not reach back to them. It fails with apperr.TicketNotFound if
// the actor may not see the ticket.
func (s *Service) readAfter(ctx context.Context, actor user.Principal, ticketID string, after int) (log Log, earlier []Entry, err error) {
	if after > 0 && id.Valid(ticketID) {
		page, end, err := s.Store.ReadLogPage(ctx, ticketID, after, firstPage)
		if err == nil && end && len(page.Entries) > 0 && !page.Ticket.VisibleTo(actor) {
			err = errNotFound()
		}
		if err != nil || end && len(page.Entries) > 0 {
			return page, nil, err
		}
		earlier = page.Entries
	}
	log, err = s.readLatest(ctx, actor, ticketID, dedupWindow)
	return log, earlier, err
}

// loadForPost reads a ticket's owner and current state; earlier is that of
// readAfter. The newest entry carries the state, so the projection may be stale.
// Message and unread counts are not brought up to date.
func (s *Service) loadForPost(ctx context.Context, actor user.Principal, ticketID string, after int) (log Log, earlier []Entry, err error) {
	log, earlier, err = s.readAfter(ctx, actor, ticketID, after)
	if err != nil {
		return Log{}, nil, err
	}
	n := len(log.Entries)
	if n == 0 || log.Entries[n-1].Seq < log.Ticket.LastSeq || log.Entries[n-1].State.Status == StatusClosed {
		log, err = s.catchUp(ctx, log) // ClosedAt is known only after folding all entries
		return log, earlier, err
	}
	if first := log.Entries[0]; first.Seq > log.Ticket.LastSeq+1 {
		log.Ticket.LastSeq, log.Ticket.PublicSeq = first.Seq-1, first.PrevFor(user.RoleUser)
	}
	log.Ticket = Fold(log.Ticket, log.Entries)
	return log, earlier, nil
}

// readNewer reads only the entries appended since tk was loaded. The owner of a
// ticket cannot change, so the ticket itself is not read again.
func (s *Service) readNewer(ctx context.Context, actor user.Principal, tk Ticket) (Log, error) {
	log, err := s.Store.ReadLogRange(ctx, tk.ID, tk.LastSeq+1, tk.LastSeq+dedupWindow, dedupWindow, false)
	if err != nil {
		return Log{}, err
	}
	n := len(log.Entries)
	if n == 0 || log.Entries[n-1].State.Status == StatusClosed {
		log, _, err = s.loadForPost(ctx, actor, tk.ID, tk.LastSeq)
		return log, err
	}
	log.Ticket = Fold(tk, log.Entries)
	return log, nil
}

// catchUp folds all entries that the stored ticket lacks, so that decisions
// never use stale state. It fails with apperr.TicketNotFound if the log is shorter
// than the ticket says, which means that it is being deleted.
func (s *Service) catchUp(ctx context.Context, log Log) (Log, error) {
	entries := log.Entries
	if HasGap(log.Ticket, entries) {
		missing, err := s.Store.ReadLogFrom(ctx, log.Ticket.ID, log.Ticket.LastSeq+1)
		if err != nil {
			return Log{}, err
		}
		entries = missing.Entries
	}
	if len(entries) == 0 {
		return Log{}, errNotFound()
	}
	// The ticket is read after the entries, so it can include entries that were
	// appended in between.
	for entries[len(entries)-1].Seq < log.Ticket.LastSeq {
		more, err := s.Store.ReadLogFrom(ctx, log.Ticket.ID, entries[len(entries)-1].Seq+1)
		if err != nil {
			return Log{}, err
		}
		if len(more.Entries) == 0 {
			return Log{}, errNotFound()
		}
		entries = append(entries, more.Entries...)
	}
	log.Ticket, log.Entries = Fold(log.Ticket, entries), entries
	return log, nil
}

// maxAttempts bounds the attempts to append at a free sequence number. A dozen
// concurrent writers need only a few.
const (
	maxAttempts   = 30
	maxDoublings  = 6  // of the back-off
	backoffFactor = 32 // first back-off relative to the duration of the failed attempt
	minBackoff    = 4 * time.Millisecond
	maxBackoff    = 500 * time.Millisecond
)

// backOff waits after a lost race. Any concurrent append between the read and the
// write makes an attempt fail, so the wait grows with the duration of the
// attempt; 0 selects the minimum. Returns the error of a canceled context.
func backOff(ctx context.Context, attempt int, took time.Duration) error {
	p := retry.Policy{MinBackoff: max(minBackoff, backoffFactor*took), MaxBackoff: maxBackoff}
	return retry.BackOff(ctx, p, min(attempt, maxDoublings))
}
