package ticket

import (
	"context"
	"fmt"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/requestlog"
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
	FollowUpOf    string // id of a closed ticket of the same customer, or ""
	CustomerID    string // required from staff; customers open their own tickets only
}

// maxFollowUps bounds the size of a ticket.
const maxFollowUps = 20

// Create opens a ticket and writes its first entry in one transaction, with an entry
// of the ticket that it follows up. The ticket's id is derived from the author and the
// client id, so a repeated call returns the existing ticket with created false, whatever
// else it contains; it is usually not counted.
//
// It fails with apperr.CategoryNotFound, AttachmentNotFound, AttachmentRefused,
// AttachmentExpired, AttachmentInUse, TicketDeleted, RateLimited, Forbidden for the
// CustomerID of another customer, or InvalidBody for CustomerID and FollowUpOf.
func (s *Service) Create(ctx context.Context, actor user.Principal, params CreateParams) (tk Ticket, created bool, err error) {
	ticketID := id.Derive(params.ClientID, actor.UserID)
	var release func(context.Context) error
	for attempt := range maxAttempts {
		tk, e, files, err := s.buildTicket(ctx, actor, ticketID, params)
		var links []Entry
		if err == nil {
			links, err = s.linkFollowUp(ctx, actor, tk)
		}
		if err == nil && release == nil {
			release, err = s.TicketLimiter.Take(ctx, actor, 1)
		}
		if err != nil {
			return s.findExisting(ctx, actor, ticketID, err)
		}
		exists, err := s.Store.CreateTicket(ctx, tk, e, attachTo(files, e, tk.Customer.ID), links...)
		switch {
		case apperr.Is(err, apperr.Conflict): // an attachment or the closed ticket changed; read it again
			if err := backOff(ctx, attempt, 0); err != nil {
				return Ticket{}, false, err
			}
		case err != nil:
			return Ticket{}, false, err
		case exists:
			if err := release(ctx); err != nil {
				return Ticket{}, false, err
			}
			return s.findExisting(ctx, actor, ticketID, errNotFound())
		default:
			tk.Description = e.Body
			return tk, true, nil
		}
	}
	return Ticket{}, false, errConflict()
}

// buildTicket returns the first entry of the log and the ticket it results in.
func (s *Service) buildTicket(ctx context.Context, actor user.Principal, ticketID string, params CreateParams) (Ticket, Entry, []attachment.Attachment, error) {
	customer, err := s.customerOf(ctx, actor, params.CustomerID)
	if err != nil {
		return Ticket{}, Entry{}, nil, err
	}
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
		Body: params.Description, Attachments: attachmentRefs(files), ClientID: params.ClientID, RequestID: requestlog.ID(ctx), CreatedAt: s.Now(),
		Opening: &Opening{Title: params.Title, Category: category, FollowUpOf: params.FollowUpOf, Customer: customer},
		State:   State{Status: StatusNew, Priority: params.Priority, CategoryID: category.ID},
	}
	return Fold(Ticket{}, []Entry{e}), e, files, nil
}

// customerOf returns the customer for whom staff open a ticket, zero for a customer's own.
func (s *Service) customerOf(ctx context.Context, actor user.Principal, customerID string) (UserRef, error) {
	if !actor.Role.IsStaff() {
		if customerID != "" && customerID != actor.UserID {
			return UserRef{}, apperr.New(apperr.Forbidden, "Only staff can open a ticket for another user.")
		}
		return UserRef{}, nil
	}
	field := apperr.Field{Pointer: "/customerId", Code: "required", Message: "Required from staff: the customer whose ticket it is."}
	if customerID == "" {
		return UserRef{}, apperr.Validation(field)
	}
	customer, err := s.userRef(ctx, customerID, func(u user.User) bool { return u.Role == user.RoleUser })
	if apperr.Is(err, apperr.UserNotFound) {
		field.Code, field.Message = "unknown", "Unknown customer."
		err = apperr.Validation(field)
	}
	return customer, err
}

// linkFollowUp returns the entry of the closed ticket that tk follows up, if any.
func (s *Service) linkFollowUp(ctx context.Context, actor user.Principal, tk Ticket) ([]Entry, error) {
	if tk.FollowUpOf == "" {
		return nil, nil
	}
	log, err := s.readLatest(ctx, actor, tk.FollowUpOf, 1)
	if err == nil {
		log, err = s.catchUp(ctx, log)
	}
	switch old := log.Ticket; {
	case apperr.Is(err, apperr.TicketNotFound):
		return nil, errFollowUpOf("unknown", "Unknown ticket.")
	case err != nil:
		return nil, err
	case old.Customer.ID != tk.Customer.ID:
		return nil, errFollowUpOf("not_allowed", "Must be a ticket of the same customer.")
	case old.State.Status != StatusClosed:
		return nil, errFollowUpOf("not_closed", "Must be a closed ticket.")
	case len(old.FollowUps) >= maxFollowUps:
		return nil, errFollowUpOf("too_many", fmt.Sprintf("At most %d tickets can follow up one.", maxFollowUps))
	}
	link := Entry{Kind: KindFollowUp, Change: &Change{Field: "followUp", To: tk.ID}}
	return s.sequenceEntries(ctx, actor, log.Ticket, "", []Entry{link}), nil
}

func errFollowUpOf(code, message string) error {
	return apperr.Validation(apperr.Field{Pointer: "/followUpOf", Code: code, Message: message})
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
	if log, err = s.catchUp(ctx, log); err != nil {
		return Ticket{}, false, err
	}
	opening, err := s.opening(ctx, log.Ticket.ID, log.Entries)
	log.Ticket.Description = opening.Body
	return log.Ticket, false, err
}
