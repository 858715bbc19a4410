package ticket

import (
	"context"
	"strconv"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/requestlog"
	"ticketsystem/pkg/user"
)

// Message holds the validated input of Post.
type Message struct {
	TicketID      string
	ClientID      string // ULID or UUID; a repeated post returns the existing entry
	Body          string
	AttachmentIDs []string
	Internal      bool // a note, visible to staff only
	After         int  // last sequence number the client has seen; 0 if unknown
}

// PostResult is the entry of a message and the ticket after it.
type PostResult struct {
	Entry   Entry
	Ticket  Ticket // owner and state are current; counts may be stale
	Created bool   // false for a repeated post
}

// Post appends a message to the log exactly once per author and client id.
// Without concurrent writers it takes one read and one write.
//
// If the sequence number is taken, Post checks whether the existing entry is
// its own retry. Otherwise it backs off, reads the new entries, validates again
// and tries the next number. It has then examined every entry up to its own, so
// a message cannot be stored twice.
//
// It fails with apperr.TicketNotFound, Forbidden for a note of a customer,
// TicketClosed, AttachmentNotFound, AttachmentRefused, AttachmentInUse,
// RateLimited, InvalidBody for the client id of a change, or Conflict if there are too many
// concurrent writers.
func (s *Service) Post(ctx context.Context, actor user.Principal, m Message) (PostResult, error) {
	started := time.Now()
	log, earlier, err := s.loadForPost(ctx, actor, m.TicketID, m.After)
	if err != nil {
		return PostResult{}, err
	}
	if m.Internal && !actor.Role.IsStaff() {
		return PostResult{}, apperr.New(apperr.Forbidden, "Only staff can write internal notes.")
	}
	if original, ok := (Log{Entries: earlier}).findByClientID(actor.UserID, m.ClientID); ok {
		return repeatedPost(original, log.Ticket)
	}
	original, duplicate, err := s.findDuplicate(ctx, actor, m, log)
	switch {
	case err != nil:
		return PostResult{}, err
	case duplicate:
		return repeatedPost(original, log.Ticket)
	}
	if err := s.checkWrite(ctx, actor); err != nil {
		return PostResult{}, err
	}
	for attempt := range maxAttempts {
		posted, existing, err := s.tryAppend(ctx, actor, m, log.Ticket)
		switch {
		case err != nil || posted.Created:
			return posted, err
		case existing != nil && existing.ClientID == m.ClientID && existing.Author.ID == actor.UserID:
			return repeatedPost(*existing, log.Ticket)
		}
		if err := backOff(ctx, attempt, time.Since(started)); err != nil {
			return PostResult{}, err
		}
		started = time.Now()
		if log, err = s.readNewer(ctx, actor, log.Ticket); err != nil {
			return PostResult{}, err
		}
		if original, ok := log.findByClientID(actor.UserID, m.ClientID); ok {
			return repeatedPost(original, log.Ticket)
		}
	}
	return PostResult{}, errConflict()
}

// repeatedPost returns the result of an earlier post. Returns errClientIDUsed if the entry is none
// of a message, whose text would be lost otherwise.
func repeatedPost(original Entry, tk Ticket) (PostResult, error) {
	if !original.IsMessage() {
		return PostResult{}, errClientIDUsed()
	}
	return PostResult{Entry: original, Ticket: tk}, nil
}

// errClientIDUsed refuses the client id of an earlier request of another kind.
func errClientIDUsed() error {
	return apperr.Validation(apperr.Field{Pointer: "/clientId", Code: "used", Message: "Belongs to an earlier request of another kind."})
}

// maxClockSkew is how far a client's clock may be ahead of the server's.
const maxClockSkew = 10 * time.Second

// findDuplicate returns the entry that an earlier post of the message created, if
// log or the newest entries have it.
// A retry usually sends the same m.After, so log contains that entry. A client
// that has read on may send a later one. The time in the client id is then
// before the last entry seen, and the newest entries are searched too. They are
// also searched if the client's clock is too far ahead to compare, or the client id is a
// UUID without a time.
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

// tryAppend appends the message after the last entry of tk. If a concurrent
// writer took the sequence number, it returns the existing entry.
func (s *Service) tryAppend(ctx context.Context, actor user.Principal, m Message, tk Ticket) (PostResult, *Entry, error) {
	files, err := s.loadAttachments(ctx, actor, m)
	if err != nil {
		return PostResult{}, nil, err
	}
	e, err := s.newMessageEntry(ctx, actor, m, tk, files)
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

// newMessageEntry returns the entry of the message after the last one of tk.
// It fails with apperr.TicketClosed if the reopen window has passed.
func (s *Service) newMessageEntry(ctx context.Context, actor user.Principal, m Message, tk Ticket, files []attachment.Attachment) (Entry, error) {
	e := Entry{
		TicketID: m.TicketID, Seq: tk.LastSeq + 1, HiddenBefore: tk.LastSeq - tk.PublicSeq, Kind: KindMessage, Author: authorOf(actor),
		Body: m.Body, Attachments: attachmentRefs(files), ClientID: m.ClientID, RequestID: requestlog.ID(ctx),
		CreatedAt: s.Now(), State: tk.State,
	}
	if m.Internal {
		e.Kind = KindNote
		return e, nil
	}
	var err error
	e.State, e.Change, err = s.stateAfterMessage(tk, tk.State, actor, e.CreatedAt)
	return e, err
}

// loadAttachments returns the attachments of a message in order. Returns
// apperr.AttachmentNotFound if one is unknown or not owned by the actor,
// AttachmentRefused, AttachmentExpired or AttachmentInUse.
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
	for n, wanted := range m.AttachmentIDs {
		f, ok := byID[wanted]
		refuse := func(code apperr.Code, reason, message string) ([]attachment.Attachment, error) {
			field := apperr.Field{Pointer: "/attachmentIds/" + strconv.Itoa(n), Code: reason, Message: message}
			return nil, apperr.New(code, message).WithFields(field)
		}
		switch {
		case !ok || f.Owner != actor.UserID || f.IsExport():
			return refuse(apperr.AttachmentNotFound, "unknown", "There is no attachment "+wanted+" of yours.")
		case f.State == attachment.Refused:
			return refuse(apperr.AttachmentRefused, "refused", "The attachment "+f.Name+" was refused.")
		case f.State.UploadExpired(f.CreatedAt, s.Now()):
			return refuse(apperr.AttachmentExpired, "expired", "The attachment "+f.Name+" was not uploaded in time.")
		case f.TicketID != "":
			return refuse(apperr.AttachmentInUse, "in_use", "The attachment "+f.Name+" already belongs to a message.")
		case f.InProfile: // a file of a ticket is deleted with it
			return refuse(apperr.AttachmentInUse, "in_use", "The attachment "+f.Name+" is your profile picture.")
		}
		files = append(files, f)
	}
	return files, nil
}

// attachTo returns copies of the attachments that refer to the entry.
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
		out = append(out, Attachment{ID: f.ID, Name: f.Name, Type: f.Type, Size: f.Size, State: string(f.State), Width: f.Width, Height: f.Height})
	}
	return out
}
