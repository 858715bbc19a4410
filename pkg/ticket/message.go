package ticket

import (
	"context"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/user"
)

// Message is what a person wants to say on a ticket. It has been validated.
type Message struct {
	TicketID      string
	ClientID      string // ULID, kept for ever: a repeat gives the first entry
	Body          string
	AttachmentIDs []string
	Internal      bool // a note; staff alone
	After         int  // the last seq the client has seen; 0 when it does not say
}

// PostResult is the outcome of a post.
type PostResult struct {
	Entry   Entry
	Ticket  Ticket // whose ticket it is, and its state after the entry; what it counts may lag
	Created bool   // false for a repeat
}

// Post appends a message to the ticket's log exactly once per author and
// clientId and without a gap in seq: one read and, when nobody else writes at
// the same moment, one write of one unit.
//
// A writer that finds its slot taken looks at the entry there (its own repeat,
// perhaps). While others write, it steps back for a moment, reads what they
// have written, validates again against the state after it and takes the next
// slot: every entry between was examined, so none can be doubled.
//
// Errors: ticket_not_found, forbidden (a customer's note), ticket_closed,
// attachment_*; conflict when too many write at once.
func (s *Service) Post(ctx context.Context, actor user.Principal, m Message) (PostResult, error) {
	started := time.Now()
	log, err := s.loadForPost(ctx, actor, m.TicketID, m.After)
	if err != nil {
		return PostResult{}, err
	}
	if m.Internal && !actor.Role.IsStaff() {
		return PostResult{}, apperr.New(apperr.Forbidden, "Only staff can write internal notes.")
	}
	original, duplicate, err := s.findDuplicate(ctx, actor, m, log)
	if err != nil || duplicate {
		return PostResult{Entry: original, Ticket: log.Ticket}, err
	}
	for attempt := range maxAttempts {
		posted, existing, err := s.tryAppend(ctx, actor, m, log.Ticket)
		switch {
		case err != nil || posted.Created:
			return posted, err
		case existing != nil && existing.ClientID == m.ClientID && existing.Author.ID == actor.UserID:
			return PostResult{Entry: *existing, Ticket: log.Ticket}, nil
		}
		backOff(ctx, attempt, time.Since(started))
		started = time.Now()
		if log, err = s.readNewer(ctx, actor, log.Ticket); err != nil {
			return PostResult{}, err
		}
		if original, ok := log.findByClientID(actor.UserID, m.ClientID); ok {
			return PostResult{Entry: original, Ticket: log.Ticket}, nil
		}
	}
	return PostResult{}, errConflict()
}

// maxClockSkew is how far ahead of ours a client's clock usually is at most.
const maxClockSkew = 10 * time.Second

// findDuplicate finds the entry that a repeat made the first time. A repeat
// usually says the same `after` as the first try, so that its entry lies behind
// it. A client that has read on meanwhile may say a later one; then the message
// is older than what it claims to have seen, which its ULID's time tells, and
// the newest entries are searched as well. So they are when the client's clock
// is too far ahead to tell anything.
func (s *Service) findDuplicate(ctx context.Context, actor user.Principal, m Message, log Log) (Entry, bool, error) {
	if original, ok := log.findByClientID(actor.UserID, m.ClientID); ok {
		return original, true, nil
	}
	sentAt := id.Time(m.ClientID)
	lastSeen, known := log.entryAt(m.After)
	if !known || sentAt.After(lastSeen.CreatedAt) && sentAt.Before(s.Now().Add(maxClockSkew)) {
		return Entry{}, false, nil
	}
	newest, err := s.Store.ReadLogLatest(ctx, m.TicketID, dedupWindow)
	if err != nil {
		return Entry{}, false, err
	}
	original, ok := newest.findByClientID(actor.UserID, m.ClientID)
	return original, ok, nil
}

// tryAppend puts the message into the slot behind the head. It returns the entry
// that holds the slot when somebody was faster.
func (s *Service) tryAppend(ctx context.Context, actor user.Principal, m Message, tk Ticket) (PostResult, *Entry, error) {
	files, err := s.loadAttachments(ctx, actor, m)
	if err != nil {
		return PostResult{}, nil, err
	}
	e, err := s.newMessageEntry(actor, m, tk, files)
	if err != nil {
		return PostResult{}, nil, err
	}
	var existing *Entry
	if len(files) == 0 {
		existing, err = s.Store.AppendEntry(ctx, e)
	} else {
		existing, err = s.Store.AppendEntryWithAttachments(ctx, e, attachTo(files, e, tk.Customer.ID))
	}
	if apperr.Is(err, apperr.Conflict) {
		return PostResult{}, nil, nil
	}
	if err != nil || existing != nil {
		return PostResult{}, existing, err
	}
	return PostResult{Entry: e, Ticket: Fold(tk, []Entry{e}), Created: true}, nil, nil
}

// newMessageEntry is the entry that the message becomes behind the head.
func (s *Service) newMessageEntry(actor user.Principal, m Message, tk Ticket, files []attachment.Attachment) (Entry, error) {
	e := Entry{
		TicketID: m.TicketID, Seq: tk.LastSeq + 1, Kind: KindMessage, Author: authorOf(actor),
		Body: m.Body, Attachments: attachmentRefs(files), ClientID: m.ClientID, CreatedAt: s.Now(), State: tk.State,
	}
	if m.Internal {
		e.Kind = KindNote
		return e, nil
	}
	var err error
	e.State, e.Change, err = s.stateAfterMessage(tk, tk.State, actor, e.CreatedAt)
	return e, err
}

// loadAttachments finds the attachments of a message and refuses those that are not the
// author's to give.
func (s *Service) loadAttachments(ctx context.Context, actor user.Principal, m Message) ([]attachment.Attachment, error) {
	if len(m.AttachmentIDs) == 0 {
		return nil, nil
	}
	found, err := s.Attachments.Attachments(ctx, m.AttachmentIDs)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]attachment.Attachment, len(found))
	for _, f := range found {
		byID[f.ID] = f
	}
	files := make([]attachment.Attachment, 0, len(m.AttachmentIDs))
	for _, wanted := range m.AttachmentIDs {
		f, ok := byID[wanted]
		switch {
		case !ok || f.Owner != actor.UserID:
			return nil, apperr.New(apperr.AttachmentNotFound, "There is no attachment "+wanted+" of yours.")
		case f.State == attachment.Refused:
			return nil, apperr.New(apperr.AttachmentRefused, "The attachment "+f.Name+" was refused.")
		case f.TicketID != "":
			return nil, apperr.New(apperr.AttachmentInUse, "The attachment "+f.Name+" already belongs to a message.")
		}
		files = append(files, f)
	}
	return files, nil
}

// attachTo says which entry the attachments belong to from now on.
func attachTo(files []attachment.Attachment, e Entry, customerID string) []attachment.Attachment {
	attached := make([]attachment.Attachment, len(files))
	for i, f := range files {
		f.TicketID, f.Seq, f.Internal, f.CustomerID = e.TicketID, e.Seq, e.Kind == KindNote, customerID
		attached[i] = f
	}
	return attached
}

func attachmentRefs(files []attachment.Attachment) []Attachment {
	var out []Attachment
	for _, f := range files {
		out = append(out, Attachment{ID: f.ID, Name: f.Name, Type: f.Type, Size: f.Size, State: string(f.State)})
	}
	return out
}
