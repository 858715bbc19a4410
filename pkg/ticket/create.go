package ticket

import (
	"context"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/user"
)

// CreateParams holds the validated input of Create.
type CreateParams struct {
	ClientID      string
	Title         string
	Description   string
	CategoryID    string
	Priority      Priority // "" means medium
	AttachmentIDs []string
}

// Create opens a ticket and writes its first entry in one transaction. The
// ticket's id is derived from the author and the client id, so a repeated call
// returns the existing ticket with created false, whatever else it contains.
//
// Returns apperr.CategoryNotFound, AttachmentNotFound, AttachmentRefused,
// AttachmentInUse, TicketDeleted or RateLimited. A repeated call is not counted.
func (s *Service) Create(ctx context.Context, actor user.Principal, params CreateParams) (tk Ticket, created bool, err error) {
	ticketID := id.Derive(params.ClientID, actor.UserID)
	var release func(context.Context) error
	for range maxAttempts {
		tk, e, files, err := s.buildTicket(ctx, actor, ticketID, params)
		if err == nil && release == nil {
			release, err = s.NewTickets.Take(ctx, actor, 1)
		}
		if err != nil {
			return s.findExisting(ctx, actor, ticketID, err)
		}
		exists, err := s.Store.CreateTicket(ctx, tk, e, attachTo(files, e, actor.UserID))
		switch {
		case apperr.Is(err, apperr.Conflict): // an attachment changed; read it again
		case err != nil:
			return Ticket{}, false, err
		case exists:
			if err := release(ctx); err != nil {
				return Ticket{}, false, err
			}
			return s.findExisting(ctx, actor, ticketID, errNotFound())
		default:
			return tk, true, nil
		}
	}
	return Ticket{}, false, errConflict()
}

// buildTicket returns the first entry of the log and the ticket it results in.
func (s *Service) buildTicket(ctx context.Context, actor user.Principal, ticketID string, params CreateParams) (Ticket, Entry, []attachment.Attachment, error) {
	category, err := s.Categories.Category(ctx, params.CategoryID)
	if err != nil {
		return Ticket{}, Entry{}, nil, err
	}
	files, err := s.loadAttachments(ctx, actor, Message{AttachmentIDs: params.AttachmentIDs})
	if err != nil {
		return Ticket{}, Entry{}, nil, err
	}
	if params.Priority == "" {
		params.Priority = PriorityMedium
	}
	e := Entry{
		TicketID: ticketID, Seq: 1, Kind: KindOpened, Author: authorOf(actor),
		Body: params.Description, Attachments: attachmentRefs(files), ClientID: params.ClientID, CreatedAt: s.Now(),
		Opening: &Opening{Title: params.Title, Category: category},
		State:   State{Status: StatusNew, Priority: params.Priority, CategoryID: category.ID},
	}
	return Fold(Ticket{}, []Entry{e}), e, files, nil
}

// findExisting returns the ticket that an earlier call created, or cause if
// there is none. A repeated call can fail validation where the first succeeded:
// its attachments are in use now, or the category was deleted.
func (s *Service) findExisting(ctx context.Context, actor user.Principal, ticketID string, cause error) (Ticket, bool, error) {
	log, err := s.Store.ReadLogLatest(ctx, ticketID, 1)
	if err == nil && log.Deleted {
		return Ticket{}, false, apperr.New(apperr.TicketDeleted, "")
	}
	if err != nil || !log.Ticket.VisibleTo(actor) {
		return Ticket{}, false, cause
	}
	log, err = s.catchUp(ctx, log)
	return log.Ticket, false, err
}
