package ticket

import (
	"context"
	"math/rand/v2"
	"time"

	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/user"
)

// Store keeps the logs. All reads of one ticket are strongly consistent.
type Store interface {
	// Tail reads the entries from seq on, with the head and the read marks, in
	// one round trip for any usual stretch. A ticket that does not exist is an
	// empty Log.
	Tail(ctx context.Context, ticketID string, from int) (Log, error)

	// Newest reads the newest n entries (more may come) with the head and the
	// read marks. A ticket that does not exist is an empty Log.
	Newest(ctx context.Context, ticketID string, n int) (Log, error)

	// Ahead reads up to n entries from seq on. Near the end of the log the read
	// marks and the head come too, which end tells.
	Ahead(ctx context.Context, ticketID string, from, n int) (log Log, end bool, err error)

	// Stretch reads up to n entries with seq in [from, to], newest first when
	// backward. The returned Log has no head; its Entries ascend.
	Stretch(ctx context.Context, ticketID string, from, to, n int, backward bool) (Log, error)

	// Append writes e under e.Seq. If another call has written an entry there,
	// it returns that entry and writes nothing. A lost response is no conflict:
	// the store recognizes its own write and returns nil.
	Append(ctx context.Context, e Entry) (held *Entry, err error)

	// AppendWith writes e and binds the attachments to it in one transaction.
	// Like Append, it returns the entry of another call; when
	// an attachment has moved since it was read, errors with fault.Conflict.
	AppendWith(ctx context.Context, e Entry, files []attachment.Attachment) (held *Entry, err error)

	// Create writes the first entry, the head and the binding of attachments
	// in one transaction. When the ticket exists already, it says so and
	// writes nothing. Errors with fault.Conflict when an attachment has moved.
	Create(ctx context.Context, h Head, e Entry, files []attachment.Attachment) (exists bool, err error)

	// Commit writes entries and the head they lead to in one transaction. It
	// errors with fault.Conflict when a slot is taken or the stored head's
	// revision is not the one that h was folded from.
	Commit(ctx context.Context, h Head, entries []Entry) error

	// Project stores a folded head. It errors with fault.Conflict when the
	// stored head's revision is not the one that h was folded from; revision 0
	// is that of none.
	Project(ctx context.Context, h Head) error

	// Bury writes a deleted ticket's tombstone anew.
	Bury(ctx context.Context, ticketID string) error

	// SetRead moves the read mark of somebody who has one forward, in one
	// trip; it reports false when the person has no mark on this ticket yet, or
	// set it in another role, in which they could see the ticket.
	SetRead(ctx context.Context, m Mark) (bool, error)

	// AddRead gives a person a first read mark.
	AddRead(ctx context.Context, m Mark) error

	// CorrectRead takes a mark back to m.Seq unless it is no longer at seen.
	CorrectRead(ctx context.Context, m Mark, seen int) error

	// List reads one page of heads; see Query. cursor is nil for the first page.
	List(ctx context.Context, q Query, cursor map[string]string) (heads []Head, next map[string]string, err error)
}

// Files finds attachments. Missing ones are left out of the answer.
type Files interface {
	Attachments(ctx context.Context, ids []string) ([]attachment.Attachment, error)
}

// Categories finds a category that tickets may be filed under.
type Categories interface {
	// Category errors with fault.CategoryNotFound when there is none, or it is
	// no longer active.
	Category(ctx context.Context, id string) (Category, error)
}

// People finds those who may hold a ticket.
type People interface {
	// Agent errors with fault.UserNotFound when the person is not staff.
	Agent(ctx context.Context, id string) (Person, error)
}

// Desk is where tickets are worked on. All fields but Store and Now may be nil
// in functions that do not need them.
type Desk struct {
	Store      Store
	Files      Files
	Categories Categories
	People     People
	Now        func() time.Time

	// ReopenWindow is how long after a close a customer's message reopens it.
	ReopenWindow time.Duration
}

// attempts bounds the fight for a slot. Losers step back for a random time that
// grows, so a dozen writers at once find their places within a few; only a
// storm of seconds gets the "try again".
const (
	attempts    = 30
	breadth     = 32 // a loser's first step back, in tries like the one that was lost
	firstStep   = 4 * time.Millisecond
	longestStep = 500 * time.Millisecond
)

// stepBack lets faster writers finish. Between the reading of a log and the
// write behind its end anybody's write makes this one fail, so how long that
// took, in this place and under this load, is the measure of the step. Who has
// few rivals says 0.
func stepBack(ctx context.Context, try int, took time.Duration) {
	most := min(max(firstStep, breadth*took)<<min(try, 6), longestStep)
	select {
	case <-ctx.Done():
	case <-time.After(rand.N(most) + time.Millisecond): //nolint:gosec // spreads writers, keeps no secret
	}
}

// searchDepth is how far back a clientId is looked for when the client does
// not say where it stands, or says too late a place.
const searchDepth = 100

func notFound() error { return fault.New(fault.TicketNotFound, "") }

func busy() error { return fault.New(fault.Conflict, "") }

// open reads a ticket for a change: the entries from after on, or the newest
// when after is not known, with a head that has them all folded in.
func (d *Desk) open(ctx context.Context, who user.Principal, ticketID string, after int) (Log, error) {
	log, err := d.seen(ctx, who, ticketID, after)
	if err != nil {
		return Log{}, err
	}
	return d.whole(ctx, log)
}

// front is open for a message, which needs to know no more of the ticket than
// whose it is and its state: the newest entry says it, however far the head is
// behind. What the head counts (messages, what is unread) is not caught up.
func (d *Desk) front(ctx context.Context, who user.Principal, ticketID string, after int) (Log, error) {
	log, err := d.seen(ctx, who, ticketID, after)
	if err != nil {
		return Log{}, err
	}
	// Since when a ticket is closed, only the whole log knows.
	n := len(log.Entries)
	if n == 0 || log.Entries[n-1].Seq < log.Head.LastSeq || log.Entries[n-1].State.Status == StatusClosed {
		return d.whole(ctx, log)
	}
	log.Head.LastSeq = max(log.Head.LastSeq, log.Entries[0].Seq-1)
	log.Head = Fold(log.Head, log.Entries)
	return log, nil
}

// follow reads what others have written behind a front, and that alone: whose
// ticket it is does not change, and a crowd has written enough meanwhile.
func (d *Desk) follow(ctx context.Context, who user.Principal, h Head) (Log, error) {
	log, err := d.Store.Stretch(ctx, h.ID, h.LastSeq+1, h.LastSeq+searchDepth, searchDepth, false)
	if err != nil {
		return Log{}, err
	}
	n := len(log.Entries)
	if n == 0 || log.Entries[n-1].State.Status == StatusClosed {
		return d.front(ctx, who, h.ID, h.LastSeq)
	}
	log.Head = Fold(h, log.Entries)
	return log, nil
}

// seen reads what a person wants to change, if it is there for that person.
func (d *Desk) seen(ctx context.Context, who user.Principal, ticketID string, after int) (Log, error) {
	if !id.Valid(ticketID) {
		return Log{}, notFound()
	}
	log, err := d.tail(ctx, ticketID, after)
	if err == nil && !log.Head.VisibleTo(who) {
		err = notFound()
	}
	return log, err
}

// tail begins at after itself: the entry the client has seen carries the state
// when nothing came behind it. An after that is not in the log says nothing.
func (d *Desk) tail(ctx context.Context, ticketID string, after int) (Log, error) {
	if after > 0 {
		log, err := d.Store.Tail(ctx, ticketID, after)
		if err != nil || len(log.Entries) > 0 {
			return log, err
		}
	}
	return d.Store.Newest(ctx, ticketID, searchDepth)
}

// whole folds the stretch into its head. The stored head lags behind when the
// stream does; it is caught up here so that a decision never rests on old news.
func (d *Desk) whole(ctx context.Context, log Log) (Log, error) {
	entries := log.Entries
	if Gap(log.Head, entries) {
		missing, err := d.Store.Tail(ctx, log.Head.ID, log.Head.LastSeq+1)
		if err != nil {
			return Log{}, err
		}
		entries = missing.Entries
	}
	if len(entries) == 0 {
		return Log{}, notFound() // a head without a log is one that is being removed
	}
	// The head comes last in a read of the tail, and may know of entries that
	// were written while it was read.
	for entries[len(entries)-1].Seq < log.Head.LastSeq {
		more, err := d.Store.Tail(ctx, log.Head.ID, entries[len(entries)-1].Seq+1)
		if err != nil {
			return Log{}, err
		}
		if len(more.Entries) == 0 {
			return Log{}, notFound()
		}
		entries = append(entries, more.Entries...)
	}
	log.Head, log.Entries = Fold(log.Head, entries), entries
	return log, nil
}
