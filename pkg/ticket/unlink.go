package ticket

import (
	"context"
	"slices"

	"ticketsystem/pkg/apperr"
)

// LinkedTickets returns the ids of the tickets that entries link to: the one that the ticket
// follows up, and its follow-ups. Some may have been deleted since.
func LinkedTickets(entries []Entry) []string {
	var ids []string
	for _, e := range entries {
		switch {
		case e.Opening != nil && e.Opening.FollowUpOf != "":
			ids = append(ids, e.Opening.FollowUpOf)
		case e.Kind == KindFollowUp && e.Change != nil:
			ids = append(ids, e.Change.To)
		}
	}
	return ids
}

// Unlink removes a deleted ticket from the links of another one, in the name of the system. It is
// safe to repeat; a ticket without the link, or that was deleted too, is no error.
func (s *Service) Unlink(ctx context.Context, ticketID, deletedID string) error {
	_, err := s.applyChange(ctx, SystemPrincipal(), ticketID, "", KindUnlinked, func(tk Ticket) ([]Entry, error) {
		var field string
		switch {
		case tk.FollowUpOf == deletedID:
			field = "followUpOf"
		case slices.Contains(tk.FollowUps, deletedID):
			field = "followUp"
		default:
			return nil, nil
		}
		return []Entry{{Kind: KindUnlinked, Change: &Change{Field: field, From: deletedID}}}, nil
	})
	if apperr.Is(err, apperr.TicketNotFound) {
		return nil
	}
	return err
}
