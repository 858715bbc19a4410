package ticket

import (
	"context"
	"time"

	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/fault"
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

// Posted is the outcome of a post.
type Posted struct {
	Entry   Entry
	Head    Head // whose ticket it is, and its state after the entry; what it counts may lag
	Created bool // false for a repeat
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
func (d *Desk) Post(ctx context.Context, who user.Principal, m Message) (Posted, error) {
	began := time.Now()
	log, err := d.front(ctx, who, m.TicketID, m.After)
	if err != nil {
		return Posted{}, err
	}
	if m.Internal && !who.Role.Staff() {
		return Posted{}, fault.New(fault.Forbidden, "Only staff can write internal notes.")
	}
	first, repeated, err := d.earlierPost(ctx, who, m, log)
	if err != nil || repeated {
		return Posted{Entry: first, Head: log.Head}, err
	}
	for try := range attempts {
		posted, held, err := d.tryPost(ctx, who, m, log.Head)
		switch {
		case err != nil || posted.Created:
			return posted, err
		case held != nil && held.ClientID == m.ClientID && held.Author.ID == who.UserID:
			return Posted{Entry: *held, Head: log.Head}, nil
		}
		stepBack(ctx, try, time.Since(began))
		began = time.Now()
		if log, err = d.follow(ctx, who, log.Head); err != nil {
			return Posted{}, err
		}
		if first, ok := log.find(who.UserID, m.ClientID); ok {
			return Posted{Entry: first, Head: log.Head}, nil
		}
	}
	return Posted{}, busy()
}

// clockSkew is how far ahead of ours a client's clock usually is at most.
const clockSkew = 10 * time.Second

// earlierPost finds the entry that a repeat made the first time. A repeat
// usually says the same `after` as the first try, so that its entry lies behind
// it. A client that has read on meanwhile may say a later one; then the message
// is older than what it claims to have seen, which its ULID's time tells, and
// the newest entries are searched as well. So they are when the client's clock
// is too far ahead to tell anything.
func (d *Desk) earlierPost(ctx context.Context, who user.Principal, m Message, log Log) (Entry, bool, error) {
	if first, ok := log.find(who.UserID, m.ClientID); ok {
		return first, true, nil
	}
	made := id.Time(m.ClientID)
	seen, known := log.at(m.After)
	if !known || made.After(seen.CreatedAt) && made.Before(d.Now().Add(clockSkew)) {
		return Entry{}, false, nil
	}
	newest, err := d.Store.Newest(ctx, m.TicketID, searchDepth)
	if err != nil {
		return Entry{}, false, err
	}
	first, ok := newest.find(who.UserID, m.ClientID)
	return first, ok, nil
}

// tryPost puts the message into the slot behind the head. It returns the entry
// that holds the slot when somebody was faster.
func (d *Desk) tryPost(ctx context.Context, who user.Principal, m Message, h Head) (Posted, *Entry, error) {
	files, err := d.files(ctx, who, m)
	if err != nil {
		return Posted{}, nil, err
	}
	e, err := d.messageEntry(who, m, h, files)
	if err != nil {
		return Posted{}, nil, err
	}
	var held *Entry
	if len(files) == 0 {
		held, err = d.Store.Append(ctx, e)
	} else {
		held, err = d.Store.AppendWith(ctx, e, bind(files, e, h.Customer.ID))
	}
	if fault.Is(err, fault.Conflict) {
		return Posted{}, nil, nil
	}
	if err != nil || held != nil {
		return Posted{}, held, err
	}
	return Posted{Entry: e, Head: Fold(h, []Entry{e}), Created: true}, nil, nil
}

// messageEntry is the entry that the message becomes behind the head.
func (d *Desk) messageEntry(who user.Principal, m Message, h Head, files []attachment.Attachment) (Entry, error) {
	e := Entry{
		TicketID: m.TicketID, Seq: h.LastSeq + 1, Kind: KindMessage, Author: authorOf(who),
		Body: m.Body, Attachments: shown(files), ClientID: m.ClientID, CreatedAt: d.Now(), State: h.State,
	}
	if m.Internal {
		e.Kind = KindNote
		return e, nil
	}
	var err error
	e.State, e.Change, err = d.afterMessage(h, h.State, who, e.CreatedAt)
	return e, err
}

// files finds the attachments of a message and refuses those that are not the
// author's to give.
func (d *Desk) files(ctx context.Context, who user.Principal, m Message) ([]attachment.Attachment, error) {
	if len(m.AttachmentIDs) == 0 {
		return nil, nil
	}
	found, err := d.Files.Attachments(ctx, m.AttachmentIDs)
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
		case !ok || f.Owner != who.UserID:
			return nil, fault.New(fault.AttachmentNotFound, "There is no attachment "+wanted+" of yours.")
		case f.State == attachment.Refused:
			return nil, fault.New(fault.AttachmentRefused, "The attachment "+f.Name+" was refused.")
		case f.TicketID != "":
			return nil, fault.New(fault.AttachmentInUse, "The attachment "+f.Name+" already belongs to a message.")
		}
		files = append(files, f)
	}
	return files, nil
}

// bind says which entry the attachments belong to from now on.
func bind(files []attachment.Attachment, e Entry, customerID string) []attachment.Attachment {
	bound := make([]attachment.Attachment, len(files))
	for i, f := range files {
		f.TicketID, f.Seq, f.Internal, f.CustomerID = e.TicketID, e.Seq, e.Kind == KindNote, customerID
		bound[i] = f
	}
	return bound
}

func shown(files []attachment.Attachment) []Attachment {
	var out []Attachment
	for _, f := range files {
		out = append(out, Attachment{ID: f.ID, Name: f.Name, Type: f.Type, Size: f.Size, State: string(f.State)})
	}
	return out
}
