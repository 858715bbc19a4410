package stream_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// fakeIndex records the calls of a SearchIndex.
type fakeIndex struct{ calls []string }

func (index *fakeIndex) IndexTicket(_ context.Context, ticketID, cause string, terms, staffOnly []string) error {
	index.calls = append(index.calls, fmt.Sprintf("%s %s: %s; %s", ticketID, cause, strings.Join(terms, " "), strings.Join(staffOnly, " ")))
	return nil
}

func (index *fakeIndex) IndexOpening(_ context.Context, ticketID, cause string, terms []string) error {
	index.calls = append(index.calls, fmt.Sprintf("open %s %s: %s", ticketID, cause, strings.Join(terms, " ")))
	return nil
}

func (index *fakeIndex) RefreshTicket(_ context.Context, ticketID string) error {
	index.calls = append(index.calls, "refresh "+ticketID)
	return nil
}

func (index *fakeIndex) RefreshUser(_ context.Context, userID string) error {
	index.calls = append(index.calls, "user "+userID)
	return nil
}

func TestIndexSearch(t *testing.T) {
	entry := func(kind ticket.Kind, author, body string) event.EntryAppended {
		return event.EntryAppended{Entry: ticket.Entry{TicketID: "t", Seq: 2, Kind: kind, Author: ticket.Author{ID: author}, Body: body}}
	}
	opened := entry(ticket.KindOpened, "sara", "It rains in")
	opened.Entry.Author.Name, opened.Entry.Opening = "Sara", &ticket.Opening{Title: "The Roof"}
	retitled := entry(ticket.KindTitle, "sara", "")
	retitled.Entry.Change = &ticket.Change{Field: "title", From: "The Roof", To: "The Wall"}
	tagged := entry(ticket.KindTags, "ali", "")
	tagged.Entry.Change = &ticket.Change{Field: "tags", From: "", To: "vip,refund"}
	sara := user.User{ID: "sara", Name: "Sara", Email: "sara@example.com"}
	moved := sara
	moved.Phone = "+12125550123"
	for name, c := range map[string]struct {
		event event.Event
		calls []string
	}{
		"opened":                 {opened, []string{"open t 0000000002: it rains in"}},
		"message":                {entry(ticket.KindMessage, "sara", "Good day"), []string{"t 0000000002: good day; "}},
		"note":                   {entry(ticket.KindNote, "ali", "Good day"), []string{"t 0000000002: ; good day"}},
		"title":                  {retitled, []string{"refresh t"}},
		"tags":                   {tagged, []string{"refresh t"}},
		"status":                 {entry(ticket.KindStatus, "ali", ""), nil},
		"message without tokens": {entry(ticket.KindMessage, "ali", "?!"), nil},
		"user created":           {event.UserCreated{User: sara}, []string{"user sara"}},
		"user changed":           {event.UserChanged{Old: sara, New: moved}, []string{"user sara"}},
		"other field changed":    {event.UserChanged{Old: sara, New: user.User{ID: "sara", Name: "Sara", Email: "sara@example.com", City: "1"}}, nil},
		"user deleted":           {event.UserDeleted{User: sara}, []string{"user sara"}},
		"ticket deleted":         {event.TicketDeleted{TicketID: "t"}, []string{"refresh t"}},
		"ticket changed":         {event.TicketChanged{Ticket: ticket.Ticket{ID: "t"}}, nil},
	} {
		var index fakeIndex
		err := stream.IndexSearch(&index)(t.Context(), c.event)
		if !slices.Equal(index.calls, c.calls) || err != nil {
			t.Errorf("%s: got %q, %v, want %q", name, index.calls, err, c.calls)
		}
	}
}
