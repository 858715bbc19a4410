package stream

import (
	"context"
	"fmt"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/phone"
	"ticketsystem/pkg/search"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// Index keeps the words that tickets and people are found by.
type Index interface {
	User(ctx context.Context, id string) (user.User, error)
	LearnTicket(ctx context.Context, ticketID, cause string, words, secret []string) error
	ForgetTicket(ctx context.Context, ticketID string) error
	LearnUser(ctx context.Context, u user.User, was, is []string) error
}

// Search keeps the index up to date with what is said and who people are.
func Search(index Index) Effect {
	return func(ctx context.Context, c table.Change) error {
		switch {
		case c.Entry != nil && c.Created:
			return learnEntry(ctx, index, *c.Entry)
		case c.Is != nil:
			return index.LearnUser(ctx, *c.Is, userWords(c.Was), userWords(c.Is))
		case c.Was != nil:
			return index.LearnUser(ctx, *c.Was, userWords(c.Was), nil)
		case c.Gone != "":
			return index.ForgetTicket(ctx, c.Gone)
		}
		return nil
	}
}

// learnEntry learns the words of an entry.
func learnEntry(ctx context.Context, index Index, e ticket.Entry) error {
	words, secret, err := entryWords(ctx, index, e)
	if err != nil || len(words)+len(secret) == 0 {
		return err
	}
	return index.LearnTicket(ctx, e.TicketID, causeOf(e), words, secret)
}

// causeOf names an entry as the cause of its words.
func causeOf(e ticket.Entry) string { return fmt.Sprintf("%010d", e.Seq) }

// entryWords are the words of an entry. Who the customer is helps only staff to
// find something; notes are theirs alone.
func entryWords(ctx context.Context, index Members, e ticket.Entry) (words, secret []string, err error) {
	switch e.Kind { //nolint:exhaustive // the others say nothing in words
	case ticket.KindOpened:
		title := ""
		if e.Opening != nil {
			title = e.Opening.Title
		}
		words = search.Words(title, id.Number(e.TicketID), e.Body)
		customer, err := index.User(ctx, e.Author.ID)
		if err != nil && !fault.Is(err, fault.UserNotFound) {
			return nil, nil, err
		}
		secret = append(search.Words(e.Author.Name, customer.Name), phone.Spellings(customer.Phone)...)
	case ticket.KindMessage:
		words = search.Words(e.Body)
	case ticket.KindNote:
		secret = search.Words(e.Body)
	case ticket.KindTitle:
		if e.Change != nil {
			words = search.Words(e.Change.To)
		}
	}
	return words, secret, nil
}

// userWords are what a person is found by; none where there is nobody.
func userWords(u *user.User) []string {
	if u == nil {
		return nil
	}
	return append(search.Words(u.Name, u.Email), phone.Spellings(u.Phone)...)
}
