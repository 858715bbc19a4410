package stream

import (
	"context"
	"fmt"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/phone"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// SearchIndex keeps the words that tickets and people are found by.
type SearchIndex interface {
	User(ctx context.Context, id string) (user.User, error)
	IndexTicket(ctx context.Context, ticketID, cause string, terms, staffOnly []string) error
	DeindexTicket(ctx context.Context, ticketID string) error
	IndexUser(ctx context.Context, u user.User, oldTerms, newTerms []string) error
}

// IndexSearch keeps the index up to date with what is said and who people are.
func IndexSearch(index SearchIndex) Handler {
	return func(ctx context.Context, change dynamo.Change) error {
		switch {
		case change.Entry != nil && change.Created:
			return indexEntry(ctx, index, *change.Entry)
		case change.NewUser != nil:
			return index.IndexUser(ctx, *change.NewUser, userTerms(change.OldUser), userTerms(change.NewUser))
		case change.OldUser != nil:
			return index.IndexUser(ctx, *change.OldUser, userTerms(change.OldUser), nil)
		case change.DeletedTicketID != "":
			return index.DeindexTicket(ctx, change.DeletedTicketID)
		}
		return nil
	}
}

// indexEntry learns the words of an entry.
func indexEntry(ctx context.Context, index SearchIndex, e ticket.Entry) error {
	terms, staffOnly, err := entryTerms(ctx, index, e)
	if err != nil || len(terms)+len(staffOnly) == 0 {
		return err
	}
	return index.IndexTicket(ctx, e.TicketID, entryCause(e), terms, staffOnly)
}

// entryCause names an entry as the cause of its words.
func entryCause(e ticket.Entry) string { return fmt.Sprintf("%010d", e.Seq) }

// entryTerms are the words of an entry. Who the customer is helps only staff to
// find something; notes are theirs alone.
func entryTerms(ctx context.Context, users UserReader, e ticket.Entry) (terms, staffOnly []string, err error) {
	switch e.Kind { //nolint:exhaustive // the others say nothing in words
	case ticket.KindOpened:
		title := ""
		if e.Opening != nil {
			title = e.Opening.Title
		}
		terms = search.Tokens(title, id.Number(e.TicketID), e.Body)
		customer, err := users.User(ctx, e.Author.ID)
		if err != nil && !apperr.Is(err, apperr.UserNotFound) {
			return nil, nil, err
		}
		staffOnly = append(search.Tokens(e.Author.Name, customer.Name), phone.SearchForms(customer.Phone)...)
	case ticket.KindMessage:
		terms = search.Tokens(e.Body)
	case ticket.KindNote:
		staffOnly = search.Tokens(e.Body)
	case ticket.KindTitle:
		if e.Change != nil {
			terms = search.Tokens(e.Change.To)
		}
	}
	return terms, staffOnly, nil
}

// userTerms are what a person is found by; none where there is nobody.
func userTerms(u *user.User) []string {
	if u == nil {
		return nil
	}
	return append(search.Tokens(u.Name, u.Email), phone.SearchForms(u.Phone)...)
}
