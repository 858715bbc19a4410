package stream

import (
	"context"
	"fmt"
	"slices"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/ticket"
)

// SearchIndex updates the search index, at once or by a queue. The changes of one ticket
// or user must be made one after the other.
type SearchIndex interface {
	// IndexTicket adds search terms to a ticket; only staff find it by staffOnly. cause
	// identifies their source, for an entry its sequence number; a repeated cause changes
	// nothing.
	IndexTicket(ctx context.Context, ticketID, cause string, terms, staffOnly []string) error
	// IndexOpening does as IndexTicket with the first entry and then RefreshTicket.
	IndexOpening(ctx context.Context, ticketID, cause string, terms []string) error
	// RefreshTicket replaces the terms of a ticket's fields and customer by the current
	// ones. It removes all terms of a deleted ticket. It is safe to repeat.
	RefreshTicket(ctx context.Context, ticketID string) error
	// RefreshUser replaces the terms of a user by the current ones. It removes all terms
	// of a deleted user. It is safe to repeat.
	RefreshUser(ctx context.Context, userID string) error
}

// IndexSearch returns a Handler that updates the search index with new entries,
// changed users and deletions.
func IndexSearch(index SearchIndex) Handler {
	return func(ctx context.Context, e event.Event, _ ...event.Event) error {
		switch e := e.(type) {
		case event.EntryAppended:
			return indexEntry(ctx, index, e.Entry)
		case event.TicketDeleted:
			return index.RefreshTicket(ctx, e.TicketID)
		case event.UserCreated:
			return index.RefreshUser(ctx, e.User.ID)
		case event.UserChanged:
			if !slices.Equal(e.Old.SearchTerms(), e.New.SearchTerms()) {
				return index.RefreshUser(ctx, e.New.ID)
			}
		case event.UserDeleted:
			return index.RefreshUser(ctx, e.User.ID)
		}
		return nil
	}
}

func indexEntry(ctx context.Context, index SearchIndex, e ticket.Entry) error {
	t := EntryTerms(e)
	switch {
	case e.Kind == ticket.KindOpened:
		return index.IndexOpening(ctx, e.TicketID, t.Cause, t.Terms)
	case e.Kind == ticket.KindTitle, e.Kind == ticket.KindTags:
		return index.RefreshTicket(ctx, e.TicketID)
	case len(t.Terms)+len(t.StaffOnly) > 0:
		return index.IndexTicket(ctx, e.TicketID, t.Cause, t.Terms, t.StaffOnly)
	}
	return nil // other entries change no indexed field
}

// EntryTerms returns the search terms of the text of an entry. Those of a note are for
// staff only.
func EntryTerms(e ticket.Entry) search.EntryTerms {
	t := search.EntryTerms{Cause: fmt.Sprintf("%010d", e.Seq)}
	switch e.Kind { //nolint:exhaustive // other entries have no text
	case ticket.KindOpened, ticket.KindMessage:
		t.Terms = search.Tokens(e.Body)
	case ticket.KindNote:
		t.StaffOnly = search.Tokens(e.Body)
	}
	return t
}
