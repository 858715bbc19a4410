package stream_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// fakeIndex is an Index that writes down what it learns.
type fakeIndex struct{ calls []string }

func (index *fakeIndex) User(_ context.Context, id string) (user.User, error) {
	switch id {
	case "sara":
		return user.User{ID: id, Name: "Sara Hosseini", Phone: "+989121234567"}, nil
	case "bad":
		return user.User{}, errUnavailable
	}
	return user.User{}, apperr.New(apperr.UserNotFound, "")
}

func (index *fakeIndex) IndexTicket(_ context.Context, ticketID, cause string, terms, staffOnly []string) error {
	index.calls = append(index.calls, fmt.Sprintf("%s %s: %s; %s", ticketID, cause, strings.Join(terms, " "), strings.Join(staffOnly, " ")))
	return nil
}

func (index *fakeIndex) DeindexTicket(_ context.Context, ticketID string) error {
	index.calls = append(index.calls, "forget "+ticketID)
	return nil
}

func (index *fakeIndex) IndexUser(_ context.Context, u user.User, oldTerms, newTerms []string) error {
	index.calls = append(index.calls, fmt.Sprintf("%s: %s -> %s", u.ID, strings.Join(oldTerms, " "), strings.Join(newTerms, " ")))
	return nil
}

func TestIndexSearch(t *testing.T) {
	entry := func(kind ticket.Kind, author, body string) dynamo.Change {
		return dynamo.Change{Created: true, Entry: &ticket.Entry{TicketID: "t", Seq: 2, Kind: kind, Author: ticket.Author{ID: author}, Body: body}}
	}
	opened := func(author string) dynamo.Change {
		change := entry(ticket.KindOpened, author, "It rains in")
		change.Entry.Author.Name, change.Entry.Opening = "Sara", &ticket.Opening{Title: "The Roof"}
		return change
	}
	retitled := entry(ticket.KindTitle, "sara", "")
	retitled.Entry.Change = &ticket.Change{Field: "title", From: "The Roof", To: "The Wall"}
	modified := entry(ticket.KindMessage, "sara", "hello")
	modified.Created = false
	sara := &user.User{ID: "sara", Name: "Sara", Email: "sara@example.com"}
	phoned := &user.User{ID: "sara", Phone: "+12125550123"}
	for name, c := range map[string]struct {
		change dynamo.Change
		learnt []string
		err    bool
	}{
		"a ticket":               {opened("sara"), []string{"t 0000000002: the roof it rains in; sara hosseini 989121234567 09121234567 9121234567"}, false},
		"of somebody who left":   {opened("nobody"), []string{"t 0000000002: the roof it rains in; sara"}, false},
		"of somebody unreadable": {opened("bad"), nil, true},
		"a message":              {entry(ticket.KindMessage, "sara", "Good day"), []string{"t 0000000002: good day; "}, false},
		"a note":                 {entry(ticket.KindNote, "ali", "Good day"), []string{"t 0000000002: ; good day"}, false},
		"a title":                {retitled, []string{"t 0000000002: the wall; "}, false},
		"a move":                 {entry(ticket.KindStatus, "ali", ""), nil, false},
		"a message of signs":     {entry(ticket.KindMessage, "ali", "?!"), nil, false},
		"a judged file":          {modified, nil, false},
		"a new person":           {dynamo.Change{Created: true, UserChangedID: "sara", NewUser: sara}, []string{"sara:  -> sara example com"}, false},
		"a changed person":       {dynamo.Change{UserChangedID: "sara", OldUser: sara, NewUser: phoned}, []string{"sara: sara example com -> 12125550123 2125550123"}, false},
		"a removed person":       {dynamo.Change{OldUser: sara}, []string{"sara: sara example com -> "}, false},
		"a deleted ticket":       {dynamo.Change{DeletedTicketID: "t"}, []string{"forget t"}, false},
		"a head":                 {dynamo.Change{Ticket: &ticket.Ticket{ID: "t"}}, nil, false},
	} {
		var index fakeIndex
		err := stream.IndexSearch(&index)(t.Context(), c.change)
		if !slices.Equal(index.calls, c.learnt) || (err != nil) != c.err {
			t.Errorf("%s: learnt %q, %v, want %q", name, index.calls, err, c.learnt)
		}
	}
}
