package stream_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// fakeIndex records the calls of a SearchIndex.
type fakeIndex struct{ calls []string }

func (index *fakeIndex) User(_ context.Context, id string) (user.User, error) {
	switch id {
	case "sara":
		return user.User{ID: id, Name: "Sara Hosseini", Phone: "+989121234567", Email: "s@roof.ir"}, nil
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
	index.calls = append(index.calls, "deindex "+ticketID)
	return nil
}

func (index *fakeIndex) IndexUser(_ context.Context, u user.User, oldTerms, newTerms []string) error {
	index.calls = append(index.calls, fmt.Sprintf("%s: %s -> %s", u.ID, strings.Join(oldTerms, " "), strings.Join(newTerms, " ")))
	return nil
}

func TestIndexSearch(t *testing.T) {
	entry := func(kind ticket.Kind, author, body string) event.EntryAppended {
		return event.EntryAppended{Entry: ticket.Entry{TicketID: "t", Seq: 2, Kind: kind, Author: ticket.Author{ID: author}, Body: body}}
	}
	opened := func(author string) event.EntryAppended {
		e := entry(ticket.KindOpened, author, "It rains in")
		e.Entry.Author.Name, e.Entry.Opening = "Sara", &ticket.Opening{Title: "The Roof"}
		return e
	}
	retitled := entry(ticket.KindTitle, "sara", "")
	retitled.Entry.Change = &ticket.Change{Field: "title", From: "The Roof", To: "The Wall"}
	tagged := entry(ticket.KindTags, "ali", "")
	tagged.Entry.Change = &ticket.Change{Field: "tags", From: "", To: "vip,refund"}
	sara := user.User{ID: "sara", Name: "Sara", Email: "sara@example.com"}
	phoned := user.User{ID: "sara", Phone: "+12125550123"}
	for name, c := range map[string]struct {
		event event.Event
		calls []string
		err   bool
	}{
		"opened":                   {opened("sara"), []string{"t 0000000002: the roof it rains in; sara hosseini s roof ir 989121234567 09121234567 9121234567"}, false},
		"opened, deleted customer": {opened("deleted"), []string{"t 0000000002: the roof it rains in; "}, false},
		"opened, user read fails":  {opened("bad"), nil, true},
		"message":                  {entry(ticket.KindMessage, "sara", "Good day"), []string{"t 0000000002: good day; "}, false},
		"note":                     {entry(ticket.KindNote, "ali", "Good day"), []string{"t 0000000002: ; good day"}, false},
		"title":                    {retitled, []string{"t 0000000002: the wall; "}, false},
		"tags":                     {tagged, []string{"t 0000000002: ; vip refund"}, false},
		"status":                   {entry(ticket.KindStatus, "ali", ""), nil, false},
		"message without tokens":   {entry(ticket.KindMessage, "ali", "?!"), nil, false},
		"user created":             {event.UserCreated{User: sara}, []string{"sara:  -> sara example com"}, false},
		"user changed":             {event.UserChanged{Old: sara, New: phoned}, []string{"sara: sara example com -> 12125550123 2125550123"}, false},
		"user deleted":             {event.UserDeleted{User: sara}, []string{"sara: sara example com -> "}, false},
		"ticket deleted":           {event.TicketDeleted{TicketID: "t"}, []string{"deindex t"}, false},
		"ticket changed":           {event.TicketChanged{Ticket: ticket.Ticket{ID: "t"}}, nil, false},
	} {
		var index fakeIndex
		err := stream.IndexSearch(&index, &index)(t.Context(), c.event)
		if !slices.Equal(index.calls, c.calls) || (err != nil) != c.err {
			t.Errorf("%s: got %q, %v, want %q", name, index.calls, err, c.calls)
		}
	}
}
