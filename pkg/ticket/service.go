package ticket

import (
	"context"
	"math/rand/v2"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/user"
)

// Store keeps the logs. All reads of one ticket are strongly consistent.
type Store interface {
	// ReadLogFrom reads the entries from seq on, with the head and the read marks, in
	// one round trip for any usual stretch. A ticket that does not exist is an
	// empty Log.
	ReadLogFrom(ctx context.Context, ticketID string, from int) (Log, error)

	// ReadLogLatest reads the newest n entries (more may come) with the head and the
	// read marks. A ticket that does not exist is an empty Log.
	ReadLogLatest(ctx context.Context, ticketID string, n int) (Log, error)

	// ReadLogPage reads up to n entries from seq on. Near the end of the log the read
	// marks and the head come too, which end tells.
	ReadLogPage(ctx context.Context, ticketID string, from, n int) (log Log, end bool, err error)

	// ReadLogRange reads up to n entries with seq in [from, to], newest first when
	// backward. The returned Log has no head; its Entries ascend.
	ReadLogRange(ctx context.Context, ticketID string, from, to, n int, backward bool) (Log, error)

	// AppendEntry writes e under e.Seq. If another call has written an entry there,
	// it returns that entry and writes nothing. A lost response is no conflict:
	// the store recognizes its own write and returns nil.
	AppendEntry(ctx context.Context, e Entry) (existing *Entry, err error)

	// AppendEntryWithAttachments writes e and binds the attachments to it in one transaction.
	// Like Append, it returns the entry of another call; when
	// an attachment has moved since it was read, errors with fault.Conflict.
	AppendEntryWithAttachments(ctx context.Context, e Entry, files []attachment.Attachment) (existing *Entry, err error)

	// CreateTicket writes the first entry, the head and the binding of attachments
	// in one transaction. When the ticket exists already, it says so and
	// writes nothing. Errors with fault.Conflict when an attachment has moved.
	CreateTicket(ctx context.Context, tk Ticket, e Entry, files []attachment.Attachment) (exists bool, err error)

	// CommitEntries writes entries and the head they lead to in one transaction. It
	// errors with fault.Conflict when a slot is taken or the stored head's
	// revision is not the one that h was folded from.
	CommitEntries(ctx context.Context, tk Ticket, entries []Entry) error

	// SaveProjection stores a folded head. It errors with fault.Conflict when the
	// stored head's revision is not the one that h was folded from; revision 0
	// is that of none.
	SaveProjection(ctx context.Context, tk Ticket) error

	// TouchTombstone writes a deleted ticket's tombstone anew.
	TouchTombstone(ctx context.Context, ticketID string) error

	// AdvanceReadMarker moves the read mark of somebody who has one forward, in one
	// trip; it reports false when the person has no mark on this ticket yet, or
	// set it in another role, in which they could see the ticket.
	AdvanceReadMarker(ctx context.Context, m ReadMarker) (bool, error)

	// CreateReadMarker gives a person a first read mark.
	CreateReadMarker(ctx context.Context, m ReadMarker) error

	// ClampReadMarker takes a mark back to m.Seq unless it is no longer at seen.
	ClampReadMarker(ctx context.Context, m ReadMarker, seen int) error

	// ListTickets reads one page of heads; see Query. cursor is nil for the first page.
	ListTickets(ctx context.Context, q Query, cursor map[string]string) (tickets []Ticket, next map[string]string, err error)
}

// AttachmentStore finds attachments. Missing ones are left out of the answer.
type AttachmentStore interface {
	Attachments(ctx context.Context, ids []string) ([]attachment.Attachment, error)
}

// CategoryStore finds a category that tickets may be filed under.
type CategoryStore interface {
	// Category errors with fault.CategoryNotFound when there is none, or it is
	// no longer active.
	Category(ctx context.Context, id string) (Category, error)
}

// AgentStore finds those who may hold a ticket.
type AgentStore interface {
	// Agent errors with fault.UserNotFound when the person is not staff.
	Agent(ctx context.Context, id string) (UserRef, error)
}

// Service is where tickets are worked on. All fields but Store and Now may be nil
// in functions that do not need them.
type Service struct {
	Store       Store
	Attachments AttachmentStore
	Categories  CategoryStore
	Agents      AgentStore
	Now         func() time.Time

	// ReopenWindow is how long after a close a customer's message reopens it.
	ReopenWindow time.Duration
}

// attempts bounds the fight for a slot. Losers step back for a random time that
// grows, so a dozen writers at once find their places within a few; only a
// storm of seconds gets the "try again".
const (
	maxAttempts   = 30
	backoffFactor = 32 // a loser's first step back, in tries like the one that was lost
	minBackoff    = 4 * time.Millisecond
	maxBackoff    = 500 * time.Millisecond
)

// backOff lets faster writers finish. Between the reading of a log and the
// write behind its end anybody's write makes this one fail, so how long that
// took, in this place and under this load, is the measure of the step. Who has
// few rivals says 0.
func backOff(ctx context.Context, attempt int, took time.Duration) {
	limit := min(max(minBackoff, backoffFactor*took)<<min(attempt, 6), maxBackoff)
	select {
	case <-ctx.Done():
	case <-time.After(rand.N(limit) + time.Millisecond): //nolint:gosec // spreads writers, keeps no secret
	}
}

// dedupWindow is how far back a clientId is looked for when the client does
// not say where it stands, or says too late a place.
const dedupWindow = 100

func errNotFound() error { return apperr.New(apperr.TicketNotFound, "") }

func errConflict() error { return apperr.New(apperr.Conflict, "") }

// loadForChange reads a ticket for a change: the entries from after on, or the newest
// when after is not known, with a head that has them all folded in.
func (s *Service) loadForChange(ctx context.Context, actor user.Principal, ticketID string, after int) (Log, error) {
	log, err := s.readVisible(ctx, actor, ticketID, after)
	if err != nil {
		return Log{}, err
	}
	return s.catchUp(ctx, log)
}

// loadForPost is open for a message, which needs to know no more of the ticket than
// whose it is and its state: the newest entry says it, however far the head is
// behind. What the head counts (messages, what is unread) is not caught up.
func (s *Service) loadForPost(ctx context.Context, actor user.Principal, ticketID string, after int) (Log, error) {
	log, err := s.readVisible(ctx, actor, ticketID, after)
	if err != nil {
		return Log{}, err
	}
	// Since when a ticket is closed, only the whole log knows.
	n := len(log.Entries)
	if n == 0 || log.Entries[n-1].Seq < log.Ticket.LastSeq || log.Entries[n-1].State.Status == StatusClosed {
		return s.catchUp(ctx, log)
	}
	log.Ticket.LastSeq = max(log.Ticket.LastSeq, log.Entries[0].Seq-1)
	log.Ticket = Fold(log.Ticket, log.Entries)
	return log, nil
}

// readNewer reads what others have written behind a front, and that alone: whose
// ticket it is does not change, and a crowd has written enough meanwhile.
func (s *Service) readNewer(ctx context.Context, actor user.Principal, tk Ticket) (Log, error) {
	log, err := s.Store.ReadLogRange(ctx, tk.ID, tk.LastSeq+1, tk.LastSeq+dedupWindow, dedupWindow, false)
	if err != nil {
		return Log{}, err
	}
	n := len(log.Entries)
	if n == 0 || log.Entries[n-1].State.Status == StatusClosed {
		return s.loadForPost(ctx, actor, tk.ID, tk.LastSeq)
	}
	log.Ticket = Fold(tk, log.Entries)
	return log, nil
}

// readVisible reads what a person wants to change, if it is there for that person.
func (s *Service) readVisible(ctx context.Context, actor user.Principal, ticketID string, after int) (Log, error) {
	if !id.Valid(ticketID) {
		return Log{}, errNotFound()
	}
	log, err := s.readTail(ctx, ticketID, after)
	if err == nil && !log.Ticket.VisibleTo(actor) {
		err = errNotFound()
	}
	return log, err
}

// readTail begins at after itself: the entry the client has seen carries the state
// when nothing came behind it. An after that is not in the log says nothing.
func (s *Service) readTail(ctx context.Context, ticketID string, after int) (Log, error) {
	if after > 0 {
		log, err := s.Store.ReadLogFrom(ctx, ticketID, after)
		if err != nil || len(log.Entries) > 0 {
			return log, err
		}
	}
	return s.Store.ReadLogLatest(ctx, ticketID, dedupWindow)
}

// catchUp folds the stretch into its head. The stored head lags behind when the
// stream does; it is caught up here so that a decision never rests on old news.
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
		return Log{}, errNotFound() // a head without a log is one that is being removed
	}
	// The head comes last in a read of the tail, and may know of entries that
	// were written while it was read.
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
