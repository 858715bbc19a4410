package ticket

import (
	"context"

	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/user"
)

// Draft is a ticket that a person wants to open. It has been validated.
type Draft struct {
	ClientID      string
	Title         string
	Description   string
	CategoryID    string
	Priority      Priority // "" means medium
	AttachmentIDs []string
}

// Create opens a ticket: head and first entry in one transaction. The ticket's
// id is derived from the author and the clientId, so a repeat, however late and
// with whatever content, meets the first ticket and gets it back with created
// false.
//
// Errors: category_not_found, attachment_*, ticket_deleted.
func (d *Desk) Create(ctx context.Context, who user.Principal, draft Draft) (h Head, created bool, err error) {
	ticketID := id.Derive(draft.ClientID, who.UserID)
	for range attempts {
		h, e, files, err := d.draft(ctx, who, ticketID, draft)
		if err != nil {
			return d.earlier(ctx, who, ticketID, err)
		}
		exists, err := d.Store.Create(ctx, h, e, bind(files, e, who.UserID))
		switch {
		case fault.Is(err, fault.Conflict): // an attachment moved: read it again
		case err != nil:
			return Head{}, false, err
		case exists:
			return d.earlier(ctx, who, ticketID, notFound())
		default:
			return h, true, nil
		}
	}
	return Head{}, false, busy()
}

// draft makes the first entry of the log and the head that follows from it.
func (d *Desk) draft(ctx context.Context, who user.Principal, ticketID string, draft Draft) (Head, Entry, []attachment.Attachment, error) {
	category, err := d.Categories.Category(ctx, draft.CategoryID)
	if err != nil {
		return Head{}, Entry{}, nil, err
	}
	files, err := d.files(ctx, who, Message{AttachmentIDs: draft.AttachmentIDs})
	if err != nil {
		return Head{}, Entry{}, nil, err
	}
	if draft.Priority == "" {
		draft.Priority = PriorityMedium
	}
	e := Entry{
		TicketID: ticketID, Seq: 1, Kind: KindOpened, Author: authorOf(who),
		Body: draft.Description, Attachments: shown(files), ClientID: draft.ClientID, CreatedAt: d.Now(),
		Opening: &Opening{Title: draft.Title, Category: category},
		State:   State{Status: StatusNew, Priority: draft.Priority, CategoryID: category.ID},
	}
	return Fold(Head{}, []Entry{e}), e, files, nil
}

// earlier answers a repeat whose content can no longer be accepted: its
// attachments are bound by the first try, or the category has gone since.
func (d *Desk) earlier(ctx context.Context, who user.Principal, ticketID string, refusal error) (Head, bool, error) {
	log, err := d.Store.Newest(ctx, ticketID, 1)
	if err == nil && log.Gone {
		return Head{}, false, deleted()
	}
	if err != nil || !log.Head.VisibleTo(who) {
		return Head{}, false, refusal
	}
	log, err = d.whole(ctx, log)
	return log.Head, false, err
}
