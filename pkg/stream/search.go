package stream

import (
	"context"
	"fmt"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/phone"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// SearchIndex updates the search index, at once or by a queue.
type SearchIndex interface {
	// IndexTicket adds search terms to a ticket; only staff find it by staffOnly. cause
	// identifies their source, for an entry its sequence number; a repeated cause changes
	// nothing.
	IndexTicket(ctx context.Context, ticketID, cause string, terms, staffOnly []string) error
	// DeindexTicket removes all terms of a ticket. It is safe to repeat.
	DeindexTicket(ctx context.Context, ticketID string) error
	// IndexUser replaces the terms of a user. It is safe to repeat.
	IndexUser(ctx context.Context, u user.User, oldTerms, newTerms []string) error
}

// IndexSearch returns a Handler that updates the search index with new entries,
// changed users and deletions.
func IndexSearch(users UserReader, index SearchIndex) Handler {
	return func(ctx context.Context, e event.Event, _ ...event.Event) error {
		switch e := e.(type) {
		case event.EntryAppended:
			return indexEntry(ctx, users, index, e.Entry)
		case event.TicketDeleted:
			return index.DeindexTicket(ctx, e.TicketID)
		case event.UserCreated:
			return index.IndexUser(ctx, e.User, nil, UserTerms(e.User))
		case event.UserChanged:
			return index.IndexUser(ctx, e.New, UserTerms(e.Old), UserTerms(e.New))
		case event.UserDeleted:
			return index.IndexUser(ctx, e.User, UserTerms(e.User), nil)
		}
		return nil
	}
}

func indexEntry(ctx context.Context, users UserReader, index SearchIndex, e ticket.Entry) error {
	t, err := EntryTerms(ctx, users, e)
	if err != nil || len(t.Terms)+len(t.StaffOnly) == 0 {
		return err
	}
	return index.IndexTicket(ctx, e.TicketID, t.Cause, t.Terms, t.StaffOnly)
}

// EntryTerms returns the search terms of an entry. The name, phone number and e-mail
// address of the customer, tags and the text of notes are staff-only terms. It fails only if the
// customer cannot be read; a deleted customer has no terms.
func EntryTerms(ctx context.Context, users UserReader, e ticket.Entry) (search.EntryTerms, error) {
	t := search.EntryTerms{Cause: fmt.Sprintf("%010d", e.Seq)}
	switch e.Kind { //nolint:exhaustive // other entries have no text
	case ticket.KindOpened:
		title := ""
		if e.Opening != nil {
			title = e.Opening.Title
		}
		t.Terms = search.Tokens(title, id.Number(e.TicketID), e.Body)
		customer, err := users.User(ctx, e.Author.ID)
		if err != nil && !apperr.Is(err, apperr.UserNotFound) {
			return t, err
		}
		t.StaffOnly = append(search.Tokens(customer.Name, customer.Email), phone.SearchForms(customer.Phone)...)
	case ticket.KindMessage:
		t.Terms = search.Tokens(e.Body)
	case ticket.KindNote:
		t.StaffOnly = search.Tokens(e.Body)
	case ticket.KindTags:
		if e.Change != nil {
			t.StaffOnly = search.Tokens(e.Change.To)
		}
	case ticket.KindTitle:
		if e.Change != nil {
			t.Terms = search.Tokens(e.Change.To)
		}
	}
	return t, nil
}

// UserTerms returns the search terms of a user: name, e-mail address and phone
// number. The zero User has none.
func UserTerms(u user.User) []string {
	return append(search.Tokens(u.Name, u.Email), phone.SearchForms(u.Phone)...)
}
